//! Values as the provisioning service takes them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};

use crate::Anchor;

/// One attribute value as the provisioning service takes it.
///
/// In JSON a value is plain: a boolean, a number, a text, a list of texts; bytes are Base64, a reference is its anchor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// A true or false.
    Boolean(bool),
    /// A 64-bit number (`countryCode`).
    Long(i64),
    /// Text. Never empty: an empty text is an absent value.
    Text(Box<str>),
    /// Several texts, sorted, none twice (`proxyAddresses`). Never empty.
    Texts(Box<[Box<str>]>),
    /// Bytes (`onPremiseSecurityIdentifier`).
    Bytes(Box<[u8]>),
    /// Several values of bytes, sorted, none twice (`userCertificate`). Never empty.
    BytesList(Box<[Box<[u8]>]>),
    /// Another object of the source, by its anchor (`manager`).
    Reference(Anchor),
    /// Several other objects of the source, by their anchors, sorted, none twice (`member`). Never empty.
    References(Box<[Anchor]>),
}

/// The value in one line, for people.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(true) => f.write_str("yes"),
            Self::Boolean(false) => f.write_str("no"),
            Self::Long(value) => value.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Texts(texts) => f.write_str(&texts.join(", ")),
            Self::Bytes(bytes) => f.write_str(&STANDARD.encode(bytes)),
            Self::BytesList(values) => write!(f, "{} values", values.len()),
            Self::Reference(anchor) => write!(f, "anchor {anchor}"),
            Self::References(anchors) => write!(f, "{} objects", anchors.len()),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::Long(value) => serializer.serialize_i64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Texts(values) => serializer.collect_seq(values.iter()),
            Self::Bytes(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
            Self::BytesList(values) => serializer.collect_seq(values.iter().map(|bytes| STANDARD.encode(bytes))),
            Self::Reference(anchor) => serializer.serialize_str(anchor.as_str()),
            Self::References(anchors) => serializer.collect_seq(anchors.iter().map(Anchor::as_str)),
        }
    }
}

/// The name of an attribute at the provisioning service, as it is sent (`userPrincipalName`, `onPremisesSamAccountName`).
pub type ServiceName = Cow<'static, str>;

/// What an object has, or should have, at the service. An absent name is a value that is not set.
pub type ServiceAttributes = BTreeMap<ServiceName, Value>;
