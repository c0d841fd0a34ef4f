//! Any bytes as a binary XML document, with and without a string table before it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samesign_wire::nbfx::{Error, Event, Limits, Reader};

fuzz_target!(|bytes: &[u8]| {
    let _ = Reader::new(bytes, Limits::default()).and_then(read);
    let _ = Reader::with_string_table(bytes, Limits::default()).and_then(read);
});

fn read(mut reader: Reader<'_>) -> Result<(), Error> {
    while let Some(event) = reader.next_event()? {
        match event {
            Event::Start(_) => reader.attributes().iter().for_each(|attribute| drop(attribute.value.text())),
            Event::Text(value) => drop(value.text()),
            Event::End | Event::Comment(_) => {}
        }
    }
    Ok(())
}
