//! Tokens in a person's name: by the person's password, by a code from the sign-in page or from a device, by a refresh token.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rusqlite::Connection;
use samesign_wire::Secret;
use serde_json::{Value, json};

use super::Version;
use super::bearer::{Claims, LIFETIME_SECONDS};
use super::client::Proof;
use super::error::{Refusal, SignInError};
use super::id_token::{self, About, IdToken};
use super::resource::Resource;
use super::scope::Scope;
use super::token::Asking;
use crate::context::Context;
use crate::directory::User;
use crate::identity::apps::{self, ClientType};
use crate::identity::codes::{self, Redemption};
use crate::identity::device::{self, Polled};
use crate::identity::federated::tokens::{self, Expected, Refused};
use crate::identity::federated::used::{self, Use};
use crate::identity::log::{self, Entry};
use crate::identity::refresh::{self, Grant, RefreshRefusal};
use crate::identity::sign_in::{self, Attempt, Via, sign_in};
use crate::identity::{addresses, federated};
use crate::random;
use crate::store::federation::Protocol;
use crate::store::{StoreError, users};

/// Longest token, in characters of Base64.
const TOKEN_CHARACTERS_MAX: usize = 400 * 1024;

/// What an application brings. Holds passwords and codes, so it cannot be printed.
pub enum Asked {
    /// A person's name and password.
    Password { username: String, password: Secret, scope: String },
    /// A code from the sign-in page.
    Code { code: Secret, redirect_uri: String, verifier: Option<Secret>, scope: Option<String> },
    /// A refresh token.
    Refresh { token: Secret, scope: Option<String> },
    /// The code of a device.
    Device { code: Secret },
    /// The word of a sign-in service for a person: a SAML 1.1 assertion in Base64.
    Token { assertion: Secret, scope: String },
}

/// Whose tokens are made, and which.
struct Granted {
    user: User,
    scope: Scope,
    nonce: Option<String>,
    /// The next refresh token, where one is wanted.
    refresh_token: Option<Secret>,
}

/// Checks what was brought and answers with tokens. `address`: where the request is from.
pub async fn answer(context: &Context, asking: Asking, asked: Asked, address: IpAddr) -> Result<Value, Refusal> {
    match asked {
        Asked::Password { username, password, scope } => by_password(context, asking, &username, password, &scope, address).await,
        Asked::Token { assertion, scope } => {
            context.blocking(move |context| by_token(context, &asking, &assertion, &scope, address)).await?
        }
        asked => context.blocking(move |context| by_code(context, &asking, &asked)).await?,
    }
}

/// A token that nobody was sent to fetch: whoever holds it is let in, once.
fn by_token(context: &Context, asking: &Asking, assertion: &Secret, scope: &str, address: IpAddr) -> Result<Value, Refusal> {
    let scope = asking.scope(scope)?;
    let now = asking.now.as_second();
    let document = token_bytes(assertion.expose()).ok_or_else(|| SignInError::token(&federated::Refusal::Missing))?;
    let expected = Expected { protocol: Protocol::WsFed, domain: None, recipient: "", request: "", fresh: 0 };
    let judged = context.store.read(|connection| tokens::judge(connection, &document, &expected, asking.now))?;
    let address = addresses::network(address).to_string();
    let client = asking.app.client_id.as_str();
    let note = |connection: &Connection, upn: &str, user: Option<&str>, code: u32, detail: &str| {
        log::record(connection, &Entry { at: now, upn, user, client, via: Via::TokenGrant, address: &address, code, detail })
    };
    let refused = |refused: Refused| -> Result<Refusal, StoreError> {
        let Refused { refusal, about } = refused;
        if let Some((upn, issuer)) = about {
            let detail = format!("{issuer}: {refusal}");
            context.store.write(|connection| note(connection, &upn, None, refusal.code(), &detail))?;
        }
        Ok(SignInError::token(&refusal).into())
    };
    let accepted = match judged {
        Ok(accepted) => accepted,
        Err(judged) => return Err(refused(judged)?),
    };
    let granted = context.store.write(|connection| -> Result<_, Refusal> {
        match used::first(connection, &accepted.issuer, &accepted.token, accepted.until, now)? {
            Use::First => {}
            Use::Again => return Ok(Err(federated::Refusal::Replayed)),
            Use::Full => return Ok(Err(federated::Refusal::Full)),
        }
        let user = users::by_number(connection, accepted.user)?.filter(|user| user.live() && user.enabled);
        let Some(user) = user else { return Ok(Err(federated::Refusal::NoUser)) };
        let grant = asking.grant(random::uuid()?, user.number, scope.granted_with_offline());
        let refresh_token = if scope.offline { Some(asking.refresh_token(connection, &grant)?) } else { None };
        note(connection, &accepted.upn, Some(&user.id), 0, &accepted.detail())?;
        Ok(Ok((user, refresh_token)))
    })?;
    match granted {
        Ok((user, refresh_token)) => asking.tokens(context, Granted { user, scope, nonce: None, refresh_token }),
        Err(refusal) => Err(SignInError::token(&refusal).into()),
    }
}

/// Clients write it in either alphabet of Base64, with or without padding.
fn token_bytes(text: &str) -> Option<Vec<u8>> {
    let plain: String = text.trim().trim_end_matches('=').replace('-', "+").replace('_', "/");
    (plain.len() <= TOKEN_CHARACTERS_MAX).then(|| STANDARD_NO_PAD.decode(plain).ok()).flatten()
}

async fn by_password(
    context: &Context,
    asking: Asking,
    username: &str,
    password: Secret,
    scope: &str,
    address: IpAddr,
) -> Result<Value, Refusal> {
    let scope = asking.scope(scope)?;
    let attempt = Attempt { upn: username, password, address, client: &asking.app.client_id, via: Via::PasswordGrant };
    let user = sign_in(context, attempt).await?.map_err(SignInError::person)?.user;
    context
        .blocking(move |context| {
            let grant = || Ok::<_, Refusal>(asking.grant(random::uuid()?, user.number, scope.granted_with_offline()));
            let refresh_token = match scope.offline {
                true => Some(context.store.write(|connection| asking.refresh_token(connection, &grant()?))?),
                false => None,
            };
            asking.tokens(context, Granted { user, scope, nonce: None, refresh_token })
        })
        .await?
}

/// All that is settled in one transaction. A refusal commits too: what was spent stays spent.
fn by_code(context: &Context, asking: &Asking, asked: &Asked) -> Result<Value, Refusal> {
    let granted = context.store.write(|connection| -> Result<_, Refusal> {
        match asked {
            Asked::Password { .. } | Asked::Token { .. } => Ok(Err(SignInError::internal())),
            Asked::Code { code, redirect_uri, verifier, scope } => {
                asking.redeem(connection, code, redirect_uri, verifier.as_ref(), scope.as_deref())
            }
            Asked::Refresh { token, scope } => asking.refresh(connection, token, scope.as_deref()),
            Asked::Device { code } => asking.device(connection, code),
        }
    })?;
    asking.tokens(context, granted?)
}

impl Asking {
    fn scope(&self, text: &str) -> Result<Scope, SignInError> {
        Scope::parse(text, &self.origin, &self.tenant.name, &self.app)
    }

    fn grant(&self, family: String, user: i64, scope: String) -> Grant {
        Grant { family, user, client_id: self.app.client_id.clone(), scope, proved: self.proof != Proof::None }
    }

    fn refresh_token(&self, connection: &Connection, grant: &Grant) -> Result<Secret, Refusal> {
        Ok(Secret::new(refresh::issue(connection, grant, self.now.as_second())?))
    }

    fn redeem(
        &self,
        connection: &Connection,
        code: &Secret,
        redirect_uri: &str,
        verifier: Option<&Secret>,
        scope: Option<&str>,
    ) -> Result<Result<Granted, SignInError>, Refusal> {
        if self.proof == Proof::None && self.app.client_type != ClientType::Public && !apps::is_loopback(redirect_uri) {
            return Ok(Err(SignInError::no_credential()));
        }
        let redemption = Redemption {
            code: code.expose(),
            client_id: &self.app.client_id,
            redirect_uri,
            code_verifier: verifier.map(Secret::expose),
            public: self.proof == Proof::None,
        };
        let redeemed = match codes::redeem(connection, &redemption, self.now.as_second())? {
            Ok(redeemed) => redeemed,
            Err(refusal) => return Ok(Err(SignInError::code(refusal))),
        };
        let nonce = redeemed.nonce;
        let granted = self.granted(connection, redeemed.family, redeemed.user, &redeemed.scope, scope)?;
        Ok(granted.map(|granted| Granted { nonce, ..granted }))
    }

    fn refresh(&self, connection: &Connection, token: &Secret, scope: Option<&str>) -> Result<Result<Granted, SignInError>, Refusal> {
        let proved = self.proof != Proof::None;
        match refresh::spend(connection, token.expose(), &self.app.client_id, proved, self.now.as_second())? {
            Ok(Grant { family, user, client_id: _, scope: first, proved: _ }) => self.granted(connection, family, user, &first, scope),
            Err(refusal) => {
                if refusal == RefreshRefusal::Reused {
                    tracing::warn!(
                        client_id = self.app.client_id,
                        "a refresh token came a second time: all that came of its sign-in was revoked"
                    );
                }
                Ok(Err(SignInError::refresh(refusal)))
            }
        }
    }

    fn device(&self, connection: &Connection, code: &Secret) -> Result<Result<Granted, SignInError>, Refusal> {
        let polled = device::poll(connection, code.expose(), &self.app.client_id, self.now.as_second())?;
        match (polled, random::uuid()?) {
            (Polled::Approved { user, scope }, family) => self.granted(connection, family, user, &scope, None),
            (polled, _) => Ok(Err(SignInError::device(&polled).unwrap_or_else(SignInError::internal))),
        }
    }

    /// What a person granted, as long as the person may sign in. `first`: what was asked at the sign-in, which alone decides whether
    /// there is a refresh token; `now_asked`: what the tokens are for, where that is said again.
    fn granted(
        &self,
        connection: &Connection,
        family: String,
        user: i64,
        first: &str,
        now_asked: Option<&str>,
    ) -> Result<Result<Granted, SignInError>, Refusal> {
        let user = match users::by_number(connection, user)?.filter(User::live) {
            Some(user) if user.enabled => user,
            shut => {
                refresh::revoke_family(connection, &family)?;
                let blocked = || SignInError::person(sign_in::SignInError::Disabled);
                return Ok(Err(if shut.is_some() { blocked() } else { SignInError::gone() }));
            }
        };
        let read = self.scope(first).and_then(|first| Ok((self.scope(now_asked.unwrap_or_default())?, first)));
        let (scope, first) = match read {
            Ok((scope, first)) => (if now_asked.is_some() { scope } else { first.clone() }, first),
            Err(refusal) => return Ok(Err(refusal)),
        };
        let refresh_token = match first.offline {
            true => Some(self.refresh_token(connection, &self.grant(family, user.number, first.granted_with_offline()))?),
            false => None,
        };
        Ok(Ok(Granted { user, scope, nonce: None, refresh_token }))
    }

    /// The answer with everything that was granted.
    fn tokens(&self, context: &Context, granted: Granted) -> Result<Value, Refusal> {
        let Granted { user, scope, nonce, refresh_token } = granted;
        let Self { app, proof, tenant, origin, version, with_client_info, now } = self;
        let claims = Claims::for_user(&tenant.id, app, *proof, &user, scope.permissions(), random::token()?, *now);
        let mut body = json!({
            "token_type": "Bearer",
            "scope": scope.granted(),
            "expires_in": LIFETIME_SECONDS,
            "ext_expires_in": LIFETIME_SECONDS,
            "access_token": context.token_key.sign(&claims)?,
        });
        let mut add = |name: &str, value: Value| {
            if let Some(body) = body.as_object_mut() {
                body.insert(name.to_owned(), value);
            }
        };
        if let Some(token) = refresh_token {
            add("refresh_token", token.expose().into());
        }
        if scope.openid {
            let about = About { origin, tenant: &tenant.id, client_id: &app.client_id, user: &user, version: *version };
            let id_token = IdToken::new(about, &scope, nonce, random::token()?, *now);
            add("id_token", context.token_key.sign(&id_token)?.into());
        }
        if *with_client_info {
            add("client_info", id_token::client_info(&tenant.id, &user).into());
        }
        if *version == Version::One {
            add("resource", Resource::Graph.audience().into());
            add("not_before", now.as_second().to_string().into());
            add("expires_on", (now.as_second() + LIFETIME_SECONDS).to_string().into());
        }
        Ok(body)
    }
}
