//! Replies that no domain controller sends.

use proptest::prelude::*;

use super::super::secrets::{self, SealedPassword};
use super::super::{DrsrError, decode_bind_reply, decode_reply, decode_unbind_reply};
use super::captured::{INCREMENT, SESSION_KEY};
use super::messages::BIND_REPLY;
use super::synthetic;
use crate::ndr::NdrError;

/// Numbers without a pattern, the same in every run (xorshift64).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }
}

/// Changes one to eight places: a bit, a byte, or four bytes that are a count or a pointer somewhere.
fn damage(bytes: &mut Vec<u8>, noise: &mut Noise) {
    for _ in 0..=noise.below(8) {
        let at = noise.below(bytes.len());
        match noise.below(5) {
            0 => bytes[at] ^= 1 << noise.below(8),
            1 => bytes[at] = noise.next().to_le_bytes()[0],
            2 => {
                let at = (at & !3).min(bytes.len() - 4);
                let extreme = [0, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX, 0x10_0001][noise.below(6)];
                bytes[at..at + 4].copy_from_slice(&u32::to_le_bytes(extreme));
            }
            3 => drop(bytes.remove(at)),
            _ => bytes.insert(at, 0),
        }
        if bytes.len() < 16 {
            return;
        }
    }
}

#[test]
fn a_hundred_thousand_damaged_replies_do_no_harm() {
    let mut noise = Noise(0x5eed_c0ff_ee00);
    let synthetic = synthetic::reply(6, 3, 2);
    let (mut refused, mut taken) = (0, 0);
    for round in 0..100_000 {
        let mut bytes = if round % 2 == 0 { INCREMENT.to_vec() } else { synthetic.clone() };
        damage(&mut bytes, &mut noise);
        // The return value comes first: without this most rounds would end there.
        if let Some(status) = bytes.last_chunk_mut() {
            *status = [0; 4];
        }
        match decode_reply(&bytes) {
            Ok(reply) => {
                taken += 1;
                for sealed in reply.objects.iter().filter_map(|object| object.password.as_ref()?.sealed.as_ref()) {
                    let _ = secrets::open(sealed, SESSION_KEY);
                }
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 50_000 && taken > 1_000, "{refused} refused, {taken} taken: the damage is not of both kinds");
}

#[test]
fn damaged_secrets_never_open() {
    let reply = decode_reply(INCREMENT).unwrap();
    assert_eq!(reply.objects.len(), 5);
    let at = INCREMENT.windows(4).position(|window| window == [0x24, 0, 0, 0]).unwrap();
    let payload = INCREMENT.windows(36).skip(at).find(|payload| secrets::open(&SealedPassword::new(payload, Some(1)), SESSION_KEY).is_ok());
    let payload = payload.unwrap();
    for bit in 0..36 * 8 {
        let mut damaged = payload.to_vec();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let opened = secrets::open(&SealedPassword::new(&damaged, Some(1)), SESSION_KEY);
        assert_eq!(opened.err(), Some(secrets::SecretError::Checksum), "bit {bit}");
    }
    for length in (0..36).chain([37, 4096]) {
        let mut other = payload.to_vec();
        other.resize(length, 0);
        let opened = secrets::open(&SealedPassword::new(&other, Some(1)), SESSION_KEY);
        assert_eq!(opened.err(), Some(secrets::SecretError::Length), "{length} bytes");
    }
    assert_eq!(secrets::open(&SealedPassword::new(payload, None), SESSION_KEY).err(), Some(secrets::SecretError::NoRid));
}

/// The place of cNumObjects in a reply.
const OBJECT_COUNT: usize = 8 + 32 + 8 + 48 + 4 + 8 + 4;

#[test]
fn the_list_is_as_long_as_the_reply_says() {
    for count in [0_u32, 4, 6, u32::MAX] {
        let mut bytes = INCREMENT.to_vec();
        assert_eq!(bytes[OBJECT_COUNT..OBJECT_COUNT + 4], [5, 0, 0, 0]);
        bytes[OBJECT_COUNT..OBJECT_COUNT + 4].copy_from_slice(&count.to_le_bytes());
        assert_eq!(decode_reply(&bytes).err(), Some(DrsrError::Objects), "{count}");
    }
}

/// Where the fields of the naming context's DSNAME lie in the captured reply.
const SID_LENGTH: usize = 0x9c;
const NAME_LENGTH: usize = 0xcc;

#[test]
fn a_name_is_as_long_as_it_says() {
    let damaged = |at: usize, from: u8, to: u8| {
        let mut bytes = INCREMENT.to_vec();
        assert_eq!(bytes[at], from);
        bytes[at] = to;
        decode_reply(&bytes).err()
    };
    assert_eq!(damaged(NAME_LENGTH, 25, 24), Some(DrsrError::Ndr(NdrError::Count)), "its terminator counts in one place only");
    assert_eq!(damaged(SID_LENGTH, 24, 29), Some(DrsrError::Field("SidLen")), "there is room for 28 bytes");
}

#[test]
fn compressed_and_unknown_versions_are_refused() {
    for (version, expected) in [(2_u32, DrsrError::Compressed), (7, DrsrError::Compressed), (9, DrsrError::Version(9))] {
        let mut bytes = INCREMENT.to_vec();
        bytes[..4].copy_from_slice(&version.to_le_bytes());
        bytes[4..8].copy_from_slice(&version.to_le_bytes());
        assert_eq!(decode_reply(&bytes).err(), Some(expected));
    }
    let mut bytes = INCREMENT.to_vec();
    bytes[4] = 1;
    assert_eq!(decode_reply(&bytes).err(), Some(DrsrError::Field("pdwOutVersion")), "two versions in one reply");
}

#[test]
fn a_list_as_long_as_can_be_is_read_without_going_deep() {
    let people = 20_000;
    let bytes = synthetic::reply(6, people, 0);
    let read = std::thread::Builder::new().stack_size(256 * 1024).spawn(move || decode_reply(&bytes).map(|reply| reply.objects.len()));
    assert_eq!(read.unwrap().join().unwrap(), Ok(people));
}

#[test]
fn data_behind_the_reply_is_refused() {
    let mut bytes = INCREMENT.to_vec();
    bytes.extend([0; 64]);
    assert_eq!(decode_reply(&bytes).err(), Some(DrsrError::Ndr(NdrError::Trailing)));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(mut bytes: Vec<u8>) {
        let _ = (decode_reply(&bytes).is_ok(), decode_bind_reply(&bytes), decode_unbind_reply(&bytes));
        bytes.extend([0; 4]);
        let _ = (decode_reply(&bytes).is_ok(), decode_bind_reply(&bytes), decode_unbind_reply(&bytes));
    }

    #[test]
    fn any_damage_to_a_bind_reply_is_read_or_refused(at in 0..84_usize, value: u8) {
        let mut bytes = BIND_REPLY.to_vec();
        bytes[at] = value;
        let _ = decode_bind_reply(&bytes);
    }
}
