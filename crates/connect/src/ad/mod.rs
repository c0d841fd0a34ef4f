//! Active Directory over LDAP: Windows and Samba domain controllers alike.
//!
//! Our own session loop over the codec of `ldap3_proto` and the security layers of `sspi`. It reads and never writes: no
//! request that changes anything can be formed here. It does not follow referrals, and it has no plain LDAP: a session is
//! inside TLS, or signed and sealed by Kerberos, before the account's name or anything of the directory passes through it.

mod address;
mod ber;
mod bind;
mod clock;
mod connection;
mod credential;
mod error;
mod identity;
mod keytab;
mod lookup;
mod message;
mod object;
mod parts;
pub(crate) mod range;
mod read;
mod references;
mod replication;
mod rpc;
mod sasl;
mod session;
mod sign_in;
mod tls;
mod transport;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use samesign_engine::{Kinds, ObjectGuid, SourceObject};

use crate::source::{Container, Known, Read, ReadReport};
pub use address::{AddressError, Protection, ServerAddress};
pub use ber::{DEPTH_MAX, DecodeError, MESSAGE_LENGTH_MAX, Reader, check_depth, message_length};
pub use credential::Credential;
pub use error::{AdError, Attempt, Fault, Refusal, ServerRefusal};
pub use identity::ServerIdentity;
pub use keytab::{Key, KeytabError, service_keys};
pub use lookup::{Found, OuNode};
pub use message::{Attribute, Entry, Message, decode_message};
pub use replication::{Changes, MissingRights, PasswordChange, Replicated, Replication, SealedPassword, Watermark, replicate};
pub use rpc::{BindReason, FaultStatus, MapRefusal, RpcError};
pub use sasl::SaslError;
pub use sign_in::{PasswordAnswer, PasswordCheck, PasswordError, sid_text};
pub use tls::{TlsRefusal, TrustError};

pub(crate) use object::class_of;
use read::Wanted;
use session::Session;

const USERS: Kinds = Kinds { users: true, groups: false, contacts: false };

/// The `[source]` table, as far as it is about Active Directory. Holds a secret, so it can be neither printed nor compared.
pub struct AdConfig {
    /// DNS name of the domain (`corp.example.com`).
    pub domain: String,
    /// Domain controllers, in the order in which they are tried; when empty they are found by DNS.
    pub servers: Vec<ServerAddress>,
    /// The account: `account@domain`, `DOMAIN\account`, or a DN for a simple bind.
    pub user: String,
    /// How the account proves itself.
    pub credential: Credential,
    /// PEM file with the CA of the domain controllers; the system's certificates when absent.
    pub ca: Option<PathBuf>,
    /// Allows NTLM where Kerberos was asked for and cannot be had.
    pub ntlm: bool,
}

/// A session with one domain controller, bound and protected.
pub struct AdSession {
    session: Session,
    server: String,
    identity: ServerIdentity,
}

/// Connects to the first domain controller that answers, proves who we are, and asks who it is.
///
/// # Errors
/// When no domain controller can be used (each with its reason), or the first one that answered refused the account.
pub async fn connect(config: &AdConfig) -> Result<AdSession, AdError> {
    let (session, server, identity) = connection::open(config).await?;
    Ok(AdSession { session, server, identity })
}

impl AdSession {
    /// Who the server was when the session began.
    pub fn identity(&self) -> &ServerIdentity {
        &self.identity
    }

    /// The address of the domain controller, as it was configured or found.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Asks again who the server is: to be compared with [`AdSession::identity`] before anything is concluded from absence.
    ///
    /// # Errors
    /// When the session has failed.
    pub async fn end_identity(&mut self) -> Result<ServerIdentity, AdError> {
        let result = identity::read(&mut self.session, &self.identity.bound_as).await;
        self.named(result)
    }

    /// The domain, every organizational unit, and the other containers that hold people, in the order of the tree, each with
    /// the number of users in it and below it.
    ///
    /// # Errors
    /// When the session has failed, or the server refuses.
    pub async fn organizational_units(&mut self) -> Result<Vec<OuNode>, AdError> {
        let result = lookup::tree(&mut self.session, &self.identity).await;
        self.named(result)
    }

    /// Where a container is now: by its objectGUID when that is known, else by its DN. `None` when it is not there.
    ///
    /// # Errors
    /// When the session has failed, or the server refuses.
    pub async fn locate(&mut self, guid: Option<ObjectGuid>, dn: &str) -> Result<Option<Container>, AdError> {
        let base = guid.map_or_else(|| dn.to_owned(), |guid| format!("<GUID={guid}>"));
        let result = lookup::container(&mut self.session, &base).await;
        self.named(result)
    }

    /// Reads every object of these kinds below `base` (a DN), with these attributes. Whatever is in `known` is handed on as
    /// [`Read::Unchanged`]. Never fails: what goes wrong makes the read incomplete, with the reason in the report.
    pub async fn read_objects<S: FnMut(Read) + ?Sized>(
        &mut self,
        base: &str,
        kinds: Kinds,
        attributes: &[&str],
        known: &Known,
        sink: &mut S,
    ) -> ReadReport {
        let wanted = Wanted { base, kinds, attributes, since_usn: None, known };
        read::objects(&mut self.session, &self.identity, &wanted, sink).await
    }

    /// Like [`AdSession::read_objects`], but users and inetOrgPersons alone, and only what has a uSNChanged of at least
    /// `since_usn`. Says nothing about the rest: whoever left `base` or was deleted does not appear, so its completeness never
    /// proves an absence. Valid only for a `since_usn` taken from the same invocationId.
    pub async fn read_users_changed<S: FnMut(Read) + ?Sized>(
        &mut self,
        base: &str,
        since_usn: u64,
        attributes: &[&str],
        known: &Known,
        sink: &mut S,
    ) -> ReadReport {
        let wanted = Wanted { base, kinds: USERS, attributes, since_usn: Some(since_usn), known };
        read::objects(&mut self.session, &self.identity, &wanted, sink).await
    }

    /// Reads one user, group or contact by its objectGUID wherever it is now, or its tombstone: the evidence that a delete needs.
    ///
    /// # Errors
    /// When the session has failed, or the server refuses for another reason than that there is no such object.
    pub async fn look_up(&mut self, guid: ObjectGuid, attributes: &[&str]) -> Result<Found, AdError> {
        let result = lookup::object(&mut self.session, guid, attributes).await;
        self.named(result)
    }

    /// Reads the user, group or contact with this DN, wherever it is; `None` when there is none. Its absence is no evidence.
    ///
    /// # Errors
    /// When the session has failed, or the server refuses for another reason than that there is no such object.
    pub async fn find_by_dn(&mut self, dn: &str, attributes: &[&str]) -> Result<Option<SourceObject>, AdError> {
        let result = lookup::by_dn(&mut self.session, dn, attributes).await;
        self.named(result)
    }

    /// Whether the account sees the container of the deleted objects. Who does not has no evidence of any deletion, and one
    /// who does would have found a tombstone.
    ///
    /// # Errors
    /// When the session has failed.
    pub async fn sees_deleted_objects(&mut self) -> Result<bool, AdError> {
        let result = lookup::sees_deleted_objects(&mut self.session, &self.identity.default_naming_context).await;
        self.named(result)
    }

    /// What time it is on the domain controller.
    ///
    /// # Errors
    /// When the session has failed.
    pub async fn time(&mut self) -> Result<jiff::Timestamp, AdError> {
        let result = clock::read(&mut self.session).await;
        self.named(result)
    }

    /// Ends the session in good manners. Dropping it does as well, less politely.
    pub async fn close(self) {
        self.session.unbind().await;
    }

    fn named<T>(&self, result: Result<T, Fault>) -> Result<T, AdError> {
        result.map_err(|fault| AdError::Session { server: self.server.clone(), fault })
    }
}
