//! `samesign federation convert`.

use std::path::PathBuf;

use clap::Args;

use super::Told;
use crate::exit::{Exit, Failure, Outcome};
use crate::federation::backup::Backup;
use crate::federation::convert::{Done, Order, Plan, screen as checks};
use crate::federation::parts::Parts;
use crate::federation::preflight::Target;
use crate::federation::settings;
use crate::{Global, harden, runtime, screen};

/// Let the people of a domain sign in here (federated), or at the tenant again (managed)
///
/// Looks first, and refuses whatever would lock people out. Then it writes the present settings to a file, the new ones to the tenant,
/// waits until the tenant shows them, and prints the command that goes back.
#[derive(Args)]
pub struct Arguments {
    /// The domain
    #[arg(value_name = "DOMAIN")]
    domain: String,
    /// Where its people are to sign in
    #[arg(value_name = "TO", value_enum, required_unless_present = "restore", conflicts_with = "restore")]
    to: Option<Target>,
    /// Put the settings back that an earlier conversion wrote to this file
    #[arg(long, value_name = "FILE")]
    restore: Option<PathBuf>,
    /// Say what would happen, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask; without it and without a terminal nothing is written
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    told: Told,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    harden::harden();
    let order = order(arguments)?;
    let parts = Parts::open(global)?;
    runtime::block_on(async {
        let plan = Plan::make(&parts, &order, global).await?;
        if !arguments.told.json {
            screen::data(&story(&plan));
        }
        if !plan.passes() || plan.is_done() || !agreed(arguments, &plan) {
            return unwritten(arguments, &plan, global.quiet);
        }
        let done = plan.carry_out(&parts, arguments.told.wait).await?;
        written(arguments, &plan, &done, global.quiet)
    })?
}

fn order(arguments: &Arguments) -> Result<Order, Failure> {
    let domain = arguments.domain.trim().trim_end_matches('.').to_lowercase();
    let backup = arguments.restore.as_deref().map(Backup::read).transpose()?;
    if let Some(backup) = backup.as_ref().filter(|backup| backup.domain != domain) {
        return Err(Failure::usage(format!("the backup is of {}", backup.domain), format!("name that domain instead of {domain}")));
    }
    let target = backup.as_ref().map(Backup::target).or(arguments.to);
    let target = target.ok_or_else(|| Failure::usage("it is not said where the domain is to go", "write `federated` or `managed`"))?;
    Ok(Order { domain, target, restore: backup.and_then(|backup| backup.federation) })
}

fn agreed(arguments: &Arguments, plan: &Plan) -> bool {
    let question = || format!("Convert {} from {} to {}?", plan.domain, plan.from.name(), plan.to.name());
    !arguments.dry_run && (arguments.yes || (screen::can_ask() && screen::ask(&question())))
}

/// What was found, and what would change.
fn story(plan: &Plan) -> String {
    let mut lines = vec![format!("{}: {} -> {}", plan.domain, plan.from.name(), plan.to.name()), checks(&plan.checks)];
    for (name, before, after) in settings::differences(plan.before.as_ref(), plan.after.as_ref()) {
        lines.push(format!("  {name}: {} -> {}", shown(&before), shown(&after)));
    }
    lines.join("\n")
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "(none)" } else { value }
}

fn unwritten(arguments: &Arguments, plan: &Plan, quiet: bool) -> Outcome {
    let (exit, words) = match (plan.passes(), plan.is_done()) {
        (false, _) => (Exit::Failed, format!("{} was not converted: see what is refused above", plan.domain)),
        (true, true) => (Exit::Done, format!("{} is {} like this already: there is nothing to do", plan.domain, plan.to.name())),
        (true, false) => (Exit::Done, "nothing was written; the same with --yes does it".to_owned()),
    };
    if arguments.told.json {
        screen::json(&serde_json::json!({ "plan": plan, "written": false }))?;
    }
    if !quiet {
        screen::note(&words);
    }
    Ok(exit)
}

fn written(arguments: &Arguments, plan: &Plan, done: &Done, quiet: bool) -> Outcome {
    if arguments.told.json {
        screen::json(&serde_json::json!({ "plan": plan, "written": true, "done": done }))?;
        return Ok(Exit::Done);
    }
    screen::data(&format!("{} is {}\nbackup    {}\nway back  {}", plan.domain, plan.to.name(), done.backup.display(), done.way_back));
    if !quiet && !done.sign_in_page {
        screen::note("the sign-in page does not follow yet: in Microsoft 365 that takes up to two hours, for some people a day");
    }
    Ok(Exit::Done)
}
