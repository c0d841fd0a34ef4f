//! XML as signatures need it: read by a narrow profile, canonicalised, and written so that it is canonical already.

mod canonical;
mod document;
mod scan;
#[cfg(test)]
mod tests;
mod writer;

pub use canonical::{canonical, canonical_without};
pub(crate) use document::names_an_element;
pub use document::{Document, Element, Text};
pub use writer::{InvalidCharacter, Name, Writer};
