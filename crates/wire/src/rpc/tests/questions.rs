//! The question to the endpoint mapper, and its answers.

use super::MAPPED;
use crate::rpc::epm::{MapAnswer, STATUS_NOT_REGISTERED, map_request, map_response};
use crate::rpc::{Interface, Malformed};

const DRS: Interface = Interface::DIRECTORY_REPLICATION;
/// Where the tower begins in [`MAPPED`], and how long it is with its padding and the lengths before it.
const TOWER: usize = 48;
const ENTRY: std::ops::Range<usize> = 40..124;

#[test]
fn the_question_names_the_interface_over_tcp() {
    let stub = map_request(&DRS);
    assert_eq!(stub[..20], [&[0, 0, 2, 0][..], &[0; 16]].concat(), "no particular object");
    assert_eq!(stub[20..32], [4, 0, 2, 0, 75, 0, 0, 0, 75, 0, 0, 0], "a tower of 75 bytes");
    let mut tower = MAPPED[TOWER..TOWER + 75].to_vec();
    tower[64..66].copy_from_slice(&[0, 0]);
    assert_eq!(stub[32..107], tower, "as in the answer, but without a port");
    assert_eq!(stub[107..], [&[0][..], &[0; 20], &[4, 0, 0, 0]].concat(), "padding, no entry handle, four towers at most");
}

#[test]
fn the_answer_names_the_port() {
    assert_eq!(map_response(&MAPPED, &DRS), Ok(MapAnswer::Ports(vec![49153])));
}

#[test]
fn towers_of_something_else_are_left_out() {
    let ports = |at: usize, value: u8| {
        let mut stub = MAPPED;
        stub[TOWER + at] = value;
        map_response(&stub, &DRS)
    };
    let none = Ok(MapAnswer::Ports(Vec::new()));
    assert_eq!(map_response(&MAPPED, &Interface::ENDPOINT_MAPPER), none, "another interface");
    assert_eq!(ports(21, 3), none, "another major version");
    assert_eq!(ports(25, 1), Ok(MapAnswer::Ports(vec![49153])), "a newer minor version serves");
    assert_eq!(ports(30, 0xff), none, "another transfer syntax");
    assert_eq!(ports(54, 0x0a), none, "connectionless");
    assert_eq!(ports(61, 0x08), none, "UDP");
    let mut no_port = MAPPED;
    no_port[TOWER + 64..TOWER + 66].copy_from_slice(&[0, 0]);
    assert_eq!(map_response(&no_port, &DRS), none, "port 0 is none");
}

#[test]
fn several_towers_are_read_in_order_and_absent_ones_skipped() {
    let mut second = MAPPED[ENTRY].to_vec();
    second[8 + 65] = 2;
    let stub = [
        &MAPPED[..20],
        &[3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0],
        &[3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0],
        &MAPPED[ENTRY],
        &second,
        &[0; 4],
    ]
    .concat();
    assert_eq!(map_response(&stub, &DRS), Ok(MapAnswer::Ports(vec![49153, 49154])));
}

#[test]
fn a_refusal_is_told() {
    let stub = [&[0; 20][..], &[0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[0xd6, 0xa0, 0xc9, 0x16]].concat();
    assert_eq!(map_response(&stub, &DRS), Ok(MapAnswer::Refused(STATUS_NOT_REGISTERED)));
}

#[test]
fn counts_that_contradict_each_other_are_refused() {
    let changed = |at: usize, value: u8| {
        let mut stub = MAPPED;
        stub[at] = value;
        map_response(&stub, &DRS)
    };
    assert_eq!(changed(20, 2), Err(Malformed::Length), "more towers than listed");
    assert_eq!(changed(24, 0), Err(Malformed::Length), "more than there may be");
    assert_eq!(changed(28, 1), Err(Malformed::Length), "an offset");
    assert_eq!(changed(44, 74), Err(Malformed::Length), "two lengths of one tower");
    assert_eq!(changed(TOWER, 17), Err(Malformed::Tower), "too many floors");
    assert_eq!(changed(TOWER, 4), Err(Malformed::Long), "too few floors");
    assert_eq!(changed(TOWER, 6), Err(Malformed::Short), "a floor that is not there");
    let mut many = MAPPED;
    (many[20], many[24], many[32]) = (5, 5, 5);
    assert_eq!(map_response(&many, &DRS), Err(Malformed::Length), "more than were asked for");
}
