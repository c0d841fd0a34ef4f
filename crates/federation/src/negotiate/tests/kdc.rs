//! A key distribution centre for tests: writes the tickets that no real one would.

use jiff::{SignedDuration, Timestamp};
use picky_krb::constants::key_usages::{AP_REQ_AUTHENTICATOR, TICKET_REP};
use picky_krb::crypto::CipherSuite;
use samesign_connect::ad::{Key, service_keys};

use crate::negotiate::spnego::{self, element};

pub const HOST: &str = "sts.localhost";
pub const REALM: &str = "CORP.EXAMPLE.COM";
pub const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
/// A name, and name-type.
pub type Name = (u8, &'static [&'static str]);

/// Everything that a ticket and an authenticator can say; as it is by default, it is right.
#[derive(Clone)]
pub struct Forged {
    pub service: &'static [&'static str],
    pub ticket_type: u8,
    pub session_type: u8,
    pub version: Option<u8>,
    pub secret: Vec<u8>,
    pub options: u32,
    pub flags: u32,
    pub realm: &'static str,
    pub client: Name,
    pub transited: &'static str,
    pub from: Option<i64>,
    pub until: i64,
    pub authenticator_realm: &'static str,
    pub authenticator_client: Name,
    pub at: i64,
    pub checksum: Option<(u16, Vec<u8>)>,
}

impl Default for Forged {
    fn default() -> Self {
        Self {
            service: &["HTTP", HOST],
            ticket_type: 18,
            session_type: 18,
            version: Some(3),
            secret: vec![3; 32],
            options: 0x2000_0000,
            flags: 0x40a1_0000,
            realm: REALM,
            client: (1, &["ana"]),
            transited: "",
            from: Some(-3_600),
            until: 36_000,
            authenticator_realm: REALM,
            authenticator_client: (1, &["ana"]),
            at: 0,
            checksum: Some((0x8003, gss_checksum([0; 16]))),
        }
    }
}

impl Forged {
    /// The KRB_AP_REQ.
    pub fn request(&self) -> Vec<u8> {
        let session_key = vec![9; key_length(self.session_type)];
        let ticket = sequence(&[
            integer(5),
            text(self.realm),
            principal(&(2, self.service)),
            encrypted(self.ticket_type, self.version, &self.secret, TICKET_REP, &self.ticket_part(&session_key)),
        ]);
        let authenticator = encrypted(self.session_type, None, &session_key, AP_REQ_AUTHENTICATOR, &self.authenticator());
        element(0x6e, &sequence(&[integer(5), integer(14), bits(self.options), element(0x61, &ticket), authenticator]))
    }

    /// The same in SPNEGO.
    pub fn token(&self) -> Vec<u8> {
        let kerberos: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02];
        let token = element(0x60, &[element(0x06, kerberos), vec![1, 0], self.request()].concat());
        spnego::write(&spnego::Initial { mechanism: kerberos, token: &token, ap_req: &[] })
    }

    fn ticket_part(&self, session_key: &[u8]) -> Vec<u8> {
        let transited = sequence(&[integer(1), octets(self.transited.as_bytes())]);
        let mut fields = vec![
            Some(bits(self.flags)),
            Some(sequence(&[integer(self.session_type), octets(session_key)])),
            Some(text(self.realm)),
            Some(principal(&self.client)),
            Some(transited),
            Some(time(-7_200)),
            self.from.map(time),
            Some(time(self.until)),
        ];
        // A PAC would stand here: it is not looked at.
        fields.extend([None, None, Some(octets(b"not an AuthorizationData"))]);
        element(0x63, &optional_sequence(&fields))
    }

    fn authenticator(&self) -> Vec<u8> {
        let checksum = self.checksum.as_ref().map(|(kind, bytes)| sequence(&[wide_integer(*kind), octets(bytes)]));
        let fields = [
            Some(integer(5)),
            Some(text(self.authenticator_realm)),
            Some(principal(&self.authenticator_client)),
            checksum,
            Some(integer(7)),
            Some(time(self.at)),
        ];
        element(0x62, &optional_sequence(&fields))
    }
}

/// The checksum of GSS-API with these bindings (RFC 4121 4.1.1).
pub fn gss_checksum(binding: [u8; 16]) -> Vec<u8> {
    [&[16, 0, 0, 0], binding.as_slice(), &[0x3e, 0, 0, 0]].concat()
}

/// A keytab with keys under a principal: version, encryption type, key.
pub fn keytab(entries: &[(&[&str], u8, u16, &[u8])]) -> Vec<u8> {
    let counted = |bytes: &[u8]| [u16::try_from(bytes.len()).unwrap().to_be_bytes().as_slice(), bytes].concat();
    let mut file = vec![5, 2];
    for (names, version, kind, key) in entries {
        let mut entry = u16::try_from(names.len()).unwrap().to_be_bytes().to_vec();
        entry.extend(counted(REALM.as_bytes()));
        entry.extend(names.iter().flat_map(|name| counted(name.as_bytes())));
        entry.extend([0, 0, 0, 1, 0, 0, 0, 0, *version]);
        entry.extend(kind.to_be_bytes());
        entry.extend(counted(key));
        file.extend(i32::try_from(entry.len()).unwrap().to_be_bytes());
        file.extend(entry);
    }
    file
}

/// The keys of the service: versions 2 and 3 of AES-256, version 3 of AES-128.
pub fn keys() -> Vec<Key> {
    let name: &[&str] = &["HTTP", "STS.localhost"];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keytab");
    let entries: &[(&[&str], u8, u16, &[u8])] = &[
        (name, 2, 18, &[2; 32]),
        (name, 3, 18, &[3; 32]),
        (name, 3, 17, &[1; 16]),
        (&["cifs", HOST], 3, 18, &[4; 32]),
        (name, 3, 23, &[5; 16]),
    ];
    std::fs::write(&file, keytab(entries)).unwrap();
    service_keys(&file, "HTTP/sts.localhost").unwrap()
}

fn encrypted(kind: u8, version: Option<u8>, key: &[u8], usage: i32, plain: &[u8]) -> Vec<u8> {
    let cipher = match CipherSuite::try_from(usize::from(kind)) {
        Ok(suite) => suite.cipher().encrypt(key, usage, plain).unwrap(),
        Err(_) => plain.to_vec(),
    };
    optional_sequence(&[Some(integer(kind)), version.map(integer), Some(octets(&cipher))])
}

fn key_length(kind: u8) -> usize {
    match kind {
        18 => 32,
        16 => 24,
        _ => 16,
    }
}

fn principal((kind, parts): &Name) -> Vec<u8> {
    let names: Vec<u8> = parts.iter().flat_map(|part| text(part)).collect();
    sequence(&[integer(*kind), element(0x30, &names)])
}

fn sequence(fields: &[Vec<u8>]) -> Vec<u8> {
    optional_sequence(&fields.iter().cloned().map(Some).collect::<Vec<_>>())
}

fn optional_sequence(fields: &[Option<Vec<u8>>]) -> Vec<u8> {
    let tagged = (0xa0..).zip(fields).filter_map(|(tag, field)| Some(element(tag, field.as_ref()?)));
    element(0x30, &tagged.flatten().collect::<Vec<u8>>())
}

fn integer(value: u8) -> Vec<u8> {
    element(0x02, &[value])
}

fn wide_integer(value: u16) -> Vec<u8> {
    element(0x02, &[&[0], value.to_be_bytes().as_slice()].concat())
}

fn octets(bytes: &[u8]) -> Vec<u8> {
    element(0x04, bytes)
}

fn text(text: &str) -> Vec<u8> {
    element(0x1b, text.as_bytes())
}

fn bits(value: u32) -> Vec<u8> {
    element(0x03, &[&[0], value.to_be_bytes().as_slice()].concat())
}

fn time(seconds: i64) -> Vec<u8> {
    let moment = NOW.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    element(0x18, moment.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
}
