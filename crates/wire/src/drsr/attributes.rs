//! The four attributes that are asked for, and how they are named by prefix tables (MS-DRSR 5.12, 5.16.4).
//!
//! An attribute is a 32-bit number: in its upper half the index of a prefix in a table that comes with the message, in its lower half
//! the last arc of the object identifier. Each side has a table of its own, so a number means nothing without the message it came in.

use super::DrsrError;
use crate::ndr::{Decoder, Encoder};

/// 1.2.840.113556.1.4, without the last arc.
const PREFIX_1_4: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01, 0x04];
/// 1.2.840.113556.1.2, without the last arc.
const PREFIX_1_2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01, 0x02];
/// The indexes that every domain controller gives these prefixes (MS-DRSR 5.16.4); ours as well, which spares confusion.
const INDEX_1_4: u32 = 9;
const INDEX_1_2: u32 = 2;
/// A schema signature that nobody has: 0xFF, a version and a GUID (MS-DRSR 5.185). Samba wants one; its content may be anything.
const SCHEMA_INFO: [u8; 21] = [0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// An attribute that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    /// isDeleted, 1.2.840.113556.1.2.48.
    Deleted,
    /// userAccountControl, 1.2.840.113556.1.4.8.
    AccountControl,
    /// unicodePwd, 1.2.840.113556.1.4.90.
    Password,
    /// pwdLastSet, 1.2.840.113556.1.4.96.
    PasswordLastSet,
}

const WANTED: [(Attribute, &[u8], u32, u16); 4] = [
    (Attribute::AccountControl, PREFIX_1_4, INDEX_1_4, 8),
    (Attribute::Password, PREFIX_1_4, INDEX_1_4, 90),
    (Attribute::PasswordLastSet, PREFIX_1_4, INDEX_1_4, 96),
    (Attribute::Deleted, PREFIX_1_2, INDEX_1_2, 48),
];

/// PARTIAL_ATTR_VECTOR_V1_EXT (MS-DRSR 5.140) with what is asked for.
pub(super) fn encode_wanted(encoder: &mut Encoder) {
    encoder.count(WANTED.len());
    encoder.u32(1);
    encoder.u32(0);
    encoder.count(WANTED.len());
    for (_, _, index, arc) in WANTED {
        encoder.u32(index << 16 | u32::from(arc));
    }
}

/// The fixed part of a SCHEMA_PREFIX_TABLE (MS-DRSR 5.182).
pub(super) fn encode_prefix_table(encoder: &mut Encoder) {
    encoder.count(PREFIXES.len());
    encoder.pointer(true);
}

const PREFIXES: [(u32, &[u8]); 3] = [(INDEX_1_2, PREFIX_1_2), (INDEX_1_4, PREFIX_1_4), (0, &SCHEMA_INFO)];

/// What the pointer of the prefix table leads to.
pub(super) fn encode_prefixes(encoder: &mut Encoder) {
    encoder.count(PREFIXES.len());
    for (index, prefix) in PREFIXES {
        encoder.u32(index);
        encoder.count(prefix.len());
        encoder.pointer(true);
    }
    for (_, prefix) in PREFIXES {
        encoder.byte_array(prefix);
    }
}

/// The numbers that the wanted attributes have in one reply.
pub(super) struct Names([(Attribute, Option<u32>); 4]);

impl Names {
    /// When the reply has no prefix table: it then can have no attributes either.
    pub(super) const fn none() -> Self {
        Self([
            (Attribute::AccountControl, None),
            (Attribute::Password, None),
            (Attribute::PasswordLastSet, None),
            (Attribute::Deleted, None),
        ])
    }

    /// Reads what the pointer of a prefix table with this PrefixCount leads to.
    pub(super) fn decode(decoder: &mut Decoder<'_>, count: u32) -> Result<Self, DrsrError> {
        let count = decoder.conformance(count, 12)?;
        let mut entries = Vec::with_capacity(count);
        for _ in 0..count {
            entries.push((decoder.u32()?, decoder.u32()?, decoder.pointer()?));
        }
        let mut names = WANTED.map(|(attribute, ..)| (attribute, None));
        for (index, length, there) in entries {
            if !there {
                continue;
            }
            let prefix = decoder.byte_array(length)?;
            let Ok(index) = u16::try_from(index) else { continue };
            for ((_, number), (_, wanted, _, arc)) in names.iter_mut().zip(WANTED) {
                if prefix == wanted {
                    *number = Some(u32::from(index) << 16 | u32::from(arc));
                }
            }
        }
        Ok(Self(names))
    }

    pub(super) fn attribute(&self, number: u32) -> Option<Attribute> {
        self.0.iter().find(|(_, known)| *known == Some(number)).map(|(attribute, _)| *attribute)
    }
}
