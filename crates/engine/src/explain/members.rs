//! A group's members: how many there are, how many the tenant has, who comes and goes, and who is left out and why.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diff::References;
use crate::join::Pair;
use crate::planning::Workings;
use crate::scope::Answer;
use crate::subject::Subject;
use crate::{Kind, Value, dn_key};

/// So many of those who are left out are named.
const LEFT_OUT_SHOWN_MAX: usize = 20;

/// How the members of a group stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExplainedMembers {
    /// Members in Active Directory, as far as they were read.
    pub in_ad: usize,
    /// Of these, the ones that the tenant has or will have.
    pub wanted: usize,
    /// Members that the service has confirmed.
    pub confirmed: usize,
    /// The directory gave some of the members only: then nobody leaves.
    pub in_part: bool,
    /// How many are left out.
    pub left_out_total: usize,
    /// The first of them, sorted by DN.
    pub left_out: Vec<LeftOut>,
}

/// A member that the tenant will not have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LeftOut {
    /// Its DN in Active Directory.
    pub dn: Box<str>,
    /// Why, in words.
    pub reason: Box<str>,
}

pub(super) fn of(group: &Subject<'_>, pair: &Pair<'_>, references: &References<'_>, workings: &Workings<'_>) -> Option<ExplainedMembers> {
    if group.kind() != Kind::Group {
        return None;
    }
    let confirmed = match pair {
        Pair::Linked(link) => link.confirmed.get("member"),
        _ => None,
    };
    let mut told = ExplainedMembers {
        confirmed: confirmed.map_or(0, |value| if let Value::References(anchors) = value { anchors.len() } else { 0 }),
        ..ExplainedMembers::default()
    };
    let known: BTreeMap<&str, &Subject<'_>> = workings.subjects.iter().map(|subject| (&*subject.dn_key, subject)).collect();
    for (name, values) in group.object.attributes.iter().filter(|(name, _)| *name == "member" || name.starts_with("member;range=")) {
        told.in_part |= name != "member";
        for dn in values.map(String::from_utf8_lossy) {
            told.in_ad += 1;
            let key = dn_key(&dn);
            match references.resolve(&key) {
                Some((anchor, _)) if *anchor == group.anchor => told.leave_out(&dn, "a group is no member of itself"),
                Some(_) => told.wanted += 1,
                None => told.leave_out(&dn, &reason(known.get(&*key).copied())),
            }
        }
    }
    told.left_out_total = told.left_out.len();
    told.left_out.sort();
    told.left_out.truncate(LEFT_OUT_SHOWN_MAX);
    Some(told)
}

impl ExplainedMembers {
    fn leave_out(&mut self, dn: &str, reason: &str) {
        self.left_out.push(LeftOut { dn: dn.into(), reason: reason.into() });
    }
}

fn reason(member: Option<&Subject<'_>>) -> String {
    match member.map(|member| &member.standing) {
        None => "it is not synchronized: it lies outside the scope, or is neither user, group nor contact".to_owned(),
        Some(Answer::Out(reason)) => format!("out of scope: {reason}"),
        Some(Answer::Faulty(code, reason)) => format!("not synchronized ({}): {reason}", code.as_str()),
        Some(Answer::In(_)) => "it waits: see its findings".to_owned(),
    }
}
