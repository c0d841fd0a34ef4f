//! What the administrator decided: scope, matching, adoption, guard.

use crate::plan::Kind;
use crate::{Filter, ObjectGuid};

/// Everything the engine needs of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Which organizational units take part.
    pub scope: Scope,
    /// How an AD user finds its cloud user.
    pub matching: MatchPolicy,
    /// Whether existing cloud accounts may be taken over.
    pub adopt: Adopt,
    /// The limits of the guard.
    pub guard: Guard,
    /// The DNS name of the domain (`corp.example.com`), sent as `dnsDomainName` and used for a missing UPN. Derived from
    /// the DC components of the naming context.
    pub dns_domain: Box<str>,
    /// The NetBIOS name of the domain where the source tells it.
    pub netbios_domain: Option<Box<str>>,
    /// The tenant's verified domains, folded. Empty when not known.
    pub verified_domains: Vec<Box<str>>,
    /// What the administrator set beyond that.
    pub rules: Rules,
    /// How the tenant's own switches for matching stand.
    pub service: Service,
}

/// Which classes of objects take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds {
    /// Users and inetOrgPersons.
    pub users: bool,
    /// Groups.
    pub groups: bool,
    /// Contacts.
    pub contacts: bool,
}

impl Default for Kinds {
    fn default() -> Self {
        Self { users: true, groups: true, contacts: true }
    }
}

impl Kinds {
    /// Whether objects of a class take part.
    pub const fn has(self, kind: Kind) -> bool {
        match kind {
            Kind::User => self.users,
            Kind::Group => self.groups,
            Kind::Contact => self.contacts,
        }
    }
}

/// The attribute of Active Directory whose value becomes the anchor. Fixed at the first run: see `samesign anchor migrate`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnchorAttribute {
    /// objectGUID.
    #[default]
    ObjectGuid,
    /// ms-DS-ConsistencyGuid where an object has one, else objectGUID.
    ConsistencyGuid,
}

/// Who gets a licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenceRule {
    /// The licence, as the service names it (`ENTERPRISEPACK`).
    pub sku: Box<str>,
    /// Users below this OU, by its DN. With `group` too, both must hold.
    pub ou: Option<Box<str>>,
    /// Direct members of this group, by its DN.
    pub group: Option<Box<str>>,
}

/// The administrator's rules beyond OUs. The default adds none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Which classes take part.
    pub kinds: Kinds,
    /// Only what this filter matches takes part.
    pub filter: Option<Filter>,
    /// Only members of one of these groups take part, nested ones included, by the groups' DNs. Who they are stands in
    /// [`Slice::chosen`](crate::Slice::chosen).
    pub members_of: Vec<Box<str>>,
    /// The attribute that becomes the anchor.
    pub anchor: AnchorAttribute,
    /// Licences by rule.
    pub licences: Vec<LicenceRule>,
    /// The administrator's own flows: each overrides, adds or drops one.
    pub flows: Vec<OwnFlow>,
}

/// A flow of the administrator's: what one attribute of the service is made of, instead of what the table says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnFlow {
    /// Of which objects.
    pub kind: Kind,
    /// The attribute of the service: one of the table of that kind, or a directory extension (`extension_<32 hex>_<name>`).
    pub to: Box<str>,
    /// How its value is made.
    pub make: Make,
    /// What follows when there is no value.
    pub empty: Empty,
}

/// How a flow of the administrator's makes its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Make {
    /// The first of these attributes of Active Directory that has a value, with all its values.
    First(Vec<Box<str>>),
    /// Text with `{attribute}`, `{attribute|another|'text'}`, `{attribute:upper}`, `:lower`, `:first(3)`; braces of the text itself
    /// are doubled. Where an attribute has no value, there is none.
    Template(Box<str>),
    /// Always this.
    Constant(Box<str>),
    /// The attribute does not flow at all: the tenant keeps what it has.
    Drop,
}

/// What follows when a flow gives no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Empty {
    /// The tenant's value is removed.
    #[default]
    Clear,
    /// The tenant keeps what it has.
    Ignore,
}

/// How the tenant's own switches for matching stand, and which of its domains are federated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The tenant's federated domains, folded: a user there is not matched by UPN.
    pub federated_domains: Vec<Box<str>>,
    /// BlockSoftMatch: nobody is matched by address or UPN.
    pub soft_match_blocked: bool,
    /// BlockCloudObjectTakeoverThroughHardMatch: nobody is taken over by anchor.
    pub hard_match_blocked: bool,
    /// EnableSoftMatchOnUpn: a user may be matched by UPN.
    pub soft_match_on_upn: bool,
}

impl Default for Service {
    fn default() -> Self {
        Self { federated_domains: Vec::new(), soft_match_blocked: false, hard_match_blocked: false, soft_match_on_upn: true }
    }
}

/// The OUs that take part. Nothing is in scope until an OU is included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Subtrees that take part.
    pub include: Vec<ScopeOu>,
    /// Subtrees within them that do not.
    pub exclude: Vec<ScopeOu>,
}

/// An OU as it was configured, and where it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeOu {
    /// The DN in the configuration.
    pub configured: Box<str>,
    /// Its objectGUID, kept from the first run that saw it: a renamed or moved OU stays in scope.
    pub guid: Option<ObjectGuid>,
    /// The DN at which the OU is today. `None`: it could not be found in this run.
    pub current: Option<Box<str>>,
}

/// How an in-scope AD user that is not linked finds its cloud user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchPolicy {
    /// DirSync's own rules: UPN and e-mail address, subscription and mailbox.
    Dirsync,
    /// Today's documented rules: anchor, else primary SMTP address, else UPN.
    Entra,
}

/// Whether an existing cloud account may be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adopt {
    /// Joins are held until a person approves that list.
    Ask,
    /// The administrator's standing approval.
    Allow,
    /// Joins become findings.
    Never,
}

/// The limits of the guard. All counts run over a rolling 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// More deletes (or disables) than this are held.
    pub deletes_max: usize,
    /// More than this share of the synced objects, in per cent, are held, when it is more than 3 objects too.
    pub deletes_percent_max: usize,
}

impl Default for Guard {
    fn default() -> Self {
        Self { deletes_max: 100, deletes_percent_max: 5 }
    }
}
