//! Why a message was refused.

/// Why a message, or the assertion in it, was refused.
///
/// Nothing of a refused message may be used. What is quoted here came from outside: it is cut to [`Refusal::QUOTED_MAX`]
/// characters and shown with control characters escaped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Longer than [`crate::saml::xml::Text::BYTES_MAX`]. Refused before anything is parsed.
    #[error("the message has {bytes} bytes, more than the {} that are accepted", crate::saml::xml::Text::BYTES_MAX)]
    TooLarge {
        /// How long it is.
        bytes: usize,
    },
    /// Not UTF-8, or another encoding, version or byte order mark is declared.
    #[error("the message is not XML 1.0 in UTF-8")]
    Encoding,
    /// Not well-formed XML, or namespaces are used wrongly.
    #[error("the message is not well-formed XML near byte {at}")]
    NotWellFormed {
        /// Roughly where, counted from 0 with line ends normalised.
        at: usize,
    },
    /// A document type declaration, and with it whatever it would define or fetch.
    #[error("the message has a document type declaration")]
    Doctype,
    /// A reference to an entity that is not one of XML's own five.
    #[error("the message refers to an entity")]
    Entity,
    /// A comment, a processing instruction or a CDATA section. They part what is signed from what is read.
    #[error("the message holds a comment, processing instruction or CDATA section")]
    Markup,
    /// Elements nested deeper than [`crate::saml::xml::Text::DEPTH_MAX`].
    #[error("the message nests elements more than {} deep", crate::saml::xml::Text::DEPTH_MAX)]
    TooDeep,
    /// More attributes on one element, or more namespaces or elements in all, than any message needs.
    #[error("the message has too many elements, attributes or namespaces")]
    TooManyAttributes,
    /// Two attributes that name an element (`ID`, `AssertionID`, `wsu:Id`, `xml:id` …) have the same value.
    #[error("two elements have the id {0:?}")]
    DuplicateId(String),
    /// An attribute that names an element, in a namespace where no profile puts one.
    #[error("an id stands in a namespace of its own")]
    ForeignId,
    /// An element, attribute or text where the profile has none.
    #[error("{0:?} is not expected there")]
    Unexpected(String),
    /// An element or attribute that must be there is not, or not once.
    #[error("{0} is missing or there more than once")]
    Missing(&'static str),
    /// A value that cannot be understood.
    #[error("{what} has the value {value:?}, which is not accepted")]
    Value {
        /// Of what.
        what: &'static str,
        /// The value, cut.
        value: String,
    },
    /// The issuer of a SAML 2.0 response says that it failed (saml-core-2.0-os section 3.2.2.2). Nothing in it counts, whatever it holds.
    #[error("the issuer answered with the status {code:?}{}", second.as_deref().map(|second| format!(", {second:?}")).unwrap_or_default())]
    Status {
        /// The status code.
        code: String,
        /// The second-level status code, where there is one.
        second: Option<String>,
        /// The message for people, where there is one.
        message: Option<String>,
    },
    /// There is no assertion where one belongs.
    #[error("the message holds no assertion")]
    NoAssertion,
    /// There is more than one assertion, wherever they stand.
    #[error("the message holds more than one assertion")]
    SeveralAssertions,
    /// The assertion, a name or an attribute is encrypted.
    #[error("the message is encrypted; switch encryption off at the issuer")]
    Encrypted,
    /// The assertion, or the request, itself has no signature. A signature over the message around it does not count.
    #[error("the assertion or request itself is not signed")]
    Unsigned,
    /// A signature that is not at its place, or one more than there may be.
    #[error("a signature stands where none is expected")]
    MisplacedSignature,
    /// A signature, digest, transform or canonicalization that is not the one accepted: RSA-SHA256, SHA-256, enveloped, exclusive.
    #[error("the signature uses the algorithm {0:?}, which is not accepted; the issuer must sign with RSA-SHA256")]
    Algorithm(String),
    /// The signature covers something else than the assertion or request that it stands in.
    #[error("the signature refers to {0:?}, not to what it stands in")]
    Reference(String),
    /// The assertion, or the request, is not what was signed.
    #[error("the message was changed after it was signed")]
    Digest,
    /// None of the known keys made the signature.
    #[error("no known key made the signature")]
    Signature,
    /// There is no key to verify with.
    #[error("no signing certificate is known for the issuer")]
    NoKey,
    /// A certificate without an RSA key of 2048 to 8192 bits.
    #[error("the signing certificate holds no RSA key of 2048 to 8192 bits")]
    Certificate,
}

impl Refusal {
    /// How many characters of a message an error quotes at most.
    pub const QUOTED_MAX: usize = 128;

    /// [`Refusal::Value`], cut.
    pub fn value(what: &'static str, value: &str) -> Self {
        Self::Value { what, value: quoted(value) }
    }

    /// [`Refusal::Unexpected`], cut.
    pub fn unexpected(what: &str) -> Self {
        Self::Unexpected(quoted(what))
    }
}

/// At most [`Refusal::QUOTED_MAX`] characters of what came from outside.
pub(crate) fn quoted(text: &str) -> String {
    text.chars().take(Refusal::QUOTED_MAX).collect()
}
