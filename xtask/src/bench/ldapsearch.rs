//! OpenLDAP's client reading what the agent reads: the yardstick for the agent's own read.

use std::process::Command;

use anyhow::Result;

use crate::testbed::DomainController;

/// What the agent looks for.
const FILTER: &str = "(&(objectCategory=person)(objectClass=user))";

/// What the agent asks for beside objectGUID and objectClass. A test holds it against the engine's own list.
const ATTRIBUTES: &str = "\
    adminCount adminDescription c cn co company countryCode department description displayName employeeID employeeType extensionAttribute1 \
    extensionAttribute10 extensionAttribute11 extensionAttribute12 extensionAttribute13 extensionAttribute14 extensionAttribute15 \
    extensionAttribute2 extensionAttribute3 extensionAttribute4 extensionAttribute5 extensionAttribute6 extensionAttribute7 \
    extensionAttribute8 extensionAttribute9 facsimileTelephoneNumber givenName info isCriticalSystemObject l mail mailNickname \
    manager mobile msExchRecipientTypeDetails msExchUsageLocation objectSid physicalDeliveryOfficeName postOfficeBox postalCode \
    preferredLanguage proxyAddresses pwdLastSet sAMAccountName sn st streetAddress targetAddress telephoneNumber title url \
    userAccountControl userPrincipalName";

/// The same read: same people, same attributes, same pages.
pub fn command(domain_controller: &DomainController) -> Result<Command> {
    let facts = &domain_controller.facts;
    let reader = facts.account("svc-samesign")?;
    let mut command = Command::new("ldapsearch");
    command.env("LDAPTLS_CACERT", &facts.ca).args(["-x", "-LLL", "-H", &facts.ldaps, "-D", &reader.user, "-w", &reader.password]);
    command.args(["-E", "pr=1000/noprompt", "-b", &facts.base_dn, FILTER, "objectGUID", "objectClass"]).args(ATTRIBUTES.split_whitespace());
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_what_the_agent_asks_for() {
        assert_eq!(ATTRIBUTES.split_whitespace().collect::<Vec<_>>(), samesign_engine::source_attributes());
    }
}
