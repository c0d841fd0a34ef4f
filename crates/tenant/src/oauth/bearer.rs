//! Access tokens: what is in them, and the check of one that a request carries.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::Proof;
use super::id_token::subject;
use super::resource::Resource;
use crate::caller::Caller;
use crate::clock;
use crate::context::Context;
use crate::directory::User;
use crate::identity::apps::App;
use crate::origin::Origin;
use crate::random;

/// How long an access token is good for, in seconds.
pub const LIFETIME_SECONDS: i64 = 3599;

/// The claims of an access token, in the shape the service gives to tokens for its own resources.
#[derive(Clone, Deserialize, Serialize)]
pub struct Claims {
    aud: String,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    amr: Vec<String>,
    app_displayname: String,
    appid: String,
    appidacr: String,
    idp: String,
    idtyp: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    oid: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scp: Option<String>,
    sub: String,
    tid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unique_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upn: Option<String>,
    uti: String,
    ver: String,
}

impl Claims {
    /// A token by which an application acts as itself.
    pub fn for_app(
        tenant: &str,
        app: &App,
        resource: Resource,
        roles: Vec<String>,
        by_certificate: bool,
        uti: String,
        now: Timestamp,
    ) -> Self {
        let issuer = issuer(tenant);
        let now = now.as_second();
        Self {
            aud: resource.audience().to_owned(),
            iss: issuer.clone(),
            iat: now,
            nbf: now,
            exp: now + LIFETIME_SECONDS,
            amr: Vec::new(),
            app_displayname: app.name.clone(),
            appid: app.client_id.clone(),
            appidacr: if by_certificate { "2" } else { "1" }.to_owned(),
            idp: issuer,
            idtyp: "app".to_owned(),
            name: None,
            oid: app.object_id.clone(),
            roles,
            scp: None,
            sub: app.object_id.clone(),
            tid: tenant.to_owned(),
            unique_name: None,
            upn: None,
            uti,
            ver: "1.0".to_owned(),
        }
    }

    /// A token for Graph by which an application acts in a person's name, as far as `permissions` go.
    pub fn for_user(tenant: &str, app: &App, proof: Proof, user: &User, permissions: String, uti: String, now: Timestamp) -> Self {
        Self {
            amr: vec!["pwd".to_owned()],
            appidacr: match proof {
                Proof::None => "0",
                Proof::Secret => "1",
                Proof::Certificate => "2",
            }
            .to_owned(),
            idtyp: "user".to_owned(),
            name: Some(user.display_name.clone()),
            oid: user.id.clone(),
            scp: Some(permissions),
            sub: subject(tenant, &app.client_id, &user.id),
            unique_name: Some(user.upn.clone()),
            upn: Some(user.upn.clone()),
            ..Self::for_app(tenant, app, Resource::Graph, Vec::new(), false, uti, now)
        }
    }

    /// What the token allows: an application's own roles, or what it may do in a person's name, never both.
    fn into_caller(self) -> Caller {
        match self.scp {
            None => Caller { client_id: self.appid, user_id: None, permissions: self.roles.into_iter().collect() },
            Some(scp) => {
                let permissions = scp.split_ascii_whitespace().map(str::to_owned).collect();
                Caller { client_id: self.appid, user_id: Some(self.oid), permissions }
            }
        }
    }
}

/// Who holds `token`, if the tenant signed it for one of `resources` and it is still good.
pub fn caller(context: &Context, token: &str, resources: &[Resource], now: Timestamp) -> Option<Caller> {
    let claims: Claims = context.token_key.open(token)?;
    let now = now.as_second();
    let good = claims.iss == issuer(&context.tenant_id) && claims.nbf <= now && now < claims.exp;
    let meant = resources.iter().any(|resource| resource.audience() == claims.aud);
    (good && meant).then(|| claims.into_caller())
}

/// Lets a request for Graph through with its [`Caller`], or refuses it as Graph does.
pub async fn require_graph_token(
    State(context): State<Context>,
    Extension(Origin(origin)): Extension<Origin>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(token) = bearer(request.headers()) else { return unauthorized(&context, &origin, "Access token is empty.") };
    match caller(&context, token, &[Resource::Graph], clock::now()) {
        Some(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        None => unauthorized(&context, &origin, "Access token validation failure. It has expired, or it is not for this tenant's Graph."),
    }
}

/// The bearer token of a request.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim())
}

/// The answer to a request for Graph without a good token.
pub fn unauthorized(context: &Context, origin: &str, message: &str) -> Response {
    let request_id = random::uuid().unwrap_or_default();
    let date = clock::now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let body = json!({"error": {
        "code": "InvalidAuthenticationToken",
        "message": message,
        "innerError": {"date": date, "request-id": request_id, "client-request-id": request_id},
    }});
    let tenant = &context.tenant_id;
    let challenge = format!(
        "Bearer realm=\"\", authorization_uri=\"{origin}/{tenant}/oauth2/authorize\", client_id=\"00000003-0000-0000-c000-000000000000\""
    );
    let challenge = HeaderValue::try_from(challenge).unwrap_or(HeaderValue::from_static("Bearer"));
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)], Json(body)).into_response()
}

/// The issuer of tokens for the service's own resources.
fn issuer(tenant: &str) -> String {
    format!("https://sts.windows.net/{tenant}/")
}
