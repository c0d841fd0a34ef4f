//! How findings can be mended in Active Directory, for a person to read and to apply. Nothing here writes anything.
//!
//! A value is suggested only where it follows from what is there, and only when nobody has it: not in the directory, in or out
//! of scope, not in the tenant, and not by another suggestion. Whatever takes a decision is left out, and says so.

mod ldif;
mod suggest;
mod taken;

use std::collections::{BTreeMap, BTreeSet};

use crate::person::Person;
use crate::policy::Policy;
use crate::{Finding, Slice, SourceObject};

pub use ldif::ldif;
use taken::Taken;

/// One step of a mend, as LDAP's modify has it (RFC 4511, section 4.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The attribute gets this one value.
    Replace(&'static str, Box<[u8]>),
    /// The attribute loses this value.
    Delete(&'static str, Box<[u8]>),
    /// The attribute gets this value beside those it has.
    Add(&'static str, Box<[u8]>),
}

/// What to do about one finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mend {
    /// The object to change, or the first one that the finding names.
    pub dn: Box<str>,
    /// The finding's code.
    pub code: &'static str,
    /// The finding in one line.
    pub about: Box<str>,
    /// The steps, in order; or why none is suggested, in words for an administrator.
    pub edits: Result<Vec<Edit>, Box<str>>,
}

/// What mends each finding, in the order of `findings`. `slice` must hold the whole directory, for a suggestion is good only
/// when nobody has it.
pub fn mends(slice: &Slice, policy: &Policy, findings: &[Finding]) -> Vec<Mend> {
    if findings.is_empty() {
        return Vec::new();
    }
    let mut objects: BTreeMap<&str, Vec<&SourceObject>> = BTreeMap::new();
    slice.source.iter().for_each(|object| objects.entry(&object.dn).or_default().push(object));
    let mut taken = Taken::new(slice, policy);
    let mut touched = BTreeSet::new();
    findings.iter().map(|finding| mend(finding, &objects, policy, &mut taken, &mut touched)).collect()
}

fn mend(
    finding: &Finding,
    objects: &BTreeMap<&str, Vec<&SourceObject>>,
    policy: &Policy,
    taken: &mut Taken,
    touched: &mut BTreeSet<(Box<str>, &'static str)>,
) -> Mend {
    let dn = finding.objects.first().cloned().unwrap_or_default();
    let edits = match objects.get(&*dn).map(Vec::as_slice) {
        Some([object]) => suggest::edits(finding, &Person::new(object, policy), taken),
        Some(_) => Err("more than one object has this name: look at the source first".into()),
        None => Err(format!("no object of Active Directory to change: {}", finding.hint).into()),
    };
    // Two findings about one attribute would mend each other's mend.
    let edits = edits.and_then(|edits| {
        let attributes: BTreeSet<_> =
            edits.iter().filter(|edit| !edit.is_about_one_value()).map(|edit| (dn.clone(), edit.attribute())).collect();
        if attributes.iter().any(|attribute| touched.contains(attribute)) {
            return Err("another mend in this file changes the same attribute: apply that, and check again".into());
        }
        touched.extend(attributes);
        Ok(edits)
    });
    Mend { dn, code: finding.code, about: about(finding).into(), edits }
}

impl Edit {
    /// The attribute that is changed.
    pub fn attribute(&self) -> &'static str {
        match self {
            Self::Replace(attribute, _) | Self::Delete(attribute, _) | Self::Add(attribute, _) => attribute,
        }
    }

    fn is_about_one_value(&self) -> bool {
        !matches!(self, Self::Replace(..))
    }
}

fn about(finding: &Finding) -> String {
    let at = match (&finding.attribute, &finding.value) {
        (Some(attribute), Some(value)) => format!("   {attribute} = {value}"),
        (Some(attribute), None) => format!("   {attribute} is blank"),
        (None, _) => String::new(),
    };
    format!("{}: {}{at}", finding.code, finding.objects.join(" and "))
}

#[cfg(test)]
mod tests;
