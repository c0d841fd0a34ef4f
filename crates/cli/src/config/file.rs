//! The tables of `samesign.toml` exactly as they are written. What they mean is decided in the parent module.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use toml::Spanned;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    pub source: Option<SourceTable>,
    #[serde(default)]
    pub scope: ScopeTable,
    pub tenant: Option<TenantTable>,
    #[serde(default)]
    pub matching: MatchingTable,
    #[serde(default)]
    pub flow: Vec<Spanned<FlowTable>>,
    #[serde(default)]
    pub licence: Vec<Spanned<LicenceTable>>,
    #[serde(default)]
    pub passwords: PasswordsTable,
    #[serde(default)]
    pub guard: GuardTable,
    #[serde(default)]
    pub schedule: ScheduleTable,
    #[serde(default)]
    pub state: StateTable,
    pub federation: Option<Spanned<FederationTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceTable {
    pub kind: SourceKind,
    pub domain: Option<Spanned<String>>,
    pub domains: Option<Spanned<Vec<String>>>,
    pub servers: Option<Vec<Spanned<String>>>,
    pub user: Option<Spanned<String>>,
    pub password: Option<Spanned<SecretTable>>,
    pub keytab: Option<Spanned<PathBuf>>,
    pub ca: Option<Spanned<PathBuf>>,
    pub ntlm: Option<Spanned<bool>>,
    pub path: Option<Spanned<PathBuf>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    Ad,
    Ldif,
}

/// Where a secret is kept. Exactly one of the three.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretTable {
    pub file: Option<PathBuf>,
    pub env: Option<String>,
    pub credential: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScopeTable {
    pub include: Vec<Spanned<String>>,
    pub exclude: Vec<Spanned<String>>,
    pub objects: Option<Spanned<Vec<ObjectKind>>>,
    pub filter: Option<Spanned<String>>,
    pub members_of: Vec<Spanned<String>>,
}

/// The classes of objects that can take part.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectKind {
    Users,
    Groups,
    Contacts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantTable {
    pub name: Option<Spanned<String>>,
    pub endpoint: Option<Spanned<String>>,
    pub ca: Option<Spanned<PathBuf>>,
    pub client_id: Option<Spanned<String>>,
    pub certificate: Option<Spanned<PathBuf>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MatchingTable {
    pub policy: MatchingPolicy,
    pub adopt: Adoption,
    pub anchor: AnchorName,
}

impl Default for MatchingTable {
    fn default() -> Self {
        Self { policy: MatchingPolicy::Dirsync, adopt: Adoption::Ask, anchor: AnchorName::ObjectGuid }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchingPolicy {
    Dirsync,
    Entra,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Adoption {
    Ask,
    Allow,
    Never,
}

/// The attribute that becomes the anchor, by its name in Active Directory.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum AnchorName {
    #[serde(rename = "objectGUID")]
    ObjectGuid,
    #[serde(rename = "ms-DS-ConsistencyGuid")]
    ConsistencyGuid,
}

/// One flow of the administrator's own. Exactly one of `from`, `template`, `value` and `drop`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowTable {
    pub kind: Option<FlowKind>,
    pub to: Option<Spanned<String>>,
    pub from: Option<Spanned<Vec<Spanned<String>>>>,
    pub template: Option<Spanned<String>>,
    pub value: Option<Spanned<String>>,
    pub drop: Option<Spanned<bool>>,
    pub empty: Option<Spanned<WhenEmpty>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlowKind {
    User,
    Group,
    Contact,
}

/// What becomes of the tenant's value when Active Directory has none.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenEmpty {
    Clear,
    Ignore,
}

/// Who gets a licence: whoever is below `ou`, whoever is in `group`; with both, who is in both.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceTable {
    pub sku: Option<Spanned<String>>,
    pub ou: Option<Spanned<String>>,
    pub group: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PasswordsTable {
    pub enabled: bool,
    pub privileged: bool,
    pub select: Option<Spanned<SelectTable>>,
}

/// Whose passwords are synchronized, by the value of one attribute. Exactly one of `include` and `exclude`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelectTable {
    pub attribute: String,
    pub include: Option<String>,
    pub exclude: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GuardTable {
    pub deletes_max: usize,
    pub deletes_percent_max: Spanned<usize>,
    pub staging: bool,
}

impl Default for GuardTable {
    fn default() -> Self {
        let defaults = samesign_agent::engine::Guard::default();
        Self { deletes_max: defaults.deletes_max, deletes_percent_max: Spanned::new(0..0, defaults.deletes_percent_max), staging: false }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleTable {
    pub objects: Spanned<Interval>,
    pub passwords: Spanned<Interval>,
}

impl Default for ScheduleTable {
    fn default() -> Self {
        let every = |seconds| Spanned::new(0..0, Interval(Duration::from_secs(seconds)));
        Self { objects: every(120), passwords: every(10) }
    }
}

/// A positive length of time: `"10s"`, `"2m"`, `"3h"`.
#[derive(Clone, Copy)]
pub struct Interval(pub Duration);

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        crate::duration::parse(&text).map(Self).map_err(D::Error::custom)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StateTable {
    pub path: PathBuf,
    pub postgres: Option<Spanned<String>>,
}

impl Default for StateTable {
    fn default() -> Self {
        Self { path: PathBuf::from("state.db"), postgres: None }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FederationTable {
    pub host: Option<Spanned<String>>,
    pub origin: Option<Spanned<String>>,
    pub listen: Option<Spanned<String>>,
    pub certificate: Option<Spanned<PathBuf>>,
    #[serde(default = "federation_folder")]
    pub folder: PathBuf,
    pub keytab: Option<Spanned<PathBuf>>,
    pub realms: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    pub intranet: Vec<Spanned<String>>,
    #[serde(default)]
    pub proxies: Vec<Spanned<String>>,
    #[serde(default = "when_sent")]
    pub channel_binding: Binding,
    pub domains: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default = "wsfed")]
    pub protocol: TokenProtocol,
    #[serde(default = "session")]
    pub session: Spanned<Interval>,
    pub session_idle: Option<Spanned<Interval>>,
    #[serde(default)]
    pub lockout: LockoutTable,
    #[serde(default)]
    pub application: Vec<Spanned<ApplicationTable>>,
}

fn federation_folder() -> PathBuf {
    PathBuf::from("federation")
}

const fn when_sent() -> Binding {
    Binding::WhenSent
}

const fn wsfed() -> TokenProtocol {
    TokenProtocol::Wsfed
}

fn session() -> Spanned<Interval> {
    Spanned::new(0..0, Interval(Duration::from_secs(8 * 3600)))
}

/// Whether a Kerberos ticket has to be bound to the TLS connection.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binding {
    Off,
    WhenSent,
    Required,
}

/// What is spoken with the tenant, or with an application.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenProtocol {
    Wsfed,
    Saml,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LockoutTable {
    pub unknown_tries_max: Option<Spanned<u32>>,
    pub familiar_tries_max: Option<Spanned<u32>>,
    pub window: Option<Spanned<Interval>>,
}

/// An application besides the tenant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationTable {
    pub name: Option<Spanned<String>>,
    pub identifier: Option<Spanned<String>>,
    #[serde(default = "wsfed")]
    pub protocol: TokenProtocol,
    #[serde(default)]
    pub reply: Vec<Spanned<String>>,
    pub sign_out: Option<Spanned<String>>,
    pub home: Option<Spanned<String>>,
    #[serde(default)]
    pub name_id: PersonName,
    pub certificate: Option<Spanned<PathBuf>>,
}

/// What names the person in an application's token.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PersonName {
    #[default]
    Upn,
    Mail,
    Anchor,
    Account,
}
