//! Understands one record: what it is, and what it says of a user, a group, a contact or a container.

use std::borrow::Cow;
use std::collections::BTreeSet;

use samesign_engine::{AttributesBuilder, Kinds, ObjectGuid, SourceObject};
use zeroize::Zeroizing;

use super::fields::{Field, Fields};
use super::lines::{Line, Lines, ValueForm, decode, value_form};
use super::parts::Parts;
use crate::ad::class_of;
use crate::ad::range::Description;
use crate::source::{Container, NtHash};

/// Classes of the containers that objects live in.
const PLACES: [&str; 4] = ["organizationalUnit", "container", "domain", "builtinDomain"];

/// What a record turned out to be.
pub enum Meaning {
    /// A user, a group or a contact.
    Object(SourceObject),
    /// An OU, a container or the domain itself.
    Container(Container),
    /// Something that takes no part: a computer, a class that nobody asked for, a tombstone, a referral, a note of the search program.
    Nothing,
}

/// Why a record could not be understood: which line, and what is wrong with it.
#[derive(Debug)]
pub struct Unreadable {
    /// Counts from 0 within the record.
    pub line: usize,
    pub reason: Reason,
}

#[derive(Debug, thiserror::Error)]
pub enum Reason {
    #[error("begins an object that no empty line ends: was the file cut off? Export it again, or end it with an empty line")]
    Unclosed,
    #[error("is not `name: value`")]
    NoColon,
    #[error("is a continuation with nothing before it")]
    Orphan,
    #[error("refers to a URL, which is never fetched; put the value itself into the file")]
    Url,
    #[error("is not Base64")]
    Base64,
    #[error("begins a second object; put a blank line before it")]
    SecondDn,
    #[error("begins a record without `dn`")]
    NoDn,
    #[error("has a DN that is not UTF-8")]
    DnNotText,
    #[error("begins an object without `objectGUID`; export that attribute too")]
    NoGuid,
    #[error("has an objectGUID that is neither Base64 of 16 bytes nor its text form")]
    Guid,
    #[error("begins an object without `objectClass`; export that attribute too")]
    NoClass,
    #[error("begins the values of an attribute that are not all there; export with a program that fetches every range")]
    PartialRange,
    #[error("has an attribute with a range that is none")]
    Range,
    #[error("has an objectSid that is neither Base64 nor S-1-…")]
    Sid,
}

/// The lines of one record that matter, found in one pass and without a copy.
pub struct Record<'a> {
    lines: Vec<(Field, Line<'a>)>,
}

/// Changes are not an export: whoever reads them as one brings deleted people back.
pub struct IsChange {
    pub line: usize,
    pub kind: String,
}

impl<'a> Record<'a> {
    /// Sorts the lines of a record.
    pub fn scan(bytes: &'a [u8], fields: &Fields) -> Result<Self, Unreadable> {
        let mut lines = Vec::with_capacity(32);
        for line in Lines::of(bytes).filter(|line| !line.is_comment()) {
            let unreadable = |reason| Unreadable { line: line.number, reason };
            if line.raw.first() == Some(&b' ') {
                return Err(unreadable(Reason::Orphan));
            }
            let description = line.description().ok_or_else(|| unreadable(Reason::NoColon))?;
            let field = match field_of(&description, fields) {
                Ok(field) => field,
                Err(reason) => return Err(unreadable(reason)),
            };
            lines.push((field, line));
        }
        Ok(Self { lines })
    }

    /// Whether any line is left beside comments.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The lines that make the object what it is, to be digested: each ends in a line feed, so no two records give the same bytes.
    pub fn digested(&self, out: &mut Vec<u8>) {
        out.clear();
        for (_, line) in self.lines.iter().filter(|(field, _)| field.is_digested()) {
            out.extend_from_slice(line.raw);
            out.push(b'\n');
        }
    }

    /// The kind of change, where the record is one. `changetype: add` is how ldifde writes an export.
    pub fn change(&self) -> Option<IsChange> {
        let line = self.line(Field::ChangeType)?;
        let kind = String::from_utf8_lossy(&text(line)?).trim().to_owned();
        (!kind.eq_ignore_ascii_case("add")).then_some(IsChange { line: line.number, kind })
    }

    /// The version that the file declares.
    pub fn version(&self) -> Option<(usize, String)> {
        let line = self.line(Field::Version)?;
        Some((line.number, String::from_utf8_lossy(&text(line)?).trim().to_owned()))
    }

    /// The result with which the search program ended, where it was not success.
    pub fn failed_search(&self) -> Option<String> {
        let result = String::from_utf8_lossy(&text(self.line(Field::SearchResult)?)?).trim().to_owned();
        (self.line(Field::Dn).is_none() && result.split(' ').next() != Some("0")).then_some(result)
    }

    /// The DN, for a person who is told about this record.
    pub fn dn(&self) -> Option<String> {
        self.line(Field::Dn).and_then(text).and_then(|dn| String::from_utf8(dn.into_owned()).ok()).filter(|dn| !dn.is_empty())
    }

    /// What the record says.
    pub fn meaning(&self, fields: &Fields, kinds: Kinds) -> Result<Meaning, Unreadable> {
        if !self.has_dn()? {
            return Ok(Meaning::Nothing);
        }
        if self.line(Field::Class).is_none() {
            return Err(Unreadable { line: 0, reason: Reason::NoClass });
        }
        if self.texts_of(Field::IsDeleted)?.iter().any(|value| value.eq_ignore_ascii_case(b"TRUE")) {
            return Ok(Meaning::Nothing);
        }
        let classes = self.texts_of(Field::Class)?;
        let Some(class) = class_of(&classes) else {
            let is_place = |class: &Cow<'_, [u8]>| PLACES.iter().any(|place| class.eq_ignore_ascii_case(place.as_bytes()));
            return if classes.iter().any(is_place) { self.container() } else { Ok(Meaning::Nothing) };
        };
        if !kinds.has(class.kind()) {
            return Ok(Meaning::Nothing);
        }
        let guid = self.guid()?.ok_or(Unreadable { line: 0, reason: Reason::NoGuid })?;
        Ok(Meaning::Object(SourceObject { guid, dn: self.dn_text()?, class, attributes: self.attributes(fields)? }))
    }

    /// The NT hash, where the record holds one. `Err` when it is not 16 bytes of Base64.
    pub fn nt_hash(&self) -> Option<Result<NtHash, usize>> {
        let line = self.line(Field::Password)?;
        Some(read_nt_hash(line).ok_or(line.number))
    }

    fn line(&self, wanted: Field) -> Option<&Line<'a>> {
        self.lines.iter().find(|(field, _)| *field == wanted).map(|(_, line)| line)
    }

    /// Whether this is an object at all: search programs write other things between objects, and the root has an empty name.
    fn has_dn(&self) -> Result<bool, Unreadable> {
        let mut names = self.lines.iter().filter(|(field, _)| *field == Field::Dn).map(|(_, line)| line);
        match (names.next(), names.next()) {
            (_, Some(second)) => Err(Unreadable { line: second.number, reason: Reason::SecondDn }),
            (Some(_), None) => Ok(!self.dn_text()?.is_empty()),
            (None, _) if self.lines.iter().all(|(field, _)| is_note(*field)) => Ok(false),
            (None, _) => Err(Unreadable { line: 0, reason: Reason::NoDn }),
        }
    }

    fn dn_text(&self) -> Result<Box<str>, Unreadable> {
        let Some(line) = self.line(Field::Dn) else { return Ok(Box::default()) };
        let bytes = value(line)?;
        let dn = std::str::from_utf8(&bytes).map_err(|_| Unreadable { line: line.number, reason: Reason::DnNotText })?;
        Ok(dn.into())
    }

    fn container(&self) -> Result<Meaning, Unreadable> {
        // A container without a GUID cannot be remembered; it is still no fault of the people in it.
        let Some(guid) = self.guid()? else { return Ok(Meaning::Nothing) };
        Ok(Meaning::Container(Container { guid, dn: self.dn_text()? }))
    }

    fn guid(&self) -> Result<Option<ObjectGuid>, Unreadable> {
        let Some(line) = self.line(Field::Guid) else { return Ok(None) };
        let bytes = value(line)?;
        let written = std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().trim_matches(['{', '}']).parse().ok());
        let guid = ObjectGuid::from_slice(&bytes).ok().or(written);
        guid.map(Some).ok_or(Unreadable { line: line.number, reason: Reason::Guid })
    }

    fn texts_of(&self, wanted: Field) -> Result<Vec<Cow<'a, [u8]>>, Unreadable> {
        self.lines.iter().filter(|(field, _)| *field == wanted).map(|(_, line)| value(line)).collect()
    }

    fn attributes(&self, fields: &Fields) -> Result<samesign_engine::Attributes, Unreadable> {
        let mut attributes = AttributesBuilder::default();
        let mut parts = Parts::default();
        // A domain controller gives an attribute that comes in parts by its plain name too, without a value.
        let in_parts: BTreeSet<usize> = self.lines.iter().filter_map(|(field, _)| field.part()).collect();
        for (field, line) in &self.lines {
            match field {
                Field::Wanted(index) => {
                    let name = fields.wanted(*index);
                    let value = value(line)?;
                    if name.eq_ignore_ascii_case("objectSid") {
                        let sid = sid_bytes(&value).ok_or(Unreadable { line: line.number, reason: Reason::Sid })?;
                        attributes.add(name, &sid);
                    } else if !(value.is_empty() && in_parts.contains(index)) {
                        attributes.add(name, &value);
                    }
                }
                Field::Part(index, range) => {
                    parts.count(*index, *range, line.number);
                    attributes.add(fields.wanted(*index), &value(line)?);
                }
                Field::Other | Field::Password => refuse_url(line)?,
                _ => {}
            }
        }
        match parts.unfinished() {
            Some(line) => Err(Unreadable { line, reason: Reason::PartialRange }),
            None => Ok(attributes.build()),
        }
    }
}

/// The field of a name with its options. `;binary` says nothing new; another option makes it another attribute (RFC 4512, 2.5).
fn field_of(description: &[u8], fields: &Fields) -> Result<Field, Reason> {
    let mut parts = description.split(|byte| *byte == b';');
    let mut field = fields.of(parts.next().unwrap_or_default());
    for option in parts {
        let option = option.to_ascii_lowercase();
        match (option.starts_with(b"range="), field) {
            (true, Field::Wanted(index)) => {
                let range = Description::parse(description).and_then(|description| description.range).ok_or(Reason::Range)?;
                field = if range.is_whole() { field } else { Field::Part(index, range) };
            }
            (true, _) if option == b"range=0-*" => {}
            (false, _) if option == b"binary" => {}
            (false, Field::Password) => {}
            _ => return Ok(Field::Other),
        }
    }
    Ok(field)
}

fn is_note(field: Field) -> bool {
    matches!(field, Field::Version | Field::SearchResult | Field::SearchNote)
}

/// The value of a line, unfolded and decoded.
fn value<'a>(line: &Line<'a>) -> Result<Cow<'a, [u8]>, Unreadable> {
    let unreadable = |reason| Unreadable { line: line.number, reason };
    let part = |whole: &[u8]| match value_form(whole).ok_or_else(|| unreadable(Reason::NoColon))? {
        ValueForm::Plain(text) => Ok((whole.len() - text.len(), None)),
        ValueForm::Encoded(encoded) => Ok((0, Some(decode(encoded).ok_or_else(|| unreadable(Reason::Base64))?))),
        ValueForm::Url => Err(unreadable(Reason::Url)),
    };
    match line.unfold() {
        Cow::Borrowed(whole) => {
            let (from, decoded) = part(whole)?;
            Ok(decoded.map_or(Cow::Borrowed(whole.get(from..).unwrap_or_default()), Cow::Owned))
        }
        Cow::Owned(mut whole) => {
            let (from, decoded) = part(&whole)?;
            Ok(Cow::Owned(decoded.unwrap_or_else(|| whole.split_off(from))))
        }
    }
}

/// The value where it can be had, for lines whose fault is no fault of the object.
fn text<'a>(line: &Line<'a>) -> Option<Cow<'a, [u8]>> {
    value(line).ok()
}

fn refuse_url(line: &Line<'_>) -> Result<(), Unreadable> {
    let is_url = line.raw.contains(&b'<') && value_form(&Zeroizing::new(line.unfold().into_owned())) == Some(ValueForm::Url);
    if is_url { Err(Unreadable { line: line.number, reason: Reason::Url }) } else { Ok(()) }
}

/// Every copy made on the way is wiped.
fn read_nt_hash(line: &Line<'_>) -> Option<NtHash> {
    use base64::Engine as _;
    let mut whole = Zeroizing::new(Vec::with_capacity(line.raw.len()));
    line.unfold_into(&mut whole);
    let Some(ValueForm::Encoded(encoded)) = value_form(&whole) else { return None };
    let mut bytes = Zeroizing::new([0_u8; 24]);
    let length = base64::engine::general_purpose::STANDARD.decode_slice(encoded, bytes.as_mut_slice()).ok()?;
    NtHash::from_slice(bytes.get(..length)?)
}

/// The bytes of a SID (MS-DTYP 2.4.2.2), from themselves or from `S-1-…`, as ldbsearch writes it.
fn sid_bytes(value: &[u8]) -> Option<Vec<u8>> {
    let Some(written) = value.strip_prefix(b"S-1-") else {
        return (value.first() == Some(&1)).then(|| value.to_vec());
    };
    let mut parts = std::str::from_utf8(written).ok()?.trim().split('-');
    let authority: u64 = parts.next()?.parse().ok()?;
    let parts = parts.map(|part| part.parse::<u32>().ok()).collect::<Option<Vec<_>>>()?;
    let count = u8::try_from(parts.len()).ok().filter(|count| *count <= 15)?;
    let mut bytes = vec![1, count];
    bytes.extend_from_slice(authority.to_be_bytes().get(2..)?);
    parts.iter().for_each(|part| bytes.extend_from_slice(&part.to_le_bytes()));
    (authority < 1 << 48).then_some(bytes)
}
