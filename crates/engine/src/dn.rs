//! Distinguished names (RFC 4514): parsing, comparing, and asking what lies where.
//!
//! A name is compared by its *key*: attribute types and values in lower case, special characters as `\xx`, the parts of a
//! multi-valued RDN sorted. INVARIANT: a comma in a key always separates two RDNs, so that a subtree test is a test of the
//! key's end.

use std::fmt;

/// A distinguished name, as it was written and as it is compared. The empty name is the root, within which every name lies.
#[derive(Clone, Debug)]
pub struct Dn {
    text: Box<str>,
    key: Box<str>,
}

/// Why a text is not a distinguished name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DnError {
    /// An RDN has no `=`, or nothing before it.
    #[error("not a distinguished name: a part has no `type=value`")]
    NoType,
    /// A backslash at the end, a `#` that no hexadecimal follows, or bytes that are not UTF-8.
    #[error("not a distinguished name: a value is escaped wrongly")]
    Escape,
    /// A quotation mark that is never closed.
    #[error("not a distinguished name: a quotation mark is not closed")]
    Quote,
}

impl Dn {
    /// Reads a name as RFC 4514 (and RFC 2253's quoted values, which old exports hold) writes it.
    pub fn parse(text: &str) -> Result<Self, DnError> {
        let text = text.trim_start();
        Ok(Self { text: text.into(), key: key_of(text)?.into_boxed_str() })
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The form in which names are compared and indexed.
    pub fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn into_key(self) -> Box<str> {
        self.key
    }

    /// The name of the object above; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.key.is_empty() {
            return None;
        }
        let text = separator(&self.text).map_or("", |at| self.text.get(at + 1..).unwrap_or("").trim_start());
        Some(Self { text: text.into(), key: self.key.split_once(',').map_or("", |(_, rest)| rest).into() })
    }

    /// The first RDN as it was written (`OU=Staff`); empty for the root.
    pub fn rdn(&self) -> &str {
        separator(&self.text).and_then(|at| self.text.get(..at)).unwrap_or(&self.text).trim_end()
    }

    /// The value of the first RDN with its escapes resolved (`Ruiz, Ana`); of a multi-valued RDN, the value that is written
    /// first. `None` for the root.
    pub fn rdn_value(&self) -> Option<String> {
        let mut reader = Reader { rest: &self.text };
        reader.part().ok().map(|part| part.value)
    }

    /// Whether this name is `other` or lies somewhere below it.
    pub fn is_within(&self, other: &Self) -> bool {
        key_is_within(&self.key, &other.key)
    }

    /// How many RDNs the name has.
    pub fn depth(&self) -> usize {
        if self.key.is_empty() { 0 } else { self.key.bytes().filter(|byte| *byte == b',').count() + 1 }
    }

    /// Whether Active Directory renamed the object because two domain controllers had made one of the same name (the first
    /// RDN holds a line feed and `CNF:`).
    pub fn is_name_conflict(&self) -> bool {
        self.key.split(',').next().is_some_and(|first| first.contains("\\0acnf:"))
    }
}

impl Dn {
    /// Whether it is the name of a deleted object (the first RDN holds a line feed and `DEL:`).
    pub fn is_deleted(&self) -> bool {
        self.key.split(',').next().is_some_and(|first| first.contains("\\0adel:"))
    }
}

/// The key of a name that may be malformed: then the text in lower case, which equals no key of another name.
pub fn dn_key(text: &str) -> String {
    key_of(text.trim_start()).unwrap_or_else(|_| crate::fold(text))
}

fn key_of(text: &str) -> Result<String, DnError> {
    if is_plain(text) { plain_key(text) } else { full_key(text) }
}

fn key_is_within(key: &str, above: &str) -> bool {
    above.is_empty() || key.strip_suffix(above).is_some_and(|rest| rest.is_empty() || rest.ends_with(','))
}

impl PartialEq for Dn {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Dn {}

impl PartialOrd for Dn {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Dn {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl std::hash::Hash for Dn {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Display for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Almost every name of a directory needs no unescaping: its key is the text in lower case.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let special = |byte: u8| matches!(byte, b'\\' | b'"' | b'+' | b';' | b'<' | b'>' | b'#') || byte < 0x20;
    let padded = |one: u8, other: u8| matches!((one, other), (b' ', b',' | b'=') | (b',' | b'=', b' '));
    let mut last = b'.';
    let plain = bytes.iter().all(|byte| {
        let fits = !special(*byte) && !padded(last, *byte);
        last = *byte;
        fits
    });
    plain && last != b' '
}

fn plain_key(text: &str) -> Result<String, DnError> {
    let whole = text.is_empty() || text.split(',').all(|part| part.find('=').is_some_and(|at| at > 0));
    whole.then(|| text.to_lowercase()).ok_or(DnError::NoType)
}

fn full_key(text: &str) -> Result<String, DnError> {
    let mut reader = Reader { rest: text };
    let mut rdns = Vec::new();
    loop {
        let mut parts = Vec::new();
        let end = loop {
            let part = reader.part()?;
            parts.push(format!("{}={}", part.kind.to_lowercase(), key_value(&part.value)));
            if part.end != Some('+') {
                break part.end;
            }
        };
        parts.sort();
        rdns.push(parts.join("+"));
        if end.is_none() {
            return Ok(rdns.join(","));
        }
    }
}

fn key_value(value: &str) -> String {
    let lower = value.to_lowercase();
    let last = lower.len().saturating_sub(1);
    let mut out = String::with_capacity(lower.len());
    for (at, character) in lower.char_indices() {
        let special = matches!(character, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '#') || character < ' ';
        let edge = character == ' ' && (at == 0 || at == last);
        if special || edge { out.push_str(&format!("\\{:02x}", u32::from(character))) } else { out.push(character) }
    }
    out
}

/// Where the first RDN ends in a text that was parsed before.
fn separator(text: &str) -> Option<usize> {
    let (mut escaped, mut quoted) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b';' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

struct Part {
    kind: String,
    value: String,
    /// What followed: `,`, `+`, or nothing.
    end: Option<char>,
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// One `type=value` with what ends it.
    fn part(&mut self) -> Result<Part, DnError> {
        let (kind, rest) = self.rest.split_once('=').ok_or(DnError::NoType)?;
        let kind = kind.trim();
        if kind.is_empty() || kind.contains([',', '+', ';', '"', '\\']) {
            return Err(DnError::NoType);
        }
        self.rest = rest.trim_start_matches(' ');
        let value = match self.rest.chars().next() {
            Some('#') => self.hexadecimal()?,
            Some('"') => self.quoted()?,
            _ => self.plain()?,
        };
        let end = self.rest.chars().next();
        self.rest = self.rest.get(1..).unwrap_or("");
        let end = end.map(|separator| if separator == ';' { ',' } else { separator });
        Ok(Part { kind: kind.to_owned(), value, end })
    }

    /// `#` and the BER encoding of the value in hexadecimal. A text inside it is read; any other value stays as written.
    fn hexadecimal(&mut self) -> Result<String, DnError> {
        let end = self.rest.find([',', '+', ';']).unwrap_or(self.rest.len());
        let (written, rest) = self.rest.split_at_checked(end).ok_or(DnError::Escape)?;
        let digits = written.trim_end().strip_prefix('#').ok_or(DnError::Escape)?;
        if digits.is_empty() || digits.len() % 2 != 0 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(DnError::Escape);
        }
        let bytes: Vec<u8> = digits.as_bytes().chunks_exact(2).filter_map(hex_pair).collect();
        self.rest = rest;
        Ok(ber_text(&bytes).map_or_else(|| format!("#{}", digits.to_lowercase()), str::to_owned))
    }

    fn quoted(&mut self) -> Result<String, DnError> {
        let mut bytes = Vec::new();
        let mut rest = self.rest.get(1..).unwrap_or("").as_bytes();
        loop {
            match rest {
                [] => return Err(DnError::Quote),
                [b'"', after @ ..] => {
                    rest = after;
                    break;
                }
                [b'\\', after @ ..] => rest = unescape(after, &mut bytes)?,
                [byte, after @ ..] => {
                    bytes.push(*byte);
                    rest = after;
                }
            }
        }
        let rest = std::str::from_utf8(rest).map_err(|_| DnError::Escape)?.trim_start_matches(' ');
        if !rest.is_empty() && !rest.starts_with([',', '+', ';']) {
            return Err(DnError::Quote);
        }
        self.rest = self.rest.get(self.rest.len() - rest.len()..).unwrap_or("");
        String::from_utf8(bytes).map_err(|_| DnError::Escape)
    }

    fn plain(&mut self) -> Result<String, DnError> {
        let mut bytes = Vec::new();
        let mut kept = 0;
        let mut rest = self.rest.as_bytes();
        loop {
            match rest {
                [] | [b',' | b'+' | b';', ..] => break,
                [b'\\', after @ ..] => {
                    rest = unescape(after, &mut bytes)?;
                    kept = bytes.len();
                }
                [byte, after @ ..] => {
                    bytes.push(*byte);
                    rest = after;
                    if *byte != b' ' {
                        kept = bytes.len();
                    }
                }
            }
        }
        // Spaces before a separator belong to nobody, unless they are escaped.
        bytes.truncate(kept);
        self.rest = self.rest.get(self.rest.len() - rest.len()..).unwrap_or("");
        String::from_utf8(bytes).map_err(|_| DnError::Escape)
    }
}

/// Reads what follows a backslash: two hexadecimal digits, or the character itself.
fn unescape<'a>(after: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], DnError> {
    if let Some((pair, rest)) = after.split_at_checked(2)
        && let Some(byte) = hex_pair(pair)
    {
        out.push(byte);
        return Ok(rest);
    }
    let (byte, rest) = after.split_first().ok_or(DnError::Escape)?;
    out.push(*byte);
    Ok(rest)
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    match pair {
        [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
        _ => None,
    }
}

/// The text of a BER UTF8String, PrintableString or IA5String whose length is in the short form.
fn ber_text(bytes: &[u8]) -> Option<&str> {
    match bytes {
        [0x0c | 0x13 | 0x16, length, text @ ..] if usize::from(*length) == text.len() && *length < 0x80 => std::str::from_utf8(text).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
