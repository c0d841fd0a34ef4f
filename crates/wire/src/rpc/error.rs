//! Why bytes are not what the protocol says.

/// Why a PDU or an answer of the endpoint mapper cannot be used. Small and cheap: it is made for every damaged byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The bytes end before what they announce.
    #[error("the bytes end too early")]
    Short,
    /// More bytes than what they announce.
    #[error("there are bytes behind the end")]
    Long,
    /// Not version 5.0 of the connection-oriented protocol (C706 12.6.3.1).
    #[error("not version 5.0 of connection-oriented RPC")]
    Version,
    /// Not little-endian (C706 14.2.5, `NDR_format_label`).
    #[error("the data representation is not little-endian")]
    DataRepresentation,
    /// A PDU type that a client never gets.
    #[error("a PDU of a type that a server does not send")]
    Type,
    /// A length that cannot be, or is beyond what was agreed.
    #[error("a length is out of its bounds")]
    Length,
    /// The security trailer is not there, or not where and what it must be (MS-RPCE 2.2.2.11).
    #[error("the security trailer is missing or not the agreed one")]
    Trailer,
    /// A tower of the endpoint mapper that is not one (C706 appendix L).
    #[error("a protocol tower is not one")]
    Tower,
    /// What is to be sent does not fit its length field.
    #[error("what is to be sent is too long")]
    TooLong,
}
