//! `/oidc/userinfo`: who signed in, told to whoever holds an access token of the sign-in (OpenID Connect Core section 5.3).

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Map, Value};

use super::bearer::{bearer, caller, unauthorized};
use super::error::Refusal;
use super::id_token::subject;
use super::resource::Resource;
use crate::clock;
use crate::context::Context;
use crate::directory::User;
use crate::origin::Origin;
use crate::store::users;

/// `GET` and `POST /oidc/userinfo`
pub async fn answer(
    State(context): State<Context>,
    Extension(Origin(origin)): Extension<Origin>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Some(token) = bearer(&headers) else { return Ok(unauthorized(&context, &origin, "Access token is empty.")) };
    let refused = || unauthorized(&context, &origin, "Access token validation failure: it is not from a sign-in with the scope openid.");
    let Some(caller) = caller(&context, token, &[Resource::Graph], clock::now()).filter(|caller| caller.may(&["openid"])) else {
        return Ok(refused());
    };
    let id = caller.user_id.clone().unwrap_or_default();
    let user = context.blocking(move |context| context.store.read(|connection| users::by_id(connection, &id))).await??;
    let Some(user) = user.filter(|user| user.live() && user.enabled) else { return Ok(refused()) };
    let claims = claims(&context, &caller.client_id, &user, caller.may(&["profile"]), caller.may(&["email"]));
    Ok((StatusCode::OK, Json(Value::Object(claims))).into_response())
}

fn claims(context: &Context, client_id: &str, user: &User, profile: bool, email: bool) -> Map<String, Value> {
    let text = |value: Option<&str>, told: bool| value.filter(|_| told).map(Value::from);
    let claims = [
        ("sub", Some(Value::from(subject(&context.tenant_id, client_id, &user.id)))),
        ("name", text(Some(&user.display_name), profile)),
        ("given_name", text(user.text("givenName"), profile)),
        ("family_name", text(user.text("surname"), profile)),
        ("email", text(user.mail.as_deref(), email)),
    ];
    claims.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
