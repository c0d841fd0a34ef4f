//! The lines of one record: unfolds them, tells the name from the value, decodes Base64 (RFC 2849).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memchr;

/// One line as RFC 2849 counts lines: with the continuation lines that belong to it.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// The number of its first line within the record, from 0.
    pub number: usize,
    /// As it stands in the file, without the last line end.
    pub raw: &'a [u8],
    folded: bool,
}

/// What stands behind the name.
#[derive(Debug, PartialEq, Eq)]
pub enum ValueForm<'a> {
    /// `name: text`
    Plain(&'a [u8]),
    /// `name:: Base64`
    Encoded(&'a [u8]),
    /// `name:< URL`, which is never followed.
    Url,
}

impl<'a> Line<'a> {
    /// Whether it is a comment. A continuation line behind a comment belongs to the comment.
    pub fn is_comment(&self) -> bool {
        self.raw.first() == Some(&b'#')
    }

    /// The line in one piece. Borrows it where nothing was folded.
    pub fn unfold(&self) -> Cow<'a, [u8]> {
        if !self.folded {
            return Cow::Borrowed(self.raw);
        }
        let mut whole = Vec::with_capacity(self.raw.len());
        self.unfold_into(&mut whole);
        Cow::Owned(whole)
    }

    /// As [`Line::unfold`], into a buffer of the caller, who may want it wiped. `whole` needs room for the raw line, or it moves.
    pub fn unfold_into(&self, whole: &mut Vec<u8>) {
        for (index, part) in self.raw.split(|byte| *byte == b'\n').enumerate() {
            let part = part.strip_suffix(b"\r").unwrap_or(part);
            whole.extend_from_slice(if index == 0 { part } else { part.get(1..).unwrap_or_default() });
        }
    }

    /// The attribute description before the colon, with its options; `None` where there is no colon.
    pub fn description(&self) -> Option<Cow<'a, [u8]>> {
        let colon = memchr(b':', self.raw)?;
        let name = self.raw.get(..colon)?;
        if !self.folded || memchr(b'\n', name).is_none() {
            return Some(Cow::Borrowed(name));
        }
        let mut whole = self.unfold().into_owned();
        whole.truncate(memchr(b':', &whole)?);
        Some(Cow::Owned(whole))
    }
}

/// Splits an unfolded line behind its name. `None` where there is no colon.
pub fn value_form(whole: &[u8]) -> Option<ValueForm<'_>> {
    let behind = whole.get(memchr(b':', whole)? + 1..)?;
    Some(match behind {
        [b':', encoded @ ..] => ValueForm::Encoded(encoded.trim_ascii()),
        [b'<', ..] => ValueForm::Url,
        plain => ValueForm::Plain(plain.get(plain.iter().take_while(|byte| **byte == b' ').count()..).unwrap_or_default()),
    })
}

/// The bytes of an `Encoded` value; `None` when it is not Base64.
pub fn decode(encoded: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode(encoded).ok()
}

/// The lines of a record.
pub struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
}

impl<'a> Lines<'a> {
    pub fn of(record: &'a [u8]) -> Self {
        Self { rest: record, number: 0 }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let (number, mut end) = (self.number, line_end(self.rest, 0));
        self.number += 1;
        let mut folded = false;
        while self.rest.get(end + 1) == Some(&b' ') {
            folded = true;
            end = line_end(self.rest, end + 1);
            self.number += 1;
        }
        let raw = self.rest.get(..end).unwrap_or_default();
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        Some(Line { number, raw: raw.strip_suffix(b"\r").unwrap_or(raw), folded })
    }
}

/// Where the line that `from` lies in ends: at its line feed, or behind the last byte.
fn line_end(bytes: &[u8], from: usize) -> usize {
    memchr(b'\n', bytes.get(from..).unwrap_or_default()).map_or(bytes.len(), |found| from + found)
}
