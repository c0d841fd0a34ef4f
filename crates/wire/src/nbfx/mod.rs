//! Binary XML: the .NET Binary Format, XML Data Structure ([MC-NBFX]), with the static dictionary of [MC-NBFS] and, for the reader, the
//! string table of [MC-NBFSE].
//!
//! [`Reader`] pulls events from bytes and copies nothing it can borrow; [`Writer`] appends records to one buffer. There is no tree.
//! Every record type is read. Written are those that a message needs: elements, attributes, namespaces, texts of every kind, comments.
//!
//! Where the specification's text and its examples (section 3) disagree, the examples win, because .NET writes what they show:
//! a `DateTime` at midnight keeps its time, a `TimeSpan` is an XML Schema duration, `UnicodeChars32Text` has a length of four bytes.
//!
//! [MC-NBFX]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/mc-nbfx/
//! [MC-NBFS]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/mc-nbfs/
//! [MC-NBFSE]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/mc-nbfse/

mod content;
mod cursor;
mod dictionary;
mod error;
mod reader;
mod record;
mod strings;
mod text;
mod time;
mod value;
mod writer;

#[cfg(test)]
mod tests;

pub use dictionary::Word;
pub use error::Error;
pub use reader::{Attribute, Event, Limits, Name, Reader};
pub use time::{DateTime, TimeSpan, Zone};
pub use value::{Decimal, Uuid, Value};
pub use writer::Writer;
