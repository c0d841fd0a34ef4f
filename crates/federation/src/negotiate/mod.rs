//! Sign-in by a Kerberos ticket: what a browser sends behind `Authorization: Negotiate` (RFC 4559).
//!
//! ```text
//! token ── spnego ── message ── proof ──────────── acceptor ── replay cache ──► account@REALM
//!          unwrap    AP-REQ     key, name, realm,  agrees,     first use, kept
//!                               times, binding     answers     over a restart
//! ```
//!
//! AES only. NTLM is refused in every wrapping. The identity is the account and the realm that the domain controller wrote into
//! the ticket, and nothing else: groups and names in the PAC are not read, who it is gets looked up in the directory.
//!
//! The acceptor is `sspi`; in a build with the feature `gssapi` it is the system's MIT Kerberos.

mod binding;
#[cfg(feature = "gssapi")]
mod gssapi;
mod kerberos;
mod keytab;
mod message;
mod proof;
mod recent;
mod spnego;
#[cfg(test)]
mod tests;

use std::path::Path;

use jiff::Timestamp;
use samesign_connect::ad::{Key, KeytabError};

#[cfg(feature = "gssapi")]
pub use gssapi::Gssapi;
pub use kerberos::Kerberos;
pub use proof::SKEW;

use crate::ChannelBinding;
use crate::store::{Store, StoreError};
use recent::Recent;

/// The name under which the replay cache keeps tickets.
const REPLAY_KIND: &str = "ticket";

/// The acceptor of this build.
#[cfg(not(feature = "gssapi"))]
type Built = Kerberos;
#[cfg(feature = "gssapi")]
type Built = Gssapi;

/// The acceptor of this build, as people are told.
pub const ACCEPTOR: &str = if cfg!(feature = "gssapi") { "the system's MIT Kerberos (gssapi)" } else { "the built-in Kerberos (sspi)" };

/// What accepts a token. `sspi` is built in; anything else that does the same may stand here.
pub trait Acceptor: Send + Sync {
    /// Judges a token and makes the answer to it. Whether it was used before is not asked here.
    ///
    /// # Errors
    /// Why the token lets nobody in.
    fn accept(
        &self,
        token: &[u8],
        acceptable: &Acceptable<'_>,
        server_end_point: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<Accepted, TicketRefusal>;
}

/// What a ticket is measured by.
pub struct Acceptable<'a> {
    /// The host in the service principal name `HTTP/host`.
    pub host: &'a str,
    /// Realms that are believed, upper case.
    pub realms: &'a [String],
    /// Whether it has to be bound to the TLS connection.
    pub binding: ChannelBinding,
}

/// What an [`Acceptor`] found.
#[derive(Debug, PartialEq, Eq)]
pub struct Accepted {
    /// sAMAccountName.
    pub account: String,
    /// The realm, upper case.
    pub realm: String,
    /// What no two sign-ins have alike.
    pub once: [u8; 32],
    /// The token to answer with.
    pub reply: Vec<u8>,
}

/// A ticket that was right and was not used before.
#[derive(Debug, PartialEq, Eq)]
pub struct Ticket {
    /// sAMAccountName of whom it was issued to.
    pub account: String,
    /// The realm of that account.
    pub realm: String,
    /// The token to answer with, `WWW-Authenticate: Negotiate <Base64 of it>`: by it the client knows that it spoke with the service
    /// it meant.
    pub reply: Vec<u8>,
}

/// Why the service cannot take tickets at all.
#[derive(Debug, thiserror::Error)]
pub enum NegotiateError {
    /// The keytab has no key for us.
    #[error("Kerberos cannot be offered: the service's key is missing")]
    Keytab(#[from] KeytabError),
    /// The library would look for keys elsewhere.
    #[cfg(feature = "gssapi")]
    #[error(
        "Kerberos cannot be offered: MIT Kerberos finds the keytab through the environment alone, and {name} has to be {value} from the start of the process: `samesign federation run` sees to it, set it where something else starts the service", value = value.display()
    )]
    Environment {
        /// The variable.
        name: &'static str,
        /// What has to be in it.
        value: std::ffi::OsString,
    },
    /// The library finds no key.
    #[cfg(feature = "gssapi")]
    #[error(
        "Kerberos cannot be offered: MIT Kerberos cannot use the keytab: {reason} (where it names another file: does the program's file carry capabilities? With them the library takes nothing from the environment: remove them and give the unit AmbientCapabilities)"
    )]
    Library {
        /// What the library says.
        reason: String,
    },
}

/// Why a token lets nobody in. For the audit log: whoever sent it is told nothing but that a form is there.
#[derive(Debug, thiserror::Error)]
pub enum TicketRefusal {
    /// NTLM, raw or in SPNEGO.
    #[error(
        "the client sent NTLM, which is not accepted: it has no ticket for the service's name (is the address in the client's intranet zone, and the service principal name set?)"
    )]
    Ntlm,
    /// Not a token, a damaged one, or one that contradicts itself.
    #[error("{0}")]
    Malformed(&'static str),
    /// For another service.
    #[error("the ticket is for {service}, not for this service")]
    Service {
        /// sname of the ticket.
        service: String,
    },
    /// Not AES.
    #[error(
        "the ticket or its session key is of encryption type {encryption_type}, and only AES (17, 18) is accepted: set msDS-SupportedEncryptionTypes of the service's account to 24, set its password again, export the keytab again"
    )]
    Encryption {
        /// etype (RFC 3961 8): 23 is RC4, 3 DES.
        encryption_type: i64,
    },
    /// AES, but the short one.
    #[error(
        "the session key is of AES-128, and only AES-256 can be answered: set msDS-SupportedEncryptionTypes of the service's account to 24, and let the client use aes256-cts"
    )]
    SessionKey,
    /// No key opens it, or it was meddled with.
    #[error(
        "no key in the keytab opens the ticket (version {version:?}, type {encryption_type}; the keytab has {held}): was the password of the service's account changed? Then export the keytab again: it is read without a restart"
    )]
    Key {
        /// kvno of the ticket.
        version: Option<i64>,
        /// etype of the ticket.
        encryption_type: i64,
        /// Versions and types that are there.
        held: String,
    },
    /// A realm that nobody named.
    #[error("the ticket is of the realm {realm}, which is not among `realms`, or came through another realm unvouched for")]
    Realm {
        /// crealm.
        realm: String,
    },
    /// Not the name of an account.
    #[error("{name} in the ticket is not the name of an account")]
    Name {
        /// The parts of cname, joined by slashes.
        name: String,
    },
    /// The clocks differ.
    #[error("the client's clock is {seconds} s off, more than five minutes: set the time of that computer or of this one")]
    Skew {
        /// The client's time less ours.
        seconds: i64,
    },
    /// Not yet, or no longer.
    #[error("the ticket is valid from {from} to {until}")]
    Validity {
        /// starttime.
        from: Timestamp,
        /// endtime.
        until: Timestamp,
    },
    /// Not bound to this TLS connection.
    #[error(
        "the ticket is not bound to this TLS connection: does a proxy end TLS before the service? Then set `channel_binding = \"off\"`"
    )]
    Binding,
    /// Used before: somebody sends again what they saw, or the client is broken.
    #[error("the ticket's authenticator was used before")]
    Replayed,
    /// The second reader came to another result.
    #[error("the token was not accepted: {0}")]
    Acceptor(String),
    /// Whether it was used before cannot be told, which never means that it was not.
    #[error("the replay cache does not answer")]
    Store(#[from] StoreError),
}

/// Takes tickets for one service.
pub struct Negotiate {
    acceptor: Box<dyn Acceptor>,
    host: String,
    realms: Vec<String>,
    binding: ChannelBinding,
    store: Store,
    recent: Recent,
}

impl Negotiate {
    /// Reads the keys of `HTTP/host` from a keytab. Without any `realms`, those of the keys count.
    ///
    /// # Errors
    /// When the keytab cannot be read, or has no AES key of the service.
    pub fn open(keytab: &Path, host: &str, realms: &[String], binding: ChannelBinding, store: Store) -> Result<Self, NegotiateError> {
        let acceptor = Built::open(keytab, &format!("HTTP/{host}"))?;
        tracing::info!("{ACCEPTOR} reads tickets");
        let own = || acceptor.keys().iter().map(Key::realm).map(str::to_owned).collect();
        let realms = if realms.is_empty() { own() } else { realms.to_vec() };
        Ok(Self::new(Box::new(acceptor), host, realms, binding, store))
    }

    /// With another acceptor.
    pub fn new(acceptor: Box<dyn Acceptor>, host: &str, realms: Vec<String>, binding: ChannelBinding, store: Store) -> Self {
        Self { acceptor, host: host.to_owned(), realms, binding, store, recent: Recent::default() }
    }

    /// Judges the token of a browser. `server_end_point` is the hash of the certificate that this TLS connection was opened with (RFC
    /// 5929 4.1), where there is one.
    ///
    /// # Errors
    /// Why the token lets nobody in.
    pub async fn sign_in(&self, token: &[u8], server_end_point: Option<&[u8]>, now: Timestamp) -> Result<Ticket, TicketRefusal> {
        let seconds = now.as_second();
        if self.recent.knows(token, seconds) {
            return Err(TicketRefusal::Replayed);
        }
        let acceptable = Acceptable { host: &self.host, realms: &self.realms, binding: self.binding };
        let accepted = self.acceptor.accept(token, &acceptable, server_end_point, now)?;
        // Asked last: only whoever has a ticket can put anything into the cache. An authenticator counts from five minutes before its
        // time to five minutes after it, so nothing needs to be remembered for longer than both.
        let until = seconds.saturating_add(i64::try_from(2 * SKEW.as_secs()).unwrap_or(i64::MAX));
        let first = self.store.first_use(REPLAY_KIND, &accepted.once, until, seconds).await?;
        self.recent.keep(token, until, seconds);
        if !first {
            return Err(TicketRefusal::Replayed);
        }
        Ok(Ticket { account: accepted.account, realm: accepted.realm, reply: accepted.reply })
    }
}

/// Reads a token, and what would be in its encrypted parts, as [`Negotiate::sign_in`] does; whether what the acceptor is handed of it
/// reads alike. For the fuzzer.
pub(crate) fn read_token(token: &[u8]) -> bool {
    let _ = (message::TicketPart::read(token), message::Authenticator::read(token), message::ApReq::read(token));
    let Ok(initial) = spnego::read(token) else { return true };
    let _ = message::ApReq::read(initial.ap_req);
    spnego::read(&spnego::write(&initial)).is_ok_and(|again| again == initial)
}
