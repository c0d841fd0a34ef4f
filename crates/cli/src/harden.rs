//! What a process does for itself before it touches password hashes.
//!
//! Deliberately not here: hiding from root. Who is root reads what they like; this keeps other users, other programs of the same user and the disk away.

use rustix::io::Errno;
use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use rustix::thread::{CapabilitySet, capabilities};

/// Keeps hashes out of cores, away from other processes and, where it may, out of the swap.
///
/// Never fails: what cannot be had is logged, and the work goes on. Call it before the first secret is read.
pub fn harden() {
    // A handler named in core_pattern gets a core whatever the limit is; a process that is not dumpable has none. Nor may others of the same
    // user trace it or read its memory.
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "other processes of this user can read this one's memory");
    }
    if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }) {
        tracing::warn!(%error, "the limit of core dumps cannot be set to 0");
    }
    match lock_memory() {
        Ok(true) => {}
        Ok(false) => {
            tracing::debug!("memory is not locked and may be swapped: give the service LimitMEMLOCK=infinity, or encrypt the swap")
        }
        Err(error) => tracing::warn!(%error, "memory cannot be locked and may be swapped: encrypt the swap"),
    }
}

/// Locks every page as it comes into use; `false` where that is not allowed without bounds.
///
/// INVARIANT: never under a limit. Once it were reached, no more memory could be had at all.
fn lock_memory() -> Result<bool, Errno> {
    let maximum = getrlimit(Resource::Memlock).maximum;
    let unlimited = maximum.is_none();
    if unlimited {
        setrlimit(Resource::Memlock, Rlimit { current: None, maximum })?;
    } else if !capabilities(None)?.effective.contains(CapabilitySet::IPC_LOCK) {
        return Ok(false);
    }
    mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT)?;
    Ok(true)
}
