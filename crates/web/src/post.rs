//! A page that carries its fields to another site by itself: a form that a small script sends, with a button for whoever runs none.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::assets;
use crate::headers::{Origin, Policy};

/// The page. The answer carries [`Policy::PostsElsewhere`].
#[derive(Template)]
#[template(path = "post.html")]
pub struct PostPage<'a> {
    /// For the browser's title, and as the heading.
    pub title: &'a str,
    /// Where the form goes. The caller has checked it: `http` or `https`, and expected there.
    pub action: &'a str,
    /// Names and values.
    pub fields: &'a [(&'a str, String)],
}

impl PostPage<'_> {
    const STYLE: &'static str = assets::STYLE;
    const ICON: &'static str = assets::ICON;
    const SCRIPT: &'static str = assets::POST_SCRIPT;

    /// The same page, but its form can go to these sites only. For an address that leads on to no other site: browsers hold the
    /// policy against every redirect that follows.
    pub fn bound_to(self, origins: Vec<Origin>) -> Response {
        let mut response = self.into_response();
        response.extensions_mut().insert(Policy::PostsTo(origins));
        response
    }
}

impl IntoResponse for PostPage<'_> {
    fn into_response(self) -> Response {
        let mut response = match self.render() {
            Ok(html) => Html(html).into_response(),
            Err(error) => {
                tracing::error!(%error, title = self.title, "a page could not be rendered");
                (StatusCode::INTERNAL_SERVER_ERROR, "this page cannot be shown; the log has the cause\n").into_response()
            }
        };
        response.extensions_mut().insert(Policy::PostsElsewhere);
        response
    }
}
