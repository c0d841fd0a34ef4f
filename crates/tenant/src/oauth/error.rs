//! Refusals of the sign-in endpoints, in the service's own words and codes.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::store::StoreError;
use crate::{clock, random};

/// A refusal: the OAuth error (RFC 6749, 5.2) with the service's AADSTS number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInError {
    /// Number after "AADSTS".
    pub code: u32,
    /// The OAuth error name.
    pub error: &'static str,
    /// What is wrong and what to do about it.
    pub description: String,
    status: StatusCode,
}

impl SignInError {
    fn new(status: StatusCode, error: &'static str, code: u32, description: String) -> Self {
        Self { code, error, description, status }
    }

    fn request(code: u32, description: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", code, description)
    }

    fn client(code: u32, description: String) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_client", code, description)
    }

    /// The tenant named in the path is not this one.
    pub fn unknown_tenant(name: &str) -> Self {
        let text = format!("Tenant '{name}' not found. Check that the tenant id or a verified domain of the tenant stands in the address.");
        Self::request(90002, text)
    }

    /// A parameter of the form is absent.
    pub fn missing(parameter: &str) -> Self {
        Self::request(900144, format!("The request body must contain the following parameter: '{parameter}'."))
    }

    /// The form cannot be read.
    pub fn unreadable_form() -> Self {
        Self::request(9002313, "Invalid request. Request is malformed or invalid.".to_owned())
    }

    /// The grant type is none that the tenant offers.
    pub fn grant_type(given: &str) -> Self {
        let text = format!("The app requested an unsupported grant type '{given}'.");
        Self::new(StatusCode::BAD_REQUEST, "unsupported_grant_type", 70003, text)
    }

    /// No application has this client id.
    pub fn unknown_client(client_id: &str, tenant: &str) -> Self {
        let uuid = client_id.len() == 36 && client_id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        let (code, text) = if uuid {
            (700016, format!("Application with identifier '{client_id}' was not found in the directory '{tenant}'."))
        } else {
            (700038, format!("'{client_id}' is not a valid application identifier."))
        };
        Self::new(StatusCode::BAD_REQUEST, "unauthorized_client", code, text)
    }

    /// The application gave no credential.
    pub fn no_credential() -> Self {
        let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        Self::client(7000218, text.to_owned())
    }

    /// The secret is none of the application's.
    pub fn wrong_secret(client_id: &str) -> Self {
        let text = "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
                    not the client secret ID, for a secret added to app";
        Self::client(7000215, format!("{text} '{client_id}'."))
    }

    /// The assertion is not signed with a key that is registered for the application, or is not an assertion at all.
    pub fn assertion_signature(reason: &str) -> Self {
        Self::client(
            700027,
            format!(
                "The certificate with identifier used to sign the client assertion is not registered on application, or the assertion is not valid: {reason}."
            ),
        )
    }

    /// The assertion is too old, not valid yet, or valid for too long.
    pub fn assertion_time(reason: &str) -> Self {
        Self::client(700024, format!("Client assertion is not within its valid time range: {reason}."))
    }

    /// The assertion was made for somebody else.
    pub fn assertion_audience(expected: &str) -> Self {
        Self::client(700023, format!("Client assertion audience claim does not match Realm issuer. The audience must be '{expected}'."))
    }

    /// The assertion was used before.
    pub fn assertion_replayed() -> Self {
        Self::client(50013, "Assertion failed: its jti was used before. Make a new assertion for each request.".to_owned())
    }

    /// The scope of an application's own token must be all it was granted.
    pub fn scope_not_default(scope: &str) -> Self {
        let text = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
        );
        Self::new(StatusCode::BAD_REQUEST, "invalid_scope", 1002012, text)
    }

    /// No such service takes this tenant's tokens.
    pub fn unknown_resource(name: &str, tenant: &str) -> Self {
        let text = format!("The resource principal named {name} was not found in the tenant named {tenant}.");
        Self::new(StatusCode::BAD_REQUEST, "invalid_resource", 500011, text)
    }

    /// Our own failure; the cause is in the log.
    pub fn internal() -> Self {
        let text = "The tenant could not answer for a reason of its own; its log has the cause.".to_owned();
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", 90033, text)
    }
}

/// Why there is no token: a refusal to tell the client, or our own failure.
pub enum Refusal {
    /// The client's fault.
    Refused(SignInError),
    /// Ours: for the log.
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl From<SignInError> for Refusal {
    fn from(error: SignInError) -> Self {
        Self::Refused(error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(error) => error.into_response(),
            Self::Failed(cause) => {
                tracing::error!(error = crate::chain(cause.as_ref()), "a sign-in could not be answered");
                SignInError::internal().into_response()
            }
        }
    }
}

impl IntoResponse for SignInError {
    fn into_response(self) -> Response {
        let Self { code, error, description, status } = self;
        let trace_id = random::uuid().unwrap_or_default();
        let timestamp = clock::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let body = json!({
            "error": error,
            "error_description": format!("AADSTS{code}: {description} Trace ID: {trace_id} Correlation ID: {trace_id} Timestamp: {timestamp}"),
            "error_codes": [code],
            "timestamp": timestamp,
            "trace_id": trace_id,
            "correlation_id": trace_id,
        });
        let no_store =
            [(header::CACHE_CONTROL, HeaderValue::from_static("no-store")), (header::PRAGMA, HeaderValue::from_static("no-cache"))];
        (status, no_store, Json(body)).into_response()
    }
}
