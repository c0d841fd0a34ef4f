//! Where browsers arrive: requests are checked against the configuration, and sent on to be answered or signed in.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use samesign_wire::saml::redirect;
use samesign_wire::saml::saml2::Status;
use samesign_wire::wsfed::{Request, SignIn};

use super::answer::{self, Proven};
use super::asked::{Asked, Message, SamlRequest};
use super::failure::{Cause, Failure};
use super::parameters::Parameters;
use super::party::{Kind, Party};
use super::pending::{Pending, Ways, Wish};
use super::visitor::Visitor;
use super::{ENTRANCE, FORM, HOME, Service, TICKET, pages, saml, sign_out};
use crate::negotiate::Negotiate;
use crate::{ApplicationProtocol, clock};

/// `wctx` and `RelayState` at most, in bytes: they are kept while somebody signs in.
const CONTEXT_BYTES_MAX: usize = 8 * 1024;
/// What an application calls its request, or thinks its person is called, at most, in bytes.
const NAME_BYTES_MAX: usize = 1024;

/// Ways to prove it that mean a password (MS-MWBF, saml-authn-context-2.0-os).
pub(super) const PASSWORDS: [&str; 4] = [
    "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password",
    "urn:oasis:names:tc:SAML:1.0:am:password",
    "urn:oasis:names:tc:SAML:2.0:ac:classes:Password",
    "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
];

/// `GET /adfs/ls/`
pub(super) async fn asked(
    State(service): State<Service>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let asked = Asked::in_query(&query.unwrap_or_default()).map_err(|cause| cause.of(&visitor.correlation_id))?;
    match asked {
        Asked::WsFederation(request) => ws_federation(&service, &visitor, &headers, request).await,
        Asked::Saml(message) => saml::request(&service, &visitor, &headers, message).await,
        Asked::Told => Ok(told()),
        Asked::Nothing => Ok(Redirect::to(HOME).into_response()),
    }
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
    let failed = |cause: Cause| cause.of(&visitor.correlation_id);
    let fields = form(&headers, &body).map_err(failed)?;
    match Asked::in_form(&fields).map_err(failed)? {
        Asked::WsFederation(request @ Request::SignIn(_)) => ws_federation(&service, &visitor, &headers, request).await,
        Asked::WsFederation(request) => Ok(again(&request.to_query())),
        Asked::Saml(message) => match message.request().map_err(failed)? {
            // The session decides whether this can be answered at all, or what is ended.
            SamlRequest::SignIn(request) if !request.is_passive && request.context_classes.is_empty() => {
                saml::request(&service, &visitor, &headers, message).await
            }
            SamlRequest::SignIn(_) | SamlRequest::SignOut(_) => saml_again(&message).map_err(failed),
        },
        Asked::Told => Ok(told()),
        Asked::Nothing => Ok(Redirect::to(HOME).into_response()),
    }
}

/// The same request by GET. A browser sends no cookies along with a form of another site, but does so after a redirect.
fn again(query: &str) -> Response {
    Redirect::to(&format!("{ENTRANCE}?{query}")).into_response()
}

/// The same for a SAML 2.0 request. A signature in it goes along.
fn saml_again(message: &Message) -> Result<Response, Cause> {
    let text = std::str::from_utf8(&message.document).map_err(|error| Cause::Request(error.to_string()))?;
    Ok(again(&redirect::encode(redirect::Kind::Request, text, message.relay_state.as_deref(), None)?))
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

async fn ws_federation(service: &Service, visitor: &Visitor, headers: &HeaderMap, request: Request) -> Result<Response, Failure> {
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
        ways: match request.authentication.as_deref() {
            Some(way) if PASSWORDS.contains(&way) => Ways::Password,
            _ => Ways::Any,
        },
        passive: false,
        correlation_id: visitor.correlation_id.clone(),
        wish: Wish::WsFederation { party: party.identifier.clone(), reply: reply(party, wish)?, context: request.context },
    };
    within_bounds(pending)
}

/// Where the answer goes, if it may go where the application wishes.
pub(super) fn reply(party: &Party, wish: Option<&str>) -> Result<String, Cause> {
    let refused = || Cause::ReplyAddress { application: party.name.clone(), wish: crate::audit::foreign(wish.unwrap_or_default()) };
    Ok(party.reply_address(wish).ok_or_else(refused)?.url)
}

/// Only what can be kept is answered.
pub(super) fn within_bounds(pending: Pending) -> Result<Pending, Cause> {
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
pub(super) async fn proceed(service: &Service, visitor: &Visitor, headers: &HeaderMap, pending: &Pending) -> Result<Response, Failure> {
    match answer::by_session(service, visitor, headers, pending).await? {
        Some(answer) => Ok(answer),
        None => sign_in(service, visitor, pending).await,
    }
}

/// Keeps the request and sends the browser to where it can sign in.
pub(super) async fn sign_in(service: &Service, visitor: &Visitor, pending: &Pending) -> Result<Response, Failure> {
    let by_ticket = takes_ticket(service, visitor, pending).is_some();
    if pending.ways == Ways::Ticket && !by_ticket {
        return answer::refused(service, pending, Status::NoAuthnContext);
    }
    let handle = pending.keep(service, clock::now()).await?;
    let door = if by_ticket { TICKET } else { FORM };
    Ok(Redirect::to(&format!("{door}?request={handle}")).into_response())
}

/// What takes this visitor's ticket for this request; `None` where there is no asking for one. A browser brings a ticket without its
/// person knowing, so it proves nothing anew, unless nothing else would be accepted.
pub(super) fn takes_ticket<'a>(service: &'a Service, visitor: &Visitor, pending: &Pending) -> Option<&'a Negotiate> {
    let wanted = match pending.ways {
        Ways::Ticket => true,
        Ways::Password => false,
        Ways::Any => pending.age_max != Some(0),
    };
    service.negotiate.as_ref().filter(|_| visitor.inside && wanted)
}
