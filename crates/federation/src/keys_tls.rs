//! A certificate for TLS from an authority of the service's own, for a first start without one: every client has to be told to
//! trust that authority.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    date_time_ymd,
};
use zeroize::Zeroizing;

const AUTHORITY_YEARS: i16 = 10;
/// What browsers take at the most.
const SERVER_DAYS: i32 = 397;

/// The certificate could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsCertificateError {
    /// A file.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The generator, or an authority that cannot be read.
    #[error("cannot make a certificate for {host} with the authority in {}: where that file is damaged, move it away with its key and run this again", authority.display())]
    Make {
        /// Whose.
        host: String,
        /// The authority.
        authority: PathBuf,
        /// What the library said.
        #[source]
        source: rcgen::Error,
    },
    /// The date of the machine does not leave room for a validity.
    #[error("cannot work out the certificate's validity from today's date: is the machine's clock set?")]
    Date(#[source] jiff::Error),
}

/// The file with the authority's certificate, which clients have to trust.
pub fn authority_in(folder: &Path) -> PathBuf {
    folder.join("tls-ca.pem")
}

/// Makes a certificate for `host`, with its key, and writes both to `to`; the authority is made where there is none.
///
/// # Errors
/// When a file cannot be read or written.
pub fn make_tls_certificate(folder: &Path, host: &str, to: &Path, now: Timestamp) -> Result<(), TlsCertificateError> {
    let authority = authority_in(folder);
    let make = |source| TlsCertificateError::Make { host: host.to_owned(), authority: authority.clone(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed("create", folder))?;
    let key_file = folder.join("tls-ca-key.pem");
    if !authority.exists() || !key_file.exists() {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(make)?;
        let mut params = authority_params(host);
        validity(&mut params, now, Span::new().years(AUTHORITY_YEARS))?;
        let certificate = params.self_signed(&key).map_err(make)?;
        write(&key_file, Zeroizing::new(key.serialize_pem()).as_bytes(), 0o600)?;
        write(&authority, certificate.pem().as_bytes(), 0o644)?;
    }
    let key = Zeroizing::new(fs::read_to_string(&key_file).map_err(failed("read", &key_file))?);
    let issuer_key = KeyPair::from_pem(&key).map_err(make)?;
    let issuer_pem = fs::read_to_string(&authority).map_err(failed("read", &authority))?;
    // The issuer's name stands in the authority's certificate: the host may have another name by now.
    let issuer_name = issuer_of(&issuer_pem).unwrap_or_else(|| host.to_owned());
    let issuer = Issuer::new(authority_params(&issuer_name), issuer_key);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(make)?;
    let mut params = CertificateParams::new([host.to_owned()]).map_err(make)?;
    params.distinguished_name.push(DnType::CommonName, host);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    validity(&mut params, now, Span::new().days(SERVER_DAYS))?;
    let certificate = params.signed_by(&key, &issuer).map_err(make)?;
    let pem = Zeroizing::new(format!("{}{}", certificate.pem(), Zeroizing::new(key.serialize_pem()).as_str()));
    write(to, pem.as_bytes(), 0o600)
}

/// What a certificate for TLS says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The DNS names it is for.
    pub names: Vec<String>,
    /// The last moment at which it is valid.
    pub not_after: Timestamp,
}

impl Described {
    /// Whether it is for this host: by name, or by a wildcard in place of the first label (RFC 6125, section 6.4.3).
    pub fn is_for(&self, host: &str) -> bool {
        let wild = host.split_once('.').map(|(_, parent)| format!("*.{parent}"));
        self.names.iter().any(|name| name.eq_ignore_ascii_case(host) || wild.as_ref().is_some_and(|wild| name.eq_ignore_ascii_case(wild)))
    }
}

/// Describes the first certificate of a PEM file; `None` when there is none that can be read.
pub fn describe(path: &Path) -> Option<Described> {
    let text = fs::read(path).ok()?;
    let (_, pem) = x509_parser::pem::parse_x509_pem(&text).ok()?;
    let certificate = pem.parse_x509().ok()?;
    let names = certificate.subject_alternative_name().ok().flatten().map(|names| names.value.general_names.clone());
    let dns = |name| match name {
        x509_parser::extensions::GeneralName::DNSName(name) => Some(name.to_owned()),
        _ => None,
    };
    let names = names.unwrap_or_default().into_iter().filter_map(dns).collect();
    Some(Described { names, not_after: Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()? })
}

const AUTHORITY: &str = "samesign federation authority of ";

fn authority_params(host: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("{AUTHORITY}{host}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn issuer_of(pem: &str) -> Option<String> {
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).ok()?;
    let certificate = pem.parse_x509().ok()?;
    let name = certificate.subject().iter_common_name().next()?.as_str().ok()?;
    name.strip_prefix(AUTHORITY).map(str::to_owned)
}

/// Valid from yesterday, for clients whose clock is a little behind.
fn validity(params: &mut CertificateParams, now: Timestamp, length: Span) -> Result<(), TlsCertificateError> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let first = today.checked_sub(Span::new().days(1)).map_err(TlsCertificateError::Date)?;
    let last = today.checked_add(length).map_err(TlsCertificateError::Date)?;
    params.not_before = date_time_ymd(first.year().into(), first.month().unsigned_abs(), first.day().unsigned_abs());
    params.not_after = date_time_ymd(last.year().into(), last.month().unsigned_abs(), last.day().unsigned_abs());
    Ok(())
}

/// Writes beside, then renames: a server that reads it meanwhile sees the old or the new.
fn write(path: &Path, contents: &[u8], mode: u32) -> Result<(), TlsCertificateError> {
    let beside = path.with_extension("new");
    let written = || -> io::Result<()> {
        let _ = fs::remove_file(&beside);
        let mut file: File = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
        file.write_all(contents)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    written().map_err(failed("write", path))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> TlsCertificateError {
    let path = path.to_owned();
    move |source| TlsCertificateError::File { action, path, source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use samesign_web::tls::Identity;

    use super::*;

    #[test]
    fn a_certificate_is_made_renewed_and_served() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, file) = (folder.path().join("fs"), folder.path().join("fs/tls.pem"));
        make_tls_certificate(&folder, "sts.corp.example", &file, crate::clock::now()).unwrap();
        let (authority, first) = (fs::read(authority_in(&folder)).unwrap(), fs::read(&file).unwrap());
        Identity::load(&file).unwrap();
        for (file, mode) in [(&file, 0o600), (&folder.join("tls-ca-key.pem"), 0o600), (&authority_in(&folder), 0o644)] {
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, mode, "{}", file.display());
        }
        make_tls_certificate(&folder, "sts2.corp.example", &file, crate::clock::now()).unwrap();
        assert_eq!(fs::read(authority_in(&folder)).unwrap(), authority, "clients that trust the authority go on");
        assert_ne!(fs::read(&file).unwrap(), first);
        let issued = |pem: &[u8]| {
            let (_, pem) = x509_parser::pem::parse_x509_pem(pem).unwrap();
            let certificate = pem.parse_x509().unwrap();
            (certificate.issuer().to_string(), certificate.subject().to_string())
        };
        let name = "CN=samesign federation authority of sts.corp.example".to_owned();
        assert_eq!(issued(&authority), (name.clone(), name.clone()));
        let described = describe(&file).unwrap();
        assert!(described.is_for("STS2.corp.example") && !described.is_for("sts.corp.example"));
        let wild = Described { names: vec!["*.corp.example".to_owned()], ..described };
        assert!(wild.is_for("sts.corp.example") && !wild.is_for("corp.example") && !wild.is_for("a.b.corp.example"));
        assert_eq!(issued(&fs::read(&file).unwrap()), (name, "CN=sts2.corp.example".to_owned()));
        fs::write(folder.join("tls-ca-key.pem"), "damaged").unwrap();
        let error = make_tls_certificate(&folder, "sts.corp.example", &file, crate::clock::now()).unwrap_err();
        assert!(error.to_string().contains("tls-ca.pem"), "{error}");
    }
}
