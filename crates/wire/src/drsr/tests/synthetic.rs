//! Replies made by hand, with what Samba never sends: version 1, the newer vector, several values, no SID, other prefix indexes.

use super::super::{Cursor, decode_reply};
use crate::ndr::Encoder;

const PREFIX: [u8; 7] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01];

/// A reply of this version with this many people and links.
pub fn reply(version: u32, people: usize, links: usize) -> Vec<u8> {
    let mut out = Encoder::new();
    out.u32(version);
    out.u32(version);
    out.align(8);
    out.uuid(&[1; 16]);
    out.uuid(&[2; 16]);
    out.pointer(false);
    (0..6).for_each(|usn| out.i64(usn));
    out.pointer(true);
    out.u32(3);
    out.pointer(true);
    out.u32(1);
    out.count(people);
    out.u32(0);
    out.pointer(people > 0);
    out.u32(1);
    if version == 6 {
        (0..2).for_each(|_| out.u32(0));
        out.count(links);
        out.pointer(links > 0);
        out.u32(0);
    }
    up_to_date(&mut out, if version == 6 { 2 } else { 1 });
    prefixes(&mut out);
    for person in 1..=people {
        element(&mut out, person < people);
    }
    for person in (1..=people).rev() {
        pointees(&mut out, u32::try_from(person).unwrap());
    }
    if links > 0 {
        self::links(&mut out, links);
    }
    out.u32(0);
    out.finish()
}

fn up_to_date(out: &mut Encoder, version: u32) {
    out.u32(2);
    out.align(8);
    [version, 0, 2, 0].into_iter().for_each(|field| out.u32(field));
    for cursor in [5, 6] {
        out.align(8);
        out.uuid(&[cursor; 16]);
        out.i64(cursor.into());
        if version == 2 {
            out.i64(13_000_000_000);
        }
    }
}

/// Indexes that differ from ours, and a third entry that leads nowhere.
fn prefixes(out: &mut Encoder) {
    out.u32(3);
    for (index, length, there) in [(77, 8, true), (0x1234, 8, true), (5, 0, false)] {
        out.u32(index);
        out.u32(length);
        out.pointer(there);
    }
    for last in [4, 2] {
        out.byte_array(&[&PREFIX[..], &[last]].concat());
    }
}

fn element(out: &mut Encoder, has_next: bool) {
    out.pointer(has_next);
    out.pointer(true);
    out.u32(0);
    out.u32(5);
    out.pointer(true);
    out.u32(0);
    out.pointer(true);
    out.pointer(true);
}

fn name(out: &mut Encoder, person: u32, with_sid: bool) {
    out.u32(3);
    out.u32(62);
    out.u32(if with_sid { 28 } else { 0 });
    out.uuid(&[person.to_le_bytes()[0]; 16]);
    out.bytes(&[1, 5, 0, 0, 0, 0, 0, 5]);
    [21, 1, 2, 3, person].into_iter().for_each(|part| out.bytes(&u32::to_le_bytes(part)));
    out.u32(2);
    "CN\0".encode_utf16().for_each(|unit| out.u16(unit));
}

/// A foreign attribute with two values, then isDeleted, unicodePwd, pwdLastSet, userAccountControl.
fn pointees(out: &mut Encoder, person: u32) {
    name(out, person, person % 2 == 1);
    out.u32(5);
    for (number, count) in [(5 << 16 | 1, 2), (0x1234 << 16 | 48, 1), (77 << 16 | 90, 1), (77 << 16 | 96, 1), (77 << 16 | 8, 1)] {
        out.u32(number);
        out.u32(count);
        out.pointer(true);
    }
    values(out, &[b"one", b"twelve bytes"]);
    values(out, &[&[1, 0, 0, 0]]);
    values(out, &[&[9; 36]]);
    values(out, &[&(-1_i64).to_le_bytes()]);
    values(out, &[&person.to_le_bytes()]);
    out.uuid(&[8; 16]);
    out.u32(5);
    out.align(8);
    out.u32(5);
    for stamp in 0..5 {
        out.align(8);
        out.u32(10 + stamp);
        out.i64(11_644_473_600 + i64::from(stamp));
        out.uuid(&[2; 16]);
        out.i64(3);
    }
}

fn values(out: &mut Encoder, values: &[&[u8]]) {
    out.count(values.len());
    for value in values {
        out.count(value.len());
        out.pointer(true);
    }
    values.iter().for_each(|value| out.byte_array(value));
}

fn links(out: &mut Encoder, count: usize) {
    out.count(count);
    for _ in 0..count {
        out.align(8);
        out.pointer(true);
        out.u32(2);
        out.u32(3);
        out.pointer(true);
        out.u32(1);
        out.align(8);
        out.bytes(&[0; 48]);
    }
    for link in 0..count {
        name(out, u32::try_from(link).unwrap(), true);
        out.byte_array(&[1, 2, 3]);
    }
}

#[test]
fn both_versions_tell_the_same() {
    for (version, links) in [(1, 0), (6, 0), (6, 3)] {
        let bytes = reply(version, 3, links);
        let read = decode_reply(&bytes).map_err(|error| format!("version {version}: {error:?}")).unwrap();
        assert_eq!((read.invocation_id, read.to.high_object_update, read.more, read.extended_result), ([2; 16], 3, true, 1));
        let cursors = [5, 6].map(|cursor| Cursor { invocation_id: [cursor; 16], usn: cursor.into() });
        assert_eq!(read.up_to_date, Some(cursors.to_vec()));
        for (index, object) in read.objects.iter().enumerate() {
            let person = u32::try_from(index).unwrap() + 1;
            assert_eq!(object.guid, [person.to_le_bytes()[0]; 16], "in the order of the list");
            assert_eq!((object.deleted, object.account_control, object.password_last_set), (Some(true), Some(person), Some(-1)));
            let password = object.password.as_ref().unwrap();
            assert_eq!((password.version, password.changed), (12, 2), "the stamp in the same place as the attribute");
            assert!(password.sealed.is_some());
        }
        for end in 0..bytes.len() {
            assert!(decode_reply(&bytes[..end]).is_err(), "version {version}, {end}");
        }
    }
}
