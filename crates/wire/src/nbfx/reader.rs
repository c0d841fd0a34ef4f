//! Reads a document as a series of events, each record checked before it is believed.

use super::cursor::Cursor;
use super::dictionary::static_string;
use super::record::*;
use super::{Error, Value};

/// What a document may cost its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the document; also the bytes that references to dictionaries may expand to, and those of one text.
    pub bytes_max: usize,
    /// Elements within one another.
    pub depth_max: usize,
    /// Elements in the whole document.
    pub elements_max: usize,
}

impl Default for Limits {
    /// 16 MiB, 32 deep, two million elements.
    fn default() -> Self {
        Self { bytes_max: 16 << 20, depth_max: 32, elements_max: 2_000_000 }
    }
}

/// Attributes of one element, and namespaces in force at one place. Both are searched one by one.
const ATTRIBUTES_MAX: usize = 64;

/// The name of an element, its prefix resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name<'a> {
    /// The namespace; empty for none.
    pub namespace: &'a str,
    /// The local name.
    pub local: &'a str,
}

/// An attribute of the element that was opened last.
#[derive(Clone)]
pub struct Attribute<'a> {
    /// The name, its prefix resolved; without a prefix it has no namespace.
    pub name: Name<'a>,
    /// The value.
    pub value: Value<'a>,
}

/// What the reader found next.
pub enum Event<'a> {
    /// An element begins; [`Reader::attributes`] has its attributes.
    Start(Name<'a>),
    /// Content. The content of one element may come in several pieces.
    Text(Value<'a>),
    /// The element that was opened last ends.
    End,
    /// A comment.
    Comment(&'a str),
}

/// Reads one document.
pub struct Reader<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) limits: Limits,
    /// The strings of the string table (MC-NBFSE 2.1); their ids are 1, 3, 5 and so on.
    table: Vec<&'a str>,
    /// For each open element, how many namespaces were in force before it.
    open: Vec<usize>,
    /// Prefixes and their namespaces, innermost last.
    namespaces: Vec<(&'a str, &'a str)>,
    attributes: Vec<Attribute<'a>>,
    array: Option<Array<'a>>,
    pub(super) end_follows: bool,
    root_seen: bool,
    elements_left: usize,
    pub(super) expansion_left: usize,
}

/// An array record that is being told as the elements it stands for.
struct Array<'a> {
    name: Name<'a>,
    /// How many namespaces were in force before it.
    before: usize,
    record: u8,
    left: usize,
    inside: bool,
}

impl<'a> Reader<'a> {
    /// Reads a document of MC-NBFS. One that is larger than the limit is refused before anything is read.
    pub fn new(bytes: &'a [u8], limits: Limits) -> Result<Self, Error> {
        if bytes.len() > limits.bytes_max {
            return Err(Error::TooLarge);
        }
        Ok(Self {
            cursor: Cursor::new(bytes),
            limits,
            table: Vec::new(),
            open: Vec::new(),
            namespaces: Vec::new(),
            attributes: Vec::new(),
            array: None,
            end_follows: false,
            root_seen: false,
            elements_left: limits.elements_max,
            expansion_left: limits.bytes_max,
        })
    }

    /// Reads a document of MC-NBFSE: a string table stands before it.
    pub fn with_string_table(bytes: &'a [u8], limits: Limits) -> Result<Self, Error> {
        let mut reader = Self::new(bytes, limits)?;
        let size = usize::try_from(reader.cursor.int31()?).map_err(|_| Error::Length)?;
        let mut strings = Cursor::new(reader.cursor.take(size)?);
        while !strings.is_empty() {
            reader.table.push(strings.string()?);
        }
        Ok(reader)
    }

    /// The attributes of the element that was opened last.
    pub fn attributes(&self) -> &[Attribute<'a>] {
        &self.attributes
    }

    /// The value of an attribute of the element that was opened last.
    pub fn attribute(&self, namespace: &str, local: &str) -> Option<&Value<'a>> {
        self.attributes.iter().find(|attribute| attribute.name == Name { namespace, local }).map(|attribute| &attribute.value)
    }

    /// What comes next; `None` after the end of the document.
    pub fn next_event(&mut self) -> Result<Option<Event<'a>>, Error> {
        if std::mem::take(&mut self.end_follows) {
            return self.close().map(Some);
        }
        if self.array.is_some() {
            return self.next_of_array().map(Some);
        }
        if self.root_seen && self.open.is_empty() && self.cursor.is_empty() {
            return Ok(None);
        }
        match self.cursor.u8()? {
            COMMENT => Ok(Some(Event::Comment(self.cursor.string()?))),
            _ if self.root_seen && self.open.is_empty() => Err(Error::Trailing),
            END_ELEMENT => self.close().map(Some),
            ARRAY => self.start_array().map(Some),
            record @ SHORT_ELEMENT..=PREFIX_ELEMENT_Z => self.start(record).map(Event::Start).map(Some),
            record @ ZERO_TEXT..=LAST_TEXT if !self.open.is_empty() => self.text_record(record).map(Event::Text).map(Some),
            record => Err(Error::Record(record)),
        }
    }

    fn close(&mut self) -> Result<Event<'a>, Error> {
        let before = self.open.pop().ok_or(Error::Record(END_ELEMENT))?;
        match &mut self.array {
            Some(array) if array.left > 0 => array.inside = false,
            _ => {
                self.array = None;
                self.namespaces.truncate(before);
            }
        }
        Ok(Event::End)
    }

    fn count_element(&mut self) -> Result<(), Error> {
        self.elements_left = self.elements_left.checked_sub(1).ok_or(Error::TooManyElements)?;
        Ok(())
    }

    fn start(&mut self, record: u8) -> Result<Name<'a>, Error> {
        if self.open.len() >= self.limits.depth_max {
            return Err(Error::TooDeep);
        }
        self.count_element()?;
        self.root_seen = true;
        self.open.push(self.namespaces.len());
        let (prefix, local) = match record {
            SHORT_ELEMENT => ("", self.name()?),
            ELEMENT => (self.name()?, self.name()?),
            SHORT_DICTIONARY_ELEMENT => ("", self.dictionary_name()?),
            DICTIONARY_ELEMENT => (self.name()?, self.dictionary_name()?),
            PREFIX_DICTIONARY_ELEMENT_A..=PREFIX_DICTIONARY_ELEMENT_Z => {
                (letter(record, PREFIX_DICTIONARY_ELEMENT_A)?, self.dictionary_name()?)
            }
            _ => (letter(record, PREFIX_ELEMENT_A)?, self.name()?),
        };
        self.read_attributes()?;
        Ok(Name { namespace: self.resolve(prefix)?, local })
    }

    /// Reads the attributes of an element. Their prefixes may be bound by an attribute that comes later, so they are resolved at the end.
    fn read_attributes(&mut self) -> Result<(), Error> {
        self.attributes.clear();
        while let Some(record @ SHORT_ATTRIBUTE..=PREFIX_ATTRIBUTE_Z) = self.cursor.peek() {
            self.cursor.u8()?;
            if self.attributes.len() >= ATTRIBUTES_MAX || self.namespaces.len() >= ATTRIBUTES_MAX {
                return Err(Error::TooManyAttributes);
            }
            self.read_attribute(record)?;
        }
        for index in 0..self.attributes.len() {
            let Some(prefix) = self.attributes.get(index).map(|attribute| attribute.name.namespace) else { break };
            let namespace = if prefix.is_empty() { "" } else { self.resolve(prefix)? };
            if let Some(attribute) = self.attributes.get_mut(index) {
                attribute.name.namespace = namespace;
            }
        }
        Ok(())
    }

    fn read_attribute(&mut self, record: u8) -> Result<(), Error> {
        let (prefix, local) = match record {
            SHORT_ATTRIBUTE => ("", self.name()?),
            ATTRIBUTE => (self.name()?, self.name()?),
            SHORT_DICTIONARY_ATTRIBUTE => ("", self.dictionary_name()?),
            DICTIONARY_ATTRIBUTE => (self.name()?, self.dictionary_name()?),
            SHORT_XMLNS_ATTRIBUTE => return self.bind("", Cursor::string),
            XMLNS_ATTRIBUTE => {
                let prefix = self.name()?;
                return self.bind(prefix, Cursor::string);
            }
            SHORT_DICTIONARY_XMLNS_ATTRIBUTE => {
                let namespace = self.dictionary_string()?;
                return self.bind("", |_| Ok(namespace));
            }
            DICTIONARY_XMLNS_ATTRIBUTE => {
                let (prefix, namespace) = (self.name()?, self.dictionary_string()?);
                return self.bind(prefix, |_| Ok(namespace));
            }
            PREFIX_DICTIONARY_ATTRIBUTE_A..=PREFIX_DICTIONARY_ATTRIBUTE_Z => {
                (letter(record, PREFIX_DICTIONARY_ATTRIBUTE_A)?, self.dictionary_name()?)
            }
            _ => (letter(record, PREFIX_ATTRIBUTE_A)?, self.name()?),
        };
        let value = match self.cursor.u8()? {
            record @ ZERO_TEXT..=LAST_TEXT if record & WITH_END_ELEMENT == 0 => self.value(record)?.0,
            record => return Err(Error::Record(record)),
        };
        self.attributes.push(Attribute { name: Name { namespace: prefix, local }, value });
        Ok(())
    }

    fn bind(&mut self, prefix: &'a str, namespace: impl FnOnce(&mut Cursor<'a>) -> Result<&'a str, Error>) -> Result<(), Error> {
        let namespace = namespace(&mut self.cursor)?;
        self.namespaces.push((prefix, namespace));
        Ok(())
    }

    fn resolve(&self, prefix: &str) -> Result<&'a str, Error> {
        match self.namespaces.iter().rev().find(|(known, _)| *known == prefix) {
            Some((_, namespace)) => Ok(namespace),
            None if prefix.is_empty() => Ok(""),
            None if prefix == "xml" => Ok("http://www.w3.org/XML/1998/namespace"),
            None => Err(Error::Prefix),
        }
    }

    fn name(&mut self) -> Result<&'a str, Error> {
        Some(self.cursor.string()?).filter(|name| !name.is_empty()).ok_or(Error::NoName)
    }

    pub(super) fn dictionary_name(&mut self) -> Result<&'a str, Error> {
        Some(self.dictionary_string()?).filter(|name| !name.is_empty()).ok_or(Error::NoName)
    }

    /// DictionaryString: even ids are the static dictionary's (MC-NBFS 2.1), odd ones the string table's (MC-NBFSE 2.2).
    pub(super) fn dictionary_string(&mut self) -> Result<&'a str, Error> {
        let id = self.cursor.int31()?;
        let from_table = || (id % 2 == 1).then(|| usize::try_from(id / 2).ok().and_then(|index| self.table.get(index).copied())).flatten();
        static_string(id).or_else(from_table).ok_or(Error::DictionaryString(id))
    }

    /// Array ([MC-NBFX] 2.3.3): an element with its attributes, its end, then the values that each get such an element.
    fn start_array(&mut self) -> Result<Event<'a>, Error> {
        let name = match self.cursor.u8()? {
            record @ SHORT_ELEMENT..=PREFIX_ELEMENT_Z => self.start(record)?,
            record => return Err(Error::Record(record)),
        };
        match self.cursor.u8()? {
            END_ELEMENT => {}
            record => return Err(Error::Record(record)),
        }
        let record = self.cursor.u8()?;
        if !may_be_in_array(record) {
            return Err(Error::Record(record));
        }
        // Not zero, and every value takes at least a byte, so that an absurd length ends as a truncated document.
        let length = usize::try_from(self.cursor.int31()?).ok().filter(|length| *length > 0).ok_or(Error::Length)?;
        let before = self.open.last().copied().unwrap_or(0);
        self.array = Some(Array { name, before, record, left: length, inside: true });
        Ok(Event::Start(name))
    }

    fn next_of_array(&mut self) -> Result<Event<'a>, Error> {
        let Some(Array { name, before, record, left, inside }) = self.array.as_mut() else { return Err(Error::Record(ARRAY)) };
        if *inside {
            *left = left.saturating_sub(1);
            let record = *record & !WITH_END_ELEMENT;
            self.end_follows = true;
            return Ok(Event::Text(self.value(record)?.0));
        }
        *inside = true;
        let (name, before) = (*name, *before);
        self.count_element()?;
        self.open.push(before);
        Ok(Event::Start(name))
    }
}

/// The prefix that a record type implies: one letter.
fn letter(record: u8, first: u8) -> Result<&'static str, Error> {
    const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
    let index = usize::from(record.wrapping_sub(first));
    LETTERS.get(index..index + 1).ok_or(Error::Record(record))
}

/// Whether an array may hold values of a record type ([MC-NBFX] 2.3.3): those of fixed size, with the end of the element.
const fn may_be_in_array(record: u8) -> bool {
    record & WITH_END_ELEMENT != 0
        && matches!(
            record & !WITH_END_ELEMENT,
            BOOL_TEXT
                | INT16_TEXT
                | INT32_TEXT
                | INT64_TEXT
                | FLOAT_TEXT
                | DOUBLE_TEXT
                | DECIMAL_TEXT
                | DATE_TIME_TEXT
                | TIME_SPAN_TEXT
                | UUID_TEXT
        )
}
