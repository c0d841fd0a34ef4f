//! The acceptor that is built in: our own reading of the ticket first, then `sspi`, which must come to the same and answers.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use samesign_connect::ad::{Key, KeytabError};
use sspi::generator::GeneratorState;
use sspi::kerberos::ServerProperties;
use sspi::{
    BufferType, DataRepresentation, KerberosConfig, KerberosServerConfig, Negotiate, NegotiateConfig, SecurityBuffer, SecurityStatus,
    ServerRequestFlags, Sspi, SspiImpl,
};

use super::keytab::Keytab;
use super::message::ApReq;
use super::proof::{AES256, Proved, SKEW, prove};
use super::{Acceptable, Accepted, Acceptor, TicketRefusal, spnego};

/// What we call ourselves. The name of this computer is nobody's business.
const COMPUTER: &str = "samesign";
/// Kerberos alone, so that nothing falls back to what we do not speak.
const PACKAGES: &str = "kerberos,!ntlm,!pku2u";

/// Accepts with `sspi` and the keys of a keytab, which is read again when it changes. Not printable.
pub struct Kerberos(Keytab);

impl Kerberos {
    /// Reads the AES keys of a service (`HTTP/host`).
    ///
    /// # Errors
    /// When the keytab cannot be read, or has no AES key of the service.
    pub fn open(keytab: &Path, principal: &str) -> Result<Self, KeytabError> {
        Keytab::open(keytab, principal).map(Self)
    }

    /// The keys as they are now.
    pub(super) fn keys(&self) -> Arc<Vec<Key>> {
        self.0.keys()
    }
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
