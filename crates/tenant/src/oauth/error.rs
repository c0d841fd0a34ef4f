//! Refusals of the sign-in endpoints, in the service's own words and codes.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::context::Interrupted;
use crate::directory::DirectoryError;
use crate::identity::apps::App;
use crate::identity::codes::{CodeRefusal, IssueError};
use crate::identity::device::Polled;
use crate::identity::federated;
use crate::identity::refresh::RefreshRefusal;
use crate::identity::sign_in::{self, Failed};
use crate::random::NoRandom;
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
    /// What clients look at to know whether asking the person helps.
    suberror: Option<&'static str>,
    status: StatusCode,
}

impl SignInError {
    fn new(status: StatusCode, error: &'static str, code: u32, description: String) -> Self {
        Self { code, error, description, suberror: None, status }
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

    fn grant(code: u32, text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_grant", code, text.into())
    }

    /// The path names no tenant, and nothing else does: an application that acts as itself has no user to tell it by.
    pub fn no_tenant() -> Self {
        let text = "No tenant-identifying information found in either the request or implied by any provided credentials: \
                    use the tenant's id or one of its domains in the address.";
        Self::request(50059, text.to_owned())
    }

    /// A person does not come in.
    pub fn person(refusal: sign_in::SignInError) -> Self {
        use sign_in::SignInError::{Disabled, Federated, Locked, MustChange, TooManyFromHere, Wrong};
        let text = match refusal {
            Federated => {
                let text = "Error validating credentials due to invalid username or password.";
                format!("{text} The domain of the user name is federated: ask userrealm where its passwords are checked.")
            }
            Wrong => "Error validating credentials due to invalid username or password.".to_owned(),
            Locked { wait_seconds } => {
                let text = "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.";
                format!("{text} Try again in {wait_seconds} seconds.")
            }
            TooManyFromHere { wait_seconds } => {
                let text = "Sign-in was blocked because there were too many sign-in attempts with a wrong password from this address.";
                format!("{text} Try again in {wait_seconds} seconds.")
            }
            Disabled => "The user account is disabled. An administrator can allow sign-in again.".to_owned(),
            MustChange { synced: false } => {
                "The password is expired: it has to be changed. Sign in at the tenant's page with a browser to choose a new one.".to_owned()
            }
            MustChange { synced: true } => {
                "The user's Active Directory password has expired. Change it in Active Directory, for instance at a Windows computer."
                    .to_owned()
            }
        };
        Self::grant(refusal.code(), text)
    }

    /// A token of a sign-in service is not believed.
    pub fn token(refusal: &federated::Refusal) -> Self {
        let text = refusal.to_string();
        let mut letters = text.chars();
        let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
        Self::grant(refusal.code(), format!("{first}{}.", letters.as_str()))
    }

    /// A client without credentials came with one.
    pub fn public_client_with_credential() -> Self {
        let text = "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.";
        Self::client(700025, text.to_owned())
    }

    /// Nobody agreed that the application may do this in a person's name.
    pub fn not_consented(app: &App, scope: &str) -> Self {
        let App { client_id, name, .. } = app;
        let text = format!(
            "The user or administrator has not consented to use the application with ID '{client_id}' named '{name}'. \
             It asked for '{scope}'; openid, profile, email, offline_access and User.Read are consented."
        );
        Self { suberror: Some("consent_required"), ..Self::grant(65001, text) }
    }

    /// An authorization code is not taken.
    pub fn code(refusal: CodeRefusal) -> Self {
        match refusal {
            CodeRefusal::Unknown => Self::grant(70000, "The provided value for the input parameter 'code' is not valid."),
            CodeRefusal::Expired => {
                let text = "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive \
                            authorization request for this user and resource.";
                Self::grant(70008, text)
            }
            CodeRefusal::Used => {
                let text = "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing \
                            refresh token.";
                Self::grant(54005, text)
            }
            CodeRefusal::Redirect => {
                let text = "The reply address does not match the reply address provided when requesting Authorization code.";
                Self::grant(500_112, text)
            }
            CodeRefusal::Verifier => {
                Self::grant(501_481, "The Code_Verifier does not match the code_challenge supplied in the authorization request.")
            }
        }
    }

    /// A refresh token is not taken.
    pub fn refresh(refusal: RefreshRefusal) -> Self {
        match refusal {
            RefreshRefusal::Unknown | RefreshRefusal::Reused => {
                let text = "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might \
                            have changed or reset their password.";
                Self { suberror: Some("bad_token"), ..Self::grant(50173, text) }
            }
            RefreshRefusal::Expired => {
                let text = "The refresh token has expired due to inactivity. The user has to sign in again.";
                Self { suberror: Some("bad_token"), ..Self::grant(700_082, text) }
            }
            RefreshRefusal::Unproved => Self::no_credential(),
        }
    }

    /// The person behind a code or token is not in the tenant any more.
    pub fn gone() -> Self {
        let text = "The session is not valid any more because the user account was deleted.";
        Self { suberror: Some("bad_token"), ..Self::grant(50173, text) }
    }

    /// A device gets no token, or not yet. `None` is told to one that got its tokens.
    pub fn device(polled: &Polled) -> Option<Self> {
        let pending = "The provided request has not yet been authorized by the user. The user must input their code.";
        let told = |error, code, text: &str| Some(Self::new(StatusCode::BAD_REQUEST, error, code, text.to_owned()));
        match polled {
            Polled::Approved { .. } => None,
            Polled::Pending => told("authorization_pending", 70016, pending),
            Polled::SlowDown => told("slow_down", 70016, &format!("{pending} Wait 5 seconds longer between two requests.")),
            Polled::Refused => told("authorization_declined", 70017, "The user declined to authorize this request."),
            Polled::Expired => {
                told("expired_token", 70020, "The provided value for the input parameter 'device_code' is not valid. It has expired.")
            }
            Polled::Unknown => told("bad_verification_code", 70018, "The device_code is not known, or has served already."),
        }
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

/// Our own failures, one by one: a refusal among them would be told to nobody.
macro_rules! failures {
    ($($error:ty),*) => {$(
        impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self::Failed(error.into())
            }
        }
    )*};
}
failures!(DirectoryError, StoreError, IssueError, NoRandom, Interrupted, Failed, jsonwebtoken::errors::Error);

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
        let Self { code, error, description, suberror, status } = self;
        let trace_id = random::uuid().unwrap_or_default();
        let timestamp = clock::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let mut body = json!({
            "error": error,
            "error_description": format!("AADSTS{code}: {description} Trace ID: {trace_id} Correlation ID: {trace_id} Timestamp: {timestamp}"),
            "error_codes": [code],
            "timestamp": timestamp,
            "trace_id": trace_id,
            "correlation_id": trace_id,
        });
        if let (Some(suberror), Some(body)) = (suberror, body.as_object_mut()) {
            body.insert("suberror".to_owned(), suberror.into());
        }
        let no_store =
            [(header::CACHE_CONTROL, HeaderValue::from_static("no-store")), (header::PRAGMA, HeaderValue::from_static("no-cache"))];
        (status, no_store, Json(body)).into_response()
    }
}
