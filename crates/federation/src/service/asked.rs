//! What an application asks through the browser, read from a query or a form. Pure: who asks, and whether they may, is seen to after.

use samesign_wire::saml::redirect::QuerySignature;
use samesign_wire::saml::{AuthnRequest, LogoutRequest, Refusal, post, redirect};
use samesign_wire::wsfed::Request;

use super::failure::Cause;
use super::parameters::Parameters;

/// A query or a form.
pub(crate) enum Asked {
    /// `wa` of WS-Federation.
    WsFederation(Request),
    /// `SAMLRequest`.
    Saml(Message),
    /// `SAMLResponse`: an application says that it signed the person out.
    Told,
    /// Nothing of that.
    Nothing,
}

/// A request of SAML 2.0, and what came with it.
pub(crate) struct Message {
    /// The request, still to be read.
    pub document: Vec<u8>,
    /// Goes back unchanged.
    pub relay_state: Option<String>,
    /// The signature over the query, still to be verified.
    pub signature: Option<QuerySignature>,
}

/// The kinds of requests of SAML 2.0 that are taken.
pub(crate) enum SamlRequest {
    /// Who is there?
    SignIn(Box<AuthnRequest>),
    /// Somebody signs out.
    SignOut(LogoutRequest),
}

impl Asked {
    /// Reads a query.
    pub fn in_query(query: &str) -> Result<Self, Cause> {
        let parameters = Parameters::read(query).map_err(bad)?;
        if parameters.has("SAMLRequest") || parameters.has("SAMLResponse") {
            let redirect::Decoded { kind, document, relay_state, signature } = redirect::decode(query).map_err(bad)?;
            return Ok(match kind {
                redirect::Kind::Request => Self::Saml(Message { document, relay_state, signature }),
                redirect::Kind::Response => Self::Told,
            });
        }
        match parameters.has("wa") {
            true => Request::parse(parameters.all()).map(Self::WsFederation).map_err(bad),
            false => Ok(Self::Nothing),
        }
    }

    /// Reads the fields of a form.
    pub fn in_form(fields: &Parameters) -> Result<Self, Cause> {
        if let Some(message) = fields.one("SAMLRequest") {
            let document = post::decode(message).map_err(bad)?;
            return Ok(Self::Saml(Message { document, relay_state: fields.one("RelayState").map(str::to_owned), signature: None }));
        }
        match fields.has("SAMLResponse") {
            true => Ok(Self::Told),
            false => Request::parse(fields.all()).map(Self::WsFederation).map_err(bad),
        }
    }
}

impl Message {
    /// What it asks.
    pub fn request(&self) -> Result<SamlRequest, Cause> {
        SamlRequest::read(&self.document).map_err(bad)
    }
}

impl SamlRequest {
    /// Reads either.
    pub fn read(document: &[u8]) -> Result<Self, Refusal> {
        match LogoutRequest::read(document) {
            Ok(request) => Ok(Self::SignOut(request)),
            Err(Refusal::Missing("LogoutRequest")) => AuthnRequest::read(document).map(|request| Self::SignIn(Box::new(request))),
            Err(refusal) => Err(refusal),
        }
    }

    /// The entity id of the application that says that it asks.
    pub fn issuer(&self) -> &str {
        match self {
            Self::SignIn(request) => &request.issuer,
            Self::SignOut(request) => &request.issuer,
        }
    }

    /// The address it was meant for.
    pub fn destination(&self) -> Option<&str> {
        match self {
            Self::SignIn(request) => request.destination.as_deref(),
            Self::SignOut(request) => request.destination.as_deref(),
        }
    }
}

fn bad(error: impl std::fmt::Display) -> Cause {
    Cause::Request(error.to_string())
}
