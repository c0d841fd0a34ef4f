//! What the messages say.

use super::{BIND_ACK, BIND_NAK, FAULT, SEALED};
use crate::rpc::auth::{self, Parts, Trailer, kind};
use crate::rpc::pdu::{self, Accepted, Body, ContextResult, Header, Kind, Pdu, RequestFragment};
use crate::rpc::{Interface, Malformed};

#[test]
fn a_bind_ack_tells_what_was_agreed() {
    let pdu = Pdu::decode(&BIND_ACK).unwrap();
    assert_eq!(pdu.header, Header { kind: Kind::BindAck, flags: 3, fragment_length: 60, auth_length: 0, call_id: 1 });
    let result = ContextResult { result: 0, reason: 0, syntax: Interface::NDR };
    let accepted = Accepted { transmit_length_max: 5840, receive_length_max: 5840, association_group: 0x846b, result };
    assert_eq!(pdu.body, Body::Accepted(accepted));
    assert_eq!((pdu.trailer, pdu.auth_value), (None, &[][..]));
}

#[test]
fn refusals_tell_their_reason() {
    assert_eq!(Pdu::decode(&BIND_NAK).unwrap().body, Body::Rejected { reason: 4 });
    let pdu = Pdu::decode(&FAULT).unwrap();
    assert!(pdu.header.is_first() && pdu.header.is_last());
    assert_eq!(pdu.body, Body::Fault { context_id: 0, status: 0x1c01_0002 });
}

#[test]
fn a_sealed_response_is_cut_up_for_its_signature() {
    let pdu = Pdu::decode(&SEALED).unwrap();
    assert_eq!(pdu.trailer, Some(Trailer::privacy(kind::KERBEROS)));
    assert_eq!(pdu.body, Body::Response { context_id: 0, stub: &SEALED[24..88] });
    assert_eq!(pdu.auth_value, &SEALED[96..]);
    let mut bytes = SEALED;
    let parts = Parts::of(&mut bytes, 76).unwrap();
    assert_eq!((&*parts.header, &*parts.sealed), (&SEALED[..24], &SEALED[24..88]));
    assert_eq!((&*parts.trailer, &*parts.auth_value), (&SEALED[88..96], &SEALED[96..]));
}

#[test]
fn only_a_trailer_of_the_same_mechanism_level_and_context_agrees() {
    let agreed = Trailer::privacy(kind::KERBEROS);
    assert!(Trailer { pad_length: 5, ..agreed }.agrees_with(&agreed));
    assert!(!Trailer { kind: kind::NTLM, ..agreed }.agrees_with(&agreed));
    assert!(!Trailer { level: 5, ..agreed }.agrees_with(&agreed));
    assert!(!Trailer { context_id: 1, ..agreed }.agrees_with(&agreed));
}

#[test]
fn a_bind_proposes_one_interface_and_carries_a_token() {
    let bind =
        pdu::bind(Kind::Bind, 7, 0, &Interface::DIRECTORY_REPLICATION, Some((Trailer::privacy(kind::KERBEROS), &[0xaa; 5]))).unwrap();
    #[rustfmt::skip]
    let expected = [
        &[0x05, 0x00, 0x0b, 0x07, 0x10, 0x00, 0x00, 0x00][..], // PTYPE = bind; first, last, header signing
        &[85, 0, 5, 0, 7, 0, 0, 0],                            // frag_length, auth_length, call_id
        &[0xd0, 0x16, 0xd0, 0x16, 0, 0, 0, 0],                 // max_xmit_frag, max_recv_frag, assoc_group_id
        &[1, 0, 0, 0, 0, 0, 1, 0],                             // one context: its id, one transfer syntax
        &Interface::DIRECTORY_REPLICATION.uuid, &[4, 0, 0, 0],
        &Interface::NDR.uuid, &[2, 0, 0, 0],
        &[16, 6, 0, 0, 0, 0, 0, 0],                            // Kerberos, packet privacy, no padding, context 0
        &[0xaa; 5],
    ].concat();
    assert_eq!(bind, expected);
    let plain = pdu::bind(Kind::Bind, 1, 0, &Interface::ENDPOINT_MAPPER, None).unwrap();
    assert_eq!((plain.len(), plain[3]), (72, 0x03), "without security no header is signed");
    assert_eq!(pdu::bind(Kind::Bind, 1, 0, &Interface::NDR, Some((Trailer::privacy(16), &[0; 65_536]))), Err(Malformed::TooLong));
}

#[test]
fn the_last_leg_of_a_handshake_is_padded_and_carries_its_token() {
    let auth3 = pdu::auth3(2, Trailer::privacy(kind::NTLM), &[1, 2, 3]).unwrap();
    #[rustfmt::skip]
    assert_eq!(auth3, [
        5, 0, 16, 3, 16, 0, 0, 0, 31, 0, 3, 0, 2, 0, 0, 0,
        0, 0, 0, 0, // pad
        10, 6, 0, 0, 0, 0, 0, 0, 1, 2, 3,
    ]);
}

#[test]
fn a_request_is_padded_for_its_seal_and_knows_its_lengths() {
    let request = RequestFragment { call_id: 9, opnum: 3, stub: &[0x55; 20], rest_length: 20, first: true };
    let sealed = auth::seal_request(&request, Trailer::privacy(kind::KERBEROS), 76).unwrap();
    assert_eq!(sealed[..24], [5, 0, 0, 3, 16, 0, 0, 0, 140, 0, 76, 0, 9, 0, 0, 0, 20, 0, 0, 0, 0, 0, 3, 0]);
    assert_eq!(sealed[24..56], [&[0x55; 20][..], &[0; 12]].concat(), "the stub, up to a multiple of 16");
    assert_eq!(sealed[56..64], [16, 6, 12, 0, 0, 0, 0, 0], "the trailer tells of the padding");
    assert_eq!(sealed[64..], [0; 76], "room for the signature");
    let plain = pdu::request(&request).unwrap();
    assert_eq!((plain.len(), &plain[8..12]), (44, &[44, 0, 0, 0][..]));
    let first_of_two = pdu::request(&RequestFragment { rest_length: 21, ..request }).unwrap();
    assert_eq!(first_of_two[3], 0x01, "not the last");
    let last_of_two = pdu::request(&RequestFragment { first: false, ..request }).unwrap();
    assert_eq!(last_of_two[3], 0x02, "not the first");
}

#[test]
fn a_full_fragment_is_as_long_as_the_server_takes_and_no_longer() {
    let room = auth::stub_length_max(5840, 76);
    assert_eq!(room, 5728);
    let stub = vec![0; room];
    let request = RequestFragment { call_id: 1, opnum: 3, stub: &stub, rest_length: room + 1, first: true };
    let sealed = auth::seal_request(&request, Trailer::privacy(kind::KERBEROS), 76).unwrap();
    assert!(sealed.len() <= 5840 && sealed.len() + 16 > 5840, "{}", sealed.len());
    assert_eq!(auth::stub_length_max(100, 76), 0);
}
