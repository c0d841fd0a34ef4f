//! Why there is no answer to a browser: a page for the person, a line in the log for who runs the service.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use samesign_web::{ErrorPage, Page};

use super::pages::shell;
use crate::audit::AuditError;
use crate::directory::DirectoryError;
use crate::random::NoRandom;
use crate::store::StoreError;

/// A request that is not answered, with the id under which the log has the cause.
pub(crate) struct Failure {
    pub cause: Cause,
    pub correlation_id: String,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cause {
    /// The request is not one.
    #[error("the request cannot be read: {0}")]
    Request(String),
    /// Nobody of that name trusts the service.
    #[error("no application is configured as {0}")]
    UnknownParty(String),
    /// The answer was wanted at an address that does not stand in the configuration.
    #[error("{wish} is not a reply address of {application}: if it should be, add it to `reply` of [[federation.application]]")]
    ReplyAddress { application: String, wish: String },
    /// A request that its application would have signed.
    #[error(
        "the request of {application} is not accepted: if it signs its requests by RSA-SHA256, compare its certificate with `certificate` of [[federation.application]]"
    )]
    Signature {
        application: String,
        #[source]
        refusal: samesign_wire::saml::Refusal,
    },
    /// The request was answered already, or waited too long.
    #[error("the sign-in request was used already or has run out")]
    Gone,
    /// A form that no page of ours sent.
    #[error("the form did not come from a page of this service, or its cookie has gone")]
    ForeignForm,
    /// The account may not be vouched for.
    #[error("not vouched for: {0}")]
    Denied(String),
    /// Active Directory does not answer.
    #[error("active directory cannot be asked")]
    Directory(#[from] DirectoryError),
    /// The database.
    #[error("the service's memory cannot be used")]
    Store(#[from] StoreError),
    /// The audit log.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// Random bytes.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// A token could not be made.
    #[error("a token could not be made")]
    Token(#[from] samesign_wire::saml::SigningError),
    /// What was kept cannot be read any more.
    #[error("what was kept of a sign-in cannot be read")]
    Kept(#[from] serde_json::Error),
}

impl Cause {
    /// With the id of the sign-in that it ended.
    pub fn of(self, correlation_id: &str) -> Failure {
        Failure { cause: self, correlation_id: correlation_id.to_owned() }
    }

    fn for_people(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Request(_) => {
                (StatusCode::BAD_REQUEST, "This request cannot be read", "Go back to the application that you came from and start again.")
            }
            Self::UnknownParty(_) => (
                StatusCode::BAD_REQUEST,
                "This application is not known here",
                "The application that sent you has not been set up for this sign-in service. Its administrator can do that.",
            ),
            Self::ReplyAddress { .. } => (
                StatusCode::BAD_REQUEST,
                "This application asked for the wrong address",
                "It wants your sign-in delivered to an address that has not been set up. Nothing was sent. Its administrator can mend that.",
            ),
            Self::Signature { .. } => (
                StatusCode::BAD_REQUEST,
                "This request is not from the application",
                "It does not bear the application's signature, so nothing was done. Go back to the application and start again; if that \
                 does not help, its administrator can.",
            ),
            Self::Gone => (
                StatusCode::BAD_REQUEST,
                "This sign-in has ended",
                "It was finished already, or it took too long. Go back to the application that you came from and start again.",
            ),
            Self::ForeignForm => (
                StatusCode::FORBIDDEN,
                "Nothing was done",
                "The form was not sent by a page of this service, or your browser keeps no cookies. Open the page again.",
            ),
            Self::Denied(_) => (
                StatusCode::FORBIDDEN,
                "You cannot use this application",
                "Your account is not set up for it. Your administrator can tell why, and mend it.",
            ),
            Self::Directory(_) | Self::Store(_) | Self::Audit(_) | Self::Random(_) | Self::Token(_) | Self::Kept(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Signing in does not work at the moment",
                "The service has a problem of its own. Try again in a few minutes.",
            ),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self { cause, correlation_id } = self;
        let (status, title, text) = cause.for_people();
        if status.is_server_error() {
            tracing::error!(correlation_id, error = chain(&cause), "a request failed");
        } else {
            tracing::info!(correlation_id, error = chain(&cause), "a request was refused");
        }
        let body = ErrorPage { title, text, home: super::HOME, correlation_id: &correlation_id };
        Page { shell: &shell(), title, body }.with_status(status)
    }
}

/// An error with all its causes, for one line of a log.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
