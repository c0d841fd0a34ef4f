//! The pages that people see.

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use samesign_web::session::Cookie;
use samesign_web::{Account, Notice, NoticeKind, Page, Shell, csrf};

use crate::random::{self, NoRandom};

/// How long the applications that are told of a sign-out may take before the browser goes on.
const TELLING_SECONDS: u8 = 4;

/// What the pages call the program.
const PRODUCT: &str = "samesign sign-in";

/// The shell before anyone is signed in.
pub(crate) fn shell() -> Shell {
    Shell { product: PRODUCT, home: super::HOME, ..Shell::default() }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInBody<'a> {
    csrf: &'a str,
    request: &'a str,
    application: Option<&'a str>,
    name: &'a str,
    domain: &'a str,
    wrong: bool,
}

/// The sign-in page.
pub(crate) struct SignInPage<'a> {
    /// The handle of the request that waits.
    pub request: &'a str,
    /// What the person is on the way to; `None` for the home page.
    pub application: Option<&'a str>,
    /// The name that stands in the form already.
    pub name: &'a str,
    /// A domain, for the example of a name.
    pub domain: &'a str,
    /// Something to know.
    pub notice: Option<Notice>,
}

impl SignInPage<'_> {
    /// The page, with the cookie that its form needs. A cookie that is there already stays, so that a form in another tab still
    /// serves.
    pub fn answer(self, headers: &HeaderMap, status: StatusCode) -> Result<Response, NoRandom> {
        let cookie = match Cookie::FederationForm.read(headers) {
            Some(cookie) => cookie,
            None => random::token()?,
        };
        let Self { request, application, name, domain, notice } = self;
        let wrong = notice.as_ref().is_some_and(|notice| notice.kind == NoticeKind::Refused);
        let shell = Shell { notice, ..shell() };
        let body = SignInBody { csrf: &csrf::token(&cookie), request, application, name, domain, wrong };
        let page = Page { shell: &shell, title: "Sign in", body }.with_status(status);
        Ok(([(header::SET_COOKIE, Cookie::FederationForm.set(&cookie))], page).into_response())
    }
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomeBody<'a> {
    display_name: &'a str,
    applications: &'a [Tile<'a>],
}

struct Tile<'a> {
    name: &'a str,
    address: &'a str,
}

impl Tile<'_> {
    /// Stands where an icon would.
    fn initial(&self) -> String {
        self.name.chars().next().unwrap_or_default().to_string()
    }

    /// The address as people read it.
    fn place(&self) -> &str {
        self.address.trim_start_matches("https://").trim_end_matches('/')
    }
}

/// The applications that somebody who is signed in can start. `cookie` is the session's.
pub(crate) fn home(upn: &str, display_name: &str, applications: &[(&str, &str)], cookie: &str) -> Response {
    let account = Account { name: upn.to_owned(), sign_out: super::SIGN_OUT, csrf: csrf::token(cookie) };
    let shell = Shell { account: Some(account), ..shell() };
    let applications: Vec<Tile> = applications.iter().map(|(name, address)| Tile { name, address }).collect();
    Page { shell: &shell, title: "Applications", body: HomeBody { display_name, applications: &applications } }.into_response()
}

/// One application that is told of a sign-out.
pub(crate) struct Told {
    /// What people call it.
    pub name: String,
    /// The address that tells it.
    pub url: String,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutBody<'a> {
    told: &'a [Told],
    back: Option<&'a str>,
    home: &'a str,
}

/// What is seen after a sign-out. The applications are told by frames, which the policy of the answer has to allow.
pub(crate) fn signed_out(told: &[Told], back: Option<&str>) -> Response {
    let body = SignedOutBody { told, back, home: super::HOME };
    let shell = Shell { onward: back.map(str::to_owned), onward_after: TELLING_SECONDS, ..shell() };
    Page { shell: &shell, title: "Signed out", body }.into_response()
}

/// A cookie put beside what an answer sets already.
pub(crate) fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
