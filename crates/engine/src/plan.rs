//! The plan: a value that can be printed, saved, approved and applied.

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::edits::{self, Edits};
use crate::value::Value;
use crate::{Anchor, LicenceChange};

/// What a change does to one object of the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// No tenant object is linked: one is made.
    Create,
    /// An existing cloud object is taken over.
    Join,
    /// A linked object gets other values.
    Update,
    /// A soft-deleted object comes back with its id, groups and licences.
    Restore,
    /// A linked object is soft-deleted.
    Delete,
    /// A password blob is sent (part of Same Sign-On).
    Password,
    /// Group members are added and removed.
    Member,
}

impl Action {
    /// The word for it, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Join => "join",
            Self::Update => "update",
            Self::Restore => "restore",
            Self::Delete => "delete",
            Self::Password => "password",
            Self::Member => "member",
        }
    }
}

/// The class of a tenant object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A user, from AD's `user` or `inetOrgPerson`.
    User,
    /// A group.
    Group,
    /// A mail contact.
    Contact,
}

impl Kind {
    /// The word for it, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Contact => "contact",
        }
    }
}

/// One attribute before and after. `to: None` clears it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeChange {
    /// The attribute's name at the provisioning service.
    pub name: &'static str,
    /// The value last confirmed (linked objects) or visible (joins). Boxed: most have none.
    pub from: Option<Box<Value>>,
    /// The value to send.
    pub to: Option<Value>,
}

impl AttributeChange {
    /// A value before and after.
    pub fn new(name: &'static str, from: Option<Value>, to: Option<Value>) -> Self {
        Self { name, from: from.map(Box::new), to }
    }

    /// Whether the value after is another than before.
    pub fn differs(&self) -> bool {
        self.from.as_deref() != self.to.as_ref()
    }
}

/// One change to one tenant object. Everything apply needs; nothing is decided later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// To which class of object.
    pub kind: Kind,
    /// The object's anchor.
    pub anchor: Anchor,
    /// The DN in Active Directory; the last one known when the object is gone.
    pub source_dn: Box<str>,
    /// The tenant's object id, where one is known.
    pub target_id: Option<Box<str>>,
    /// The UPN under which a person knows the object.
    pub upn: Box<str>,
    /// Why, in words for an administrator.
    pub reason: Cow<'static, str>,
    /// Sorted by name. Empty for a delete.
    pub attributes: Edits,
    /// How many members the group has, as last confirmed; 0 but for [`Action::Member`].
    pub members_before: usize,
    /// Why the guard holds this change back (`adoption`, `too-many-deletes`); `None` when it may be sent.
    pub held: Option<&'static str>,
}

impl Change {
    /// The value an attribute gets, where this change sets it.
    pub fn sets(&self, name: &str) -> Option<Cow<'_, Value>> {
        edits::sets(&self.attributes, name)
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.entries(self.held, &self.reason, serializer)
    }
}

/// A change as it is recognised again: whether it is held makes no difference, nor how a change of members is told.
pub(crate) struct Unheld<'a>(pub &'a Change);

impl Serialize for Unheld<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Whose names are known of those who join or leave a group depends on what was loaded beside it.
        let reason = if self.0.action == Action::Member { "" } else { &*self.0.reason };
        self.0.entries(None, reason, serializer)
    }
}

impl Change {
    fn entries<S: Serializer>(&self, held: Option<&'static str>, reason: &str, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { action, kind, anchor, source_dn, target_id, upn, reason: _, attributes, members_before: _, held: _ } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("action", action)?;
        map.serialize_entry("kind", kind)?;
        map.serialize_entry("anchor", anchor.as_str())?;
        map.serialize_entry("source_dn", source_dn)?;
        map.serialize_entry("target_id", target_id)?;
        map.serialize_entry("upn", upn)?;
        map.serialize_entry("reason", reason)?;
        map.serialize_entry("attributes", &AttributeMap(attributes))?;
        if let Some(held) = held {
            map.serialize_entry("held", held)?;
        }
        map.end()
    }
}

struct AttributeMap<'a>(&'a Edits);

#[derive(Serialize)]
struct FromTo<'a> {
    from: &'a Option<Box<Value>>,
    to: &'a Option<Value>,
}

impl Serialize for AttributeMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.all().iter().map(|AttributeChange { name, from, to }| (name, FromTo { from, to })))
    }
}

/// How much a finding hurts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The object is not synchronized until a person mends it.
    Error,
    /// The object is synchronized, but not as the administrator may expect.
    Warning,
    /// Worth knowing.
    Info,
}

/// A problem in the data that a person must repair. Not a program error.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The stable code (`match-mail-blank`).
    pub code: &'static str,
    /// How much it hurts.
    pub severity: Severity,
    /// AD objects by DN, tenant objects by UPN; the one that must be mended first.
    pub objects: Vec<Box<str>>,
    /// The AD attribute at fault.
    pub attribute: Option<Box<str>>,
    /// The value at fault.
    pub value: Option<Box<str>>,
    /// What to do, in one sentence.
    pub hint: Box<str>,
}

/// Whether anything of the plan is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything may be sent.
    Proceed,
    /// The changes marked [`Change::held`] wait for a person.
    Held,
}

/// The difference between how the tenant is and how it should be, in the order in which it is applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// [`Verdict::Held`] when at least one change is held, or the source is not to be trusted.
    pub verdict: Verdict,
    /// The reasons, sorted, none twice.
    pub held_because: Vec<&'static str>,
    /// In safe order: updates that free a name, deletes, then creates, joins and restores, then other updates.
    pub changes: Vec<Change>,
    /// Sorted by code and objects.
    pub findings: Vec<Finding>,
    /// Linked objects of the slice that are as they should be.
    pub unchanged: usize,
    /// Licences that the rules give once the changes are applied, sorted by anchor. [`plan`](crate::plan()) leaves this empty: what was
    /// given before is known to the caller, see [`licences`](crate::licences()).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licences: Vec<LicenceChange>,
}

#[cfg(test)]
mod tests;
