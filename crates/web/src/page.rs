//! A page: the shell that all share, and the body that each brings.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::assets;

/// A section of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// What it is called.
    pub label: &'static str,
    /// Where it is.
    pub href: &'static str,
    /// Whether the page belongs to it.
    pub current: bool,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Shown at the top.
    pub name: String,
    /// Where the sign-out form goes.
    pub sign_out: &'static str,
    /// The session's form token, see [`crate::csrf::token`].
    pub csrf: String,
}

/// How a notice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// What was asked for is done.
    Done,
    /// Something to know before going on.
    Warning,
    /// What was asked for was not done.
    Refused,
}

impl NoticeKind {
    const fn class(self) -> &'static str {
        match self {
            Self::Done => "good",
            Self::Warning => "warn",
            Self::Refused => "bad",
        }
    }

    const fn is_urgent(self) -> bool {
        matches!(self, Self::Refused)
    }
}

/// One message above the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How it is meant.
    pub kind: NoticeKind,
    /// Plain text.
    pub text: String,
}

/// What stands around the content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shell {
    /// Name of the program that serves the page.
    pub product: &'static str,
    /// Whose data it shows, such as the tenant's name. May be empty.
    pub place: String,
    /// Where the name at the top leads.
    pub home: &'static str,
    /// The sections; none on a page before sign-in.
    pub tabs: Vec<Tab>,
    /// Who is signed in.
    pub account: Option<Account>,
    /// One message above the content.
    pub notice: Option<Notice>,
    /// Where the browser goes on to by itself. The page should offer the same as a link.
    ///
    /// A redirect that answers a form is held against `form-action`, with everything that follows it: one that leaves our pages
    /// has to begin with a page in between.
    pub onward: Option<String>,
    /// How long it stays on the page before, in seconds.
    pub onward_after: u8,
}

/// A whole page, ready to be answered.
pub struct Page<'a, Body> {
    /// What stands around the content.
    pub shell: &'a Shell,
    /// For the browser's title.
    pub title: &'a str,
    /// The content.
    pub body: Body,
}

#[derive(Template)]
#[template(path = "shell.html")]
struct ShellTemplate<'a> {
    product: &'a str,
    place: &'a str,
    home: &'a str,
    tabs: &'a [Tab],
    account: Option<&'a Account>,
    notice: Option<&'a Notice>,
    onward: Option<&'a str>,
    onward_after: u8,
    title: &'a str,
    style: &'static str,
    icon: &'static str,
    // Already escaped: it was rendered from a template.
    body: String,
}

impl<Body: Template> Page<'_, Body> {
    /// The page as HTML with this status.
    pub fn with_status(self, status: StatusCode) -> Response {
        let Self { shell, title, body } = self;
        let rendered = body.render().and_then(|body| {
            let Shell { product, place, home, tabs, account, notice, onward, onward_after } = shell;
            let (account, notice, onward, onward_after) = (account.as_ref(), notice.as_ref(), onward.as_deref(), *onward_after);
            ShellTemplate {
                product,
                place,
                home,
                tabs,
                account,
                notice,
                onward,
                onward_after,
                title,
                style: assets::STYLE,
                icon: assets::ICON,
                body,
            }
            .render()
        });
        match rendered {
            Ok(html) => (status, Html(html)).into_response(),
            Err(error) => {
                tracing::error!(%error, title, "a page could not be rendered");
                (StatusCode::INTERNAL_SERVER_ERROR, "this page cannot be shown; the log has the cause\n").into_response()
            }
        }
    }
}

impl<Body: Template> IntoResponse for Page<'_, Body> {
    fn into_response(self) -> Response {
        self.with_status(StatusCode::OK)
    }
}

/// A page that says what went wrong, without internals: those are in the log under the same number.
#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage<'a> {
    /// What happened, as a heading.
    pub title: &'a str,
    /// What to do.
    pub text: &'a str,
    /// Where to go on.
    pub home: &'a str,
    /// The number under which the log has the cause.
    pub correlation_id: &'a str,
}
