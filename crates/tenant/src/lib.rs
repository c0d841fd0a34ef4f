//! A local Microsoft 365 directory: the same wire protocols as the service, real persistence, real TLS.
//!
//! It knows nothing of the synchronization engine, so that a mistake in our model cannot cancel itself out on both ends.
#![forbid(unsafe_code)]

pub mod caller;
pub mod certificates;
pub mod clock;
pub mod directory;
pub mod folder;
pub mod identity;
pub mod random;
pub mod store;

pub use caller::Caller;
