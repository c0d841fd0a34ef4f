//! The federation service, what AD FS is: it signs people of Active Directory in, by Kerberos or by password, and vouches for
//! them to applications, of which Microsoft 365 (or the local tenant) is the first.
#![forbid(unsafe_code)]

pub mod audit;
pub mod claims;
pub mod clock;
pub mod keys;
mod person;
pub mod random;
mod service;
mod settings;

pub use person::{Method, Person, SignedIn};
pub use service::{FederationError, Service, run};
pub use settings::{Application, ApplicationProtocol, ChannelBinding, FederationSettings, Lockout, NameSource, Protocol};
