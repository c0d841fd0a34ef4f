//! Opening and closing: who we are, and what each side can do.

use super::status::Status;
use super::{DrsrError, Uuid};
use crate::ndr::{Decoder, Encoder, NdrError};

/// The context that a domain controller keeps for us between calls (DRS_HANDLE, MS-DRSR 5.42).
pub type Handle = [u8; 20];

/// NTDSAPI_CLIENT_GUID (MS-DRSR 5.138): says that we are no domain controller.
const CLIENT: Uuid = [0x1a, 0x20, 0x4d, 0xe2, 0xd6, 0x4f, 0xd1, 0x11, 0xa3, 0xda, 0x00, 0x00, 0xf8, 0x75, 0xae, 0x0d];

/// DRS_EXT_BASE.
const BASE: u32 = 0x0000_0001;
/// DRS_EXT_STRONG_ENCRYPTION: secrets are sent encrypted; without it a domain controller sends none.
const STRONG_ENCRYPTION: u32 = 0x0000_8000;
/// DRS_EXT_GETCHGREQ_V8.
const REQUEST_V8: u32 = 0x0100_0000;
/// DRS_EXT_GETCHGREPLY_V6.
const REPLY_V6: u32 = 0x0400_0000;
/// What we can do. Neither compression (DRS_EXT_GETCHG_DEFLATE, DRS_EXT_W2K3_DEFLATE) nor replies of version 9.
const ABILITIES: u32 = BASE | STRONG_ENCRYPTION | REQUEST_V8 | REPLY_V6;

/// dwFlags to dwReplEpoch of DRS_EXTENSIONS_INT, in bytes; what follows is optional.
const EXTENSIONS_LENGTH: usize = 28;
/// Extensions have some fifty bytes; a domain controller of the future may have more.
const EXTENSIONS_LENGTH_MAX: u32 = 10_000;

/// What a domain controller answered to IDL_DRSBind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// For the calls that follow.
    pub handle: Handle,
    /// Whether it takes requests of version 8, the only ones we make (DRS_EXT_GETCHGREQ_V8).
    pub takes_request_v8: bool,
    /// dwReplEpoch: not 0 once the domain was renamed. It answers nobody who says another than this.
    pub replication_epoch: u32,
}

/// The request of IDL_DRSBind (MS-DRSR 4.1.3). `replication_epoch` is 0, or what [`Bound::replication_epoch`] told.
pub fn encode_bind(replication_epoch: u32) -> Vec<u8> {
    let mut encoder = Encoder::new();
    encoder.pointer(true);
    encoder.uuid(&CLIENT);
    encoder.pointer(true);
    encoder.count(EXTENSIONS_LENGTH);
    encoder.count(EXTENSIONS_LENGTH);
    encoder.u32(ABILITIES);
    encoder.uuid(&[0; 16]);
    encoder.u32(0);
    encoder.u32(replication_epoch);
    encoder.finish()
}

/// The reply of IDL_DRSBind.
///
/// # Errors
/// When the domain controller refused, or the bytes are not such a reply.
pub fn decode_bind_reply(stub: &[u8]) -> Result<Bound, DrsrError> {
    refusal(stub)?;
    let mut decoder = Decoder::new(stub);
    if !decoder.pointer()? {
        return Err(NdrError::Null.into());
    }
    let maximum = decoder.u32()?;
    let length = decoder.u32()?;
    if maximum != length || length > EXTENSIONS_LENGTH_MAX {
        return Err(NdrError::Count.into());
    }
    let extensions = decoder.bytes(usize::try_from(length).map_err(|_| NdrError::Count)?)?;
    let (flags, replication_epoch) = read_extensions(extensions).ok_or(DrsrError::Field("ppextServer"))?;
    decoder.align(4)?;
    let handle = decoder.array()?;
    decoder.u32()?;
    decoder.end()?;
    Ok(Bound { handle, takes_request_v8: flags & REQUEST_V8 != 0, replication_epoch })
}

/// dwFlags and dwReplEpoch of DRS_EXTENSIONS_INT (MS-DRSR 5.39). A short one has no epoch, which is 0.
fn read_extensions(bytes: &[u8]) -> Option<(u32, u32)> {
    let flags = u32::from_le_bytes(*bytes.first_chunk()?);
    let epoch = bytes.get(24..EXTENSIONS_LENGTH).and_then(|epoch| epoch.first_chunk().copied());
    Some((flags, epoch.map_or(0, u32::from_le_bytes)))
}

/// The request of IDL_DRSUnbind (MS-DRSR 4.1.25).
pub fn encode_unbind(handle: &Handle) -> Vec<u8> {
    handle.to_vec()
}

/// The reply of IDL_DRSUnbind.
///
/// # Errors
/// When the domain controller refused, or the bytes are not such a reply.
pub fn decode_unbind_reply(stub: &[u8]) -> Result<(), DrsrError> {
    refusal(stub)?;
    let mut decoder = Decoder::new(stub);
    decoder.array::<20>()?;
    decoder.u32()?;
    Ok(decoder.end()?)
}

/// The return value is the last thing of every reply. After a refusal nothing before it means anything.
pub(super) fn refusal(stub: &[u8]) -> Result<(), DrsrError> {
    let code = stub.last_chunk().ok_or(NdrError::Truncated)?;
    Status::of(u32::from_le_bytes(*code)).map_or(Ok(()), |status| Err(DrsrError::Refused(status)))
}
