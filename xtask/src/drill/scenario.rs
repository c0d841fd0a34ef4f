//! One scenario, and what came of it.

use anyhow::Result;

use super::damage::Damage;
use super::stage::Stage;
use crate::clock::Watch;

/// Something that goes wrong in a directory.
pub struct Scenario {
    pub name: &'static str,
    /// What happens, for a reader.
    pub story: &'static str,
    /// Where people come from, and how many.
    pub source: Source,
    /// Plays it and says what must come of it.
    pub play: fn(&mut Stage) -> Result<()>,
}

/// Where people come from.
#[derive(Clone, Copy)]
pub enum Source {
    /// A domain controller with so many people in OU=Staff.
    Domain(usize),
    /// An export of so many people.
    Export(usize),
}

/// What must come of one sync.
#[derive(Clone, Copy)]
pub struct Expected {
    /// The exit code.
    pub exit: i32,
    /// The words that explain it, all in one line of what samesign prints.
    pub says: &'static [&'static str],
    /// What the tenant's people have suffered since the stage was set.
    pub damage: Damage,
}

/// What came of a scenario.
pub struct Outcome {
    pub name: &'static str,
    pub seconds: f64,
    pub exit: Option<i32>,
    pub damage: Damage,
    /// The line that explained what happened.
    pub message: String,
    pub error: Option<anyhow::Error>,
}

impl Scenario {
    pub fn play(&self) -> Outcome {
        println!("\n== {}: {}", self.name, self.story);
        let watch = Watch::start();
        let (stage, error) = match Stage::set(self.name, self.source) {
            Ok(mut stage) => {
                let played = (self.play)(&mut stage).and_then(|()| stage.source_was_only_read());
                (Some(stage), played.err())
            }
            Err(error) => (None, Some(error)),
        };
        if let Some(error) = &error {
            println!("   FAILED: {error:#}");
        }
        let last = stage.map(|stage| stage.last).unwrap_or_default();
        Outcome {
            name: self.name,
            seconds: watch.elapsed().as_secs_f64(),
            exit: last.exit,
            damage: last.damage,
            message: last.message,
            error,
        }
    }
}

/// Prints what came of each; an error is told where it happened.
pub fn print_table(outcomes: &[Outcome]) {
    println!("\n{:<22} {:>6} {:>4}  {:>7} {:>8} {:>7}  said", "scenario", "s", "exit", "deleted", "disabled", "changed");
    for outcome in outcomes {
        let Outcome { name, seconds, exit, damage: Damage { deleted, disabled, changed }, message, error } = outcome;
        let exit = exit.map_or_else(|| "-".to_owned(), |exit| exit.to_string());
        let said = if error.is_some() { "FAILED" } else { message.as_str() };
        println!("{name:<22} {seconds:>6.1} {exit:>4}  {deleted:>7} {disabled:>8} {changed:>7}  {said}");
    }
}
