//! The endpoint mapper (C706 appendix O, MS-RPCE 2.2.1.2): on which TCP port does this server offer that interface?
//!
//! Only `ept_map` with a tower of five floors over ncacn_ip_tcp. Of the answer only the port is used: the address in it is
//! what the server believes of itself, which behind an address translation is wrong, and which a liar could choose.

use super::bytes::{Reader, pad};
use super::{Interface, Malformed};

/// `ept_map` (C706 appendix O).
pub const OPNUM_MAP: u16 = 3;

/// `ept_s_not_registered`: the server does not offer the interface.
pub const STATUS_NOT_REGISTERED: u32 = 0x16c9_a0d6;

/// Towers that are asked for. One would do; a server may list the same port once per registration.
const TOWERS_MAX: u32 = 4;
/// Floors of a tower that are read; ours has five.
const FLOORS_MAX: u16 = 16;
/// Protocol identifiers (C706 appendix I).
const PROTOCOL_UUID: u8 = 0x0d;
const PROTOCOL_CONNECTION_ORIENTED: u8 = 0x0b;
const PROTOCOL_TCP: u8 = 0x07;
const PROTOCOL_IP: u8 = 0x09;

/// Referents of the request's two pointers: any two that are not zero and differ.
const REFERENTS: [u32; 2] = [0x0002_0000, 0x0002_0004];

/// The stub of `ept_map`: where is `interface`, in NDR over TCP?
pub fn map_request(interface: &Interface) -> Vec<u8> {
    let tower = tower(interface, 0, [0; 4]);
    let [object, map_tower] = REFERENTS.map(u32::to_le_bytes);
    let length = u32::try_from(tower.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut out = Vec::with_capacity(160);
    out.extend_from_slice(&object);
    out.extend_from_slice(&[0; 16]); // no particular object
    out.extend_from_slice(&map_tower);
    out.extend_from_slice(&length); // conformance of tower_octet_string
    out.extend_from_slice(&length); // tower_length
    out.extend_from_slice(&tower);
    pad(&mut out, 4);
    out.extend_from_slice(&[0; 20]); // entry_handle: from the start
    out.extend_from_slice(&TOWERS_MAX.to_le_bytes());
    out
}

/// What the endpoint mapper said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapAnswer {
    /// The TCP ports of the towers that are for this interface in NDR over TCP, in the order of the answer, never 0. May be empty.
    Ports(Vec<u16>),
    /// It refused: [`STATUS_NOT_REGISTERED`] or another status.
    Refused(u32),
}

/// Reads the answer to [`map_request`] of the same interface.
///
/// # Errors
/// When the stub is cut short, longer than it should be, lists more towers than were asked for, or holds a tower that is not one.
pub fn map_response(stub: &[u8], interface: &Interface) -> Result<MapAnswer, Malformed> {
    let mut reader = Reader::new(stub, 0);
    reader.take(20)?; // entry_handle
    let count = reader.u32()?;
    let (maximum, offset, actual) = (reader.u32()?, reader.u32()?, reader.u32()?);
    if offset != 0 || actual != count || actual > maximum || actual > TOWERS_MAX {
        return Err(Malformed::Length);
    }
    let mut present = 0;
    for _ in 0..actual {
        present += usize::from(reader.u32()? != 0);
    }
    let mut ports = Vec::with_capacity(present);
    for _ in 0..present {
        let maximum = reader.length()?;
        if reader.length()? != maximum {
            return Err(Malformed::Length);
        }
        ports.extend(port(reader.take(maximum)?, interface)?);
        reader.align(4)?;
    }
    let status = reader.u32()?;
    reader.end()?;
    Ok(if status == 0 { MapAnswer::Ports(ports) } else { MapAnswer::Refused(status) })
}

fn tower(interface: &Interface, port: u16, address: [u8; 4]) -> Vec<u8> {
    let mut out = vec![5, 0];
    for syntax in [interface, &Interface::NDR] {
        out.extend_from_slice(&[19, 0, PROTOCOL_UUID]);
        out.extend_from_slice(&syntax.uuid);
        out.extend_from_slice(&syntax.major.to_le_bytes());
        out.extend_from_slice(&[2, 0]);
        out.extend_from_slice(&syntax.minor.to_le_bytes());
    }
    out.extend_from_slice(&[1, 0, PROTOCOL_CONNECTION_ORIENTED, 2, 0, 0, 0]);
    out.extend_from_slice(&[1, 0, PROTOCOL_TCP, 2, 0]);
    out.extend_from_slice(&port.to_be_bytes());
    out.extend_from_slice(&[1, 0, PROTOCOL_IP, 4, 0]);
    out.extend_from_slice(&address);
    out
}

/// The port of a tower; `None` when it is for another interface, syntax or transport.
fn port(tower: &[u8], interface: &Interface) -> Result<Option<u16>, Malformed> {
    let mut reader = Reader::new(tower, 0);
    let count = reader.u16()?;
    if count > FLOORS_MAX {
        return Err(Malformed::Tower);
    }
    let mut floors = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        floors.push(Floor::read(&mut reader)?);
    }
    reader.end()?;
    let [first, second, protocol, transport, network] = floors.as_slice() else { return Ok(None) };
    let ours = first.is(interface)
        && second.is(&Interface::NDR)
        && protocol.left == [PROTOCOL_CONNECTION_ORIENTED]
        && transport.left == [PROTOCOL_TCP]
        && network.left == [PROTOCOL_IP];
    if !ours {
        return Ok(None);
    }
    let mut reader = Reader::new(transport.right, 0);
    let port = reader.u16_big_endian()?;
    reader.end()?;
    Ok(Some(port).filter(|port| *port != 0))
}

/// One floor of a tower (C706 appendix L): what, and its parameters.
struct Floor<'a> {
    left: &'a [u8],
    right: &'a [u8],
}

impl<'a> Floor<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let left = reader.u16()?;
        let left = reader.take(usize::from(left))?;
        let right = reader.u16()?;
        let right = reader.take(usize::from(right))?;
        Ok(Self { left, right })
    }

    /// Whether it names this interface or syntax. A server may offer a newer minor version.
    fn is(&self, syntax: &Interface) -> bool {
        let [PROTOCOL_UUID, rest @ ..] = self.left else { return false };
        let (Some((uuid, major)), Some(minor)) = (rest.split_first_chunk::<16>(), self.right.first_chunk::<2>()) else { return false };
        *uuid == syntax.uuid && major == syntax.major.to_le_bytes() && u16::from_le_bytes(*minor) >= syntax.minor
    }
}
