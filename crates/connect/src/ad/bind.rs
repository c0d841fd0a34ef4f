//! Proving who we are: a simple bind inside TLS, or Kerberos with a seal of its own.

use std::net::IpAddr;

use ldap3_proto::proto::{LdapBindCred, LdapBindRequest, LdapMsg, LdapOp, LdapResultCode, SaslCredentials};
use samesign_wire::Secret;
use zeroize::Zeroizing;

use super::ber::{INTEGER, OCTET_STRING, SEQUENCE};
use super::error::{Fault, Refusal, ServerRefusal, why_credentials};
use super::sasl::{Proof, SaslError, SecurityLayer};
use super::session::Session;
use super::transport::{Sealed, Transport};

/// `BindRequest ::= [APPLICATION 0] SEQUENCE` (RFC 4511 4.2).
const BIND_REQUEST: u8 = 0x60;
/// `simple [0] OCTET STRING`.
const SIMPLE: u8 = 0x80;
/// Handshakes end after a few tokens.
const STEPS_MAX: usize = 8;

/// A simple bind. The session must be inside TLS and the password not blank; the caller has seen to both.
pub(crate) async fn simple(session: &mut Session, user: &str, password: &Secret) -> Result<(), ServerRefusal> {
    let id = session.next_id();
    session.send_bytes(&simple_request(id, user, password)).await?;
    let answer = session.answer(id).await?;
    let (result, _) = bind_response(answer)?;
    judge(result)
}

/// A GSS-SPNEGO bind over a bare connection; the session that comes back is signed and sealed.
pub(crate) async fn sealed(
    mut session: Session,
    proof: &Proof<'_>,
    domain: &str,
    host: &str,
    kdc: IpAddr,
    ntlm: bool,
) -> Result<Session, ServerRefusal> {
    let mut layer = SecurityLayer::new(proof, domain, format!("ldap/{host}"), kdc, ntlm)?;
    let mut from_server = Vec::new();
    for _ in 0..STEPS_MAX {
        let step = layer.step(&from_server).await.map_err(sasl)?;
        if step.done && step.token.is_empty() {
            return seal(session, layer);
        }
        let cred = LdapBindCred::SASL(SaslCredentials { mechanism: "GSS-SPNEGO".to_owned(), credentials: step.token });
        let id = session.send(LdapOp::BindRequest(LdapBindRequest { version: 3, dn: String::new(), cred }), Vec::new()).await?;
        let answer = session.answer(id).await?;
        let (result, token) = bind_response(answer)?;
        let finished = result.is_none();
        if result.as_ref().is_some_and(|refusal| refusal.code != LdapResultCode::SaslBindInProgress as i64) {
            judge(result)?;
        }
        from_server = token;
        if finished && step.done {
            return seal(session, layer);
        }
    }
    Err(SaslError::Refused("the handshake does not end".to_owned()).into())
}

fn seal(session: Session, layer: SecurityLayer) -> Result<Session, ServerRefusal> {
    match session.into_transport() {
        Some(Transport::Bare(socket)) => Ok(Session::new(Transport::Sealed(Box::new(Sealed::new(socket, layer))))),
        _ => Err(ServerRefusal::Injected),
    }
}

fn sasl(error: SaslError) -> ServerRefusal {
    match error {
        SaslError::Credentials(reason) => ServerRefusal::Credentials(reason.to_owned()),
        other => other.into(),
    }
}

fn bind_response(message: LdapMsg) -> Result<(Option<Refusal>, Vec<u8>), ServerRefusal> {
    match message.op {
        LdapOp::BindResponse(response) => Ok((Refusal::of(&response.res), response.saslcreds.unwrap_or_default())),
        _ => Err(Fault::Unexpected.into()),
    }
}

fn judge(result: Option<Refusal>) -> Result<(), ServerRefusal> {
    match result {
        None => Ok(()),
        Some(refusal) if refusal.code == LdapResultCode::InvalidCredentials as i64 => {
            Err(ServerRefusal::Credentials(why_credentials(&refusal.text)))
        }
        Some(refusal) => Err(ServerRefusal::Bind(refusal)),
    }
}

/// The request by hand, so that the password passes through one buffer only, which is wiped.
pub(crate) fn simple_request(id: i32, user: &str, password: &Secret) -> Zeroizing<Vec<u8>> {
    let (user, password) = (user.as_bytes(), password.expose().as_bytes());
    let bind = 3 + element_length(user.len()) + element_length(password.len());
    let message = 6 + element_length(bind);
    let mut out = Zeroizing::new(Vec::with_capacity(element_length(message)));
    open(&mut out, SEQUENCE, message);
    open(&mut out, INTEGER, 4);
    out.extend_from_slice(&id.to_be_bytes());
    open(&mut out, BIND_REQUEST, bind);
    out.extend_from_slice(&[INTEGER, 1, 3]);
    open(&mut out, OCTET_STRING, user.len());
    out.extend_from_slice(user);
    open(&mut out, SIMPLE, password.len());
    out.extend_from_slice(password);
    out
}

fn element_length(content: usize) -> usize {
    if content < 0x80 { 2 + content } else { 6 + content }
}

fn open(out: &mut Vec<u8>, tag: u8, length: usize) {
    out.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            out.push(0x84);
            out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        }
    }
}
