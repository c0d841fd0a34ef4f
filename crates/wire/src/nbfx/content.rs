//! Reading whole elements: their children and their values, whatever records another writer chose for them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Error, Event, Name, Reader, Value};

impl<'a> Reader<'a> {
    /// Inside an element: opens its next child, passing over text and comments; `None` when the element ended.
    pub fn next_child(&mut self) -> Result<Option<Name<'a>>, Error> {
        loop {
            match self.next_event()?.ok_or(Error::Truncated)? {
                Event::Start(name) => return Ok(Some(name)),
                Event::End => return Ok(None),
                Event::Text(_) | Event::Comment(_) => {}
            }
        }
    }

    /// After an element was opened: passes over all of it.
    pub fn skip(&mut self) -> Result<(), Error> {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.next_event()?.ok_or(Error::Truncated)? {
                Event::Start(_) => depth += 1,
                Event::End => depth -= 1,
                Event::Text(_) | Event::Comment(_) => {}
            }
        }
        Ok(())
    }

    /// After the root element ended: makes sure that nothing follows.
    pub fn finish(&mut self) -> Result<(), Error> {
        while self.next_event()?.is_some() {}
        Ok(())
    }

    /// After an element was opened: its characters up to its end. A child element is an error.
    pub fn text(&mut self) -> Result<Cow<'a, str>, Error> {
        let mut text = Cow::Borrowed("");
        while let Some(value) = self.next_value()? {
            self.append(&mut text, value.text())?;
        }
        Ok(text)
    }

    /// After an element was opened: its content as bytes, given as such or in Base64, up to its end.
    pub fn bytes(&mut self) -> Result<Vec<u8>, Error> {
        let (mut bytes, mut text) = (Vec::new(), Cow::Borrowed(""));
        while let Some(value) = self.next_value()? {
            match value {
                // Writers split long data into records at will, so pieces of bytes are simply joined.
                Value::Bytes(part) if text.is_empty() => bytes.extend_from_slice(part),
                value => {
                    if !bytes.is_empty() {
                        text = Cow::Owned(STANDARD.encode(std::mem::take(&mut bytes)));
                    }
                    self.append(&mut text, value.text())?;
                }
            }
        }
        if text.is_empty() {
            return Ok(bytes);
        }
        let compact: String = text.chars().filter(|character| !character.is_ascii_whitespace()).collect();
        STANDARD.decode(compact).map_err(|_| Error::Type)
    }

    /// After an element was opened: its content as a boolean (`true`, `false`, `1`, `0`), up to its end.
    pub fn boolean(&mut self) -> Result<bool, Error> {
        match self.text()?.trim() {
            "true" | "True" | "1" => Ok(true),
            "false" | "False" | "0" => Ok(false),
            _ => Err(Error::Type),
        }
    }

    /// After an element was opened: its content as an integer, up to its end.
    pub fn integer(&mut self) -> Result<i64, Error> {
        self.text()?.trim().parse().map_err(|_| Error::Type)
    }

    /// The next piece of content; `None` when the element ended.
    fn next_value(&mut self) -> Result<Option<Value<'a>>, Error> {
        loop {
            match self.next_event()?.ok_or(Error::Truncated)? {
                Event::Text(value) => return Ok(Some(value)),
                Event::End => return Ok(None),
                Event::Start(_) => return Err(Error::UnexpectedElement),
                Event::Comment(_) => {}
            }
        }
    }

    fn append(&self, text: &mut Cow<'a, str>, piece: Cow<'a, str>) -> Result<(), Error> {
        if text.len() + piece.len() > self.limits.bytes_max {
            return Err(Error::TooLarge);
        }
        if text.is_empty() {
            *text = piece;
        } else {
            text.to_mut().push_str(&piece);
        }
        Ok(())
    }
}
