//! Whether a ticket and its authenticator are right (RFC 4120 3.2.3): pure, but for the cipher.
//!
//! The acceptor judges them once more before anybody is let in, but cannot be asked everything: `sspi` takes the system's clock, one
//! key, and says nothing of the checksum, the flags, or the realms a ticket came through.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{digest, hmac};
use jiff::Timestamp;
use picky_krb::constants::key_usages::{AP_REQ_AUTHENTICATOR, TICKET_REP};
use picky_krb::crypto::Cipher;
use picky_krb::crypto::aes::{Aes128CtsHmacSha196, Aes256CtsHmacSha196};
use samesign_connect::ad::Key;
use zeroize::Zeroizing;

use super::message::{ApReq, Authenticator, Encrypted, Principal, TicketPart};
use super::{Acceptable, TicketRefusal, binding};

/// How far the clocks of a client and of this computer may be apart: Active Directory's own default.
pub const SKEW: Duration = Duration::from_secs(5 * 60);

/// aes128-cts-hmac-sha1-96 and aes256-cts-hmac-sha1-96 (RFC 3962 7).
const AES128: i64 = 17;
pub(super) const AES256: i64 = 18;
/// HMAC-SHA1-96 (RFC 3962 6).
const CHECKSUM_LENGTH: usize = 12;
/// NT-PRINCIPAL (RFC 4120 6.2).
const NT_PRINCIPAL: i64 = 1;
/// invalid(7) of TicketFlags and transited-policy-checked(12), counted from the highest bit (RFC 4120 5.3).
const INVALID: u32 = 1 << (31 - 7);
const TRANSITED_POLICY_CHECKED: u32 = 1 << (31 - 12);
/// use-session-key(1) of APOptions (RFC 4120 5.5.1).
const USE_SESSION_KEY: u32 = 1 << (31 - 1);
/// The latest end of a ticket that is believed; beyond it, dates no longer can be added to.
const END_MAX: Timestamp = Timestamp::constant(32_503_680_000, 0);

/// What a right ticket says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Proved {
    /// The account's name, as the domain controller wrote it into the ticket.
    pub(super) account: String,
    /// Its realm.
    pub(super) realm: String,
    /// SHA-256 of the encrypted authenticator, of which no client makes two alike.
    pub(super) once: [u8; 32],
    /// Which of the keys opened the ticket.
    pub(super) key: usize,
    /// keytype of the session key.
    pub(super) session_key_type: i64,
}

/// Judges a KRB_AP_REQ. `keys` are those of the service `HTTP/host`.
pub(super) fn prove(
    request: &ApReq<'_>,
    keys: &[Key],
    acceptable: &Acceptable<'_>,
    server_end_point: Option<&[u8]>,
    now: Timestamp,
) -> Result<Proved, TicketRefusal> {
    if request.options & USE_SESSION_KEY != 0 {
        return Err(TicketRefusal::Malformed("the ticket is for a user, not for a service"));
    }
    is_for_us(&request.service, acceptable.host)?;
    let (which, opened) = open_ticket(&request.ticket, keys)?;
    let ticket = TicketPart::read(&opened).ok_or(TicketRefusal::Malformed("the ticket's encrypted part cannot be read"))?;
    let opened = open_authenticator(&ticket, &request.authenticator)?;
    let authenticator = Authenticator::read(&opened).ok_or(TicketRefusal::Malformed("the authenticator cannot be read"))?;
    if (ticket.realm, &ticket.client) != (authenticator.realm, &authenticator.client) {
        return Err(TicketRefusal::Malformed("ticket and authenticator name different people"));
    }
    let home = keys.get(which).map(Key::realm).unwrap_or_default();
    check_realm(&ticket, home, acceptable.realms)?;
    let account = account(&ticket.client)?;
    check_times(&ticket, authenticator.at, now)?;
    binding::check(acceptable.binding, authenticator.checksum, server_end_point)?;
    let once = digest::digest(&digest::SHA256, request.authenticator.cipher);
    let once = once.as_ref().try_into().unwrap_or_default();
    Ok(Proved { account: account.to_owned(), realm: ticket.realm.to_owned(), once, key: which, session_key_type: ticket.key_type })
}

fn is_for_us(service: &[&str], host: &str) -> Result<(), TicketRefusal> {
    match service {
        [class, name] if class.eq_ignore_ascii_case("HTTP") && name.eq_ignore_ascii_case(host) => Ok(()),
        other => Err(TicketRefusal::Service { service: other.join("/") }),
    }
}

/// Opens a ticket: with the key of its version first, then with the others of its type, because numbers of versions part when a
/// keytab was made by hand, and on read-only domain controllers. A key that is not the right one is told by the checksum.
fn open_ticket(ticket: &Encrypted<'_>, keys: &[Key]) -> Result<(usize, Zeroizing<Vec<u8>>), TicketRefusal> {
    check_type(ticket.encryption_type)?;
    let usable = || keys.iter().enumerate().filter(|(_, key)| i64::from(key.encryption_type()) == ticket.encryption_type);
    let named = |key: &Key| ticket.version == Some(i64::from(key.version()));
    let in_order = usable().filter(|(_, key)| named(key)).chain(usable().filter(|(_, key)| !named(key)));
    for (which, key) in in_order {
        if let Some(opened) = open(ticket, key.expose(), TICKET_REP) {
            return Ok((which, opened));
        }
    }
    let held = keys.iter().map(|key| format!("{} (type {})", key.version(), key.encryption_type())).collect::<Vec<_>>().join(", ");
    Err(TicketRefusal::Key { version: ticket.version, encryption_type: ticket.encryption_type, held })
}

fn open_authenticator(ticket: &TicketPart<'_>, authenticator: &Encrypted<'_>) -> Result<Zeroizing<Vec<u8>>, TicketRefusal> {
    check_type(ticket.key_type)?;
    if authenticator.encryption_type != ticket.key_type {
        return Err(TicketRefusal::Malformed("the authenticator is not encrypted as its session key says"));
    }
    open(authenticator, ticket.key, AP_REQ_AUTHENTICATOR).ok_or(TicketRefusal::Malformed("the authenticator's checksum is wrong"))
}

fn check_type(encryption_type: i64) -> Result<(), TicketRefusal> {
    if matches!(encryption_type, AES128 | AES256) { Ok(()) } else { Err(TicketRefusal::Encryption { encryption_type }) }
}

/// Decrypts (RFC 3961 5.3). The checksum is compared here, and not by the cipher's own reader, because that one's comparison
/// takes the longer the more bytes are right.
fn open(encrypted: &Encrypted<'_>, key: &[u8], usage: i32) -> Option<Zeroizing<Vec<u8>>> {
    let opened = match (encrypted.encryption_type, key.len()) {
        (AES128, 16) => Aes128CtsHmacSha196::new().decrypt_no_checksum(key, usage, encrypted.cipher),
        (AES256, 32) => Aes256CtsHmacSha196::new().decrypt_no_checksum(key, usage, encrypted.cipher),
        _ => return None,
    };
    let opened = opened.ok()?;
    let (plain, integrity_key) = (Zeroizing::new(opened.plaintext), Zeroizing::new(opened.ki));
    let mut expected = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &integrity_key));
    expected.update(&opened.confounder);
    expected.update(&plain);
    verify_slices_are_equal(expected.sign().as_ref().get(..CHECKSUM_LENGTH)?, &opened.checksum).ok()?;
    Some(plain)
}

/// Only realms that were named are believed. Somebody of another realm than the service's came through no third one, or the
/// service's own domain controller has vouched for the way (RFC 4120 2.7).
fn check_realm(ticket: &TicketPart<'_>, home: &str, realms: &[String]) -> Result<(), TicketRefusal> {
    let direct = ticket.realm == home || ticket.transited.is_empty() || ticket.flags & TRANSITED_POLICY_CHECKED != 0;
    if direct && realms.iter().any(|realm| realm == ticket.realm) {
        return Ok(());
    }
    Err(TicketRefusal::Realm { realm: ticket.realm.to_owned() })
}

/// sAMAccountName. A name of another kind, or of more than one part, is that of no person.
fn account<'a>(client: &Principal<'a>) -> Result<&'a str, TicketRefusal> {
    match (client.kind, client.parts.as_slice()) {
        (NT_PRINCIPAL, [account]) if !account.is_empty() && !account.contains(['@', '/', '\\', '\0']) => Ok(account),
        _ => Err(TicketRefusal::Name { name: client.parts.join("/") }),
    }
}

fn check_times(ticket: &TicketPart<'_>, at: Timestamp, now: Timestamp) -> Result<(), TicketRefusal> {
    let seconds = at.as_second().saturating_sub(now.as_second());
    if seconds.unsigned_abs() > SKEW.as_secs() {
        return Err(TicketRefusal::Skew { seconds });
    }
    let skew = i64::try_from(SKEW.as_secs()).unwrap_or(i64::MAX);
    let begun = ticket.valid_from.as_second() <= now.as_second().saturating_add(skew) && ticket.flags & INVALID == 0;
    let ended = now.as_second() > ticket.valid_until.as_second().saturating_add(skew) || ticket.valid_until > END_MAX;
    if !begun || ended {
        return Err(TicketRefusal::Validity { from: ticket.valid_from, until: ticket.valid_until });
    }
    Ok(())
}
