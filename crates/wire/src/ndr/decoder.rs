//! Reading. Nothing is allocated by a count that the message cannot hold.

/// Why bytes are not the parameters that were expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NdrError {
    /// The bytes end before the parameters do.
    #[error("the parameters are cut short")]
    Truncated,
    /// Bytes follow the last parameter.
    #[error("data follows the parameters")]
    Trailing,
    /// An array's count is more than the message can hold, or than the protocol allows, or its two counts differ.
    #[error("the count of an array is not valid")]
    Count,
    /// A pointer is null that must not be.
    #[error("a pointer is null that must not be")]
    Null,
}

/// A place in the parameters of a call ("stub data"). Alignment counts from where they begin.
#[derive(Clone, Copy)]
pub struct Decoder<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Decoder<'a> {
    /// Begins at the first byte of the stub data.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes that are still to be read.
    pub const fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    /// Skips the filler before a value of this alignment, in bytes (C706 14.2.2). Its content means nothing.
    ///
    /// # Errors
    /// [`NdrError::Truncated`].
    pub fn align(&mut self, alignment: usize) -> Result<(), NdrError> {
        let at = self.at.next_multiple_of(alignment.max(1));
        if at > self.bytes.len() {
            return Err(NdrError::Truncated);
        }
        self.at = at;
        Ok(())
    }

    /// The next bytes, without alignment.
    ///
    /// # Errors
    /// [`NdrError::Truncated`].
    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8], NdrError> {
        let rest = self.bytes.get(self.at..).ok_or(NdrError::Truncated)?;
        let (part, _) = rest.split_at_checked(length).ok_or(NdrError::Truncated)?;
        self.at += length;
        Ok(part)
    }

    /// The next bytes as an array, without alignment.
    ///
    /// # Errors
    /// [`NdrError::Truncated`].
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], NdrError> {
        self.bytes(N)?.first_chunk().copied().ok_or(NdrError::Truncated)
    }

    /// An unsigned short.
    ///
    /// # Errors
    /// [`NdrError::Truncated`].
    pub fn u16(&mut self) -> Result<u16, NdrError> {
        self.align(2)?;
        self.array().map(u16::from_le_bytes)
    }

    /// An unsigned long.
    ///
    /// # Errors
    /// [`NdrError::Truncated`].
    pub fn u32(&mut self) -> Result<u32, NdrError> {
        self.align(4)?;
        self.array().map(u32::from_le_bytes)
    }

    /// An unsigned hyper.
    ///
    /// # Errors
    /// [`NdrError::Truncated`].
    pub fn u64(&mut self) -> Result<u64, NdrError> {
        self.align(8)?;
        self.array().map(u64::from_le_bytes)
    }

    /// A hyper.
    ///
    /// # Errors
    /// [`NdrError::Truncated`].
    pub fn i64(&mut self) -> Result<i64, NdrError> {
        self.align(8)?;
        self.array().map(i64::from_le_bytes)
    }

    /// A UUID as its 16 bytes lie, the first three fields little-endian (C706 appendix A, MS-DTYP 2.3.4).
    ///
    /// # Errors
    /// [`NdrError::Truncated`].
    pub fn uuid(&mut self) -> Result<[u8; 16], NdrError> {
        self.align(4)?;
        self.array()
    }

    /// A unique pointer (C706 14.3.12.2): whether it leads anywhere.
    ///
    /// # Errors
    /// [`NdrError::Truncated`].
    pub fn pointer(&mut self) -> Result<bool, NdrError> {
        self.u32().map(|referent| referent != 0)
    }

    /// The maximum count before a conformant array (C706 14.3.3.2), which must be `count`, the field that tells its size. Makes sure
    /// that the message can hold as many elements of `element` bytes (its least size, at least 1), so that room may be made for them.
    ///
    /// # Errors
    /// [`NdrError::Count`] or [`NdrError::Truncated`].
    pub fn conformance(&mut self, count: u32, element: usize) -> Result<usize, NdrError> {
        if self.u32()? != count {
            return Err(NdrError::Count);
        }
        let count = usize::try_from(count).map_err(|_| NdrError::Count)?;
        let size = count.checked_mul(element.max(1)).ok_or(NdrError::Count)?;
        if size > self.remaining() { Err(NdrError::Count) } else { Ok(count) }
    }

    /// A conformant array of bytes behind a pointer; `count` is the field that tells its size.
    ///
    /// # Errors
    /// [`NdrError::Count`] or [`NdrError::Truncated`].
    pub fn byte_array(&mut self, count: u32) -> Result<&'a [u8], NdrError> {
        let length = self.conformance(count, 1)?;
        self.bytes(length)
    }

    /// Says that all has been read. Up to seven bytes of filler may follow.
    ///
    /// # Errors
    /// [`NdrError::Trailing`].
    pub fn end(self) -> Result<(), NdrError> {
        if self.remaining() < 8 { Ok(()) } else { Err(NdrError::Trailing) }
    }
}
