//! The guard: refuses surprising mass harm. What it holds waits until a person approves that very plan.

mod dependents;

use std::collections::{BTreeMap, BTreeSet};

use crate::keys::value_names;
use crate::plan::{Action, AttributeChange, Change, Kind, Plan, Verdict};
use crate::policy::{Adopt, Guard};
use crate::slice::Recent;
use crate::{Anchor, Value, fold, names};

/// A share of up to this many objects is never too large: in a small tenant every single person is some per cent.
const OBJECTS_ALWAYS_ALLOWED: usize = 3;
/// More than this share of the synced objects of a class may not lose one attribute, or change their sign-in name or primary mail.
const EDITS_PERCENT_MAX: usize = 5;
/// More than this share of a group's members may not leave it, when it has more members than [`MEMBERS_ALWAYS_ALLOWED`].
const MEMBERS_PERCENT_MAX: usize = 20;
/// A group of up to this many members may change as a person likes.
const MEMBERS_ALWAYS_ALLOWED: usize = 20;

macro_rules! reasons {
    ($($name:ident $code:literal $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $name: &str = $code;)*

        /// What a reason means, in words; empty for a code that is none.
        pub fn meaning(code: &str) -> &'static str {
            match code { $($code => $meaning,)* _ => "" }
        }
    };
}

reasons! {
    ADOPTION "adoption" "existing cloud accounts would be taken over";
    TOO_MANY_DELETES "too-many-deletes" "more objects than the limits allow would be deleted within 24 hours";
    TOO_MANY_DISABLES "too-many-disables" "more users than the limits allow would be disabled within 24 hours";
    ATTRIBUTE_CLEARED "attribute-cleared" "one attribute would be cleared on more than 5 per cent of the users, groups or contacts within 24 hours";
    TOO_MANY_RENAMES "too-many-renames" "the sign-in name or the primary address of more than 5 per cent of the users, groups or contacts would change within 24 hours";
    MEMBERS_REMOVED "members-removed" "a group of more than 20 members would lose more than 20 per cent of them within 24 hours";
    NO_TOMBSTONE "no-tombstone" "objects are gone without a tombstone, although tombstones can be read: nobody may have deleted them";
    SCOPE_VANISHED "scope-vanished" "an OU of the scope could not be found";
    SCOPE_EMPTY "scope-empty" "an OU of the scope that held objects reads none";
    SCOPE_CHANGED "scope-changed" "the configured scope is another than in the last run";
    FLOWS_CHANGED "flows-changed" "the configured flows are others than in the last run";
    RIGHTS_CHANGED "rights-changed" "less of the source can be read than in the last run";
    SOURCE_RESTORED "source-restored" "the domain controller's database was put back from an older copy";
    IDENTITY_CHANGED "identity-changed" "another account reads the source than in the last run, or it is another domain";
    UNDONE "undone" "a person took these very changes back with `samesign undo`";
    STAGING "staging" "this agent stands by (`guard.staging`): it sends nothing";
}

/// Marks the changes that must wait, and fills the verdict and its reasons. Judging twice gives the same.
///
/// A change that takes a name which a held change would free waits with it, and a reference to an object that waits is left
/// out until that object is made.
pub fn judge(plan: &mut Plan, recent: &Recent, guard: &Guard, adopt: Adopt) {
    hold(plan, recent, guard, adopt);
    leave_out(plan);
}

/// The first half of [`judge`]: marks, and leaves nothing out. What a person approved can be released in between.
pub fn hold(plan: &mut Plan, recent: &Recent, guard: &Guard, adopt: Adopt) {
    let holds = Holds::new(&plan.changes, recent, guard, adopt);
    let mut because = BTreeSet::new();
    for change in &mut plan.changes {
        let reasons = holds.reasons(change);
        change.held = reasons.first().copied();
        because.extend(reasons);
    }
    dependents::hold_takers(&mut plan.changes);
    dependents::hold_members(&mut plan.changes);
    because.extend(standing(recent));
    plan.held_because = because.into_iter().collect();
    plan.verdict = if plan.held_because.is_empty() { Verdict::Proceed } else { Verdict::Held };
}

/// The second half of [`judge`]: leaves out what refers to objects that wait.
pub fn leave_out(plan: &mut Plan) {
    dependents::leave_out_references(plan);
}

/// What holds although no change is planned: linked people cannot be seen any more, and the source is not what it was. Before such a
/// source may become what the next one is compared with, a person must have looked.
pub fn standing(recent: &Recent) -> Vec<&'static str> {
    let rules = [
        (SOURCE_RESTORED, recent.source_restored),
        (IDENTITY_CHANGED, recent.identity_changed),
        (RIGHTS_CHANGED, recent.rights_changed),
        (SCOPE_CHANGED, recent.scope_changed),
        (FLOWS_CHANGED, recent.flows_changed),
        (SCOPE_VANISHED, !recent.scope_vanished.is_empty()),
        (SCOPE_EMPTY, !recent.scope_emptied.is_empty()),
    ];
    let unseen = recent.unseen > 0;
    rules.iter().filter(|(_, holds)| unseen && *holds).map(|(reason, _)| *reason).collect()
}

/// What is held, decided once for the whole plan.
struct Holds<'a> {
    recent: &'a Recent,
    adoption: bool,
    deletes: BTreeSet<Kind>,
    disables: BTreeSet<Kind>,
    renames: BTreeSet<Kind>,
    cleared: BTreeSet<(Kind, &'static str)>,
    /// Groups that the plan makes: their first members are part of that.
    made: BTreeSet<Anchor>,
}

impl<'a> Holds<'a> {
    fn new(changes: &[Change], recent: &'a Recent, guard: &Guard, adopt: Adopt) -> Self {
        let base = Base::new(changes, recent);
        let deletes = base.together(&recent.deleted, changes, is_delete);
        let disables = base.together(&recent.disabled, changes, is_disable);
        let renames = base.together(&recent.renamed, changes, is_rename);
        Self {
            recent,
            adoption: adopt == Adopt::Ask,
            deletes: base.too_many(&deletes, guard),
            disables: base.too_many(&disables, guard),
            renames: base.too_large_a_share(&renames, EDITS_PERCENT_MAX),
            cleared: cleared_too_often(changes, &base),
            made: changes
                .iter()
                .filter(|change| change.action == Action::Create && change.kind == Kind::Group)
                .map(|change| change.anchor.clone())
                .collect(),
        }
    }

    /// Why a change is held: the gravest reason first, none when it may be sent.
    fn reasons(&self, change: &Change) -> Vec<&'static str> {
        let recent = self.recent;
        let (delete, disable, rename) = (is_delete(change), is_disable(change), is_rename(change));
        let harm = delete || disable || rename || cleared(change).next().is_some() || members_leave(change) > 0;
        let first_members = change.action == Action::Member && self.made.contains(&change.anchor);
        let other_than_create = change.action != Action::Create && !first_members;
        let rules = [
            // Not even a create: an older copy would bring back who has left since.
            (SOURCE_RESTORED, recent.source_restored),
            (IDENTITY_CHANGED, recent.identity_changed && other_than_create),
            (RIGHTS_CHANGED, recent.rights_changed && other_than_create),
            (SCOPE_CHANGED, recent.scope_changed && other_than_create),
            (FLOWS_CHANGED, recent.flows_changed && other_than_create),
            (SCOPE_VANISHED, !recent.scope_vanished.is_empty() && harm),
            (SCOPE_EMPTY, !recent.scope_emptied.is_empty() && harm),
            (NO_TOMBSTONE, delete && recent.unproven.contains(&change.anchor)),
            (TOO_MANY_DELETES, delete && self.deletes.contains(&change.kind)),
            (TOO_MANY_DISABLES, disable && self.disables.contains(&change.kind)),
            (ATTRIBUTE_CLEARED, cleared(change).any(|name| self.cleared.contains(&(change.kind, name)))),
            (TOO_MANY_RENAMES, rename && self.renames.contains(&change.kind)),
            (MEMBERS_REMOVED, too_many_members_leave(change, recent)),
            (UNDONE, !recent.undone.is_empty() && recent.undone.contains(&change.digest())),
            (ADOPTION, self.adoption && change.action == Action::Join),
            // Last, so that a rehearsal shows what would be held anyway.
            (STAGING, recent.staging),
        ];
        rules.iter().filter(|(_, holds)| *holds).map(|(reason, _)| *reason).collect()
    }
}

/// Of what a share is counted: the synced objects of today and those deleted in the last 24 hours, class by class.
struct Base<'a> {
    recent: &'a Recent,
    existing: BTreeMap<Kind, usize>,
}

/// Objects by class, each once.
type ByKind<'a> = BTreeMap<Kind, BTreeSet<&'a Anchor>>;

impl<'a> Base<'a> {
    fn new(changes: &[Change], recent: &'a Recent) -> Self {
        let mut base = Self { recent, existing: recent.synced_by_kind.clone() };
        let live: BTreeSet<&Anchor> = changes.iter().filter(|change| is_delete(change)).map(|change| &change.anchor).collect();
        let of_all = recent.synced_by_kind.is_empty();
        for kind in [Kind::User, Kind::Group, Kind::Contact] {
            let gone = recent.deleted.iter().filter(|anchor| !live.contains(anchor) && (of_all || base.kind_of(anchor) == kind)).count();
            *base.existing.entry(kind).or_insert(if of_all { recent.synced } else { 0 }) += gone;
        }
        base
    }

    fn kind_of(&self, anchor: &Anchor) -> Kind {
        self.recent.kinds.get(anchor).copied().unwrap_or(Kind::User)
    }

    /// The objects of the last 24 hours and those of the plan.
    fn together<'b>(&self, recent: &'b BTreeSet<Anchor>, changes: &'b [Change], is: fn(&Change) -> bool) -> ByKind<'b> {
        let mut objects = ByKind::new();
        for change in changes.iter().filter(|change| is(change)) {
            objects.entry(change.kind).or_default().insert(&change.anchor);
        }
        for anchor in recent {
            objects.entry(self.kind_of(anchor)).or_default().insert(anchor);
        }
        objects
    }

    /// The classes of which more objects than the guard allows are deleted, or disabled: too many of all together, or too large a
    /// share of the class.
    fn too_many(&self, objects: &ByKind<'_>, guard: &Guard) -> BTreeSet<Kind> {
        if objects.values().map(BTreeSet::len).sum::<usize>() > guard.deletes_max {
            return objects.keys().copied().collect();
        }
        self.too_large_a_share(objects, guard.deletes_percent_max)
    }

    fn too_large_a_share(&self, objects: &ByKind<'_>, percent_max: usize) -> BTreeSet<Kind> {
        objects
            .iter()
            .filter(|(kind, objects)| self.is_too_large_a_share(**kind, objects.len(), percent_max))
            .map(|(kind, _)| *kind)
            .collect()
    }

    fn is_too_large_a_share(&self, kind: Kind, count: usize, percent_max: usize) -> bool {
        let existing = self.existing.get(&kind).copied().unwrap_or_default();
        count > OBJECTS_ALWAYS_ALLOWED && count.saturating_mul(100) > existing.saturating_mul(percent_max)
    }
}

/// The attributes that too many objects of a class lose.
fn cleared_too_often(changes: &[Change], base: &Base<'_>) -> BTreeSet<(Kind, &'static str)> {
    let mut objects: BTreeMap<(Kind, &'static str), BTreeSet<&Anchor>> = BTreeMap::new();
    for change in changes {
        for name in cleared(change) {
            objects.entry((change.kind, name)).or_default().insert(&change.anchor);
        }
    }
    for ((kind, name), planned) in &mut objects {
        let earlier = base.recent.cleared.get(*name).into_iter().flatten();
        planned.extend(earlier.filter(|anchor| base.kind_of(anchor) == *kind));
    }
    objects.retain(|(kind, _), objects| base.is_too_large_a_share(*kind, objects.len(), EDITS_PERCENT_MAX));
    objects.into_keys().collect()
}

/// How many members a change takes out of its group.
pub fn members_leave(change: &Change) -> usize {
    let leave = |edit: &AttributeChange| match edit.from.as_deref() {
        Some(Value::References(anchors)) => anchors.len(),
        _ => 0,
    };
    if change.action == Action::Member { change.attributes.of_known().iter().map(leave).sum() } else { 0 }
}

/// Whether a group loses too many of the members that it had 24 hours ago.
fn too_many_members_leave(change: &Change, recent: &Recent) -> bool {
    let leave = members_leave(change);
    let left = recent.members_removed.get(&change.anchor).copied().unwrap_or_default();
    let had = change.members_before + left;
    leave > 0 && had > MEMBERS_ALWAYS_ALLOWED && (leave + left).saturating_mul(100) > had.saturating_mul(MEMBERS_PERCENT_MAX)
}

/// Whether a change deletes its object.
pub fn is_delete(change: &Change) -> bool {
    change.action == Action::Delete
}

/// Whether an update disables an account that was not disabled.
pub fn is_disable(change: &Change) -> bool {
    let disabled = Some(&Value::Boolean(false));
    let disables = |edit: &AttributeChange| edit.to.as_ref() == disabled && edit.from.as_deref() != disabled;
    change.action == Action::Update && change.attributes.of(&["accountEnabled"]).any(|edit| disables(&edit))
}

/// Whether an update changes the sign-in name or the primary e-mail address. Capitals do not count.
pub fn is_rename(change: &Change) -> bool {
    change.action == Action::Update && change.attributes.of_known().iter().any(renames)
}

/// Whether an edit changes the sign-in name or the primary e-mail address.
pub(crate) fn renames(edit: &AttributeChange) -> bool {
    match (edit.name, edit.from.as_deref(), edit.to.as_ref()) {
        ("userPrincipalName" | "mail", Some(from), Some(to)) => value_names(from) != value_names(to),
        ("proxyAddresses", Some(from), Some(to)) => primary(from).is_some() && primary(from) != primary(to),
        _ => false,
    }
}

/// The attributes that an update clears.
pub fn cleared(change: &Change) -> impl Iterator<Item = &'static str> + '_ {
    let edits = if change.action == Action::Update { change.attributes.of_known() } else { &[] };
    edits.iter().filter(|edit| edit.to.is_none() && edit.from.is_some()).map(|edit| edit.name)
}

fn primary(value: &Value) -> Option<String> {
    match value {
        Value::Texts(proxies) => names::primary_address(proxies.iter().map(|proxy| &**proxy)),
        Value::Text(text) => Some(fold(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
