//! The identities by which objects are known: objectGUID, anchor, and folded names.

pub(crate) mod anchors;

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::policy::{AnchorAttribute, Policy};
use crate::{Kind, SourceObject};

/// An objectGUID as Active Directory stores it: 16 bytes, the first three fields little-endian (MS-DTYP 2.3.4.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectGuid([u8; 16]);

/// The text is neither 36 characters of hexadecimal and hyphens nor Base64 of 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an objectGUID")]
pub struct ParseGuidError;

impl ObjectGuid {
    /// Takes the 16 bytes in Active Directory's own order.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Takes a value read from the directory; an objectGUID of another length is refused.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, ParseGuidError> {
        bytes.try_into().map(Self).map_err(|_| ParseGuidError)
    }

    /// The 16 bytes in Active Directory's own order.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for ObjectGuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a3, a2, a1, a0, b1, b0, c1, c0, rest @ ..] = self.0;
        let (first, [d0, d1, e @ ..]) = (u32::from_be_bytes([a0, a1, a2, a3]), rest);
        write!(f, "{first:08x}-{:04x}-{:04x}-{d0:02x}{d1:02x}-", u16::from_be_bytes([b0, b1]), u16::from_be_bytes([c0, c1]))?;
        e.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectGuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ObjectGuid {
    type Err = ParseGuidError;

    fn from_str(text: &str) -> Result<Self, ParseGuidError> {
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
        if text.len() != 36 || digits.len() != 32 {
            return Err(ParseGuidError);
        }
        let mut bytes = [0_u8; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| ParseGuidError)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| ParseGuidError)?;
        }
        let [a0, a1, a2, a3, b0, b1, c0, c1, rest @ ..] = bytes;
        let [r0, r1, r2, r3, r4, r5, r6, r7] = rest;
        Ok(Self([a3, a2, a1, a0, b1, b0, c1, c0, r0, r1, r2, r3, r4, r5, r6, r7]))
    }
}

/// The id that never changes: `sourceAnchor` at the provisioning service, `onPremisesImmutableId` in Graph.
///
/// Case-sensitive. Base64 of 16 bytes, so 24 characters ending in `==`: of objectGUID, or of ms-DS-ConsistencyGuid where the
/// administrator chose that and the object has one (see [`anchor_of`]).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Anchor(Box<str>);

impl Anchor {
    /// The anchor of an object whose objectGUID is `guid`.
    pub fn of(guid: &ObjectGuid) -> Self {
        Self(STANDARD.encode(guid.as_bytes()).into_boxed_str())
    }

    /// Takes an anchor as the tenant or our own state shows it. Any text is accepted, for a tenant may hold anchors that
    /// another tool made.
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// The anchor as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The objectGUID this anchor was made of, where it was made of one; `None` for an anchor that is not Base64 of 16 bytes.
    /// A link knows better: see [`Link::guid`](crate::Link::guid).
    pub fn guid(&self) -> Option<ObjectGuid> {
        STANDARD.decode(self.0.as_bytes()).ok().and_then(|bytes| ObjectGuid::from_slice(&bytes).ok())
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The attribute that may hold the anchor instead of objectGUID, as the directory's schema writes it.
pub(crate) const CONSISTENCY_GUID: &str = "mS-DS-ConsistencyGuid";

/// The anchor of a source object: Base64 of objectGUID; under [`AnchorAttribute::ConsistencyGuid`] of that attribute's value
/// where a user or a group has one. What is wrong with such a value is for the plan to find: an anchor is made of it anyhow, so
/// that nobody ever gets another one because of an error in the data.
pub fn anchor_of(object: &SourceObject, policy: &Policy) -> Anchor {
    match consistency_guid(object, policy) {
        Some(value) => Anchor(STANDARD.encode(value).into_boxed_str()),
        None => Anchor::of(&object.guid),
    }
}

/// The value of ms-DS-ConsistencyGuid, where the anchor is made of it.
pub(crate) fn consistency_guid<'a>(object: &'a SourceObject, policy: &Policy) -> Option<&'a [u8]> {
    let chosen = policy.rules.anchor == AnchorAttribute::ConsistencyGuid && object.class.kind() != Kind::Contact;
    let value = if chosen { object.attributes.first("ms-ds-consistencyguid") } else { None };
    value.filter(|value| !value.is_empty())
}

/// The form in which names, addresses and DNs are compared: lower case, white space at the ends removed.
pub fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}
