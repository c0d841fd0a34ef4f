//! What the passwords of a directory cost.

mod kernel;

use anyhow::Result;

use super::table::Row;

pub fn run() -> Result<Vec<Row>> {
    kernel::run()
}
