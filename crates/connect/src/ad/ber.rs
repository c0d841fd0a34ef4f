//! Basic Encoding Rules as LDAP restricts them (RFC 4511 5.1): definite lengths, tags of one byte.
//!
//! Reads what a server sent before anything else looks at it: how long a message is, and how deep it nests. Nothing here
//! recurses or allocates.

/// The longest message that is accepted, in bytes, header included.
pub const MESSAGE_LENGTH_MAX: usize = 16 * 1024 * 1024;

/// The deepest nesting that is accepted. LDAP's own answers need fewer than eight levels.
pub const DEPTH_MAX: usize = 32;

/// Why bytes are not the LDAP message that was expected. Small and `Copy`: made in hot loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end inside an element.
    #[error("the message is cut short")]
    Truncated,
    /// A length of the indefinite form, or of more than four bytes.
    #[error("a length is not in a form that LDAP allows")]
    Length,
    /// The message is longer than [`MESSAGE_LENGTH_MAX`].
    #[error("the message is longer than 16 MiB")]
    TooLong,
    /// The elements nest deeper than [`DEPTH_MAX`].
    #[error("the elements nest deeper than 32 levels")]
    TooDeep,
    /// Another element was expected here.
    #[error("an element has the wrong tag")]
    Tag,
    /// Bytes follow the end of the element.
    #[error("bytes follow the end of an element")]
    Trailing,
    /// The codec refused the message.
    #[error("the message is malformed")]
    Malformed,
}

/// SEQUENCE.
pub(crate) const SEQUENCE: u8 = 0x30;
/// SET.
pub(crate) const SET: u8 = 0x31;
/// INTEGER.
pub(crate) const INTEGER: u8 = 0x02;
/// OCTET STRING.
pub(crate) const OCTET_STRING: u8 = 0x04;

/// Reads elements one after the other. Kerberos messages, whose encoding is a subset, are read with it too.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether everything was read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next element: its tag and its content.
    ///
    /// # Errors
    /// When the bytes end inside it, or its length or tag is of a form that is not allowed.
    pub fn element(&mut self) -> Result<(u8, &'a [u8]), DecodeError> {
        let header = header(self.rest)?.ok_or(DecodeError::Truncated)?;
        let body = self.rest.get(header.length..).ok_or(DecodeError::Truncated)?;
        let (content, rest) = body.split_at_checked(header.content).ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok((header.tag, content))
    }

    /// The content of the next element, which must have this tag.
    ///
    /// # Errors
    /// Those of [`Reader::element`], and [`DecodeError::Tag`].
    pub fn expect(&mut self, tag: u8) -> Result<&'a [u8], DecodeError> {
        let (found, content) = self.element()?;
        (found == tag).then_some(content).ok_or(DecodeError::Tag)
    }

    /// Makes sure that nothing is left.
    ///
    /// # Errors
    /// [`DecodeError::Trailing`].
    pub fn end(&self) -> Result<(), DecodeError> {
        self.rest.is_empty().then_some(()).ok_or(DecodeError::Trailing)
    }
}

/// The length in bytes of the message that `bytes` start with, header included; `None` while too few bytes are there to tell.
///
/// # Errors
/// When the bytes cannot be the start of an LDAP message, or of one that is too long.
pub fn message_length(bytes: &[u8]) -> Result<Option<usize>, DecodeError> {
    if bytes.first().is_some_and(|tag| *tag != SEQUENCE) {
        return Err(DecodeError::Tag);
    }
    let Some(header) = header(bytes)? else { return Ok(None) };
    let total = header.length.saturating_add(header.content);
    if total > MESSAGE_LENGTH_MAX {
        return Err(DecodeError::TooLong);
    }
    Ok(Some(total))
}

/// Makes sure that no element nests deeper than [`DEPTH_MAX`], before a decoder that recurses sees the bytes.
///
/// # Errors
/// [`DecodeError::TooDeep`], or what is wrong with a length on the way.
pub fn check_depth(bytes: &[u8]) -> Result<(), DecodeError> {
    let mut open = [0_usize; DEPTH_MAX];
    let (mut depth, mut at) = (0_usize, 0_usize);
    while at < bytes.len() {
        while depth > 0 && open.get(depth - 1).is_some_and(|end| *end <= at) {
            depth -= 1;
        }
        let header = header(bytes.get(at..).unwrap_or_default())?.ok_or(DecodeError::Truncated)?;
        let content = at.saturating_add(header.length);
        let end = content.saturating_add(header.content);
        if end > bytes.len() {
            return Err(DecodeError::Truncated);
        }
        if header.tag & 0x20 == 0 {
            at = end;
            continue;
        }
        *open.get_mut(depth).ok_or(DecodeError::TooDeep)? = end;
        depth += 1;
        at = content;
    }
    Ok(())
}

struct Header {
    tag: u8,
    /// Of tag and length together.
    length: usize,
    content: usize,
}

fn header(bytes: &[u8]) -> Result<Option<Header>, DecodeError> {
    let [tag, first, rest @ ..] = bytes else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        return Err(DecodeError::Tag);
    }
    if first & 0x80 == 0 {
        return Ok(Some(Header { tag: *tag, length: 2, content: usize::from(*first) }));
    }
    let count = usize::from(first & 0x7f);
    if !(1..=4).contains(&count) {
        return Err(DecodeError::Length);
    }
    let Some(digits) = rest.get(..count) else { return Ok(None) };
    let content = digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit));
    Ok(Some(Header { tag: *tag, length: 2 + count, content }))
}
