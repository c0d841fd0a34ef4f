//! Tokens by the thousand: the attack corpus, replays across a restart, and tokens that applications bring.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../../wire/tests/saml_attacks/mod.rs"]
mod attacks;
mod federated_support;

#[path = "federated_tokens/bearer.rs"]
mod bearer;
#[path = "federated_tokens/corpus.rs"]
mod corpus;
#[path = "federated_tokens/replays.rs"]
mod replays;

use std::path::Path;

use federated_support::*;
use samesign_tenant::in_process::{Answer, Service};
use samesign_tenant::store::StoreError;
use samesign_tenant::store::federation::Protocol;
use tempfile::TempDir;

const ANA: &str = "ana@fed.example";
const EVE: &str = "eve@fed.example";
const EVE_ANCHOR: &str = "ZXZlZXZlZXZlZXZlZXZlZQ==";

/// A tenant with one federated domain, Ana and Eve in it.
fn folder(protocol: Protocol) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    samesign_tenant::init(folder.path(), "contoso.onmicrosoft.com", &["contoso.example".to_owned()]).unwrap();
    federate(folder.path(), settings("fed.example", protocol, &KEYS[0]));
    synced(folder.path(), ANA, ANCHOR);
    synced(folder.path(), EVE, EVE_ANCHOR);
    folder
}

fn open(folder: &Path) -> Service {
    Service::open(folder).unwrap()
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.1.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
}

/// A browser that was sent away: its cookie, and what has to come back.
struct Away {
    cookie: String,
    wctx: String,
}

async fn begin(service: &Service) -> Away {
    let answer = service.call("GET", "/sign-in?to=account&login_hint=ana%40fed.example", &[], Vec::new()).await;
    let cookie = header(&answer, "set-cookie").unwrap().split(';').next().unwrap().to_owned();
    Away { cookie, wctx: parameters(header(&answer, "location").unwrap())["wctx"].clone() }
}

async fn post(service: &Service, fields: &[(&str, &str)]) -> Answer {
    post_encoded(service, encoded(fields)).await
}

fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

async fn post_encoded(service: &Service, body: String) -> Answer {
    service.call("POST", "/login.srf", &[("content-type", "application/x-www-form-urlencoded")], body).await
}

fn count(service: &Service, table: &'static str) -> i64 {
    let read = |connection: &rusqlite::Connection| -> Result<i64, StoreError> {
        Ok(connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?)
    };
    service.store().read(read).unwrap()
}
