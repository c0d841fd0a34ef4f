//! The authorization endpoint: an application sends somebody here to be signed in (OpenID Connect Core section 3.1, RFC 6749, RFC
//! 7636, RFC 9207).

mod answer;
mod request;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use samesign_web::Page;

use super::error::{self, PageError};
use super::person::{self, Person};
use super::{Destination, shell};
use crate::context::Context;
use crate::oauth::Version;
use crate::origin::Origin;
use crate::random;
use answer::Trouble;
use request::{Prompt, Rejected, Request};

#[derive(Template)]
#[template(path = "sign_in/choose.html")]
struct ChooseBody<'a> {
    app: &'a str,
    display_name: &'a str,
    upn: &'a str,
    stay: &'a str,
    other: &'a str,
}

/// `GET /{tenant}/oauth2/v2.0/authorize`
pub async fn version_2(
    context: State<Context>,
    origin: Extension<Origin>,
    tenant: Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    show(context, origin, tenant, Version::Two, headers, query.unwrap_or_default()).await
}

/// `GET /{tenant}/oauth2/authorize`
pub async fn version_1(
    context: State<Context>,
    origin: Extension<Origin>,
    tenant: Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    show(context, origin, tenant, Version::One, headers, query.unwrap_or_default()).await
}

/// `POST /{tenant}/oauth2/v2.0/authorize`
pub async fn version_2_posted(Path(tenant): Path<String>, body: String) -> Response {
    posted(tenant, Version::Two, &body)
}

/// `POST /{tenant}/oauth2/authorize`
pub async fn version_1_posted(Path(tenant): Path<String>, body: String) -> Response {
    posted(tenant, Version::One, &body)
}

/// A form from another site comes without our cookies, the request that follows comes with them.
fn posted(tenant: String, version: Version, body: &str) -> Response {
    let destination = Destination::Authorize { tenant, version, parameters: request::parameters(body) };
    // Read back, so that what stands in the path is checked.
    Redirect::to(&Destination::parse(&destination.to_string()).address()).into_response()
}

async fn show(
    State(context): State<Context>,
    Extension(origin): Extension<Origin>,
    Path(tenant): Path<String>,
    version: Version,
    headers: HeaderMap,
    query: String,
) -> Result<Response, PageError> {
    let parameters = request::parameters(&query);
    let person = person::find(&context, &headers).await?;
    let destination = Destination::Authorize { tenant: tenant.clone(), version, parameters: parameters.clone() };
    let called = origin.0.clone();
    let read = move |context: &Context| Request::read(context, &tenant, version, &called, parameters);
    match context.blocking(read).await?? {
        Err(Rejected::Shown { code, text }) => Ok(rejected(code, &text)),
        Err(Rejected::Told { answer, trouble }) => Ok(answer.trouble(&context, &origin, &trouble)),
        Ok(request) => proceed(&context, &origin, request, person, destination).await,
    }
}

/// The application and its address are in order: asks what has to be asked, else answers.
async fn proceed(
    context: &Context,
    origin: &Origin,
    request: Request,
    person: Option<Person>,
    destination: Destination,
) -> Result<Response, PageError> {
    let person = person.filter(|person| request.may_be(&person.user));
    match (request.prompt, person) {
        (Prompt::Never, None) => Ok(request.answer.trouble(context, origin, &Trouble::login_required())),
        (Prompt::Never, Some(person)) if person.must_change => {
            Ok(request.answer.trouble(context, origin, &Trouble::interaction_required()))
        }
        (Prompt::SignIn, _) | (Prompt::WhenNeeded | Prompt::Choose, None) => Ok(Redirect::to(&destination.sign_in()).into_response()),
        (_, Some(person)) if person.must_change => Ok(Redirect::to(&super::change::address(&destination)).into_response()),
        (Prompt::Choose, Some(person)) => Ok(choose(&request, &person, destination)),
        (Prompt::WhenNeeded | Prompt::Never, Some(person)) => grant(context, origin, request, person).await,
    }
}

async fn grant(context: &Context, origin: &Origin, request: Request, person: Person) -> Result<Response, PageError> {
    let (answer, new_code) = request.into_code(&person.user);
    let code = context.blocking(move |context| request::issue(context, &new_code)).await??;
    Ok(answer.code(context, origin, &code, &person.user))
}

fn choose(request: &Request, person: &Person, destination: Destination) -> Response {
    let stay = destination.clone().fulfilled().address();
    let body = ChooseBody {
        app: &request.app_name,
        display_name: &person.user.display_name,
        upn: &person.user.upn,
        stay: &stay,
        other: &destination.sign_in_as_another(),
    };
    Page { shell: &shell(person), title: "Choose an account", body }.into_response()
}

/// An error that is shown here, because the application or its address is not to be trusted with it.
fn rejected(code: u32, text: &str) -> Response {
    let correlation_id = random::uuid().unwrap_or_default();
    tracing::info!(correlation_id, code, text, "the request of an application was refused");
    let text = format!("{text} (AADSTS{code}) Tell this to whoever maintains the application.");
    error::page(StatusCode::BAD_REQUEST, "This application cannot sign you in", &text, &correlation_id)
}
