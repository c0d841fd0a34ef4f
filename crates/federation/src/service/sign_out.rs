//! Single sign-out: the session ends, and every application that the person was vouched for to is told.
//!
//! Applications are told by the browser, in frames, for it alone has their cookies. Where the browser goes afterwards stands in the
//! configuration, whatever the request says.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use samesign_web::csrf;
use samesign_web::headers::{Origin, Policy};
use samesign_web::session::Cookie;
use samesign_wire::saml::saml2::Status;
use samesign_wire::saml::{LogoutRequest, LogoutResponse, NameId, NameIdFormat, redirect};
use serde::{Deserialize, Serialize};

use super::entrance;
use super::failure::{Cause, Failure, chain};
use super::pages::{self, Told, with_cookie};
use super::party::Party;
use super::visitor::Visitor;
use super::{SKEW, Service};
use crate::audit::{Entry, Event, foreign};
use crate::claims::Dialect;
use crate::session::Kept;
use crate::{clock, random};

/// How long an application may take to act on what it is told.
const DELIVERY: SignedDuration = SignedDuration::from_mins(5);

/// How an application knows the person, noted when they were vouched for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Noted {
    saml: bool,
    name: String,
    format: u8,
}

impl Noted {
    /// Of a token that is about to be made.
    pub fn new(name_id: &NameId, dialect: Dialect) -> Self {
        let format = match name_id.format {
            NameIdFormat::Unspecified => 0,
            NameIdFormat::EmailAddress => 1,
            NameIdFormat::Persistent => 2,
            NameIdFormat::Transient => 3,
        };
        Self { saml: dialect == Dialect::Two, name: name_id.value.clone(), format }
    }

    fn name_id(&self) -> NameId {
        let format = match self.format {
            1 => NameIdFormat::EmailAddress,
            2 => NameIdFormat::Persistent,
            3 => NameIdFormat::Transient,
            _ => NameIdFormat::Unspecified,
        };
        NameId { value: self.name.clone(), format }
    }
}

/// `POST /adfs/ls/sign-out`: the button of the home page.
pub(super) async fn button(
    State(service): State<Service>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let failed = |cause: Cause| cause.of(&visitor.correlation_id);
    let Some(cookie) = Cookie::FederationSession.read(&headers) else { return Ok(pages::signed_out(&[], None)) };
    let fields = entrance::form(&headers, &body).map_err(failed)?;
    let ours = csrf::sent_by_us(&headers, &service.origin);
    if !ours || !csrf::token_is_right(&cookie, fields.one("csrf").unwrap_or_default()) {
        return Err(failed(Cause::ForeignForm));
    }
    let (told, _) = end(&service, &visitor, &headers, None).await?;
    Ok(farewell(told, None))
}

/// `wa=wsignout1.0` and `wa=wsignoutcleanup1.0`. `realm` is the application that asks, where it says so; `reply` where the browser
/// would like to go.
pub(super) async fn ws_federation(
    service: &Service,
    visitor: &Visitor,
    headers: &HeaderMap,
    realm: Option<&str>,
    reply: Option<String>,
) -> Result<Response, Failure> {
    let (told, _) = end(service, visitor, headers, realm).await?;
    let back = reply.filter(|reply| service.parties.know_address(reply));
    Ok(farewell(told, back))
}

/// A SAML 2.0 `LogoutRequest` in a query. It ends the session of the browser that carries it, and no other.
///
/// What it says of the person counts where the application signs: a link with somebody else's request then signs nobody out. A
/// request that anybody could have written can be trusted no more in its names than in itself.
pub(super) async fn saml(
    service: &Service,
    visitor: &Visitor,
    headers: &HeaderMap,
    party: &Party,
    request: &LogoutRequest,
    relay_state: Option<&str>,
) -> Result<Response, Failure> {
    let failed = |cause: Cause| cause.of(&visitor.correlation_id);
    let now = clock::now();
    let status = if request.not_on_or_after.is_some_and(|until| now.duration_since(until) > SKEW) {
        Status::Requester
    } else if !party.signers.is_empty() && !names_who_is_here(service, headers, party, request, now).await.map_err(failed)? {
        Status::UnknownPrincipal
    } else {
        Status::Success
    };
    if status != Status::Success {
        tracing::info!(correlation_id = visitor.correlation_id, application = party.name, ?status, "a sign-out was refused");
        let back = answered(service, party, request, relay_state, status, "", now).map_err(failed)?;
        let back = back.ok_or_else(|| failed(Cause::Request("it asks to sign out somebody else, or is too old".to_owned())))?;
        return Ok(Redirect::to(&back).into_response());
    }
    let (told, session) = end(service, visitor, headers, Some(&party.identifier)).await?;
    let upn = session.as_ref().map_or("", Kept::upn);
    Ok(farewell(told, answered(service, party, request, relay_state, status, upn, now).map_err(failed)?))
}

/// Whether a request is about the session of this browser: by its index, or by the name that the application was given. About no
/// session it always is.
async fn names_who_is_here(
    service: &Service,
    headers: &HeaderMap,
    party: &Party,
    request: &LogoutRequest,
    now: Timestamp,
) -> Result<bool, Cause> {
    let Some(cookie) = Cookie::FederationSession.read(headers) else { return Ok(true) };
    let Some(json) = service.store.session(&cookie, now.as_second(), service.idle_seconds) else { return Ok(true) };
    let session: Kept = serde_json::from_str(&json)?;
    if request.session_indexes.contains(&session.index) {
        return Ok(true);
    }
    let applications = service.store.applications_of(&cookie).await?;
    let Some((_, json)) = applications.iter().find(|(identifier, _)| *identifier == party.identifier) else { return Ok(false) };
    Ok(serde_json::from_str::<Noted>(json)?.name == request.name_id.value)
}

/// The address that brings the answer to the application that asked; `None` for one without an address. `upn` is whose session it was.
fn answered(
    service: &Service,
    party: &Party,
    request: &LogoutRequest,
    relay_state: Option<&str>,
    status: Status,
    upn: &str,
    now: Timestamp,
) -> Result<Option<String>, Cause> {
    let Some(address) = &party.sign_out else { return Ok(None) };
    let response = LogoutResponse {
        id: random::xml_id()?,
        issued_at: now,
        issuer: service.issuer_for(party, upn),
        destination: Some(address.clone()),
        in_response_to: Some(request.id.clone()),
        status,
    };
    let key = service.ring.current(now);
    let query = redirect::encode(redirect::Kind::Response, &response.write(None)?, relay_state, Some(&*key))?;
    Ok(Some(with_query(address, &query)))
}

/// Ends the browser's session, if there is one; the applications that are to be told, all but the one that asked, and the session.
async fn end(service: &Service, visitor: &Visitor, headers: &HeaderMap, but: Option<&str>) -> Result<(Vec<Told>, Option<Kept>), Failure> {
    let failed = |cause: Cause| cause.of(&visitor.correlation_id);
    let Some(cookie) = Cookie::FederationSession.read(headers) else { return Ok((Vec::new(), None)) };
    let applications = service.store.applications_of(&cookie).await.map_err(|error| failed(error.into()))?;
    let ended = service.store.end_session(&cookie).await.map_err(|error| failed(error.into()))?;
    let Some(session) = ended.and_then(|json| serde_json::from_str::<Kept>(&json).ok()) else { return Ok((Vec::new(), None)) };
    let now = clock::now();
    let entry = Entry {
        who: Some(foreign(session.upn())),
        guid: session.guid().map(|guid| guid.to_string()),
        ..Entry::new(now, Event::SignOut, &visitor.correlation_id, visitor.address)
    };
    // Nobody is held in a session that has ended because the log cannot be written.
    if let Err(error) = service.audit.write(&entry) {
        tracing::error!(correlation_id = visitor.correlation_id, error = chain(&error), "a sign-out is missing in the audit log");
    }
    let mut told = Vec::new();
    for (identifier, json) in applications.into_iter().filter(|(identifier, _)| Some(identifier.as_str()) != but) {
        let noted = serde_json::from_str::<Noted>(&json).map_err(|error| failed(error.into()))?;
        if let Some(party) = service.parties.named(&identifier) {
            told.extend(tell(service, party, &noted, &session, now).map_err(failed)?);
        }
    }
    Ok((told, Some(session)))
}

/// The address that tells an application; `None` for one that cannot be told.
fn tell(service: &Service, party: &Party, noted: &Noted, session: &Kept, now: Timestamp) -> Result<Option<Told>, Cause> {
    let Some(address) = &party.sign_out else { return Ok(None) };
    let query = if noted.saml {
        let request = LogoutRequest {
            id: random::xml_id()?,
            issued_at: now,
            issuer: service.issuer_for(party, session.upn()),
            destination: Some(address.clone()),
            not_on_or_after: now.checked_add(DELIVERY).ok(),
            name_id: noted.name_id(),
            session_indexes: vec![session.index.clone()],
        };
        let key = service.ring.current(now);
        redirect::encode(redirect::Kind::Request, &request.write(None)?, None, Some(&*key))?
    } else {
        "wa=wsignoutcleanup1.0".to_owned()
    };
    Ok(Some(Told { name: party.name.clone(), url: with_query(address, &query) }))
}

fn with_query(address: &str, query: &str) -> String {
    let separator = if address.contains('?') { '&' } else { '?' };
    format!("{address}{separator}{query}")
}

/// The last answer: at once to where the browser wants, or the page that tells the others first.
fn farewell(told: Vec<Told>, back: Option<String>) -> Response {
    let answer = match back {
        Some(back) if told.is_empty() => Redirect::to(&back).into_response(),
        back => {
            let origins: Vec<Origin> = told.iter().filter_map(|told| Origin::of(&told.url)).collect();
            let mut page = pages::signed_out(&told, back.as_deref());
            if !origins.is_empty() {
                page.extensions_mut().insert(Policy::Tells(origins));
            }
            page
        }
    };
    with_cookie(answer, Cookie::FederationSession.clear())
}
