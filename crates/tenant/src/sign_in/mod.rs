//! The pages of people: sign-in, a new password, letting a device in, My account, sign-out; and the endpoints of OpenID Connect
//! that a browser visits.
//!
//! Whether somebody may sign in is decided in [`crate::identity`]; here are the pages around it.

mod account;
mod arrival;
mod authorize;
mod change;
mod departure;
mod destination;
mod device;
mod discovery;
pub(crate) mod error;
mod farewell;
pub(crate) mod forms;
mod logout;
mod metadata;
mod pages;
pub(crate) mod person;

use axum::Router;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::HeaderMap;
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use samesign_web::{Page, Shell, assets, headers};

use crate::context::Context;
use crate::identity::federated::REPLY_PATH;
pub(crate) use change::address as change_address;
pub(crate) use destination::Destination;
use error::PageError;
use person::Person;

/// What the pages call the program.
pub(crate) const PRODUCT: &str = "samesign tenant";

/// A token as a form carries it: every byte of its text may take three.
const TOKEN_BYTES_MAX: usize = 1024 * 1024;

/// Forms are small; the request of an application travels in one.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// The pages and the files that all pages need.
pub fn router(context: Context) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/sign-in", get(pages::show).post(pages::submit))
        .route("/sign-in/arrival", get(arrival::enter))
        .route(REPLY_PATH, get(farewell::told).post(arrival::answer).layer(DefaultBodyLimit::max(TOKEN_BYTES_MAX)))
        .route("/logout", get(farewell::show))
        .route("/federationmetadata/2007-06/federationmetadata.xml", get(metadata::ws_federation))
        .route("/FederationMetadata/2007-06/FederationMetadata.xml", get(metadata::ws_federation))
        .route("/federationmetadata/saml20/federationmetadata.xml", get(metadata::saml))
        .route("/sign-out", post(logout::sign_out))
        .route("/password", get(change::show).post(change::change))
        .route("/account", get(account::show))
        .route("/account/password", get(account::show_password).post(account::change_password))
        .route("/devicelogin", get(device::show).post(device::submit))
        .route("/devicelogin/answer", post(device::answer))
        .route("/{tenant}/oauth2/v2.0/authorize", get(authorize::version_2).post(authorize::version_2_posted))
        .route("/{tenant}/oauth2/authorize", get(authorize::version_1).post(authorize::version_1_posted))
        .route("/{tenant}/oauth2/v2.0/logout", get(logout::show).post(logout::submit))
        .route("/{tenant}/oauth2/logout", get(logout::show).post(logout::submit))
        .with_state(context)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .merge(assets::router())
        .layer(middleware::from_fn(headers::protect))
}

/// `GET /`
async fn home(State(context): State<Context>, headers: HeaderMap, RawQuery(query): RawQuery) -> Result<Response, PageError> {
    let signed_in = person::find(&context, &headers).await?.is_some();
    let address = if signed_in { Destination::Account.address() } else { Destination::Account.sign_in_as(query.as_deref()) };
    Ok(Redirect::to(&address).into_response())
}

/// The shell before anyone is signed in.
fn open_shell() -> Shell {
    Shell { product: PRODUCT, home: "/", ..Shell::default() }
}

/// The shell for someone who is signed in.
fn shell(person: &Person) -> Shell {
    Shell {
        place: person.tenant_name.clone(),
        account: Some(samesign_web::Account { name: person.user.upn.clone(), sign_out: "/sign-out", csrf: person.csrf.clone() }),
        ..open_shell()
    }
}

#[derive(askama::Template)]
#[template(path = "sign_in/onward.html")]
struct OnwardBody<'a> {
    title: &'a str,
    address: &'a str,
}

/// Sends a browser on after a form. `title` is seen where the browser does not go by itself.
fn onward(destination: &Destination, title: &str) -> Response {
    let address = destination.address();
    if !destination.leads_elsewhere() {
        return Redirect::to(&address).into_response();
    }
    onward_to(&address, title)
}

/// The same for an address that may be of another site.
fn onward_to(address: &str, title: &str) -> Response {
    let shell = Shell { onward: Some(address.to_owned()), ..open_shell() };
    Page { shell: &shell, title, body: OnwardBody { title, address } }.into_response()
}
