//! What goes back to an application, once it is known who is there.

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use samesign_web::post::PostPage;
use samesign_web::session::Cookie;
use samesign_wire::saml::saml2::{self, Status};
use samesign_wire::saml::{NameIdFormat, post};
use samesign_wire::wsfed;

use super::failure::{Cause, Failure};
use super::party::{Kind, Party};
use super::pending::{Pending, Wish};
use super::sign_out::Noted;
use super::visitor::Visitor;
use super::{HOME, Service};
use crate::audit::{Entry, Event, foreign, method_name};
use crate::claims::{self, Claims, Dialect, NoClaims};
use crate::issue::{self, IssueError, Order, Token};
use crate::random;
use crate::session::{Kept, may_go_on};
use crate::{SignedIn, clock};

/// Somebody who proved who they are, and the session that remembers it.
pub(crate) struct Proven {
    /// The account as it is now.
    pub signed_in: SignedIn,
    /// What the session says.
    pub session: Kept,
    /// The session's cookie.
    pub cookie: String,
}

impl Proven {
    /// Whoever the browser's session belongs to, if the account may still be vouched for.
    pub async fn by_session(
        service: &Service,
        visitor: &Visitor,
        headers: &HeaderMap,
        correlation_id: &str,
    ) -> Result<Option<Self>, Failure> {
        let now = clock::now();
        let Some(cookie) = Cookie::FederationSession.read(headers) else { return Ok(None) };
        let Some(json) = service.store.session(&cookie, now.as_second(), service.idle_seconds) else { return Ok(None) };
        let session: Kept = serde_json::from_str(&json).map_err(|error| Cause::from(error).of(correlation_id))?;
        let Some(guid) = session.guid().filter(|_| service.ring.honours(session.at(), now)) else { return Ok(None) };
        let account = service.people.find(&service.directory, guid, now).await;
        let account = account.map_err(|error| Cause::from(error).of(correlation_id))?;
        match account.filter(|account| may_go_on(account.state)) {
            Some(account) => {
                let signed_in = SignedIn { person: account.person, method: session.method(), at: session.at() };
                Ok(Some(Self { signed_in, session, cookie }))
            }
            None => {
                let who = Some(foreign(session.upn()));
                let entry = Entry {
                    who,
                    guid: Some(guid.to_string()),
                    reason: Some("the account may not sign in any more: its sessions end".to_owned()),
                    ..Entry::new(now, Event::Deny, correlation_id, visitor.address)
                };
                service.audit.write(&entry).map_err(|error| Cause::from(error).of(correlation_id))?;
                service.store.end_sessions_of(guid).await.map_err(|error| Cause::from(error).of(correlation_id))?;
                Ok(None)
            }
        }
    }
}

/// The answer to a request by the session of the browser; `None` when the person has to sign in for it.
pub(super) async fn by_session(
    service: &Service,
    visitor: &Visitor,
    headers: &HeaderMap,
    pending: &Pending,
) -> Result<Option<Response>, Failure> {
    let proven = match pending.age_max {
        Some(0) => None,
        _ => Proven::by_session(service, visitor, headers, &pending.correlation_id).await?,
    };
    let Some(proven) = proven else { return passive(service, pending) };
    let good_enough = pending.accepts_age(&proven.session, clock::now())
        && pending.ways.allow(proven.signed_in.method)
        && is_expected(service, pending, &proven.signed_in).await?;
    match good_enough {
        true => to_application(service, visitor, pending, &proven).await.map(Some),
        false => passive(service, pending),
    }
}

/// Whether a person is the one whom the application named, by whichever of their names.
pub(super) async fn is_expected(service: &Service, pending: &Pending, signed_in: &SignedIn) -> Result<bool, Failure> {
    let Some(hint) = &pending.hint else { return Ok(true) };
    if hint.eq_ignore_ascii_case(&signed_in.person.upn) {
        return Ok(true);
    }
    let named = service.directory.by_name(hint).await;
    let named = named.map_err(|error| Cause::from(error).of(&pending.correlation_id))?;
    Ok(named.is_some_and(|account| account.person.guid == signed_in.person.guid))
}

/// Vouches for a person to the application that asked, or shows them the home page.
pub(super) async fn to_application(service: &Service, visitor: &Visitor, pending: &Pending, proven: &Proven) -> Result<Response, Failure> {
    let failed = |cause: Cause| cause.of(&pending.correlation_id);
    match &pending.wish {
        Wish::Home => Ok(Redirect::to(HOME).into_response()),
        Wish::WsFederation { party, reply, context } => {
            let party = find(service, party).map_err(failed)?;
            let token = vouch(service, visitor, pending, proven, party, Dialect::One, reply).await?;
            let result = wsfed::response(&token.xml, &party.identifier, token.issued_at, token.expires_at);
            let result = result.map_err(|error| failed(error.into()))?;
            let mut fields = vec![("wa", "wsignin1.0".to_owned()), ("wresult", result)];
            fields.extend(context.clone().map(|context| ("wctx", context)));
            posted(party, reply, &fields).map_err(failed)
        }
        // Asked for a ticket, the person signed in by the form beside it.
        Wish::Saml { .. } if !pending.ways.allow(proven.signed_in.method) => refused(service, pending, Status::NoAuthnContext),
        Wish::Saml { party, reply, request, relay_state, .. } => {
            let party = find(service, party).map_err(failed)?;
            let token = vouch(service, visitor, pending, proven, party, Dialect::Two, reply).await?;
            let issuer = service.issuer_for(party, &proven.signed_in.person.upn);
            let response = saml2::Response {
                id: random::xml_id().map_err(|error| failed(error.into()))?,
                issued_at: token.issued_at,
                issuer,
                destination: reply.clone(),
                in_response_to: Some(request.clone()),
                status: Status::Success,
                assertion: Some(token.xml),
            };
            let response = response.write(None).map_err(|error| failed(error.into()))?;
            saml_posted(party, reply, &response, relay_state.as_deref()).map_err(failed)
        }
    }
}

/// The answer to a request that may ask nothing of the person; `None` for every other.
fn passive(service: &Service, pending: &Pending) -> Result<Option<Response>, Failure> {
    pending.passive.then(|| refused(service, pending, Status::NoPassive)).transpose()
}

/// Tells the application that asked by SAML 2.0 why nobody is vouched for (saml-core-2.0-os section 3.2.2.2), at its address of the
/// configuration. Other applications have no such answer.
pub(super) fn refused(service: &Service, pending: &Pending, status: Status) -> Result<Response, Failure> {
    let failed = |cause: Cause| cause.of(&pending.correlation_id);
    let Wish::Saml { party, reply, request, relay_state, .. } = &pending.wish else {
        return Err(failed(Cause::Request("it asks for what there is no answer to".to_owned())));
    };
    let party = find(service, party).map_err(failed)?;
    tracing::info!(correlation_id = pending.correlation_id, application = party.name, ?status, "a request was refused");
    let now = clock::now();
    let response = saml2::Response {
        id: random::xml_id().map_err(|error| failed(error.into()))?,
        issued_at: now,
        issuer: service.entity_id.clone(),
        destination: reply.clone(),
        in_response_to: Some(request.clone()),
        status,
        assertion: None,
    };
    let response = response.write(Some(&*service.ring.current(now))).map_err(|error| failed(error.into()))?;
    saml_posted(party, reply, &response, relay_state.as_deref()).map_err(failed)
}

fn find<'a>(service: &'a Service, identifier: &str) -> Result<&'a Party, Cause> {
    service.parties.named(identifier).ok_or_else(|| Cause::UnknownParty(identifier.to_owned()))
}

pub(super) fn claims(
    service: &Service,
    visitor: &Visitor,
    party: &Party,
    signed_in: &SignedIn,
    dialect: Dialect,
) -> Result<Claims, NoClaims> {
    match party.kind {
        Kind::Tenant => claims::for_tenant(&signed_in.person, &service.domains, visitor.inside, dialect),
        Kind::Application { name_id, .. } => claims::for_application(&signed_in.person, name_id, &service.entity_id, dialect),
    }
}

async fn vouch(
    service: &Service,
    visitor: &Visitor,
    pending: &Pending,
    proven: &Proven,
    party: &Party,
    dialect: Dialect,
    reply: &str,
) -> Result<Token, Failure> {
    let failed = |cause: Cause| cause.of(&pending.correlation_id);
    let mut claims = match claims(service, visitor, party, &proven.signed_in, dialect) {
        Ok(claims) => claims,
        Err(reason) => return Err(deny(service, visitor, pending, &proven.signed_in, &reason.to_string())),
    };
    let (in_response_to, format) = match &pending.wish {
        Wish::Saml { request, name_id_format, .. } => (Some(request.clone()), NameIdFormat::from_uri(name_id_format)),
        _ => (None, None),
    };
    if let Some(format) = format {
        claims.name_id.format = format;
    }
    if format == Some(NameIdFormat::Transient) {
        claims.name_id.value = random::xml_id().map_err(|error| failed(error.into()))?;
    }
    let note = serde_json::to_string(&Noted::new(&claims.name_id, dialect)).map_err(|error| failed(error.into()))?;
    service.note(&proven.cookie, &party.identifier, note).await.map_err(|error| failed(error.into()))?;
    let order = Order {
        signed_in: proven.signed_in.clone(),
        claims,
        dialect,
        audience: party.identifier.clone(),
        recipient: reply.to_owned(),
        in_response_to,
        session_index: Some(proven.session.index.clone()),
        client: visitor.address,
        correlation_id: pending.correlation_id.clone(),
    };
    made(service, order).map_err(failed)
}

/// Makes a token. On the thread that serves the request: it takes no longer than the handshake of a TLS connection, and a way to
/// another thread and back would cost a sixth of it.
pub(super) fn made(service: &Service, order: Order) -> Result<Token, Cause> {
    let now = clock::now();
    issue::issue(order, &*service.ring.current(now), &service.audit, now).map_err(|error| match error {
        IssueError::Random(error) => error.into(),
        IssueError::Audit(error) => error.into(),
        IssueError::Signing(error) => error.into(),
    })
}

fn deny(service: &Service, visitor: &Visitor, pending: &Pending, signed_in: &SignedIn, reason: &str) -> Failure {
    let entry = Entry {
        who: Some(foreign(&signed_in.person.upn)),
        guid: Some(signed_in.person.guid.to_string()),
        application: pending.wish.party().map(str::to_owned),
        method: Some(method_name(signed_in.method)),
        reason: Some(reason.to_owned()),
        ..Entry::new(clock::now(), Event::Deny, &pending.correlation_id, visitor.address)
    };
    match service.audit.write(&entry) {
        Ok(()) => Cause::Denied(reason.to_owned()).of(&pending.correlation_id),
        Err(error) => Cause::from(error).of(&pending.correlation_id),
    }
}

fn saml_posted(party: &Party, reply: &str, response: &str, relay_state: Option<&str>) -> Result<Response, Cause> {
    let mut fields = vec![("SAMLResponse", post::encode(response))];
    fields.extend(relay_state.map(|state| ("RelayState", state.to_owned())));
    posted(party, reply, &fields)
}

/// A page that posts these fields to an address of the configuration.
fn posted(party: &Party, reply: &str, fields: &[(&str, String)]) -> Result<Response, Cause> {
    // Looked up again: the configuration may have changed while the person signed in.
    let address = party.reply_address(Some(reply));
    let address = address.ok_or_else(|| Cause::ReplyAddress { application: party.name.clone(), wish: reply.to_owned() })?;
    let page = PostPage { title: "Signing you in", action: &address.url, fields };
    Ok(if address.way.is_empty() { page.into_response() } else { page.bound_to(address.way) })
}
