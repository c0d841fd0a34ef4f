//! What anybody may read: metadata, and how programs sign in.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use samesign_wire::wstrust;

use super::failure::{Cause, Failure};
use super::visitor::Visitor;
use super::{Parts, Service};
use crate::clock;
use crate::metadata::{self, ACTIVE_13, ACTIVE_2005, MetadataError};

/// A document is signed anew after this long, in seconds: signing costs a millisecond, and anybody may ask.
const FRESH_SECONDS: i64 = 60;

/// The document that was signed last.
#[derive(Default)]
pub(super) struct Signed(Mutex<Option<Copy>>);

#[derive(Clone)]
struct Copy {
    at: i64,
    certificates: Vec<Vec<u8>>,
    text: Arc<str>,
}

impl Signed {
    fn document(&self, parts: &Parts) -> Result<Arc<str>, Cause> {
        let now = clock::now();
        let certificates = parts.ring.published(now);
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |copy: &&Copy| (0..FRESH_SECONDS).contains(&(now.as_second() - copy.at)) && copy.certificates == certificates;
        if let Some(copy) = last.as_ref().filter(fresh) {
            return Ok(copy.text.clone());
        }
        let key = parts.ring.current(now);
        let text = metadata::document(&parts.surroundings.host, &parts.origin, certificates.clone(), &*key, now);
        let text: Arc<str> = text
            .map_err(|error| match error {
                MetadataError::Random(error) => Cause::from(error),
                MetadataError::Signing(error) => Cause::from(error),
            })?
            .into();
        *last = Some(Copy { at: now.as_second(), certificates, text: text.clone() });
        Ok(text)
    }
}

/// `GET /FederationMetadata/2007-06/FederationMetadata.xml`
pub(super) async fn metadata(State(service): State<Service>, Extension(visitor): Extension<Visitor>) -> Result<Response, Failure> {
    let text = service.signed.document(&service).map_err(|cause| cause.of(&visitor.correlation_id))?;
    Ok(document("application/samlmetadata+xml; charset=utf-8", text.to_string()))
}

/// `GET /adfs/services/trust/mex`
pub(super) async fn mex(State(service): State<Service>, Extension(visitor): Extension<Visitor>) -> Result<Response, Failure> {
    let at = |path: &str| format!("{}{path}", service.origin);
    let text = wstrust::mex(&at(ACTIVE_2005), &at(ACTIVE_13)).map_err(|error| Cause::from(error).of(&visitor.correlation_id))?;
    Ok(document("text/xml; charset=utf-8", text))
}

/// A document that is never taken for anything else.
pub(super) fn document(kind: &'static str, text: String) -> Response {
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (headers, text).into_response()
}
