//! What readers of messages share: children in order, and attributes of their types.

use std::iter::Peekable;
use std::vec;

use jiff::Timestamp;

use super::names::SIGNATURE;
use super::time;
use super::verify::Refusal;
use super::xml::Element;

/// The longest id of a message that is accepted, in bytes. The standards set no bound; partners stay below 100.
const ID_BYTES_MAX: usize = 256;

/// The elements in an element, taken in the order in which a schema has them.
pub(crate) struct Children<'a>(Peekable<vec::IntoIter<Element<'a>>>);

impl<'a> Children<'a> {
    pub fn of(element: Element<'a>) -> Result<Self, Refusal> {
        Ok(Self(element.elements()?.into_iter().peekable()))
    }

    /// The next element, if it has this name.
    pub fn optional(&mut self, namespace: &str, local: &str) -> Option<Element<'a>> {
        self.0.next_if(|element| element.is(namespace, local))
    }

    /// The next element, which has this name.
    pub fn required(&mut self, namespace: &str, local: &'static str) -> Result<Element<'a>, Refusal> {
        self.optional(namespace, local).ok_or(Refusal::Missing(local))
    }

    /// All elements of this name that come next.
    pub fn all(&mut self, namespace: &str, local: &str) -> Vec<Element<'a>> {
        std::iter::from_fn(|| self.optional(namespace, local)).collect()
    }

    /// Passes over a signature.
    pub fn skip_signature(&mut self) {
        let _ = self.optional(SIGNATURE, "Signature");
    }

    /// The next element, whatever it is.
    pub fn any(&mut self) -> Option<Element<'a>> {
        self.0.next()
    }

    /// Nothing may follow.
    pub fn end(mut self) -> Result<(), Refusal> {
        match self.0.next() {
            Some(element) => Err(unexpected(element)),
            None => Ok(()),
        }
    }
}

pub(crate) fn unexpected(element: Element<'_>) -> Refusal {
    Refusal::Unexpected(cut(element.local()))
}

pub(crate) fn value(what: &'static str, value: &str) -> Refusal {
    Refusal::Value { what, value: cut(value) }
}

fn cut(text: &str) -> String {
    text.chars().take(Refusal::QUOTED_MAX).collect()
}

/// An attribute that has to be there.
pub(crate) fn attribute<'a>(element: Element<'a>, local: &'static str) -> Result<&'a str, Refusal> {
    element.attribute(local).ok_or(Refusal::Missing(local))
}

/// An attribute that has to be there with this value.
pub(crate) fn exactly(element: Element<'_>, local: &'static str, expected: &str) -> Result<(), Refusal> {
    let given = attribute(element, local)?;
    if given == expected { Ok(()) } else { Err(value(local, given)) }
}

/// The id of a message. Schemas want an XML name; here everything counts that can be told apart and shown.
pub(crate) fn id(element: Element<'_>, local: &'static str) -> Result<String, Refusal> {
    let given = attribute(element, local)?;
    let sound =
        (1..=ID_BYTES_MAX).contains(&given.len()) && !given.chars().any(|character| character.is_whitespace() || character.is_control());
    if sound { Ok(given.to_owned()) } else { Err(value(local, given)) }
}

/// A time that has to be there.
pub(crate) fn time(element: Element<'_>, local: &'static str) -> Result<Timestamp, Refusal> {
    instant(local, attribute(element, local)?)
}

/// A time that may be there.
pub(crate) fn optional_time(element: Element<'_>, local: &'static str) -> Result<Option<Timestamp>, Refusal> {
    element.attribute(local).map(|text| instant(local, text)).transpose()
}

pub(crate) fn instant(what: &'static str, text: &str) -> Result<Timestamp, Refusal> {
    time::read(text).ok_or_else(|| value(what, text))
}

/// An `xs:boolean` that is false where it is missing.
pub(crate) fn flag(element: Element<'_>, local: &'static str) -> Result<bool, Refusal> {
    match element.attribute(local) {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(other) => Err(value(local, other)),
    }
}

/// Text that has to be there.
pub(crate) fn text<'a>(element: Element<'a>, what: &'static str) -> Result<&'a str, Refusal> {
    Some(element.text()?).filter(|text| !text.is_empty()).ok_or(Refusal::Missing(what))
}

/// The same for an `xs:anyURI`, around which white space does not count (XML Schema part 2 section 3.2.17).
pub(crate) fn uri<'a>(element: Element<'a>, what: &'static str) -> Result<&'a str, Refusal> {
    Some(element.text()?.trim_ascii()).filter(|text| !text.is_empty()).ok_or(Refusal::Missing(what))
}
