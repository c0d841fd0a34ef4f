//! The acceptor that is built in: our own reading of the ticket first, then `sspi`, which must come to the same and answers.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use jiff::Timestamp;
use samesign_connect::ad::{Key, KeytabError, service_keys};
use sspi::generator::GeneratorState;
use sspi::kerberos::ServerProperties;
use sspi::{
    BufferType, DataRepresentation, KerberosConfig, KerberosServerConfig, Negotiate, NegotiateConfig, SecurityBuffer, SecurityStatus,
    ServerRequestFlags, Sspi, SspiImpl,
};

use super::message::ApReq;
use super::proof::{AES256, Proved, SKEW, prove};
use super::{Acceptable, Accepted, Acceptor, TicketRefusal, spnego};

/// What we call ourselves. The name of this computer is nobody's business.
const COMPUTER: &str = "samesign";
/// Kerberos alone, so that nothing falls back to what we do not speak.
const PACKAGES: &str = "kerberos,!ntlm,!pku2u";

/// Keys of the service, held in memory and read again when the keytab changes. Not printable.
pub struct Kerberos {
    keytab: PathBuf,
    principal: String,
    held: RwLock<Held>,
}

/// What was read, and what told the file apart then.
struct Held {
    keys: Arc<Vec<Key>>,
    stamp: Option<Stamp>,
}

type Stamp = (SystemTime, u64);

impl Kerberos {
    /// Reads the AES keys of a service (`HTTP/host`).
    ///
    /// # Errors
    /// When the keytab cannot be read, or has no AES key of the service.
    pub fn open(keytab: &Path, principal: &str) -> Result<Self, KeytabError> {
        let stamp = stamp(keytab);
        let held = Held { keys: Arc::new(service_keys(keytab, principal)?), stamp };
        Ok(Self { keytab: keytab.to_owned(), principal: principal.to_owned(), held: RwLock::new(held) })
    }

    /// The keys of the file as it is now. A file that is away, half written, or has no key for us any more leaves the old ones.
    pub(super) fn keys(&self) -> Arc<Vec<Key>> {
        let stamp = stamp(&self.keytab);
        let (keys, known) = {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            (held.keys.clone(), held.stamp)
        };
        if stamp.is_none() || stamp == known {
            return keys;
        }
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        // Noted even when it cannot be used, so that the log says so once and not at every sign-in.
        held.stamp = stamp;
        match service_keys(&self.keytab, &self.principal) {
            Ok(keys) => held.keys = Arc::new(keys),
            Err(error) => tracing::error!("the keytab changed and cannot be used, the keys read before go on being used: {error}"),
        }
        held.keys.clone()
    }
}

/// Tells whether a file was written or replaced. `None` while it is away.
fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

impl Acceptor for Kerberos {
    fn accept(
        &self,
        token: &[u8],
        acceptable: &Acceptable<'_>,
        server_end_point: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<Accepted, TicketRefusal> {
        let initial = spnego::read(token)?;
        let request = ApReq::read(initial.ap_req).ok_or(TicketRefusal::Malformed("the KRB_AP_REQ cannot be read"))?;
        let keys = self.keys();
        let proved = prove(&request, &keys, acceptable, server_end_point, now)?;
        // `sspi` writes its answer with AES-256 whatever the session key is.
        if proved.session_key_type != AES256 {
            return Err(TicketRefusal::SessionKey);
        }
        let key = keys.get(proved.key).ok_or(TicketRefusal::Malformed("no key"))?;
        let reply = answer(spnego::write(&initial), &request.service, key, &proved)?;
        Ok(Accepted { account: proved.account, realm: proved.realm, once: proved.once, reply })
    }
}

/// Has `sspi` accept the token and make the answer: the SPNEGO reply with the proof of the service's own key (RFC 4120 3.2.4).
fn answer(token: Vec<u8>, service: &[&str], key: &Key, proved: &Proved) -> Result<Vec<u8>, TicketRefusal> {
    let refused = |error: sspi::Error| TicketRefusal::Acceptor(error.to_string());
    let properties = ServerProperties::new(service, None, SKEW, Some(key.expose().to_vec().into())).map_err(refused)?;
    let server = KerberosServerConfig {
        kerberos_config: KerberosConfig { kdc_resolution: sspi::KdcResolution::KdcUrl(None), client_computer_name: COMPUTER.to_owned() },
        server_properties: properties,
    };
    let config = NegotiateConfig::new(Box::new(server), Some(PACKAGES.to_owned()), COMPUTER.to_owned());
    let mut context = Negotiate::new_server(config, Vec::new()).map_err(refused)?;
    let mut input = [SecurityBuffer::new(token, BufferType::Token)];
    let mut output = [SecurityBuffer::new(Vec::new(), BufferType::Token)];
    let status = {
        let mut nobody = None;
        let builder = context
            .accept_security_context()
            .with_credentials_handle(&mut nobody)
            .with_context_requirements(ServerRequestFlags::empty())
            .with_target_data_representation(DataRepresentation::Network)
            .with_input(&mut input)
            .with_output(&mut output);
        let mut steps = context.accept_security_context_impl(builder).map_err(refused)?;
        match steps.start() {
            GeneratorState::Completed(result) => result.map_err(refused)?.status,
            GeneratorState::Suspended(_) => return Err(TicketRefusal::Acceptor("it asks for another domain controller".to_owned())),
        }
    };
    let name = context.query_context_names().map_err(refused)?.username;
    // It writes the realm in small letters.
    let same = name.inner().eq_ignore_ascii_case(&format!("{}@{}", proved.account, proved.realm));
    if status != SecurityStatus::Ok || !same {
        return Err(TicketRefusal::Acceptor(format!("it does not come to the same: {status:?}")));
    }
    let [reply] = output;
    Ok(reply.buffer)
}
