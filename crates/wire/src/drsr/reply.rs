//! The answer to a request for changes.

use super::attributes::Names;
use super::bind::refusal;
use super::dsname::Identity;
use super::objects::{self, ReplicatedObject};
use super::status::Status;
use super::vectors::{UsnVector, decode_up_to_date};
use super::{Cursor, DrsrError, Uuid};
use crate::ndr::{Decoder, NdrError};

/// Link values one reply may hold (MS-DRSR 4.1.10.2.12).
const LINKS_MAX: u32 = 1_048_576;
/// REPLVALINF_V1 without what its pointers lead to, in bytes.
const LINK_LENGTH: usize = 72;

/// A reply of IDL_DRSGetNCChanges. Holds sealed passwords, so it can be neither printed nor compared.
pub struct Reply {
    /// The invocationId of the domain controller now: what `to` is of.
    pub invocation_id: Uuid,
    /// Where to go on with this domain controller.
    pub to: UsnVector,
    /// What is known of all domain controllers, once a cycle has ended.
    pub up_to_date: Option<Vec<Cursor>>,
    /// Objects that changed, in the order in which they were sent.
    pub objects: Vec<ReplicatedObject>,
    /// Whether the cycle goes on.
    pub more: bool,
    /// How a request for a single object ended: 1 is success (MS-DRSR 4.1.10.2.21).
    pub extended_result: u32,
}

/// The reply of IDL_DRSGetNCChanges, version 1 or 6 (MS-DRSR 4.1.10.2.10 and .12).
///
/// # Errors
/// When the domain controller refused, or the bytes are not such a reply.
pub fn decode_reply(stub: &[u8]) -> Result<Reply, DrsrError> {
    refusal(stub)?;
    let mut decoder = Decoder::new(stub);
    let version = decoder.u32()?;
    if decoder.u32()? != version {
        return Err(DrsrError::Field("pdwOutVersion"));
    }
    match version {
        1 | 6 => message(decoder, version == 6),
        2 | 7 => Err(DrsrError::Compressed),
        _ => Err(DrsrError::Version(version)),
    }
}

fn message(mut decoder: Decoder<'_>, has_links: bool) -> Result<Reply, DrsrError> {
    decoder.align(8)?;
    decoder.uuid()?;
    let invocation_id = decoder.uuid()?;
    let has_naming_context = decoder.pointer()?;
    UsnVector::decode(&mut decoder)?;
    let to = UsnVector::decode(&mut decoder)?;
    let has_up_to_date = decoder.pointer()?;
    let prefixes = decoder.u32()?;
    let has_prefixes = decoder.pointer()?;
    let extended_result = decoder.u32()?;
    let object_count = decoder.u32()?;
    let _length = decoder.u32()?;
    let has_objects = decoder.pointer()?;
    let more = decoder.u32()? != 0;
    let links = if has_links { Some(link_fields(&mut decoder)?) } else { None };

    if has_naming_context {
        Identity::decode(&mut decoder)?;
    }
    let up_to_date = if has_up_to_date { Some(decode_up_to_date(&mut decoder)?) } else { None };
    let names = if has_prefixes { Names::decode(&mut decoder, prefixes)? } else { Names::none() };
    let objects = objects::decode(&mut decoder, has_objects, object_count, &names)?;
    if let Some(count) = links.flatten() {
        skip_links(&mut decoder, count)?;
    }
    decoder.u32()?;
    decoder.end()?;
    Ok(Reply { invocation_id, to, up_to_date, objects, more, extended_result })
}

/// What version 6 has more than version 1: the number of link values, if there is anything behind their pointer.
fn link_fields(decoder: &mut Decoder<'_>) -> Result<Option<u32>, DrsrError> {
    let _objects_in_context = decoder.u32()?;
    let _links_in_context = decoder.u32()?;
    let count = decoder.u32()?;
    let there = decoder.pointer()?;
    if let Some(status) = Status::of(decoder.u32()?) {
        return Err(DrsrError::Refused(status));
    }
    if count > LINKS_MAX || (count > 0 && !there) {
        return Err(NdrError::Count.into());
    }
    Ok(there.then_some(count))
}

/// REPLVALINF_V1 (MS-DRSR 5.168): group members and the like, which come behind the objects. Nothing of them is needed.
fn skip_links(decoder: &mut Decoder<'_>, count: u32) -> Result<(), DrsrError> {
    let count = decoder.conformance(count, LINK_LENGTH)?;
    let mut pointees = Vec::with_capacity(count);
    for _ in 0..count {
        decoder.align(8)?;
        let has_object = decoder.pointer()?;
        decoder.u32()?;
        let length = decoder.u32()?;
        let has_value = decoder.pointer()?;
        decoder.u32()?;
        decoder.align(8)?;
        decoder.bytes(8 + 40)?;
        pointees.push((has_object, has_value.then_some(length)));
    }
    for (has_object, value) in pointees {
        if has_object {
            Identity::decode(decoder)?;
        }
        if let Some(length) = value {
            decoder.byte_array(length)?;
        }
    }
    Ok(())
}
