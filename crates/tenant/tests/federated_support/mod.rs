//! Sign-in services for federated domains of a tenant under test: they sign what they are told to.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::collections::HashMap;
use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;
use samesign_tenant::directory::{DirectoryError, User, users};
use samesign_tenant::store::Store;
use samesign_tenant::store::federation::{Federation, Protocol};
use samesign_tenant::{Admin, certificates, clock, random};
use samesign_wire::saml::{
    Assertion, Attribute, Authentication, AuthenticationMethod, Confirmation, NameId, NameIdFormat, Signer, SigningError, saml2, saml11,
};
use samesign_wire::wsfed;

pub const AUDIENCE: &str = "urn:federation:MicrosoftOnline";
pub const UPN: &str = "http://schemas.xmlsoap.org/claims/UPN";
pub const IMMUTABLE_ID: &str = "http://schemas.microsoft.com/LiveID/Federation/2008/05/ImmutableID";
/// With the characters of Base64 that are neither letters nor digits.
pub const ANCHOR: &str = "q1+/3r4AAAAAAAAAAAAAAA==";

/// A key pair with its certificate.
pub struct Key {
    pair: RsaKeyPair,
    pub certificate: Vec<u8>,
}

/// Keys are slow to make without optimisation: all tests of a program share these.
pub static KEYS: LazyLock<[Key; 3]> = LazyLock::new(|| [(); 3].map(|()| Key::new()));

impl Key {
    pub fn new() -> Self {
        let identity = certificates::application("sts", "fed", clock::now()).unwrap();
        let der = PrivatePkcs8KeyDer::from_pem_slice(identity.key_pem.as_bytes()).unwrap();
        Self { pair: RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap(), certificate: identity.certificate_der }
    }
}

impl Signer for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| SigningError::Key)?;
        Ok(signature)
    }

    fn certificate(&self) -> &[u8] {
        &self.certificate
    }
}

/// The settings of a domain whose service signs with this key.
pub fn settings(domain: &str, protocol: Protocol, key: &Key) -> Federation {
    Federation {
        domain: domain.to_owned(),
        id: String::new(),
        issuer: issuer(domain),
        display_name: Some(format!("Service of {domain}")),
        passive: format!("https://sts.{domain}/adfs/ls/"),
        active: Some(format!("https://sts.{domain}/adfs/services/trust/2005/usernamemixed")),
        sign_out: Some(format!("https://sts.{domain}/adfs/ls/")),
        metadata: Some(format!("https://sts.{domain}/adfs/services/trust/mex")),
        signing: key.certificate.clone(),
        next_signing: None,
        protocol,
        prompt: None,
        mfa: None,
        signed_requests: false,
        updated: 0,
    }
}

pub fn issuer(domain: &str) -> String {
    format!("http://{domain}/adfs/services/trust/")
}

/// Adds a verified domain and federates it.
pub fn federate(folder: &std::path::Path, settings: Federation) {
    let admin = Admin::open(folder).unwrap();
    admin.add_domain(&settings.domain).unwrap();
    admin.verify_domain(&settings.domain).unwrap();
    let store = Store::open(folder).unwrap();
    let made: Result<_, DirectoryError> =
        store.write(|connection| samesign_tenant::directory::federation::create(connection, settings, clock::now().as_second()));
    made.unwrap();
}

/// Makes a user as the synchronization would.
pub fn synced(folder: &std::path::Path, upn: &str, anchor: &str) {
    Admin::open(folder)
        .unwrap()
        .add_user(&samesign_tenant::admin::NewAccount {
            upn: upn.to_owned(),
            display_name: "Zoë Ruiz".to_owned(),
            ..samesign_tenant::admin::NewAccount::default()
        })
        .unwrap();
    change(folder, upn, |user| {
        user.synced = Some(true);
        user.anchor = Some(anchor.to_owned());
    });
}

/// Changes a user's row as a synchronization may.
pub fn change(folder: &std::path::Path, upn: &str, change: impl FnOnce(&mut User)) {
    let store = Store::open(folder).unwrap();
    let save = store.write(|connection| -> Result<(), DirectoryError> {
        let mut user = users::find(connection, upn)?;
        let before = user.clone();
        change(&mut user);
        users::save(connection, &mut user, &before)
    });
    save.unwrap();
}

/// What a service says of somebody, good unless it is changed.
pub fn assertion(upn: &str, anchor: &str) -> Assertion {
    let now = clock::now();
    let domain = upn.rsplit_once('@').unwrap().1;
    let attribute = |name: &str, value: &str| Attribute { name: name.to_owned(), values: vec![value.to_owned()] };
    Assertion {
        id: format!("_{}", random::uuid().unwrap()),
        issuer: issuer(domain),
        issued_at: now,
        not_before: after(now, -60),
        not_on_or_after: after(now, 3_600),
        audience: AUDIENCE.to_owned(),
        name_id: NameId { value: anchor.to_owned(), format: NameIdFormat::Unspecified },
        authentication: Authentication { at: now, method: AuthenticationMethod::Windows, session_index: None },
        confirmation: None,
        attributes: vec![
            attribute(UPN, upn),
            attribute(IMMUTABLE_ID, anchor),
            attribute("http://schemas.microsoft.com/ws/2012/01/insidecorporatenetwork", "true"),
        ],
    }
}

/// The same as SAML 2.0 has it, in answer to a request.
pub fn assertion2(upn: &str, anchor: &str, recipient: &str, request: &str) -> Assertion {
    let one = assertion(upn, anchor);
    Assertion {
        name_id: NameId { value: anchor.to_owned(), format: NameIdFormat::Persistent },
        authentication: Authentication { session_index: Some("_session".to_owned()), ..one.authentication },
        confirmation: Some(Confirmation {
            recipient: recipient.to_owned(),
            in_response_to: Some(request.to_owned()),
            not_on_or_after: after(clock::now(), 300),
        }),
        attributes: vec![Attribute { name: "IDPEmail".to_owned(), values: vec![upn.to_owned()] }],
        ..one
    }
}

pub fn after(time: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(time.as_second() + seconds).unwrap()
}

/// `wresult` with this assertion.
pub fn wresult(assertion: &Assertion, key: &Key) -> String {
    let token = saml11::write(assertion, key).unwrap();
    wsfed::response(&token, &assertion.audience, assertion.issued_at, assertion.not_on_or_after).unwrap()
}

/// `SAMLResponse` with this assertion.
pub fn saml_response(assertion: &Assertion, key: &Key) -> String {
    let response = saml2::Response {
        id: format!("_{}", random::uuid().unwrap()),
        issued_at: assertion.issued_at,
        issuer: assertion.issuer.clone(),
        destination: assertion.confirmation.as_ref().map(|confirmation| confirmation.recipient.clone()).unwrap_or_default(),
        in_response_to: assertion.confirmation.as_ref().and_then(|confirmation| confirmation.in_response_to.clone()),
        status: saml2::Status::Success,
        assertion: Some(saml2::write(assertion, key).unwrap()),
    };
    STANDARD.encode(response.write(None).unwrap())
}

/// The parameters of an address.
pub fn parameters(address: &str) -> HashMap<String, String> {
    let (_, query) = address.split_once('?').unwrap_or((address, ""));
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

impl Key {
    /// One whose certificate has ended.
    pub fn expired() -> Self {
        let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
        let mut params = rcgen::CertificateParams::default();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        Self { pair: RsaKeyPair::from_pkcs8(key.serialized_der()).unwrap(), certificate: certificate.der().to_vec() }
    }
}
