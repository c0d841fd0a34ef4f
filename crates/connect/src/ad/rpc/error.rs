//! What can go wrong between us and an RPC server, in words for the person who must mend it.

use std::fmt;
use std::io;

use samesign_wire::rpc::{Malformed, epm};

use crate::ad::sasl::SaslError;
use crate::ad::transport::SILENCE_TIMEOUT;

/// A call, or the way to it, failed. After any of these the association is given up.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// No connection to the endpoint mapper.
    #[error("cannot reach the RPC endpoint mapper of {address}: open TCP port 135 in the firewalls between")]
    EndpointMapper {
        /// Where it was sought.
        address: std::net::IpAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The endpoint mapper does not know the interface.
    #[error(
        "{address} does not offer directory replication over TCP ({reason}): name a domain controller that can be written to in `servers`"
    )]
    NotOffered {
        /// Which server.
        address: std::net::IpAddr,
        /// What the endpoint mapper said.
        reason: MapRefusal,
    },
    /// No connection to the port that the endpoint mapper named.
    #[error(
        "cannot reach port {port} of {address}, which its RPC endpoint mapper names for directory replication: open TCP ports \
         49152 to 65535 in the firewalls between, or give the service a fixed port and open that"
    )]
    Port {
        /// Which server.
        address: std::net::IpAddr,
        /// The port.
        port: u16,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Kerberos or NTLM failed.
    #[error(transparent)]
    Sasl(#[from] SaslError),
    /// A bind_nak.
    #[error("the server refused the RPC association: {0}")]
    Rejected(BindReason),
    /// The presentation context was refused (C706 12.6.3.1: result and reason).
    #[error("the server does not speak this RPC interface (result {result}, reason {reason})")]
    Context {
        /// 1 user rejection, 2 provider rejection.
        result: u16,
        /// Why.
        reason: u16,
    },
    /// A fault PDU.
    #[error("the server refused the RPC call: {0}")]
    Fault(FaultStatus),
    /// The server does not sign headers, or answers without the protection that was agreed.
    #[error("the server's answer lacks the protection that was agreed: somebody may be tampering with the connection")]
    Unprotected,
    /// An answer to a question that was not asked.
    #[error("the server answered something that was not asked")]
    Unexpected,
    /// What came is not RPC.
    #[error("the server sent bytes that are not RPC")]
    Malformed(#[from] Malformed),
    /// The answer is longer than any real one.
    #[error("the server's answer is longer than {} MiB", super::ANSWER_LENGTH_MAX / (1024 * 1024))]
    TooLong,
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[from] io::Error),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The server owes an answer.
    #[error("the server said nothing for {} seconds", SILENCE_TIMEOUT.as_secs())]
    Silent,
}

/// What the endpoint mapper said instead of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapRefusal(pub u32);

impl fmt::Display for MapRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("its endpoint mapper names no TCP port"),
            epm::STATUS_NOT_REGISTERED => f.write_str("its endpoint mapper has no such entry"),
            status => write!(f, "its endpoint mapper answered 0x{status:08x}"),
        }
    }
}

/// provider_reject_reason of a bind_nak (C706 12.6.3.1, MS-RPCE 2.2.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BindReason(pub u16);

impl fmt::Display for BindReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.0 {
            1 => "it is too busy",
            2 => "a limit of its own is reached",
            4 => "it does not speak this version of the protocol",
            8 => "it does not take this kind of authentication",
            9 => "it could not verify who we are: check that the clocks agree and that the account is not locked out",
            _ => "it does not say why",
        };
        write!(f, "{words} ({})", self.0)
    }
}

/// status of a fault (C706 appendix E, and Windows errors).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultStatus(pub u32);

impl FaultStatus {
    /// ERROR_ACCESS_DENIED: `rpc_s_access_denied`, `nca_s_fault_access_denied`.
    pub const ACCESS_DENIED: Self = Self(5);
    /// `nca_s_proto_error`: what Samba answers where Windows denies access.
    pub const PROTOCOL_ERROR: Self = Self(0x1c01_000b);
}

impl fmt::Display for FaultStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.0 {
            5 => "access denied: the account lacks the right, or could not prove who it is",
            0x0000_06d3 | 0x0000_06d5 => "it does not take this kind of authentication",
            0x0000_06f7 => "it cannot read the request (bad stub data)",
            0x0000_0721 => "its security package failed: check that the clocks agree",
            0x1c00_0006 | 0x1c01_000b => "a protocol error",
            0x1c00_000d => "it does not say why",
            0x1c00_001a => "the context does not match",
            0x1c01_0002 => "it has no such operation",
            0x1c01_0003 => "it has no such interface",
            0x1c01_0014 => "it is too busy",
            _ => "status",
        };
        write!(f, "{words} (0x{:08x})", self.0)
    }
}
