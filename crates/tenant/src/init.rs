//! `tenant init`: makes the data folder of a new tenant.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use samesign_wire::Secret;
use serde::Serialize;

use crate::certificates::{self, CertificateError, Identity};
use crate::clock;
use crate::directory::{DirectoryError, NewUser, Role, roles, setup, users};
use crate::folder::{self, Folder, FolderError, Readers};
use crate::identity::apps::{self, App, ClientType};
use crate::identity::{SecretError, passwords};
use crate::oauth::resource::SYNCHRONIZE;
use crate::random::{self, NoRandom};
use crate::store::{Store, StoreError, changes, organization::Tenant};

/// What the agent's application may do: synchronize, read what it has to compare with, give licences by rule, and federate domains.
const AGENT_PERMISSIONS: [&str; 7] = [
    SYNCHRONIZE,
    "Directory.Read.All",
    "Domain-InternalFederation.ReadWrite.All",
    "Domain.Read.All",
    "LicenseAssignment.ReadWrite.All",
    "Organization.Read.All",
    "User.Read.All",
];

/// Where a client finds the server when nobody chose another address.
const ENDPOINT: &str = "https://localhost:8443";

/// A new tenant could not be made. Nothing of it is left in the folder.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// There is something of a tenant already.
    #[error("{} exists already: choose an empty folder with --data, or run the tenant that is there", path.display())]
    NotEmpty {
        /// The file that is there.
        path: PathBuf,
    },
    /// A name was refused.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A file.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The administrator's password.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A key or certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The system gave no random bytes.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// The configuration block cannot be written as TOML: a path that is not UTF-8.
    #[error("the data folder's path cannot stand in tenant.toml: it must be valid UTF-8")]
    Path,
}

/// What `init` made. Holds a password, so it cannot be printed as a whole.
pub struct InitReport {
    /// The tenant's id.
    pub tenant_id: String,
    /// The first administrator.
    pub admin: FirstAdministrator,
    /// The agent's identity.
    pub agent: AgentIdentity,
    /// The certificate that clients have to trust, absolute.
    pub ca: PathBuf,
    /// The `[tenant]` block for `samesign.toml`, absolute.
    pub configuration: PathBuf,
}

/// The account to sign in to the portal with.
pub struct FirstAdministrator {
    /// userPrincipalName.
    pub upn: String,
    /// Shown once, stored nowhere.
    pub password: Secret,
}

/// By what the agent signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentIdentity {
    /// Application id.
    pub client_id: String,
    /// File with certificate and key, absolute.
    pub certificate: PathBuf,
}

/// Makes a tenant in `dir`. `name` is its first domain (`contoso.onmicrosoft.com`); `domains` are added verified.
pub fn init(dir: &Path, name: &str, domains: &[String]) -> Result<InitReport, InitError> {
    let mut folder = Folder::new(dir);
    folder.create()?;
    let files = [folder.database(), folder.ca(), folder.ca_key(), folder.token_key(), folder.agent(), folder.configuration()];
    if let Some(path) = files.iter().find(|path| path.exists()) {
        return Err(InitError::NotEmpty { path: path.clone() });
    }
    make(&folder, name, domains).inspect_err(|_| {
        // A half-made tenant would only be in the way of the next attempt; these files were not there before.
        files.iter().for_each(|path| drop(fs::remove_file(path)));
    })
}

fn make(folder: &Folder, name: &str, domains: &[String]) -> Result<InitReport, InitError> {
    let store = Store::create(folder.root())?;
    restrict(&folder.database())?;
    let made = store.write(|connection| fill(connection, name, domains))?;
    folder::write_new(&folder.ca(), made.authority.certificate_pem.as_bytes(), Readers::Everyone)?;
    folder::write_new(&folder.ca_key(), made.authority.key_pem.as_bytes(), Readers::Owner)?;
    folder::write_new(&folder.token_key(), made.token_signing.to_pem().as_bytes(), Readers::Owner)?;
    folder::write_new(&folder.agent(), made.agent.to_pem().as_bytes(), Readers::Owner)?;
    folder::write_new(&folder.configuration(), configuration(folder, &made)?.as_bytes(), Readers::Everyone)?;
    Ok(InitReport {
        tenant_id: made.tenant.id,
        admin: made.admin,
        agent: AgentIdentity { client_id: made.client_id, certificate: folder.agent() },
        ca: folder.ca(),
        configuration: folder.configuration(),
    })
}

/// What one transaction made, before its files are written.
struct Made {
    tenant: Tenant,
    admin: FirstAdministrator,
    client_id: String,
    authority: Identity,
    token_signing: Identity,
    agent: Identity,
}

fn fill(connection: &Connection, name: &str, domains: &[String]) -> Result<Made, InitError> {
    let now = clock::now();
    let tenant = setup::create(connection, name, domains, now.as_second())?;
    let admin = first_administrator(connection, &tenant)?;
    let agent = certificates::application("samesign agent", &tenant.id, now)?;
    let app = App {
        client_id: random::uuid()?,
        object_id: random::uuid()?,
        name: "samesign agent".to_owned(),
        client_type: ClientType::Confidential,
    };
    apps::add(connection, &app, now)?;
    apps::add_certificate(connection, &app.client_id, &agent.certificate_der, now)?;
    AGENT_PERMISSIONS.iter().try_for_each(|permission| apps::grant(connection, &app.client_id, permission))?;
    changes::audit(connection, now.as_second(), "tenant init", "create tenant", &tenant.id, &tenant.name)?;
    let authority = certificates::authority(&tenant.id, now)?;
    let token_signing = certificates::application("samesign token signing", &tenant.id, now)?;
    Ok(Made { admin, client_id: app.client_id, authority, token_signing, agent, tenant })
}

fn first_administrator(connection: &Connection, tenant: &Tenant) -> Result<FirstAdministrator, InitError> {
    let now = clock::now();
    let upn = format!("admin@{}", tenant.name);
    let new = NewUser { upn: upn.clone(), display_name: "Administrator".to_owned(), enabled: true, ..NewUser::default() };
    let mut user = users::create(connection, new, now.as_second())?;
    let role =
        Role::find(roles::GLOBAL_ADMINISTRATOR).ok_or_else(|| DirectoryError::NotFound { what: roles::GLOBAL_ADMINISTRATOR.to_owned() })?;
    roles::assign(connection, &mut user, role)?;
    let password = Secret::new(random::one_time_password()?);
    passwords::set(connection, user.number, password.expose(), true, now)?;
    Ok(FirstAdministrator { upn, password })
}

/// `tenant.toml`: the one table `[tenant]`, ready to be copied into `samesign.toml`.
fn configuration(folder: &Folder, made: &Made) -> Result<String, InitError> {
    #[derive(Serialize)]
    struct File<'a> {
        tenant: Block<'a>,
    }
    #[derive(Serialize)]
    struct Block<'a> {
        name: &'a str,
        endpoint: &'a str,
        ca: PathBuf,
        client_id: &'a str,
        certificate: PathBuf,
    }
    let tenant =
        Block { name: &made.tenant.name, endpoint: ENDPOINT, ca: folder.ca(), client_id: &made.client_id, certificate: folder.agent() };
    toml::to_string(&File { tenant }).map_err(|_| InitError::Path)
}

/// The database holds hashes of secrets. SQLite gives its side files the same mode.
fn restrict(database: &Path) -> Result<(), FolderError> {
    let failed = |source| FolderError { action: "restrict", path: database.to_owned(), source };
    fs::set_permissions(database, fs::Permissions::from_mode(0o600)).map_err(failed)
}
