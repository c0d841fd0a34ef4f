//! Signatures come from outside: the key may lie in a file, a token or a test.

/// Makes RSA-SHA256 signatures (`http://www.w3.org/2001/04/xmldsig-more#rsa-sha256`, RFC 4051 section 2.3.2).
pub trait Signer {
    /// PKCS #1 v1.5 signature with SHA-256 over `message` (RFC 8017 section 8.2.1), as long as the modulus.
    ///
    /// # Errors
    /// When the key cannot be used.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError>;

    /// The certificate of the key, DER. It goes along in `KeyInfo` for people; verifiers hold their own copy.
    fn certificate(&self) -> &[u8];
}

/// A message that could not be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// The key refused.
    #[error("the signing key cannot be used")]
    Key,
    /// A value holds a character that XML 1.0 section 2.2 does not allow, such as U+0000.
    #[error("a value holds a character that XML does not allow")]
    Character,
}
