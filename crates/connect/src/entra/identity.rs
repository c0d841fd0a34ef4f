//! The application's certificate and key, and the assertion by which it signs in (RFC 7523).

use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PSS_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

use super::error::EntraError;

/// For how long an assertion may be used, in seconds.
const ASSERTION_LIFETIME: i64 = 600;

/// Certificate and key. No `Debug`: it holds the key.
pub struct Identity {
    path: PathBuf,
    client_id: String,
    certificate: CertificateDer<'static>,
    expires: Timestamp,
    key: KeyPair,
}

impl Identity {
    /// Reads certificate and RSA key from one PEM file.
    pub fn read(path: &Path, client_id: &str) -> Result<Self, EntraError> {
        let pem = std::fs::read(path).map(Zeroizing::new);
        let pem = pem.map_err(|error| EntraError::File { path: path.to_owned(), key: "certificate", error })?;
        let bad = |problem, mend| EntraError::FileContent { path: path.to_owned(), problem, mend };
        let certificate = CertificateDer::from_pem_slice(&pem)
            .map_err(|_| bad("holds no certificate", "put the certificate and its RSA key into this one PEM file"))?;
        let key = PrivateKeyDer::from_pem_slice(&pem)
            .map_err(|_| bad("holds no private key", "put the certificate and its RSA key into this one PEM file"))?;
        let key = read_key(&key)
            .ok_or_else(|| bad("holds a key that is not RSA of 2048 bits or more", "make an RSA key and a certificate of it"))?;
        let (_, parsed) = X509Certificate::from_der(&certificate).map_err(|_| bad("holds a damaged certificate", "make a new one"))?;
        let expires = Timestamp::from_second(parsed.validity().not_after.timestamp()).unwrap_or(Timestamp::MAX);
        Ok(Self { path: path.to_owned(), client_id: client_id.to_owned(), expires, key, certificate: certificate.clone().into_owned() })
    }

    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Makes an assertion for the token endpoint `audience`: PS256, named by the certificate's SHA-256 thumbprint. Serves once.
    pub fn assertion(&self, audience: &str, now: Timestamp) -> Result<Zeroizing<String>, EntraError> {
        if self.expires <= now {
            return Err(EntraError::CertificateExpired { path: self.path.clone(), expired: self.expires.to_string() });
        }
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, &self.certificate));
        let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint, "x5c": [STANDARD.encode(&self.certificate)]});
        let claims = json!({
            "aud": audience, "iss": self.client_id, "sub": self.client_id, "jti": uuid()?,
            "nbf": now.as_second(), "iat": now.as_second(), "exp": now.as_second() + ASSERTION_LIFETIME,
        });
        let mut assertion = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PSS_SHA256, &SystemRandom::new(), assertion.as_bytes(), &mut signature)
            .map_err(|_| EntraError::Setup("the assertion cannot be signed".to_owned()))?;
        assertion.push('.');
        assertion.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Ok(Zeroizing::new(assertion))
    }
}

/// A fresh UUID (RFC 9562, version 4) in text.
pub fn uuid() -> Result<String, EntraError> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| EntraError::Setup("the system gives no random numbers".to_owned()))?;
    let random = u128::from_be_bytes(bytes);
    let version = random & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{version:032x}");
    let part = |from, to| hex.get(from..to).unwrap_or_default();
    Ok(format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)))
}

/// A random number, to spread waits.
pub fn spread() -> u16 {
    let mut bytes = [0; 2];
    // Without random numbers nothing else works either; a wait without spread does no harm.
    let _ = rand::fill(&mut bytes);
    u16::from_be_bytes(bytes)
}

fn read_key(key: &PrivateKeyDer<'_>) -> Option<KeyPair> {
    let pair = match key {
        PrivateKeyDer::Pkcs8(key) => KeyPair::from_pkcs8(key.secret_pkcs8_der()).ok(),
        PrivateKeyDer::Pkcs1(key) => KeyPair::from_der(key.secret_pkcs1_der()).ok(),
        _ => None,
    };
    pair.filter(|pair| pair.public_modulus_len() >= 256)
}
