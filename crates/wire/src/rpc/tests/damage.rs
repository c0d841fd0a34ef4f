//! Bytes that are not what they should be: an error each, never a panic, and nothing is made out of lengths alone.

use proptest::prelude::*;

use super::{BIND_ACK, BIND_NAK, FAULT, MAPPED, SEALED};
use crate::rpc::auth::Parts;
use crate::rpc::epm::map_response;
use crate::rpc::pdu::{Header, Pdu};
use crate::rpc::{Interface, Malformed};

const MESSAGES: [&[u8]; 4] = [&BIND_ACK, &BIND_NAK, &FAULT, &SEALED];

#[test]
fn no_part_of_a_message_is_one() {
    for message in MESSAGES {
        assert!(Pdu::decode(message).is_ok());
        for end in 0..message.len() {
            assert_eq!(Pdu::decode(&message[..end]), Err(Malformed::Short), "{end} of {message:x?}");
        }
        assert_eq!(Pdu::decode(&[message, &[0]].concat()), Err(Malformed::Long));
    }
    for end in 0..MAPPED.len() {
        assert!(map_response(&MAPPED[..end], &Interface::DIRECTORY_REPLICATION).is_err());
    }
    assert!(map_response(&[&MAPPED[..], &[0]].concat(), &Interface::DIRECTORY_REPLICATION).is_err());
}

/// A message that is cut short and says so in its header.
#[test]
fn a_message_with_a_part_missing_is_refused_whatever_its_length_says() {
    for (message, shortest) in [(&BIND_ACK[..], 60), (&BIND_NAK, 18), (&FAULT, 28)] {
        for end in 16..shortest {
            let mut part = message[..end].to_vec();
            part[8..10].copy_from_slice(&u16::try_from(end).unwrap().to_le_bytes());
            assert!(Pdu::decode(&part).is_err(), "{end} of {message:x?}");
        }
    }
}

#[test]
fn a_header_is_of_this_protocol_and_from_a_server() {
    let header = |at: usize, value: u8| {
        let mut bytes: [u8; 16] = SEALED[..16].try_into().unwrap();
        bytes[at] = value;
        Header::read(&bytes)
    };
    assert!(header(0, 5).is_ok());
    assert_eq!(header(0, 4), Err(Malformed::Version));
    assert_eq!(header(1, 1), Err(Malformed::Version));
    for kind in [0, 1, 4, 11, 14, 16, 17, 255] {
        assert_eq!(header(2, kind), Err(Malformed::Type), "a client is never sent a PDU of type {kind}");
    }
    assert_eq!(header(4, 0x00), Err(Malformed::DataRepresentation), "big-endian");
    assert_eq!(header(8, 99), Err(Malformed::Length), "shorter than its own signature");
    assert_eq!(header(11, 1), Err(Malformed::Length), "a signature longer than itself");
}

#[test]
fn padding_cannot_be_longer_than_what_it_pads() {
    let mut bytes = SEALED;
    bytes[90] = 73;
    assert_eq!(Pdu::decode(&bytes), Err(Malformed::Trailer));
}

#[test]
fn more_results_than_proposals_are_refused() {
    for results in [0, 2, 255] {
        let mut bytes = BIND_ACK;
        bytes[32] = results;
        assert_eq!(Pdu::decode(&bytes), Err(Malformed::Length));
    }
}

proptest! {
    #[test]
    fn damaged_messages_give_an_answer(which in 0..4_usize, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), end in any::<prop::sample::Index>()) {
        let mut bytes = MESSAGES[which].to_vec();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(pdu) = Pdu::decode(&bytes) {
            let length = pdu.header.auth_length;
            prop_assert!(pdu.auth_value.len() == usize::from(length));
            let _ = Parts::of(&mut bytes.clone(), length);
        }
        let end = end.index(bytes.len());
        let _ = Parts::of(&mut bytes[..end], 76);
    }

    #[test]
    fn damaged_answers_of_the_endpoint_mapper_give_an_answer(changes in prop::collection::vec((0..MAPPED.len(), any::<u8>()), 1..8)) {
        let mut bytes = MAPPED;
        for (at, value) in changes {
            bytes[at] = value;
        }
        let _ = map_response(&bytes, &Interface::DIRECTORY_REPLICATION);
    }

    #[test]
    fn any_bytes_give_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Pdu::decode(&bytes);
        let _ = map_response(&bytes, &Interface::DIRECTORY_REPLICATION);
    }
}
