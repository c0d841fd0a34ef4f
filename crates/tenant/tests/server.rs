//! The server as a program: it stops in order, bounds what it takes, and is not stopped by a bad client.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod support;

use std::time::Duration;

use support::{GRAPH_SCOPE, Tenant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_stopped_server_leaves_its_port_and_starts_again_on_it() {
    let mut tenant = Tenant::start().await;
    tenant.agent_token(GRAPH_SCOPE).await;
    let address = tenant.server.address();
    tenant.server.shutdown().await;
    assert!(TcpStream::connect(address).await.is_err());
    tenant.server = samesign_tenant::Server::start(tenant.folder.path(), address).await.unwrap();
    tenant.agent_token(GRAPH_SCOPE).await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_what_to_do() {
    let tenant = Tenant::start().await;
    let Err(error) = samesign_tenant::Server::start(tenant.folder.path(), tenant.server.address()).await else {
        panic!("two servers on one port")
    };
    let text = error.to_string();
    assert!(text.contains(&tenant.server.address().to_string()) && text.contains("--listen"), "{text}");
}

#[tokio::test]
async fn a_client_that_says_nothing_or_nonsense_holds_nobody_up() {
    let tenant = Tenant::start().await;
    let _silent = TcpStream::connect(tenant.server.address()).await.unwrap();
    let mut plain = TcpStream::connect(tenant.server.address()).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // A TLS alert, or the end: never an answer in clear text.
    let _ = tokio::time::timeout(Duration::from_secs(30), plain.read_to_end(&mut answer)).await.unwrap();
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    tenant.agent_token(GRAPH_SCOPE).await;
}

#[tokio::test]
async fn heads_and_bodies_beyond_the_bounds_are_refused() {
    let tenant = Tenant::start().await;
    let url = tenant.url("/common/discovery/instance");
    let head = tenant.client.get(&url).header("x-long", "x".repeat(1_000_000)).send().await;
    assert!(head.is_err() || head.unwrap().status().is_client_error());
    let body = tenant.client.post(tenant.token_endpoint()).body("x".repeat(5_000_000)).send().await;
    assert!(body.is_err() || body.unwrap().status().is_client_error());
    tenant.agent_token(GRAPH_SCOPE).await;
}

#[tokio::test]
async fn graph_takes_only_a_good_token_for_graph() {
    let tenant = Tenant::start().await;
    let url = tenant.url("/v1.0/organization");
    let get = async |token: Option<&str>| {
        let request = tenant.client.get(&url);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.unwrap()
    };
    let good = tenant.agent_token(GRAPH_SCOPE).await;
    assert_eq!(get(Some(&good)).await.status(), 200);
    let other = tenant.agent_token(support::SYNC_SCOPE).await;
    let (head, rest) = good.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let forged = format!("{head}.{payload}.{}", signature.chars().rev().collect::<String>());
    let unsigned = format!("eyJhbGciOiJub25lIn0.{payload}.");
    for token in [None, Some(""), Some("x"), Some(other.as_str()), Some(&forged), Some(&unsigned)] {
        let response = get(token).await;
        assert_eq!(response.status(), 401, "{token:?}");
        let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
        assert!(challenge.starts_with("Bearer ") && challenge.contains("authorization_uri="), "{challenge}");
        let body: serde_json::Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "InvalidAuthenticationToken");
    }
}
