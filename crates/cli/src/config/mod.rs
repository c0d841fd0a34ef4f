//! The configuration: one `samesign.toml`, read once, checked before anything is done.
//!
//! Relative paths are relative to the file. Secrets are not read here: a configuration can be loaded, compared and
//! reviewed on a machine that holds none of them.

mod federation;
#[cfg(test)]
mod federation_tests;
mod file;
mod lanes;
mod problem;
mod rules;
mod secret;
mod settings;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use samesign_agent::connect::ad::ServerAddress;
use samesign_agent::connect::entra::Url;
use samesign_agent::engine::{Adopt, Guard, MatchPolicy, Rules};
use samesign_agent::{Passwords, Schedule};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use federation::Federation;
use file::{Adoption, Document, MatchingPolicy, ScopeTable, SourceKind, SourceTable, TenantTable};
pub use problem::ConfigError;
use problem::{Text, mend_of_value};
pub use secret::SecretPlace;

/// A configuration without a fault of its own.
#[derive(Debug)]
pub struct Config {
    /// Where the people are read.
    pub source: Source,
    /// OUs that take part, by DN.
    pub include: Vec<String>,
    /// OUs within them that do not.
    pub exclude: Vec<String>,
    /// What else decides who takes part and what flows.
    pub rules: Rules,
    /// Where the accounts are kept.
    pub tenant: Tenant,
    /// How an AD user finds its cloud user.
    pub matching: MatchPolicy,
    /// Whether existing cloud accounts may be taken over.
    pub adopt: Adopt,
    /// Whether passwords are synchronized, and whose.
    pub passwords: Passwords,
    /// The limits of the guard.
    pub guard: Guard,
    /// This agent stands by: it sends nothing.
    pub staging: bool,
    /// How often the service runs.
    pub schedule: Schedule,
    /// The state file.
    pub state: PathBuf,
    /// The federation service, where there is one.
    pub federation: Option<Federation>,
}

/// Where the people are read.
#[derive(Debug)]
pub enum Source {
    /// A domain controller, over LDAP.
    Ad(AdSource),
    /// A file that `ldifde` or `ldbsearch` wrote.
    Ldif(PathBuf),
}

/// How a domain controller is reached.
#[derive(Debug)]
pub struct AdSource {
    /// The DNS name of the domain.
    pub domain: String,
    /// Pinned servers (`ldaps://…`, or `ldap://…` for StartTLS); none: found by DNS.
    pub servers: Vec<ServerAddress>,
    /// The account that reads.
    pub user: String,
    /// Its password or keytab.
    pub credential: CredentialPlace,
    /// The certificate authority of the domain controllers; absent: the system's.
    pub ca: Option<PathBuf>,
    /// NTLMv2 may be used where Kerberos cannot.
    pub ntlm: bool,
}

/// Where the credential of the reading account is kept.
#[derive(Debug)]
pub enum CredentialPlace {
    /// A password: simple bind over TLS.
    Password(SecretPlace),
    /// A keytab: Kerberos throughout.
    Keytab(PathBuf),
}

/// How the tenant is reached.
#[derive(Debug)]
pub struct Tenant {
    /// Its name (`contoso.onmicrosoft.com`).
    pub name: String,
    /// A local tenant's address; absent: the real service.
    pub endpoint: Option<Url>,
    /// The certificate authority of that address; absent: the system's.
    pub ca: Option<PathBuf>,
    /// The agent's application identity.
    pub client_id: String,
    /// Its certificate and key in one PEM file.
    pub certificate: PathBuf,
}

impl Config {
    /// Reads and checks a configuration file; every file that it names must be there.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(path, &read(path)?, Files::MustExist)
    }

    /// Reads and checks a configuration file for a command that looks at the state alone: an export that is being
    /// rewritten must not hide what happened in the last run.
    pub fn load_for_state(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(path, &read(path)?, Files::NotAsked)
    }

    /// Reads and checks a configuration file for the federation service, whose own files have to be there too. Nobody else needs
    /// them: the agent may run as another user, who cannot read them.
    pub fn load_for_federation(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(path, &read(path)?, Files::OfFederationToo)
    }

    /// What the service does with it, in one line.
    pub fn intent(&self) -> String {
        let source = match &self.source {
            Source::Ad(source) => source.domain.clone(),
            Source::Ldif(path) => path.display().to_string(),
        };
        let passwords = match self.passwords.enabled {
            true => format!("passwords every {:#}", span(self.schedule.passwords)),
            false => "passwords are not synchronized".to_owned(),
        };
        let staging = if self.staging { "; standing by: nothing is sent" } else { "" };
        format!("{source} to {}, people every {:#}, {passwords}{staging}", self.tenant.name, span(self.schedule.objects))
    }

    fn parse(path: &Path, text: &str, files: Files) -> Result<Self, ConfigError> {
        let place = Text { file: path, text };
        refuse_reserved(&place)?;
        let document: Document = toml::from_str(text).map_err(|error| place.refused(&error))?;
        let folder = std::path::absolute(path).ok().and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_default();
        Checker { place, folder, files }.check(document)
    }
}

/// Whether the files that a configuration names are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Files {
    MustExist,
    OfFederationToo,
    NotAsked,
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> ConfigError {
    match error.kind() {
        std::io::ErrorKind::NotFound => ConfigError::whole(
            path,
            "there is no such file",
            "run `samesign init` to write one, name another with `--config FILE`, or try `samesign demo`, which needs none",
        ),
        _ => ConfigError::whole(
            path,
            format!("cannot be read: {error}"),
            "give this user the right to read it, or name another with `--config FILE`",
        ),
    }
}

/// Refuses what is reserved for later versions before the reader would call it a wrong type.
fn refuse_reserved(place: &Text<'_>) -> Result<(), ConfigError> {
    let document = DeTable::parse(place.text).map_err(|error| place.refused(&error))?;
    let several = document.get_ref().iter().find(|(key, value)| key.get_ref() == "source" && matches!(value.get_ref(), DeValue::Array(_)));
    several.map_or(Ok(()), |(key, _)| {
        Err(place.fault(
            key.span(),
            "several sources are not supported yet",
            "keep one [source] table; use one configuration file for each tenant",
        ))
    })
}

/// Turns tables into a configuration and says where they do not fit together.
struct Checker<'a> {
    place: Text<'a>,
    folder: PathBuf,
    files: Files,
}

impl Checker<'_> {
    fn check(&self, document: Document) -> Result<Config, ConfigError> {
        let Document { source, scope, tenant, matching, flow, licence, passwords, guard, schedule, state, federation } = document;
        let source = source.ok_or_else(|| self.missing_table("source", "kind = \"ad\" or \"ldif\""))?;
        let tenant = tenant.ok_or_else(|| self.missing_table("tenant", "the block that `samesign tenant init` writes to tenant.toml"))?;
        if let Some(postgres) = &state.postgres {
            return Err(self.fault(postgres, "state in PostgreSQL is not supported yet", "use path = \"state.db\""));
        }
        if *guard.deletes_percent_max.get_ref() > 100 {
            return Err(self.fault(&guard.deletes_percent_max, "is more than 100 per cent", "write a share between 0 and 100"));
        }
        self.check_scope(&scope)?;
        let rules = self.rules(&scope, &matching, &flow, &licence)?;
        let source = self.source(source)?;
        let tenant = self.tenant(tenant)?;
        Ok(Config {
            federation: federation.map(|table| self.federation(table, &source, &tenant)).transpose()?,
            source,
            include: plain(scope.include),
            exclude: plain(scope.exclude),
            rules,
            tenant,
            matching: match matching.policy {
                MatchingPolicy::Dirsync => MatchPolicy::Dirsync,
                MatchingPolicy::Entra => MatchPolicy::Entra,
            },
            adopt: match matching.adopt {
                Adoption::Ask => Adopt::Ask,
                Adoption::Allow => Adopt::Allow,
                Adoption::Never => Adopt::Never,
            },
            passwords: self.passwords(passwords)?,
            guard: Guard { deletes_max: guard.deletes_max, deletes_percent_max: guard.deletes_percent_max.into_inner() },
            staging: guard.staging,
            schedule: self.schedule(schedule)?,
            state: self.resolve(&state.path),
        })
    }

    fn source(&self, table: SourceTable) -> Result<Source, ConfigError> {
        let SourceTable { kind, domain, domains, servers, user, password, keytab, ca, ntlm, path } = table;
        if let Some(domains) = &domains {
            return Err(self.fault(domains, "several domains are not supported yet", "name the one domain with `domain`"));
        }
        match kind {
            SourceKind::Ad => {
                self.foreign(path.as_ref(), "path", "ldif")?;
                self.ad(domain, servers, user, password, keytab, ca, ntlm).map(Source::Ad)
            }
            SourceKind::Ldif => {
                self.foreign(domain.as_ref(), "domain", "ad")?;
                self.foreign(servers.as_ref().and_then(|servers| servers.first()), "servers", "ad")?;
                self.foreign(user.as_ref(), "user", "ad")?;
                self.foreign(password.as_ref(), "password", "ad")?;
                self.foreign(keytab.as_ref(), "keytab", "ad")?;
                self.foreign(ca.as_ref(), "ca", "ad")?;
                self.foreign(ntlm.as_ref(), "ntlm", "ad")?;
                let path = path.ok_or_else(|| self.missing("source.path"))?;
                self.existing(&path).map(Source::Ldif)
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one argument per key of the table")]
    fn ad(
        &self,
        domain: Option<Spanned<String>>,
        servers: Option<Vec<Spanned<String>>>,
        user: Option<Spanned<String>>,
        password: Option<Spanned<file::SecretTable>>,
        keytab: Option<Spanned<PathBuf>>,
        ca: Option<Spanned<PathBuf>>,
        ntlm: Option<Spanned<bool>>,
    ) -> Result<AdSource, ConfigError> {
        let credential = match (password, keytab) {
            (Some(password), None) => CredentialPlace::Password(self.secret(&password)?),
            (None, Some(keytab)) => CredentialPlace::Keytab(self.existing(&keytab)?),
            (Some(_), Some(keytab)) => {
                return Err(self.fault(&keytab, "stands beside `password`", "keep one: a keytab means Kerberos throughout"));
            }
            (None, None) => return Err(self.missing("source.password")),
        };
        let servers = servers.unwrap_or_default();
        Ok(AdSource {
            domain: self.text(domain, "source.domain")?,
            servers: servers.iter().map(|server| self.server(server)).collect::<Result<_, _>>()?,
            user: self.text(user, "source.user")?,
            credential,
            ca: ca.map(|ca| self.existing(&ca)).transpose()?,
            ntlm: ntlm.is_some_and(Spanned::into_inner),
        })
    }

    fn tenant(&self, table: TenantTable) -> Result<Tenant, ConfigError> {
        let TenantTable { name, endpoint, ca, client_id, certificate } = table;
        let certificate = certificate.ok_or_else(|| self.missing("tenant.certificate"))?;
        Ok(Tenant {
            name: self.text(name, "tenant.name")?,
            endpoint: endpoint.map(|endpoint| self.endpoint(&endpoint)).transpose()?,
            ca: ca.map(|ca| self.existing(&ca)).transpose()?,
            client_id: self.text(client_id, "tenant.client_id")?,
            certificate: self.existing(&certificate)?,
        })
    }

    fn endpoint(&self, endpoint: &Spanned<String>) -> Result<Url, ConfigError> {
        let url = Url::parse(endpoint.get_ref()).ok().filter(|url| url.scheme() == "https" && url.has_host());
        url.ok_or_else(|| self.fault(endpoint, "is not an https address", mend_of_value(Some("tenant.endpoint"))))
    }

    fn secret(&self, table: &Spanned<file::SecretTable>) -> Result<SecretPlace, ConfigError> {
        let file::SecretTable { file, env, credential } = table.get_ref();
        match (file, env, credential) {
            (Some(file), None, None) => self.existing(&Spanned::new(table.span(), file.clone())).map(SecretPlace::File),
            (None, Some(env), None) => Ok(SecretPlace::Environment(env.clone())),
            (None, None, Some(credential)) => Ok(SecretPlace::Credential(credential.clone())),
            _ => Err(self.fault(table, "must name exactly one of file, env, credential", mend_of_value(Some("source.password")))),
        }
    }

    fn check_scope(&self, scope: &ScopeTable) -> Result<(), ConfigError> {
        scope.include.iter().chain(&scope.exclude).try_for_each(|ou| match ou.get_ref().contains('=') {
            true => Ok(()),
            false => Err(self.fault(ou, format!("`{}` is not a distinguished name", ou.get_ref()), mend_of_value(Some("scope.include")))),
        })
    }

    fn server(&self, server: &Spanned<String>) -> Result<ServerAddress, ConfigError> {
        let address = server.get_ref().parse();
        address.map_err(|_| {
            self.fault(server, format!("`{}` is not a server address", server.get_ref()), mend_of_value(Some("source.servers")))
        })
    }

    /// A key that belongs to the other kind of source.
    fn foreign<T>(&self, value: Option<&Spanned<T>>, key: &str, kind: &str) -> Result<(), ConfigError> {
        value.map_or(Ok(()), |value| {
            Err(self.fault(value, format!("belongs to kind = \"{kind}\""), format!("remove `{key}`, or set kind = \"{kind}\"")))
        })
    }

    fn text(&self, value: Option<Spanned<String>>, key: &str) -> Result<String, ConfigError> {
        let value = value.ok_or_else(|| self.missing(key))?;
        match value.get_ref().trim().is_empty() {
            true => Err(self.fault(&value, "is empty", mend_of_value(Some(key)))),
            false => Ok(value.into_inner()),
        }
    }

    /// A file that must be there, as an absolute path or relative to the configuration's folder.
    fn existing(&self, path: &Spanned<PathBuf>) -> Result<PathBuf, ConfigError> {
        let resolved = self.resolve(path.get_ref());
        if self.files == Files::NotAsked {
            return Ok(resolved);
        }
        match std::fs::File::open(&resolved) {
            Ok(_) => Ok(resolved),
            Err(error) => Err(self.fault(
                path,
                format!("cannot read {}: {error}", resolved.display()),
                "put the file there, or correct the path; a relative path is relative to the configuration file",
            )),
        }
    }

    fn resolve(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    fn fault<T>(&self, at: &Spanned<T>, problem: impl Into<String>, mend: impl Into<String>) -> ConfigError {
        self.place.fault(at.span(), problem, mend)
    }

    fn missing(&self, key: &str) -> ConfigError {
        let table = key.split_once('.').map_or(key, |(table, _)| table);
        let header = format!("[{table}]");
        let start = self.place.text.find(&header).unwrap_or_default();
        let mut fault = self.place.fault(start..start, "is missing", mend_of_value(Some(key)));
        fault.name_key(key);
        fault
    }

    fn missing_table(&self, table: &str, holds: &str) -> ConfigError {
        ConfigError::whole(self.place.file, format!("the table [{table}] is missing"), format!("add [{table}] with {holds}"))
    }
}

/// A length of time as people write it. One that is too long for that is too long for anybody to see.
fn span(length: Duration) -> SignedDuration {
    SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX)
}

fn plain(values: Vec<Spanned<String>>) -> Vec<String> {
    values.into_iter().map(Spanned::into_inner).collect()
}
