//! Asking for changes.

use super::attributes::{encode_prefix_table, encode_prefixes, encode_wanted};
use super::vectors::encode_up_to_date;
use super::{Cursor, DsName, Handle, UsnVector, Uuid};
use crate::ndr::Encoder;

/// DRS_INIT_SYNC: a cycle of replication.
const INIT_SYNC: u32 = 0x0000_0020;
/// DRS_WRIT_REP: of a full replica; others get no secrets.
const WRITABLE: u32 = 0x0000_0010;
/// The least that all domain controllers take for a reply, which they only take as a hint, in bytes.
const REPLY_LENGTH: u32 = 10 * 1024 * 1024;

/// What kind of answer is wanted (ulExtendedOp, MS-DRSR 4.1.10.2.22).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extended {
    /// What changed in a naming context.
    None,
    /// One object, changed or not (EXOP_REPL_OBJ).
    Object,
}

/// A request of IDL_DRSGetNCChanges: four attributes of what changed, never compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// From IDL_DRSBind.
    pub handle: Handle,
    /// The naming context, or the single object.
    pub target: &'a DsName,
    /// The invocationId of the domain controller that `from` is of; zeros when there is none.
    pub source_invocation_id: Uuid,
    /// How far we got with this domain controller.
    pub from: UsnVector,
    /// What we know of all domain controllers.
    pub up_to_date: &'a [Cursor],
    /// The most objects wanted in one reply; a domain controller may send fewer.
    pub objects_max: u32,
    /// What kind of answer is wanted.
    pub extended: Extended,
}

/// The request of IDL_DRSGetNCChanges, version 8 (MS-DRSR 4.1.10.2.6).
pub fn encode_request(request: &Request<'_>) -> Vec<u8> {
    let mut encoder = Encoder::new();
    encoder.bytes(&request.handle);
    encoder.u32(8);
    encoder.u32(8);
    encoder.align(8);
    // No destination: we are no domain controller, and want no notification.
    encoder.uuid(&[0; 16]);
    encoder.uuid(&request.source_invocation_id);
    encoder.pointer(true);
    request.from.encode(&mut encoder);
    let has_up_to_date = !request.up_to_date.is_empty();
    encoder.pointer(has_up_to_date);
    encoder.u32(INIT_SYNC | WRITABLE);
    encoder.u32(request.objects_max);
    encoder.u32(REPLY_LENGTH);
    encoder.u32(match request.extended {
        Extended::None => 0,
        Extended::Object => 6,
    });
    encoder.u64(0);
    encoder.pointer(true);
    encoder.pointer(false);
    encode_prefix_table(&mut encoder);

    request.target.encode(&mut encoder);
    if has_up_to_date {
        encoder.align(4);
        encode_up_to_date(&mut encoder, request.up_to_date);
    }
    encode_wanted(&mut encoder);
    encode_prefixes(&mut encoder);
    encoder.finish()
}
