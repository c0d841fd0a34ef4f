//! The wizard: asks, tests each answer against the real thing, writes a file that a person can review.
//!
//! Nothing is written before the last question, and nothing is selected for the administrator.

mod ask;
mod source;
mod tenant;
#[cfg(test)]
mod tests;
mod tree;
mod write;

use std::path::Path;

use crate::exit::Failure;
use crate::screen;

/// Asks everything and writes the file. Answers whether the administrator wants a check now.
pub async fn wizard(file: &Path) -> Result<bool, Failure> {
    screen::note("This writes a configuration with you. Nothing is written before the end; Ctrl-C leaves at any time.");
    let source = source::ask().await?;
    let tenant = tenant::ask().await?;
    let saved = write::save(file, &source, &tenant)?;
    screen::note(&format!("\nwrote {}", saved.join(" and ")));
    Ok(ask::yes("Run `samesign check` now? It changes nothing.", true)?)
}
