//! What a page answers when it cannot do its work.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use samesign_web::{ErrorPage, Page};
use samesign_wire::saml::SigningError;

use super::Destination;
use crate::context::Interrupted;
use crate::directory::DirectoryError;
use crate::identity::{SecretError, codes, federated, sign_in};
use crate::random::{self, NoRandom};
use crate::store::StoreError;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The directory refused, or has no such object.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A password could not be stored.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A password could not be checked.
    #[error(transparent)]
    SignIn(#[from] sign_in::Failed),
    /// A code for an application could not be made.
    #[error(transparent)]
    Code(#[from] codes::IssueError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// The server is stopping.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// The service of a federated domain vouched for nobody, or is not believed.
    #[error(transparent)]
    Federation(#[from] federated::Refusal),
    /// A browser could not be sent to the service of a federated domain.
    #[error(transparent)]
    Departure(#[from] federated::requests::OpenError),
    /// A message for such a service could not be made.
    #[error(transparent)]
    Message(#[from] SigningError),
    /// A form that our pages did not send.
    #[error("the form did not come from a page of this tenant, or its session has ended")]
    ForeignForm,
    /// A form with a field missing.
    #[error("the form lacks a field")]
    Incomplete,
}

impl PageError {
    /// The text for the person whose input was refused; `None` when it is not about the input.
    pub fn refusal(&self) -> Option<String> {
        match self {
            Self::Directory(DirectoryError::Store(_) | DirectoryError::Random(_)) => None,
            Self::Directory(DirectoryError::Conflict { value, .. }) => {
                Some(format!("{value} belongs to another user or group already. Choose another name."))
            }
            Self::Directory(error) => Some(sentence(&error.to_string())),
            _ => None,
        }
    }

    fn status_and_text(&self) -> (StatusCode, &'static str, String) {
        match self {
            Self::Directory(DirectoryError::NotFound { .. }) => {
                (StatusCode::NOT_FOUND, "There is no such object", "It may have been deleted. Look for it in the list.".to_owned())
            }
            Self::Federation(refusal) => {
                let status = match refusal {
                    federated::Refusal::Full => StatusCode::SERVICE_UNAVAILABLE,
                    federated::Refusal::NoUser | federated::Refusal::Disabled | federated::Refusal::Domain { .. } => StatusCode::FORBIDDEN,
                    _ => StatusCode::BAD_REQUEST,
                };
                let text =
                    format!("AADSTS{}: {} If this happens again, tell your administrator.", refusal.code(), sentence(&refusal.to_string()));
                (status, "You were not signed in", text)
            }
            Self::ForeignForm => {
                let text = "The form was not sent by a page of this tenant, or the session it belongs to has ended. Open the page again.";
                (StatusCode::FORBIDDEN, "Nothing was changed", text.to_owned())
            }
            Self::Incomplete => (StatusCode::BAD_REQUEST, "Nothing was changed", "The form lacks a field. Open the page again.".to_owned()),
            other => match other.refusal() {
                Some(text) => (StatusCode::BAD_REQUEST, "Nothing was changed", text),
                None => {
                    let text = "The tenant could not do this for a reason of its own. Trying again later may help.";
                    (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", text.to_owned())
                }
            },
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let correlation_id = random::uuid().unwrap_or_default();
        let (status, title, text) = self.status_and_text();
        let from_elsewhere = matches!(self, Self::Federation(_));
        if status.is_server_error() {
            tracing::error!(correlation_id, error = crate::chain(&self), "a page failed");
        } else {
            tracing::info!(correlation_id, error = crate::chain(&self), "a request from a page was refused");
        }
        if from_elsewhere { refused(status, title, &text, &correlation_id) } else { page(status, title, &text, &correlation_id) }
    }
}

#[derive(askama::Template)]
#[template(path = "sign_in/refused.html")]
struct RefusedBody<'a> {
    title: &'a str,
    text: &'a str,
    another: String,
    correlation_id: &'a str,
}

/// The page for somebody who came back from another service and is not let in. INVARIANT: nothing on it goes on by itself, or the
/// browser would be sent back and forth for ever.
fn refused(status: StatusCode, title: &str, text: &str, correlation_id: &str) -> Response {
    let body = RefusedBody { title, text, another: Destination::Account.sign_in_as_another(), correlation_id };
    Page { shell: &super::open_shell(), title, body }.with_status(status)
}

/// A page that says what went wrong. The log has the cause under the same number.
pub fn page(status: StatusCode, title: &str, text: &str, correlation_id: &str) -> Response {
    Page { shell: &super::open_shell(), title, body: ErrorPage { title, text, home: "/", correlation_id } }.with_status(status)
}

/// Errors compose, so they begin in lower case and end without a full stop; a page shows a sentence.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
