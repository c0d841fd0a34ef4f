//! The names of objects.

use super::{DrsrError, Uuid};
use crate::ndr::{Decoder, Encoder, NdrError};

/// A SID with five subauthorities, the room that a DSNAME has for one.
const SID_ROOM: usize = 28;
/// The fields before StringName, in bytes.
const FIXED: usize = 56;

/// An object to ask for, by its objectGUID and, where it is known, its distinguished name (DSNAME, MS-DRSR 5.50).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DsName {
    /// objectGUID; all zeros when only the name is known.
    pub guid: Uuid,
    /// Distinguished name; may be empty when the objectGUID is known.
    pub name: String,
}

impl DsName {
    pub(super) fn encode(&self, encoder: &mut Encoder) {
        let units: Vec<u16> = self.name.encode_utf16().collect();
        let with_terminator = units.len() + 1;
        encoder.count(with_terminator);
        encoder.count(FIXED + 2 * with_terminator);
        encoder.u32(0);
        encoder.uuid(&self.guid);
        encoder.bytes(&[0; SID_ROOM]);
        encoder.count(units.len());
        for unit in units {
            encoder.u16(unit);
        }
        encoder.u16(0);
    }
}

/// What a reply tells of an object's identity. Its name is left where it is.
pub(super) struct Identity {
    pub(super) guid: Uuid,
    /// The last subauthority of its objectSid; `None` for what is no security principal.
    pub(super) rid: Option<u32>,
}

impl Identity {
    pub(super) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DrsrError> {
        let with_terminator = decoder.u32()?;
        let _length = decoder.u32()?;
        let sid_length = decoder.u32()?;
        let guid = decoder.uuid()?;
        let sid = decoder.array::<SID_ROOM>()?;
        let name_length = decoder.u32()?;
        if name_length.checked_add(1) != Some(with_terminator) {
            return Err(NdrError::Count.into());
        }
        let name = usize::try_from(with_terminator).ok().and_then(|units| units.checked_mul(2)).ok_or(NdrError::Count)?;
        decoder.bytes(name)?;
        let sid_length = usize::try_from(sid_length).map_err(|_| DrsrError::Field("SidLen"))?;
        let sid = sid.get(..sid_length).ok_or(DrsrError::Field("SidLen"))?;
        Ok(Self { guid, rid: rid(sid) })
    }
}

/// The RID of a SID (MS-DTYP 2.4.2.2): revision, number of subauthorities, six bytes of authority, then the subauthorities.
fn rid(sid: &[u8]) -> Option<u32> {
    let [1, count, ..] = sid else { return None };
    let (_, last) = sid.split_last_chunk::<4>()?;
    (*count > 0 && sid.len() == 8 + 4 * usize::from(*count)).then(|| u32::from_le_bytes(*last))
}
