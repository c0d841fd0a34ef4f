//! A small application that sends people to the tenant.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use form_urlencoded::Serializer;
use samesign_tenant::admin::NewAccount;
use samesign_tenant::identity::apps::{self, App, ClientType};
use samesign_tenant::identity::codes::{self, CodeRefusal, Redeemed, Redemption};
use samesign_tenant::store::{Store, StoreError};
use samesign_tenant::{Admin, clock, random};
use samesign_wire::Secret;

use crate::support::Tenant;

pub const PASSWORD: &str = "Battery-Staple-1";
pub const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0123456789";

pub struct SmallApp<'a> {
    tenant: &'a Tenant,
    pub client_id: String,
    pub redirect_uri: String,
    public: bool,
}

impl SmallApp<'_> {
    pub fn register<'a>(tenant: &'a Tenant, redirect_uri: &str, public: bool) -> SmallApp<'a> {
        let client_id = random::uuid().unwrap();
        let client_type = if public { ClientType::Public } else { ClientType::Confidential };
        let app = App { client_id: client_id.clone(), object_id: random::uuid().unwrap(), name: "Small <App>".to_owned(), client_type };
        let store = Store::open(tenant.folder.path()).unwrap();
        let add = store.write(|connection| -> Result<(), StoreError> {
            apps::add(connection, &app, clock::now())?;
            apps::add_redirect(connection, &client_id, redirect_uri)
        });
        add.unwrap();
        SmallApp { tenant, client_id, redirect_uri: redirect_uri.to_owned(), public }
    }

    /// The path and query of a good request, with some parameters replaced, or left out where the value is empty.
    pub fn request(&self, changes: &[(&str, &str)]) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
        let usual = [
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", &self.redirect_uri),
            ("response_type", "code"),
            ("scope", "openid profile"),
            ("state", "a state & more"),
            ("nonce", "n-1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let kept = usual.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        let added = changes.iter().filter(|(_, value)| !value.is_empty());
        let query = Serializer::new(String::new()).extend_pairs(kept.chain(added).copied()).finish();
        format!("/contoso.onmicrosoft.com/oauth2/v2.0/authorize?{query}")
    }

    /// Redeems a code as the token endpoint does.
    pub fn redeem(&self, code: &str, verifier: Option<&str>) -> Result<Redeemed, CodeRefusal> {
        let with =
            Redemption { code, client_id: &self.client_id, redirect_uri: &self.redirect_uri, code_verifier: verifier, public: self.public };
        let store = Store::open(self.tenant.folder.path()).unwrap();
        store.write(|connection| codes::redeem(connection, &with, clock::now().as_second())).unwrap()
    }
}

/// A cloud user with [`PASSWORD`]; answers its object id.
pub fn add_person(tenant: &Tenant, upn: &str) -> String {
    let password = Some(Secret::new(PASSWORD.to_owned()));
    let account = NewAccount { upn: upn.to_owned(), display_name: "Ana <b>Ruiz</b>".to_owned(), password, ..NewAccount::default() };
    let user = Admin::open(tenant.folder.path()).unwrap().add_user(&account).unwrap();
    user["id"].as_str().unwrap().to_owned()
}
