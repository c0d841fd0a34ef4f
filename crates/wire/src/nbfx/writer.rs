//! Writes a document record by record into one buffer.

use super::record::*;
use super::{Value, Word};

/// Appends records to a buffer. The caller closes what it opens; nothing is checked.
///
/// A prefix is empty or a name; prefixes of one letter from `a` to `z` have record types of their own.
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// A writer with room for `bytes` before it must grow.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes) }
    }

    /// The document written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// Opens an element. Its attributes and namespaces must follow before anything else.
    pub fn start(&mut self, prefix: &str, name: Word<'_>) {
        match (letter(prefix), name) {
            (Some(letter), Word::Dictionary(_)) => self.out.push(PREFIX_DICTIONARY_ELEMENT_A + letter),
            (Some(letter), Word::Inline(_)) => self.out.push(PREFIX_ELEMENT_A + letter),
            (None, name) => self.prefixed([SHORT_ELEMENT, ELEMENT, SHORT_DICTIONARY_ELEMENT, DICTIONARY_ELEMENT], prefix, name),
        }
        self.word(name);
    }

    /// Opens an element, writes a value and closes it.
    pub fn element(&mut self, prefix: &str, name: Word<'_>, value: &Value<'_>) {
        self.start(prefix, name);
        self.text_and_end(value);
    }

    /// Opens an element, writes characters and closes it.
    pub fn text_element(&mut self, prefix: &str, name: Word<'_>, text: &str) {
        self.start(prefix, name);
        self.chars(text, WITH_END_ELEMENT);
    }

    /// Closes the element that was opened last.
    pub fn end(&mut self) {
        self.out.push(END_ELEMENT);
    }

    /// Adds an attribute to the element just opened.
    pub fn attribute(&mut self, prefix: &str, name: Word<'_>, value: &Value<'_>) {
        match (letter(prefix), name) {
            (Some(letter), Word::Dictionary(_)) => self.out.push(PREFIX_DICTIONARY_ATTRIBUTE_A + letter),
            (Some(letter), Word::Inline(_)) => self.out.push(PREFIX_ATTRIBUTE_A + letter),
            (None, name) => self.prefixed([SHORT_ATTRIBUTE, ATTRIBUTE, SHORT_DICTIONARY_ATTRIBUTE, DICTIONARY_ATTRIBUTE], prefix, name),
        }
        self.word(name);
        self.value(value, 0);
    }

    /// Binds a prefix, or with an empty prefix the default, to a namespace, from the element just opened inwards.
    pub fn xmlns(&mut self, prefix: &str, namespace: Word<'_>) {
        let types = [SHORT_XMLNS_ATTRIBUTE, XMLNS_ATTRIBUTE, SHORT_DICTIONARY_XMLNS_ATTRIBUTE, DICTIONARY_XMLNS_ATTRIBUTE];
        self.prefixed(types, prefix, namespace);
        self.word(namespace);
    }

    /// Writes a value as content.
    pub fn text(&mut self, value: &Value<'_>) {
        self.value(value, 0);
    }

    /// Writes a value as content and closes the element.
    pub fn text_and_end(&mut self, value: &Value<'_>) {
        self.value(value, WITH_END_ELEMENT);
    }

    /// Writes a comment.
    pub fn comment(&mut self, text: &str) {
        self.out.push(COMMENT);
        self.string(text);
    }

    /// Writes the record type and the prefix where there is one. The types are: short, prefixed, short dictionary, prefixed dictionary.
    fn prefixed(&mut self, [short, prefixed, short_dictionary, prefixed_dictionary]: [u8; 4], prefix: &str, name: Word<'_>) {
        self.out.push(match (prefix.is_empty(), name) {
            (true, Word::Inline(_)) => short,
            (false, Word::Inline(_)) => prefixed,
            (true, Word::Dictionary(_)) => short_dictionary,
            (false, Word::Dictionary(_)) => prefixed_dictionary,
        });
        if !prefix.is_empty() {
            self.string(prefix);
        }
    }

    fn word(&mut self, word: Word<'_>) {
        match word {
            Word::Dictionary(id) => self.int31(usize::from(id)),
            Word::Inline(text) => self.string(text),
        }
    }

    fn string(&mut self, text: &str) {
        self.int31(text.len());
        self.out.extend_from_slice(text.as_bytes());
    }

    /// MultiByteInt31. Lengths over 31 bits cannot be told in this format; no text of ours comes near.
    fn int31(&mut self, mut value: usize) {
        while value >= 0x80 {
            self.out.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    fn fixed(&mut self, record: u8, end: u8, bytes: &[u8]) {
        self.out.push(record | end);
        self.out.extend_from_slice(bytes);
    }

    fn value(&mut self, value: &Value<'_>, end: u8) {
        match value {
            Value::Bool(false) => self.out.push(FALSE_TEXT | end),
            Value::Bool(true) => self.out.push(TRUE_TEXT | end),
            Value::Int(value) => self.int(*value, end),
            Value::UInt(value) => self.fixed(UINT64_TEXT, end, &value.to_le_bytes()),
            Value::Float(value) => self.fixed(FLOAT_TEXT, end, &value.to_le_bytes()),
            Value::Double(value) => self.fixed(DOUBLE_TEXT, end, &value.to_le_bytes()),
            Value::Decimal(value) => self.fixed(DECIMAL_TEXT, end, &value.to_wire()),
            Value::DateTime(value) => self.fixed(DATE_TIME_TEXT, end, &value.to_wire().to_le_bytes()),
            Value::TimeSpan(value) => self.fixed(TIME_SPAN_TEXT, end, &value.0.to_le_bytes()),
            Value::UniqueId(value) => self.fixed(UNIQUE_ID_TEXT, end, &value.0),
            Value::Uuid(value) => self.fixed(UUID_TEXT, end, &value.0),
            Value::Chars(text) => self.chars(text, end),
            Value::Bytes(bytes) => self.sized([BYTES8_TEXT, BYTES16_TEXT, BYTES32_TEXT], end, bytes),
            // The record for qualified names takes names of the dictionary alone; the characters mean the same.
            Value::QName { .. } => self.chars(&value.text(), end),
        }
    }

    fn int(&mut self, value: i64, end: u8) {
        if value == 0 || value == 1 {
            self.out.push(if value == 0 { ZERO_TEXT } else { ONE_TEXT } | end);
        } else if let Ok(small) = i8::try_from(value) {
            self.fixed(INT8_TEXT, end, &small.to_le_bytes());
        } else if let Ok(small) = i16::try_from(value) {
            self.fixed(INT16_TEXT, end, &small.to_le_bytes());
        } else if let Ok(small) = i32::try_from(value) {
            self.fixed(INT32_TEXT, end, &small.to_le_bytes());
        } else {
            self.fixed(INT64_TEXT, end, &value.to_le_bytes());
        }
    }

    fn chars(&mut self, text: &str, end: u8) {
        if text.is_empty() {
            self.out.push(EMPTY_TEXT | end);
        } else {
            self.sized([CHARS8_TEXT, CHARS16_TEXT, CHARS32_TEXT], end, text.as_bytes());
        }
    }

    fn sized(&mut self, [with_8, with_16, with_32]: [u8; 3], end: u8, bytes: &[u8]) {
        if let Ok(length) = u8::try_from(bytes.len()) {
            self.fixed(with_8, end, &[length]);
        } else if let Ok(length) = u16::try_from(bytes.len()) {
            self.fixed(with_16, end, &length.to_le_bytes());
        } else {
            self.fixed(with_32, end, &(bytes.len() as u32).to_le_bytes());
        }
        self.out.extend_from_slice(bytes);
    }
}

/// The number of a prefix that is one letter from `a` to `z`.
fn letter(prefix: &str) -> Option<u8> {
    match prefix.as_bytes() {
        [letter @ b'a'..=b'z'] => Some(letter - b'a'),
        _ => None,
    }
}
