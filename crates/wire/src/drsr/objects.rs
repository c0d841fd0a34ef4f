//! Objects in a reply.
//!
//! They are a linked list (REPLENTINFLIST, MS-DRSR 5.162) whose pointer to the next comes first. By the rules of NDR the fixed parts
//! of all objects therefore come first, then what their pointers lead to, the last object's first. A loop reads it; recursion
//! would go as deep as there are objects.

use super::attributes::{Attribute, Names};
use super::dsname::Identity;
use super::secrets::SealedPassword;
use super::{DrsrError, Uuid};
use crate::ndr::{Decoder, NdrError};

/// Seconds from 1601 to 1970: DSTIME counts from the one, Unix from the other.
const UNIX_EPOCH: i64 = 11_644_473_600;
/// PROPERTY_META_DATA_EXT (MS-DRSR 5.160), in bytes.
const STAMP_LENGTH: usize = 40;

/// What changed of one object. Holds a sealed password, so it can be neither printed nor compared.
pub struct ReplicatedObject {
    /// objectGUID.
    pub guid: Uuid,
    /// isDeleted, when it was sent.
    pub deleted: Option<bool>,
    /// userAccountControl (MS-ADTS 2.2.16), when it was sent.
    pub account_control: Option<u32>,
    /// pwdLastSet as a FILETIME (0: must be changed at next logon), when it was sent.
    pub password_last_set: Option<i64>,
    /// The password, when it was sent.
    pub password: Option<Password>,
}

/// A password that was set or cleared.
pub struct Password {
    /// How often the attribute was written (dwVersion of its stamp).
    pub version: u32,
    /// When, in seconds since 1970 UTC (timeChanged of its stamp).
    pub changed: i64,
    /// The hash; `None` when it was cleared.
    pub sealed: Option<SealedPassword>,
}

/// The fixed part of a list element: what its pointers lead to is read later.
struct Fixed {
    has_name: bool,
    attribute_count: u32,
    has_attributes: bool,
    has_parent: bool,
    has_stamps: bool,
}

/// Reads a list that must hold `count` objects.
pub(super) fn decode(decoder: &mut Decoder<'_>, mut there: bool, count: u32, names: &Names) -> Result<Vec<ReplicatedObject>, DrsrError> {
    let count = usize::try_from(count).map_err(|_| NdrError::Count)?;
    let mut list = Vec::new();
    while there {
        there = decoder.pointer()?;
        list.push(Fixed::decode(decoder)?);
    }
    if list.len() != count {
        return Err(DrsrError::Objects);
    }
    let mut objects = Vec::with_capacity(list.len());
    for fixed in list.iter().rev() {
        objects.push(object(decoder, fixed, names)?);
    }
    objects.reverse();
    Ok(objects)
}

impl Fixed {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, NdrError> {
        let has_name = decoder.pointer()?;
        let _flags = decoder.u32()?;
        let attribute_count = decoder.u32()?;
        let has_attributes = decoder.pointer()?;
        let _is_naming_context = decoder.u32()?;
        Ok(Self { has_name, attribute_count, has_attributes, has_parent: decoder.pointer()?, has_stamps: decoder.pointer()? })
    }
}

fn object(decoder: &mut Decoder<'_>, fixed: &Fixed, names: &Names) -> Result<ReplicatedObject, DrsrError> {
    if !fixed.has_name {
        return Err(NdrError::Null.into());
    }
    let identity = Identity::decode(decoder)?;
    let mut object =
        ReplicatedObject { guid: identity.guid, deleted: None, account_control: None, password_last_set: None, password: None };
    let mut password = None;
    if fixed.has_attributes {
        let read = |index, attribute, values: Values<'_>| {
            match attribute {
                Attribute::Deleted => object.deleted = values.first.map(|value| number(value).map(|flag| flag != 0)).transpose()?,
                Attribute::AccountControl => object.account_control = values.first.map(number).transpose()?,
                Attribute::PasswordLastSet => object.password_last_set = values.first.map(large_number).transpose()?,
                Attribute::Password => password = Some((index, values.first.map(|value| SealedPassword::new(value, identity.rid)))),
            }
            Ok(())
        };
        attributes(decoder, fixed.attribute_count, names, read)?;
    }
    if fixed.has_parent {
        decoder.uuid()?;
    }
    let stamps = if fixed.has_stamps { stamps(decoder)? } else { &[] };
    if let Some((index, sealed)) = password {
        let (version, changed) = stamp(stamps, index).ok_or(DrsrError::Field("pMetaDataExt"))?;
        object.password = Some(Password { version, changed, sealed });
    }
    Ok(object)
}

/// The values of one attribute, of which ours have at most one.
struct Values<'a> {
    first: Option<&'a [u8]>,
}

/// An ATTRBLOCK's array (MS-DRSR 5.10): hands on the wanted attributes with their place in it.
fn attributes<'a>(
    decoder: &mut Decoder<'a>,
    count: u32,
    names: &Names,
    mut read: impl FnMut(usize, Attribute, Values<'a>) -> Result<(), DrsrError>,
) -> Result<(), DrsrError> {
    let count = decoder.conformance(count, 12)?;
    let mut blocks = Vec::with_capacity(count);
    for _ in 0..count {
        blocks.push((decoder.u32()?, decoder.u32()?, decoder.pointer()?));
    }
    for (index, (number, value_count, there)) in blocks.into_iter().enumerate() {
        let first = if there { values(decoder, value_count)? } else { None };
        if let Some(attribute) = names.attribute(number) {
            read(index, attribute, Values { first })?;
        }
    }
    Ok(())
}

/// An ATTRVALBLOCK's array (MS-DRSR 5.16): the first value, the others skipped.
fn values<'a>(decoder: &mut Decoder<'a>, count: u32) -> Result<Option<&'a [u8]>, DrsrError> {
    let count = decoder.conformance(count, 8)?;
    let mut lengths = Vec::with_capacity(count);
    for _ in 0..count {
        let length = decoder.u32()?;
        lengths.push(decoder.pointer()?.then_some(length));
    }
    let mut first = None;
    for (index, length) in lengths.into_iter().enumerate() {
        let value = length.map(|length| decoder.byte_array(length)).transpose()?;
        if index == 0 {
            first = value;
        }
    }
    Ok(first)
}

fn number(value: &[u8]) -> Result<u32, DrsrError> {
    value.try_into().map(u32::from_le_bytes).map_err(|_| DrsrError::Field("Integer"))
}

fn large_number(value: &[u8]) -> Result<i64, DrsrError> {
    value.try_into().map(i64::from_le_bytes).map_err(|_| DrsrError::Field("LargeInteger"))
}

/// PROPERTY_META_DATA_EXT_VECTOR (MS-DRSR 5.161): one stamp for each attribute, in the same order.
fn stamps<'a>(decoder: &mut Decoder<'a>) -> Result<&'a [u8], DrsrError> {
    let maximum = decoder.u32()?;
    decoder.align(8)?;
    let count = decoder.u32()?;
    if count != maximum {
        return Err(NdrError::Count.into());
    }
    decoder.align(8)?;
    let length = usize::try_from(count).ok().and_then(|count| count.checked_mul(STAMP_LENGTH)).ok_or(NdrError::Count)?;
    Ok(decoder.bytes(length)?)
}

/// dwVersion and timeChanged of a stamp, the latter as Unix seconds.
fn stamp(stamps: &[u8], index: usize) -> Option<(u32, i64)> {
    let stamp = stamps.chunks_exact(STAMP_LENGTH).nth(index)?;
    let version = u32::from_le_bytes(*stamp.first_chunk()?);
    let time = i64::from_le_bytes(*stamp.get(8..)?.first_chunk()?);
    Some((version, time.saturating_sub(UNIX_EPOCH)))
}
