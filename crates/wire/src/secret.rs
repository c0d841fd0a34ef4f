//! Text that must not be seen: a bearer token, a password.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A secret text. It cannot be printed, logged or serialised, and its memory is overwritten when it is dropped.
///
/// INVARIANT: neither this type nor any that holds one implements `Debug`, `Display` or `Serialize`.
///
/// ```compile_fail,E0277
/// println!("{:?}", samesign_wire::Secret::default());
/// ```
/// ```compile_fail,E0277
/// println!("{}", samesign_wire::Secret::default());
/// ```
/// ```compile_fail,E0277
/// println!("{:?}", samesign_wire::provisioning::RequestHeader::default());
/// ```
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub struct Secret(String);

impl Secret {
    /// Takes the text over; no copy is made.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself. Hand it to what needs it, and keep no copy.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}
