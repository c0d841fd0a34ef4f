//! The security trailer (MS-RPCE 2.2.2.11), and which bytes of a fragment are signed and which are sealed.
//!
//! With header signing (MS-RPCE 2.2.2.3) and packet privacy, the signature covers the fragment from its first byte to the end
//! of the trailer, the lengths in the header included; sealed are the stub and its padding.

use super::Malformed;
use super::pdu::{RequestFragment, STUB_OFFSET, open_request, set_lengths};

/// The stub is padded to a multiple of this before the trailer, as Windows does.
const PAD_BOUNDARY: usize = 16;
/// The one security context of an association.
const CONTEXT_ID: u32 = 0;

/// Authentication types (MS-RPCE 2.2.1.1.7).
pub mod kind {
    /// NTLM.
    pub const NTLM: u8 = 10;
    /// Kerberos.
    pub const KERBEROS: u8 = 16;
}

/// `RPC_C_AUTHN_LEVEL_PKT_PRIVACY` (MS-RPCE 2.2.1.1.8): everything is signed and sealed. No other level is used.
pub const LEVEL_PRIVACY: u8 = 6;

/// `sec_trailer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// auth_type: see [`kind`].
    pub kind: u8,
    /// auth_level.
    pub level: u8,
    /// auth_pad_length: bytes of padding between the stub and the trailer.
    pub pad_length: u8,
    /// auth_context_id.
    pub context_id: u32,
}

impl Trailer {
    /// Bytes of a trailer without its `auth_value`.
    pub const LENGTH: usize = 8;

    /// The trailer of everything that we send under packet privacy.
    pub fn privacy(kind: u8) -> Self {
        Self { kind, level: LEVEL_PRIVACY, pad_length: 0, context_id: CONTEXT_ID }
    }

    /// Whether this is the trailer of a peer that keeps what was agreed: same mechanism, same level, same context.
    pub fn agrees_with(&self, agreed: &Self) -> bool {
        let Self { kind, level, pad_length: _, context_id } = *self;
        (kind, level, context_id) == (agreed.kind, agreed.level, agreed.context_id)
    }

    /// The bytes of it.
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        let [a, b, c, d] = self.context_id.to_le_bytes();
        [self.kind, self.level, self.pad_length, 0, a, b, c, d]
    }

    /// Splits the part of a fragment behind the common header into its three parts.
    pub(super) fn split(content: &[u8], auth_length: u16) -> Result<Split<'_>, Malformed> {
        if auth_length == 0 {
            return Ok(Split { body: content, trailer: None, auth_value: &[] });
        }
        let at = content.len().checked_sub(usize::from(auth_length)).ok_or(Malformed::Short)?;
        let (before, auth_value) = content.split_at_checked(at).ok_or(Malformed::Short)?;
        let (body, trailer) = before.split_last_chunk::<{ Self::LENGTH }>().ok_or(Malformed::Short)?;
        let [kind, level, pad_length, _reserved, a, b, c, d] = *trailer;
        if usize::from(pad_length) > body.len() {
            return Err(Malformed::Trailer);
        }
        let trailer = Self { kind, level, pad_length, context_id: u32::from_le_bytes([a, b, c, d]) };
        Ok(Split { body, trailer: Some(trailer), auth_value })
    }
}

/// The part of a fragment behind the common header.
pub(super) struct Split<'a> {
    /// Padding included.
    pub(super) body: &'a [u8],
    pub(super) trailer: Option<Trailer>,
    /// Empty without a trailer.
    pub(super) auth_value: &'a [u8],
}

/// A fragment cut up for signing and sealing, in the order in which the signature covers it.
pub struct Parts<'a> {
    /// Common header and the fields before the stub: signed.
    pub header: &'a mut [u8],
    /// Stub and padding: signed and sealed.
    pub sealed: &'a mut [u8],
    /// Security trailer without `auth_value`: signed.
    pub trailer: &'a mut [u8],
    /// `auth_value`: the signature itself.
    pub auth_value: &'a mut [u8],
}

impl<'a> Parts<'a> {
    /// Cuts up a request or a response.
    ///
    /// # Errors
    /// When it is too short for a sealed one.
    pub fn of(fragment: &'a mut [u8], auth_length: u16) -> Result<Self, Malformed> {
        let signature = fragment.len().checked_sub(usize::from(auth_length)).ok_or(Malformed::Short)?;
        let (signed, auth_value) = fragment.split_at_mut_checked(signature).ok_or(Malformed::Short)?;
        let (header, rest) = signed.split_at_mut_checked(STUB_OFFSET).ok_or(Malformed::Short)?;
        let stub = rest.len().checked_sub(Trailer::LENGTH).ok_or(Malformed::Short)?;
        let (sealed, trailer) = rest.split_at_mut_checked(stub).ok_or(Malformed::Short)?;
        Ok(Self { header, sealed, trailer, auth_value })
    }
}

/// One fragment of a request, ready to be sealed in place by way of [`Parts::of`]: everything is there but the signature,
/// whose `auth_length` bytes are zero.
///
/// # Errors
/// When it does not fit its length fields.
pub fn seal_request(fragment: &RequestFragment<'_>, trailer: Trailer, auth_length: u16) -> Result<Vec<u8>, Malformed> {
    let mut out = open_request(fragment)?;
    let unpadded = out.len() - STUB_OFFSET;
    out.resize(STUB_OFFSET + unpadded.next_multiple_of(PAD_BOUNDARY), 0);
    let pad_length = u8::try_from(out.len() - STUB_OFFSET - unpadded).map_err(|_| Malformed::TooLong)?;
    out.extend_from_slice(&Trailer { pad_length, ..trailer }.encode());
    out.resize(out.len() + usize::from(auth_length), 0);
    let length = out.len();
    set_lengths(&mut out, length, usize::from(auth_length))?;
    Ok(out)
}

/// How many bytes of a stub go into one sealed fragment of at most `fragment_length` bytes; 0 when not even one does.
pub fn stub_length_max(fragment_length: u16, auth_length: u16) -> usize {
    let around = STUB_OFFSET + Trailer::LENGTH + usize::from(auth_length);
    usize::from(fragment_length).saturating_sub(around) / PAD_BOUNDARY * PAD_BOUNDARY
}
