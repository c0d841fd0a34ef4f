//! What the passwords of a directory cost.

mod kernel;
mod pass;

use anyhow::Result;

use super::table::Row;

/// Blobs for their own sake, then all that the passwords of `users` people cost the agent.
pub fn run(users: usize) -> Result<Vec<Row>> {
    let mut rows = kernel::run()?;
    rows.extend(pass::run(users)?);
    Ok(rows)
}
