//! LDAP filters (RFC 4515) as a value: written by the administrator, parsed here, and decided here the way Active Directory
//! would decide them.
//!
//! The filter never becomes part of a search: a directory that is read in full or by changes must show the objects that leave the
//! scope too.

mod matching;
mod parse;
mod syntax;

use std::fmt;

pub use parse::FilterError;
pub(crate) use syntax::{is_membership, is_secret};

use crate::SourceObject;

/// A search filter. Attribute names are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Every one of these.
    And(Vec<Filter>),
    /// At least one of these.
    Or(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
    /// The attribute has a value.
    Present(Box<str>),
    /// The attribute has this value.
    Equals(Box<str>, Box<[u8]>),
    /// The attribute has a value with these parts, in this order. An empty first or last part stands for anything.
    Substrings(Box<str>, Vec<Box<[u8]>>),
    /// The attribute has a value that is not less.
    AtLeast(Box<str>, Box<[u8]>),
    /// The attribute has a value that is not greater.
    AtMost(Box<str>, Box<[u8]>),
    /// The attribute has a number with all of these bits (matching rule 1.2.840.113556.1.4.803).
    AllBits(Box<str>, i64),
    /// The attribute has a number with one of these bits (matching rule 1.2.840.113556.1.4.804).
    AnyBit(Box<str>, i64),
}

const ALL_BITS: &str = "1.2.840.113556.1.4.803";
const ANY_BIT: &str = "1.2.840.113556.1.4.804";
/// What every object has without its being asked for.
const KNOWN_ANYWAY: [&str; 4] = ["distinguishedname", "objectcategory", "objectclass", "objectguid"];

impl Filter {
    /// Reads a filter as RFC 4515 writes it; blanks between its parts are allowed, as in a filter of several lines. At most 64 KiB
    /// and 32 levels. Approximate matches and the matching rules that Active Directory does not have are refused, and so is what
    /// could never match: the error says what to write instead.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parse::filter(text)
    }

    /// Whether an object matches. Text compares without case, numbers as numbers, distinguished names as such. An attribute that is
    /// absent makes every comparison false, so that its negation is true.
    pub fn matches(&self, object: &SourceObject) -> bool {
        matching::matches(self, object)
    }

    /// The attributes of Active Directory that the filter looks at, in lower case, sorted, none twice; without those that every
    /// object has.
    pub fn attributes(&self) -> Vec<Box<str>> {
        let mut names = Vec::new();
        self.collect(&mut names);
        names.retain(|name| !KNOWN_ANYWAY.contains(&&**name));
        names.sort_unstable();
        names.dedup();
        names
    }

    fn collect(&self, names: &mut Vec<Box<str>>) {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.collect(names)),
            Self::Not(part) => part.collect(names),
            Self::Present(name)
            | Self::Equals(name, _)
            | Self::Substrings(name, _)
            | Self::AtLeast(name, _)
            | Self::AtMost(name, _)
            | Self::AllBits(name, _)
            | Self::AnyBit(name, _) => names.push(name.clone()),
        }
    }

    /// The part that an object which does not match fails: of several that must all hold, the first that does not.
    pub(crate) fn failing<'a>(&'a self, object: &SourceObject) -> &'a Self {
        match self {
            Self::And(parts) => parts.iter().find(|part| !part.matches(object)).map_or(self, |part| part.failing(object)),
            other => other,
        }
    }
}

/// As RFC 4515 writes it.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let several = |f: &mut fmt::Formatter<'_>, operator: char, parts: &[Self]| {
            write!(f, "({operator}")?;
            parts.iter().try_for_each(|part| part.fmt(f))?;
            f.write_str(")")
        };
        match self {
            Self::And(parts) => several(f, '&', parts),
            Self::Or(parts) => several(f, '|', parts),
            Self::Not(part) => write!(f, "(!{part})"),
            Self::Present(name) => write!(f, "({name}=*)"),
            Self::Equals(name, value) => write!(f, "({name}={})", escaped(value)),
            Self::Substrings(name, parts) => {
                let parts: Vec<String> = parts.iter().map(|part| escaped(part)).collect();
                write!(f, "({name}={})", parts.join("*"))
            }
            Self::AtLeast(name, value) => write!(f, "({name}>={})", escaped(value)),
            Self::AtMost(name, value) => write!(f, "({name}<={})", escaped(value)),
            Self::AllBits(name, bits) => write!(f, "({name}:{ALL_BITS}:={bits})"),
            Self::AnyBit(name, bits) => write!(f, "({name}:{ANY_BIT}:={bits})"),
        }
    }
}

fn escaped(value: &[u8]) -> String {
    let bytes = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\{byte:02x}")).collect::<String>();
    let special = |character: char| matches!(character, '(' | ')' | '*' | '\\') || character.is_control();
    match std::str::from_utf8(value) {
        Ok(text) => text.chars().map(|one| if special(one) { bytes(one.to_string().as_bytes()) } else { one.to_string() }).collect(),
        Err(_) => bytes(value),
    }
}

#[cfg(test)]
mod tests;
