//! The federation service, what AD FS is: it signs people of Active Directory in, by Kerberos or by password, and vouches for
//! them to applications, of which Microsoft 365 (or the local tenant) is the first.
#![forbid(unsafe_code)]

pub mod audit;
pub mod claims;
pub mod clock;
pub mod directory;
mod issue;
pub mod keys;
pub mod keys_tls;
pub mod lockout;
pub mod metadata;
pub mod negotiate;
pub mod password;
mod person;
pub mod random;
mod service;
mod session;
mod settings;
pub mod store;
#[doc(hidden)]
pub mod strangers;

pub use person::{Method, Person, SignedIn};
pub use service::{BadApplication, FederationError, Service, run};
pub use settings::{Application, ApplicationProtocol, ChannelBinding, FederationSettings, Lockout, NameSource, Protocol};
