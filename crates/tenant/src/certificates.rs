//! Keys and certificates that the tenant makes itself: its authority, the server's certificate, application certificates.

use jiff::{Span, Timestamp, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize, date_time_ymd,
};
use zeroize::Zeroizing;

/// The names by which clients reach the server: they stand in its certificate, and requests for any other are refused.
pub const SERVER_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

const AUTHORITY_YEARS: i16 = 10;
const SERVER_DAYS: i32 = 397;
const APPLICATION_YEARS: i16 = 5;

/// A certificate or key could not be made or understood.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The generator or the signer failed.
    #[error("cannot make a certificate for {subject}")]
    Make {
        /// Whose it was to be.
        subject: String,
        /// What the library said.
        #[source]
        source: rcgen::Error,
    },
    /// The date of the machine does not leave room for a validity.
    #[error("cannot work out a certificate's validity from today's date: is the machine's clock set?")]
    Date(#[source] jiff::Error),
}

/// A certificate and its private key. Neither printed nor compared; the key is wiped on drop.
pub struct Identity {
    /// PEM, public.
    pub certificate_pem: String,
    /// DER, public.
    pub certificate_der: Vec<u8>,
    /// PKCS#8 in PEM.
    pub key_pem: Zeroizing<String>,
}

impl Identity {
    /// Certificate and key one after the other, as clients want them in one file.
    pub fn to_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}{}", self.certificate_pem, self.key_pem.as_str()))
    }
}

/// Makes the authority of a tenant (P-256).
pub fn authority(tenant_id: &str, now: Timestamp) -> Result<Identity, CertificateError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed(tenant_id))?;
    let mut params = authority_params(tenant_id);
    validity(&mut params, now, Span::new().years(AUTHORITY_YEARS))?;
    let certificate = params.self_signed(&key).map_err(failed(tenant_id))?;
    Ok(identity(&certificate, &key))
}

/// Makes the server's certificate (P-256), signed by the authority whose key is given.
pub fn server(tenant_id: &str, authority_key_pem: &str, now: Timestamp) -> Result<Identity, CertificateError> {
    let subject = "localhost";
    let authority_key = KeyPair::from_pem(authority_key_pem).map_err(failed("the tenant's authority"))?;
    let issuer = Issuer::new(authority_params(tenant_id), authority_key);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed(subject))?;
    let mut params = CertificateParams::new(SERVER_NAMES.map(str::to_owned)).map_err(failed(subject))?;
    params.distinguished_name = named(subject, tenant_id);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    validity(&mut params, now, Span::new().days(SERVER_DAYS))?;
    let certificate = params.signed_by(&key, &issuer).map_err(failed(subject))?;
    Ok(identity(&certificate, &key))
}

/// Makes a self-signed RSA-2048 identity, for an application or for signing tokens. Its key serves RS256 and PS256 alike.
pub fn application(common_name: &str, tenant_id: &str, now: Timestamp) -> Result<Identity, CertificateError> {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(failed(common_name))?;
    let mut params = CertificateParams::default();
    params.distinguished_name = named(common_name, tenant_id);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    validity(&mut params, now, Span::new().years(APPLICATION_YEARS))?;
    let certificate = params.self_signed(&key).map_err(failed(common_name))?;
    Ok(identity(&certificate, &key))
}

/// What the authority's certificate says of itself. INVARIANT: the issuer of a server certificate is rebuilt from this.
fn authority_params(tenant_id: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("samesign local tenant authority", tenant_id);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn named(common_name: &str, tenant_id: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, tenant_id);
    name.push(DnType::CommonName, common_name);
    name
}

/// Valid from yesterday, so that a client whose clock is a little behind accepts it.
fn validity(params: &mut CertificateParams, now: Timestamp, length: Span) -> Result<(), CertificateError> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let first = today.checked_sub(Span::new().days(1)).map_err(CertificateError::Date)?;
    let last = today.checked_add(length).map_err(CertificateError::Date)?;
    params.not_before = date_time_ymd(first.year().into(), first.month().unsigned_abs(), first.day().unsigned_abs());
    params.not_after = date_time_ymd(last.year().into(), last.month().unsigned_abs(), last.day().unsigned_abs());
    Ok(())
}

fn identity(certificate: &rcgen::Certificate, key: &KeyPair) -> Identity {
    Identity {
        certificate_pem: certificate.pem(),
        certificate_der: certificate.der().to_vec(),
        key_pem: Zeroizing::new(key.serialize_pem()),
    }
}

fn failed(subject: &str) -> impl FnOnce(rcgen::Error) -> CertificateError {
    let subject = subject.to_owned();
    move |source| CertificateError::Make { subject, source }
}

/// SHA-1 of a certificate in capital hexadecimal digits, as Windows and the service show it.
pub fn thumbprint(der: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, der);
    digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
}
