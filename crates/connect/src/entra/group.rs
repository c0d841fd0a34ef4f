//! A cloud group and a cloud contact as Graph writes them, and as the engine takes them.
//!
//! Graph shows no anchor of either: which of them are ours is known by their ids alone.

use std::collections::BTreeMap;

use samesign_engine::{Kind, TargetObject, Value};
use serde::Deserialize;

use super::user::{ProvisioningError, Removed, addresses_shown, parked};

/// The properties of a group that are asked for, in one place with [`GraphGroup`], which reads them.
pub const SELECT_GROUP: &str = "id,displayName,description,mail,mailNickname,mailEnabled,securityEnabled,groupTypes,proxyAddresses,\
onPremisesSyncEnabled,onPremisesSecurityIdentifier,onPremisesSamAccountName,onPremisesDomainName,onPremisesNetBiosName,\
onPremisesProvisioningErrors";

/// The properties of a contact that are asked for, in one place with [`GraphContact`], which reads them.
pub const SELECT_CONTACT: &str = "id,displayName,givenName,surname,mail,mailNickname,proxyAddresses,jobTitle,department,companyName,\
onPremisesSyncEnabled,onPremisesProvisioningErrors";

/// One group of an answer of Graph. Every property but the id may be absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GraphGroup {
    pub id: Box<str>,
    #[serde(rename = "@removed")]
    pub removed: Option<Removed>,
    display_name: Option<Box<str>>,
    description: Option<Box<str>>,
    mail: Option<Box<str>>,
    mail_nickname: Option<Box<str>>,
    mail_enabled: Option<bool>,
    security_enabled: Option<bool>,
    #[serde(default)]
    group_types: Vec<Box<str>>,
    #[serde(default)]
    proxy_addresses: Vec<Box<str>>,
    on_premises_sync_enabled: Option<bool>,
    on_premises_security_identifier: Option<Box<str>>,
    on_premises_sam_account_name: Option<Box<str>>,
    on_premises_domain_name: Option<Box<str>>,
    on_premises_net_bios_name: Option<Box<str>>,
    #[serde(default)]
    on_premises_provisioning_errors: Vec<ProvisioningError>,
}

/// One contact (`orgContact`) of an answer of Graph. Every property but the id may be absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GraphContact {
    pub id: Box<str>,
    #[serde(rename = "@removed")]
    pub removed: Option<Removed>,
    display_name: Option<Box<str>>,
    given_name: Option<Box<str>>,
    surname: Option<Box<str>>,
    mail: Option<Box<str>>,
    mail_nickname: Option<Box<str>>,
    job_title: Option<Box<str>>,
    department: Option<Box<str>>,
    company_name: Option<Box<str>>,
    #[serde(default)]
    proxy_addresses: Vec<Box<str>>,
    on_premises_sync_enabled: Option<bool>,
    #[serde(default)]
    on_premises_provisioning_errors: Vec<ProvisioningError>,
}

impl GraphGroup {
    /// As the engine takes it.
    pub fn into_target(self) -> TargetObject {
        let mut visible = texts([
            ("displayName", &self.display_name),
            ("description", &self.description),
            ("mail", &self.mail),
            ("mailNickname", &self.mail_nickname),
            ("onPremisesSecurityIdentifier", &self.on_premises_security_identifier),
            ("onPremisesSamAccountName", &self.on_premises_sam_account_name),
            ("onPremisesDomainName", &self.on_premises_domain_name),
            ("onPremisesNetBiosName", &self.on_premises_net_bios_name),
        ]);
        visible.extend(self.mail_enabled.map(|enabled| ("mailEnabled".into(), Value::Boolean(enabled))));
        visible.extend(self.security_enabled.map(|enabled| ("securityEnabled".into(), Value::Boolean(enabled))));
        visible.extend(addresses_shown(&self.proxy_addresses));
        let mut types = self.group_types;
        types.sort();
        visible.extend((!types.is_empty()).then(|| ("groupTypes".into(), Value::Texts(types.into()))));
        let mail = self.mail.filter(|mail| !mail.is_empty());
        TargetObject {
            kind: Kind::Group,
            upn: known_as(mail.as_deref(), self.display_name),
            id: self.id,
            mail,
            addresses: self.proxy_addresses,
            anchor: None,
            synced: self.on_premises_sync_enabled == Some(true),
            licensed: false,
            mailbox: false,
            privileged: false,
            soft_deleted: false,
            visible,
            parked: parked(self.on_premises_provisioning_errors),
        }
    }
}

impl GraphContact {
    /// As the engine takes it.
    pub fn into_target(self) -> TargetObject {
        let mut visible = texts([
            ("displayName", &self.display_name),
            ("givenName", &self.given_name),
            ("surname", &self.surname),
            ("mail", &self.mail),
            ("mailNickname", &self.mail_nickname),
            ("jobTitle", &self.job_title),
            ("department", &self.department),
            ("companyName", &self.company_name),
        ]);
        visible.extend(addresses_shown(&self.proxy_addresses));
        let mail = self.mail.filter(|mail| !mail.is_empty());
        TargetObject {
            kind: Kind::Contact,
            upn: known_as(mail.as_deref(), self.display_name),
            id: self.id,
            mail,
            addresses: self.proxy_addresses,
            anchor: None,
            synced: self.on_premises_sync_enabled == Some(true),
            licensed: false,
            mailbox: false,
            privileged: false,
            soft_deleted: false,
            visible,
            parked: parked(self.on_premises_provisioning_errors),
        }
    }
}

/// The name by which a person knows it.
fn known_as(mail: Option<&str>, display_name: Option<Box<str>>) -> Box<str> {
    mail.map(Into::into).or(display_name).unwrap_or_default()
}

/// Those that are set, by Graph's own names.
fn texts<const N: usize>(texts: [(&str, &Option<Box<str>>); N]) -> BTreeMap<Box<str>, Value> {
    let set = |value: &Option<Box<str>>| value.as_ref().filter(|text| !text.is_empty()).cloned().map(Value::Text);
    texts.into_iter().filter_map(|(name, value)| Some((name.into(), set(value)?))).collect()
}
