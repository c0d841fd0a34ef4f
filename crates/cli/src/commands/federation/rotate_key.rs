//! `samesign federation rotate-key`.

use clap::Args;

use super::Told;
use crate::exit::{Exit, Outcome};
use crate::federation::parts::Parts;
use crate::federation::rotate::{self, Rotated, Step};
use crate::{Global, harden, runtime, screen};

/// Replace the key that signs tokens, without a failed sign-in
///
/// In three steps: stage, activate a day or more later, retire a day after that. Each can be repeated. With --emergency everything
/// happens at once: for a key that may have been stolen.
#[derive(Args)]
pub struct Arguments {
    /// The step
    #[arg(value_name = "STEP", value_enum, required_unless_present = "emergency", conflicts_with = "emergency")]
    step: Option<Step>,
    /// Make a new key, let it sign at once, forget all others, end every session
    #[arg(long)]
    emergency: bool,
    /// Do not ask before an emergency
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    told: Told,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    harden::harden();
    let parts = Parts::open(global)?;
    let rotated = match arguments.step {
        Some(step) => runtime::block_on(rotate::take(&parts, step, arguments.told.wait))??,
        None => {
            let question =
                "Replace the signing key at once? Everybody has to sign in again, and applications that do not read metadata stop working.";
            let agreed = arguments.yes || (screen::can_ask() && screen::ask(question));
            if !agreed {
                screen::note("nothing was changed; the same with --yes does it");
                return Ok(Exit::Done);
            }
            runtime::block_on(rotate::emergency(&parts, arguments.told.wait))??
        }
    };
    match arguments.told.json {
        true => screen::json(&rotated)?,
        false => screen::data(&story(&rotated)),
    }
    if !global.quiet && !arguments.told.json {
        screen::note(&then(&rotated));
    }
    Ok(Exit::Done)
}

fn story(rotated: &Rotated) -> String {
    let mut lines = vec![format!("signs     {}  until {}", rotated.current, rotated.current_until)];
    lines.extend(rotated.next.iter().map(|next| format!("next      {next}")));
    lines.extend(rotated.retired.iter().map(|retired| format!("retired   {retired}")));
    lines.extend(rotated.domains.iter().map(|domain| format!("tenant    knows them for {domain}")));
    lines.join("\n")
}

fn then(rotated: &Rotated) -> String {
    let by_hand = match rotated.applications.as_slice() {
        [] => String::new(),
        applications => format!(
            "applications that do not read the metadata need the certificate from {}: {}\n",
            rotated.certificates.display(),
            applications.join(", ")
        ),
    };
    format!("{by_hand}then: {}", rotated.then)
}
