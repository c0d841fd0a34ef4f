//! The files that pages need, inside the binary.

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Where the style sheet is. The version in it changes with every release, so that browsers may keep the file.
pub const STYLE: &str = concat!("/assets/style-", env!("CARGO_PKG_VERSION"), ".css");
/// Where the icon is.
pub const ICON: &str = concat!("/assets/icon-", env!("CARGO_PKG_VERSION"), ".svg");

/// Where the one script is: it posts the only form of a page that goes on to another site, see [`crate::post`].
pub const POST_SCRIPT: &str = concat!("/assets/post-", env!("CARGO_PKG_VERSION"), ".js");

/// Serves the files.
pub fn router() -> Router {
    Router::new()
        .route(STYLE, get(|headers: HeaderMap| file(headers, "text/css; charset=utf-8", include_str!("../assets/style.css"))))
        .route(ICON, get(|headers: HeaderMap| file(headers, "image/svg+xml", include_str!("../assets/icon.svg"))))
        .route(POST_SCRIPT, get(|headers: HeaderMap| file(headers, "text/javascript; charset=utf-8", include_str!("../assets/post.js"))))
}

/// Browsers ask again each time, and are told "unchanged" by the entity tag: a rebuilt binary shows at once.
async fn file(headers: HeaderMap, content_type: &'static str, text: &'static str) -> Response {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    let tag: String = digest.as_ref().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let caching = [(header::CACHE_CONTROL, "no-cache".to_owned()), (header::ETAG, tag.clone())];
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|given| given.as_bytes() == tag.as_bytes());
    if known {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(header::CONTENT_TYPE, HeaderValue::from_static(content_type))], text).into_response()
}
