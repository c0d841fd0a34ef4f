//! The service as it runs, its domain, and what a relying party does with a token.

use std::net::{IpAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use samesign_connect::ad::{AdConfig, Credential};
use samesign_engine::{Adopt, Anchor, Guard, MatchPolicy, ObjectGuid, Policy, Rules, Scope, ScopeOu, Service};
use samesign_federation::keys::{KeyRing, SigningKey};
use samesign_federation::store::Store;
use samesign_federation::{
    Application, ApplicationProtocol, ChannelBinding, FederationSettings, Lockout, NameSource, Protocol, clock, run,
};
use samesign_wire::Secret;
use samesign_wire::saml::{Assertion, Presented, Signer as _, VerifyingKey};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::browser::{Browser, Page};
use crate::domain::Domain;

pub const HOST: &str = "sts.localhost";
pub const TENANT: &str = "urn:federation:MicrosoftOnline";
pub const TENANT_ORIGIN: &str = "https://login.tenant.example";
pub const SUFFIX: &str = "contoso.example";
pub const LISTEN: &str = "127.0.0.80";
/// A proxy of the service's own.
pub const PROXY: &str = "127.0.0.81";
/// Somebody at home.
pub const HOME: &str = "127.0.0.82";
/// A desk in the intranet.
pub const DESK: &str = "127.0.0.83";
pub const WIKI: &str = "https://wiki.example/metadata";
pub const WIKI_REPLY: &str = "https://wiki.example/acs";
/// An application that signs its requests.
pub const VAULT: &str = "https://vault.example/metadata";
pub const VAULT_REPLY: &str = "https://vault.example/acs";
pub const BOARD: &str = "urn:board";
pub const BOARD_REPLY: &str = "https://board.example/signin";

pub struct Rig {
    pub domain: Domain,
    pub folder: tempfile::TempDir,
    pub origin: String,
    pub authority: Vec<u8>,
    /// What the vault signs with.
    pub vault: Arc<SigningKey>,
    _stop: oneshot::Sender<()>,
}

impl Rig {
    pub async fn start() -> Self {
        let domain = Domain::start("service", 60, "real");
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind((LISTEN, 0)).unwrap().local_addr().unwrap().port();
        let origin = format!("https://{HOST}:{port}");
        let authority = certificate(&folder.path().join("tls.pem"));
        KeyRing::create(folder.path(), HOST, clock::now()).unwrap();
        let keytab = folder.path().join("sts.keytab");
        domain.run(&["service", "svc-sts", HOST, &keytab.to_string_lossy()]);
        let vault = vault_key(folder.path());
        leave_behind_what_has_run_out(folder.path()).await;
        let settings = settings(&domain, folder.path(), &origin, port);
        let (ready, is_ready) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let say = move |origin: &str| ready.send(origin.to_owned()).unwrap();
            run(settings, say, async { drop(stopped.await) }).await.unwrap();
        });
        assert_eq!(is_ready.await.unwrap(), origin);
        Self { domain, folder, origin, authority, vault, _stop: stop }
    }

    /// A new browser at home.
    pub fn browser(&self) -> Browser {
        self.browser_at(HOME)
    }

    pub fn browser_at(&self, address: &str) -> Browser {
        Browser::new(&self.origin, &self.authority, address.parse::<IpAddr>().unwrap(), LISTEN)
    }

    pub fn ls(&self, query: &str) -> String {
        format!("{}/adfs/ls/?{query}", self.origin)
    }

    /// The way of a person from the tenant's request to the tenant's token, by the form.
    pub async fn sign_in(&self, browser: &mut Browser, number: usize) -> Page {
        let form = browser.follow(&self.ls(&tenant_request("state"))).await;
        browser.submit(&form, &[("name", &upn(number)), ("password", &password(number))]).await
    }

    /// Keys as a relying party has them from the metadata, or would have.
    pub fn keys(&self) -> Vec<VerifyingKey> {
        let published = KeyRing::open(self.folder.path()).unwrap().published();
        published.iter().map(|certificate| VerifyingKey::from_certificate(certificate).unwrap()).collect()
    }

    /// What a document says, as the tenant's verifier reads it.
    pub fn verified(&self, document: &str) -> Assertion {
        Presented::read(document.as_bytes()).unwrap().verify(&self.keys()).unwrap().assertion().clone()
    }

    /// What the tenant knows an account as.
    pub fn anchor(&self, account: &str) -> String {
        Anchor::of(&self.domain.attribute(account, "objectGUID").parse().unwrap()).to_string()
    }

    /// Every line of the audit log.
    pub fn log(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join("audit.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub fn last_denial(&self) -> String {
        let log = self.log();
        let denied = log.iter().rev().find(|entry| entry["event"] == "deny").unwrap();
        denied["reason"].as_str().unwrap().to_owned()
    }

    /// Times and ids stand in every line, and no line holds a secret.
    pub fn the_log_is_whole(&self) {
        let log = self.log();
        assert!(log.len() > 50);
        for entry in &log {
            assert!(entry["time"].as_str().unwrap().ends_with('Z') && entry["correlation_id"].as_str().unwrap().len() == 36, "{entry}");
            assert!(!entry.to_string().contains("Xy9!") && !entry.to_string().contains("wrong-password"), "{entry}");
        }
        let issued: Vec<&str> =
            log.iter().filter(|entry| entry["event"] == "issue").map(|entry| entry["assertion"].as_str().unwrap()).collect();
        let different: std::collections::HashSet<&&str> = issued.iter().collect();
        assert_eq!(issued.len(), different.len(), "every assertion has an id of its own");
    }
}

pub fn upn(number: usize) -> String {
    format!("u{number:06}@{SUFFIX}")
}

pub fn password(number: usize) -> String {
    format!("Pw-{number:06}-Xy9!")
}

/// The query by which the tenant asks.
pub fn tenant_request(context: &str) -> String {
    query(&[("wa", "wsignin1.0"), ("wtrealm", TENANT), ("wctx", context)])
}

pub fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn certificate(path: &Path) -> Vec<u8> {
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(vec![HOST.to_owned()]).unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    std::fs::write(path, format!("{}{}", certificate.pem(), key.serialize_pem())).unwrap();
    certificate.pem().into_bytes()
}

fn vault_key(folder: &Path) -> Arc<SigningKey> {
    let own = folder.join("vault");
    std::fs::create_dir(&own).unwrap();
    let key = KeyRing::create(&own, "vault.example", clock::now()).unwrap().current();
    let certificate = base64::engine::general_purpose::STANDARD.encode(key.certificate());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n");
    std::fs::write(folder.join("vault.pem"), pem).unwrap();
    key
}

/// As a service leaves it that was down for long.
async fn leave_behind_what_has_run_out(folder: &Path) {
    let store = Store::open(&folder.join("federation.db")).unwrap();
    store.keep_pending("old", "{}", 1).await.unwrap();
    assert!(store.first_use("ticket", b"old", 1, 0).await.unwrap());
    store.begin_session("old", ObjectGuid::from_bytes([9; 16]), "{}", 0, 1).await.unwrap();
    store.note_application("old", BOARD, "{}").await.unwrap();
}

fn settings(domain: &Domain, folder: &Path, origin: &str, port: u16) -> FederationSettings {
    FederationSettings {
        host: HOST.to_owned(),
        origin: origin.to_owned(),
        listen: format!("{LISTEN}:{port}").parse().unwrap(),
        certificate: folder.join("tls.pem"),
        folder: folder.to_owned(),
        keytab: Some(folder.join("sts.keytab")),
        realms: vec!["CORP.EXAMPLE.COM".to_owned()],
        intranet: vec!["10.0.0.0/8".parse().unwrap(), format!("{DESK}/32").parse().unwrap()],
        proxies: vec![PROXY.parse().unwrap()],
        channel_binding: ChannelBinding::WhenSent,
        domains: vec![SUFFIX.to_owned()],
        tenant_origin: TENANT_ORIGIN.to_owned(),
        protocol: Protocol::WsFederation,
        session: std::time::Duration::from_secs(8 * 3600),
        session_idle: std::time::Duration::from_secs(3600),
        lockout: Lockout::default(),
        applications: applications(folder),
        ad: AdConfig {
            domain: domain.fact("domain").to_owned(),
            servers: vec![domain.fact("ldaps").parse().unwrap()],
            user: domain.account("svc-samesign", "user").to_owned(),
            credential: Credential::Password(Secret::new(domain.account("svc-samesign", "password").to_owned())),
            ca: Some(domain.fact("ca").into()),
            ntlm: false,
        },
        policy: policy(&format!("OU=Office365,{}", domain.fact("base_dn"))),
    }
}

fn applications(folder: &Path) -> Vec<Application> {
    let wiki = Application {
        name: "Wiki <b>&\"'".to_owned(),
        identifier: WIKI.to_owned(),
        protocol: ApplicationProtocol::Saml,
        reply: vec![WIKI_REPLY.to_owned(), "https://wiki.example/acs2?x=1&y=2".to_owned()],
        sign_out: Some("https://wiki.example/logout".to_owned()),
        home: Some("https://wiki.example/".to_owned()),
        name_id: NameSource::Upn,
        certificate: None,
    };
    let board = Application {
        name: "Board".to_owned(),
        identifier: BOARD.to_owned(),
        protocol: ApplicationProtocol::WsFederation,
        reply: vec![BOARD_REPLY.to_owned()],
        sign_out: Some("https://board.example/signout?a=b".to_owned()),
        home: None,
        name_id: NameSource::Account,
        certificate: None,
    };
    let post = Application {
        name: "Post".to_owned(),
        identifier: "urn:post".to_owned(),
        protocol: ApplicationProtocol::WsFederation,
        reply: vec!["https://post.example/".to_owned()],
        sign_out: None,
        home: None,
        name_id: NameSource::Mail,
        certificate: None,
    };
    let vault = Application {
        name: "Vault".to_owned(),
        identifier: VAULT.to_owned(),
        protocol: ApplicationProtocol::Saml,
        reply: vec![VAULT_REPLY.to_owned()],
        sign_out: Some("https://vault.example/logout".to_owned()),
        home: None,
        name_id: NameSource::Upn,
        certificate: Some(folder.join("vault.pem")),
    };
    vec![wiki, board, post, vault]
}

fn policy(include: &str) -> Policy {
    Policy {
        scope: Scope { include: vec![ScopeOu { configured: include.into(), guid: None, current: None }], exclude: Vec::new() },
        matching: MatchPolicy::Dirsync,
        adopt: Adopt::Ask,
        guard: Guard::default(),
        dns_domain: "".into(),
        netbios_domain: None,
        verified_domains: Vec::new(),
        rules: Rules::default(),
        service: Service::default(),
    }
}
