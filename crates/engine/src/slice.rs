//! The part of the world that a plan is made for.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::Kind;
use crate::value::Value;
use crate::{Anchor, Attributes, ChangeDigest, ObjectGuid, ServiceBlock};

/// The class of a source object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// `user` (without `computer`).
    User,
    /// `inetOrgPerson`.
    InetOrgPerson,
    /// `group`.
    Group,
    /// `contact`.
    Contact,
}

impl Class {
    /// What an object of this class becomes in the tenant.
    pub const fn kind(self) -> Kind {
        match self {
            Self::User | Self::InetOrgPerson => Kind::User,
            Self::Group => Kind::Group,
            Self::Contact => Kind::Contact,
        }
    }
}

/// One object of the source, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceObject {
    /// objectGUID.
    pub guid: ObjectGuid,
    /// distinguishedName, as the directory writes it.
    pub dn: Box<str>,
    /// user or inetOrgPerson.
    pub class: Class,
    /// Every attribute that was asked for and is there. `distinguishedName` and `objectGUID` are not repeated here.
    pub attributes: Attributes,
}

/// Why an anchor has no live source object. Only [`Presence::Deleted`] and [`Presence::Absent`] are evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// Its tombstone was seen.
    Deleted,
    /// It is not in a file that is complete by definition (LDIF).
    Absent,
    /// Neither the object nor its tombstone was found. Not evidence: becomes the finding `source-missing`.
    Missing,
    /// Missing in two complete reads at least an hour apart, with a negative direct read each time.
    LongMissing,
}

/// A cloud user, group or contact as Graph shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetObject {
    /// Graph's id.
    pub id: Box<str>,
    /// Its class.
    pub kind: Kind,
    /// userPrincipalName; of a group or contact its displayName, by which a person knows it.
    pub upn: Box<str>,
    /// mail.
    pub mail: Option<Box<str>>,
    /// proxyAddresses, as shown, with their prefix (`SMTP:ana@example.com`).
    pub addresses: Vec<Box<str>>,
    /// onPremisesImmutableId.
    pub anchor: Option<Anchor>,
    /// onPremisesSyncEnabled is true.
    pub synced: bool,
    /// At least one licence is assigned.
    pub licensed: bool,
    /// An assigned licence with an enabled Exchange plan, and a non-empty `mail`.
    pub mailbox: bool,
    /// Holds an admin role: never taken over.
    pub privileged: bool,
    /// In deletedItems: it can be restored, not matched by name.
    pub soft_deleted: bool,
    /// What else Graph shows (`displayName`, `jobTitle`), by Graph's property name, for the `from` of a join.
    pub visible: BTreeMap<Box<str>, Value>,
    /// Values that the service parked because another object has them (`onPremisesProvisioningErrors`).
    pub parked: Vec<Parked>,
}

/// A value that the service did not store: it keeps it parked until nobody else has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parked {
    /// The property at fault, by Graph's name (`proxyAddresses`, `userPrincipalName`).
    pub property: Box<str>,
    /// The value.
    pub value: Box<str>,
}

/// A remembered join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The anchor both sides share.
    pub anchor: Anchor,
    /// The class of the tenant's object.
    pub kind: Kind,
    /// Graph's id, once it is known.
    pub target_id: Option<Box<str>>,
    /// The last DN and UPN, to name an object that is gone.
    pub last_dn: Box<str>,
    /// The last UPN confirmed.
    pub last_upn: Box<str>,
    /// What the service last accepted from us, per attribute.
    pub confirmed: ServiceBlock,
    /// Whether the tenant object is live.
    pub state: LinkState,
}

impl Link {
    /// The objectGUID of the source object: the one that was sent with it, else the one that its anchor was made of. `None`
    /// when neither tells.
    pub fn guid(&self) -> Option<ObjectGuid> {
        self.identifier().or_else(|| self.anchor.guid())
    }

    /// The objectGUID that the service was told for it; `None` for an object that was sent without.
    pub(crate) fn identifier(&self) -> Option<ObjectGuid> {
        match self.confirmed.get("onPremisesObjectIdentifier") {
            Some(Value::Text(text)) => text.parse().ok(),
            _ => None,
        }
    }
}

/// Whether a link's tenant object is live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkState {
    /// The tenant object exists and is ours.
    Live,
    /// We deleted it; it can be restored with its id, groups and licences.
    Deleted,
}

/// Everything the engine may look at: the objects to be planned and whatever can couple to them. A full plan is the slice of
/// everything. Order does not matter.
#[derive(Clone, Debug, Default)]
pub struct Slice {
    /// Source objects as they are now, in and out of scope.
    pub source: Vec<SourceObject>,
    /// Anchors (of links) that have no live source object. A link with neither a source object nor an entry here is left
    /// as it is: absence is never evidence.
    pub gone: BTreeMap<Anchor, Presence>,
    /// Cloud users.
    pub targets: Vec<TargetObject>,
    /// Links.
    pub links: Vec<Link>,
    /// Anchors of *linked* objects outside the slice by [`dn_key`](crate::dn_key), for references (`manager`).
    pub references: BTreeMap<String, Anchor>,
    /// The objects that are members, directly or through nested groups, of the groups that the scope names; `None` when it
    /// names none.
    pub chosen: Option<BTreeSet<ObjectGuid>>,
    /// Whether a domain controller told the objects. It has a userAccountControl for every account, so that one without it was not read
    /// whole; an export may lack it for everybody.
    pub from_directory: bool,
}

/// What the guard must know beside the plan: the last 24 hours, and what changed about the source itself.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    /// Live links, before this plan.
    pub synced: usize,
    /// The same by class, so that a share is one of users, of groups or of contacts. Empty: every share is one of all.
    pub synced_by_kind: BTreeMap<Kind, usize>,
    /// The class of those who are named below and are no users.
    pub kinds: BTreeMap<Anchor, Kind>,
    /// Anchors deleted in the last 24 hours without an approval.
    pub deleted: BTreeSet<Anchor>,
    /// Anchors disabled in the last 24 hours without an approval.
    pub disabled: BTreeSet<Anchor>,
    /// Anchors whose UPN or primary mail changed in the last 24 hours without an approval.
    pub renamed: BTreeSet<Anchor>,
    /// Anchors of which an attribute was cleared in the last 24 hours without an approval, by attribute.
    pub cleared: BTreeMap<String, BTreeSet<Anchor>>,
    /// How many members each group lost in the last 24 hours without an approval, by the group's anchor.
    pub members_removed: BTreeMap<Anchor, usize>,
    /// Digests of changes that a person took back with `undo`: they wait for an approval when they are planned again.
    pub undone: BTreeSet<ChangeDigest>,
    /// Linked objects that are gone without a tombstone, although the reader sees tombstones.
    pub unproven: BTreeSet<Anchor>,
    /// Nothing may be sent: this agent stands by and only rehearses.
    pub staging: bool,
    /// The configured flows differ from the last run's.
    pub flows_changed: bool,
    /// The configured scope differs from the last run's.
    pub scope_changed: bool,
    /// The set of readable attributes or containers shrank.
    pub rights_changed: bool,
    /// Another account reads the source than last time, or it is another domain.
    pub identity_changed: bool,
    /// The database of the domain controller was put back from an older copy.
    pub source_restored: bool,
    /// Live links whose object a complete read did not show, while no tombstone says that it is gone.
    pub unseen: usize,
    /// OUs of the scope that could not be found, by their configured DN.
    pub scope_vanished: Vec<Box<str>>,
    /// OUs of the scope that held objects and now read none, by their configured DN.
    pub scope_emptied: Vec<Box<str>>,
}
