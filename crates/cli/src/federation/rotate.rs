//! One signing key follows another, and the tenant learns of it in time: each step can be repeated until it is through.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::SignedDuration;
use samesign_agent::connect::entra::DomainFederation;
use samesign_federation::claims::issuer_of;
use samesign_federation::keys::thumbprint_of;
use serde::Serialize;

use super::convert::visible;
use super::parts::Parts;
use super::settings;

/// For how long a retired certificate stays known: tokens that it signed are on their way, and who reads metadata does so daily.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Step {
    /// Make the next key, and tell the tenant of it
    Stage,
    /// Let the next key sign, once the tenant knows it
    Activate,
    /// Forget the key that signed before
    Retire,
}

/// How the keys stand after a step.
#[derive(Serialize)]
pub struct Rotated {
    /// Thumbprint of the key that signs.
    pub current: String,
    /// The last day of its certificate.
    pub current_until: String,
    /// Thumbprint of the key that will sign.
    pub next: Option<String>,
    /// Thumbprints of the keys that signed before.
    pub retired: Vec<String>,
    /// Where the certificates lie, to be handed to applications.
    pub certificates: PathBuf,
    /// Federated domains whose settings in the tenant name these keys.
    pub domains: Vec<String>,
    /// Applications that may have to be told by hand.
    pub applications: Vec<String>,
    /// What comes next.
    pub then: String,
}

/// Takes a step.
pub async fn take(parts: &Parts, step: Step, patience: Duration) -> Result<Rotated> {
    let domains = ours(parts).await?;
    let then = match step {
        Step::Stage => {
            if parts.keys.next().is_none() {
                parts.keys.stage(samesign_federation::clock::now())?;
            }
            tell(parts, &domains, patience).await?;
            "once every application knows the new certificate: `samesign federation rotate-key activate`"
        }
        Step::Activate => {
            if let Some(next) = parts.keys.next() {
                known(&domains, &settings::base64(&next))?;
                parts.keys.activate(samesign_federation::clock::now())?;
            } else if parts.keys.retired().is_empty() {
                bail!("no next key is staged: run `samesign federation rotate-key stage` first");
            }
            tell(parts, &domains, patience).await?;
            "a day from now: `samesign federation rotate-key retire`"
        }
        Step::Retire => {
            retire(parts)?;
            tell(parts, &domains, patience).await?;
            "nothing: the next rotation begins with `samesign federation rotate-key stage`, at the latest 35 days before the end"
        }
    };
    Ok(Rotated::of(parts, &domains, then))
}

/// A new key signs at once, every other is forgotten, sessions end.
pub async fn emergency(parts: &Parts, patience: Duration) -> Result<Rotated> {
    // Asked first: with the tenant out of reach the new key would lock everybody out.
    let domains = ours(parts).await?;
    parts.keys.replace(samesign_federation::clock::now())?;
    tell(parts, &domains, patience).await?;
    let then = "sessions at the tenant go on with what they have: revoke them there (Revoke-MgUserSignInSession), and look through the \
                sign-in log for tokens whose id is not in audit.jsonl";
    Ok(Rotated::of(parts, &domains, then))
}

impl Rotated {
    fn of(parts: &Parts, domains: &[(String, DomainFederation)], then: &str) -> Self {
        let current = parts.keys.current();
        Self {
            current: current.thumbprint().to_owned(),
            current_until: current.not_after().strftime("%Y-%m-%d").to_string(),
            next: parts.keys.next().map(|certificate| thumbprint_of(&certificate)),
            retired: parts.keys.retired().iter().map(|(_, certificate)| thumbprint_of(certificate)).collect(),
            certificates: parts.keys.path().to_owned(),
            domains: domains.iter().map(|(domain, _)| domain.clone()).collect(),
            applications: parts.federation.applications.iter().map(|application| application.name.clone()).collect(),
            then: then.to_owned(),
        }
    }
}

/// The domains whose people are sent to this very service.
async fn ours(parts: &Parts) -> Result<Vec<(String, DomainFederation)>> {
    let mut found = Vec::new();
    for domain in &parts.federation.domains {
        let settings = parts.entra.federation(domain).await;
        let settings = settings.with_context(|| format!("cannot read how {domain} is federated, so no key was touched"))?;
        let ours = |settings: &DomainFederation| {
            settings.issuer_uri == issuer_of(domain) && settings.passive_sign_in_uri.starts_with(&parts.federation.origin)
        };
        found.extend(settings.filter(ours).map(|settings| (domain.clone(), settings)));
    }
    Ok(found)
}

/// Refuses to go on while the tenant would refuse what the next key signs.
fn known(domains: &[(String, DomainFederation)], next: &str) -> Result<()> {
    let knows =
        |settings: &DomainFederation| settings.signing_certificate == next || settings.next_signing_certificate.as_deref() == Some(next);
    match domains.iter().find(|(_, settings)| !knows(settings)) {
        Some((domain, _)) => bail!(
            "the tenant does not show the next certificate for {domain} yet, so everybody there would be locked out: run `samesign federation rotate-key stage` again, then this"
        ),
        None => Ok(()),
    }
}

fn retire(parts: &Parts) -> Result<()> {
    let young = parts.keys.retired().into_iter().map(|(since, _)| since).max();
    match young.filter(|since| samesign_federation::clock::now().duration_since(*since) < KEPT) {
        Some(since) => bail!(
            "the last key signed until {}: its certificate stays known for 24 hours, for tokens on their way and for who reads metadata daily; with a key that may be stolen use --emergency",
            since.strftime("%Y-%m-%d %H:%M UTC")
        ),
        None => parts.keys.retire().map(drop).map_err(Into::into),
    }
}

/// Writes the keys into the settings of each domain. The tenant believes two: the current one, and the next or the last.
async fn tell(parts: &Parts, domains: &[(String, DomainFederation)], patience: Duration) -> Result<()> {
    let current = settings::base64(parts.keys.current().certificate_der());
    let other = settings::other(&parts.keys);
    for (domain, before) in domains {
        let after = DomainFederation { signing_certificate: current.clone(), next_signing_certificate: other.clone(), ..before.clone() };
        if after == *before {
            continue;
        }
        let written = parts.entra.update_federation(domain, &after).await;
        let shown = visible(&parts.entra, domain, Some(&after), patience).await;
        let again = "the keys are as they should be here: run the same command again";
        match (shown, written) {
            (Ok(true), _) => {}
            (_, Err(error)) => return Err(error).with_context(|| format!("the tenant did not take the keys of {domain}; {again}")),
            (Ok(false), Ok(())) => bail!("the tenant does not show the keys of {domain} after {} s; {again}", patience.as_secs()),
            (Err(error), Ok(())) => return Err(error),
        }
    }
    Ok(())
}
