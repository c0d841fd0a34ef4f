//! The identities by which objects are known: objectGUID, anchor, and folded names.

pub(crate) mod anchors;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
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
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let [a3, a2, a1, a0, b1, b0, c1, c0, rest @ ..] = self.0;
        let [d0, d1, e @ ..] = rest;
        // Every object of a large directory is sent its own, so that no formatting machinery is wanted.
        let mut text = [b'-'; 36];
        let groups: [(usize, &[u8]); 5] = [(0, &[a0, a1, a2, a3]), (9, &[b0, b1]), (14, &[c0, c1]), (19, &[d0, d1]), (24, &e)];
        for (start, bytes) in groups {
            let group = text.get_mut(start..).unwrap_or_default();
            for (pair, byte) in group.chunks_exact_mut(2).zip(bytes) {
                let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
                pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
            }
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
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
#[derive(Clone)]
pub struct Anchor(Text);

/// The text of an anchor. Nearly every one is Base64 of 16 bytes, and a large directory has hundreds of thousands of copies: these
/// hold it themselves.
#[derive(Clone)]
enum Text {
    Short([u8; GUID_CHARS]),
    Other(Box<str>),
}

/// Base64 of 16 bytes has so many characters.
const GUID_CHARS: usize = 24;

impl Anchor {
    /// The anchor of an object whose objectGUID is `guid`.
    pub fn of(guid: &ObjectGuid) -> Self {
        Self::of_value(guid.as_bytes())
    }

    fn of_value(value: &[u8]) -> Self {
        let mut short = [0; GUID_CHARS];
        match STANDARD.encode_slice(value, &mut short) {
            Ok(GUID_CHARS) => Self(Text::Short(short)),
            _ => Self::from_text(&STANDARD.encode(value)),
        }
    }

    /// Takes an anchor as the tenant or our own state shows it. Any text is accepted, for a tenant may hold anchors that
    /// another tool made.
    pub fn from_text(text: &str) -> Self {
        text.as_bytes().try_into().map_or_else(|_| Self(Text::Other(text.into())), |short| Self(Text::Short(short)))
    }

    /// The anchor as it is sent.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // INVARIANT: these are bytes of a text.
            Text::Short(text) => std::str::from_utf8(text).unwrap_or_default(),
            Text::Other(text) => text,
        }
    }

    fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Text::Short(text) => text,
            Text::Other(text) => text.as_bytes(),
        }
    }

    /// The objectGUID this anchor was made of, where it was made of one; `None` for an anchor that is not Base64 of 16 bytes.
    /// A link knows better: see [`Link::guid`](crate::Link::guid).
    pub fn guid(&self) -> Option<ObjectGuid> {
        let mut bytes = [0; 18];
        let length = STANDARD.decode_slice(self.as_bytes(), &mut bytes).ok()?;
        bytes.get(..length).and_then(|bytes| ObjectGuid::from_slice(bytes).ok())
    }
}

impl PartialEq for Anchor {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Anchor {}

impl PartialOrd for Anchor {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Anchor {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for Anchor {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The attribute that may hold the anchor instead of objectGUID, as the directory's schema writes it.
pub(crate) const CONSISTENCY_GUID: &str = "mS-DS-ConsistencyGuid";

/// The anchor of a source object: Base64 of objectGUID; under [`AnchorAttribute::ConsistencyGuid`] of that attribute's value
/// where a user or a group has one. What is wrong with such a value is for the plan to find: an anchor is made of it anyhow, so
/// that nobody ever gets another one because of an error in the data.
pub fn anchor_of(object: &SourceObject, policy: &Policy) -> Anchor {
    match consistency_guid(object, policy) {
        Some(value) => Anchor::of_value(value),
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
