//! Converts a domain: looks, tells, backs up, writes, waits until it shows, tells the way back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use samesign_agent::connect::entra::{DomainFederation, Entra};
use serde::Serialize;

use super::backup::Backup;
use super::facts::{self, Passwords};
use super::parts::Parts;
use super::preflight::{self, Check, PasswordFacts, Target, Verdict};
use super::remote::{Client, Realm};
use super::settings;
use crate::Global;
use crate::exit::Failure;

/// How often the tenant is asked whether it shows yet.
const EVERY: Duration = Duration::from_secs(2);

/// What is asked for.
pub struct Order {
    /// Which domain, lower case.
    pub domain: String,
    /// Where to.
    pub target: Target,
    /// Settings of a backup, instead of the service's own.
    pub restore: Option<DomainFederation>,
}

/// What a conversion would do, and whether it may.
#[derive(Serialize)]
pub struct Plan {
    /// Which domain.
    pub domain: String,
    /// Where it stands.
    pub from: Target,
    /// Where it is to go.
    pub to: Target,
    /// What was looked at.
    pub checks: Vec<Check>,
    /// Its settings now.
    pub before: Option<DomainFederation>,
    /// Its settings then.
    pub after: Option<DomainFederation>,
}

/// What a conversion did.
#[derive(Serialize)]
pub struct Done {
    /// How the domain stood.
    pub backup: PathBuf,
    /// Whether the tenant's sign-in page knows it already.
    pub sign_in_page: bool,
    /// How to go back.
    pub way_back: String,
}

impl Plan {
    /// Looks at everything. Writes nothing.
    pub async fn make(parts: &Parts, order: &Order, global: &Global) -> Result<Self, Failure> {
        let passwords = match order.target {
            Target::Managed => Passwords::read(global)?,
            Target::Federated => Passwords::default(),
        };
        let facts = facts::gather(parts, &order.domain, order.target, global, &passwords).await?;
        let (checks, after) = match order.target {
            Target::Managed => {
                let nothing = PasswordFacts { enabled: false, looked: None, error: None };
                (preflight::to_managed(&facts, &passwords.facts.unwrap_or(nothing)), None)
            }
            Target::Federated => {
                let mut service = facts::of_service(parts, &order.domain).await?;
                let mut checks = preflight::to_federated(&facts, &service);
                if let Some(restored) = &order.restore {
                    let theirs = !settings::same(restored, &service.wanted);
                    service.wanted = restored.clone();
                    if theirs {
                        checks = preflight::to_another_service(&facts, &service);
                    }
                }
                (checks, Some(service.wanted))
            }
        };
        let from = if facts.before.is_some() { Target::Federated } else { Target::Managed };
        Ok(Self { domain: order.domain.clone(), from, to: order.target, checks, before: facts.before, after })
    }

    /// Whether nothing is in the way.
    pub fn passes(&self) -> bool {
        preflight::passes(&self.checks)
    }

    /// Whether the domain stands as it is to stand.
    pub fn is_done(&self) -> bool {
        match (&self.before, &self.after) {
            (None, None) => true,
            (Some(before), Some(after)) => settings::same(before, after),
            _ => false,
        }
    }

    /// Backs up, writes, and waits until the tenant shows it.
    pub async fn carry_out(&self, parts: &Parts, patience: Duration) -> Result<Done> {
        let backup = Backup::write(&parts.federation.folder, &self.domain, self.before.clone(), samesign_federation::clock::now())?;
        let written = self.write(&parts.entra).await;
        // Whatever became of the request: what the tenant shows is what counts.
        let shows = visible(&parts.entra, &self.domain, self.after.as_ref(), patience).await;
        let way_back = self.way_back(parts, &backup);
        match (shows, written) {
            (Ok(true), _) => {}
            (_, Err(error)) => return Err(error).with_context(|| format!("{} was not converted", self.domain)),
            (Err(error), Ok(())) => return Err(error),
            (Ok(false), Ok(())) => bail!(
                "the tenant took the change and does not show it after {} s: wait, then run the same command again; the way back is `{way_back}`",
                patience.as_secs()
            ),
        }
        let sign_in_page = realm_follows(parts, self).await;
        Ok(Done { backup, sign_in_page, way_back })
    }

    async fn write(&self, entra: &Entra) -> Result<()> {
        match (&self.before, &self.after) {
            (None, Some(after)) => entra.federate(&self.domain, after).await?,
            (Some(before), Some(after)) => {
                let named = DomainFederation { id: before.id.clone(), ..after.clone() };
                entra.update_federation(&self.domain, &named).await?;
            }
            (Some(_), None) => entra.make_managed(&self.domain).await?,
            (None, None) => {}
        }
        Ok(())
    }

    /// The command that undoes this one.
    fn way_back(&self, parts: &Parts, backup: &Path) -> String {
        let ours = |before: &DomainFederation| settings::same(before, &settings::wanted(&self.domain, &parts.federation, &parts.keys));
        match &self.before {
            None => format!("samesign federation convert {} managed", self.domain),
            Some(before) if ours(before) => format!("samesign federation convert {} federated", self.domain),
            Some(_) => format!("samesign federation convert {} --restore {}", self.domain, backup.display()),
        }
    }
}

/// Waits until the tenant shows these settings.
pub async fn visible(entra: &Entra, domain: &str, wanted: Option<&DomainFederation>, patience: Duration) -> Result<bool> {
    let wait = async {
        loop {
            if shows(entra, domain, wanted).await? {
                return Ok::<_, anyhow::Error>(());
            }
            tokio::time::sleep(EVERY).await;
        }
    };
    match tokio::time::timeout(patience, wait).await {
        Ok(shown) => shown.map(|()| true),
        Err(_) => Ok(false),
    }
}

async fn shows(entra: &Entra, domain: &str, wanted: Option<&DomainFederation>) -> Result<bool> {
    let found = entra.federation(domain).await.context("cannot read how the domain is federated now")?;
    Ok(match (&found, wanted) {
        (None, None) => true,
        (Some(found), Some(wanted)) => settings::same(found, wanted),
        _ => false,
    })
}

/// Whether the tenant's sign-in page, which may follow much later, knows it already. Nothing depends on it.
async fn realm_follows(parts: &Parts, plan: &Plan) -> bool {
    let realm = realm_of(parts, &plan.domain).await;
    realm.is_ok_and(|realm| realm.account_type.eq_ignore_ascii_case(plan.to.name()))
}

/// What the tenant's sign-in page does with a name of a domain.
pub async fn realm_of(parts: &Parts, domain: &str) -> Result<Realm> {
    let (tenant, authority) = &parts.sign_in;
    let authorities: Vec<&Path> = authority.iter().map(PathBuf::as_path).collect();
    let client = Client::new(&authorities, tenant.host_str().unwrap_or_default(), None)?;
    client.realm(&tenant.origin().ascii_serialization(), domain).await
}

/// The checks as lines for a screen.
pub fn screen(checks: &[Check]) -> String {
    let lines = checks.iter().map(|check| {
        let word = match check.verdict {
            Verdict::Ok => "ok     ",
            Verdict::Warning => "warning",
            Verdict::Refused => "refused",
        };
        let says = check.says.replace('\n', "\n             ");
        let mend = check.mend.as_ref().map(|mend| format!("\n           -> {mend}")).unwrap_or_default();
        format!("  {word}  {says}{mend}")
    });
    lines.collect::<Vec<_>>().join("\n")
}
