//! The PDUs of connection-oriented RPC (C706 12.6.4), as far as a client sends and receives them.
//!
//! A server's PDU is read in two steps: [`Header::read`] tells from the first 16 bytes how long the fragment is, and
//! [`Pdu::decode`] takes the whole fragment. The verification of a sealed fragment lies between [`Pdu::decode`] and the use
//! of its stub: see [`super::auth`].

use super::auth::{Split, Trailer};
use super::bytes::{Reader, pad};
use super::{Interface, Malformed};

/// Bytes of the common header.
pub const HEADER_LENGTH: usize = 16;
/// Bytes before the stub of a request or a response: the common header, `alloc_hint`, `p_cont_id` and two more fields.
pub const STUB_OFFSET: usize = 24;
/// The fragment size that is offered, in bytes: what Windows and Samba use over TCP.
pub const FRAGMENT_LENGTH_MAX: u16 = 5840;
/// No server may make fragments smaller than this (C706 12.6.3.1, MustRecvFragSize).
pub const FRAGMENT_LENGTH_MIN: u16 = 1432;
/// The presentation context that is used: there is only one.
pub const CONTEXT_ID: u16 = 0;

/// rpc_vers and rpc_vers_minor.
const VERSION: [u8; 2] = [5, 0];
/// Little-endian integers, ASCII, IEEE floating point.
const DATA_REPRESENTATION: [u8; 4] = [0x10, 0, 0, 0];

/// `pfc_flags` (C706 12.6.3.1, MS-RPCE 2.2.2.3).
pub mod flags {
    /// First fragment of a call.
    pub const FIRST_FRAGMENT: u8 = 0x01;
    /// Last fragment of a call.
    pub const LAST_FRAGMENT: u8 = 0x02;
    /// In a bind, alter_context and their answers: headers are signed as well.
    pub const SUPPORT_HEADER_SIGN: u8 = 0x04;
    /// An object UUID stands before the stub of a request.
    pub const OBJECT_UUID: u8 = 0x80;
}

/// `PTYPE` values (C706 12.6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A call.
    Request = 0,
    /// Its answer.
    Response = 2,
    /// Its refusal.
    Fault = 3,
    /// The first message of an association.
    Bind = 11,
    /// Accepts it.
    BindAck = 12,
    /// Refuses it.
    BindNak = 13,
    /// A further leg of a security handshake that is answered.
    AlterContext = 14,
    /// Its answer.
    AlterContextResponse = 15,
    /// The last leg of a security handshake, not answered (MS-RPCE 2.2.2.10).
    Auth3 = 16,
}

impl Kind {
    /// What a client may be sent.
    fn from_server(value: u8) -> Result<Self, Malformed> {
        [Self::Response, Self::Fault, Self::BindAck, Self::BindNak, Self::AlterContextResponse]
            .into_iter()
            .find(|kind| *kind as u8 == value)
            .ok_or(Malformed::Type)
    }
}

/// The common header of a PDU from a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// PTYPE.
    pub kind: Kind,
    /// pfc_flags: see [`flags`].
    pub flags: u8,
    /// frag_length: bytes of the whole fragment, header and security trailer included. At least 16.
    pub fragment_length: u16,
    /// auth_length: bytes of the `auth_value` alone.
    pub auth_length: u16,
    /// call_id.
    pub call_id: u32,
}

impl Header {
    /// Reads the first 16 bytes of a fragment.
    ///
    /// # Errors
    /// When it is not version 5.0, not little-endian, of a type that a client is never sent, or its lengths contradict each other.
    pub fn read(bytes: &[u8; HEADER_LENGTH]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, 0);
        if reader.array()? != VERSION {
            return Err(Malformed::Version);
        }
        let kind = Kind::from_server(reader.u8()?);
        let flags = reader.u8()?;
        let representation: [u8; 4] = reader.array()?;
        // The character representation and the two reserved bytes say nothing about integers.
        if representation.first().is_none_or(|byte| byte >> 4 != 1) {
            return Err(Malformed::DataRepresentation);
        }
        let header = Self { kind: kind?, flags, fragment_length: reader.u16()?, auth_length: reader.u16()?, call_id: reader.u32()? };
        let trailer = if header.auth_length == 0 { 0 } else { Trailer::LENGTH + usize::from(header.auth_length) };
        if usize::from(header.fragment_length) < HEADER_LENGTH + trailer {
            return Err(Malformed::Length);
        }
        Ok(header)
    }

    /// Whether this is the first fragment of its call.
    pub fn is_first(&self) -> bool {
        self.flags & flags::FIRST_FRAGMENT != 0
    }

    /// Whether this is the last fragment of its call.
    pub fn is_last(&self) -> bool {
        self.flags & flags::LAST_FRAGMENT != 0
    }
}

/// A fragment from a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pdu<'a> {
    /// The common header.
    pub header: Header,
    /// What is in it.
    pub body: Body<'a>,
    /// The security trailer, where there is one.
    pub trailer: Option<Trailer>,
    /// `auth_value`; empty without a trailer.
    pub auth_value: &'a [u8],
}

/// What a fragment from a server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// A response.
    Response {
        /// p_cont_id.
        context_id: u16,
        /// The stub data with the padding before the security trailer; sealed where the association is.
        stub: &'a [u8],
    },
    /// A fault.
    Fault {
        /// p_cont_id.
        context_id: u16,
        /// The reason: an `nca_s_*` code or a Windows error.
        status: u32,
    },
    /// A bind_ack or an alter_context_resp.
    Accepted(Accepted),
    /// A bind_nak.
    Rejected {
        /// provider_reject_reason (C706 12.6.3.1, MS-RPCE 2.2.2.5).
        reason: u16,
    },
}

/// What a server agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// max_xmit_frag: how long the server's fragments may be, in bytes.
    pub transmit_length_max: u16,
    /// max_recv_frag: how long ours may be, in bytes.
    pub receive_length_max: u16,
    /// assoc_group_id.
    pub association_group: u32,
    /// What became of the one presentation context that was proposed.
    pub result: ContextResult,
}

/// `p_result_t` (C706 12.6.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextResult {
    /// result: 0 is acceptance.
    pub result: u16,
    /// reason, where it is a refusal.
    pub reason: u16,
    /// The transfer syntax that was chosen.
    pub syntax: Interface,
}

impl<'a> Pdu<'a> {
    /// Reads one whole fragment.
    ///
    /// # Errors
    /// When the bytes are not exactly one fragment, or anything in it is cut short, too long or contradicts its lengths.
    pub fn decode(fragment: &'a [u8]) -> Result<Self, Malformed> {
        let (first, content) = fragment.split_first_chunk::<HEADER_LENGTH>().ok_or(Malformed::Short)?;
        let header = Header::read(first)?;
        match fragment.len().cmp(&usize::from(header.fragment_length)) {
            std::cmp::Ordering::Less => return Err(Malformed::Short),
            std::cmp::Ordering::Greater => return Err(Malformed::Long),
            std::cmp::Ordering::Equal => {}
        }
        let Split { body, trailer, auth_value } = Trailer::split(content, header.auth_length)?;
        let mut reader = Reader::new(body, HEADER_LENGTH);
        let body = match header.kind {
            Kind::Response => response(reader)?,
            Kind::Fault => fault(reader)?,
            Kind::BindAck | Kind::AlterContextResponse => Body::Accepted(accepted(reader)?),
            Kind::BindNak => Body::Rejected { reason: reader.u16()? },
            _ => return Err(Malformed::Type),
        };
        Ok(Self { header, body, trailer, auth_value })
    }
}

fn response(mut reader: Reader<'_>) -> Result<Body<'_>, Malformed> {
    let _alloc_hint = reader.u32()?;
    let context_id = reader.u16()?;
    let _cancel_count_and_reserved = reader.u16()?;
    Ok(Body::Response { context_id, stub: reader.rest() })
}

fn fault(mut reader: Reader<'_>) -> Result<Body<'_>, Malformed> {
    let _alloc_hint = reader.u32()?;
    let context_id = reader.u16()?;
    let _cancel_count_and_reserved = reader.u16()?;
    Ok(Body::Fault { context_id, status: reader.u32()? })
}

fn accepted(mut reader: Reader<'_>) -> Result<Accepted, Malformed> {
    let transmit_length_max = reader.u16()?;
    let receive_length_max = reader.u16()?;
    let association_group = reader.u32()?;
    let address_length = reader.u16()?;
    reader.take(usize::from(address_length))?;
    reader.align(4)?;
    let results = reader.u8()?;
    reader.take(3)?;
    // One context was proposed, so one result answers it; MS-RPCE adds more only for contexts that we do not propose.
    if results != 1 {
        return Err(Malformed::Length);
    }
    let result = ContextResult { result: reader.u16()?, reason: reader.u16()?, syntax: Interface::read(&mut reader)? };
    Ok(Accepted { transmit_length_max, receive_length_max, association_group, result })
}

/// A bind or an alter_context that proposes `interface` over NDR as the one presentation context; `auth` is the security
/// trailer and the handshake's token.
///
/// # Errors
/// When the token does not fit one fragment.
pub fn bind(
    kind: Kind,
    call_id: u32,
    association_group: u32,
    interface: &Interface,
    auth: Option<(Trailer, &[u8])>,
) -> Result<Vec<u8>, Malformed> {
    let signing = if auth.is_some() { flags::SUPPORT_HEADER_SIGN } else { 0 };
    let mut out = open(kind, flags::FIRST_FRAGMENT | flags::LAST_FRAGMENT | signing, call_id);
    out.extend_from_slice(&FRAGMENT_LENGTH_MAX.to_le_bytes());
    out.extend_from_slice(&FRAGMENT_LENGTH_MAX.to_le_bytes());
    out.extend_from_slice(&association_group.to_le_bytes());
    out.extend_from_slice(&[1, 0, 0, 0]); // n_context_elem, reserved
    out.extend_from_slice(&CONTEXT_ID.to_le_bytes());
    out.extend_from_slice(&[1, 0]); // n_transfer_syn, reserved
    interface.write(&mut out);
    Interface::NDR.write(&mut out);
    finish(out, auth)
}

/// The last leg of a handshake of three (MS-RPCE 2.2.2.10). Nothing answers it.
///
/// # Errors
/// When the token does not fit one fragment.
pub fn auth3(call_id: u32, trailer: Trailer, token: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut out = open(Kind::Auth3, flags::FIRST_FRAGMENT | flags::LAST_FRAGMENT, call_id);
    out.extend_from_slice(&[0; 4]);
    finish(out, Some((trailer, token)))
}

/// One fragment of a request without its security trailer and with frag_length and auth_length still 0: see
/// [`super::auth::seal_request`] and [`request`], which set them.
pub(super) fn open_request(fragment: &RequestFragment<'_>) -> Result<Vec<u8>, Malformed> {
    let &RequestFragment { call_id, opnum, stub, rest_length, first } = fragment;
    let mut pfc_flags = if first { flags::FIRST_FRAGMENT } else { 0 };
    if rest_length == stub.len() {
        pfc_flags |= flags::LAST_FRAGMENT;
    }
    let mut out = open(Kind::Request, pfc_flags, call_id);
    out.extend_from_slice(&u32::try_from(rest_length).map_err(|_| Malformed::TooLong)?.to_le_bytes());
    out.extend_from_slice(&CONTEXT_ID.to_le_bytes());
    out.extend_from_slice(&opnum.to_le_bytes());
    out.extend_from_slice(stub);
    Ok(out)
}

/// One fragment of a call.
#[derive(Clone, Copy, Debug)]
pub struct RequestFragment<'a> {
    /// call_id.
    pub call_id: u32,
    /// Which operation of the interface.
    pub opnum: u16,
    /// The part of the stub that this fragment carries.
    pub stub: &'a [u8],
    /// Bytes of the stub from this fragment to the end (`alloc_hint`); equal to the length of `stub` in the last fragment.
    pub rest_length: usize,
    /// Whether it is the first.
    pub first: bool,
}

/// One fragment of a request without security: only for the endpoint mapper.
///
/// # Errors
/// When it does not fit its length fields.
pub fn request(fragment: &RequestFragment<'_>) -> Result<Vec<u8>, Malformed> {
    finish(open_request(fragment)?, None)
}

fn open(kind: Kind, flags: u8, call_id: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(usize::from(FRAGMENT_LENGTH_MAX));
    out.extend_from_slice(&VERSION);
    out.extend_from_slice(&[kind as u8, flags]);
    out.extend_from_slice(&DATA_REPRESENTATION);
    out.extend_from_slice(&[0; 4]); // frag_length, auth_length
    out.extend_from_slice(&call_id.to_le_bytes());
    out
}

fn finish(mut out: Vec<u8>, auth: Option<(Trailer, &[u8])>) -> Result<Vec<u8>, Malformed> {
    let mut auth_length = 0;
    if let Some((trailer, token)) = auth {
        let unpadded = out.len();
        pad(&mut out, 4);
        let pad_length = u8::try_from(out.len() - unpadded).map_err(|_| Malformed::TooLong)?;
        out.extend_from_slice(&Trailer { pad_length, ..trailer }.encode());
        out.extend_from_slice(token);
        auth_length = token.len();
    }
    let length = out.len();
    set_lengths(&mut out, length, auth_length)?;
    Ok(out)
}

/// Writes frag_length and auth_length into a header.
pub(super) fn set_lengths(out: &mut [u8], fragment_length: usize, auth_length: usize) -> Result<(), Malformed> {
    let fragment_length = u16::try_from(fragment_length).map_err(|_| Malformed::TooLong)?;
    let auth_length = u16::try_from(auth_length).map_err(|_| Malformed::TooLong)?;
    let lengths = [fragment_length.to_le_bytes(), auth_length.to_le_bytes()].concat();
    out.get_mut(8..12).ok_or(Malformed::Short)?.copy_from_slice(&lengths);
    Ok(())
}
