//! How an explanation looks on a terminal.

use std::fmt::{self, Display, Formatter};

use super::{ExplainedAttribute, ExplainedMembers, Explanation, IGNORED};
use crate::plan::Change;
use crate::screen::{clean, shown};

/// A long source of an own flow does not push the other columns away.
const FROM_WIDTH_MAX: usize = 44;

impl Display for Explanation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", clean(&self.who))?;
        if !self.candidates.is_empty() {
            row(f, "note:", &self.scope)?;
            return self.candidates.iter().try_for_each(|dn| row(f, "one is:", dn));
        }
        self.facts(f)?;
        self.members.iter().try_for_each(|members| members_of(f, members))?;
        attributes(f, &self.attributes)?;
        self.findings.iter().try_for_each(|finding| finding.fmt(f))
    }
}

impl Explanation {
    fn facts(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let optional = |f: &mut Formatter<'_>, label: &str, value: &Option<Box<str>>| match value {
            Some(value) => row(f, label, value),
            None => Ok(()),
        };
        optional(f, "in AD:", &self.source_dn)?;
        optional(f, "anchor:", &self.anchor)?;
        optional(f, "tenant:", &self.target_upn)?;
        optional(f, "id:", &self.target_id)?;
        row(f, "scope:", &self.scope)?;
        row(f, "matched:", &self.matched)?;
        optional(f, "sign-in:", &self.password)?;
        if !self.licences.is_empty() {
            row(f, "licence:", &format!("{} by rule", self.licences.join(", ")))?;
        }
        optional(f, "sent:", &self.last_sent)?;
        optional(f, "error:", &self.last_error)?;
        let told = |change: &Change| {
            let held = change.held.map(|code| format!("  [held: {code}]")).unwrap_or_default();
            format!("{}: {}{held}", change.action.as_str(), change.reason)
        };
        row(f, "pending:", &self.pending.as_ref().map_or_else(|| "nothing".to_owned(), told))?;
        self.pending_more.iter().try_for_each(|change| row(f, "", &told(change)))?;
        optional(f, "next:", &self.next_run)
    }
}

fn row(f: &mut Formatter<'_>, label: &str, value: &str) -> fmt::Result {
    writeln!(f, "  {label:<9}{}", clean(value))
}

fn members_of(f: &mut Formatter<'_>, members: &ExplainedMembers) -> fmt::Result {
    let ExplainedMembers { in_ad, wanted, confirmed, in_part, left_out_total, left_out } = members;
    let in_part = if *in_part { " (not all could be read, so nobody leaves)" } else { "" };
    row(f, "members:", &format!("{in_ad} in AD{in_part}, {wanted} of them for the tenant, {confirmed} there now"))?;
    for member in left_out {
        row(f, "", &format!("left out: {}   {}", member.dn, member.reason))?;
    }
    match left_out_total - left_out.len() {
        0 => Ok(()),
        more => row(f, "", &format!("… and {more} more left out")),
    }
}

fn attributes(f: &mut Formatter<'_>, attributes: &[ExplainedAttribute]) -> fmt::Result {
    let width =
        |text: fn(&ExplainedAttribute) -> &str| attributes.iter().map(|attribute| text(attribute).chars().count()).max().unwrap_or(0);
    let (from, to) = (width(|attribute| &attribute.from).min(FROM_WIDTH_MAX), width(|attribute| attribute.to));
    for attribute in attributes {
        let ignored = attribute.confirmed.as_ref().filter(|_| attribute.outcome == IGNORED);
        let value = ignored.or(attribute.value.as_ref()).map_or_else(|| "(none)".to_owned(), |value| shown(&value.to_string()));
        writeln!(f, "  {:<from$}  →  {:<to$}  {value}  ({})", clean(&attribute.from), attribute.to, attribute.outcome)?;
    }
    Ok(())
}
