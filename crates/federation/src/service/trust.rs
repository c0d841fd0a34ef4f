//! Sign-in of programs that hold a name and a password (WS-Trust, `usernamemixed`). It shares everything with the form but the shape
//! of its messages: accounts, locks, and what is said of whom.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use samesign_wire::wstrust::{self, Fault, RequestSecurityToken, Trust};
use zeroize::Zeroizing;

use super::failure::{Cause, chain};
use super::published::document;
use super::secret_body::SecretBody;
use super::visitor::Visitor;
use super::{SKEW, Service, answer};
use crate::audit::{Entry, Event, foreign, method_name};
use crate::claims::Dialect;
use crate::issue::Order;
use crate::{ApplicationProtocol, SignedIn, clock, password};

const SOAP: &str = "application/soap+xml; charset=utf-8";

/// `POST /adfs/services/trust/2005/usernamemixed`
pub(super) async fn version_2005(service: State<Service>, visitor: Extension<Visitor>, SecretBody(body): SecretBody) -> Response {
    answer(&service, &visitor, Trust::V2005, body).await
}

/// `POST /adfs/services/trust/13/usernamemixed`
pub(super) async fn version_13(service: State<Service>, visitor: Extension<Visitor>, SecretBody(body): SecretBody) -> Response {
    answer(&service, &visitor, Trust::V13, body).await
}

async fn answer(service: &Service, visitor: &Visitor, trust: Trust, body: Zeroizing<Vec<u8>>) -> Response {
    let request = RequestSecurityToken::read(&body);
    drop(body);
    let request = match request {
        Ok(request) if request.trust == trust => request,
        Ok(request) => return refused(trust, Some(&request.message_id), Fault::InvalidRequest),
        Err(refusal) => {
            tracing::info!(correlation_id = visitor.correlation_id, %refusal, "a request for a token cannot be read");
            return refused(trust, None, Fault::InvalidRequest);
        }
    };
    let message_id = request.message_id.clone();
    match attend(service, visitor, request).await {
        Ok(text) => document(SOAP, text),
        Err(fault) => refused(trust, Some(&message_id), fault),
    }
}

/// AD FS's own status for every fault; clients expect it.
fn refused(trust: Trust, message_id: Option<&str>, fault: Fault) -> Response {
    let text = wstrust::fault(trust, message_id, fault).or_else(|_| wstrust::fault(trust, None, fault)).unwrap_or_default();
    let mut response = document(SOAP, text);
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

async fn attend(service: &Service, visitor: &Visitor, request: RequestSecurityToken) -> Result<String, Fault> {
    let now = clock::now();
    if !counts(&request, now) {
        return Err(Fault::InvalidRequest);
    }
    let RequestSecurityToken { trust, message_id, applies_to, username, password, .. } = request;
    let visit = Visit { service, visitor, applies_to: &applies_to };
    let Some(party) = service.parties.find(&applies_to, ApplicationProtocol::WsFederation) else {
        return Err(visit.denied(Some(&username), None, "no application is configured by this name", Fault::RequestFailed));
    };
    let signed_in = match password::sign_in(&service.directory, &service.lockout, &username, password, visitor.address, now).await {
        Ok(signed_in) => signed_in,
        Err(denied) => {
            let fault = if denied.is_outage() { Fault::RequestFailed } else { Fault::FailedAuthentication };
            let who = denied.person.as_ref().map_or(username.as_str(), |person| person.upn.as_str());
            return Err(visit.denied(Some(who), None, &chain(&denied.reason), fault));
        }
    };
    let claims = answer::claims(service, visitor, party, &signed_in, Dialect::One)
        .map_err(|reason| visit.denied(None, Some(&signed_in), &reason.to_string(), Fault::RequestFailed))?;
    let Some(reply) = party.reply_address(None) else { return Err(Fault::RequestFailed) };
    let order = Order {
        signed_in,
        claims,
        dialect: Dialect::One,
        audience: applies_to.clone(),
        recipient: reply.url,
        in_response_to: None,
        session_index: None,
        client: visitor.address,
        correlation_id: visitor.correlation_id.clone(),
    };
    let token = answer::made(service, order).map_err(|cause| visit.failed(&cause))?;
    let text = wstrust::response(trust, &message_id, &token.xml, &applies_to, token.issued_at, token.expires_at);
    text.map_err(|error| visit.failed(&error.into()))
}

/// Whether the request is of now, as far as it says so.
fn counts(request: &RequestSecurityToken, now: Timestamp) -> bool {
    let early = request.created.is_some_and(|created| created.duration_since(now) > SKEW);
    let late = request.expires.is_some_and(|expires| now.duration_since(expires) > SKEW);
    !early && !late
}

struct Visit<'a> {
    service: &'a Service,
    visitor: &'a Visitor,
    applies_to: &'a str,
}

impl Visit<'_> {
    fn denied(&self, who: Option<&str>, signed_in: Option<&SignedIn>, reason: &str, fault: Fault) -> Fault {
        let person = signed_in.map(|signed_in| &signed_in.person);
        let entry = Entry {
            who: who.or(person.map(|person| person.upn.as_str())).map(foreign),
            guid: person.map(|person| person.guid.to_string()),
            application: Some(foreign(self.applies_to)),
            method: signed_in.map(|signed_in| method_name(signed_in.method)),
            reason: Some(reason.to_owned()),
            ..Entry::new(clock::now(), Event::Deny, &self.visitor.correlation_id, self.visitor.address)
        };
        match self.service.audit.write(&entry) {
            Ok(()) => fault,
            Err(error) => self.failed(&error.into()),
        }
    }

    fn failed(&self, cause: &Cause) -> Fault {
        tracing::error!(correlation_id = self.visitor.correlation_id, error = chain(cause), "a program got no token");
        Fault::RequestFailed
    }
}
