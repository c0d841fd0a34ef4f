//! A local Microsoft 365 directory: the same wire protocols as the service, real persistence, real TLS.
//!
//! It knows nothing of the synchronization engine, so that a mistake in our model cannot cancel itself out on both ends.
#![forbid(unsafe_code)]

pub mod admin;
pub mod caller;
pub mod certificates;
pub mod clock;
pub mod context;
pub mod directory;
pub mod folder;
pub mod graph;
pub mod identity;
pub mod in_process;
pub mod init;
pub mod oauth;
pub mod origin;
mod portal;
pub mod provisioning;
pub mod random;
pub mod server;
mod sign_in;
mod soap;
pub mod store;
pub mod tls;

pub use admin::{Admin, AdminError};
pub use caller::Caller;
pub use init::{InitError, InitReport, init};
pub use server::{Server, ServerError, run};

/// An error with all its causes, for one line of a log.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
