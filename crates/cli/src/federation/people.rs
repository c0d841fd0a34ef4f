//! Who of a domain could not sign in after it was converted, and why: everybody is looked up as the service would at a sign-in.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result};
use samesign_agent::engine::{Anchor, TargetObject, Value};
use samesign_agent::{Progress, Step};
use samesign_federation::claims::{Dialect, Domains, NoClaims, for_tenant};
use samesign_federation::directory::Directory;

use super::names::{is_under, suffix};

/// Why somebody could not sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The account lives in the tenant alone.
    CloudOnly,
    /// Active Directory knows nobody by that name.
    Unknown,
    /// Active Directory knows somebody else by that name.
    OtherAnchor,
    /// The service would name the person otherwise.
    OtherName(String),
    /// The service would not vouch for the person.
    Refused(NoClaims),
    /// The tenant has no password of the person's.
    NoPassword(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CloudOnly => f.write_str("lives in the tenant alone, without an anchor"),
            Self::Unknown => f.write_str("Active Directory has no account with this userPrincipalName"),
            Self::OtherAnchor => f.write_str("the account of this name in Active Directory is another one: its anchor differs"),
            Self::OtherName(upn) => write!(f, "the userPrincipalName in Active Directory is {upn}"),
            Self::Refused(reason) => write!(f, "{reason}"),
            Self::NoPassword(why) => write!(f, "{why}"),
        }
    }
}

impl Trouble {
    /// What to do.
    pub fn mend(&self) -> &'static str {
        match self {
            Self::CloudOnly => {
                "give it a name of the onmicrosoft.com domain, or delete it, or make it a person of Active Directory and synchronize"
            }
            Self::Unknown | Self::OtherAnchor | Self::OtherName(_) => {
                "run `samesign sync` until `samesign plan` has nothing to do, then look at what is left with `samesign explain`"
            }
            Self::Refused(NoClaims::OutOfScope) => "put the account into an OU of `scope.include`, or remove it from the tenant",
            Self::Refused(_) => "look at the account with `samesign explain`",
            Self::NoPassword(_) => {
                "see `samesign status` and `samesign explain`; where nothing else helps, set a password in the tenant afterwards"
            }
        }
    }
}

/// The enabled people of a domain and its subdomains.
pub fn of_domain<'a>(users: &'a [TargetObject], domain: &str) -> Vec<&'a TargetObject> {
    users.iter().filter(|user| is_under(suffix(&user.upn), domain) && is_enabled(user)).collect()
}

/// Whether somebody may sign in at all.
pub fn is_enabled(user: &TargetObject) -> bool {
    !matches!(user.visible.get("accountEnabled"), Some(Value::Boolean(false)))
}

/// Asks Active Directory about each of them what the service would be asked at a sign-in.
pub async fn locked_out_by_federation(
    people: &[&TargetObject],
    directory: &Directory,
    domains: &Domains,
    progress: &dyn Progress,
) -> Result<Vec<(String, Trouble)>> {
    let mut troubles = Vec::new();
    for (count, person) in people.iter().enumerate() {
        progress.at(Step::ReadSource, count + 1, Some(people.len()));
        let Some(anchor) = &person.anchor else {
            troubles.push((person.upn.to_string(), Trouble::CloudOnly));
            continue;
        };
        let found = directory.by_name(&person.upn).await;
        let found = found.with_context(|| format!("cannot look up {} in Active Directory", person.upn))?;
        let trouble = match found {
            None => Some(Trouble::Unknown),
            Some(account) if account.person.anchor != *anchor => Some(Trouble::OtherAnchor),
            Some(account) if account.person.upn.to_lowercase() != person.upn.to_lowercase() => Some(Trouble::OtherName(account.person.upn)),
            Some(account) => for_tenant(&account.person, domains, false, Dialect::One).err().map(Trouble::Refused),
        };
        troubles.extend(trouble.map(|trouble| (person.upn.to_string(), trouble)));
    }
    Ok(troubles)
}

/// Whose password the tenant does not have.
pub fn locked_out_without_passwords(people: &[&TargetObject], passwords: &BTreeMap<Anchor, Option<String>>) -> Vec<(String, Trouble)> {
    let missing = |anchor: &Anchor| match passwords.get(anchor) {
        Some(None) => None,
        Some(Some(why)) => Some(why.clone()),
        None => Some("no password was ever synchronized".to_owned()),
    };
    let synced = people.iter().filter(|person| person.synced);
    synced.filter_map(|person| Some((person.upn.to_string(), Trouble::NoPassword(missing(person.anchor.as_ref()?)?)))).collect()
}
