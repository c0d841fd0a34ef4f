//! The demo's stage: a folder with a served tenant, an export and a configuration, exactly as an administrator would make them.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use samesign_agent::{Agent, Mode, Silent};
use samesign_tenant::admin::{Admin, AppCredential, NewAccount};
use samesign_tenant::{InitReport, Server};

use super::export;
use super::people::{CHOSEN, CLOUD_ONLY, Cloud, CloudOnly, DOMAIN, Person, TENANT, everyone};
use super::sign_in::{self, App, SignIn};
use crate::config::Config;

const LICENCE: &str = "O365_BUSINESS_PREMIUM";

/// Everything that the demo runs on.
pub struct Stage {
    /// Where it all lies.
    pub folder: PathBuf,
    /// The people as Active Directory has them now.
    pub people: Vec<Person>,
    /// The tenant as it was made, with its administrator.
    pub made: InitReport,
    /// The running tenant.
    pub server: Server,
    /// The application through which people sign in.
    pub app: App,
}

/// What somebody mends in Active Directory.
pub struct Mend {
    pub name: String,
    pub before: Option<String>,
    pub mail: String,
}

impl Stage {
    /// Makes the tenant, its cloud users, the export and the configuration, and serves the tenant on a free port.
    pub async fn build(folder: &Path) -> Result<Self> {
        let folder = std::path::absolute(folder).context("the folder of the demo has no absolute path")?;
        refuse_used(&folder)?;
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let people = everyone()?;
        let made = samesign_tenant::init(&folder.join("tenant"), TENANT, &[DOMAIN.to_owned()])?;
        let admin = Admin::open(&folder.join("tenant"))?;
        fill(&admin, &people)?;
        let app = register(&admin)?;
        let server = Server::start(&folder.join("tenant"), SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let stage = Self { folder, people, made, server, app };
        stage.write("samesign.toml", &stage.configuration()?)?;
        stage.export()?;
        Ok(stage)
    }

    /// The agent, opened as every command opens it: from the configuration file.
    pub fn agent(&self, mode: Mode) -> Result<Agent> {
        let config = Config::load(&self.configuration_file())?;
        Ok(Agent::open(config.settings()?, mode, Box::new(Silent))?)
    }

    pub fn configuration_file(&self) -> PathBuf {
        self.folder.join("samesign.toml")
    }

    /// Every user of the tenant, as Graph shows them.
    pub fn users(&self) -> Result<Vec<serde_json::Value>> {
        Ok(Admin::open(&self.folder.join("tenant"))?.users()?)
    }

    /// Gives two people the mail address that their cloud account has, and exports the directory again.
    pub fn mend(&mut self) -> Result<Vec<Mend>> {
        let mut mends = Vec::new();
        for account in ["hvogel", "klindberg"] {
            let person = self.people.iter_mut().find(|person| person.account == account);
            let person = person.with_context(|| format!("the sample has no {account}"))?;
            let before = person.mail.replace(person.upn.clone());
            mends.push(Mend { name: person.display_name(), before, mail: person.upn.clone() });
        }
        self.export()?;
        Ok(mends)
    }

    /// Whom a visitor may sign in as.
    pub fn visitor(&self) -> Result<&Person> {
        self.people.iter().find(|person| person.account == "uschaefer").context("the sample has no uschaefer")
    }

    /// Signs in as that person with the Windows password.
    pub async fn sign_in(&self) -> Result<SignIn> {
        let person = self.visitor()?;
        sign_in::sign_in(&self.server.url(), &self.made.ca, &self.app, &person.upn, &person.password()).await
    }

    fn export(&self) -> Result<()> {
        self.write("export.ldif", &export::write(&self.people))
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    fn configuration(&self) -> Result<String> {
        let block = std::fs::read_to_string(&self.made.configuration).context("the tenant's block cannot be read")?;
        let block = block.replace("https://localhost:8443", &self.server.url());
        let mut text = String::from("# What `samesign demo` runs with. The guide docs/guide/first-sync.md explains each key.\n\n");
        let _ = write!(
            text,
            "[source]\nkind = \"ldif\"\npath = \"export.ldif\"\n\n[scope]\ninclude = [\"{CHOSEN}\"]\n\n{block}\n\
             # A standing approval to take over existing cloud accounts. The default, \"ask\", holds them until a person approves the list.\n\
             [matching]\nadopt = \"allow\"\n\n# The Windows passwords open the tenant. Off unless it is switched on.\n[passwords]\nenabled = true\n"
        );
        Ok(text)
    }
}

/// An application such as every company has: people sign in through it.
fn register(admin: &Admin) -> Result<App> {
    let added = admin.add_app("Lamp catalogue", &[], true).context("the application was not registered")?;
    match added.credential {
        AppCredential::Secret(secret) => Ok(App { client_id: added.client_id, secret }),
        AppCredential::Certificate(path) => bail!("the application got {} instead of a secret", path.display()),
    }
}

fn refuse_used(folder: &Path) -> Result<()> {
    match folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        true => bail!("{} is not empty: name a new folder with --dir, or remove this one", folder.display()),
        false => Ok(()),
    }
}

/// What the company did in Microsoft 365 by hand before it heard of synchronization; then the switch in the portal.
fn fill(admin: &Admin, people: &[Person]) -> Result<()> {
    for person in people.iter().filter(|person| person.cloud != Cloud::None) {
        // The cloud account has always had the address that its owner uses, whatever Active Directory says.
        add(admin, &person.upn, &person.display_name(), &person.upn, person.cloud)?;
    }
    for CloudOnly { upn, name, mail } in &CLOUD_ONLY {
        add(admin, upn, name, mail, Cloud::Licensed)?;
    }
    admin.enable_sync(Duration::ZERO)?;
    Ok(())
}

fn add(admin: &Admin, upn: &str, name: &str, mail: &str, cloud: Cloud) -> Result<()> {
    let account = NewAccount {
        upn: upn.to_owned(),
        display_name: name.to_owned(),
        mail: Some(mail.to_owned()),
        usage_location: Some("DE".to_owned()),
        licence: (cloud != Cloud::Unlicensed).then(|| LICENCE.to_owned()),
        role: (cloud == Cloud::Administrator).then(|| "Global Administrator".to_owned()),
        password: None,
    };
    admin.add_user(&account).with_context(|| format!("the cloud user {upn} was not added"))?;
    Ok(())
}
