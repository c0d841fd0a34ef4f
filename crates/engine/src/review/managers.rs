//! Circles of managers. Every person has one manager at most, so that one walk over everybody finds them all.

use std::collections::HashMap;

use super::Reviewed;
use crate::catalogue::{At, Code};
use crate::dn_key;
use crate::subject::Findings;

pub(super) fn review(people: &[Reviewed<'_>], findings: &mut Findings) {
    let places: HashMap<&str, usize> = people.iter().enumerate().map(|(place, reviewed)| (&*reviewed.dn_key, place)).collect();
    let manager = |reviewed: &Reviewed<'_>| reviewed.person.text("manager").and_then(|dn| places.get(dn_key(dn).as_str()).copied());
    let managers: Vec<Option<usize>> = people.iter().map(manager).collect();
    // In which walk a person was met first; 0 for not yet.
    let mut met = vec![0_usize; people.len()];
    for start in 0..people.len() {
        let walk = start + 1;
        let mut next = Some(start);
        while let Some(place) = next {
            let Some(seen) = met.get_mut(place) else { break };
            if *seen == walk {
                findings.insert(circle(place, &managers, people));
            }
            if *seen != 0 {
                break;
            }
            *seen = walk;
            next = managers.get(place).copied().flatten();
        }
    }
}

fn circle(start: usize, managers: &[Option<usize>], people: &[Reviewed<'_>]) -> crate::Finding {
    let mut places = vec![start];
    let mut next = managers.get(start).copied().flatten();
    while let Some(place) = next.filter(|place| *place != start) {
        places.push(place);
        next = managers.get(place).copied().flatten();
    }
    // People are sorted by DN: the circle is told from its first, wherever the walk met it.
    let least = places.iter().enumerate().min_by_key(|(_, place)| **place).map_or(0, |(at, _)| at);
    places.rotate_left(least);
    let first = places.first().and_then(|place| people.get(*place));
    let value = first.and_then(|reviewed| reviewed.person.text("manager")).unwrap_or_default();
    let dns = places.iter().filter_map(|place| people.get(*place)).map(|reviewed| &*reviewed.person.object.dn);
    let hint = if places.len() == 1 { "this person is their own manager: correct or clear manager" } else { Code::ManagerLoop.mend() };
    Code::ManagerLoop.finding(dns, hint).at("manager", value)
}
