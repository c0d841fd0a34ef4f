//! The device authorization endpoint: begins a sign-in for a device without a browser (RFC 8628 section 3.1).

use std::collections::HashMap;

use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form, Json};
use serde_json::json;

use super::error::{Refusal, SignInError};
use super::scope::Scope;
use super::{Version, authority};
use crate::clock;
use crate::context::Context;
use crate::identity::apps;
use crate::identity::device::{self, INTERVAL_SECONDS, LIFETIME_SECONDS, Started};
use crate::origin::Origin;

type Posted = Result<Form<Vec<(String, String)>>, FormRejection>;

/// `POST /{tenant}/oauth2/v2.0/devicecode`
pub async fn version_2(
    context: State<Context>,
    origin: Extension<Origin>,
    tenant: Path<String>,
    form: Posted,
) -> Result<Response, Refusal> {
    answer(context, origin, tenant, form, Version::Two).await
}

/// `POST /{tenant}/oauth2/devicecode`
pub async fn version_1(
    context: State<Context>,
    origin: Extension<Origin>,
    tenant: Path<String>,
    form: Posted,
) -> Result<Response, Refusal> {
    answer(context, origin, tenant, form, Version::One).await
}

async fn answer(
    State(context): State<Context>,
    Extension(Origin(origin)): Extension<Origin>,
    Path(tenant): Path<String>,
    form: Posted,
    version: Version,
) -> Result<Response, Refusal> {
    let Form(fields) = form.map_err(|_| SignInError::unreadable_form())?;
    let mut fields: HashMap<String, String> = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let client_id = fields.remove("client_id").ok_or_else(|| SignInError::missing("client_id"))?;
    let scope = super::token::scope(&mut fields, version).ok_or_else(|| SignInError::missing("scope"))?;
    let own = origin.clone();
    let Started { device_code, user_code } = context
        .blocking(move |context| {
            context.store.write(|connection| -> Result<Started, Refusal> {
                let (tenant, _) = authority(connection, &tenant)?;
                let app = apps::find(connection, &client_id)?.ok_or_else(|| SignInError::unknown_client(&client_id, &tenant.name))?;
                // What would be refused in the end is refused before somebody types a code.
                Scope::parse(&scope, &own, &tenant.name, &app)?;
                Ok(device::start(connection, &app.client_id, &scope, clock::now().as_second())?)
            })
        })
        .await??;
    let page = format!("{origin}/devicelogin");
    let body = json!({
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": page,
        "verification_url": page,
        "expires_in": LIFETIME_SECONDS,
        "interval": INTERVAL_SECONDS,
        "message": format!("To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."),
    });
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(body)).into_response())
}
