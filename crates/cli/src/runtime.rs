//! The asynchronous runtime, started by the commands that wait for a network.

use std::future::Future;

use anyhow::{Context, Result};

/// Runs a future to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")?;
    Ok(runtime.block_on(future))
}
