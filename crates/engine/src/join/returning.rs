//! Deleted users who come back, with the addresses that nobody sent for them, such as those that an administrator gave them.

use std::collections::BTreeMap;

use super::Pair;
use crate::Finding;
use crate::catalogue::{At, Code};
use crate::keys::{link_names, target_addresses};
use crate::slice::TargetObject;
use crate::subject::{Findings, Subject};
use crate::world::World;

/// An address with which the user would come back, and which another object of the tenant has by now.
pub(super) fn own_name_taken(subject: &Subject<'_>, pair: Pair<'_>, world: &World<'_>) -> Option<Finding> {
    let (target, addresses) = comes_with(&pair)?;
    let (address, holder) = addresses.into_iter().find_map(|address| {
        let holders = world.with_address(&address).iter().chain(world.with_upn(&address));
        let holder = holders.filter(|holder| holder.id != target.id).min_by_key(|holder| &holder.upn)?;
        Some((address, *holder))
    })?;
    let hint =
        format!("{} would come back from the bin with {address}, which {} has in the tenant: remove it there", target.upn, holder.upn);
    Some(Code::MatchAddressTaken.finding([&*subject.object.dn, &*holder.upn], hint).at("proxyAddresses", &address))
}

/// Whoever would come back with an address that somebody else in scope is about to get waits.
pub(super) fn refuse_clashes(subjects: &[Subject<'_>], pairs: &mut [Pair<'_>], findings: &mut Findings) {
    let mut brought: BTreeMap<String, usize> = BTreeMap::new();
    for (place, pair) in pairs.iter().enumerate() {
        let addresses = comes_with(pair).map(|(_, addresses)| addresses).unwrap_or_default();
        brought.extend(addresses.into_iter().map(|address| (address, place)));
    }
    if brought.is_empty() {
        return;
    }
    for (taker, subject) in subjects.iter().enumerate() {
        for name in subject.names.iter() {
            let place = brought.get(name.folded).filter(|place| **place != taker).copied();
            let takes = pairs.get(taker).is_some_and(|pair| !matches!(pair, Pair::Waits));
            if let Some((place, owner)) = place.filter(|_| takes).and_then(|place| Some((place, subjects.get(place)?))) {
                let hint =
                    format!("the deleted cloud user would come back with {}: delete it for good, or remove the address there", name.folded);
                let finding = Code::MatchAddressTaken.finding([&*owner.object.dn, &*subject.object.dn], hint);
                findings.insert(finding.at(name.attribute, name.folded));
                if let Some(pair) = pairs.get_mut(place) {
                    *pair = Pair::Waits;
                }
            }
        }
    }
}

/// The deleted user of a pair, with the addresses that it brings along.
fn comes_with<'a>(pair: &Pair<'a>) -> Option<(&'a TargetObject, Vec<String>)> {
    let (link, target) = match *pair {
        Pair::Joined(target, _) => (None, target),
        Pair::Returning(link, Some(target)) => (link, target),
        _ => return None,
    };
    let sent = link.map(link_names).unwrap_or_default();
    let addresses = target_addresses(target).into_iter().filter(|address| !sent.contains(address)).collect();
    target.soft_deleted.then_some((target, addresses))
}
