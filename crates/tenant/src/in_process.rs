//! The whole tenant in one process: bytes in, bytes out, no socket and no TLS. For tests of other crates, and for comparing a
//! forecast with what the service does.
//!
//! Everything else is as over the network: the router, the checks of tokens, the limits of size and time.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use tower::ServiceExt;

use crate::clock;
use crate::context::{Context, OpenError};
use crate::folder::Folder;
use crate::identity::apps;
use crate::oauth::bearer::Claims;
use crate::oauth::resource::Resource;
use crate::random;
use crate::server::{self, Peer};

/// Status, headers (names in lower case) and body of an answer.
pub type Answer = (u16, Vec<(String, String)>, Vec<u8>);

/// A tenant that answers calls. Cheap to clone; every clone is the same tenant.
#[derive(Clone)]
pub struct Service {
    application: Router,
    context: Context,
}

impl Service {
    /// Opens a data folder that [`crate::init()`] made, or a copy of one. A server on the same folder sees the same directory.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let context = Context::open(&Folder::new(folder))?;
        Ok(Self { application: server::application(context.clone()), context })
    }

    /// Sends one request, with the path and its query as they stand in a request line. The host is `localhost` unless a header
    /// says otherwise. What is no HTTP (a verb with a blank, a header with a line feed) is answered with 400, as any server does.
    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let Ok(mut request) = request.body(Body::from(body.into())) else { return nothing(StatusCode::BAD_REQUEST) };
        request.headers_mut().entry(header::HOST).or_insert(HeaderValue::from_static("localhost"));
        request.extensions_mut().insert(Peer(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        let response = match self.application.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (head, body) = response.into_parts();
        let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else { return nothing(StatusCode::INTERNAL_SERVER_ERROR) };
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        (head.status.as_u16(), headers, body.to_vec())
    }

    /// The access token that the token endpoint would give to a registered application with a certificate, for a resource by its
    /// identifier (`https://graph.microsoft.com`, `6bf85cfa-ac8a-4be5-b5de-425a0d0dc016`). `None` when there is no such
    /// application or resource.
    pub fn token(&self, client_id: &str, resource: &str) -> Option<String> {
        let resource = Resource::parse(resource)?;
        let read = self.context.store.read(|connection| {
            let app = apps::find(connection, client_id)?;
            Ok::<_, crate::store::StoreError>((app, apps::permissions(connection, client_id)?))
        });
        let (app, granted) = read.ok()?;
        let roles = granted.into_iter().filter(|permission| resource.offers(permission)).collect();
        let claims = Claims::for_app(&self.context.tenant_id, &app?, resource, roles, true, random::token().ok()?, clock::now());
        self.context.token_key.sign(&claims).ok()
    }

    /// The tenant's database, for what an administrator or the passing of time does between two calls.
    pub fn store(&self) -> &crate::store::Store {
        &self.context.store
    }
}

fn nothing(status: StatusCode) -> Answer {
    (status.as_u16(), Vec::new(), Vec::new())
}
