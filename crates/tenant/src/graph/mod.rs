//! Microsoft Graph v1.0, as far as a directory and its synchronization need it.
//!
//! HTTP ends in this file: a request becomes a [`Request`], is answered by plain functions on the store, and the [`Answer`]
//! becomes HTTP again. `$batch` uses the same functions.

mod answer;
mod batch;
mod body;
mod contacts;
mod deleted;
mod delta;
mod dispatch;
mod domains;
mod federation;
mod filter;
mod groups;
mod licences;
mod listing;
mod members;
mod memberships;
mod objects;
mod on_premises_synchronization;
mod organization;
mod permissions;
mod query;
mod references;
mod render;
mod request;
mod search;
mod token;
mod users;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Extension, Router, middleware};

use crate::caller::Caller;
use crate::context::Context;
use crate::origin::Origin;
use crate::{clock, oauth, random};
use answer::Answer;
pub(crate) use federation::shown as federation_shown;
use request::Request;

const JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// Everything under `/v1.0`, behind the check of the bearer token.
pub fn router(context: Context) -> Router {
    Router::new()
        .route("/v1.0", any(answer_http))
        .route("/v1.0/", any(answer_http))
        .route("/v1.0/{*path}", any(answer_http))
        .layer(middleware::from_fn_with_state(context.clone(), oauth::bearer::require_graph_token))
        .with_state(context)
}

async fn answer_http(
    axum::extract::State(context): axum::extract::State<Context>,
    Extension(caller): Extension<Caller>,
    Extension(Origin(origin)): Extension<Origin>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request_id = random::uuid().unwrap_or_default();
    let client_request_id = text(&headers, "client-request-id").unwrap_or(&request_id).to_owned();
    let preferences = (text(&headers, "consistencylevel").map(str::to_owned), text(&headers, "prefer").map(str::to_owned));
    let now = clock::now();
    let answered = context
        .blocking(move |context| {
            let target = uri.path_and_query().map_or("/", |target| target.as_str());
            match Request::new(&method, target, preferences, &body, &origin, caller, now) {
                Ok(request) => dispatch::answer(&context.store, &request),
                Err(error) => error.into(),
            }
        })
        .await;
    let answer = answered.unwrap_or_else(|_| answer::GraphError::internal().into());
    http(answer, &request_id, &client_request_id, now)
}

fn http(mut answer: Answer, request_id: &str, client_request_id: &str, now: jiff::Timestamp) -> Response {
    answer.identify(request_id, client_request_id, now);
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match answer.body {
        None => status.into_response(),
        Some(answer::Content::Json(json)) => (status, [(header::CONTENT_TYPE, JSON)], json.to_string()).into_response(),
        Some(answer::Content::Text(text)) => (status, [(header::CONTENT_TYPE, "text/plain")], Body::from(text)).into_response(),
    };
    let fixed =
        [("request-id", request_id), ("client-request-id", client_request_id), ("odata-version", "4.0"), ("x-ms-resource-unit", "1")];
    let more = answer.headers.iter().map(|(name, value)| (*name, value.as_str()));
    for (name, value) in fixed.into_iter().chain(more) {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).filter(|value| value.len() <= 256)
}
