//! Sign-in by password against a real domain controller, which is changed with Samba's own tools.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod guessing;
mod names;
mod scope;
mod states;
#[path = "../../../cli/tests/samba/domain.rs"]
mod testbed;
mod trouble;

use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use samesign_connect::ad::{AdConfig, Credential};
use samesign_engine::{Adopt, Guard, MatchPolicy, Policy, Rules, Scope, ScopeOu, Service};
use samesign_federation::directory::{Account, AccountState, Directory};
use samesign_federation::lockout::Lockout;
use samesign_federation::password::{self, Denied, Reason};
use samesign_federation::store::Store;
use samesign_federation::{SignedIn, clock};
use samesign_wire::Secret;
use tempfile::TempDir;
use testbed::Domain;

/// Where the person of the story sits.
const DESK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 10));

/// A domain with 30 people, and a service beside it.
struct World {
    domain: Domain,
    policy: Policy,
    folder: TempDir,
    service: Running,
}

/// What the service is made of, as long as it runs.
struct Running {
    store: Store,
    directory: Directory,
    lockout: Lockout,
}

impl World {
    fn new(name: &str) -> Self {
        let domain = Domain::start(&format!("password-{name}"), 30, "nthash");
        let policy = policy(&[&format!("OU=Office365,{}", domain.fact("base_dn"))]);
        let folder = tempfile::tempdir().unwrap();
        let service = service(&domain, policy.clone(), folder.path());
        Self { domain, policy, folder, service }
    }

    /// Ends the service and begins it anew on the same file.
    fn restart(&mut self) {
        self.service = service(&self.domain, self.policy.clone(), self.folder.path());
    }

    fn with_policy(&mut self, change: impl FnOnce(&mut Policy)) {
        change(&mut self.policy);
        self.restart();
    }

    async fn account(&self, name: &str) -> Account {
        self.service.directory.by_name(name).await.unwrap().unwrap_or_else(|| panic!("{name} is nobody"))
    }

    async fn state(&self, name: &str) -> AccountState {
        self.account(name).await.state
    }

    async fn sign_in_from(&self, name: &str, password: &str, address: IpAddr) -> Result<SignedIn, Denied> {
        let Running { store: _, directory, lockout } = &self.service;
        password::sign_in(directory, lockout, name, Secret::new(password.to_owned()), address, clock::now()).await
    }

    async fn sign_in(&self, name: &str, password: &str) -> Result<SignedIn, Denied> {
        self.sign_in_from(name, password, DESK).await
    }

    async fn enters(&self, name: &str, password: &str) {
        let outcome = self.sign_in(name, password).await;
        assert!(outcome.is_ok(), "{name}: {:?}", outcome.err().map(|denied| denied.reason));
    }

    async fn refused(&self, name: &str, password: &str) -> Reason {
        self.sign_in(name, password).await.err().unwrap_or_else(|| panic!("{name} is let in")).reason
    }

    /// A number that the domain counts.
    fn number(&self, account: &str, attribute: &str) -> i64 {
        self.domain.attribute(account, attribute).parse().unwrap()
    }

    fn samba_tool(&self, arguments: &[&str]) {
        let output = Command::new("samba-tool").args(arguments).args(["-s", self.domain.fact("smb_conf")]).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Puts a value into the database itself, past the rules by which the directory keeps its own values.
    fn put(&self, account: &str, attribute: &str, value: &str) {
        let dn = self.domain.attribute(account, "dn");
        let separator = if dn.is_ascii() && dn.contains('=') { ":" } else { "::" };
        let file = self.folder.path().join("put.ldif");
        let change = format!("dn{separator} {dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n");
        std::fs::write(&file, change).unwrap();
        let partition = format!("{}.ldb", self.domain.fact("base_dn").to_uppercase());
        let database = Path::new(self.domain.fact("directory")).join("private/sam.ldb.d").join(partition);
        let output = Command::new("ldbmodify").arg("-H").arg(database).arg(&file).output().unwrap();
        assert!(output.status.success(), "{account} {attribute}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn ends_unwritten(&self) {
        assert_eq!(self.domain.writes(), "", "the source is never written");
    }
}

fn service(domain: &Domain, policy: Policy, folder: &Path) -> Running {
    let store = Store::open(&folder.join("federation.db")).unwrap();
    let directory = Directory::new(config(domain, "ldaps"), policy, store.clone());
    Running { lockout: Lockout::new(samesign_federation::Lockout::default(), store.clone()), directory, store }
}

fn config(domain: &Domain, server: &str) -> AdConfig {
    AdConfig {
        domain: domain.fact("domain").to_owned(),
        servers: vec![domain.fact(server).parse().unwrap()],
        user: domain.account("svc-samesign", "user").to_owned(),
        credential: Credential::Password(Secret::new(domain.account("svc-samesign", "password").to_owned())),
        ca: Some(domain.fact("ca").into()),
        ntlm: false,
    }
}

fn policy(include: &[&str]) -> Policy {
    Policy {
        scope: Scope { include: include.iter().map(|dn| unit(dn)).collect(), exclude: Vec::new() },
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

fn unit(dn: &str) -> ScopeOu {
    ScopeOu { configured: dn.into(), guid: None, current: None }
}

fn password_of(number: usize) -> String {
    format!("Pw-{number:06}-Xy9!")
}

/// Strangers' addresses, each another one.
fn stranger(number: usize) -> IpAddr {
    let number = u32::try_from(number).unwrap();
    IpAddr::V4((0xc633_6400 + number).into())
}

/// What is called from a request has to be able to move between threads.
#[test]
fn a_sign_in_can_be_awaited_anywhere() {
    fn is_send<T: Send>(_: impl FnOnce(&'static World) -> T) {}
    is_send(|world| world.sign_in("ana", "password"));
    is_send(|world| world.service.directory.by_principal("ana", "REALM"));
    is_send(|world| world.service.directory.by_guid(samesign_engine::ObjectGuid::from_bytes([0; 16])));
}
