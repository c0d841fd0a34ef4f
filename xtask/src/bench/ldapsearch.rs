//! OpenLDAP's client reading what the agent reads: the yardstick for the agent's own read.

use std::process::Command;

use anyhow::Result;

use crate::testbed::DomainController;

/// What the agent looks for.
const FILTER: &str = "(&(objectCategory=person)(objectClass=user))";

/// What the agent asks for beside objectGUID and objectClass. A test holds it against the engine's own list.
const ATTRIBUTES: &str = "\
    adminCount adminDescription altRecipient assistant authOrig c cn co company countryCode dLMemRejectPerms dLMemSubmitPerms \
    department description displayName employeeID employeeLeaveDateTime employeeOrgData employeeType extensionAttribute1 \
    extensionAttribute10 extensionAttribute11 extensionAttribute12 extensionAttribute13 extensionAttribute14 extensionAttribute15 \
    extensionAttribute2 extensionAttribute3 extensionAttribute4 extensionAttribute5 extensionAttribute6 extensionAttribute7 \
    extensionAttribute8 extensionAttribute9 facsimileTelephoneNumber givenName groupType hideDLMembership homePhone info initials \
    ipPhone isCriticalSystemObject l legacyExchangeDN mS-DS-ConsistencyGuid mail mailNickname managedBy manager member middleName \
    mobile msDS-HABSeniorityIndex msDS-KeyCredentialLink msDS-PhoneticDisplayName msExchArchiveGUID msExchArchiveName \
    msExchAssistantName msExchAuditAdmin msExchAuditDelegate msExchAuditDelegateAdmin msExchAuditOwner msExchBlockedSendersHash \
    msExchBypassAudit msExchBypassModerationLink msExchCoManagedByLink msExchDelegateListLink msExchELCExpirySuspensionEnd \
    msExchELCExpirySuspensionStart msExchELCMailboxFlags msExchEnableModeration msExchExtensionCustomAttribute1 \
    msExchExtensionCustomAttribute2 msExchExtensionCustomAttribute3 msExchExtensionCustomAttribute4 msExchExtensionCustomAttribute5 \
    msExchHideFromAddressLists msExchImmutableId msExchLitigationHoldDate msExchLitigationHoldOwner msExchMailboxAuditEnable \
    msExchMailboxAuditLogAgeLimit msExchMailboxGuid msExchModeratedByLink msExchModerationFlags msExchRecipientDisplayType \
    msExchRecipientTypeDetails msExchRemoteRecipientType msExchRequireAuthToSendTo msExchResourceCapacity msExchResourceDisplay \
    msExchResourceMetaData msExchResourceSearchProperties msExchRetentionComment msExchRetentionURL msExchSafeRecipientsHash \
    msExchSafeSendersHash msExchSenderHintTranslations msExchTeamMailboxExpiration msExchTeamMailboxOwners \
    msExchTeamMailboxSharePointUrl msExchUsageLocation msExchUserHoldPolicies msOrg-IsOrganizational msRTCSIP-ApplicationOptions \
    msRTCSIP-DeploymentLocator msRTCSIP-Line msRTCSIP-OptionFlags msRTCSIP-OwnerUrn msRTCSIP-PrimaryUserAddress \
    msRTCSIP-UserEnabled oOFReplyToOriginator objectSid otherFacsimileTelephoneNumber otherHomePhone otherIpPhone otherMobile \
    otherPager otherTelephone pager physicalDeliveryOfficeName postOfficeBox postalCode preferredLanguage proxyAddresses \
    publicDelegates pwdLastSet reportToOriginator reportToOwner sAMAccountName sn st streetAddress targetAddress telephoneAssistant \
    telephoneNumber thumbnailPhoto title unauthOrig url userAccountControl userCertificate userPrincipalName userSMIMECertificate \
    wWWHomePage";

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
