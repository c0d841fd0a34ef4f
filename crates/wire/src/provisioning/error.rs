//! Why a message cannot be decoded.

/// Why a message cannot be decoded. Names the element, never its content: that may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
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
}
