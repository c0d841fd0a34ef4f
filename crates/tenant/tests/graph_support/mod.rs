//! A client for Graph that compares all its traffic with the contract, where there is one.
#![allow(dead_code, reason = "each test program uses its own part of this")]

#[path = "../contract_support/mod.rs"]
pub mod contract;
#[path = "../support/mod.rs"]
pub mod support;

use std::sync::LazyLock;

use contract::Contract;
use samesign_tenant::Admin;
use samesign_tenant::admin::AppCredential;
use serde_json::{Value, json};
use support::{GRAPH_SCOPE, Tenant};

pub static CONTRACT: LazyLock<Option<Contract>> = LazyLock::new(Contract::from_environment);

pub struct Graph {
    pub tenant: Tenant,
    pub token: String,
}

/// An answer: status, headers, body (null when there is none).
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> (u16, &str) {
        (self.status, self.body["error"]["code"].as_str().unwrap_or_default())
    }

    pub fn names(&self, property: &str) -> Vec<&str> {
        self.body["value"].as_array().into_iter().flatten().filter_map(|user| user[property].as_str()).collect()
    }
}

impl Graph {
    /// A tenant, and an application that may do everything.
    pub async fn start() -> Self {
        Self::with(&["User.ReadWrite.All", "Directory.ReadWrite.All", "Domain.ReadWrite.All", "Organization.ReadWrite.All"]).await
    }

    pub async fn with(permissions: &[&str]) -> Self {
        let tenant = Tenant::start().await;
        let token = token(&tenant, permissions).await;
        Self { tenant, token }
    }

    pub fn admin(&self) -> Admin {
        Admin::open(self.tenant.folder.path()).unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None, &[]).await
    }

    /// With what an advanced query needs.
    pub async fn get_eventual(&self, path: &str) -> Answer {
        self.send("GET", path, None, &[("ConsistencyLevel", "eventual")]).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(body), &[]).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, Some(body), &[]).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None, &[]).await
    }

    /// Sends a request; a good answer to a good request must be one of the contract's.
    pub async fn send(&self, method: &str, path: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Answer {
        let answer = self.raw(method, &self.tenant.url(&format!("/v1.0{path}")), body.as_ref(), headers).await;
        if let Some(contract) = CONTRACT.as_ref() {
            let shown = Some(&answer.body).filter(|body| body.is_object());
            contract.check_answer(method, path, answer.status, shown).unwrap();
            if answer.status < 400 {
                contract.check_request(method, path, body.as_ref()).unwrap();
            }
        }
        answer
    }

    /// Sends a request to any URL, compared with nothing.
    pub async fn raw(&self, method: &str, url: &str, body: Option<&Value>, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.tenant.client.request(method.parse().unwrap(), url).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(if text.is_empty() { Value::Null } else { Value::from(text) });
        Answer { status, headers, body }
    }

    /// Follows a link that the tenant gave.
    pub async fn follow(&self, link: &Value) -> Answer {
        self.raw("GET", link.as_str().expect("a link"), None, &[]).await
    }

    /// Makes a user and answers its id.
    pub async fn user(&self, name: &str, more: Value) -> String {
        let answer = self.post("/users", new_user(name, more)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["id"].as_str().unwrap().to_owned()
    }
}

/// A token for a new application with these permissions.
pub async fn token(tenant: &Tenant, permissions: &[&str]) -> String {
    let admin = Admin::open(tenant.folder.path()).unwrap();
    let permissions: Vec<_> = permissions.iter().map(ToString::to_string).collect();
    let app = admin.add_app("test", &permissions, true).unwrap();
    let AppCredential::Secret(secret) = app.credential else { panic!("a secret was asked for") };
    let form =
        [("grant_type", "client_credentials"), ("client_id", &app.client_id), ("client_secret", secret.expose()), ("scope", GRAPH_SCOPE)];
    let (status, body) = tenant.token(&form).await;
    assert_eq!(status, 200, "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}

/// The body that makes `name@contoso.example`.
pub fn new_user(name: &str, more: Value) -> Value {
    let mut user = json!({
        "accountEnabled": true,
        "displayName": name,
        "mailNickname": name,
        "userPrincipalName": format!("{name}@contoso.example"),
        "passwordProfile": {"password": "Correct-Horse-9", "forceChangePasswordNextSignIn": true},
    });
    user.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    user
}

impl Graph {
    /// As [`Graph::get`], with a path of its own.
    pub async fn get_owned(&self, path: String) -> Answer {
        self.get(&path).await
    }

    /// As [`Graph::post`], with a path of its own.
    pub async fn post_owned(&self, path: String, body: Value) -> Answer {
        self.post(&path, body).await
    }
}
