//! The questions about Active Directory, tested by a session with a real domain controller.

use std::path::PathBuf;

use samesign_agent::connect::ad::{AdConfig, Credential, OuNode, ServerAddress, connect};
use samesign_wire::Secret;

use super::ask::{self, Stopped};
use crate::exit::Failure;
use crate::{rights, screen};

/// Answers that a domain controller accepted.
pub struct SourceAnswers {
    pub domain: String,
    pub servers: Vec<String>,
    pub user: String,
    pub password: Secret,
    pub ca: Option<PathBuf>,
    /// DNs of the chosen units.
    pub include: Vec<String>,
    /// Whether passwords are synchronized. Only after the account was seen to be able to.
    pub passwords: bool,
}

/// What was typed, kept as the first proposal of the next attempt.
#[derive(Default)]
struct Typed {
    domain: String,
    servers: String,
    user: String,
    ca: String,
}

pub async fn ask() -> Result<SourceAnswers, Failure> {
    ask::heading(
        "Active Directory",
        "It is only read. A plain account is enough; without servers they are found by DNS, without a file the system's authorities are trusted.",
    );
    let mut typed = Typed::default();
    loop {
        let (password, servers) = (type_in(&mut typed)?, addresses(&typed.servers));
        let Ok(servers) = servers.inspect_err(|error| ask::refused("not a list of servers", error)) else { continue };
        let ca = Some(typed.ca.clone()).filter(|ca| !ca.is_empty()).map(PathBuf::from);
        let config = AdConfig {
            domain: typed.domain.clone(),
            servers,
            user: typed.user.clone(),
            credential: Credential::Password(password.clone()),
            ca: ca.clone(),
            ntlm: false,
        };
        match open(&config).await {
            Ok(units) => {
                let include = choose(&units)?;
                let passwords = passwords(&config).await?;
                let servers = words(&typed.servers).map(str::to_owned).collect();
                return Ok(SourceAnswers { domain: typed.domain, servers, user: typed.user, password, ca, include, passwords });
            }
            Err(error) => ask::refused("that did not work", &error),
        }
        if !ask::yes("Try again?", true)? {
            return Err(Stopped.into());
        }
    }
}

fn type_in(typed: &mut Typed) -> Result<Secret, Stopped> {
    typed.domain = ask::text("Domain (corp.example.com)", &typed.domain)?;
    typed.servers =
        ask::optional("Domain controllers (ldaps://dc1.corp.example.com …; empty: by DNS)", &typed.servers)?.unwrap_or_default();
    typed.ca = ask::optional("File with their certificate authority (empty: the system's)", &typed.ca)?.unwrap_or_default();
    typed.user = ask::text("Account (svc-samesign@corp.example.com)", &typed.user)?;
    ask::secret("Its password")
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', ',']).filter(|word| !word.is_empty())
}

fn addresses(text: &str) -> Result<Vec<ServerAddress>, samesign_agent::connect::ad::AddressError> {
    words(text).map(str::parse).collect()
}

async fn open(config: &AdConfig) -> Result<Vec<OuNode>, samesign_agent::connect::ad::AdError> {
    let mut session = connect(config).await?;
    let units = session.organizational_units().await?;
    let identity = session.identity();
    screen::note(&format!("connected to {} as {}", identity.dns_host_name, identity.bound_as));
    Ok(units)
}

/// Asks whether passwords are wanted, and takes no yes that would not work.
async fn passwords(config: &AdConfig) -> Result<bool, Stopped> {
    ask::heading(
        "Passwords",
        "With Same Sign-On the Windows password opens Microsoft 365 too. Only a salted digest of its hash is sent. Reading it needs two rights on the \
         domain, as powerful as a domain administrator's: Replicating Directory Changes, and Replicating Directory Changes All.",
    );
    let mut wanted = ask::yes("Synchronize passwords?", false)?;
    while wanted {
        match rights::may_read_passwords(config).await {
            Ok(server) => {
                screen::note(&format!("{} may read passwords from {server}", config.user));
                return Ok(true);
            }
            Err(error) => ask::refused("passwords cannot be read", &error),
        }
        wanted = ask::yes("Test it again, now that this is mended? (no: go on without passwords)", true)?;
    }
    screen::note("passwords are not synchronized; `enabled = true` in [passwords] switches them on later");
    Ok(false)
}

fn choose(units: &[OuNode]) -> Result<Vec<String>, Stopped> {
    ask::heading(
        "Scope",
        "Only people in the units that you name take part, those in units below them included. Nothing is selected: better one clean unit than all.",
    );
    let tree = super::tree::tree(units);
    let lines: Vec<String> = tree.iter().map(|(line, _)| line.clone()).collect();
    let chosen = ask::several("Space selects, Enter confirms", &lines)?;
    let include: Vec<String> = chosen.into_iter().filter_map(|index| tree.get(index)).map(|(_, dn)| dn.clone()).collect();
    match include.is_empty() {
        true => screen::note("nothing is in scope for now: add units to scope.include before the first sync"),
        false => include.iter().for_each(|dn| screen::note(&format!("in scope: {dn}"))),
    }
    Ok(include)
}
