//! `/provisioningservice.svc` over HTTP: bytes in, the caller checked by the token inside the envelope, bytes out.
//!
//! What the operations do is in [`crate::provisioning`].

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use samesign_wire::provisioning::{Fault, FaultCode, FaultDetail, RequestHeader, decode_request, encode_fault, encode_response, names};

use crate::caller::Caller;
use crate::clock;
use crate::context::{Context, Interrupted};
use crate::oauth::bearer;
use crate::oauth::resource::{Resource, SYNCHRONIZE};
use crate::provisioning::{self, Client};

/// A request of this service, in bytes: a batch of 100 objects with long lists fits many times over.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The endpoint.
pub fn router(context: Context) -> Router {
    Router::new().route(names::PATH, post(answer)).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)).with_state(context)
}

async fn answer(State(context): State<Context>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_binary_soap(&headers) {
        let text = format!("this service takes {} only\n", names::CONTENT_TYPE);
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, text).into_response();
    }
    match context.blocking(move |context| serve(context, &body)).await {
        Ok(Ok(bytes)) => binary(StatusCode::OK, bytes),
        Ok(Err(bytes)) => binary(StatusCode::INTERNAL_SERVER_ERROR, bytes),
        Err(Interrupted) => (StatusCode::SERVICE_UNAVAILABLE, "the tenant is stopping; try again later\n").into_response(),
    }
}

/// The encoded response, or the encoded fault.
fn serve(context: &Context, body: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
    let (header, request) = decode_request(body).map_err(|error| {
        tracing::info!(error = crate::chain(&error), "a provisioning request could not be read");
        encode_fault("", &refused("InvalidRequest", &format!("The request cannot be read: {error}.")))
    })?;
    let fault = |fault: Fault| encode_fault(&header.message_id, &fault);
    let caller = authorize(context, &header).map_err(fault)?;
    let client = Client { actor: caller.client_id, build: header.dirsync_build_number.clone() };
    let response = provisioning::handle(&context.store, &request, &client, clock::now().as_second()).map_err(fault)?;
    Ok(encode_response(request.operation(), &header.message_id, &response))
}

/// The token travels inside the envelope, not in the HTTP header.
fn authorize(context: &Context, header: &RequestHeader) -> Result<Caller, Fault> {
    let resources = [Resource::Synchronization, Resource::OldGraph];
    let caller = bearer::caller(context, header.bearer_token.expose(), &resources, clock::now());
    let caller = caller.ok_or_else(|| {
        refused("InvalidToken", "The bearer token is missing, has expired, or is not for this service. Please get a new one.")
    })?;
    if caller.may(&[SYNCHRONIZE]) {
        return Ok(caller);
    }
    let message = format!("Access to Azure Active Directory has been denied: the application lacks the role {SYNCHRONIZE}.");
    Err(refused("AccessDenied", &message))
}

fn is_binary_soap(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(names::CONTENT_TYPE))
}

fn refused(error_code: &str, message: &str) -> Fault {
    let (error_code, message) = (error_code.to_owned(), message.to_owned());
    Fault { code: FaultCode::Sender, reason: message.clone(), detail: FaultDetail::AdminWebService { error_code, message } }
}

fn binary(status: StatusCode, bytes: Vec<u8>) -> Response {
    let content_type = HeaderValue::from_static(names::CONTENT_TYPE);
    (status, [(header::CONTENT_TYPE, content_type)], bytes).into_response()
}
