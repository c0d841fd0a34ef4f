//! Cuts a file into records at its blank lines. Holds one record and one block in memory, never the file.

use std::io::Read;

use memchr::memchr;
use zeroize::Zeroizing;

use super::LdifError;

/// How much is asked of the file at a time, in bytes.
const BLOCK: usize = 256 * 1024;
/// A record longer than this is refused, in bytes.
const RECORD_MAX: usize = 128 * 1024 * 1024;

/// One record as it stands in the file: the lines between two blank lines.
pub struct RecordText<'a> {
    /// The lines, with their line ends.
    pub bytes: &'a [u8],
    /// The number of the first line, from 1.
    pub line: usize,
    /// Whether an empty line ends it. Only the last record of a file can lack one.
    pub closed: bool,
}

/// Reads records one after the other.
///
/// The buffer is wiped when it goes, for an export may hold NT hashes.
pub struct Records<R> {
    reader: R,
    buffer: Zeroizing<Vec<u8>>,
    filled: usize,
    start: usize,
    line: usize,
    begun: bool,
    ended: bool,
}

impl<R: Read> Records<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, buffer: Zeroizing::new(vec![0; BLOCK]), filled: 0, start: 0, line: 1, begun: false, ended: false }
    }

    /// The next record; `None` at the end of the file.
    pub fn next(&mut self) -> Result<Option<RecordText<'_>>, LdifError> {
        if !self.begun {
            self.begin()?;
        }
        let (mut length, mut lines) = (0, 0);
        while let Some(line_length) = self.line_at(self.start + length)? {
            let line_end = self.start + length + line_length;
            if !is_blank(self.window(self.start + length, line_end)) {
                (length, lines) = (length + line_length, lines + 1);
            } else if lines == 0 {
                (self.start, self.line) = (line_end, self.line + 1);
            } else {
                return Ok(Some(self.take(length, lines, line_length)));
            }
        }
        Ok((lines > 0).then(|| self.take(length, lines, 0)))
    }

    /// Hands out a record and steps over it and the blank line behind it.
    fn take(&mut self, length: usize, lines: usize, blank: usize) -> RecordText<'_> {
        let (start, line) = (self.start, self.line);
        self.start += length + blank;
        self.line += lines + usize::from(blank > 0);
        RecordText { bytes: self.window(start, start + length), line, closed: blank > 0 }
    }

    /// The length of the line that begins at `at`, its line feed included; `None` at the end of the file.
    ///
    /// May move the buffer's content: `at` counts from `self.start`, which moves with it.
    fn line_at(&mut self, at: usize) -> Result<Option<usize>, LdifError> {
        let offset = at - self.start;
        let mut searched = 0;
        loop {
            let rest = self.window(self.start + offset, self.filled);
            if let Some(found) = memchr(b'\n', rest.get(searched..).unwrap_or_default()) {
                return Ok(Some(searched + found + 1));
            }
            searched = rest.len();
            if self.ended {
                return Ok((searched > 0).then_some(searched));
            }
            self.fill()?;
        }
    }

    /// Reads the first block and steps over a UTF-8 byte order mark.
    fn begin(&mut self) -> Result<(), LdifError> {
        self.begun = true;
        while self.filled < 3 && !self.ended {
            self.fill()?;
        }
        match self.window(0, self.filled) {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(LdifError::Utf16),
            [0xef, 0xbb, 0xbf, ..] => {
                self.start = 3;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Moves the unfinished record to the front, makes room for a block, and reads.
    fn fill(&mut self) -> Result<(), LdifError> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.filled, 0);
            (self.filled, self.start) = (self.filled - self.start, 0);
        }
        if self.filled > RECORD_MAX {
            return Err(LdifError::RecordTooLong { line: self.line });
        }
        if self.filled == self.buffer.len() {
            let mut larger = Zeroizing::new(vec![0; self.buffer.len() * 2]);
            if let Some(front) = larger.get_mut(..self.buffer.len()) {
                front.copy_from_slice(&self.buffer);
            }
            self.buffer = larger;
        }
        match self.reader.read(self.buffer.get_mut(self.filled..).unwrap_or_default()) {
            Ok(0) => self.ended = true,
            Ok(count) => self.filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(LdifError::Read(error)),
        }
        Ok(())
    }

    fn window(&self, from: usize, to: usize) -> &[u8] {
        self.buffer.get(from..to).unwrap_or_default()
    }
}

fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n" | b"\r" | b"")
}
