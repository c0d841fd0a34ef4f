//! People of federated domains: their own service vouches for them, and here it is decided whether to believe it.
//!
//! A browser is sent there with a request that is noted ([`requests`]); what comes back is verified ([`tokens`]), taken once
//! ([`used`]), and waits for that same browser to come for its session ([`arrivals`]): the answer arrives from another site, and
//! browsers send no cookies of ours with that.
//!
//! INVARIANT: claims are read from [`samesign_wire::saml::verify::Verified`] alone, and an issuer is believed about its own domain
//! alone.

pub mod arrivals;
mod refusal;
pub mod requests;
pub mod tokens;
pub mod used;

pub use refusal::Refusal;

/// The name by which services know this relying party: the audience of every token for it.
pub const AUDIENCE: &str = "urn:federation:MicrosoftOnline";

/// Where answers are posted, below the origin.
pub const REPLY_PATH: &str = "/login.srf";

/// How far another service's clock may be off, in seconds.
pub const SKEW_SECONDS: i64 = 300;
