//! How an application gets its answer: in the address it is called back at, or posted there by the browser.

use axum::http::HeaderValue;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use form_urlencoded::Serializer;
use samesign_web::post::PostPage;
use serde_json::json;

use crate::clock;
use crate::context::Context;
use crate::directory::User;
use crate::oauth::error::SignInError;
use crate::oauth::{self, Version};
use crate::origin::Origin;
use crate::random;

/// The service's number for what nobody consented to.
const NOT_CONSENTED: u32 = 65_001;

/// Where in the answer the parameters stand (OAuth 2.0 Multiple Response Types and Form Post Response Mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// After the question mark.
    Query,
    /// After the number sign.
    Fragment,
    /// In a form.
    FormPost,
}

impl Mode {
    /// Reads `response_mode`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "query" => Some(Self::Query),
            "fragment" => Some(Self::Fragment),
            "form_post" => Some(Self::FormPost),
            _ => None,
        }
    }
}

/// The way back to an application. INVARIANT: made for a redirect URI that the application has registered, and no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The registered address.
    pub redirect_uri: String,
    /// How it wants the answer.
    pub mode: Mode,
    /// Given back as it came.
    pub state: Option<String>,
    /// Which endpoint it asked: each generation has an issuer of its own.
    pub version: Version,
    /// Whether it wants to know whose account it is before it has a token.
    pub with_client_info: bool,
}

/// What an application is told in place of a code (OpenID Connect Core section 3.1.2.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    error: &'static str,
    code: u32,
    text: String,
}

impl Trouble {
    /// The request is not in order.
    pub fn invalid_request(code: u32, text: String) -> Self {
        Self { error: "invalid_request", code, text }
    }

    /// A parameter is absent.
    pub fn missing(name: &str) -> Self {
        Self::invalid_request(900_144, format!("The request must contain the following parameter: '{name}'."))
    }

    /// Anything but the code flow.
    pub fn unsupported_response_type(given: &str) -> Self {
        let text = format!("response_type '{given}' is not enabled: use 'code' with PKCE.");
        Self { error: "unsupported_response_type", code: 700_054, text }
    }

    /// Request objects.
    pub fn request_not_supported() -> Self {
        Self { error: "request_not_supported", code: 90_014, text: "Request objects are not supported.".to_owned() }
    }

    /// A scope that nobody consented to, or of a service that is not here.
    pub fn scope(refused: &SignInError) -> Self {
        // Here a refused consent has a name of its own, which the token endpoint lacks.
        let error = if refused.code == NOT_CONSENTED { "consent_required" } else { refused.error };
        Self { error, code: refused.code, text: refused.description.clone() }
    }

    /// Nobody is signed in, and nobody may be asked.
    pub fn login_required() -> Self {
        let text = "Session information is not sufficient for single-sign-on.".to_owned();
        Self { error: "login_required", code: 50_058, text }
    }

    /// The password has to be changed, and nobody may be asked.
    pub fn interaction_required() -> Self {
        Self { error: "interaction_required", code: 50_055, text: "The password is expired: it has to be changed.".to_owned() }
    }
}

impl Answer {
    /// Hands the application its code.
    pub fn code(&self, context: &Context, origin: &Origin, code: &str, user: &User) -> Response {
        let mut fields = vec![("code", code.to_owned())];
        if self.with_client_info {
            let info = json!({"uid": user.id, "utid": &*context.tenant_id}).to_string();
            fields.push(("client_info", URL_SAFE_NO_PAD.encode(info)));
        }
        self.send(fields, context, origin)
    }

    /// Tells the application why there is none.
    pub fn trouble(&self, context: &Context, origin: &Origin, trouble: &Trouble) -> Response {
        let Trouble { error, code, text } = trouble;
        let trace_id = random::uuid().unwrap_or_default();
        let time = clock::now().strftime("%Y-%m-%d %H:%M:%SZ");
        tracing::info!(trace_id, code, text, "the request of an application was refused");
        let text = format!("AADSTS{code}: {text} Trace ID: {trace_id} Correlation ID: {trace_id} Timestamp: {time}");
        self.send(vec![("error", (*error).to_owned()), ("error_description", text)], context, origin)
    }

    /// `iss` says who answers, so that no other server's answer is taken for ours (RFC 9207).
    fn send(&self, mut fields: Vec<(&'static str, String)>, context: &Context, origin: &Origin) -> Response {
        fields.extend(self.state.clone().map(|state| ("state", state)));
        fields.push(("iss", oauth::issuer(&origin.0, &context.tenant_id, self.version)));
        match self.mode {
            Mode::FormPost => PostPage { title: "Signing in", action: &self.redirect_uri, fields: &fields }.into_response(),
            Mode::Query => self.redirect(if self.redirect_uri.contains('?') { '&' } else { '?' }, &fields),
            Mode::Fragment => self.redirect('#', &fields),
        }
    }

    fn redirect(&self, separator: char, fields: &[(&'static str, String)]) -> Response {
        let encoded = Serializer::new(String::new()).extend_pairs(fields).finish();
        match HeaderValue::try_from(format!("{}{separator}{encoded}", self.redirect_uri)) {
            // The service answers with 302; 303 is the same for a GET, and safer should it ever follow a form.
            Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
            Err(_) => super::rejected(50_011, "The redirect URI holds characters that no address may have."),
        }
    }
}
