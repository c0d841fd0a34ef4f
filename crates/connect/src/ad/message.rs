//! What a server says: entries are taken apart in place, everything else by the codec of `ldap3_proto`.
//!
//! Entries are nearly all of the traffic, and most of them have not changed since the last read: they are looked at without
//! copying anything. This also lets a DN that is not UTF-8 be one object's problem instead of the whole message's.

use ldap3_proto::LdapCodec;
use ldap3_proto::LdapMsg;
use tokio_util::codec::Decoder as _;

use super::ber::{self, DecodeError, INTEGER, MESSAGE_LENGTH_MAX, OCTET_STRING, Reader, SEQUENCE, SET};

/// `SearchResultEntry ::= [APPLICATION 4] SEQUENCE` (RFC 4511 4.5.2).
const SEARCH_RESULT_ENTRY: u8 = 0x64;

/// One message of a server.
pub enum Message<'a> {
    /// An entry of a search.
    Entry {
        /// The messageID of the request it answers.
        id: i32,
        /// The entry.
        entry: Entry<'a>,
    },
    /// Anything else.
    Other(Box<LdapMsg>),
}

/// A `SearchResultEntry`, still in the bytes that came.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    body: &'a [u8],
    dn: &'a [u8],
    attributes: &'a [u8],
}

/// Decodes one whole message and everything in it. Never panics, whatever the bytes are.
///
/// # Errors
/// When the bytes are not one LDAP message with nothing after it.
pub fn decode_message(bytes: &[u8]) -> Result<Message<'_>, DecodeError> {
    let message = decode(bytes)?;
    if let Message::Entry { entry, .. } = &message {
        entry.check()?;
    }
    Ok(message)
}

/// Decodes one whole message; the attributes of an entry are looked at only when they are asked for.
pub(crate) fn decode(bytes: &[u8]) -> Result<Message<'_>, DecodeError> {
    let mut outer = Reader::new(bytes);
    let mut message = Reader::new(outer.expect(SEQUENCE)?);
    outer.end()?;
    let id = integer(message.expect(INTEGER)?)?;
    match message.element()? {
        (SEARCH_RESULT_ENTRY, body) => Ok(Message::Entry { id, entry: Entry::new(body)? }),
        _ => by_codec(bytes).map(|message| Message::Other(Box::new(message))),
    }
}

fn by_codec(bytes: &[u8]) -> Result<LdapMsg, DecodeError> {
    ber::check_depth(bytes)?;
    let mut codec = LdapCodec::new(Some(MESSAGE_LENGTH_MAX), Some(ber::DEPTH_MAX + 1));
    let mut buffer = bytes::BytesMut::from(bytes);
    codec.decode(&mut buffer).map_err(|_| DecodeError::Malformed)?.ok_or(DecodeError::Truncated)
}

/// MessageID ::= INTEGER (0 .. 2147483647).
fn integer(content: &[u8]) -> Result<i32, DecodeError> {
    if content.is_empty() || content.len() > 4 || content.first().is_some_and(|byte| byte & 0x80 != 0) {
        return Err(DecodeError::Malformed);
    }
    Ok(content.iter().fold(0, |value, byte| value << 8 | i32::from(*byte)))
}

impl<'a> Entry<'a> {
    fn new(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let dn = reader.expect(OCTET_STRING)?;
        let attributes = reader.expect(SEQUENCE)?;
        reader.end()?;
        Ok(Self { body, dn, attributes })
    }

    /// Everything the entry consists of, as it came: equal bytes are an equal entry.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// objectName. The standard says UTF-8, a server may say anything.
    pub fn dn(&self) -> &'a [u8] {
        self.dn
    }

    /// The attributes, in the order in which the server sent them.
    pub fn attributes(&self) -> impl Iterator<Item = Result<Attribute<'a>, DecodeError>> + use<'a> {
        let mut list = Reader::new(self.attributes);
        let mut broken = false;
        std::iter::from_fn(move || {
            if broken || list.is_empty() {
                return None;
            }
            let attribute = Attribute::read(&mut list);
            broken = attribute.is_err();
            Some(attribute)
        })
    }

    /// The values of the first attribute of this name, compared without case; none when it is absent or malformed.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let found = self.attributes().filter_map(Result::ok).find(|attribute| attribute.name.eq_ignore_ascii_case(name.as_bytes()));
        found.into_iter().flat_map(|attribute| attribute.values().filter_map(Result::ok))
    }

    fn check(&self) -> Result<(), DecodeError> {
        self.attributes().try_for_each(|attribute| attribute?.values().try_for_each(|value| value.map(drop)))
    }
}

/// `PartialAttribute ::= SEQUENCE { type AttributeDescription, vals SET OF value }`.
#[derive(Clone, Copy)]
pub struct Attribute<'a> {
    /// The description, with its options (`member;range=0-1499`).
    pub name: &'a [u8],
    values: &'a [u8],
}

impl<'a> Attribute<'a> {
    fn read(list: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let mut attribute = Reader::new(list.expect(SEQUENCE)?);
        let name = attribute.expect(OCTET_STRING)?;
        let values = attribute.expect(SET)?;
        attribute.end()?;
        Ok(Self { name, values })
    }

    /// The values, in the order in which the server sent them.
    pub fn values(&self) -> impl Iterator<Item = Result<&'a [u8], DecodeError>> + use<'a> {
        let mut values = Reader::new(self.values);
        let mut broken = false;
        std::iter::from_fn(move || {
            if broken || values.is_empty() {
                return None;
            }
            let value = values.expect(OCTET_STRING);
            broken = value.is_err();
            Some(value)
        })
    }
}
