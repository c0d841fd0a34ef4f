//! Which lines of a record matter, and for what.

use crate::ad::range::Range;

/// What a line is for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The object's name: begins a record.
    Dn,
    /// Says that the record is a change.
    ChangeType,
    Guid,
    Class,
    /// TRUE on a tombstone.
    IsDeleted,
    /// The NT hash. Never an attribute, never in a digest.
    Password,
    /// `version: 1`, the file's first line.
    Version,
    /// `result:`, with which ldapsearch ends.
    SearchResult,
    /// Other lines that search programs write beside objects (`ref:`, `search:`).
    SearchNote,
    /// An attribute that was asked for, by its place in the list.
    Wanted(usize),
    /// A part of the values of one of those, as a domain controller gives many values to a program that does not ask for the rest.
    Part(usize, Range),
    /// Anything else.
    Other,
}

impl Field {
    /// The attribute of which this line holds a part.
    pub fn part(self) -> Option<usize> {
        if let Self::Part(wanted, _) = self { Some(wanted) } else { None }
    }

    /// Whether a change of this line is a change of the object.
    ///
    /// INVARIANT: only these lines go into a digest, so no secret attribute can, known to us or not.
    pub fn is_digested(self) -> bool {
        matches!(self, Self::Dn | Self::Guid | Self::Class | Self::IsDeleted | Self::Wanted(_) | Self::Part(..))
    }
}

const FIXED: [(&str, Field); 14] = [
    ("dn", Field::Dn),
    ("changetype", Field::ChangeType),
    ("objectguid", Field::Guid),
    ("objectclass", Field::Class),
    ("isdeleted", Field::IsDeleted),
    ("unicodepwd", Field::Password),
    ("version", Field::Version),
    ("result", Field::SearchResult),
    ("ref", Field::SearchNote),
    ("search", Field::SearchNote),
    ("control", Field::SearchNote),
    ("pagedresults", Field::SearchNote),
    ("matcheddn", Field::SearchNote),
    ("distinguishedname", Field::Other),
];

/// Finds the field of a name, whatever its case. A lookup per line of the file, so names are sorted into lists by length.
pub struct Fields {
    by_length: Vec<Vec<(Box<[u8]>, Field)>>,
    wanted: Vec<Box<str>>,
}

impl Fields {
    pub fn new(wanted: &[&str]) -> Self {
        let mut fields = Self { by_length: Vec::new(), wanted: Vec::new() };
        FIXED.iter().for_each(|(name, field)| fields.insert(name, *field));
        for name in wanted {
            fields.insert(name, Field::Wanted(fields.wanted.len()));
            fields.wanted.push((*name).into());
        }
        fields
    }

    /// The field of an attribute's name, options left off.
    pub fn of(&self, name: &[u8]) -> Field {
        let candidates = self.by_length.get(name.len()).map(Vec::as_slice).unwrap_or_default();
        candidates.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or(Field::Other, |(_, field)| *field)
    }

    /// The name of a wanted attribute as it was asked for.
    pub fn wanted(&self, index: usize) -> &str {
        self.wanted.get(index).map(AsRef::as_ref).unwrap_or_default()
    }

    /// The first entry of a name stands, so a fixed field cannot be asked for as an attribute.
    fn insert(&mut self, name: &str, field: Field) {
        if self.by_length.len() <= name.len() {
            self.by_length.resize_with(name.len() + 1, Vec::new);
        }
        if let Some(list) = self.by_length.get_mut(name.len()) {
            list.push((name.as_bytes().into(), field));
        }
    }
}
