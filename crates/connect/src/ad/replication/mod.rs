//! Passwords and what concerns them, by directory replication (MS-DRSR) instead of LDAP, which never shows a password.
//!
//! A reader, not a domain controller: nothing is written, no notification is asked for, no compression, and only four attributes.
//! What comes is handed on sealed. Passwords are opened one by one, by whoever knows that the person is in scope, and counted.

mod open;
mod rights;
mod watermark;

#[cfg(test)]
mod tests;

use samesign_engine::ObjectGuid;
use samesign_wire::drsr::{self, DrsrError, DsName, Extended, Handle, ReplicatedObject, Reply, Request, Status, UsnVector};
use samesign_wire::password::NtHash;
use zeroize::Zeroizing;

use super::error::{AdError, Fault};
use super::identity::{self, ServerIdentity};
use super::rpc::RpcSession;
use super::session::Session;
pub use open::replicate;
pub use rights::MissingRights;
pub use samesign_wire::drsr::SealedPassword;
pub use watermark::Watermark;

/// Objects wanted in one reply. A domain controller sends no more than a thousand anyway.
const OBJECTS_MAX: u32 = 1_000;
/// EXOP_ERR_SUCCESS (MS-DRSR 4.1.10.2.21).
const SUCCESS: u32 = 1;

/// A session of replication with one domain controller. Holds its session key, so it can be neither printed nor compared.
pub struct Replication {
    rpc: RpcSession,
    handle: Handle,
    session_key: Zeroizing<Vec<u8>>,
    /// For the questions that only LDAP answers; idle otherwise.
    directory: Session,
    server: String,
    identity: ServerIdentity,
    /// The highest USN that this domain controller is known to have reached.
    reached: u64,
    opened: u64,
}

/// One reply: what changed since a watermark, and the watermark to go on with.
pub struct Changes {
    /// What changed, deleted objects included, in the order of the reply.
    pub objects: Vec<Replicated>,
    /// Where to go on. Store it in one transaction with what the objects led to.
    pub watermark: Watermark,
    /// Whether there is more now.
    pub more: bool,
}

/// What changed of one object. Holds a sealed password.
pub struct Replicated {
    /// objectGUID.
    pub guid: ObjectGuid,
    /// Whether it was deleted.
    pub deleted: bool,
    /// userAccountControl (MS-ADTS 2.2.16), when it changed.
    pub account_control: Option<u32>,
    /// pwdLastSet as a FILETIME, 0 when the password must be changed at next logon; when it changed.
    pub password_last_set: Option<i64>,
    /// The password, when it changed.
    pub password: Option<PasswordChange>,
}

/// A password that was set or cleared.
pub struct PasswordChange {
    /// How often the password was written; the same on every domain controller.
    pub version: u32,
    /// When, in seconds since 1970 UTC.
    pub changed: i64,
    /// The hash, to be opened by the session it came from; `None` when it was cleared.
    pub sealed: Option<SealedPassword>,
}

impl Replication {
    /// Who the server was when the session began.
    pub fn identity(&self) -> &ServerIdentity {
        &self.identity
    }

    /// The address of the domain controller, as it was configured or found.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// What changed in the domain since a watermark: one call, at most about a thousand objects. A watermark of another domain
    /// controller is good too: what it is known to cover is not sent again. Asking twice does no harm.
    ///
    /// # Errors
    /// When the session has failed, the account lacks the rights, the domain controller does not accept the watermark, or it was
    /// set back to before it.
    pub async fn changes(&mut self, since: &Watermark) -> Result<Changes, AdError> {
        self.refuse_foreign(since)?;
        let from = since.of(self.identity.invocation_id).unwrap_or_default();
        self.refuse_rollback(&from).await?;
        let target = DsName { guid: *self.identity.domain_guid.as_bytes(), name: self.identity.default_naming_context.clone() };
        let reply = match self.ask(&target, &from, since.up_to_date(), Extended::None).await? {
            Ok(reply) => reply,
            Err(status) => return Err(self.refused(status, *since != Watermark::start()).await),
        };
        self.reached = self.reached.max(highest(&reply.to));
        let watermark = since.advanced(self.identity.domain_guid, self.identity.invocation_id, &reply);
        Ok(Changes { objects: reply.objects.into_iter().map(Replicated::from).collect(), watermark, more: reply.more })
    }

    /// One object as it is now, whether it changed or not; `None` when it is not there, not even as a tombstone, or has nothing of
    /// what is asked for, as a unit or a group.
    ///
    /// # Errors
    /// When the session has failed, or the account lacks the rights.
    pub async fn object(&mut self, guid: ObjectGuid) -> Result<Option<Replicated>, AdError> {
        let target = DsName { guid: *guid.as_bytes(), name: String::new() };
        match self.ask(&target, &UsnVector::default(), &[], Extended::Object).await? {
            Ok(reply) if reply.extended_result == SUCCESS => {
                Ok(reply.objects.into_iter().map(Replicated::from).find(|object| object.guid == guid))
            }
            Ok(_) => Ok(None),
            Err(Status::NO_EXPECTED_NC | Status::BAD_DN | Status::BAD_NC | Status::OBJECT_NOT_FOUND) => Ok(None),
            Err(status) => Err(self.refused(status, false).await),
        }
    }

    /// Opens a password: the only place where one is decrypted. It must have come over this session.
    ///
    /// # Errors
    /// When it is damaged, or came over another session.
    pub fn open(&mut self, password: &SealedPassword) -> Result<NtHash, AdError> {
        self.opened += 1;
        drsr::secrets::open(password, &self.session_key).map_err(|reason| AdError::Secret { server: self.server.clone(), reason })
    }

    /// How many passwords were ever opened, or tried to be.
    pub fn opened(&self) -> u64 {
        self.opened
    }

    /// Ends the session in good manners. Dropping it does as well, less politely.
    pub async fn close(mut self) {
        let _ = self.rpc.call(drsr::OPNUM_UNBIND, &drsr::encode_unbind(&self.handle)).await;
        self.directory.unbind().await;
    }

    /// One call of IDL_DRSGetNCChanges. The inner error is the domain controller's refusal.
    async fn ask(
        &mut self,
        target: &DsName,
        from: &UsnVector,
        up_to_date: &[drsr::Cursor],
        extended: Extended,
    ) -> Result<Result<Reply, Status>, AdError> {
        let invocation_id = *self.identity.invocation_id.as_bytes();
        let request = Request {
            handle: self.handle,
            target,
            source_invocation_id: invocation_id,
            from: *from,
            up_to_date,
            objects_max: OBJECTS_MAX,
            extended,
        };
        let answer = self.rpc.call(drsr::OPNUM_GET_NC_CHANGES, &drsr::encode_request(&request)).await;
        let stub = Zeroizing::new(answer.map_err(|error| self.failed(error.into()))?);
        match drsr::decode_reply(&stub) {
            // Its history was exchanged under our eyes, so its USNs are others than those we asked with.
            Ok(reply) if reply.invocation_id != invocation_id => Err(self.failed(Fault::Unexpected)),
            Ok(reply) => Ok(Ok(reply)),
            Err(DrsrError::Refused(status)) => Ok(Err(status)),
            Err(error) => Err(self.failed(error.into())),
        }
    }

    /// INVARIANT: a watermark is never used on another domain than the one it is of.
    fn refuse_foreign(&self, since: &Watermark) -> Result<(), AdError> {
        match since.domain() {
            Some(domain) if domain != self.identity.domain_guid => {
                let reason = "it is of another domain".to_owned();
                Err(AdError::WatermarkRefused { server: self.server.clone(), reason })
            }
            _ => Ok(()),
        }
    }

    /// A domain controller that has not yet reached the USN it told us earlier was set back to an old state without being told so:
    /// what it writes from now on carries numbers that we have seen already.
    async fn refuse_rollback(&mut self, from: &UsnVector) -> Result<(), AdError> {
        let expected = highest(from);
        if expected <= self.reached {
            return Ok(());
        }
        // Another session may have gone further than this one.
        let now = identity::highest_committed_usn(&mut self.directory).await.map_err(|fault| self.failed(fault))?;
        self.reached = self.reached.max(now);
        if expected <= self.reached {
            return Ok(());
        }
        Err(AdError::RolledBack { server: self.server.clone(), expected, found: self.reached })
    }

    /// What a refusal means. `had_watermark` says whether we brought one.
    async fn refused(&mut self, status: Status, had_watermark: bool) -> AdError {
        match status {
            Status::ACCESS_DENIED => {
                let rights = rights::missing(&mut self.directory, &self.identity).await;
                AdError::Rights { server: self.server.clone(), rights }
            }
            Status::LIFETIME_EXCEEDED => self.watermark_refused(status),
            Status::INVALID_PARAMETER | Status::DRA_INVALID_PARAMETER if had_watermark => self.watermark_refused(status),
            status => self.failed(DrsrError::Refused(status).into()),
        }
    }

    fn watermark_refused(&self, status: Status) -> AdError {
        AdError::WatermarkRefused { server: self.server.clone(), reason: status.to_string() }
    }

    fn failed(&self, fault: Fault) -> AdError {
        AdError::Session { server: self.server.clone(), fault }
    }
}

fn highest(vector: &UsnVector) -> u64 {
    u64::try_from(vector.high_property_update.max(vector.high_object_update)).unwrap_or_default()
}

impl From<ReplicatedObject> for Replicated {
    fn from(object: ReplicatedObject) -> Self {
        let ReplicatedObject { guid, deleted, account_control, password_last_set, password } = object;
        let password =
            password.map(|password| PasswordChange { version: password.version, changed: password.changed, sealed: password.sealed });
        Self { guid: ObjectGuid::from_bytes(guid), deleted: deleted == Some(true), account_control, password_last_set, password }
    }
}
