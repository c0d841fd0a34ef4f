//! Bounded reading of little-endian fields.

use super::Malformed;

/// Takes fields off the front of a slice.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which begin at `position` of the PDU: alignment counts from its first byte.
    pub(super) fn new(bytes: &'a [u8], position: usize) -> Self {
        Self { rest: bytes, position }
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (part, rest) = self.rest.split_at_checked(length).ok_or(Malformed::Short)?;
        self.rest = rest;
        self.position += length;
        Ok(part)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (part, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed::Short)?;
        self.rest = rest;
        self.position += N;
        Ok(*part)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u16_big_endian(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    /// A u32 that counts bytes or elements.
    pub(super) fn length(&mut self) -> Result<usize, Malformed> {
        usize::try_from(self.u32()?).map_err(|_| Malformed::Length)
    }

    /// Skips to the next multiple of `boundary`.
    pub(super) fn align(&mut self, boundary: usize) -> Result<(), Malformed> {
        self.take(self.position.next_multiple_of(boundary) - self.position).map(drop)
    }

    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn end(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed::Long) }
    }
}

/// Zeroes up to the next multiple of `boundary`.
pub(super) fn pad(out: &mut Vec<u8>, boundary: usize) {
    out.resize(out.len().next_multiple_of(boundary), 0);
}
