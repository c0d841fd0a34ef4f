//! The envelope of SOAP 1.2 with WS-Addressing 1.0, written to and read from binary XML.

use crate::DecodeError;
use crate::nbfx::{Event, Name, Reader, Value, Word, Writer};

/// Namespace of the envelope, bound to prefix `s` in what is written.
pub const NAMESPACE: &str = "http://www.w3.org/2003/05/soap-envelope";
/// Namespace of the addressing headers, bound to prefix `a` in what is written.
pub const ADDRESSING: &str = "http://www.w3.org/2005/08/addressing";
/// Action of a fault that has none of its own (WS-Addressing SOAP Binding, section 6).
pub const FAULT_ACTION: &str = "http://www.w3.org/2005/08/addressing/soap/fault";

const ENVELOPE: Word<'_> = Word::new("Envelope");
const HEADER: Word<'_> = Word::new("Header");
const BODY: Word<'_> = Word::new("Body");
const ACTION: Word<'_> = Word::new("Action");
const MESSAGE_ID: Word<'_> = Word::new("MessageID");
const RELATES_TO: Word<'_> = Word::new("RelatesTo");
const REPLY_TO: Word<'_> = Word::new("ReplyTo");
const ADDRESS: Word<'_> = Word::new("Address");
const TO: Word<'_> = Word::new("To");
const MUST_UNDERSTAND: Word<'_> = Word::new("mustUnderstand");
const ANONYMOUS: &str = "http://www.w3.org/2005/08/addressing/anonymous";

/// Writes the envelope up to its first header, the action; other headers may follow.
pub fn start_envelope(writer: &mut Writer, action: &str) {
    writer.start("s", ENVELOPE);
    writer.xmlns("s", const { Word::new(NAMESPACE) });
    writer.xmlns("a", const { Word::new(ADDRESSING) });
    writer.start("s", HEADER);
    required(writer, ACTION, action);
}

/// Writes the headers that address a request: its id, where the answer goes, and the service's URL.
pub fn address_request(writer: &mut Writer, message_id: &str, to: &str) {
    writer.text_element("a", MESSAGE_ID, message_id);
    writer.start("a", REPLY_TO);
    writer.text_element("a", ADDRESS, ANONYMOUS);
    writer.end();
    required(writer, TO, to);
}

/// Writes the header that says which message is answered; nothing for an empty id.
pub fn address_response(writer: &mut Writer, relates_to: &str) {
    if !relates_to.is_empty() {
        writer.text_element("a", RELATES_TO, relates_to);
    }
}

/// Ends the headers and opens the body.
pub fn start_body(writer: &mut Writer) {
    writer.end();
    writer.start("s", BODY);
}

/// Closes the body and the envelope, and gives the message.
pub fn finish(mut writer: Writer) -> Vec<u8> {
    writer.end();
    writer.end();
    writer.into_bytes()
}

fn required(writer: &mut Writer, name: Word<'_>, text: &str) {
    writer.start("a", name);
    writer.attribute("s", MUST_UNDERSTAND, &Value::Int(1));
    writer.text_and_end(&Value::from(text));
}

/// Reads the envelope up to the first element of its body and gives that element's name.
///
/// Every header block is handed to `header`, which must read it to its end.
pub fn enter_body<'a>(
    reader: &mut Reader<'a>,
    mut header: impl FnMut(&mut Reader<'a>, Name<'a>) -> Result<(), DecodeError>,
) -> Result<Name<'a>, DecodeError> {
    root(reader)?;
    while let Some(name) = reader.next_child()? {
        match name {
            Name { namespace: NAMESPACE, local: "Header" } => {
                while let Some(block) = reader.next_child()? {
                    header(reader, block)?;
                }
            }
            Name { namespace: NAMESPACE, local: "Body" } => {
                return reader.next_child()?.ok_or(DecodeError::Missing { element: "Body" });
            }
            _ => reader.skip()?,
        }
    }
    Err(DecodeError::Missing { element: "Body" })
}

/// After the first element of the body was read to its end: reads the rest of the message and makes sure that nothing follows it.
pub fn leave(reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    while reader.next_child()?.is_some() {
        reader.skip()?;
    }
    while reader.next_child()?.is_some() {
        reader.skip()?;
    }
    Ok(reader.finish()?)
}

fn root(reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    loop {
        match reader.next_event()? {
            Some(Event::Start(Name { namespace: NAMESPACE, local: "Envelope" })) => return Ok(()),
            Some(Event::Comment(_)) => {}
            _ => return Err(DecodeError::Missing { element: "Envelope" }),
        }
    }
}
