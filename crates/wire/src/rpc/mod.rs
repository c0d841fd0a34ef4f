//! Connection-oriented DCE/RPC (C706 chapter 12) as a client of a domain controller speaks it (MS-RPCE): the PDUs, the
//! security trailer with header signing, and the one question to the endpoint mapper.
//!
//! Only little-endian ASCII IEEE data is spoken (`packed_drep` 10 00 00 00): every Windows and Samba server sends it to a
//! client that does. Signing and sealing themselves are not done here: [`auth`] says which bytes they cover.

pub mod auth;
mod bytes;
pub mod epm;
mod error;
pub mod pdu;

#[cfg(test)]
mod tests;

pub use error::Malformed;

/// An RPC interface or a transfer syntax: `p_syntax_id_t` (C706 12.6.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    /// UUID as it travels: the first three fields little-endian.
    pub uuid: [u8; 16],
    /// Major version.
    pub major: u16,
    /// Minor version.
    pub minor: u16,
}

impl Interface {
    /// The endpoint mapper, `e1af8308-5d1f-11c9-91a4-08002b14a0fa` version 3.0 (C706 appendix O).
    pub const ENDPOINT_MAPPER: Self =
        Self { uuid: [0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa], major: 3, minor: 0 };

    /// Directory replication, `e3514235-4b06-11d1-ab04-00c04fc2dcd2` version 4.0 (MS-DRSR 2.2.3).
    pub const DIRECTORY_REPLICATION: Self =
        Self { uuid: [0x35, 0x42, 0x51, 0xe3, 0x06, 0x4b, 0xd1, 0x11, 0xab, 0x04, 0x00, 0xc0, 0x4f, 0xc2, 0xdc, 0xd2], major: 4, minor: 0 };

    /// The transfer syntax NDR, `8a885d04-1ceb-11c9-9fe8-08002b104860` version 2 (C706 14.1).
    pub const NDR: Self =
        Self { uuid: [0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60], major: 2, minor: 0 };

    fn read(reader: &mut bytes::Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { uuid: reader.array()?, major: reader.u16()?, minor: reader.u16()? })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.uuid);
        out.extend_from_slice(&self.major.to_le_bytes());
        out.extend_from_slice(&self.minor.to_le_bytes());
    }
}
