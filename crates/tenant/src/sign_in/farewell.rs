//! Sign-out together with the service of a federated domain: a person who leaves here leaves there, and the other way round.

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use rusqlite::Connection;
use samesign_wire::saml::verify::VerifyingKey;
use samesign_wire::saml::{LogoutRequest, LogoutResponse, NameId, NameIdFormat, Signer, redirect, saml2};
use samesign_wire::wsfed;

use super::departure::with_query;
use super::error::PageError;
use super::logout::{self, Asked, WayBack};
use super::{Destination, person};
use crate::clock;
use crate::context::Context;
use crate::directory::User;
use crate::identity::federated::{AUDIENCE, REPLY_PATH};
use crate::identity::sessions::{self, Elsewhere};
use crate::origin::Origin;
use crate::random;
use crate::store::federation::{self as rows, Federation, Protocol};
use crate::store::{changes, users};

/// The cookie that only ends a session. Sites that sign somebody out everywhere ask for that in a frame, where no other cookie of
/// ours is sent; it opens nothing.
const SIGN_OUT_COOKIE: &str = "__Host-samesign-sign-out";
/// Where an application wants the browser back, while it is at the other service. Checked when it is used.
const BACK_COOKIE: &str = "__Host-samesign-back";
/// How long the browser may be there, in seconds.
const BACK_SECONDS: u32 = 600;
/// A longer way back is not kept, in bytes.
const BACK_BYTES_MAX: usize = 2_048;
/// How long a request to sign out counts.
const REQUEST_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// `SameSite=None`, as nothing else of ours: see [`SIGN_OUT_COOKIE`].
pub fn cookie(token: &str) -> HeaderValue {
    set(SIGN_OUT_COOKIE, token, "SameSite=None")
}

/// The address at which a person is signed out of the service that the session began at; `None` where it has none.
pub fn address(
    context: &Context,
    connection: &Connection,
    elsewhere: &Elsewhere,
    user: &User,
    origin: &str,
) -> Result<Option<String>, PageError> {
    let Some(federation) = rows::of_domain(connection, &elsewhere.domain)? else { return Ok(None) };
    let Some(sign_out) = &federation.sign_out else { return Ok(None) };
    let query = match federation.protocol {
        Protocol::WsFed => {
            let reply = Some(format!("{origin}{REPLY_PATH}"));
            wsfed::Request::SignOut { reply, realm: Some(AUDIENCE.to_owned()), context: None }.to_query()
        }
        Protocol::Saml => {
            let request = LogoutRequest {
                id: format!("_{}", random::uuid()?),
                issued_at: clock::now(),
                issuer: AUDIENCE.to_owned(),
                destination: Some(sign_out.clone()),
                not_on_or_after: clock::now().checked_add(REQUEST_LIFETIME).ok(),
                name_id: NameId { value: user.anchor.clone().unwrap_or_default(), format: NameIdFormat::Persistent },
                session_indexes: elsewhere.session_index.iter().cloned().collect(),
            };
            redirect::encode(redirect::Kind::Request, &request.write(None)?, None, signer(context, &federation))?
        }
    };
    Ok(Some(with_query(sign_out, &query)))
}

fn signer<'a>(context: &'a Context, federation: &Federation) -> Option<&'a dyn Signer> {
    federation.signed_requests.then_some(&*context.token_key as &dyn Signer)
}

/// Keeps the way back to an application until the browser returns from the other service.
pub fn remember(back: &WayBack, mut response: Response) -> Response {
    let Some(_) = back.address else { return response };
    let Ok(text) = serde_json::to_vec(back) else { return response };
    if text.len() <= BACK_BYTES_MAX {
        let value = set(BACK_COOKIE, &URL_SAFE_NO_PAD.encode(text), &format!("SameSite=Lax; Max-Age={BACK_SECONDS}"));
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// `GET /login.srf`: another service signs somebody out (`wsignoutcleanup1.0`, a SAML `LogoutRequest`), or has done so for us.
pub async fn told(State(context): State<Context>, headers: HeaderMap, RawQuery(query): RawQuery) -> Result<Response, PageError> {
    let query = query.unwrap_or_default();
    if let Some(cleanup) = foreign(&context, &headers, &query).await? {
        return Ok(cleanup);
    }
    let way_back = read(&headers, BACK_COOKIE).and_then(|value| URL_SAFE_NO_PAD.decode(value).ok());
    if let Some(way_back) = way_back.and_then(|text| serde_json::from_slice::<WayBack>(&text).ok()) {
        let mut response = logout::leave(way_back.check(&context).await?);
        response.headers_mut().append(header::SET_COOKIE, set(BACK_COOKIE, "", "SameSite=Lax; Max-Age=0"));
        return Ok(response);
    }
    match person::find(&context, &headers).await? {
        Some(_) => Ok(Redirect::to(&Destination::Account.address()).into_response()),
        None => Ok(logout::signed_out(None)),
    }
}

/// `GET /logout`: as the end-session endpoint, and for other services as `/login.srf`.
pub async fn show(
    State(context): State<Context>,
    Extension(Origin(origin)): Extension<Origin>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let query = query.unwrap_or_default();
    match foreign(&context, &headers, &query).await? {
        Some(cleanup) => Ok(cleanup),
        None => logout::begin(&context, &origin, "common", &headers, Asked::parse(&query)).await,
    }
}

/// A sign-out that another service asks for. `None`: the query holds none.
async fn foreign(context: &Context, headers: &HeaderMap, query: &str) -> Result<Option<Response>, PageError> {
    let parameters: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let named = |name: &str| parameters.iter().any(|(given, _)| given == name);
    let request = match wsfed::Request::parse(&parameters) {
        Ok(wsfed::Request::SignOut { .. } | wsfed::Request::SignOutCleanup { .. }) => None,
        _ if named("SAMLRequest") => redirect::decode(query).ok(),
        _ => return Ok(None),
    };
    let sign_out = read(headers, SIGN_OUT_COOKIE);
    let work = move |context: &Context| {
        context.store.write(|connection| -> Result<_, PageError> {
            if let Some(sign_out) = sign_out {
                sessions::end_by_sign_out(connection, &sign_out)?;
            }
            request.map(|request| by_request(context, connection, &request)).transpose().map(Option::flatten)
        })
    };
    let answer = context.blocking(work).await??;
    let mut response = answer.map_or_else(|| logout::signed_out(None), |address| Redirect::to(&address).into_response());
    response.headers_mut().append(header::SET_COOKIE, set(SIGN_OUT_COOKIE, "", "SameSite=None; Max-Age=0"));
    Ok(Some(logout::with_cleared_cookie(response)))
}

/// A SAML request also ends the sessions that it names, when the service of that person's domain signed it: wherever they are. Answers
/// where the browser takes our answer.
fn by_request(context: &Context, connection: &Connection, decoded: &redirect::Decoded) -> Result<Option<String>, PageError> {
    let Ok(request) = LogoutRequest::read(&decoded.document) else { return Ok(None) };
    let Some(signature) = &decoded.signature else { return Ok(None) };
    let signed = |federation: &Federation| {
        let certificates = std::iter::once(&federation.signing).chain(&federation.next_signing);
        let keys: Vec<_> = certificates.filter_map(|der| VerifyingKey::from_certificate(der).ok()).collect();
        signature.verify(&keys).is_ok()
    };
    let user = users::by_anchor(connection, &request.name_id.value)?;
    // One service may speak for several domains with one key: it is the person's own that counts.
    let sessions_at = match &user {
        Some(user) => match crate::directory::federation::realm_of_name(connection, &user.upn)? {
            crate::directory::federation::Realm::Federated { settings: Some(settings), .. } => Some(settings),
            _ => None,
        },
        None => None,
    };
    let (Some(user), Some(federation)) = (user, sessions_at.filter(|federation| signed(federation))) else { return Ok(None) };
    if request.session_indexes.is_empty() {
        sessions::end_of_domain(connection, user.number, &federation.domain, None)?;
    }
    for index in &request.session_indexes {
        sessions::end_of_domain(connection, user.number, &federation.domain, Some(index))?;
    }
    changes::audit(connection, clock::now().as_second(), &federation.issuer, "sign out", &user.upn, "asked by the sign-in service")?;
    let Some(address) = &federation.sign_out else { return Ok(None) };
    let response = LogoutResponse {
        id: format!("_{}", random::uuid()?),
        issued_at: clock::now(),
        issuer: AUDIENCE.to_owned(),
        destination: Some(address.clone()),
        in_response_to: Some(request.id),
        status: saml2::Status::Success,
    };
    let relay_state = decoded.relay_state.as_deref();
    let query = redirect::encode(redirect::Kind::Response, &response.write(None)?, relay_state, signer(context, &federation))?;
    Ok(Some(with_query(address, &query)))
}

/// The value of a cookie; one that occurs twice counts as absent.
fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(given, _)| *given == name).map(|(_, value)| value.to_owned());
    match (values.next(), values.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// `value` is Base64url of ours; one that no header can carry sets nothing.
fn set(name: &str, value: &str, rest: &str) -> HeaderValue {
    let line = format!("{name}={value}; Path=/; Secure; HttpOnly; {rest}");
    HeaderValue::try_from(line).unwrap_or_else(|_| HeaderValue::from_static(""))
}
