//! A route that asks for a ticket, and curl.

use std::process::Command;
use std::sync::Arc;

use axum::Router;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::stage::{HOST, Service, Stage};

const ADDRESS: &str = "127.0.0.60";

pub async fn curl_signs_in(stage: &Stage) {
    let service = Arc::new(stage.service());
    let route = get(move |headers: HeaderMap| {
        let service = service.clone();
        async move { greet(&service, &headers).await }
    });
    let listener = tokio::net::TcpListener::bind((ADDRESS, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", route)).await.unwrap() });
    let with_ticket = stage.ticket("u000010");
    for _ in 0..3 {
        assert_eq!(curl(stage, port, &with_ticket).await, "u000010@CORP.EXAMPLE.COM 200");
    }
    assert_eq!(curl(stage, port, &stage.path("nobody.cache")).await, "a form 401");
}

async fn greet(service: &Service, headers: &HeaderMap) -> (StatusCode, [(axum::http::HeaderName, String); 1], String) {
    let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Negotiate "));
    if let Some(token) = sent
        && let Ok(ticket) = service.sign_in(&STANDARD.decode(token).unwrap()).await
    {
        let reply = format!("Negotiate {}", STANDARD.encode(&ticket.reply));
        return (StatusCode::OK, [(WWW_AUTHENTICATE, reply)], format!("{}@{}", ticket.account, ticket.realm));
    }
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Negotiate".to_owned())], "a form".to_owned())
}

async fn curl(stage: &Stage, port: u16, cache: &std::path::Path) -> String {
    let mut command = Command::new("curl");
    command.args(["-sS", "--negotiate", "-u", ":", "-w", " %{http_code}", "--resolve", &format!("{HOST}:{port}:{ADDRESS}")]);
    command.arg(format!("http://{HOST}:{port}/"));
    command.env("KRB5_CONFIG", stage.domain.fact("krb5_conf")).env("KRB5CCNAME", format!("FILE:{}", cache.display()));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    String::from_utf8(output.stdout).unwrap()
}
