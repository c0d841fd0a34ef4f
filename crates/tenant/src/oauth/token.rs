//! The token endpoint: which application asks, for which kind of grant, and the answer (RFC 6749 section 3.2).

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form, Json};
use jiff::Timestamp;
use samesign_wire::Secret;
use serde_json::{Value, json};

use super::bearer::{Claims, LIFETIME_SECONDS};
use super::client::{Claimed, Proof};
use super::error::{Refusal, SignInError};
use super::grants::{self, Asked};
use super::resource::Resource;
use super::{Version, authority, is_any};
use crate::context::Context;
use crate::identity::apps::{self, App};
use crate::origin::Origin;
use crate::server::Peer;
use crate::store::organization::Tenant;
use crate::{clock, random};

/// The grant by which a device asks.
pub const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The grant by which an application brings a token that a sign-in service made for it.
pub const SAML_GRANT: &str = "urn:ietf:params:oauth:grant-type:saml1_1-bearer";

type Posted = Result<Form<Vec<(String, String)>>, FormRejection>;

/// `POST /{tenant}/oauth2/v2.0/token`
pub async fn version_2(
    context: State<Context>,
    origin: Extension<Origin>,
    peer: Option<Extension<Peer>>,
    tenant: Path<String>,
    headers: HeaderMap,
    form: Posted,
) -> Result<Response, Refusal> {
    answer(context, origin, peer, tenant, headers, form, Version::Two).await
}

/// `POST /{tenant}/oauth2/token`
pub async fn version_1(
    context: State<Context>,
    origin: Extension<Origin>,
    peer: Option<Extension<Peer>>,
    tenant: Path<String>,
    headers: HeaderMap,
    form: Posted,
) -> Result<Response, Refusal> {
    answer(context, origin, peer, tenant, headers, form, Version::One).await
}

/// A proved application, and how it asks.
pub struct Asking {
    /// The application.
    pub app: App,
    /// By what it proved who it is.
    pub proof: Proof,
    /// The tenant.
    pub tenant: Tenant,
    /// Scheme, host and port as the client called them.
    pub origin: String,
    /// Which endpoint was asked.
    pub version: Version,
    /// Whether it wants to know whose account its tokens are of.
    pub with_client_info: bool,
    /// When.
    pub now: Timestamp,
}

async fn answer(
    State(context): State<Context>,
    Extension(Origin(origin)): Extension<Origin>,
    peer: Option<Extension<Peer>>,
    Path(called): Path<String>,
    headers: HeaderMap,
    form: Posted,
    version: Version,
) -> Result<Response, Refusal> {
    let Form(fields) = form.map_err(|_| SignInError::unreadable_form())?;
    let mut fields: HashMap<String, String> = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let kind = fields.remove("grant_type").ok_or_else(|| SignInError::missing("grant_type"))?;
    let kind = Kind::parse(&kind).ok_or_else(|| SignInError::grant_type(&kind))?;
    let claimed = Claimed::read(&mut fields, &headers)?;
    if kind == Kind::Application && !claimed.has_credential() {
        return Err(SignInError::no_credential().into());
    }
    let with_client_info = fields.get("client_info").is_some_and(|value| value == "1");
    let grant = Grant::read(kind, &mut fields, version)?;
    let asking = context.blocking(move |context| -> Result<Asking, Refusal> {
        let now = clock::now();
        let (tenant, any) = context.store.read(|connection| authority(connection, &called))?;
        if any && kind == Kind::Application {
            return Err(SignInError::no_tenant().into());
        }
        let (app, proof) = claimed.prove(context, &tenant, if is_any(&called) { &tenant.id } else { &called }, &origin, now)?;
        Ok(Asking { app, proof, tenant, origin, version, with_client_info, now })
    });
    let asking = asking.await??;
    let body = match grant {
        Grant::Application { scope } => context.blocking(move |context| for_application(context, &asking, &scope)).await??,
        Grant::Person(asked) => {
            let address = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Extension(Peer(address))| address);
            grants::answer(&context, asking, asked, address).await?
        }
    };
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store")), (header::PRAGMA, HeaderValue::from_static("no-cache"))];
    Ok((no_store, Json(body)).into_response())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Application,
    Password,
    Code,
    Refresh,
    Device,
    Token,
}

impl Kind {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "client_credentials" => Some(Self::Application),
            "password" => Some(Self::Password),
            "authorization_code" => Some(Self::Code),
            "refresh_token" => Some(Self::Refresh),
            // Older clients leave the name space out.
            DEVICE_GRANT | "device_code" => Some(Self::Device),
            SAML_GRANT => Some(Self::Token),
            _ => None,
        }
    }
}

/// What is asked for, read from the form. Whatever else clients send is ignored.
enum Grant {
    Application { scope: String },
    Person(Asked),
}

impl Grant {
    fn read(kind: Kind, fields: &mut HashMap<String, String>, version: Version) -> Result<Self, SignInError> {
        let scope = scope(fields, version);
        let mut take = |name: &'static str| fields.remove(name).ok_or_else(|| SignInError::missing(name));
        let needed = |scope: Option<String>| scope.ok_or_else(|| SignInError::missing("scope"));
        Ok(match kind {
            Kind::Application => Self::Application { scope: needed(scope)? },
            Kind::Password => {
                let password = Secret::new(take("password").unwrap_or_default());
                Self::Person(Asked::Password { username: take("username")?, password, scope: needed(scope)? })
            }
            Kind::Code => {
                let (code, redirect_uri) = (Secret::new(take("code")?), take("redirect_uri")?);
                Self::Person(Asked::Code { code, redirect_uri, verifier: take("code_verifier").ok().map(Secret::new), scope })
            }
            Kind::Refresh => Self::Person(Asked::Refresh { token: Secret::new(take("refresh_token")?), scope }),
            Kind::Token => Self::Person(Asked::Token { assertion: Secret::new(take("assertion")?), scope: needed(scope)? }),
            Kind::Device => {
                let code = take("device_code").or_else(|_| take("code")).map_err(|_| SignInError::missing("device_code"))?;
                Self::Person(Asked::Device { code: Secret::new(code) })
            }
        })
    }
}

/// The scope of a form. The first generation names the resource in a field of its own and means all that is consented there.
pub fn scope(fields: &mut HashMap<String, String>, version: Version) -> Option<String> {
    let resource = fields.remove("resource").map(|resource| format!("{resource}/.default"));
    let scope = fields.remove("scope");
    match (version, scope, resource) {
        (Version::One, scope, Some(resource)) => Some([scope.unwrap_or_default(), resource].join(" ").trim_start().to_owned()),
        (_, scope, resource) => scope.or(resource),
    }
}

/// An application acts as itself, by what an administrator granted it.
fn for_application(context: &Context, asking: &Asking, scope: &str) -> Result<Value, Refusal> {
    let Asking { app, proof, tenant, origin, now, .. } = asking;
    let resource = resource_of(scope, origin, &tenant.name)?;
    let granted = context.store.read(|connection| apps::permissions(connection, &app.client_id))?;
    let roles = granted.into_iter().filter(|permission| resource.offers(permission)).collect();
    let claims = Claims::for_app(&tenant.id, app, resource, roles, *proof == Proof::Certificate, random::token()?, *now);
    let token = context.token_key.sign(&claims)?;
    Ok(json!({"token_type": "Bearer", "expires_in": LIFETIME_SECONDS, "ext_expires_in": LIFETIME_SECONDS, "access_token": token}))
}

/// The one resource that the scope names with `/.default`; scopes of OpenID Connect beside it say nothing here.
fn resource_of(scope: &str, origin: &str, tenant_name: &str) -> Result<Resource, SignInError> {
    let mut named = scope.split_ascii_whitespace().filter(|part| !matches!(*part, "openid" | "profile" | "offline_access" | "email"));
    let (Some(only), None) = (named.next(), named.next()) else { return Err(SignInError::scope_not_default(scope)) };
    let name = only.strip_suffix("/.default").ok_or_else(|| SignInError::scope_not_default(scope))?;
    // A client that was told this server as its Graph asks for a token by that address.
    let own = name.trim_end_matches('/').eq_ignore_ascii_case(origin).then_some(Resource::Graph);
    own.or_else(|| Resource::parse(name)).ok_or_else(|| SignInError::unknown_resource(name, tenant_name))
}
