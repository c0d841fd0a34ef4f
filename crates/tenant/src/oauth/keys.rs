//! The tenant's token-signing key: signs access tokens (RS256), publishes its public half, checks tokens that come back.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use samesign_wire::saml::{Signer, SigningError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The file with the token-signing key is not what `init` wrote.
#[derive(Debug, thiserror::Error)]
#[error("the token-signing file does not hold a certificate and an RSA key as `tenant init` wrote them")]
pub struct BadTokenKey;

/// The key pair in use. Neither printed nor compared.
pub struct TokenKey {
    signing: EncodingKey,
    checking: DecodingKey,
    /// SHA-1 of the certificate, base64url: both `kid` and `x5t`, as in the service.
    key_id: String,
    modulus: String,
    exponent: String,
    certificate: String,
    pair: RsaKeyPair,
    certificate_der: Vec<u8>,
}

/// The same key signs what the tenant says to sign-in services.
impl Signer for TokenKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let signed = self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
        signed.map(|()| signature).map_err(|_| SigningError::Key)
    }

    fn certificate(&self) -> &[u8] {
        &self.certificate_der
    }
}

impl TokenKey {
    /// Reads certificate and PKCS#8 key from one PEM text.
    pub fn from_pem(pem: &[u8]) -> Result<Self, BadTokenKey> {
        let certificate = CertificateDer::from_pem_slice(pem).map_err(|_| BadTokenKey)?;
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_| BadTokenKey)?;
        let pair = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).map_err(|_| BadTokenKey)?;
        let public = pair.public_key();
        let text = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        Ok(Self {
            signing: EncodingKey::from_rsa_pem(pem_key(pem)?.as_bytes()).map_err(|_| BadTokenKey)?,
            checking: DecodingKey::from_rsa_der(public.as_ref()),
            key_id: text(digest(&SHA1_FOR_LEGACY_USE_ONLY, &certificate).as_ref()),
            modulus: text(public.modulus().big_endian_without_leading_zero()),
            exponent: text(public.exponent().big_endian_without_leading_zero()),
            certificate: STANDARD.encode(&certificate),
            certificate_der: certificate.to_vec(),
            pair,
        })
    }

    /// Signs claims as a compact JWT.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header { kid: Some(self.key_id.clone()), x5t: Some(self.key_id.clone()), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, claims, &self.signing)
    }

    /// The claims of a token that this key signed. Times and audience are the caller's to judge.
    pub fn open<Claims: DeserializeOwned + Clone>(&self, token: &str) -> Option<Claims> {
        jsonwebtoken::decode(token, &self.checking, &signature_only(&[Algorithm::RS256])).ok().map(|data| data.claims)
    }

    /// The public key as a JSON web key set (RFC 7517).
    pub fn to_jwks(&self, issuer: &str) -> Value {
        json!({"keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.key_id, "x5t": self.key_id,
            "n": self.modulus, "e": self.exponent, "x5c": [self.certificate], "issuer": issuer,
        }]})
    }
}

/// Checks the signature alone: the tenant judges times by its own clock.
pub fn signature_only(algorithms: &[Algorithm]) -> Validation {
    let mut validation = Validation { algorithms: algorithms.to_vec(), ..Validation::default() };
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

/// The private key's block alone: the JWT library reads the first block of a PEM text.
fn pem_key(pem: &[u8]) -> Result<zeroize::Zeroizing<String>, BadTokenKey> {
    let text = std::str::from_utf8(pem).map_err(|_| BadTokenKey)?;
    let start = text.find("-----BEGIN PRIVATE KEY-----").ok_or(BadTokenKey)?;
    let key = text.get(start..).ok_or(BadTokenKey)?;
    Ok(zeroize::Zeroizing::new(key.to_owned()))
}
