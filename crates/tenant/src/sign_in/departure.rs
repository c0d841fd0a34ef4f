//! A person of a federated domain is sent to sign in at the domain's own service.

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use samesign_web::post::PostPage;
use samesign_web::session::Cookie;
use samesign_web::{Page, Shell};
use samesign_wire::saml::{AuthnRequest, Comparison, NameIdFormat, Signer, post};
use samesign_wire::wsfed::SignIn;

use super::error::PageError;
use super::{Destination, forms, open_shell};
use crate::clock;
use crate::context::Context;
use crate::directory::federation::Realm;
use crate::identity::federated::requests::{self, Request};
use crate::identity::federated::{AUDIENCE, Refusal};
use crate::random;
use crate::store::federation::{Federation, PromptLogin, Protocol};

/// What stands around the reference to a request in `wctx`, as the service has it there.
const CONTEXT: &str = "estsredirect=2&estsrequest=";
/// How the service asks for a password, whatever else would do.
const BY_PASSWORD: &str = "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password";

/// Who is sent away, and what for.
pub struct Departure<'a> {
    /// The settings of the domain.
    pub federation: &'a Federation,
    /// Where the person goes on to afterwards.
    pub destination: &'a Destination,
    /// The name that was typed or hinted at.
    pub name: Option<&'a str>,
    /// Whether this answers a form: then the browser is sent on by a page in between.
    pub after_form: bool,
}

#[derive(Template)]
#[template(path = "sign_in/departure.html")]
struct DepartureBody<'a> {
    brand: &'a str,
    address: &'a str,
}

/// The settings of a federated realm, or why there is no going there.
pub fn settings(realm: Realm) -> Result<Option<Box<Federation>>, Refusal> {
    match realm {
        Realm::Managed => Ok(None),
        Realm::Federated { settings: Some(settings), .. } => Ok(Some(settings)),
        Realm::Federated { root, settings: None } => Err(Refusal::NoSettings { domain: root }),
    }
}

/// The reference in a `wctx` that came back.
pub fn reference(context: &str) -> Option<&str> {
    context.strip_prefix(CONTEXT)
}

/// The id of the SAML request with this reference: an XML name.
pub fn request_id(reference: &str) -> String {
    format!("_{reference}")
}

/// Notes that this browser is sent away, and sends it.
pub async fn depart(context: &Context, headers: &HeaderMap, departure: Departure<'_>) -> Result<Response, PageError> {
    let Departure { federation, destination, name, after_form } = departure;
    let browser = forms::browser(headers)?;
    let cookie = Cookie::Form.set(&browser);
    let now = clock::now();
    let anew = destination.asks_anew();
    let request =
        Request { domain: federation.domain.clone(), destination: destination.to_string(), fresh: if anew { now.as_second() } else { 0 } };
    let open = move |context: &Context| context.store.write(|connection| requests::open(connection, &browser, &request, now.as_second()));
    let reference = context.blocking(open).await??;
    let response = match federation.protocol {
        Protocol::WsFed => by_query(federation, &reference, name, anew, after_form)?,
        Protocol::Saml => by_form(context, federation, &reference, name, anew)?,
    };
    Ok(with_cookie(cookie, response))
}

fn by_query(federation: &Federation, reference: &str, name: Option<&str>, anew: bool, after_form: bool) -> Result<Response, PageError> {
    let (translate, native) = match federation.prompt {
        _ if !anew => (false, false),
        None | Some(PromptLogin::Translate) => (true, false),
        Some(PromptLogin::Native) => (false, true),
        Some(PromptLogin::Disabled) => (false, false),
    };
    let request = SignIn {
        realm: AUDIENCE.to_owned(),
        context: Some(format!("{CONTEXT}{reference}")),
        username: name.map(str::to_owned),
        fresh: (anew && !native).then_some(0),
        authentication: translate.then(|| BY_PASSWORD.to_owned()),
        prompt: native.then(|| "login".to_owned()),
        request_id: Some(random::uuid()?),
        ..SignIn::default()
    };
    let address = with_query(&federation.passive, &request.to_query());
    if !after_form {
        return Ok(Redirect::to(&address).into_response());
    }
    let title = "To your organization's sign-in page";
    let shell = Shell { onward: Some(address.clone()), ..open_shell() };
    Ok(Page { shell: &shell, title, body: DepartureBody { brand: federation.brand(), address: &address } }.into_response())
}

fn by_form(context: &Context, federation: &Federation, reference: &str, name: Option<&str>, anew: bool) -> Result<Response, PageError> {
    let request = AuthnRequest {
        id: request_id(reference),
        issued_at: clock::now(),
        issuer: AUDIENCE.to_owned(),
        destination: Some(federation.passive.clone()),
        acs_url: None,
        name_id_format: Some(NameIdFormat::Persistent.into()),
        force_authn: anew,
        is_passive: false,
        subject: name.map(str::to_owned),
        context_classes: Vec::new(),
        comparison: Comparison::default(),
    };
    let signer = federation.signed_requests.then_some(&*context.token_key as &dyn Signer);
    let fields = [("SAMLRequest", post::encode(&request.write(signer)?)), ("RelayState", reference.to_owned())];
    Ok(PostPage { title: "To your organization's sign-in page", action: &federation.passive, fields: &fields }.into_response())
}

/// Puts a query behind an address that may have one.
pub fn with_query(address: &str, query: &str) -> String {
    format!("{address}{}{query}", if address.contains('?') { '&' } else { '?' })
}

fn with_cookie(cookie: HeaderValue, mut response: Response) -> Response {
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
