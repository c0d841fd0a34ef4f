//! Service attributes as compact bytes, for the state store.
//!
//! Layout: the version (1), the number of attributes, then per attribute its name, a tag and the value. Numbers are LEB128;
//! texts and bytes have their length before them; a signed number is zigzag-encoded. Names that this version does not know
//! are kept.

use std::borrow::Cow;

use crate::value::{ServiceAttributes, ServiceName, Value};
use crate::{Anchor, flow};

const VERSION: u8 = 1;
const FALSE: u8 = 0;
const TRUE: u8 = 1;
const LONG: u8 = 2;
const TEXT: u8 = 3;
const TEXTS: u8 = 4;
const BYTES: u8 = 5;
const REFERENCE: u8 = 6;
const REFERENCES: u8 = 7;
const BYTES_LIST: u8 = 8;

/// The bytes are not what [`encode`] makes: cut off, damaged, or of a later version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored attributes cannot be read")]
pub struct DecodeError;

/// What no attributes are encoded as.
pub(crate) const EMPTY: [u8; 2] = [VERSION, 0];

/// Encodes attributes. Equal attributes give equal bytes.
pub fn encode(attributes: &ServiceAttributes) -> Vec<u8> {
    let mut out = Vec::with_capacity(32 * attributes.len() + 2);
    write_head(&mut out, attributes.len());
    for (name, value) in attributes {
        write_bytes(&mut out, name.as_bytes());
        write_value(&mut out, value);
    }
    out
}

/// Decodes what [`encode`] made. Refused with [`DecodeError`] when damaged; never more work than the bytes are long.
pub fn decode(bytes: &[u8]) -> Result<ServiceAttributes, DecodeError> {
    let (version, mut rest) = bytes.split_first().ok_or(DecodeError)?;
    if *version != VERSION {
        return Err(DecodeError);
    }
    let count = read_number(&mut rest)?;
    let mut attributes = ServiceAttributes::new();
    for _ in 0..count {
        let name = service_name(read_text(&mut rest)?);
        attributes.insert(name, read_value(&mut rest)?);
    }
    if rest.is_empty() { Ok(attributes) } else { Err(DecodeError) }
}

/// Whether bytes can be decoded, and have their names in order; gives the number of attributes. Costs less than decoding.
pub(crate) fn check(bytes: &[u8]) -> Result<usize, DecodeError> {
    let (version, mut rest) = bytes.split_first().ok_or(DecodeError)?;
    let count = if *version == VERSION { read_number(&mut rest)? } else { return Err(DecodeError) };
    let mut last = "";
    for _ in 0..count {
        let name = read_text(&mut rest)?;
        let sorted = last < name;
        skip_value(&mut rest)?;
        if !sorted {
            return Err(DecodeError);
        }
        last = name;
    }
    if rest.is_empty() { usize::try_from(count).map_err(|_| DecodeError) } else { Err(DecodeError) }
}

/// The attributes of encoded bytes that were [checked](check).
pub(crate) struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Entries<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        let mut rest = bytes.get(1..).unwrap_or_default();
        let known = read_number(&mut rest).is_ok();
        Self { rest: if known { rest } else { &[] } }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, Encoded<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let name = read_text(&mut self.rest).ok()?;
        let value = self.rest;
        step_over_value(&mut self.rest).ok()?;
        Some((name, Encoded(value.get(..value.len() - self.rest.len())?)))
    }
}

/// A value as it is written.
#[derive(Clone, Copy)]
pub(crate) struct Encoded<'a>(&'a [u8]);

impl<'a> Encoded<'a> {
    /// The texts of a text or a list of texts.
    pub fn texts(self) -> impl Iterator<Item = &'a str> {
        let (tag, mut rest) = self.0.split_first().map_or((BYTES, self.0), |(tag, rest)| (*tag, rest));
        let count = match tag {
            TEXT => 1,
            TEXTS => read_number(&mut rest).unwrap_or_default(),
            _ => 0,
        };
        (0..count).map_while(move |_| read_text(&mut rest).ok())
    }
}

impl Encoded<'_> {
    pub fn decode(self) -> Option<Value> {
        read_value(&mut { self.0 }).ok()
    }

    /// The same as decoding and comparing.
    pub fn is(self, value: &Value) -> bool {
        match value {
            Value::Boolean(value) => self.0 == [if *value { TRUE } else { FALSE }],
            Value::Text(text) => self.is_text(text),
            Value::Reference(anchor) => self.holds(REFERENCE, anchor.as_str().as_bytes()),
            Value::Bytes(bytes) => self.holds(BYTES, bytes),
            _ => self.decode().is_some_and(|written| written == *value),
        }
    }

    pub fn is_text(self, text: &str) -> bool {
        self.holds(TEXT, text.as_bytes())
    }

    pub fn is_texts(self, texts: &[&str]) -> bool {
        let Some((TEXTS, mut rest)) = self.0.split_first().map(|(tag, rest)| (*tag, rest)) else { return false };
        read_number(&mut rest) == Ok(texts.len() as u64) && texts.iter().all(|text| read_bytes(&mut rest) == Ok(text.as_bytes()))
    }

    fn holds(self, wanted: u8, bytes: &[u8]) -> bool {
        let Some((tag, mut rest)) = self.0.split_first() else { return false };
        *tag == wanted && read_bytes(&mut rest) == Ok(bytes)
    }
}

/// Known names need no allocation.
pub(crate) fn service_name(name: &str) -> ServiceName {
    flow::known_service_name(name).map_or_else(|| Cow::Owned(name.to_owned()), Cow::Borrowed)
}

/// What stands before the attributes.
pub(crate) fn write_head(out: &mut Vec<u8>, count: usize) {
    out.push(VERSION);
    write_number(out, count as u64);
}

pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    write_bytes(out, text.as_bytes());
}

/// As [`write_value`] writes a [`Value::Text`].
pub(crate) fn write_text_value(out: &mut Vec<u8>, text: &str) {
    out.push(TEXT);
    write_text(out, text);
}

/// As [`write_value`] writes [`Value::Texts`].
pub(crate) fn write_texts_value<T: AsRef<str>>(out: &mut Vec<u8>, texts: &[T]) {
    out.push(TEXTS);
    write_number(out, texts.len() as u64);
    texts.iter().for_each(|text| write_text(out, text.as_ref()));
}

pub(crate) fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Boolean(false) => out.push(FALSE),
        Value::Boolean(true) => out.push(TRUE),
        Value::Long(number) => {
            out.push(LONG);
            write_number(out, ((number << 1) ^ (number >> 63)) as u64);
        }
        Value::Text(text) => write_text_value(out, text),
        Value::Texts(texts) => write_texts_value(out, texts),
        Value::Bytes(bytes) => {
            out.push(BYTES);
            write_bytes(out, bytes);
        }
        Value::BytesList(values) => {
            out.push(BYTES_LIST);
            write_number(out, values.len() as u64);
            values.iter().for_each(|bytes| write_bytes(out, bytes));
        }
        Value::Reference(anchor) => {
            out.push(REFERENCE);
            write_bytes(out, anchor.as_str().as_bytes());
        }
        Value::References(anchors) => {
            out.push(REFERENCES);
            write_number(out, anchors.len() as u64);
            anchors.iter().for_each(|anchor| write_bytes(out, anchor.as_str().as_bytes()));
        }
    }
}

fn read_value(rest: &mut &[u8]) -> Result<Value, DecodeError> {
    let (tag, after) = rest.split_first().ok_or(DecodeError)?;
    *rest = after;
    Ok(match *tag {
        FALSE => Value::Boolean(false),
        TRUE => Value::Boolean(true),
        LONG => {
            let zigzag = read_number(rest)?;
            Value::Long((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
        }
        TEXT => Value::Text(read_text(rest)?.into()),
        TEXTS => {
            let count = read_number(rest)?;
            Value::Texts((0..count).map(|_| read_text(rest).map(Into::into)).collect::<Result<_, _>>()?)
        }
        BYTES => Value::Bytes(read_bytes(rest)?.into()),
        REFERENCE => Value::Reference(Anchor::from_text(read_text(rest)?)),
        REFERENCES => {
            let count = read_number(rest)?;
            Value::References((0..count).map(|_| read_text(rest).map(Anchor::from_text)).collect::<Result<_, _>>()?)
        }
        BYTES_LIST => {
            let count = read_number(rest)?;
            Value::BytesList((0..count).map(|_| read_bytes(rest).map(Into::into)).collect::<Result<_, _>>()?)
        }
        _ => return Err(DecodeError),
    })
}

/// Goes past a value, and makes sure on the way that it can be read.
fn skip_value(rest: &mut &[u8]) -> Result<(), DecodeError> {
    let (tag, after) = rest.split_first().ok_or(DecodeError)?;
    *rest = after;
    match *tag {
        FALSE | TRUE => {}
        LONG => drop(read_number(rest)?),
        TEXT | REFERENCE => drop(read_text(rest)?),
        BYTES => drop(read_bytes(rest)?),
        TEXTS | REFERENCES => {
            for _ in 0..read_number(rest)? {
                read_text(rest)?;
            }
        }
        BYTES_LIST => {
            for _ in 0..read_number(rest)? {
                read_bytes(rest)?;
            }
        }
        _ => return Err(DecodeError),
    }
    Ok(())
}

/// The same for a value of which that is known.
fn step_over_value(rest: &mut &[u8]) -> Result<(), DecodeError> {
    let (tag, after) = rest.split_first().ok_or(DecodeError)?;
    *rest = after;
    let parts = match *tag {
        FALSE | TRUE => 0,
        LONG => return read_number(rest).map(drop),
        TEXTS | REFERENCES | BYTES_LIST => read_number(rest)?,
        _ => 1,
    };
    (0..parts).try_for_each(|_| read_bytes(rest).map(drop))
}

fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn read_number(rest: &mut &[u8]) -> Result<u64, DecodeError> {
    let mut number = 0_u64;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, after) = rest.split_first().ok_or(DecodeError)?;
        *rest = after;
        number |= u64::from(byte & 0x7f).checked_shl(shift).ok_or(DecodeError)?;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(DecodeError)
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn read_bytes<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], DecodeError> {
    let length = usize::try_from(read_number(rest)?).map_err(|_| DecodeError)?;
    let (bytes, after) = rest.split_at_checked(length).ok_or(DecodeError)?;
    *rest = after;
    Ok(bytes)
}

fn read_text<'a>(rest: &mut &'a [u8]) -> Result<&'a str, DecodeError> {
    std::str::from_utf8(read_bytes(rest)?).map_err(|_| DecodeError)
}

#[cfg(test)]
mod tests;
