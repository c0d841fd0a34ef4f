//! Reading text records: every type, with and without the end of the element ([MC-NBFX] 2.2.3).

use std::borrow::Cow;

use super::cursor::utf8;
use super::record::*;
use super::{DateTime, Decimal, Error, Reader, TimeSpan, Uuid, Value};

impl<'a> Reader<'a> {
    pub(super) fn text_record(&mut self, record: u8) -> Result<Value<'a>, Error> {
        let (value, list_ends_element) = self.value(record & !WITH_END_ELEMENT)?;
        self.end_follows = record & WITH_END_ELEMENT != 0 || list_ends_element;
        Ok(value)
    }

    /// The value of a text record without its bit for the end; and whether a list's own end also ends the element.
    pub(super) fn value(&mut self, record: u8) -> Result<(Value<'a>, bool), Error> {
        if record == START_LIST_TEXT {
            return self.list();
        }
        let cursor = &mut self.cursor;
        let value = match record {
            ZERO_TEXT => Value::Int(0),
            ONE_TEXT => Value::Int(1),
            FALSE_TEXT => Value::Bool(false),
            TRUE_TEXT => Value::Bool(true),
            INT8_TEXT => Value::Int(i8::from_le_bytes(cursor.array()?).into()),
            INT16_TEXT => Value::Int(i16::from_le_bytes(cursor.array()?).into()),
            INT32_TEXT => Value::Int(i32::from_le_bytes(cursor.array()?).into()),
            INT64_TEXT => Value::Int(i64::from_le_bytes(cursor.array()?)),
            FLOAT_TEXT => Value::Float(f32::from_le_bytes(cursor.array()?)),
            DOUBLE_TEXT => Value::Double(f64::from_le_bytes(cursor.array()?)),
            DECIMAL_TEXT => Value::Decimal(Decimal::from_wire(cursor.array()?)?),
            DATE_TIME_TEXT => Value::DateTime(DateTime::from_wire(u64::from_le_bytes(cursor.array()?))?),
            CHARS8_TEXT => cursor.length_8().and_then(|length| chars(cursor.take(length)?))?,
            CHARS16_TEXT => cursor.length_16().and_then(|length| chars(cursor.take(length)?))?,
            CHARS32_TEXT => cursor.length_32().and_then(|length| chars(cursor.take(length)?))?,
            BYTES8_TEXT => cursor.length_8().and_then(|length| cursor.take(length)).map(Value::Bytes)?,
            BYTES16_TEXT => cursor.length_16().and_then(|length| cursor.take(length)).map(Value::Bytes)?,
            BYTES32_TEXT => cursor.length_32().and_then(|length| cursor.take(length)).map(Value::Bytes)?,
            EMPTY_TEXT => Value::from(""),
            DICTIONARY_TEXT => self.dictionary_text()?,
            UNIQUE_ID_TEXT => Value::UniqueId(Uuid(cursor.array()?)),
            TIME_SPAN_TEXT => Value::TimeSpan(TimeSpan(i64::from_le_bytes(cursor.array()?))),
            UUID_TEXT => Value::Uuid(Uuid(cursor.array()?)),
            UINT64_TEXT => Value::UInt(u64::from_le_bytes(cursor.array()?)),
            BOOL_TEXT => boolean(cursor.u8()?)?,
            UNICODE_CHARS8_TEXT => cursor.length_8().and_then(|length| utf16(cursor.take(length)?))?,
            UNICODE_CHARS16_TEXT => cursor.length_16().and_then(|length| utf16(cursor.take(length)?))?,
            UNICODE_CHARS32_TEXT => cursor.length_32().and_then(|length| utf16(cursor.take(length)?))?,
            QNAME_DICTIONARY_TEXT => self.qualified_name()?,
            _ => return Err(Error::Record(record)),
        };
        Ok((value, false))
    }

    fn dictionary_text(&mut self) -> Result<Value<'a>, Error> {
        let text = self.dictionary_string()?;
        // Two bytes may stand for a hundred and more: without a budget a small document could fill the memory.
        self.expansion_left = self.expansion_left.checked_sub(text.len()).ok_or(Error::TooLarge)?;
        Ok(Value::from(text))
    }

    fn qualified_name(&mut self) -> Result<Value<'a>, Error> {
        let prefix = Some(self.cursor.u8()?).filter(|prefix| *prefix < 26).ok_or(Error::Value)?;
        Ok(Value::QName { prefix: char::from(b'a' + prefix), name: self.dictionary_name()? })
    }

    /// A list ([MC-NBFX] 2.2.3.19): the characters of its records, one space between two.
    fn list(&mut self) -> Result<(Value<'a>, bool), Error> {
        let mut text = String::new();
        let mut first = true;
        loop {
            let record = match self.cursor.u8()? {
                END_LIST_TEXT => return Ok((Value::Chars(Cow::Owned(text)), false)),
                record if record == END_LIST_TEXT | WITH_END_ELEMENT => return Ok((Value::Chars(Cow::Owned(text)), true)),
                record @ ZERO_TEXT..=LAST_TEXT if record & WITH_END_ELEMENT == 0 && record != START_LIST_TEXT => record,
                record => return Err(Error::Record(record)),
            };
            if !std::mem::take(&mut first) {
                text.push(' ');
            }
            text.push_str(&self.value(record)?.0.text());
            if text.len() > self.limits.bytes_max {
                return Err(Error::TooLarge);
            }
        }
    }
}

fn chars(bytes: &[u8]) -> Result<Value<'_>, Error> {
    utf8(bytes).map(Value::from)
}

fn utf16<'a>(bytes: &[u8]) -> Result<Value<'a>, Error> {
    let (units, odd) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit))).collect::<Result<String, _>>();
    text.ok().filter(|_| odd.is_empty()).map(|text| Value::Chars(Cow::Owned(text))).ok_or(Error::Unicode)
}

fn boolean<'a>(byte: u8) -> Result<Value<'a>, Error> {
    match byte {
        0 => Ok(Value::Bool(false)),
        1 => Ok(Value::Bool(true)),
        _ => Err(Error::Value),
    }
}
