//! Requests of SAML 2.0: from whom they are, whether they are signed where they have to be, and what they ask that nobody is given.

use axum::http::HeaderMap;
use axum::response::Response;
use samesign_wire::saml::saml2::Status;
use samesign_wire::saml::{AuthnRequest, Comparison, NameIdFormat, Refusal, verify};

use super::answer;
use super::asked::{Message, SamlRequest};
use super::entrance::{PASSWORDS, proceed, reply, within_bounds};
use super::failure::{Cause, Failure};
use super::party::{Kind, Party};
use super::pending::{Pending, Ways, Wish};
use super::visitor::Visitor;
use super::{ENTRANCE, Service, sign_out};
use crate::ApplicationProtocol;
use crate::audit::foreign;

/// Ways to prove it that mean a ticket (saml-authn-context-2.0-os section 3.4.4; AD FS's own name).
const TICKETS: [&str; 3] =
    ["urn:federation:authentication:windows", "urn:oasis:names:tc:SAML:2.0:ac:classes:Kerberos", "urn:ietf:rfc:1510"];
/// Any way will do (saml-authn-context-2.0-os section 3.4.25).
const ANY: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified";

/// Answers a request.
pub(super) async fn request(service: &Service, visitor: &Visitor, headers: &HeaderMap, message: Message) -> Result<Response, Failure> {
    let failed = |cause: Cause| cause.of(&visitor.correlation_id);
    let request = message.request().map_err(failed)?;
    let party = service.parties.find(request.issuer(), ApplicationProtocol::Saml);
    let party = party.ok_or_else(|| failed(Cause::UnknownParty(foreign(request.issuer()))))?;
    let request = authentic(service, party, request, &message).map_err(failed)?;
    match request {
        SamlRequest::SignIn(request) => sign_in(service, visitor, headers, party, *request, message.relay_state).await,
        SamlRequest::SignOut(request) => sign_out::saml(service, visitor, headers, party, &request, message.relay_state.as_deref()).await,
    }
}

/// The request as its application signed it, where a certificate is configured; any other as it is.
///
/// A signature over the query, or one in the request, also in a query: what was posted may come again as one, for its cookies.
fn authentic(service: &Service, party: &Party, request: SamlRequest, message: &Message) -> Result<SamlRequest, Cause> {
    if party.signers.is_empty() {
        return Ok(request);
    }
    let refused = |refusal: Refusal| Cause::Signature { application: party.name.clone(), refusal };
    let request = match &message.signature {
        Some(signature) => signature.verify(&party.signers).map(|()| request),
        None => verify::request(&message.document, &party.signers).and_then(|signed| SamlRequest::read(signed.as_bytes())),
    };
    let request = request.map_err(refused)?;
    let entrance = format!("{}{ENTRANCE}", service.origin);
    let ours = request.destination().is_none_or(|address| address.trim_end_matches('/') == entrance.trim_end_matches('/'));
    match request.issuer() == party.identifier && ours {
        true => Ok(request),
        false => Err(refused(Refusal::value("Destination", request.destination().unwrap_or_default()))),
    }
}

async fn sign_in(
    service: &Service,
    visitor: &Visitor,
    headers: &HeaderMap,
    party: &Party,
    request: AuthnRequest,
    relay_state: Option<String>,
) -> Result<Response, Failure> {
    let failed = |cause: Cause| cause.of(&visitor.correlation_id);
    let ways = ways(&request);
    let name_id_format = party.name_id_format(request.name_id_format.as_ref());
    let pending = Pending {
        hint: request.subject.filter(|_| matches!(party.kind, Kind::Tenant)),
        age_max: request.force_authn.then_some(0),
        // Microsoft 365 asks for a second factor like this, and sees to it itself where the answer does not have it.
        ways: ways.or(matches!(party.kind, Kind::Tenant).then_some(Ways::Any)).unwrap_or(Ways::Any),
        passive: request.is_passive,
        correlation_id: visitor.correlation_id.clone(),
        wish: Wish::Saml {
            party: party.identifier.clone(),
            reply: reply(party, request.acs_url.as_deref()).map_err(failed)?,
            request: request.id,
            relay_state,
            name_id_format: name_id_format.map_or("", NameIdFormat::uri).to_owned(),
        },
    };
    let pending = within_bounds(pending).map_err(failed)?;
    if name_id_format.is_none() {
        let (application, asked) = (&party.name, request.name_id_format.map(|asked| foreign(asked.uri())));
        let correlation_id = &visitor.correlation_id;
        tracing::warn!(
            correlation_id,
            application,
            asked,
            "an application asks for another kind of name than `name_id` of its [[federation.application]] gives: change either"
        );
        return answer::refused(service, &pending, Status::InvalidNameIdPolicy);
    }
    if ways.is_none() && !matches!(party.kind, Kind::Tenant) {
        return answer::refused(service, &pending, Status::NoAuthnContext);
    }
    proceed(service, visitor, headers, &pending).await
}

/// How the person may prove it; `None` when each way that is asked for is unknown here (saml-core-2.0-os section 3.3.2.2.1).
fn ways(request: &AuthnRequest) -> Option<Ways> {
    let AuthnRequest { context_classes: asked, comparison, .. } = request;
    if asked.is_empty() {
        return Some(Ways::Any);
    }
    let any = |known: &[&str]| asked.iter().any(|way| way == ANY || known.contains(&way.as_str()));
    match (comparison, any(&PASSWORDS), any(&TICKETS)) {
        // Neither way is called stronger than the other, so none is better than both.
        (Comparison::Better, ..) | (_, false, false) => None,
        (Comparison::Minimum, ..) | (_, true, true) => Some(Ways::Any),
        (_, true, false) => Some(Ways::Password),
        (_, false, true) => Some(Ways::Ticket),
    }
}

#[cfg(test)]
mod tests;
