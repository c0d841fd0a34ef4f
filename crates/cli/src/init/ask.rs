//! Questions. Each says what it is for, then asks.

use dialoguer::{Confirm, Input, MultiSelect, Password};
use samesign_wire::Secret;

use crate::screen;

/// The administrator left, or the terminal is gone.
#[derive(Debug, thiserror::Error)]
#[error("stopped: nothing was written")]
pub struct Stopped;

impl From<dialoguer::Error> for Stopped {
    fn from(_: dialoguer::Error) -> Self {
        Self
    }
}

impl From<Stopped> for crate::exit::Failure {
    fn from(stopped: Stopped) -> Self {
        Self::from(anyhow::Error::new(stopped))
    }
}

/// Opens a group of questions.
pub fn heading(title: &str, why: &str) {
    screen::note(&format!("\n{title}\n{why}"));
}

/// A line of text that must not be empty.
pub fn text(question: &str, before: &str) -> Result<String, Stopped> {
    let input = Input::<String>::new().with_prompt(question);
    let input = if before.is_empty() { input } else { input.with_initial_text(before) };
    Ok(input.interact_text()?.trim().to_owned())
}

/// A line of text that may be left empty.
pub fn optional(question: &str, before: &str) -> Result<Option<String>, Stopped> {
    let input = Input::<String>::new().with_prompt(question).allow_empty(true);
    let input = if before.is_empty() { input } else { input.with_initial_text(before) };
    Ok(Some(input.interact_text()?.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// A secret; it is not shown.
pub fn secret(question: &str) -> Result<Secret, Stopped> {
    Ok(Secret::new(Password::new().with_prompt(question).interact()?))
}

/// Yes or no.
pub fn yes(question: &str, default: bool) -> Result<bool, Stopped> {
    Ok(Confirm::new().with_prompt(question).default(default).interact()?)
}

/// Any number of lines; none is selected at first.
pub fn several(question: &str, lines: &[String]) -> Result<Vec<usize>, Stopped> {
    Ok(MultiSelect::new().with_prompt(question).items(lines).max_length(20).report(false).interact()?)
}

/// What went wrong with an answer, with its causes.
pub fn refused(what: &str, error: &dyn std::error::Error) {
    let mut lines = vec![format!("{what}: {error}")];
    lines.extend(std::iter::successors(error.source(), |cause| cause.source()).map(|cause| format!("  because: {cause}")));
    screen::note(&lines.join("\n"));
}
