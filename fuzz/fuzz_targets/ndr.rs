//! Any bytes as parameters of a call, read as the first of them say.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samesign_wire::ndr::{Decoder, NdrError};

fuzz_target!(|bytes: &[u8]| {
    let Some((program, parameters)) = bytes.split_first_chunk::<16>() else { return };
    let _ = read(program, Decoder::new(parameters));
});

fn read(program: &[u8], mut decoder: Decoder<'_>) -> Result<(), NdrError> {
    for step in program {
        let before = decoder.remaining();
        match step % 9 {
            0 => drop(decoder.u16()?),
            1 => drop(decoder.u32()?),
            2 => drop(decoder.u64()?),
            3 => drop(decoder.i64()?),
            4 => drop(decoder.uuid()?),
            5 => drop(decoder.pointer()?),
            6 => decoder.align(usize::from(step / 9))?,
            7 => {
                let count = decoder.u32()?;
                let length = decoder.byte_array(count)?.len();
                assert!(length <= before);
            }
            _ => {
                let count = decoder.u32()?;
                let elements = decoder.conformance(count, usize::from(step / 9))?;
                assert!(elements <= before, "room would be made for more than the message holds");
            }
        }
        assert!(decoder.remaining() <= before);
    }
    decoder.end()
}
