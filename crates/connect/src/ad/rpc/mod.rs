//! Calls to an RPC interface of a domain controller over TCP, every fragment signed and sealed (packet privacy, MS-RPCE 3.3.1.5.2).
//!
//! One call at a time. Nothing is retried and no other server is asked here: whoever calls knows whether the question may be
//! asked twice. There is no level below packet privacy, and no way to call without security but the endpoint mapper's one question.

mod association;
mod endpoint;
mod error;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

pub(crate) use samesign_wire::rpc::Interface;
use samesign_wire::rpc::auth::{self, Parts, Trailer};
use samesign_wire::rpc::pdu::{self, Accepted, Body, FRAGMENT_LENGTH_MAX, FRAGMENT_LENGTH_MIN, Kind, Pdu, RequestFragment, flags};
use zeroize::Zeroizing;

use super::sasl::dce::Security;
use super::sasl::{Proof, SaslError};
use super::transport::HANDSHAKE_TIMEOUT;
use association::Association;
pub use error::{BindReason, FaultStatus, MapRefusal, RpcError};

/// The longest answer to one call that is accepted, in bytes: a thousand objects with all of their attributes are a tenth of it.
pub(crate) const ANSWER_LENGTH_MAX: usize = 64 * 1024 * 1024;

/// An association with one interface of one server, proved and sealed.
pub(crate) struct RpcSession {
    association: Association,
    security: Security,
    trailer: Trailer,
    /// How long our fragments may be, in bytes.
    fragment_length_max: u16,
    last_call_id: u32,
    /// Whether the server has answered sealed. Before that, NTLM has not told whether it took the password: nothing answers its last leg.
    proved: bool,
}

/// How many tokens a handshake may take.
const LEGS_MAX: usize = 4;

impl RpcSession {
    /// Asks the endpoint mapper at `address` for the port of `interface`, connects, and proves who both sides are: the account
    /// by `proof`, the server by a Kerberos ticket for `host/` and its `dns_host_name`. The key distribution centre is the
    /// same address. NTLM, which proves nothing about the server, only where `ntlm` allows it and Kerberos cannot be had.
    ///
    /// # Errors
    /// When any of that fails. `RpcError::Sasl(SaslError::Credentials(_))`: the account was refused, and another server
    /// would only count it towards a lockout.
    pub(crate) async fn open(
        address: IpAddr,
        dns_host_name: &str,
        domain: &str,
        proof: &Proof<'_>,
        ntlm: bool,
        interface: Interface,
    ) -> Result<Self, RpcError> {
        let port = endpoint::port(address, &interface).await?;
        let connected = Association::connect(address, port, HANDSHAKE_TIMEOUT).await;
        let association = connected.map_err(|source| RpcError::Port { address, port, source })?;
        // Every domain controller, Windows or Samba, is known by `host/`; the names that are meant for replication between
        // domain controllers contain identifiers which an unproved answer would have to tell us.
        let target = format!("host/{dns_host_name}");
        let (security, token) = Security::begin(proof, domain, target, address, ntlm).await?;
        let trailer = Trailer::privacy(security.kind());
        let mut session = Self { association, security, trailer, fragment_length_max: FRAGMENT_LENGTH_MIN, last_call_id: 0, proved: false };
        session.bind(&interface, token).await?;
        session.association.be_patient();
        Ok(session)
    }

    /// Calls operation `opnum` with `stub` (its parameters in NDR) and returns the stub of the answer, every fragment of which
    /// was verified: sealed, next in order, of this call.
    ///
    /// # Errors
    /// When the server refuses ([`RpcError::Fault`]) or anything else fails; the session is over then.
    pub(crate) async fn call(&mut self, opnum: u16, stub: &[u8]) -> Result<Vec<u8>, RpcError> {
        let call_id = self.next_call_id();
        let sent = self.send_request(call_id, opnum, stub).await;
        self.association.unless_failed(sent)?;
        let answer = self.receive_answer(call_id).await.map_err(|error| self.unless_proved(error));
        self.association.unless_failed(answer)
    }

    /// The key that both sides derived the protection from (MS-RPCE 3.3.1.5.2, MS-DRSR 4.1.10.6.13): 16 or 32 bytes.
    pub(crate) fn session_key(&self) -> Result<Zeroizing<Vec<u8>>, RpcError> {
        Ok(self.security.session_key()?)
    }

    async fn bind(&mut self, interface: &Interface, first_token: Vec<u8>) -> Result<(), RpcError> {
        let (mut kind, mut token, mut group) = (Kind::Bind, first_token, 0);
        for _ in 0..LEGS_MAX {
            let call_id = self.next_call_id();
            self.association.send(&pdu::bind(kind, call_id, group, interface, Some((self.trailer, &token)))?).await?;
            let mut fragment = Vec::new();
            self.association.receive(&mut fragment).await?;
            let answer = Pdu::decode(&fragment)?;
            let expected = if kind == Kind::Bind { Kind::BindAck } else { Kind::AlterContextResponse };
            let accepted = agreed(&answer, expected, call_id)?;
            if kind == Kind::Bind {
                self.agree(&accepted, answer.header.flags)?;
                group = accepted.association_group;
            }
            if self.security.signature_length() > 0 {
                return Ok(());
            }
            if !answer.trailer.is_some_and(|trailer| trailer.agrees_with(&self.trailer)) {
                return Err(RpcError::Unprotected);
            }
            let step = self.security.step(answer.auth_value).await?;
            if step.done && self.trailer.kind == auth::kind::NTLM {
                let call_id = self.last_call_id;
                return self.association.send(&pdu::auth3(call_id, self.trailer, &step.token)?).await;
            }
            (kind, token) = (Kind::AlterContext, step.token);
        }
        Err(SaslError::Refused("the handshake does not end".to_owned()).into())
    }

    /// Takes over what the server agreed to. All of it is verified later: it is signed with the first sealed fragment only
    /// insofar as a false fragment size makes the association fail.
    fn agree(&mut self, accepted: &Accepted, pfc_flags: u8) -> Result<(), RpcError> {
        if pfc_flags & flags::SUPPORT_HEADER_SIGN == 0 {
            return Err(RpcError::Unprotected);
        }
        if accepted.receive_length_max < FRAGMENT_LENGTH_MIN {
            return Err(samesign_wire::rpc::Malformed::Length.into());
        }
        self.fragment_length_max = accepted.receive_length_max.min(FRAGMENT_LENGTH_MAX);
        Ok(())
    }

    async fn send_request(&mut self, call_id: u32, opnum: u16, stub: &[u8]) -> Result<(), RpcError> {
        let signature = u16::try_from(self.security.signature_length()).map_err(|_| SaslError::Wrap)?;
        let piece = auth::stub_length_max(self.fragment_length_max, signature).max(1);
        let mut rest = stub;
        loop {
            let (now, later) = rest.split_at_checked(piece).unwrap_or((rest, &[]));
            let first = rest.len() == stub.len();
            let request = RequestFragment { call_id, opnum, stub: now, rest_length: rest.len(), first };
            let mut fragment = auth::seal_request(&request, self.trailer, signature)?;
            self.security.seal(Parts::of(&mut fragment, signature)?)?;
            self.association.send(&fragment).await?;
            if later.is_empty() {
                return Ok(());
            }
            rest = later;
        }
    }

    async fn receive_answer(&mut self, call_id: u32) -> Result<Vec<u8>, RpcError> {
        let (mut fragment, mut answer, mut first) = (Vec::new(), Vec::new(), true);
        loop {
            let header = self.association.receive(&mut fragment).await?;
            if header.call_id != call_id {
                return Err(RpcError::Unexpected);
            }
            self.open_fragment(&mut fragment, &mut answer)?;
            if header.is_first() != first {
                return Err(RpcError::Unexpected);
            }
            if answer.len() > ANSWER_LENGTH_MAX {
                return Err(RpcError::TooLong);
            }
            if header.is_last() {
                return Ok(answer);
            }
            first = false;
        }
    }

    /// Verifies one fragment of an answer and appends its stub to `answer`.
    fn open_fragment(&mut self, fragment: &mut [u8], answer: &mut Vec<u8>) -> Result<(), RpcError> {
        let pdu = Pdu::decode(fragment)?;
        match pdu.body {
            Body::Response { context_id: pdu::CONTEXT_ID, .. } => {}
            Body::Fault { status, .. } => return Err(RpcError::Fault(FaultStatus(status))),
            _ => return Err(RpcError::Unexpected),
        }
        let trailer = pdu.trailer.filter(|trailer| trailer.agrees_with(&self.trailer)).ok_or(RpcError::Unprotected)?;
        let parts = Parts::of(fragment, pdu.header.auth_length)?;
        let (start, length) = (parts.header.len(), parts.sealed.len());
        self.security.open(parts)?;
        self.proved = true;
        let stub = length.checked_sub(usize::from(trailer.pad_length)).ok_or(samesign_wire::rpc::Malformed::Trailer)?;
        answer.extend_from_slice(fragment.get(start..start + stub).unwrap_or_default());
        Ok(())
    }

    /// What the first refusal of a session means, where the handshake's last leg was not answered.
    fn unless_proved(&self, error: RpcError) -> RpcError {
        match error {
            RpcError::Fault(FaultStatus::ACCESS_DENIED | FaultStatus::PROTOCOL_ERROR)
                if !self.proved && self.trailer.kind == auth::kind::NTLM =>
            {
                SaslError::Credentials("the password is wrong, or the account may not sign in by NTLM").into()
            }
            error => error,
        }
    }

    fn next_call_id(&mut self) -> u32 {
        self.last_call_id = self.last_call_id.wrapping_add(1);
        self.last_call_id
    }
}

/// What an answer to a bind or an alter_context agreed to.
fn agreed(answer: &Pdu<'_>, kind: Kind, call_id: u32) -> Result<Accepted, RpcError> {
    if answer.header.call_id != call_id {
        return Err(RpcError::Unexpected);
    }
    match answer.body {
        Body::Accepted(accepted) if answer.header.kind == kind => {
            let result = accepted.result;
            if result.result != 0 {
                return Err(RpcError::Context { result: result.result, reason: result.reason });
            }
            if result.syntax != Interface::NDR { Err(RpcError::Unexpected) } else { Ok(accepted) }
        }
        Body::Rejected { reason } => Err(RpcError::Rejected(BindReason(reason))),
        Body::Fault { status, .. } => Err(RpcError::Fault(FaultStatus(status))),
        _ => Err(RpcError::Unexpected),
    }
}
