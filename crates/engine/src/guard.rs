//! The guard: refuses surprising mass harm. What it holds waits until a person approves that very plan.

mod dependents;

use std::collections::{BTreeMap, BTreeSet};

use crate::keys::value_names;
use crate::plan::{Action, AttributeChange, Change, Plan, Verdict};
use crate::policy::{Adopt, Guard};
use crate::slice::Recent;
use crate::{Anchor, Value, fold, names};

/// A share of up to this many objects is never too large: in a small tenant every single person is some per cent.
const OBJECTS_ALWAYS_ALLOWED: usize = 3;
/// More than this share of the synced objects may not lose one attribute, or change their sign-in name or primary mail.
const EDITS_PERCENT_MAX: usize = 5;

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
    TOO_MANY_DELETES "too-many-deletes" "more cloud users than the limits allow would be deleted within 24 hours";
    TOO_MANY_DISABLES "too-many-disables" "more cloud users than the limits allow would be disabled within 24 hours";
    ATTRIBUTE_CLEARED "attribute-cleared" "one attribute would be cleared on more than 5 per cent of the users within 24 hours";
    TOO_MANY_RENAMES "too-many-renames" "the sign-in name or the primary address of more than 5 per cent of the users would change within 24 hours";
    SCOPE_VANISHED "scope-vanished" "an OU of the scope could not be found";
    SCOPE_EMPTY "scope-empty" "an OU of the scope that held objects reads none";
    SCOPE_CHANGED "scope-changed" "the configured scope is another than in the last run";
    RIGHTS_CHANGED "rights-changed" "less of the source can be read than in the last run";
    SOURCE_RESTORED "source-restored" "the domain controller's database was put back from an older copy";
    IDENTITY_CHANGED "identity-changed" "another account reads the source than in the last run, or it is another domain";
}

/// Marks the changes that must wait, and fills the verdict and its reasons. Judging twice gives the same.
///
/// A change that takes a name which a held change would free waits with it, and a reference to an object that waits is left
/// out until that object is made.
pub fn judge(plan: &mut Plan, recent: &Recent, guard: &Guard, adopt: Adopt) {
    let holds = Holds::new(&plan.changes, recent, guard, adopt);
    let mut because = BTreeSet::new();
    for change in &mut plan.changes {
        let reasons = holds.reasons(change);
        change.held = reasons.first().copied();
        because.extend(reasons);
    }
    dependents::hold_takers(&mut plan.changes);
    dependents::leave_out_references(plan);
    because.extend(standing(recent));
    plan.held_because = because.into_iter().collect();
    plan.verdict = if plan.held_because.is_empty() { Verdict::Proceed } else { Verdict::Held };
}

/// What holds although no change is planned: linked people cannot be seen any more, and the source is not what it was. Before such a
/// source may become what the next one is compared with, a person must have looked.
pub fn standing(recent: &Recent) -> Vec<&'static str> {
    let rules = [
        (SOURCE_RESTORED, recent.source_restored),
        (IDENTITY_CHANGED, recent.identity_changed),
        (RIGHTS_CHANGED, recent.rights_changed),
        (SCOPE_CHANGED, recent.scope_changed),
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
    deletes: bool,
    disables: bool,
    renames: bool,
    cleared: BTreeSet<String>,
}

impl<'a> Holds<'a> {
    fn new(changes: &[Change], recent: &'a Recent, guard: &Guard, adopt: Adopt) -> Self {
        let counted = |is: fn(&Change) -> bool| changes.iter().filter(move |change| is(change)).map(|change| &change.anchor);
        let base = existing(recent, counted(is_delete));
        let deletes = together(&recent.deleted, counted(is_delete));
        let disables = together(&recent.disabled, counted(is_disable));
        let renames = together(&recent.renamed, counted(is_rename));
        Self {
            recent,
            adoption: adopt == Adopt::Ask,
            deletes: too_many(deletes, base, guard),
            disables: too_many(disables, base, guard),
            renames: too_large_a_share(renames, base, EDITS_PERCENT_MAX),
            cleared: cleared_too_often(changes, recent, base),
        }
    }

    /// Why a change is held: the gravest reason first, none when it may be sent.
    fn reasons(&self, change: &Change) -> Vec<&'static str> {
        let Recent { scope_changed, rights_changed, identity_changed, source_restored, scope_vanished, scope_emptied, .. } = self.recent;
        let (delete, disable, rename) = (is_delete(change), is_disable(change), is_rename(change));
        let clears = cleared(change).any(|_| true);
        let harm = delete || disable || rename || clears;
        let other_than_create = change.action != Action::Create;
        let rules = [
            // Not even a create: an older copy would bring back who has left since.
            (SOURCE_RESTORED, *source_restored),
            (IDENTITY_CHANGED, *identity_changed && other_than_create),
            (RIGHTS_CHANGED, *rights_changed && other_than_create),
            (SCOPE_CHANGED, *scope_changed && other_than_create),
            (SCOPE_VANISHED, !scope_vanished.is_empty() && harm),
            (SCOPE_EMPTY, !scope_emptied.is_empty() && harm),
            (TOO_MANY_DELETES, self.deletes && delete),
            (TOO_MANY_DISABLES, self.disables && disable),
            (ATTRIBUTE_CLEARED, cleared(change).any(|name| self.cleared.contains(name))),
            (TOO_MANY_RENAMES, self.renames && rename),
            (ADOPTION, self.adoption && change.action == Action::Join),
        ];
        rules.iter().filter(|(_, holds)| *holds).map(|(reason, _)| *reason).collect()
    }
}

/// The synced objects of which a share is counted: those of today and those deleted in the last 24 hours.
fn existing<'a>(recent: &Recent, deletes: impl Iterator<Item = &'a Anchor>) -> usize {
    let live: BTreeSet<&Anchor> = deletes.collect();
    recent.synced + recent.deleted.iter().filter(|anchor| !live.contains(anchor)).count()
}

/// How many objects, those of the last 24 hours and those of the plan; each once.
fn together<'a>(recent: &'a BTreeSet<Anchor>, planned: impl Iterator<Item = &'a Anchor>) -> usize {
    recent.iter().chain(planned).collect::<BTreeSet<_>>().len()
}

/// Whether deletes, or disables, exceed the guard's limits.
fn too_many(count: usize, existing: usize, guard: &Guard) -> bool {
    count > guard.deletes_max || too_large_a_share(count, existing, guard.deletes_percent_max)
}

fn too_large_a_share(count: usize, existing: usize, percent_max: usize) -> bool {
    count > OBJECTS_ALWAYS_ALLOWED && count.saturating_mul(100) > existing.saturating_mul(percent_max)
}

fn cleared_too_often(changes: &[Change], recent: &Recent, existing: usize) -> BTreeSet<String> {
    let mut anchors: BTreeMap<&str, BTreeSet<&Anchor>> = BTreeMap::new();
    for change in changes {
        for name in cleared(change) {
            anchors.entry(name).or_default().insert(&change.anchor);
        }
    }
    for (name, planned) in &mut anchors {
        planned.extend(recent.cleared.get(*name).into_iter().flatten());
    }
    anchors
        .into_iter()
        .filter(|(_, objects)| too_large_a_share(objects.len(), existing, EDITS_PERCENT_MAX))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Whether a change deletes its object.
pub fn is_delete(change: &Change) -> bool {
    change.action == Action::Delete
}

/// Whether an update disables an account that was not disabled.
pub fn is_disable(change: &Change) -> bool {
    let disabled = Some(&Value::Boolean(false));
    let disables = |edit: &AttributeChange| edit.to.as_ref() == disabled && edit.from.as_deref() != disabled;
    change.action == Action::Update && change.attributes.iter().any(|edit| edit.name == "accountEnabled" && disables(edit))
}

/// Whether an update changes the sign-in name or the primary e-mail address. Capitals do not count.
pub fn is_rename(change: &Change) -> bool {
    change.action == Action::Update && change.attributes.iter().any(renames)
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
pub fn cleared(change: &Change) -> impl Iterator<Item = &str> {
    let edits = if change.action == Action::Update { change.attributes.as_slice() } else { &[] };
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
