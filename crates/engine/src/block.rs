//! What an object has, or is to have, at the service, in one block of bytes.
//!
//! A plan of 100,000 people loads what was confirmed of all of them and mostly finds that nothing differs. The block is the row of
//! the state store as it is: nothing is parsed to load it, and a value is compared where it lies.
//! INVARIANT: equal attributes have equal bytes, and every block can be read to its end (see [`ServiceBlock::from_bytes`]).

use std::borrow::Cow;
use std::fmt;

use crate::encode::{self, DecodeError, Encoded, Entries};
use crate::value::{ServiceAttributes, ServiceName, Value};

/// Attributes at the service with their values, sorted by name. Read often and changed seldom: to change it, take
/// [`ServiceBlock::to_attributes`] and make a new one.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct ServiceBlock(Box<[u8]>);

impl ServiceBlock {
    /// Takes what [`ServiceBlock::as_bytes`] or [`encode`](crate::encode()) gave. Refused with [`DecodeError`] when damaged; never more
    /// work than the bytes are long.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let count = encode::check(bytes)?;
        Ok(if count == 0 { Self::default() } else { Self(bytes.into()) })
    }

    /// The block, as the state store has it.
    pub fn as_bytes(&self) -> &[u8] {
        if self.0.is_empty() { &encode::EMPTY } else { &self.0 }
    }

    /// Whether there is no attribute.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many attributes have a value.
    pub fn len(&self) -> usize {
        self.entries().count()
    }

    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.entries().find(|(known, _)| *known == name).and_then(|(_, value)| value.decode())
    }

    /// Whether an attribute has a value.
    pub fn contains_key(&self, name: &str) -> bool {
        self.entries().any(|(known, _)| known == name)
    }

    /// Gives an attribute a value. Rewrites the block: to change several, see [`ServiceBlock::to_attributes`].
    pub fn insert(&mut self, name: ServiceName, value: Value) {
        let mut attributes = self.to_attributes();
        attributes.insert(name, value);
        *self = attributes.into();
    }

    /// Takes the value of an attribute away, likewise.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let mut attributes = self.to_attributes();
        let removed = attributes.remove(name);
        *self = attributes.into();
        removed
    }

    /// Every attribute with its value, to be looked up often or changed.
    pub fn to_attributes(&self) -> ServiceAttributes {
        self.entries().filter_map(|(name, value)| Some((encode::service_name(name), value.decode()?))).collect()
    }

    /// Every attribute with its value as it is written, sorted by name.
    pub(crate) fn entries(&self) -> Entries<'_> {
        Entries::new(self.as_bytes())
    }
}

impl From<ServiceAttributes> for ServiceBlock {
    fn from(attributes: ServiceAttributes) -> Self {
        if attributes.is_empty() { Self::default() } else { Self(encode::encode(&attributes).into()) }
    }
}

impl FromIterator<(ServiceName, Value)> for ServiceBlock {
    fn from_iter<T: IntoIterator<Item = (ServiceName, Value)>>(attributes: T) -> Self {
        attributes.into_iter().collect::<ServiceAttributes>().into()
    }
}

impl fmt::Debug for ServiceBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_attributes().fmt(f)
    }
}

/// Writes a block, one attribute after the other in the order of their names.
pub(crate) struct BlockWriter {
    count: usize,
    entries: Vec<u8>,
}

impl BlockWriter {
    pub fn new() -> Self {
        // What most people have fits in: it is made anew for everybody and lives for a moment.
        Self { count: 0, entries: Vec::with_capacity(1024) }
    }

    pub fn put(&mut self, name: &str, value: &Given<'_>) {
        self.count += 1;
        encode::write_text(&mut self.entries, name);
        value.write(&mut self.entries);
    }

    pub fn finish(self) -> ServiceBlock {
        if self.count == 0 {
            return ServiceBlock::default();
        }
        let mut block = Vec::with_capacity(self.entries.len() + 4);
        encode::write_head(&mut block, self.count);
        block.extend_from_slice(&self.entries);
        ServiceBlock(block.into())
    }
}

/// A value that an object is to have, as far as possible still where it was read: most of these are only compared.
#[derive(Clone, Debug)]
pub(crate) enum Given<'a> {
    /// See [`Value::Text`].
    Text(Cow<'a, str>),
    /// See [`Value::Texts`].
    Texts(Vec<&'a str>),
    /// Any value.
    Value(Value),
}

impl Given<'_> {
    /// The value on its own.
    pub fn into_value(self) -> Value {
        match self {
            Self::Text(text) => Value::Text(text.into()),
            Self::Texts(texts) => Value::Texts(texts.into_iter().map(Into::into).collect()),
            Self::Value(value) => value,
        }
    }

    /// Whether it is what was written.
    pub fn is(&self, written: Encoded<'_>) -> bool {
        match self {
            Self::Text(text) => written.is_text(text),
            Self::Texts(texts) => written.is_texts(texts),
            Self::Value(value) => written.is(value),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => encode::write_text_value(out, text),
            Self::Texts(texts) => encode::write_texts_value(out, texts),
            Self::Value(value) => encode::write_value(out, value),
        }
    }
}

impl PartialEq for Given<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Texts(one), Self::Texts(other)) => one == other,
            _ => self.clone().into_value() == other.clone().into_value(),
        }
    }
}

#[cfg(test)]
mod tests;
