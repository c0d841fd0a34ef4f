//! KRB_AP_REQ and the two encrypted parts in it, as types (RFC 4120 5.3, 5.5.1). Pure: nothing is decrypted or judged here.
//!
//! Fields that are not used are skipped, whatever is in them; a field that is used and does not fit makes the whole unreadable.

use jiff::Timestamp;
use jiff::civil;
use samesign_connect::ad::Reader;

use super::spnego::only;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const GENERALIZED_TIME: u8 = 0x18;
const GENERAL_STRING: u8 = 0x1b;
const SEQUENCE: u8 = 0x30;
/// `Ticket ::= [APPLICATION 1]`, `Authenticator [2]`, `EncTicketPart [3]`, `AP-REQ [14]`.
const TICKET: u8 = 0x61;
const AUTHENTICATOR: u8 = 0x62;
const ENC_TICKET_PART: u8 = 0x63;
const AP_REQ: u8 = 0x6e;
/// pvno, tkt-vno, authenticator-vno.
const VERSION: i64 = 5;
/// msg-type of KRB_AP_REQ (RFC 4120 7.5.7).
const KRB_AP_REQ: i64 = 14;

/// AP-REQ.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ApReq<'a> {
    /// ap-options.
    pub(super) options: u32,
    /// sname of the ticket: whose key it is encrypted with. Anybody may have written it.
    pub(super) service: Vec<&'a str>,
    /// enc-part of the ticket.
    pub(super) ticket: Encrypted<'a>,
    /// authenticator.
    pub(super) authenticator: Encrypted<'a>,
}

/// EncryptedData.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Encrypted<'a> {
    /// etype.
    pub(super) encryption_type: i64,
    /// kvno.
    pub(super) version: Option<i64>,
    /// cipher.
    pub(super) cipher: &'a [u8],
}

/// PrincipalName.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Principal<'a> {
    /// name-type.
    pub(super) kind: i64,
    /// name-string.
    pub(super) parts: Vec<&'a str>,
}

/// EncTicketPart. Its authorization data, where the PAC is, is not read: nothing that is decided here depends on it.
#[derive(PartialEq, Eq)]
pub(super) struct TicketPart<'a> {
    /// flags.
    pub(super) flags: u32,
    /// keytype of the session key.
    pub(super) key_type: i64,
    /// keyvalue of the session key: a secret, borrowed from bytes that are wiped.
    pub(super) key: &'a [u8],
    /// crealm.
    pub(super) realm: &'a str,
    /// cname.
    pub(super) client: Principal<'a>,
    /// contents of transited: the realms between the client's and the service's.
    pub(super) transited: &'a [u8],
    /// starttime, else authtime (RFC 4120 5.3).
    pub(super) valid_from: Timestamp,
    /// endtime.
    pub(super) valid_until: Timestamp,
}

/// Authenticator, without its subkey, which would serve for messages after this one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authenticator<'a> {
    /// crealm.
    pub(super) realm: &'a str,
    /// cname.
    pub(super) client: Principal<'a>,
    /// cksum: its type, and the checksum.
    pub(super) checksum: Option<(i64, &'a [u8])>,
    /// ctime.
    pub(super) at: Timestamp,
}

impl<'a> ApReq<'a> {
    /// Reads one; `None` when the bytes are not exactly one.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut fields = Fields::new(only(only(bytes, AP_REQ)?, SEQUENCE)?);
        (integer(fields.required(0)?)? == VERSION && integer(fields.required(1)?)? == KRB_AP_REQ).then_some(())?;
        let options = flags(fields.required(2)?)?;
        let mut ticket = Fields::new(only(only(fields.required(3)?, TICKET)?, SEQUENCE)?);
        let authenticator = encrypted(fields.required(4)?)?;
        (integer(ticket.required(0)?)? == VERSION).then_some(())?;
        text(ticket.required(1)?)?;
        let service = principal(ticket.required(2)?)?.parts;
        Some(Self { options, service, ticket: encrypted(ticket.required(3)?)?, authenticator })
    }
}

impl<'a> TicketPart<'a> {
    /// Reads one.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut fields = Fields::new(only(only(bytes, ENC_TICKET_PART)?, SEQUENCE)?);
        let flags = flags(fields.required(0)?)?;
        let (key_type, key) = typed(fields.required(1)?)?;
        let (realm, client) = (text(fields.required(2)?)?, principal(fields.required(3)?)?);
        let (_, transited) = typed(fields.required(4)?)?;
        let issued = time(fields.required(5)?)?;
        let valid_from = fields.optional(6)?.map_or(Some(issued), time)?;
        Some(Self { flags, key_type, key, realm, client, transited, valid_from, valid_until: time(fields.required(7)?)? })
    }
}

impl<'a> Authenticator<'a> {
    /// Reads one.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut fields = Fields::new(only(only(bytes, AUTHENTICATOR)?, SEQUENCE)?);
        (integer(fields.required(0)?)? == VERSION).then_some(())?;
        let (realm, client) = (text(fields.required(1)?)?, principal(fields.required(2)?)?);
        let checksum = match fields.optional(3)? {
            Some(checksum) => Some(typed(checksum)?),
            None => None,
        };
        integer(fields.required(4)?)?;
        Some(Self { realm, client, checksum, at: time(fields.required(5)?)? })
    }
}

/// The fields of a SEQUENCE, each under its context tag, in ascending order.
struct Fields<'a> {
    rest: Reader<'a>,
}

impl<'a> Fields<'a> {
    fn new(content: &'a [u8]) -> Self {
        Self { rest: Reader::new(content) }
    }

    fn required(&mut self, number: u8) -> Option<&'a [u8]> {
        self.rest.expect(0xa0 | number).ok()
    }

    /// The field, if it is the next one; the outer `None` when the bytes are broken.
    fn optional(&mut self, number: u8) -> Option<Option<&'a [u8]>> {
        if self.rest.is_empty() {
            return Some(None);
        }
        let mut ahead = self.rest;
        let (tag, content) = ahead.element().ok()?;
        if tag != 0xa0 | number {
            return Some(None);
        }
        self.rest = ahead;
        Some(Some(content))
    }
}

/// EncryptedData.
fn encrypted(bytes: &[u8]) -> Option<Encrypted<'_>> {
    let mut fields = Fields::new(only(bytes, SEQUENCE)?);
    let encryption_type = integer(fields.required(0)?)?;
    let version = match fields.optional(1)? {
        Some(version) => Some(integer(version)?),
        None => None,
    };
    Some(Encrypted { encryption_type, version, cipher: only(fields.required(2)?, OCTET_STRING)? })
}

/// PrincipalName.
fn principal(bytes: &[u8]) -> Option<Principal<'_>> {
    let mut fields = Fields::new(only(bytes, SEQUENCE)?);
    let kind = integer(fields.required(0)?)?;
    let mut names = Reader::new(only(fields.required(1)?, SEQUENCE)?);
    let mut parts = Vec::new();
    while !names.is_empty() {
        parts.push(std::str::from_utf8(names.expect(GENERAL_STRING).ok()?).ok()?);
    }
    Some(Principal { kind, parts })
}

/// EncryptionKey, Checksum and TransitedEncoding have one shape: a number, and octets.
fn typed(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let mut fields = Fields::new(only(bytes, SEQUENCE)?);
    Some((integer(fields.required(0)?)?, only(fields.required(1)?, OCTET_STRING)?))
}

/// Int32, UInt32 and Microseconds.
fn integer(bytes: &[u8]) -> Option<i64> {
    let digits = only(bytes, INTEGER)?;
    let (first, _) = digits.split_first()?;
    let sign = if first & 0x80 == 0 { 0 } else { -1 };
    (digits.len() <= 5).then(|| digits.iter().fold(sign, |value: i64, digit| value << 8 | i64::from(*digit)))
}

/// KerberosFlags: the first 32 bits, bit 0 the highest.
fn flags(bytes: &[u8]) -> Option<u32> {
    match only(bytes, BIT_STRING)? {
        [0, first, second, third, fourth] => Some(u32::from_be_bytes([*first, *second, *third, *fourth])),
        _ => None,
    }
}

/// Realm.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(only(bytes, GENERAL_STRING)?).ok()
}

/// KerberosTime: `YYYYMMDDHHMMSSZ`.
fn time(bytes: &[u8]) -> Option<Timestamp> {
    let digits = only(bytes, GENERALIZED_TIME)?.strip_suffix(b"Z")?;
    if digits.len() != 14 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |from: usize, to: usize| std::str::from_utf8(digits.get(from..to)?).ok()?.parse::<i16>().ok();
    let small = |from: usize| i8::try_from(number(from, from + 2)?).ok();
    let moment = civil::DateTime::new(number(0, 4)?, small(4)?, small(6)?, small(8)?, small(10)?, small(12)?, 0).ok()?;
    moment.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}
