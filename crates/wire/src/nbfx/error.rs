//! Why bytes are not a binary XML document.

/// Why bytes are not a binary XML document, or not one this reader takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes end before the document does.
    #[error("the document is cut short")]
    Truncated,
    /// Bytes follow the end of the document.
    #[error("data follows the end of the document")]
    Trailing,
    /// The document, or a text in it, is larger than the limit.
    #[error("the document is larger than the limit")]
    TooLarge,
    /// Elements are nested deeper than the limit.
    #[error("elements are nested deeper than the limit")]
    TooDeep,
    /// The document has more elements than the limit.
    #[error("the document has more elements than the limit")]
    TooManyElements,
    /// An element has more attributes, or more prefixes are declared around it, than the limit.
    #[error("an element has more attributes or namespaces than the limit")]
    TooManyAttributes,
    /// A record type that does not exist, or may not stand where it stands.
    #[error("record type {0:#04x} may not stand here")]
    Record(u8),
    /// An id that is in no dictionary.
    #[error("dictionary string {0} is not known")]
    DictionaryString(u32),
    /// A length that is negative, or longer than 31 bits.
    #[error("a length is not valid")]
    Length,
    /// A text that is not UTF-8 or not UTF-16.
    #[error("a text is not valid Unicode")]
    Unicode,
    /// A value that its record type cannot have.
    #[error("a value is outside the range of its record")]
    Value,
    /// An element or attribute without a name.
    #[error("an element or attribute has no name")]
    NoName,
    /// A prefix that no namespace is bound to.
    #[error("a prefix is bound to no namespace")]
    Prefix,
    /// An element where only text may stand.
    #[error("an element stands where a value should")]
    UnexpectedElement,
    /// A text that is not of the type that was asked for.
    #[error("a text is not of the type expected")]
    Type,
}
