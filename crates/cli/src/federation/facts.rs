//! Asks tenant, service and directory what the preflight must know.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use samesign_agent::Mode;
use samesign_agent::connect::entra::{DeltaItem, Domain, Entra};
use samesign_agent::engine::{Anchor, TargetObject};
use samesign_federation::claims::Domains;

use super::names::{is_under, suffix};
use super::parts::{self, Parts};
use super::people::{self, Trouble};
use super::preflight::{Facts, PasswordFacts, ServiceFacts, Target};
use super::remote::{self, Client};
use super::settings;
use crate::exit::Failure;
use crate::{Global, progress, session};

/// More of them are as good as this many.
const ADMINISTRATORS: usize = 3;

/// Asks all but what depends on where the domain is to go.
pub async fn gather(parts: &Parts, domain: &str, target: Target, global: &Global, passwords: &Passwords) -> Result<Facts, Failure> {
    let entra = &parts.entra;
    let domains = entra.domains().await.context("cannot read the tenant's domains")?;
    let before = match domains.iter().any(|known| known.name.eq_ignore_ascii_case(domain)) {
        true => entra.federation(domain).await.context("cannot read how the domain is federated")?,
        false => None,
    };
    let issuers = issuers(entra, &domains, domain).await?;
    let users = users(entra).await?;
    let administrators = administrators(entra, &users, &domains, domain).await?;
    let people = people::of_domain(&users, domain);
    let troubles = troubles(parts, domain, target, global, &people, passwords).await?;
    Ok(Facts {
        domain: domain.to_owned(),
        before,
        issuers,
        administrators,
        people: people.len(),
        troubles,
        domains,
        now: samesign_federation::clock::now(),
    })
}

async fn troubles(
    parts: &Parts,
    domain: &str,
    target: Target,
    global: &Global,
    people: &[&TargetObject],
    passwords: &Passwords,
) -> Result<Vec<(String, Trouble)>, Failure> {
    match target {
        Target::Managed => Ok(people::locked_out_without_passwords(people, &passwords.people)),
        // With nobody there, Active Directory need not answer.
        Target::Federated if people.is_empty() => Ok(Vec::new()),
        Target::Federated => {
            let directory = parts::directory(global)?;
            let mut names = parts.federation.domains.clone();
            // A domain that is missing there is told by itself; nobody's trouble is that.
            names.push(domain.to_owned());
            Ok(people::locked_out_by_federation(people, &directory, &Domains::new(&names), &*progress::shown(global.quiet)).await?)
        }
    }
}

/// What the service shows, and what would be written.
pub async fn of_service(parts: &Parts, domain: &str) -> Result<ServiceFacts, Failure> {
    let federation = &parts.federation;
    let authority = federation.folder.join("tls-ca.pem");
    let client = Client::new(&[&authority], &federation.host, Some(federation.listen)).context("cannot set up TLS")?;
    let published: Vec<String> = parts.keys.published().iter().map(|certificate| settings::base64(certificate)).collect();
    let shown = client.certificates(&federation.origin, &published).await.map_err(|error| remote::chain(&error));
    Ok(ServiceFacts {
        domains: federation.domains.clone(),
        wanted: settings::wanted(domain, federation, &parts.keys),
        shown,
        address: federation.origin.clone(),
        not_after: parts.keys.current().not_after(),
        passwords: parts.passwords,
    })
}

/// How password synchronization stands, from the agent's state file.
#[derive(Default)]
pub struct Passwords {
    /// As a whole.
    pub facts: Option<PasswordFacts>,
    /// By person: `None` once the tenant has the password.
    pub people: BTreeMap<Anchor, Option<String>>,
}

impl Passwords {
    /// Reads the state file.
    pub fn read(global: &Global) -> Result<Self, Failure> {
        let agent = session::open_state(global, Mode::Read)?;
        let status = agent.status().context("the agent's state cannot be read")?;
        let moment = |text: &String| text.parse().ok();
        let run = status.last_done.and_then(|run| run.ended).as_ref().and_then(moment);
        let looked = status.passwords.last_check.as_ref().and_then(moment).max(run);
        let facts = PasswordFacts { enabled: status.passwords.enabled, looked, error: status.passwords.last_error };
        let people = agent.passwords().context("the agent's state cannot be read")?;
        Ok(Self { facts: Some(facts), people })
    }
}

async fn issuers(entra: &Entra, domains: &[Domain], domain: &str) -> Result<Vec<(String, String)>> {
    let mut issuers = Vec::new();
    let others = domains.iter().filter(|other| other.is_federated() && other.is_root && !other.name.eq_ignore_ascii_case(domain));
    for other in others {
        let settings = entra.federation(&other.name).await.with_context(|| format!("cannot read how {} is federated", other.name))?;
        issuers.extend(settings.map(|settings| (other.name.clone(), settings.issuer_uri)));
    }
    Ok(issuers)
}

async fn users(entra: &Entra) -> Result<Vec<TargetObject>> {
    let mut users = BTreeMap::new();
    // The last word about a user counts.
    let mut take = |item: DeltaItem| {
        let _ = match item {
            DeltaItem::Present(user) => users.insert(user.id.clone(), user),
            DeltaItem::SoftDeleted(id) | DeltaItem::Deleted(id) => users.remove(&id),
        };
    };
    entra.users_delta(None, &mut take).await.context("cannot read the tenant's users")?;
    Ok(users.into_values().collect())
}

/// Enabled Global Administrators whose password is in the tenant, and who are outside of whatever is federated.
async fn administrators(entra: &Entra, users: &[TargetObject], domains: &[Domain], domain: &str) -> Result<Vec<String>> {
    let federated = |suffix: &str| domains.iter().any(|other| other.is_federated() && other.name.eq_ignore_ascii_case(suffix));
    let outside = |user: &&TargetObject| {
        let suffix = suffix(&user.upn);
        !user.synced && people::is_enabled(user) && !is_under(suffix, domain) && !federated(suffix)
    };
    let candidates: Vec<&TargetObject> = users.iter().filter(outside).collect();
    let ids: Vec<&str> = candidates.iter().map(|user| &*user.id).collect();
    let holders = entra.admin_roles(&ids).await.context("cannot read who holds admin roles")?;
    let mut found = Vec::new();
    for user in candidates.iter().filter(|user| holders.contains(&user.id)) {
        if found.len() < ADMINISTRATORS && entra.is_global_administrator(&user.id).await.context("cannot read a user's roles")? {
            found.push(user.upn.to_string());
        }
    }
    Ok(found)
}
