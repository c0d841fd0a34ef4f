//! A cloud user as Graph writes it, and as the engine takes it.

use std::collections::{BTreeMap, BTreeSet};

use samesign_engine::{Anchor, Kind, Parked, TargetObject, Value};
use serde::Deserialize;

/// The properties asked for, in one place with [`GraphUser`], which reads them.
pub const SELECT: &str = "id,userPrincipalName,mail,proxyAddresses,onPremisesImmutableId,onPremisesSyncEnabled,assignedLicenses,assignedPlans,\
accountEnabled,displayName,givenName,surname,mailNickname,jobTitle,department,companyName,officeLocation,streetAddress,city,state,postalCode,\
country,usageLocation,preferredLanguage,businessPhones,mobilePhone,faxNumber,employeeId,employeeType,onPremisesDistinguishedName,\
onPremisesSamAccountName,onPremisesDomainName,onPremisesSecurityIdentifier,onPremisesExtensionAttributes,onPremisesProvisioningErrors";

/// One user of an answer of Graph. Every property but the id may be absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GraphUser {
    pub id: Box<str>,
    /// In a delta: the user is gone.
    #[serde(rename = "@removed")]
    pub removed: Option<Removed>,
    user_principal_name: Option<Box<str>>,
    mail: Option<Box<str>>,
    #[serde(default)]
    proxy_addresses: Vec<Box<str>>,
    on_premises_immutable_id: Option<Box<str>>,
    on_premises_sync_enabled: Option<bool>,
    #[serde(default)]
    assigned_licenses: Vec<AssignedLicence>,
    #[serde(default)]
    assigned_plans: Vec<AssignedPlan>,
    account_enabled: Option<bool>,
    display_name: Option<Box<str>>,
    given_name: Option<Box<str>>,
    surname: Option<Box<str>>,
    mail_nickname: Option<Box<str>>,
    job_title: Option<Box<str>>,
    department: Option<Box<str>>,
    company_name: Option<Box<str>>,
    office_location: Option<Box<str>>,
    street_address: Option<Box<str>>,
    city: Option<Box<str>>,
    state: Option<Box<str>>,
    postal_code: Option<Box<str>>,
    country: Option<Box<str>>,
    usage_location: Option<Box<str>>,
    preferred_language: Option<Box<str>>,
    #[serde(default)]
    business_phones: Vec<Box<str>>,
    mobile_phone: Option<Box<str>>,
    fax_number: Option<Box<str>>,
    employee_id: Option<Box<str>>,
    employee_type: Option<Box<str>>,
    on_premises_distinguished_name: Option<Box<str>>,
    on_premises_sam_account_name: Option<Box<str>>,
    on_premises_domain_name: Option<Box<str>>,
    on_premises_security_identifier: Option<Box<str>>,
    on_premises_extension_attributes: Option<BTreeMap<Box<str>, Option<Box<str>>>>,
    #[serde(default)]
    on_premises_provisioning_errors: Vec<ProvisioningError>,
}

#[derive(Deserialize)]
pub struct Removed {
    /// `changed`: in deletedItems and restorable. `deleted`: gone.
    pub reason: Box<str>,
}

/// A value that the service has not stored (`onPremisesProvisioningError`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProvisioningError {
    property_causing_error: Option<Box<str>>,
    value: Option<Box<str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssignedLicence {
    sku_id: Option<Box<str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssignedPlan {
    service: Option<Box<str>>,
    capability_status: Option<Box<str>>,
}

impl AssignedPlan {
    fn is_mailbox(&self) -> bool {
        let is = |value: &Option<Box<str>>, name: &str| value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case(name));
        is(&self.service, "exchange") && is(&self.capability_status, "Enabled")
    }
}

impl GraphUser {
    /// As the engine takes it. Whether the user holds an admin role must be asked for, see `Entra::admin_roles`.
    pub fn into_target(self, soft_deleted: bool) -> TargetObject {
        let visible = self.visible();
        let mail = self.mail.filter(|mail| !mail.is_empty());
        let licensed = !self.assigned_licenses.is_empty();
        TargetObject {
            kind: Kind::User,
            parked: parked(self.on_premises_provisioning_errors),
            mailbox: licensed && mail.is_some() && self.assigned_plans.iter().any(AssignedPlan::is_mailbox),
            id: self.id,
            upn: self.user_principal_name.unwrap_or_default(),
            mail,
            addresses: self.proxy_addresses,
            anchor: self.on_premises_immutable_id.filter(|anchor| !anchor.is_empty()).map(|anchor| Anchor::from_text(&anchor)),
            synced: self.on_premises_sync_enabled == Some(true),
            licensed,
            privileged: false,
            soft_deleted,
            visible,
        }
    }

    /// What else is shown, by Graph's own names. Empty values are left out, for they are not set.
    fn visible(&self) -> BTreeMap<Box<str>, Value> {
        let texts = [
            ("userPrincipalName", &self.user_principal_name),
            ("mail", &self.mail),
            ("displayName", &self.display_name),
            ("givenName", &self.given_name),
            ("surname", &self.surname),
            ("mailNickname", &self.mail_nickname),
            ("jobTitle", &self.job_title),
            ("department", &self.department),
            ("companyName", &self.company_name),
            ("officeLocation", &self.office_location),
            ("streetAddress", &self.street_address),
            ("city", &self.city),
            ("state", &self.state),
            ("postalCode", &self.postal_code),
            ("country", &self.country),
            ("usageLocation", &self.usage_location),
            ("preferredLanguage", &self.preferred_language),
            ("mobilePhone", &self.mobile_phone),
            ("faxNumber", &self.fax_number),
            ("employeeId", &self.employee_id),
            ("employeeType", &self.employee_type),
            ("onPremisesDistinguishedName", &self.on_premises_distinguished_name),
            ("onPremisesSamAccountName", &self.on_premises_sam_account_name),
            ("onPremisesDomainName", &self.on_premises_domain_name),
            ("onPremisesSecurityIdentifier", &self.on_premises_security_identifier),
        ];
        let text = |text: &str| (!text.is_empty()).then(|| Value::Text(text.into()));
        let extensions = self.on_premises_extension_attributes.iter().flatten();
        let mut visible: BTreeMap<Box<str>, Value> = texts
            .into_iter()
            .chain(extensions.map(|(name, value)| (&**name, value)))
            .filter_map(|(name, value)| Some((name.into(), text(value.as_deref()?)?)))
            .collect();
        // The service keeps one business phone; Graph shows it as a list.
        visible.extend(self.business_phones.first().and_then(|phone| Some(("businessPhones".into(), text(phone)?))));
        visible.extend(self.account_enabled.map(|enabled| ("accountEnabled".into(), Value::Boolean(enabled))));
        visible.extend(addresses_shown(&self.proxy_addresses));
        let skus: BTreeSet<Box<str>> = self.assigned_licenses.iter().filter_map(|licence| licence.sku_id.clone()).collect();
        visible.extend((!skus.is_empty()).then(|| ("assignedLicenses".into(), Value::Texts(skus.into_iter().collect()))));
        visible
    }
}

/// proxyAddresses as a value, in an order of their own; `None` when there is none.
pub fn addresses_shown(addresses: &[Box<str>]) -> Option<(Box<str>, Value)> {
    let mut addresses = addresses.to_vec();
    addresses.sort();
    addresses.dedup();
    (!addresses.is_empty()).then(|| ("proxyAddresses".into(), Value::Texts(addresses.into())))
}

/// What the service keeps parked, sorted. An error without a property says nothing that could be mended.
pub fn parked(errors: Vec<ProvisioningError>) -> Vec<Parked> {
    let mut parked: Vec<Parked> = errors
        .into_iter()
        .filter_map(|error| Some(Parked { property: error.property_causing_error?, value: error.value.unwrap_or_default() }))
        .collect();
    parked.sort();
    parked.dedup();
    parked
}
