//! What the service publishes of itself.

use jiff::{SignedDuration, Timestamp};
use samesign_wire::saml::metadata::FederationMetadata;
use samesign_wire::saml::{Signer, SigningError};

use crate::claims;
use crate::random::{self, NoRandom};

/// Where it stands (AD FS's own path).
pub const PATH: &str = "/FederationMetadata/2007-06/FederationMetadata.xml";
/// Where browsers sign in and out.
pub const PASSIVE: &str = "/adfs/ls/";
/// Where programs learn how to sign in.
pub const MEX: &str = "/adfs/services/trust/mex";
/// Where programs sign in, WS-Trust of February 2005.
pub const ACTIVE_2005: &str = "/adfs/services/trust/2005/usernamemixed";
/// Where programs sign in, WS-Trust 1.3.
pub const ACTIVE_13: &str = "/adfs/services/trust/13/usernamemixed";

/// How long a copy may be relied upon.
const VALID: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The document cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// Random bytes.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// The key, or a name that XML cannot carry.
    #[error("the metadata cannot be signed")]
    Signing(#[from] SigningError),
}

/// What the service calls itself.
pub fn entity_id(host: &str) -> String {
    format!("http://{host}/adfs/services/trust")
}

/// The signed document. `origin` is where the service is reached; `certificates` are those of its signing keys (DER), the
/// current one first.
///
/// # Errors
/// When it cannot be signed.
pub fn document(
    host: &str,
    origin: &str,
    certificates: Vec<Vec<u8>>,
    signer: &dyn Signer,
    now: Timestamp,
) -> Result<String, MetadataError> {
    let at = |path: &str| format!("{origin}{path}");
    let metadata = FederationMetadata {
        id: random::xml_id()?,
        entity_id: entity_id(host),
        passive_sign_in: at(PASSIVE),
        active_sign_in: at(ACTIVE_2005),
        mex: at(MEX),
        sign_out: at(PASSIVE),
        certificates,
        valid_until: now.checked_add(VALID).unwrap_or(now),
        claims: claims::OFFERED.map(str::to_owned).to_vec(),
    };
    Ok(metadata.write(signer)?)
}
