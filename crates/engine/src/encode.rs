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

/// Encodes attributes. Equal attributes give equal bytes.
pub fn encode(attributes: &ServiceAttributes) -> Vec<u8> {
    let mut out = Vec::with_capacity(32 * attributes.len() + 2);
    out.push(VERSION);
    write_number(&mut out, attributes.len() as u64);
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

/// Known names need no allocation.
fn service_name(name: &str) -> ServiceName {
    flow::known_service_name(name).map_or_else(|| Cow::Owned(name.to_owned()), Cow::Borrowed)
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Boolean(false) => out.push(FALSE),
        Value::Boolean(true) => out.push(TRUE),
        Value::Long(number) => {
            out.push(LONG);
            write_number(out, ((number << 1) ^ (number >> 63)) as u64);
        }
        Value::Text(text) => {
            out.push(TEXT);
            write_bytes(out, text.as_bytes());
        }
        Value::Texts(texts) => {
            out.push(TEXTS);
            write_number(out, texts.len() as u64);
            texts.iter().for_each(|text| write_bytes(out, text.as_bytes()));
        }
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
