//! The federation service, what AD FS is: it signs people of Active Directory in, by Kerberos or by password, and vouches for
//! them to applications, of which Microsoft 365 (or the local tenant) is the first.
#![forbid(unsafe_code)]

pub mod clock;
pub mod keys;
mod person;
pub mod random;
mod settings;

pub use person::{Method, Person, SignedIn};
pub use settings::{Application, ApplicationProtocol, ChannelBinding, FederationSettings, Lockout, NameSource, Protocol};
