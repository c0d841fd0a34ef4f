//! Sealed messages that are not what they should be, and what Kerberos says in words of ours.

use picky_asn1_der::{from_bytes, to_vec};
use picky_krb::constants::key_usages::{ACCEPTOR_SEAL, INITIATOR_SEAL};
use picky_krb::crypto::CipherSuite;
use picky_krb::messages::TgsRep;
use sspi::{Error, ErrorKind};
use zeroize::Zeroizing;

use super::error::{answered, refused};
use super::kdc::{error_code, strong};
use super::wrap::Opener;
use super::{Proof, SaslError, credentials};
use samesign_wire::Secret;

const KEY: [u8; 32] = [7; 32];

/// How a token is made; the defaults are those of a domain controller's LDAP.
#[derive(Clone, Copy)]
struct Maker {
    flags: u8,
    filler: u8,
    number: u64,
    /// What the copy of the header inside the seal says instead of `flags`, `filler` and `number`.
    inside: Option<(u8, u8, u64)>,
    usage: i32,
}

const MAKER: Maker = Maker { flags: 0b111, filler: 0, number: 41, inside: None, usage: ACCEPTOR_SEAL };

fn header(flags: u8, filler: u8, rotation: u8, number: u64) -> Vec<u8> {
    [&[5, 4, flags, 0xff, 0, filler, 0, rotation][..], &number.to_be_bytes()].concat()
}

impl Maker {
    fn token(&self, content: &[u8], around: [&[u8]; 2]) -> Vec<u8> {
        let cipher = CipherSuite::Aes256CtsHmacSha196.cipher();
        let (flags, filler, number) = self.inside.unwrap_or((self.flags, self.filler, self.number));
        let behind = [vec![0; usize::from(self.filler)], header(flags, filler, 0, number)].concat();
        let sealed = cipher.encrypt_no_checksum(&KEY, self.usage, &[content, &behind].concat()).unwrap();
        let signed = [&sealed.confounder, around[0], content, around[1], &behind].concat();
        let mut body = [sealed.encrypted, cipher.encryption_checksum(&KEY, self.usage, &signed).unwrap()].concat();
        body.rotate_right(28 + usize::from(self.filler));
        [header(self.flags, self.filler, 28, self.number), body].concat()
    }
}

fn opener() -> Opener {
    Opener::new(Zeroizing::new(KEY.to_vec())).ok().unwrap()
}

fn open(token: &[u8]) -> Result<Vec<u8>, SaslError> {
    opener().open(&[token], [&[], &[]]).map(|content| content.to_vec())
}

#[test]
fn what_was_sealed_is_opened_in_order() {
    let mut opener = opener();
    for number in [u64::from(u32::MAX) - 1, u64::from(u32::MAX), 0, 1] {
        let content = format!("message {number}").repeat(100);
        let token = Maker { number, filler: 16, ..MAKER }.token(content.as_bytes(), [b"before", b"after"]);
        let (first, second) = token.split_at(76);
        assert_eq!(opener.open(&[first, second], [b"before", b"after"]).ok().unwrap().as_slice(), content.as_bytes());
    }
    assert_eq!(open(&MAKER.token(b"", [b"", b""])).unwrap(), b"", "an empty message is one");
}

#[test]
fn a_message_left_out_repeated_or_late_is_refused() {
    let token = |number| Maker { number, ..MAKER }.token(b"content", [b"", b""]);
    for (numbers, what) in [([41, 43], "left out"), ([41, 41], "repeated"), ([41, 40], "late")] {
        let mut opener = opener();
        assert!(opener.open(&[&token(numbers[0])], [&[], &[]]).is_ok());
        assert!(matches!(opener.open(&[&token(numbers[1])], [&[], &[]]), Err(SaslError::Order)), "{what}");
    }
}

#[test]
fn a_header_that_differs_from_its_sealed_copy_is_refused() {
    let wrapped = |maker: Maker| matches!(open(&maker.token(b"content of some length", [b"", b""])), Err(SaslError::Wrap));
    assert!(!wrapped(MAKER));
    assert!(wrapped(Maker { inside: Some((0b111, 0, 40)), ..MAKER }), "its number");
    assert!(wrapped(Maker { inside: Some((0b011, 0, 41)), ..MAKER }), "its flags");
    assert!(wrapped(Maker { inside: Some((0b111, 16, 41)), ..MAKER }), "the length of its filler");
}

#[test]
fn only_a_sealed_token_of_the_acceptor_is_opened() {
    let good = MAKER.token(b"content of some length", [b"", b""]);
    assert_eq!(open(&good).unwrap(), b"content of some length");
    for flags in (0..=255).filter(|flags| *flags != 0b111) {
        assert!(open(&Maker { flags, ..MAKER }.token(b"content", [b"", b""])).is_err(), "flags {flags:b}");
    }
    let ours = Maker { usage: INITIATOR_SEAL, ..MAKER }.token(b"content", [b"", b""]);
    assert!(open(&ours).is_err(), "what we sealed ourselves, sent back");
    for end in 0..good.len() {
        assert!(matches!(open(&good[..end]), Err(SaslError::Wrap)), "{end} bytes");
    }
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        assert!(matches!(open(&bytes), Err(SaslError::Wrap)), "byte {at} changed");
    }
    assert!(open(&Maker { filler: 17, ..MAKER }.token(b"content", [b"", b""])).is_err(), "too much filler");
}

#[test]
fn what_stands_around_is_signed() {
    let token = MAKER.token(b"content", [b"before", b"after"]);
    assert!(opener().open(&[&token], [b"before", b"after"]).is_ok());
    for around in [[&b"Before"[..], b"after"], [b"before", b"aftes"], [b"", b""], [b"beforeafter", b""]] {
        assert!(matches!(opener().open(&[&token], around), Err(SaslError::Wrap)), "{around:?}");
    }
}

#[test]
fn keys_that_are_not_of_aes_are_refused() {
    for length in [0, 8, 15, 24, 33] {
        assert!(Opener::new(Zeroizing::new(vec![1; length])).is_err(), "{length} bytes");
    }
    assert!(Opener::new(Zeroizing::new(vec![1; 16])).is_ok());
}

/// One element of DER, shorter than 128 bytes.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
}

fn number(value: u8) -> Vec<u8> {
    element(0x02, &[value])
}

/// A PrincipalName, and the KerberosString of a realm.
fn name() -> Vec<u8> {
    let names = element(0xa1, &element(0x30, &realm()));
    element(0x30, &[element(0xa0, &number(1)), names].concat())
}

fn realm() -> Vec<u8> {
    element(0x1b, b"R")
}

/// A SEQUENCE inside an application tag, its fields under these context tags.
fn message(application: u8, fields: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let fields: Vec<u8> = fields.iter().flat_map(|(tag, content)| element(0xa0 + tag, content)).collect();
    element(application, &element(0x30, &fields))
}

/// A TGS-REP whose ticket and whose own part are of these encryption types, behind its length.
fn reply(ticket: u8, own: u8) -> Vec<u8> {
    let part = |encryption_type| element(0x30, &[element(0xa0, &number(encryption_type)), element(0xa2, &element(0x04, &[0xee]))].concat());
    let ticket = message(0x61, &[(0, number(5)), (1, realm()), (2, name()), (3, part(ticket))]);
    let reply = message(0x6d, &[(0, number(5)), (1, number(13)), (3, realm()), (4, name()), (5, ticket), (6, part(own))]);
    [&[0, 0, 0, u8::try_from(reply.len()).unwrap()][..], &reply].concat()
}

#[test]
fn tickets_of_rc4_and_des_are_refused() {
    let whole = reply(18, 17);
    assert_eq!(to_vec(&from_bytes::<TgsRep>(&whole[4..]).unwrap()).unwrap(), &whole[4..], "a TGS-REP");
    assert_eq!(strong(whole.clone()).ok(), Some(whole.clone()));
    for (ticket, own) in [(23, 18), (18, 23), (3, 18), (16, 18), (24, 18)] {
        let weak = strong(reply(ticket, own)).err().unwrap();
        assert!(matches!(weak, SaslError::Weak(_)) && weak.to_string().contains("msDS-SupportedEncryptionTypes"), "{weak}");
    }
    for end in 6..whole.len() {
        assert!(strong(whole[..end].to_vec()).is_err(), "{end} bytes of a ticket");
    }
    let error = [0, 0, 0, 2, 0x7e, 0x00];
    assert_eq!(strong(error.to_vec()).ok(), Some(error.to_vec()), "an error is for whoever reads errors");
    assert_eq!(strong(Vec::new()).ok(), Some(Vec::new()));
}

#[test]
fn what_kerberos_refuses_is_said_with_what_to_do() {
    let said = |text: &str| refused(&Error::new(ErrorKind::Unknown, text.to_owned()));
    for (text, expected) in [
        ("pre-authentication information was invalid", "password (or the key in the keytab) is wrong"),
        ("client not found in Kerberos database", "check `user` in [source]"),
        ("clients credentials have been revoked", "disabled, expired or locked out"),
        ("KDC has no support for encryption type", "no AES key"),
        ("password has expired; change password to reset", "the password has expired: set a new one"),
    ] {
        let error = said(text);
        assert!(matches!(error, SaslError::Credentials(_)) && error.to_string().contains(expected), "{error}");
        assert!(!error.is_absence(), "an account that is refused is not tried with NTLM: {error}");
    }
    let skew = said("clock skew too great. Additional error data: something");
    assert!(matches!(skew, SaslError::Skew) && skew.to_string().contains("set both by NTP") && skew.is_absence());
    let principal = said("server not found in Kerberos database");
    assert!(matches!(principal, SaslError::Principal) && principal.to_string().contains("servicePrincipalName"));
    assert_eq!(said("KDC policy rejects request. Additional error: x").to_string(), "Kerberos failed: KDC policy rejects request");
}

#[test]
fn an_error_instead_of_a_token_is_understood() {
    let time = element(0x18, b"20261123010000Z");
    let fields = [(0, number(5)), (1, number(30)), (4, time), (5, number(0)), (6, number(37)), (9, realm()), (10, name())];
    let skew = message(0x7e, &fields);
    assert_eq!(error_code(&skew), Some(37));
    for end in 0..skew.len() {
        assert_eq!(error_code(&skew[..end]), None, "{end} bytes of it");
    }
    assert_eq!(error_code(&[0x6f, 0]), None, "not an error");
    assert!(matches!(answered(37), SaslError::Skew));
    assert!(answered(41).to_string().contains("error 41"));
}

#[test]
fn a_blank_password_is_no_proof() {
    for blank in ["", " ", "\t\r\n"] {
        let password = Secret::new(blank.to_owned());
        assert!(credentials(&Proof::Password { user: "svc", password: &password }, "corp.example.com").is_err());
    }
}
