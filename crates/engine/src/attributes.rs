//! The attributes of a source object, in one block of bytes.
//!
//! A directory of 100,000 people is read, compared with the mirror and mostly thrown away again. One block per object
//! keeps that cheap: it is the row of the mirror, it is compared as bytes, and nothing is parsed to load it.
//! INVARIANT: equal attributes have equal bytes (names in lower case and sorted, values sorted), whatever the order in which
//! the directory returned them.

use std::fmt;

/// The attributes of one source object. Names are in lower case; values are bytes as the directory holds them.
#[derive(Clone, PartialEq, Eq, Default, Hash)]
pub struct Attributes(Box<[u8]>);

/// Collects attributes in any order and any case; [`AttributesBuilder::build`] makes the canonical block.
#[derive(Default)]
pub struct AttributesBuilder {
    entries: Vec<(String, Vec<Vec<u8>>)>,
}

impl AttributesBuilder {
    /// Adds one value. Names are compared without case; equal values are kept once.
    pub fn add(&mut self, name: &str, value: &[u8]) {
        match self.entries.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, values)) => values.push(value.to_vec()),
            None => self.entries.push((name.to_ascii_lowercase(), vec![value.to_vec()])),
        }
    }

    /// Makes the canonical block.
    pub fn build(mut self) -> Attributes {
        let mut out = Vec::with_capacity(512);
        self.entries.sort();
        for (name, mut values) in self.entries {
            values.sort();
            values.dedup();
            write_part(&mut out, name.as_bytes());
            write_length(&mut out, values.len());
            values.iter().for_each(|value| write_part(&mut out, value));
        }
        Attributes(out.into_boxed_slice())
    }
}

impl Attributes {
    /// Takes a block that [`Attributes::as_bytes`] gave. A damaged block reads as far as it is whole and never panics.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// The canonical block.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Every attribute with its values, names in lower case, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Values<'_>)> {
        Entries { rest: &self.0 }
    }

    /// The values of an attribute, sorted bytewise; none when it is absent. `name` must be given in lower case.
    pub fn values(&self, name: &str) -> Values<'_> {
        self.iter().find(|(known, _)| *known == name).map_or(Values { rest: &[], left: 0 }, |(_, values)| values)
    }

    /// The first value of an attribute. `name` must be given in lower case.
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        self.values(name).next()
    }

    /// The first value as text, white space at its ends removed; `None` when absent, empty, or not UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.first(name).and_then(|value| std::str::from_utf8(value).ok()).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The values that are UTF-8, each trimmed, empty ones left out.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.values(name).filter_map(|value| std::str::from_utf8(value).ok()).map(str::trim).filter(|text| !text.is_empty())
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(name, values)| (name, values.map(String::from_utf8_lossy).collect::<Vec<_>>()))).finish()
    }
}

/// The values of one attribute.
#[derive(Clone)]
pub struct Values<'a> {
    rest: &'a [u8],
    left: usize,
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        self.left = self.left.checked_sub(1)?;
        read_part(&mut self.rest)
    }
}

struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, Values<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let name = std::str::from_utf8(read_part(&mut self.rest)?).ok()?;
        let left = read_length(&mut self.rest)?;
        let values = Values { rest: self.rest, left };
        for _ in 0..left {
            read_part(&mut self.rest)?;
        }
        Some((name, values))
    }
}

fn write_length(out: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        out.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

fn write_part(out: &mut Vec<u8>, part: &[u8]) {
    write_length(out, part.len());
    out.extend_from_slice(part);
}

fn read_length(rest: &mut &[u8]) -> Option<usize> {
    // Most are short.
    if let Some((byte, after)) = rest.split_first().filter(|(byte, _)| **byte < 0x80) {
        *rest = after;
        return Some(usize::from(*byte));
    }
    let mut length = 0_usize;
    for shift in (0..usize::BITS).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        length |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(length);
        }
    }
    None
}

fn read_part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = read_length(rest)?;
    let (part, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(part)
}
