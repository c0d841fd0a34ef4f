//! The acceptor of a build with the feature `gssapi`: our own reading of the ticket first, then the system's MIT Kerberos, which must
//! come to the same and answers.
//!
//! Our reading is the same as before `sspi`, so that a ticket is refused for the same reasons, with the same words, by the same clock.
//! The library adds what its configuration says (`permitted_enctypes`, `clockskew`) and takes session keys of AES-128.
//!
//! `libgssapi` has no way to name a keytab or a replay cache, and the library itself knows two: a call that only `unsafe` code can
//! make, and the environment. Hence the environment, which a process cannot safely change for itself: whoever starts it sets it.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use libgssapi::context::{SecurityContext as _, ServerCtx};
use libgssapi::credential::{Cred, CredUsage};
use libgssapi::error::Error;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_MECH_SPNEGO, Oid, OidSet};
use samesign_connect::ad::Key;

use super::keytab::Keytab;
use super::message::ApReq;
use super::proof::{Proved, prove};
use super::{Acceptable, Accepted, Acceptor, NegotiateError, TicketRefusal, spnego};

/// Accepts with MIT Kerberos and the keys of a keytab, which both of us read again when it changes. Not printable.
pub struct Gssapi(Keytab);

impl Gssapi {
    /// What has to stand in the environment from the process's first moment on: where the keytab is, and that MIT keeps no replay cache
    /// of its own. Ours survives a restart; its would be a file in the folder for temporary ones.
    pub fn environment(keytab: &Path) -> [(&'static str, OsString); 2] {
        let mut file = OsString::from("FILE:");
        file.push(std::path::absolute(keytab).unwrap_or_else(|_| keytab.to_owned()));
        [("KRB5_KTNAME", file), ("KRB5RCACHENAME", OsString::from("none:"))]
    }

    /// Reads the AES keys of a service (`HTTP/host`).
    ///
    /// # Errors
    /// When the keytab cannot be read by us or by the library, has no AES key of the service, or is not the one in the environment.
    pub fn open(keytab: &Path, principal: &str) -> Result<Self, NegotiateError> {
        for (name, value) in Self::environment(keytab) {
            if env::var_os(name).as_ref() != Some(&value) {
                return Err(NegotiateError::Environment { name, value });
            }
        }
        let keys = Keytab::open(keytab, principal)?;
        // Tried once now: where the library does not look into this keytab, or cannot read it, nobody would ever get in.
        credential().map_err(|reason| NegotiateError::Library { reason })?;
        Ok(Self(keys))
    }

    /// The keys as they are now.
    pub(super) fn keys(&self) -> Arc<Vec<Key>> {
        self.0.keys()
    }
}

impl Acceptor for Gssapi {
    fn accept(
        &self,
        token: &[u8],
        acceptable: &Acceptable<'_>,
        server_end_point: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<Accepted, TicketRefusal> {
        let initial = spnego::read(token)?;
        let request = ApReq::read(initial.ap_req).ok_or(TicketRefusal::Malformed("the KRB_AP_REQ cannot be read"))?;
        let proved = prove(&request, &self.keys(), acceptable, server_end_point, now)?;
        let reply = answer(&spnego::write(&initial), &proved)?;
        Ok(Accepted { account: proved.account, realm: proved.realm, once: proved.once, reply })
    }
}

/// Has the library accept the token and make the answer: the SPNEGO reply with the proof of the service's own key (RFC 4120 3.2.4).
///
/// It is given no channel binding: what the client bound to was compared in the authenticator, and releases before 1.19 refuse a
/// client that bound to nothing wherever the service names a binding.
fn answer(token: &[u8], proved: &Proved) -> Result<Vec<u8>, TicketRefusal> {
    let refused = |error: Error| TicketRefusal::Acceptor(told(&error));
    let credential = credential().map_err(|why| TicketRefusal::Acceptor(format!("MIT Kerberos cannot use the keytab: {why}")))?;
    let mut context = ServerCtx::new(Some(credential));
    let reply = context.step(token, None).map_err(refused)?;
    if !context.is_complete() {
        return Err(TicketRefusal::Acceptor("it asks for a second round".to_owned()));
    }
    let name = context.source_name().and_then(|name| name.display_name()).map_err(refused)?;
    if *name != *format!("{}@{}", proved.account, proved.realm).as_bytes() {
        return Err(TicketRefusal::Acceptor(format!("it does not come to the same: {}", String::from_utf8_lossy(&name))));
    }
    Ok(reply.map(|reply| reply.to_vec()).unwrap_or_default())
}

/// Every key of the keytab as it is now, or why there is none. Which of them may open a ticket was decided before; naming the
/// service here would have the library ask name servers for its host.
fn credential() -> Result<Cred, String> {
    // SPNEGO only says that there is no mechanism, Kerberos says why.
    acquire(GSS_MECH_SPNEGO).map_err(|general| told(&acquire(GSS_MECH_KRB5).err().unwrap_or(general)))
}

fn acquire(mechanism: Oid<'_>) -> Result<Cred, Error> {
    Cred::acquire(None, None, CredUsage::Accept, Some(&OidSet::singleton(mechanism)?))
}

/// What the library says, in which a C string's end may stand.
fn told(error: &Error) -> String {
    error.to_string().replace(char::is_control, "")
}
