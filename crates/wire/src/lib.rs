//! Bytes to types and back, for the protocols that no well-kept crate offers. Pure: no sockets, files, clock or randomness.
//!
//! Everything that is decoded came from a socket, so every decoder bounds what it reads, never panics, and answers damage with an error.
//! Salts, ids, times, tokens and signatures come in as arguments.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod drsr;
mod error;
pub mod nbfx;
pub mod ndr;
pub mod password;
pub mod provisioning;
pub mod rpc;
pub mod saml;
mod secret;
pub mod soap;
pub mod wsfed;
pub mod wstrust;

pub use error::DecodeError;
pub use secret::Secret;
