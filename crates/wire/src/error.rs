//! Why a message cannot be decoded.

use crate::nbfx;

/// Why a message cannot be decoded. Names the element, never its content: that may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are not a binary XML document.
    #[error("the message is not valid binary XML")]
    Xml(#[source] nbfx::Error),
    /// An element that must be there is not.
    #[error("the message has no element {element}")]
    Missing {
        /// Local name of the element.
        element: &'static str,
    },
    /// An element's content is not of its type.
    #[error("the content of element {element} is not valid")]
    Value {
        /// Local name of the element.
        element: &'static str,
    },
    /// The message asks for an operation, or answers one, that is not known here.
    #[error("the operation of the message is not known")]
    Operation,
}

impl From<nbfx::Error> for DecodeError {
    fn from(error: nbfx::Error) -> Self {
        Self::Xml(error)
    }
}

impl DecodeError {
    /// Names the element whose content was asked for. Damage to the document itself stays what it is.
    pub(crate) fn at(element: &'static str) -> impl Fn(nbfx::Error) -> Self {
        move |error| match error {
            nbfx::Error::Type | nbfx::Error::UnexpectedElement => Self::Value { element },
            error => Self::Xml(error),
        }
    }
}
