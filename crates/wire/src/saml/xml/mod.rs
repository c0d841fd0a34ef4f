//! XML as signatures need it.

mod writer;

pub use writer::{InvalidCharacter, Name, Writer};
