//! Updates that wait for each other's names in a circle.

use std::collections::BTreeSet;

use super::{Known, Needs, names_of};
use crate::flow::NAMES;
use crate::plan::{Action, AttributeChange, Change};
use crate::{Value, fold, names};

/// The smallest place of a circle, when every place that is left waits for another one that is left.
pub(super) fn smallest(needs: &[Needs], left: &[bool], first_left: usize) -> Option<usize> {
    let is_left = |place: &usize| left.get(*place).copied().unwrap_or(false);
    let mut met = BTreeSet::new();
    let mut path = Vec::new();
    let mut place = Some(first_left).filter(is_left)?;
    while met.insert(place) {
        path.push(place);
        // Whoever waits for nobody that is left cannot be here.
        let Some(next) = needs.get(place).and_then(|needs| needs.iter().find(|need| is_left(need))) else {
            return Some(place);
        };
        place = *next;
    }
    path.iter().skip_while(|met| **met != place).min().copied()
}

/// Makes two of every update at which a circle was cut, where that frees its names. The second one is put at the end, and waits for
/// what the whole one waited for. Answers whether anything was split.
pub(super) fn split(changes: &mut Vec<Change>, needs: &mut Vec<Needs>, cut: &[usize], known: &dyn Known) -> bool {
    let mut any = false;
    for place in cut {
        let Some(change) = changes.get_mut(*place) else { continue };
        let Some(first) = freeing(change, known) else { continue };
        let second = following(change, &first);
        *change = first;
        changes.push(second);
        let mut waits_for = needs.get_mut(*place).map(std::mem::take).unwrap_or_default();
        waits_for.push(*place);
        waits_for.sort_unstable();
        waits_for.dedup();
        needs.push(waits_for);
        any = true;
    }
    any
}

/// The first part: every name that goes is given up, none is taken, and nothing else changes. `None` where that is not possible
/// without taking the object its sign-in name.
fn freeing(change: &Change, known: &dyn Known) -> Option<Change> {
    if change.action != Action::Update {
        return None;
    }
    let mut spare: Option<Option<Box<str>>> = None;
    let mut attributes = Vec::new();
    for edit in change.attributes.of(&NAMES).filter(|edit| edit.differs()) {
        let Some(from) = edit.from.as_deref() else { continue };
        let to = match from {
            _ if edit.to.is_none() => None,
            Value::Texts(proxies) => kept(proxies, change),
            _ => {
                let name = spare.get_or_insert_with(|| known.spare(change)).clone();
                match (edit.name, name) {
                    ("userPrincipalName", None) => return None,
                    // An address in the tenant's first domain that mail gave would go with it, and a new one would be made up.
                    ("mail", _) => None,
                    (_, name) => name.map(Value::Text),
                }
            }
        };
        attributes.push(AttributeChange::new(edit.name, Some(from.clone()), to));
    }
    let first = Change { reason: format!("{}: {FREES}", change.reason).into(), attributes: attributes.into(), ..change.clone() };
    (!super::freed(&first).is_empty()).then_some(first)
}

const FREES: &str = "gives up names that others are about to take";
const TAKES: &str = "takes the names that others have given up";

/// The addresses that the object has before and after, as they are before.
fn kept(proxies: &[Box<str>], change: &Change) -> Option<Value> {
    let after = names_of(change, |edit| if edit.name == "proxyAddresses" { edit.to.as_ref() } else { None });
    let stays = |proxy: &str| after.contains(&names::smtp_address(proxy).unwrap_or_else(|| fold(proxy)));
    let kept: Box<[Box<str>]> = proxies.iter().filter(|proxy| stays(proxy)).cloned().collect();
    (!kept.is_empty()).then_some(Value::Texts(kept))
}

/// The second part: everything, from how the first one leaves it.
fn following(change: &Change, first: &Change) -> Change {
    let freed = first.attributes.all();
    let left = |edit: &AttributeChange| match freed.iter().find(|freed| freed.name == edit.name) {
        Some(freed) => AttributeChange::new(edit.name, freed.to.clone(), edit.to.clone()),
        None => edit.clone(),
    };
    Change {
        reason: format!("{}: {TAKES}", change.reason).into(),
        attributes: change.attributes.all().iter().map(left).collect(),
        ..change.clone()
    }
}
