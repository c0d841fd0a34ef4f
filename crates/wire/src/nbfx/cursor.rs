//! The bytes that are still to be read. Every read is checked against what is there.

use super::Error;

/// A place in a document.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (part, rest) = self.0.split_at_checked(length).ok_or(Error::Truncated)?;
        self.0 = rest;
        Ok(part)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (part, rest) = self.0.split_first_chunk::<N>().ok_or(Error::Truncated)?;
        self.0 = rest;
        Ok(*part)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Error> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// A length as UINT8.
    pub(super) fn length_8(&mut self) -> Result<usize, Error> {
        self.u8().map(usize::from)
    }

    /// A length as UINT16.
    pub(super) fn length_16(&mut self) -> Result<usize, Error> {
        self.array().map(|bytes| usize::from(u16::from_le_bytes(bytes)))
    }

    /// A length as INT32, which must not be negative.
    pub(super) fn length_32(&mut self) -> Result<usize, Error> {
        usize::try_from(i32::from_le_bytes(self.array()?)).map_err(|_| Error::Length)
    }

    /// MultiByteInt31 ([MC-NBFX] 2.1.2): seven bits per byte, the lowest first, at most 31 bits.
    pub(super) fn int31(&mut self) -> Result<u32, Error> {
        let mut value = 0_u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.u8()?;
            let bits = u32::from(byte & 0x7f);
            if shift == 28 && byte > 0x07 {
                return Err(Error::Length);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Error::Length)
    }

    /// String ([MC-NBFX] 2.1.3): its length in bytes as MultiByteInt31, then UTF-8.
    pub(super) fn string(&mut self) -> Result<&'a str, Error> {
        let length = usize::try_from(self.int31()?).map_err(|_| Error::Length)?;
        utf8(self.take(length)?)
    }
}

pub(super) fn utf8(bytes: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(bytes).map_err(|_| Error::Unicode)
}
