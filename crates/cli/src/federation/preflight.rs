//! What must hold before the people of a domain sign in elsewhere: nobody may be locked out, least of all who could undo it.
//!
//! Pure: facts in, verdicts out.

use jiff::{SignedDuration, Timestamp};
use samesign_agent::connect::entra::{Domain, DomainFederation};
use serde::Serialize;

use super::names::is_under;
use super::people::Trouble;

/// People that are named one by one; of the others only the number is told.
const NAMED: usize = 10;
/// How old the last look for changed passwords may be.
const LOOKED_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// Where a domain is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// Its people sign in here.
    Federated,
    /// Its people sign in at the tenant.
    Managed,
}

impl Target {
    /// As it is typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Federated => "federated",
            Self::Managed => "managed",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Stable name.
    pub check: &'static str,
    /// What it means for the conversion.
    pub verdict: Verdict,
    /// What was found.
    pub says: String,
    /// What to do, where something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

/// What a check means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// In order.
    Ok,
    /// To be known.
    Warning,
    /// In the way.
    Refused,
}

impl Check {
    /// In order.
    pub fn ok(check: &'static str, says: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, says: says.into(), mend: None }
    }

    /// To be known.
    pub fn warning(check: &'static str, says: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Warning, says: says.into(), mend: Some(mend.into()) }
    }

    /// In the way.
    pub fn refused(check: &'static str, says: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Refused, says: says.into(), mend: Some(mend.into()) }
    }
}

/// Whether nothing is in the way.
pub fn passes(checks: &[Check]) -> bool {
    checks.iter().all(|check| check.verdict != Verdict::Refused)
}

/// What is known of the tenant, the service and the people.
pub struct Facts {
    /// The domain, lower case.
    pub domain: String,
    /// All domains of the tenant.
    pub domains: Vec<Domain>,
    /// Where its people sign in elsewhere now.
    pub before: Option<DomainFederation>,
    /// `issuerUri` of the other federated domains: domain, issuer.
    pub issuers: Vec<(String, String)>,
    /// Enabled Global Administrators who have their password in the tenant, outside every federated domain and this one.
    pub administrators: Vec<String>,
    /// How many enabled people the domain has in the tenant, those of its subdomains too.
    pub people: usize,
    /// Those who could not sign in afterwards.
    pub troubles: Vec<(String, Trouble)>,
    /// Now.
    pub now: Timestamp,
}

/// What is known of the service, for a conversion to it.
pub struct ServiceFacts {
    /// The domains of its configuration.
    pub domains: Vec<String>,
    /// The settings that would be written.
    pub wanted: DomainFederation,
    /// What the service shows at its address: certificates as Base64 of DER; or why there is no answer.
    pub shown: Result<Vec<String>, String>,
    /// Where it was asked.
    pub address: String,
    /// The last moment of the certificate.
    pub not_after: Timestamp,
    /// Whether passwords are synchronized as well.
    pub passwords: bool,
}

/// What is known of password synchronization, for a conversion back.
pub struct PasswordFacts {
    /// Whether it is switched on.
    pub enabled: bool,
    /// When changed passwords were last looked for, in vain or not.
    pub looked: Option<Timestamp>,
    /// Why that failed.
    pub error: Option<String>,
}

/// Whether a domain can become federated without locking anybody out.
pub fn to_federated(facts: &Facts, service: &ServiceFacts) -> Vec<Check> {
    let mut checks = vec![known(facts)];
    if let Some(domain) = here(facts) {
        checks.push(convertible(facts, domain));
    }
    checks.push(configured(facts, service));
    checks.push(administrators(facts));
    checks.push(people(facts));
    checks.push(issuer(facts, service));
    checks.push(answers(service));
    checks.push(expiry(facts, service));
    checks.push(fallback(service));
    checks
}

/// The same for settings of a backup that lead to another service, about which we know little.
pub fn to_another_service(facts: &Facts, service: &ServiceFacts) -> Vec<Check> {
    let mut checks = vec![known(facts)];
    if let Some(domain) = here(facts) {
        checks.push(convertible(facts, domain));
    }
    checks.push(administrators(facts));
    checks.push(issuer(facts, service));
    let where_to = &service.wanted.passive_sign_in_uri;
    let says =
        format!("the settings of the backup lead to {where_to}, which is not this service: it is not known whether it lets people in");
    checks.push(Check::warning("other-service", says, "try it with one person at once"));
    checks
}

/// Whether a domain can become managed again without locking anybody out.
pub fn to_managed(facts: &Facts, passwords: &PasswordFacts) -> Vec<Check> {
    let mut checks = vec![known(facts)];
    if let Some(domain) = here(facts) {
        checks
            .push(inherits(facts, domain).unwrap_or_else(|| Check::ok("domain-root", format!("{} has settings of its own", domain.name))));
    }
    checks.push(passwords_on(passwords));
    checks.push(cycle(facts, passwords));
    checks.push(people(facts));
    checks
}

fn here(facts: &Facts) -> Option<&Domain> {
    facts.domains.iter().find(|domain| domain.name.eq_ignore_ascii_case(&facts.domain))
}

fn known(facts: &Facts) -> Check {
    const NAME: &str = "domain-verified";
    match here(facts) {
        None => Check::refused(
            NAME,
            format!("the tenant has no domain {}", facts.domain),
            format!("it has {}", facts.domains.iter().map(|domain| domain.name.as_str()).collect::<Vec<_>>().join(", ")),
        ),
        Some(domain) if !domain.is_verified => {
            Check::refused(NAME, format!("{} is not verified", domain.name), "verify it in the tenant's portal first")
        }
        Some(domain) => Check::ok(NAME, format!("{} is verified", domain.name)),
    }
}

fn convertible(facts: &Facts, domain: &Domain) -> Check {
    const NAME: &str = "domain-convertible";
    let name = &domain.name;
    if domain.is_initial {
        let mend = "convert a domain of your own; this one has to stay, for who must get in when nothing else works";
        return Check::refused(NAME, format!("{name} is the tenant's initial domain, which cannot be federated"), mend);
    }
    if domain.is_default {
        let mend = "make another domain the default one, that of onmicrosoft.com for instance: in the portal, or in the local tenant by `samesign tenant domain default`; then try again";
        return Check::refused(NAME, format!("{name} is the tenant's default domain, which cannot be federated"), mend);
    }
    inherits(facts, domain).unwrap_or_else(|| Check::ok(NAME, format!("{name} is neither the initial domain nor the default one")))
}

/// A subdomain has no settings of its own.
fn inherits(facts: &Facts, domain: &Domain) -> Option<Check> {
    let above = |other: &&Domain| other.name != domain.name && other.is_verified && is_under(&domain.name, &other.name);
    let parent = facts.domains.iter().filter(above).min_by_key(|other| other.name.len()).filter(|_| !domain.is_root)?;
    Some(Check::refused(
        "domain-root",
        format!("{} is a subdomain of {} and follows it", domain.name, parent.name),
        format!("convert {} instead", parent.name),
    ))
}

fn configured(facts: &Facts, service: &ServiceFacts) -> Check {
    const NAME: &str = "domain-configured";
    match service.domains.contains(&facts.domain) {
        true => Check::ok(NAME, "the service vouches for people of this domain"),
        false => Check::refused(
            NAME,
            format!("the service does not vouch for people of {}", facts.domain),
            format!("add it to `domains` in [federation] (now {:?}) and start the service again", service.domains),
        ),
    }
}

fn administrators(facts: &Facts) -> Check {
    const NAME: &str = "administrator-outside";
    match facts.administrators.as_slice() {
        [] => Check::refused(
            NAME,
            "no Global Administrator would be left who can sign in without the federation service",
            "make one whose name ends in the onmicrosoft.com domain, with a password in the tenant, keep it safe, and try it once",
        ),
        [one] => Check::warning(
            NAME,
            format!("{one} alone can sign in without the federation service"),
            "two are better: one may be away, or forget the password",
        ),
        several => Check::ok(NAME, format!("{} Global Administrators can sign in without the federation service", several.len())),
    }
}

fn people(facts: &Facts) -> Check {
    const NAME: &str = "people";
    let [first, ..] = facts.troubles.as_slice() else {
        return Check::ok(NAME, format!("each of the {} people of {} can sign in afterwards", facts.people, facts.domain));
    };
    let mut lines: Vec<String> = facts.troubles.iter().take(NAMED).map(|(upn, trouble)| format!("{upn}: {trouble}")).collect();
    let more = facts.troubles.len().saturating_sub(NAMED);
    lines.extend((more > 0).then(|| format!("and {more} more")));
    let says = format!("{} of {} people could not sign in afterwards:\n{}", facts.troubles.len(), facts.people, lines.join("\n"));
    Check::refused(NAME, says, first.1.mend())
}

fn issuer(facts: &Facts, service: &ServiceFacts) -> Check {
    const NAME: &str = "issuer-free";
    let wanted = &service.wanted.issuer_uri;
    match facts.issuers.iter().find(|(_, issuer)| issuer == wanted) {
        Some((domain, _)) => Check::refused(
            NAME,
            format!("the issuer {wanted} belongs to {domain} already: no two domains may share one"),
            format!("look at what {domain} is federated with; `samesign federation convert {domain} managed` frees it"),
        ),
        None => Check::ok(NAME, format!("no other domain has the issuer {wanted}")),
    }
}

fn answers(service: &ServiceFacts) -> Check {
    const NAME: &str = "service-answers";
    let address = &service.address;
    match &service.shown {
        Err(problem) => Check::refused(
            NAME,
            format!("the service does not answer at {address}: {problem}"),
            "start it with `samesign federation run`, and look at name, port, firewall and certificate: browsers need all of them",
        ),
        Ok(shown) if !shown.contains(&service.wanted.signing_certificate) => Check::refused(
            NAME,
            format!("the service at {address} signs with another key than the one in the folder `keys`"),
            "is another service at that address, or does it run with another configuration? Every token would be refused",
        ),
        Ok(_) => Check::ok(NAME, format!("the service answers at {address} with the certificate that will be believed")),
    }
}

fn expiry(facts: &Facts, service: &ServiceFacts) -> Check {
    const NAME: &str = "certificate-valid";
    let days = service.not_after.duration_since(facts.now).as_hours().div_euclid(24);
    let until = service.not_after.strftime("%Y-%m-%d");
    match days {
        ..1 => Check::refused(
            NAME,
            format!("the signing certificate ended on {until}"),
            "make a new one: `samesign federation rotate-key --emergency`",
        ),
        1..=35 => {
            Check::warning(NAME, format!("the signing certificate ends on {until}"), "begin with `samesign federation rotate-key stage`")
        }
        _ => Check::ok(NAME, format!("the signing certificate is valid until {until}")),
    }
}

fn fallback(service: &ServiceFacts) -> Check {
    const NAME: &str = "password-fallback";
    match service.passwords {
        true => Check::ok(NAME, "passwords are synchronized as well: the domain can be made managed again within minutes"),
        false => Check::warning(
            NAME,
            "passwords are not synchronized: while the service is down nobody can sign in, and there is no quick way back",
            "set enabled = true in [passwords]; it does no harm to a federated domain",
        ),
    }
}

fn passwords_on(passwords: &PasswordFacts) -> Check {
    const NAME: &str = "passwords-enabled";
    match passwords.enabled {
        true => Check::ok(NAME, "passwords are synchronized"),
        false => Check::refused(
            NAME,
            "passwords are not synchronized: everybody of the domain would be left without one",
            "set enabled = true in [passwords], run `samesign sync`, and see `samesign status`",
        ),
    }
}

fn cycle(facts: &Facts, passwords: &PasswordFacts) -> Check {
    const NAME: &str = "passwords-recent";
    let mend = "let `samesign agent run` or `samesign sync` finish, and see `samesign status`";
    match (&passwords.error, passwords.looked) {
        (Some(error), _) => Check::refused(NAME, format!("the last look for changed passwords failed: {error}"), mend),
        (None, Some(looked)) if facts.now.duration_since(looked) <= LOOKED_WITHIN => {
            Check::ok(NAME, format!("changed passwords were last looked for at {}", looked.strftime("%Y-%m-%d %H:%M:%S UTC")))
        }
        (None, Some(looked)) => {
            Check::refused(NAME, format!("changed passwords were last looked for at {looked}: newer ones are not in the tenant"), mend)
        }
        (None, None) => Check::refused(NAME, "no cycle of password synchronization has ended yet", mend),
    }
}

#[cfg(test)]
mod tests;
