//! What is written is what C706 draws, and nothing that is read can exceed the message.

use proptest::prelude::*;

use super::{Decoder, Encoder, NdrError};

#[test]
fn values_are_aligned_from_the_beginning() {
    let mut encoder = Encoder::new();
    encoder.bytes(&[0xaa]);
    encoder.u16(0x0201);
    encoder.u64(0x0807_0605_0403_0201);
    encoder.pointer(true);
    encoder.pointer(false);
    encoder.pointer(true);
    encoder.byte_array(&[7, 8, 9]);
    encoder.u32(1);
    #[rustfmt::skip]
    let bytes = [
        0xaa, 0, // filler
        1, 2, 0, 0, 0, 0, // unsigned short, filler
        1, 2, 3, 4, 5, 6, 7, 8, // unsigned hyper
        0, 0, 2, 0, // first referent
        0, 0, 0, 0, // null
        4, 0, 2, 0, // second referent
        3, 0, 0, 0, 7, 8, 9, 0, // maximum count, bytes, filler
        1, 0, 0, 0, // unsigned long
    ];
    assert_eq!(encoder.finish(), bytes);
    assert_eq!(read(&bytes), Ok(()));
    for end in 0..bytes.len() {
        assert!(read(&bytes[..end]).is_err(), "{end}");
    }
}

fn read(bytes: &[u8]) -> Result<(), NdrError> {
    let mut decoder = Decoder::new(bytes);
    assert_eq!(decoder.array::<1>()?, [0xaa]);
    assert_eq!(decoder.u16()?, 0x0201);
    assert_eq!(decoder.u64()?, 0x0807_0605_0403_0201);
    assert_eq!([decoder.pointer()?, decoder.pointer()?, decoder.pointer()?], [true, false, true]);
    assert_eq!(decoder.byte_array(3)?, [7, 8, 9]);
    assert_eq!(decoder.u32()?, 1);
    decoder.end()
}

#[test]
fn a_count_that_the_message_cannot_hold_is_refused() {
    let bytes = [0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4];
    assert_eq!(Decoder::new(&bytes).conformance(u32::MAX, 40), Err(NdrError::Count));
    assert_eq!(Decoder::new(&bytes).conformance(2, 1), Err(NdrError::Count), "the two counts differ");
    let bytes = [4, 0, 0, 0, 1, 2, 3];
    assert_eq!(Decoder::new(&bytes).byte_array(4), Err(NdrError::Count));
}

#[test]
fn what_follows_the_parameters_is_refused() {
    assert_eq!(Decoder::new(&[0; 7]).end(), Ok(()));
    assert_eq!(Decoder::new(&[0; 8]).end(), Err(NdrError::Trailing));
}

proptest! {
    #[test]
    fn what_was_written_is_read(short: u16, long: u32, hyper: i64, uuid: [u8; 16], bytes: Vec<u8>) {
        let mut encoder = Encoder::new();
        encoder.u16(short);
        encoder.i64(hyper);
        encoder.byte_array(&bytes);
        encoder.uuid(&uuid);
        encoder.u32(long);
        let written = encoder.finish();
        let mut decoder = Decoder::new(&written);
        prop_assert_eq!(decoder.u16(), Ok(short));
        prop_assert_eq!(decoder.i64(), Ok(hyper));
        prop_assert_eq!(decoder.byte_array(u32::try_from(bytes.len()).unwrap()), Ok(bytes.as_slice()));
        prop_assert_eq!(decoder.uuid(), Ok(uuid));
        prop_assert_eq!(decoder.u32(), Ok(long));
        prop_assert_eq!(decoder.end(), Ok(()));
    }
}
