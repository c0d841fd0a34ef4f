//! A small world for the agent's tests: a real tenant over TLS, and an LDIF export that a test edits.
#![allow(dead_code, reason = "each test file uses its own part of the world")]

pub mod cloud;
pub mod groups;
pub mod proxy;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use samesign_agent::{
    Agent, AgentError, Batch, Clock, Mode, Passwords, PlanReport, RunReport, Schedule, Settings, Silent, Source, SyncOptions, SystemClock,
    Timestamp,
};
use samesign_connect::entra::EntraConfig;
use samesign_connect::source::NtHash;
use samesign_engine::{Adopt, Guard, MatchPolicy, Rules};
use samesign_tenant::admin::NewAccount;
use samesign_tenant::context::Context;
use samesign_tenant::folder::Folder;
use samesign_tenant::identity::sign_in::{Attempt, SignInError, SignedIn, Via, sign_in};
use samesign_tenant::{Admin, Server};
use samesign_wire::Secret;
use serde_json::Value;

pub const BASE: &str = "DC=corp,DC=example,DC=com";
pub const OFFICE: &str = "OU=Office365,DC=corp,DC=example,DC=com";

/// A person of the export.
#[derive(Clone)]
pub struct Person {
    pub guid: [u8; 16],
    pub ou: String,
    pub attributes: BTreeMap<&'static str, String>,
    /// Exported as NT hash.
    pub password: Option<String>,
    pub class: &'static str,
}

pub struct World {
    pub folder: tempfile::TempDir,
    pub server: Server,
    pub admin: Admin,
    pub client_id: String,
    pub people: BTreeMap<String, Person>,
    /// Groups, contacts, and people with values of several lines.
    pub things: BTreeMap<String, groups::Thing>,
    pub ous: BTreeMap<[u8; 16], String>,
    pub adopt: Adopt,
    pub matching: MatchPolicy,
    pub include: Vec<String>,
    pub endpoint: Option<String>,
    pub guard: Guard,
    pub rules: Rules,
    pub staging: bool,
    pub passwords: Passwords,
    pub schedule: Schedule,
    pub batch: Batch,
    /// Whether the export ends with an empty line.
    pub closed: bool,
    /// A domain, instead of the export.
    pub domain: Option<Box<dyn Fn() -> Source>>,
}

impl World {
    /// A new tenant with synchronization on, and an export with one OU in scope and nobody in it.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("tenant");
        let made = samesign_tenant::init(&data, "contoso.onmicrosoft.com", &["contoso.example".to_owned()]).expect("a new tenant");
        let admin = Admin::open(&data).expect("the tenant's folder");
        admin.enable_sync(std::time::Duration::ZERO).expect("synchronization on");
        let server = Server::start(&data, ([127, 0, 0, 1], 0).into()).await.expect("the tenant runs");
        Self {
            folder,
            server,
            admin,
            client_id: made.agent.client_id,
            people: BTreeMap::new(),
            things: BTreeMap::new(),
            ous: [([0xa0; 16], OFFICE.to_owned()), ([0xa1; 16], format!("OU=Other,{BASE}"))].into(),
            adopt: Adopt::Ask,
            matching: MatchPolicy::Dirsync,
            include: vec![OFFICE.to_owned()],
            endpoint: None,
            guard: Guard::default(),
            rules: Rules::default(),
            staging: false,
            passwords: Passwords::default(),
            schedule: Schedule::default(),
            batch: Batch::default(),
            closed: true,
            domain: None,
        }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("tenant")
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state.db")
    }

    /// Adds a person to the OU in scope; the UPN is the name at contoso.example.
    pub fn hire(&mut self, name: &str) -> &mut Person {
        let number = u8::try_from(self.people.len() + 1).expect("a small company");
        let attributes = [
            ("cn", name.to_owned()),
            ("sAMAccountName", name.to_owned()),
            ("userPrincipalName", format!("{name}@contoso.example")),
            ("displayName", format!("{name} of Contoso")),
            ("givenName", name.to_owned()),
            ("userAccountControl", "512".to_owned()),
        ];
        let person = Person { guid: [number; 16], ou: OFFICE.to_owned(), attributes: attributes.into(), password: None, class: "user" };
        self.people.entry(name.to_owned()).or_insert(person)
    }

    pub fn hire_many(&mut self, count: usize) {
        (0..count).for_each(|number| {
            self.hire(&format!("p{number:03}"));
        });
    }

    pub fn person(&mut self, name: &str) -> &mut Person {
        self.people.get_mut(name).expect("someone of that name")
    }

    /// A licensed cloud user with a mailbox.
    pub fn cloud_user(&self, name: &str) {
        let account = NewAccount {
            upn: format!("{name}@contoso.example"),
            display_name: format!("{name} in the cloud"),
            mail: Some(format!("{name}@contoso.example")),
            usage_location: Some("DE".to_owned()),
            licence: Some("O365_BUSINESS_PREMIUM".to_owned()),
            ..NewAccount::default()
        };
        self.admin.add_user(&account).expect("a cloud user");
    }

    fn ldif(&self) -> String {
        let mut text = String::from("version: 1\n\n");
        for (guid, dn) in &self.ous {
            let _ = write!(text, "dn: {dn}\nobjectClass: top\nobjectClass: organizationalUnit\nobjectGUID:: {}\n\n", STANDARD.encode(guid));
        }
        for person in self.people.values() {
            let _ = write!(
                text,
                "dn: CN={},{}\nobjectClass: top\nobjectClass: person\nobjectClass: {}\nobjectGUID:: {}\n",
                person.attributes["cn"],
                person.ou,
                person.class,
                STANDARD.encode(person.guid)
            );
            for (name, value) in &person.attributes {
                let _ = writeln!(text, "{name}:: {}", STANDARD.encode(value));
            }
            if let Some(password) = &person.password {
                let _ = writeln!(text, "unicodePwd:: {}", STANDARD.encode(NtHash::of_password(password).expose()));
            }
            text.push('\n');
        }
        self.things.values().for_each(|thing| thing.write(&mut text));
        text
    }

    pub fn tenant_config(&self) -> EntraConfig {
        let mut tenant = EntraConfig::new("contoso.onmicrosoft.com", &self.client_id, self.data().join("agent.pem"));
        let endpoint = self.endpoint.clone().unwrap_or_else(|| self.server.url());
        tenant.endpoint = Some(endpoint.parse().expect("a URL"));
        tenant.ca = Some(self.data().join("ca.pem"));
        tenant
    }

    fn export_path(&self) -> PathBuf {
        self.folder.path().join("export.ldif")
    }

    fn settings(&self) -> Settings {
        let path = self.export_path();
        // A reader must see the old file or the new one, never half of one.
        let fresh = path.with_extension("new");
        let text = self.ldif();
        let text = if self.closed { &text } else { text.trim_end() };
        std::fs::write(&fresh, text).expect("the export is written");
        std::fs::rename(&fresh, &path).expect("the export is in its place");
        self.settings_of(path)
    }

    fn settings_of(&self, path: PathBuf) -> Settings {
        Settings {
            source: self.domain.as_ref().map_or_else(|| Source::Ldif(path), |domain| domain()),
            include: self.include.clone(),
            exclude: Vec::new(),
            tenant: self.tenant_config(),
            matching: self.matching,
            adopt: self.adopt,
            passwords: self.passwords.clone(),
            guard: self.guard,
            rules: self.rules.clone(),
            staging: self.staging,
            schedule: self.schedule,
            state: self.state(),
            batch: self.batch,
        }
    }

    /// Writes the export as it is now.
    pub fn export(&self) {
        drop(self.settings());
    }

    pub fn agent(&self, mode: Mode) -> Agent {
        Agent::open(self.settings(), mode, Box::new(Silent)).expect("the agent").with_patience(Duration::ZERO)
    }

    /// For a look at the state file. Does not touch the export.
    pub fn reader(&self) -> Agent {
        Agent::open(self.settings_of(self.export_path()), Mode::Read, Box::new(Silent)).expect("the agent")
    }

    pub async fn try_sync(&self) -> Result<RunReport, AgentError> {
        self.agent(Mode::Write).sync(SyncOptions { full: false, plan_file: None, confirm: &mut |_| true }).await
    }

    pub async fn sync(&self) -> RunReport {
        match self.try_sync().await {
            Ok(report) => report,
            Err(error) => panic!("{}", samesign_agent::chain(&error)),
        }
    }

    pub async fn sync_full(&self) -> RunReport {
        self.agent(Mode::Write).sync(SyncOptions { full: true, plan_file: None, confirm: &mut |_| true }).await.expect("a full run")
    }

    pub async fn plan(&self) -> PlanReport {
        self.agent(Mode::Read).plan(false).await.expect("a plan")
    }

    /// The tenant's users as Graph shows them, without the first administrator, by the local part of their UPN.
    pub fn users(&self) -> BTreeMap<String, Value> {
        let users = self.admin.users().expect("the tenant's users");
        let by_name = users.into_iter().map(|user| {
            let upn = user["userPrincipalName"].as_str().expect("a UPN").to_owned();
            (upn.split('@').next().unwrap_or_default().to_owned(), user)
        });
        by_name.filter(|(name, _)| name != "admin").collect()
    }

    /// Whether somebody gets into the tenant with a password.
    pub async fn enters(&self, name: &str, password: &str) -> Result<SignedIn, SignInError> {
        let context = Context::open(&Folder::new(self.data())).expect("the tenant's data");
        let attempt = Attempt {
            upn: &format!("{name}@contoso.example"),
            password: Secret::new(password.to_owned()),
            address: Ipv4Addr::LOCALHOST.into(),
            client: "a test",
            via: Via::Page,
        };
        sign_in(&context, attempt).await.expect("the tenant answers")
    }

    pub fn synced(&self) -> Vec<String> {
        self.users().into_iter().filter(|(_, user)| user["onPremisesSyncEnabled"] == true).map(|(name, _)| name).collect()
    }
}

impl Person {
    /// Sets the Windows password; `day` tells one change from another.
    pub fn set_password(&mut self, password: &str, day: i64) -> &mut Self {
        self.password = Some(password.to_owned());
        self.set("pwdLastSet", &(133_000_000_000_000_000 + day * 864_000_000_000).to_string())
    }

    pub fn set(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.attributes.insert(name, value.to_owned());
        self
    }
}

pub fn codes(report: &RunReport) -> Vec<&str> {
    report.findings.iter().map(samesign_agent::OpenFinding::code).collect()
}

/// A clock that is ahead by so many seconds.
pub struct Later(pub i64);

impl Clock for Later {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(self.0)
    }
}
