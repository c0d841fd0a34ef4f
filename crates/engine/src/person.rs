//! A source object ready to be asked.

use std::borrow::Cow;

use crate::plan::Kind;
use crate::policy::Policy;
use crate::{Anchor, Attributes, Dn, SourceObject, Values};

/// A source object with its attributes found once.
pub(crate) struct Person<'a> {
    pub object: &'a SourceObject,
    pub policy: &'a Policy,
    attributes: Vec<(&'a str, Values<'a>)>,
}

impl<'a> Person<'a> {
    pub fn new(object: &'a SourceObject, policy: &'a Policy) -> Self {
        // Seldom more: to grow step by step would cost more than to read them.
        let mut attributes = Vec::with_capacity(24);
        attributes.extend(object.attributes.iter());
        Self { object, policy, attributes }
    }

    /// The same object as if `values` were what it has of the attribute `name`.
    pub fn with<'b>(&'b self, name: &str, values: &'b Attributes) -> Person<'b> {
        let mut attributes: Vec<(&'b str, Values<'b>)> = values.iter().collect();
        attributes.extend(self.attributes.iter().filter(|(known, _)| !known.eq_ignore_ascii_case(name)).cloned());
        Person { object: self.object, policy: self.policy, attributes }
    }

    /// The object's DN; `None` when it cannot be parsed.
    pub fn dn(&self) -> Option<Dn> {
        Dn::parse(&self.object.dn).ok()
    }

    pub fn anchor(&self) -> Anchor {
        crate::anchor_of(self.object, self.policy)
    }

    /// What the object becomes in the tenant.
    pub const fn kind(&self) -> Kind {
        self.object.class.kind()
    }

    /// Whether groupType has the sign bit that makes a security group. Directories write the number signed or unsigned. `None`
    /// when it is absent or no number.
    pub fn is_security_group(&self) -> Option<bool> {
        const SECURITY_ENABLED: i64 = 0x8000_0000;
        self.text("groupType")?.parse::<i64>().ok().map(|group_type| group_type & SECURITY_ENABLED != 0)
    }

    /// A few dozen attributes, most told apart by their length: going through them beats any index.
    fn values(&self, name: &str) -> Option<Values<'a>> {
        self.attributes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, values)| values.clone())
    }

    /// The first value, as bytes. Names in any case.
    pub fn first(&self, name: &str) -> Option<&'a [u8]> {
        self.values(name)?.next()
    }

    /// The first value as trimmed text; `None` when absent, blank, or not UTF-8.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.first(name).and_then(|value| std::str::from_utf8(value).ok()).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The values that are UTF-8 and not blank, trimmed.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.values(name)
            .into_iter()
            .flatten()
            .filter_map(|value| std::str::from_utf8(value).ok())
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// Whether the first value is there but is not UTF-8.
    pub fn is_unreadable(&self, name: &str) -> bool {
        self.first(name).is_some_and(|value| std::str::from_utf8(value).is_err())
    }

    /// The values that are not UTF-8.
    pub fn unreadable_values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.values(name).into_iter().flatten().filter(|value| std::str::from_utf8(value).is_err())
    }

    /// Every attribute with its values, names in lower case.
    pub fn all(&self) -> impl Iterator<Item = (&'a str, Values<'a>)> + '_ {
        self.attributes.iter().map(|(name, values)| (*name, values.clone()))
    }

    /// Every value of an attribute, as bytes.
    pub fn raw(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.values(name).into_iter().flatten()
    }

    /// userPrincipalName; where it is absent, sAMAccountName at the domain. `None` when neither is known, and when
    /// userPrincipalName cannot be read: nobody gets a made-up name instead of their own. Groups and contacts have none.
    pub fn upn(&self) -> Option<Cow<'a, str>> {
        if self.kind() != Kind::User {
            return None;
        }
        if let Some(upn) = self.text("userPrincipalName") {
            return Some(Cow::Borrowed(upn));
        }
        if self.is_unreadable("userPrincipalName") {
            return None;
        }
        let account = self.text("sAMAccountName").filter(|_| !self.policy.dns_domain.is_empty())?;
        Some(Cow::Owned(format!("{account}@{}", self.policy.dns_domain)))
    }
}
