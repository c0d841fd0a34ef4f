//! From an LDAP entry to a source object.

use aws_lc_rs::digest::{SHA256, digest};
use samesign_engine::{AttributesBuilder, Class, Finding, ObjectGuid, Severity, SourceObject};

use super::message::Entry;
use super::range::Description;
use crate::source::ObjectDigest;

/// An object as far as its entry told it.
pub(crate) struct Partial {
    guid: ObjectGuid,
    dn: Box<str>,
    class: Class,
    attributes: AttributesBuilder,
    /// Attributes whose values came in parts: all of them are fetched anew.
    pub(crate) ranged: Vec<String>,
}

/// An entry that cannot be understood.
pub(crate) struct Unreadable {
    pub(crate) dn: String,
    pub(crate) reason: &'static str,
}

/// The digest of an entry as it came: computed before anything is taken apart, for most entries have not changed.
pub(crate) fn digest_of(body: &[u8]) -> ObjectDigest {
    shortened(digest(&SHA256, body).as_ref())
}

fn shortened(whole: &[u8]) -> ObjectDigest {
    whole.first_chunk().copied().unwrap_or_default()
}

impl Partial {
    /// Takes an entry apart. `keep_class` keeps objectClass among the attributes.
    pub(crate) fn read(entry: &Entry<'_>, keep_class: bool) -> Result<Self, Unreadable> {
        let unreadable = |reason| Unreadable { dn: String::from_utf8_lossy(entry.dn()).into_owned(), reason };
        let dn = std::str::from_utf8(entry.dn()).map_err(|_| unreadable("its distinguished name is not UTF-8"))?;
        let ranged = ranged(entry).ok_or_else(|| unreadable("an attribute has no proper name"))?;
        let (mut guid, mut classes) = (None, Vec::new());
        let mut attributes = AttributesBuilder::default();
        for attribute in entry.attributes() {
            let attribute = attribute.map_err(|_| unreadable("its attributes are malformed"))?;
            let description = Description::parse(attribute.name).ok_or_else(|| unreadable("an attribute has no proper name"))?;
            let is = |name: &str| description.name.eq_ignore_ascii_case(name);
            let is_ranged = ranged.iter().any(|name| is(name));
            for value in attribute.values() {
                let value = value.map_err(|_| unreadable("an attribute's values are malformed"))?;
                if is("objectGUID") {
                    guid = ObjectGuid::from_slice(value).ok();
                } else if is("objectClass") {
                    classes.push(value);
                    if keep_class {
                        attributes.add(description.name, value);
                    }
                } else if !is("distinguishedName") && !is_ranged {
                    attributes.add(description.name, value);
                }
            }
        }
        let guid = guid.ok_or_else(|| unreadable("it shows no objectGUID"))?;
        let class = class_of(&classes).ok_or_else(|| unreadable("its objectClass names no user, group or contact"))?;
        Ok(Self { guid, dn: dn.into(), class, attributes, ranged })
    }

    pub(crate) fn guid(&self) -> ObjectGuid {
        self.guid
    }

    pub(crate) fn dn(&self) -> &str {
        &self.dn
    }

    pub(crate) fn add(&mut self, name: &str, value: &[u8]) {
        self.attributes.add(name, value);
    }

    /// The object, all values being there.
    pub(crate) fn finish(self) -> SourceObject {
        SourceObject { guid: self.guid, dn: self.dn, class: self.class, attributes: self.attributes.build() }
    }
}

/// The attributes of which the entry does not hold all values; `None` when one of its names is none.
fn ranged(entry: &Entry<'_>) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for attribute in entry.attributes().filter_map(Result::ok) {
        let description = Description::parse(attribute.name)?;
        if description.range.is_some_and(|range| !range.is_whole()) {
            names.push(description.name.to_owned());
        }
    }
    names.dedup();
    Some(names)
}

/// The class that decides what an object becomes; `None` for whatever takes no part. Every computer is a user as well.
pub(crate) fn class_of(classes: &[impl AsRef<[u8]>]) -> Option<Class> {
    let is = |name: &str| classes.iter().any(|class| class.as_ref().eq_ignore_ascii_case(name.as_bytes()));
    let known = [("inetOrgPerson", Class::InetOrgPerson), ("user", Class::User), ("group", Class::Group), ("contact", Class::Contact)];
    let found = known.into_iter().find(|(name, _)| is(name)).map(|(_, class)| class);
    found.filter(|_| !is("computer"))
}

/// The digest of an object whose values came in several answers.
pub(crate) fn digest_of_object(object: &SourceObject) -> ObjectDigest {
    let mut whole = object.dn.as_bytes().to_vec();
    whole.extend_from_slice(&[0, object.class as u8]);
    whole.extend_from_slice(object.attributes.as_bytes());
    digest_of(&whole)
}

impl Unreadable {
    /// What the administrator is told.
    pub(crate) fn finding(&self) -> Finding {
        Finding {
            code: "ad-object-unreadable",
            severity: Severity::Error,
            objects: vec![self.dn.as_str().into()],
            attribute: None,
            value: None,
            hint: format!("the object was left out, for {}; look at it, and at the rights of the account of [source] on it", self.reason)
                .into(),
        }
    }
}
