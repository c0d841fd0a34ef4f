//! From a list of servers to a session: which one is used, what is never sent, and when nobody else is asked.

use std::sync::{Arc, Mutex};

use ldap3_proto::proto::{LdapBindResponse, LdapMsg, LdapOp, LdapResultCode};
use samesign_connect::ad::{AdError, Credential, connect};
use samesign_wire::Secret;

use crate::authority::Authority;
use crate::directory::{Directory, config};
use crate::server::{Answer, Opening, Server, encoded, result};

async fn serving(authority: &Authority, opening: Opening) -> Server {
    let mut directory = Directory::of(0);
    Server::start(authority.serve(&["localhost"], |_| {}), opening, move |message| directory.answer(message)).await
}

/// A server that answers every bind with this result and this text.
async fn refusing(authority: &Authority, code: LdapResultCode, text: &str) -> Server {
    let mut res = result(code);
    res.message = text.to_owned();
    let respond = move |message: LdapMsg| {
        let response = LdapBindResponse { res: res.clone(), saslcreds: None };
        Answer { bytes: encoded(message.msgid, LdapOp::BindResponse(response)), close: false }
    };
    Server::start(authority.serve(&["localhost"], |_| {}), Opening::Tls, respond).await
}

fn ldaps(server: &Server) -> String {
    format!("ldaps://localhost:{}", server.port)
}

/// A port where nobody listens.
async fn dead() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("ldaps://localhost:{}", listener.local_addr().unwrap().port())
}

#[tokio::test]
async fn a_dead_server_is_left_for_the_next_one() {
    let authority = Authority::new("Test CA");
    let busy = refusing(&authority, LdapResultCode::Busy, "").await;
    let alive = serving(&authority, Opening::Tls).await;
    let servers = [dead().await, ldaps(&busy), ldaps(&alive)];
    let session = connect(&config(&authority, &servers)).await.unwrap();
    assert_eq!(session.server(), servers[2]);
    assert_eq!(session.identity().dns_host_name, "dc1.corp.example.com");
    assert_eq!(session.identity().highest_committed_usn, 4_711);
}

#[tokio::test]
async fn when_none_can_be_used_each_is_told_with_its_reason() {
    let authority = Authority::new("Test CA");
    let busy = refusing(&authority, LdapResultCode::Busy, "come back").await;
    let servers = [dead().await, ldaps(&busy)];
    let error = connect(&config(&authority, &servers)).await.err().unwrap().to_string();
    for expected in [&servers[0], "cannot connect: Connection refused", &servers[1], "it refused the bind: busy (51), \"come back\""] {
        assert!(error.contains(expected), "{expected} is not in: {error}");
    }
}

#[tokio::test]
async fn a_refused_account_is_not_tried_elsewhere() {
    let authority = Authority::new("Test CA");
    let first = refusing(&authority, LdapResultCode::InvalidCredentials, "AcceptSecurityContext error, data 775, v4563").await;
    let second = serving(&authority, Opening::Tls).await;
    let error = connect(&config(&authority, &[ldaps(&first), ldaps(&second)])).await.err().unwrap();
    assert!(matches!(error, AdError::Credentials { .. }) && error.to_string().contains("locked out"), "{error}");
    assert_eq!(second.connections(), 0, "each refusal counts towards a lockout");
}

#[tokio::test]
async fn a_blank_password_reaches_nobody() {
    let authority = Authority::new("Test CA");
    let server = serving(&authority, Opening::Tls).await;
    for blank in ["", " ", "\t\r\n"] {
        for credential in [Credential::Password, Credential::KerberosPassword] {
            let mut config = config(&authority, &[ldaps(&server)]);
            config.credential = credential(Secret::new(blank.to_owned()));
            assert!(matches!(connect(&config).await, Err(AdError::BlankPassword { .. })), "{blank:?}");
        }
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn start_tls_comes_before_anything_else_or_not_at_all() {
    let authority = Authority::new("Test CA");
    for (opening, expected) in [
        (Opening::StartTls, None),
        (Opening::StartTlsRefused, Some("does not offer StartTLS (unavailable (52))")),
        (Opening::StartTlsInjected, Some("came in the clear after StartTLS")),
    ] {
        let seen = Arc::new(Mutex::new(0));
        let (counted, mut directory) = (seen.clone(), Directory::of(0));
        let respond = move |message: LdapMsg| {
            *counted.lock().unwrap() += 1;
            directory.answer(message)
        };
        let server = Server::start(authority.serve(&["localhost"], |_| {}), opening, respond).await;
        let said = connect(&config(&authority, &[format!("ldap://localhost:{}", server.port)])).await.err().map(|error| error.to_string());
        assert_eq!(said.is_none(), expected.is_none(), "{said:?}");
        if let Some(expected) = expected {
            assert!(said.as_ref().is_some_and(|said| said.contains(expected)), "{said:?}");
            assert_eq!(*seen.lock().unwrap(), 0, "nothing was sent");
        }
    }
}

#[tokio::test]
async fn a_server_of_another_domain_is_refused() {
    let authority = Authority::new("Test CA");
    let server = serving(&authority, Opening::Tls).await;
    let mut config = config(&authority, &[ldaps(&server)]);
    config.domain = "other.example.com".to_owned();
    let error = connect(&config).await.err().unwrap().to_string();
    assert!(error.contains("it serves DC=corp,DC=example,DC=com, not other.example.com"), "{error}");
}

#[tokio::test]
async fn a_session_may_be_used_from_any_task() {
    fn sendable<T: Send>(value: T) -> T {
        value
    }
    let authority = Authority::new("Test CA");
    let server = serving(&authority, Opening::Tls).await;
    let config = config(&authority, &[ldaps(&server)]);
    let mut session = sendable(connect(&config)).await.unwrap();
    let known = samesign_connect::source::Known::new();
    let mut sink = |_| {};
    sendable(session.read_objects(crate::directory::BASE, crate::directory::USERS, &["mail"], &known, &mut sink)).await;
}
