//! One signing key: made, read, used.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize, date_time_ymd};
use samesign_wire::saml::{Signer, SigningError};
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

use super::KeyError;

/// The smallest modulus that is accepted, in bytes.
const MODULUS_BYTES_MIN: usize = 256;

/// A private key and its certificate. Parsed once; signs from many threads at a time. The key is wiped on drop.
pub struct SigningKey {
    pair: KeyPair,
    certificate: Vec<u8>,
    thumbprint: String,
    not_after: Timestamp,
}

impl SigningKey {
    /// From a PKCS#8 key and a certificate, both DER; the reason when they cannot be used together.
    pub(super) fn read(pkcs8: &[u8], certificate: Vec<u8>) -> Result<Self, &'static str> {
        let pair = KeyPair::from_pkcs8(pkcs8).map_err(|_| "holds a key that is not RSA as PKCS#8")?;
        if pair.public_modulus_len() < MODULUS_BYTES_MIN {
            return Err("holds a key of less than 2048 bits");
        }
        let (_, parsed) = X509Certificate::from_der(&certificate).map_err(|_| "belongs to a certificate that is damaged")?;
        if parsed.public_key().subject_public_key.data.as_ref() != pair.public_key().as_ref() {
            return Err("does not belong to the certificate beside it");
        }
        let not_after = Timestamp::from_second(parsed.validity().not_after.timestamp()).unwrap_or(Timestamp::MAX);
        Ok(Self { pair, thumbprint: thumbprint_of(&certificate), certificate, not_after })
    }

    /// The certificate, DER.
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate
    }

    /// SHA-256 of the certificate, as 64 hexadecimal digits in lower case.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Whether a signature over `message` is of this key.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key().as_ref()).verify(message, signature).is_ok()
    }

    /// The last moment at which the certificate is valid.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }
}

impl Signer for SigningKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| SigningError::Key)?;
        Ok(signature)
    }

    fn certificate(&self) -> &[u8] {
        &self.certificate
    }
}

/// SHA-256 of a certificate (DER), as 64 hexadecimal digits in lower case: what `openssl x509 -fingerprint -sha256` shows.
pub fn thumbprint_of(certificate: &[u8]) -> String {
    digest(&SHA256, certificate).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A key that was just made. The private half is wiped on drop.
pub(super) struct Made {
    pub certificate_pem: String,
    pub thumbprint: String,
    pub key_pem: Zeroizing<String>,
}

/// Makes an RSA-2048 key and a certificate of it that names `host`, signed by itself and valid for a year.
pub(super) fn make(host: &str, now: Timestamp) -> Result<Made, KeyError> {
    let failed = |source| KeyError::Make { host: host.to_owned(), source };
    let key = rcgen::KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(failed)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("Token signing - {host}"));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    validity(&mut params, now)?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    Ok(Made {
        certificate_pem: certificate.pem(),
        thumbprint: thumbprint_of(certificate.der()),
        key_pem: Zeroizing::new(key.serialize_pem()),
    })
}

/// Valid from yesterday, so that whoever has a clock a little behind accepts it.
fn validity(params: &mut CertificateParams, now: Timestamp) -> Result<(), KeyError> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let first = today.checked_sub(Span::new().days(1)).map_err(KeyError::Date)?;
    let last = today.checked_add(Span::new().years(1)).map_err(KeyError::Date)?;
    params.not_before = date_time_ymd(first.year().into(), first.month().unsigned_abs(), first.day().unsigned_abs());
    params.not_after = date_time_ymd(last.year().into(), last.month().unsigned_abs(), last.day().unsigned_abs());
    Ok(())
}
