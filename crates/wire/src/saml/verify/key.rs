//! Keys that are known beforehand.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::Refusal;

/// A key that signs for an issuer, from the certificate that the issuer was registered with.
///
/// Only the key counts: a self-signed certificate that has run out verifies as before, until it is taken out of the registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey(pub(super) Vec<u8>);

impl VerifyingKey {
    /// The key of a certificate, DER.
    ///
    /// # Errors
    /// [`Refusal::Certificate`] when it is no certificate, or its key is not RSA of 2048 to 8192 bits.
    pub fn from_certificate(der: &[u8]) -> Result<Self, Refusal> {
        let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| Refusal::Certificate)?;
        if !rest.is_empty() {
            return Err(Refusal::Certificate);
        }
        let info = certificate.public_key();
        match info.parsed() {
            Ok(x509_parser::public_key::PublicKey::RSA(key)) if (2_048..=8_192).contains(&key.key_size()) => {}
            _ => return Err(Refusal::Certificate),
        }
        Ok(Self(info.subject_public_key.data.to_vec()))
    }

    /// Whether this key made the signature.
    pub(in crate::saml) fn made(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0).verify(message, signature).is_ok()
    }
}
