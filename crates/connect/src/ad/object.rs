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
    /// Attributes of which more values must be fetched, with the first one missing.
    pub(crate) ranges: Vec<(String, u32)>,
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
        let (mut guid, mut inet_org_person) = (None, false);
        let mut attributes = AttributesBuilder::default();
        let mut ranges = Vec::new();
        for attribute in entry.attributes() {
            let attribute = attribute.map_err(|_| unreadable("its attributes are malformed"))?;
            let description = Description::parse(attribute.name).ok_or_else(|| unreadable("an attribute has no proper name"))?;
            let is = |name: &str| description.name.eq_ignore_ascii_case(name);
            for value in attribute.values() {
                let value = value.map_err(|_| unreadable("an attribute's values are malformed"))?;
                if is("objectGUID") {
                    guid = ObjectGuid::from_slice(value).ok();
                } else if is("objectClass") {
                    inet_org_person |= value.eq_ignore_ascii_case(b"inetOrgPerson");
                    if keep_class {
                        attributes.add(description.name, value);
                    }
                } else if !is("distinguishedName") {
                    attributes.add(description.name, value);
                }
            }
            if let Some(next) = description.range.and_then(|range| range.next()) {
                ranges.push((description.name.to_owned(), next));
            }
        }
        let guid = guid.ok_or_else(|| unreadable("it shows no objectGUID"))?;
        let class = if inet_org_person { Class::InetOrgPerson } else { Class::User };
        Ok(Self { guid, dn: dn.into(), class, attributes, ranges })
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

/// The digest of an object whose values came in several answers.
pub(crate) fn digest_of_object(object: &SourceObject) -> ObjectDigest {
    let mut whole = object.dn.as_bytes().to_vec();
    whole.push(0);
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
