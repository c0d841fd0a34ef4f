//! By which name a client called the server. Links in answers use it; names that are not the server's are refused.

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::certificates::SERVER_NAMES;

/// Scheme, host and port as the client called them, without a slash at the end: `https://localhost:8443`.
///
/// Every request carries it as an axum extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(pub String);

/// Refuses requests for a host that is not ours: a page elsewhere must not reach the tenant under its own name (DNS rebinding).
pub async fn require_own_name(mut request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let authority = host.and_then(|host| host.parse::<Authority>().ok()).filter(is_ours);
    match authority {
        Some(authority) => {
            request.extensions_mut().insert(Origin(format!("https://{authority}")));
            next.run(request).await
        }
        None => (StatusCode::MISDIRECTED_REQUEST, "this server answers as localhost, 127.0.0.1 and [::1] only\n").into_response(),
    }
}

fn is_ours(authority: &Authority) -> bool {
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    !authority.as_str().contains('@') && SERVER_NAMES.iter().any(|name| name.eq_ignore_ascii_case(host))
}
