//! How far replication got: of one domain controller, and of all of them.

use super::{DrsrError, Uuid};
use crate::ndr::{Decoder, Encoder, NdrError};

/// Cursors a vector may have (MS-DRSR 5.166).
const CURSORS_MAX: u32 = 1_048_576;

/// How far a reader got with one domain controller (USN_VECTOR, MS-DRSR 5.208). Means nothing to any other, so it is only sent back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsnVector {
    /// usnHighObjUpdate.
    pub high_object_update: i64,
    /// usnReserved.
    pub reserved: i64,
    /// usnHighPropUpdate.
    pub high_property_update: i64,
}

impl UsnVector {
    pub(super) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, NdrError> {
        Ok(Self { high_object_update: decoder.i64()?, reserved: decoder.i64()?, high_property_update: decoder.i64()? })
    }

    pub(super) fn encode(&self, encoder: &mut Encoder) {
        encoder.i64(self.high_object_update);
        encoder.i64(self.reserved);
        encoder.i64(self.high_property_update);
    }
}

/// All changes up to this one that were made at a domain controller are known (UPTODATE_CURSOR_V1, MS-DRSR 5.163).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// uuidDsa: the invocationId under which the changes were made.
    pub invocation_id: Uuid,
    /// usnHighPropUpdate.
    pub usn: i64,
}

/// UPTODATE_VECTOR_V1_EXT (MS-DRSR 5.166).
pub(super) fn encode_up_to_date(encoder: &mut Encoder, cursors: &[Cursor]) {
    encoder.count(cursors.len());
    encoder.align(8);
    encoder.u32(1);
    encoder.u32(0);
    encoder.count(cursors.len());
    encoder.u32(0);
    for cursor in cursors {
        encoder.align(8);
        encoder.uuid(&cursor.invocation_id);
        encoder.i64(cursor.usn);
    }
}

/// UPTODATE_VECTOR_V1_EXT or UPTODATE_VECTOR_V2_EXT (MS-DRSR 5.166, 5.167). The time of the second is not needed.
pub(super) fn decode_up_to_date(decoder: &mut Decoder<'_>) -> Result<Vec<Cursor>, DrsrError> {
    let maximum = decoder.u32()?;
    decoder.align(8)?;
    let version = decoder.u32()?;
    decoder.u32()?;
    let count = decoder.u32()?;
    decoder.u32()?;
    let size = match version {
        1 => 24,
        2 => 32,
        _ => return Err(DrsrError::Field("pUpToDateVecSrc.dwVersion")),
    };
    let length = usize::try_from(count).map_err(|_| NdrError::Count)?;
    if maximum != count || count > CURSORS_MAX || length.saturating_mul(size) > decoder.remaining() {
        return Err(NdrError::Count.into());
    }
    let mut cursors = Vec::with_capacity(length);
    for _ in 0..length {
        decoder.align(8)?;
        cursors.push(Cursor { invocation_id: decoder.uuid()?, usn: decoder.i64()? });
        if version == 2 {
            decoder.i64()?;
        }
    }
    Ok(cursors)
}
