//! Metadata (saml-metadata-2.0-os, ws-federation-1.2-spec section 3): what a federation service and an application say of
//! themselves.

mod application;
mod descriptor;
mod service;

pub use application::RelyingPartyMetadata;
pub use service::FederationMetadata;
