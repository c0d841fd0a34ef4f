//! Where browsers arrive: requests are read here, checked against the configuration, and sent on to be answered or signed in.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use samesign_wire::saml::{AuthnRequest, LogoutRequest, post, redirect};
use samesign_wire::wsfed::{Request, SignIn};

use super::answer::{self, Proven};
use super::failure::{Cause, Failure};
use super::parameters::Parameters;
use super::party::{Kind, Party};
use super::pending::{Pending, Wish};
use super::visitor::Visitor;
use super::{FORM, HOME, Service, TICKET, pages, sign_out};
use crate::{ApplicationProtocol, clock};

/// `wctx` and `RelayState` at most, in bytes: they are kept while somebody signs in.
const CONTEXT_BYTES_MAX: usize = 8 * 1024;
/// What an application calls its request, or thinks its person is called, at most, in bytes.
const NAME_BYTES_MAX: usize = 1024;

/// Ways to prove it that mean a password (MS-MWBF, saml-authn-context-2.0-os).
const PASSWORDS: [&str; 5] = [
    "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password",
    "urn:oasis:names:tc:SAML:1.0:am:password",
    "urn:oasis:names:tc:SAML:2.0:ac:classes:Password",
    "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
    "urn:ietf:rfc:2246",
];

/// `GET /adfs/ls/`
pub(super) async fn asked(
    State(service): State<Service>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let query = query.unwrap_or_default();
    let parameters = Parameters::read(&query).map_err(|error| bad(&visitor, &error))?;
    if parameters.has("SAMLRequest") || parameters.has("SAMLResponse") {
        let message = redirect::decode(&query).map_err(|error| bad(&visitor, &error))?;
        return match message.kind {
            redirect::Kind::Request => saml(&service, &visitor, &headers, &message.document, message.relay_state).await,
            redirect::Kind::Response => Ok(told()),
        };
    }
    if parameters.has("wa") {
        return ws_federation(&service, &visitor, &headers, &parameters).await;
    }
    Ok(Redirect::to(HOME).into_response())
}

/// `POST /adfs/ls/`
///
/// Browsers send no cookies along with a form of another site, so the session is looked for after the redirect.
pub(super) async fn posted(
    State(service): State<Service>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let parameters = form(&headers, &body).map_err(|cause| cause.of(&visitor.correlation_id))?;
    if let Some(message) = parameters.one("SAMLRequest") {
        let document = post::decode(message).map_err(|error| bad(&visitor, &error))?;
        let relay_state = parameters.one("RelayState").map(str::to_owned);
        if LogoutRequest::read(&document).is_ok() {
            let text = std::str::from_utf8(&document).map_err(|error| bad(&visitor, &error))?;
            let query = redirect::encode(redirect::Kind::Request, text, relay_state.as_deref(), None);
            return Ok(sign_out::again(&query.map_err(|error| Cause::from(error).of(&visitor.correlation_id))?));
        }
        return saml(&service, &visitor, &headers, &document, relay_state).await;
    }
    if parameters.has("SAMLResponse") {
        return Ok(told());
    }
    if let Ok(request @ (Request::SignOut { .. } | Request::SignOutCleanup { .. })) = Request::parse(parameters.all()) {
        return Ok(sign_out::again(&request.to_query()));
    }
    ws_federation(&service, &visitor, &headers, &parameters).await
}

/// `GET /` and `GET /adfs/ls/idpinitiatedsignon`: the applications, once somebody is signed in.
pub(super) async fn home(
    State(service): State<Service>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    match Proven::by_session(&service, &visitor, &headers, &visitor.correlation_id).await? {
        Some(Proven { signed_in, cookie, .. }) => {
            let person = &signed_in.person;
            Ok(pages::home(&person.upn, &person.display_name, &service.parties.at_home(), &cookie))
        }
        None => sign_in(&service, &visitor, &Pending::home(&visitor.correlation_id)).await,
    }
}

/// The fields of a form.
pub(super) fn form(headers: &HeaderMap, body: &[u8]) -> Result<Parameters, Cause> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Cause::Request("the body is not a form".to_owned()));
    }
    let text = std::str::from_utf8(body).map_err(|error| Cause::Request(error.to_string()))?;
    Parameters::read(text).map_err(|error| Cause::Request(error.to_string()))
}

/// An application says, in its frame of the page after a sign-out, that it signed the person out. Nobody waits for it.
fn told() -> Response {
    "signed out\n".into_response()
}

fn bad(visitor: &Visitor, error: &dyn std::fmt::Display) -> Failure {
    Cause::Request(error.to_string()).of(&visitor.correlation_id)
}

async fn ws_federation(service: &Service, visitor: &Visitor, headers: &HeaderMap, parameters: &Parameters) -> Result<Response, Failure> {
    let request = Request::parse(parameters.all()).map_err(|error| bad(visitor, &error))?;
    match request {
        Request::SignIn(request) => {
            let pending = of_ws_federation(service, visitor, request).map_err(|cause| cause.of(&visitor.correlation_id))?;
            proceed(service, visitor, headers, &pending).await
        }
        Request::SignOut { reply, realm, .. } => sign_out::ws_federation(service, visitor, headers, realm.as_deref(), reply).await,
        Request::SignOutCleanup { reply } => sign_out::ws_federation(service, visitor, headers, None, reply).await,
    }
}

fn of_ws_federation(service: &Service, visitor: &Visitor, request: SignIn) -> Result<Pending, Cause> {
    let party = service
        .parties
        .find(&request.realm, ApplicationProtocol::WsFederation)
        .ok_or_else(|| Cause::UnknownParty(crate::audit::foreign(&request.realm)))?;
    let wish = match party.kind {
        // It has one address; what it writes here is not held against it.
        Kind::Tenant => None,
        Kind::Application { .. } => request.reply.as_deref(),
    };
    let hint = request.hint().map(str::trim).filter(|hint| !hint.is_empty()).map(str::to_owned);
    let pending = Pending {
        hint,
        age_max: request.asks_anew().then_some(0).or(request.fresh.map(|minutes| i64::from(minutes).saturating_mul(60))),
        password: request.authentication.as_deref().is_some_and(|method| PASSWORDS.contains(&method)),
        passive: false,
        correlation_id: visitor.correlation_id.clone(),
        wish: Wish::WsFederation { party: party.identifier.clone(), reply: reply(party, wish)?, context: request.context },
    };
    within_bounds(pending)
}

async fn saml(
    service: &Service,
    visitor: &Visitor,
    headers: &HeaderMap,
    document: &[u8],
    relay_state: Option<String>,
) -> Result<Response, Failure> {
    if let Ok(request) = LogoutRequest::read(document) {
        return sign_out::saml(service, visitor, headers, &request, relay_state.as_deref()).await;
    }
    let request = AuthnRequest::read(document).map_err(|error| bad(visitor, &error))?;
    let pending = of_saml(service, visitor, request, relay_state).map_err(|cause| cause.of(&visitor.correlation_id))?;
    proceed(service, visitor, headers, &pending).await
}

fn of_saml(service: &Service, visitor: &Visitor, request: AuthnRequest, relay_state: Option<String>) -> Result<Pending, Cause> {
    let party = service
        .parties
        .find(&request.issuer, ApplicationProtocol::Saml)
        .ok_or_else(|| Cause::UnknownParty(crate::audit::foreign(&request.issuer)))?;
    let classes = &request.context_classes;
    let pending = Pending {
        hint: request.subject.filter(|_| matches!(party.kind, Kind::Tenant)),
        age_max: request.force_authn.then_some(0),
        password: !classes.is_empty() && classes.iter().all(|class| PASSWORDS.contains(&class.as_str())),
        passive: request.is_passive,
        correlation_id: visitor.correlation_id.clone(),
        wish: Wish::Saml {
            party: party.identifier.clone(),
            reply: reply(party, request.acs_url.as_deref())?,
            request: request.id,
            relay_state,
        },
    };
    within_bounds(pending)
}

fn reply(party: &Party, wish: Option<&str>) -> Result<String, Cause> {
    let refused = || Cause::ReplyAddress { application: party.name.clone(), wish: crate::audit::foreign(wish.unwrap_or_default()) };
    Ok(party.reply_address(wish).ok_or_else(refused)?.url)
}

fn within_bounds(pending: Pending) -> Result<Pending, Cause> {
    let (context, name) = match &pending.wish {
        Wish::Home => (None, None),
        Wish::WsFederation { context, .. } => (context.as_ref(), None),
        Wish::Saml { relay_state, request, .. } => (relay_state.as_ref(), Some(request)),
    };
    let names = name.into_iter().chain(&pending.hint);
    if context.is_some_and(|context| context.len() > CONTEXT_BYTES_MAX) || names.into_iter().any(|name| name.len() > NAME_BYTES_MAX) {
        return Err(Cause::Request("a value is too long to be kept".to_owned()));
    }
    Ok(pending)
}

/// Answers a request by the session of the browser, or has the person sign in first.
async fn proceed(service: &Service, visitor: &Visitor, headers: &HeaderMap, pending: &Pending) -> Result<Response, Failure> {
    match answer::by_session(service, visitor, headers, pending).await? {
        Some(answer) => Ok(answer),
        None => sign_in(service, visitor, pending).await,
    }
}

/// Keeps the request and sends the browser to where it can sign in.
pub(super) async fn sign_in(service: &Service, visitor: &Visitor, pending: &Pending) -> Result<Response, Failure> {
    let handle = pending.keep(service, clock::now()).await?;
    let by_ticket = visitor.inside && service.negotiate.is_some() && !pending.password && pending.age_max != Some(0);
    let door = if by_ticket { TICKET } else { FORM };
    Ok(Redirect::to(&format!("{door}?request={handle}")).into_response())
}
