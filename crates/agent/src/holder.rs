//! Who this process is, for the lease and for the state file.

use std::path::Path;

use samesign_connect::entra::EntraError;

use crate::error::AgentError;

/// The name under which this process holds the lease.
pub fn name() -> String {
    format!("samesign on {}, process {}", host(), std::process::id())
}

/// Whether a holder is known to have died: it ran on this machine, and there is no such process any more.
pub fn is_gone(holder: &str) -> bool {
    let prefix = format!("samesign on {}, process ", host());
    holder.strip_prefix(&prefix).is_some_and(|process| !Path::new("/proc").join(process).exists())
}

/// An identity for a new state file.
pub fn new_epoch() -> Result<String, AgentError> {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| EntraError::Setup("the system gives no random numbers".to_owned()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The machine's name. In a container it is the container's, so two containers on one volume do not take each other for dead.
fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(|_| "this machine".to_owned(), |name| name.trim().to_owned())
}
