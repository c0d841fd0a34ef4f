//! LDAP filters (RFC 4515) as a value.

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
