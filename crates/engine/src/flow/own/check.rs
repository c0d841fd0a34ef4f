//! Whether an own flow can be used, and if not, what to write instead.

use super::super::{Flow, Read, flows_of};
use super::{extension, row, template};
use crate::plan::Kind;
use crate::policy::{Make, OwnFlow};

/// What the service needs of every object: a blank attribute never takes these away.
pub(super) const NEVER_CLEARED: &[&str] = &["SecurityEnabled", "accountEnabled", "displayName", "mail", "userPrincipalName"];
/// What tells who an object is, or is made by the service's own rules.
const FIXED: &[&str] = &[
    "SecurityEnabled",
    "dnsDomainName",
    "lastPasswordChangeTimestamp",
    "netBiosName",
    "onPremiseSecurityIdentifier",
    "onPremisesDistinguishedName",
    "onPremisesObjectIdentifier",
    "onPremisesSamAccountName",
    "onPremisesUserPrincipalName",
    "sourceAnchor",
];
/// What no object can be without.
const NEEDED: &[&str] = &["accountEnabled", "displayName", "userPrincipalName"];
/// Directory extensions of one object.
const EXTENSIONS_MAX: usize = 100;

pub(super) fn flow(own: &OwnFlow) -> Result<(), String> {
    let to = &*own.to;
    if to == "member" {
        return Err("a group's members are not a flow: members outside the scope are left out by themselves".to_owned());
    }
    if FIXED.contains(&to) {
        return Err(format!("`{to}` tells who the object is and cannot be changed"));
    }
    let Some(row) = row(own.kind, to) else { return Err(unknown(own.kind, to)) };
    match &own.make {
        Make::Drop if NEEDED.contains(&to) => Err(format!("`{to}` cannot be dropped: the service needs it")),
        Make::Drop => Ok(()),
        Make::First(names) if names.is_empty() => Err("`from` names no attribute".to_owned()),
        Make::First(names) => names.iter().try_for_each(|name| attribute(name)),
        Make::Template(text) => template::check(text).and_then(|()| template::attributes(text).iter().try_for_each(|name| attribute(name))),
        Make::Constant(text) => constant(row, text),
    }
}

pub(super) fn together(flows: &[OwnFlow]) -> Result<(), String> {
    for (at, own) in flows.iter().enumerate() {
        if flows.iter().take(at).any(|earlier| earlier.kind == own.kind && earlier.to == own.to) {
            return Err(format!("`{}` of a {} has two flows: keep one", own.to, own.kind.as_str()));
        }
    }
    for kind in [Kind::User, Kind::Group, Kind::Contact] {
        let extensions = flows.iter().filter(|own| own.kind == kind && extension::is_extension(&own.to)).count();
        if extensions > EXTENSIONS_MAX {
            return Err(format!(
                "{extensions} directory extensions of a {}: the service takes {EXTENSIONS_MAX} of one object",
                kind.as_str()
            ));
        }
    }
    Ok(())
}

fn unknown(kind: Kind, to: &str) -> String {
    if to.starts_with("extension_") {
        return format!("`{to}` is no directory extension: its name is extension_<32 hexadecimal digits of the application's id>_<name>");
    }
    let known = flows_of(kind).iter().map(|flow| flow.service).filter(|name| !FIXED.contains(name));
    let instead =
        nearest(to, known).map_or_else(|| "see the table of flows in the guide".to_owned(), |near| format!("did you mean `{near}`?"));
    format!("the service has no attribute `{to}` of a {}: {instead}", kind.as_str())
}

/// The name that is most like `wrong`; `None` when none is.
fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let (distance, near) = known.map(|name| (distance(&wrong, &name.to_lowercase()), name)).min()?;
    (distance * 3 <= wrong.chars().count().max(6)).then_some(near)
}

/// How many characters must be put in, left out or replaced.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (line, left) in one.chars().enumerate() {
        let mut before = line;
        let mut last = line + 1;
        for (place, right) in row.iter_mut().zip(std::iter::once(None).chain(other.chars().map(Some))) {
            let above = *place;
            *place = match right {
                None => line + 1,
                Some(right) => (before + usize::from(left != right)).min(above + 1).min(last + 1),
            };
            (before, last) = (above, *place);
        }
    }
    row.last().copied().unwrap_or_default()
}

fn attribute(name: &str) -> Result<(), String> {
    if !is_attribute_name(name) {
        return Err(format!("`{name}` is no attribute's name"));
    }
    if crate::filter::is_secret(name) {
        return Err(format!("`{name}` holds secrets and is never read"));
    }
    if crate::filter::is_membership(name) {
        return Err(format!("`{name}` is not read: to decide by groups, use scope.members_of or a licence rule"));
    }
    Ok(())
}

pub(super) fn is_attribute_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn constant(row: &Flow, text: &str) -> Result<(), String> {
    let text = text.trim();
    let word = text.to_ascii_uppercase();
    if text.is_empty() {
        return Err("the value is empty: to send nothing, drop the flow".to_owned());
    }
    let chars = text.chars().count();
    if row.chars_max > 0 && chars > row.chars_max {
        return Err(format!("the value has {chars} characters: the service takes {} of `{}`", row.chars_max, row.service));
    }
    let fits = match row.read {
        Read::Boolean | Read::Enabled => matches!(word.as_str(), "TRUE" | "FALSE"),
        Read::Number | Read::NumberOrIgnore => text.parse::<i64>().is_ok(),
        _ => true,
    };
    if fits {
        Ok(())
    } else {
        Err(format!("`{text}` is no value of `{}`: it is true or false, or a number, as the table of flows says", row.service))
    }
}
