//! Directory replication as a reader of it needs it (MS-DRSR): what changed in a naming context, and the password hashes in it.
//!
//! Requests and replies of three methods of one interface ([`Interface::DIRECTORY_REPLICATION`](crate::rpc::Interface)), as the stub
//! data of calls. Replies are read in full, but only five things of an object are kept: who it is, whether it is deleted, its account
//! control, and its password with the time it was last set. Compression is never asked for, nothing is ever written, and no link
//! value is kept.

mod attributes;
mod bind;
mod dsname;
mod objects;
mod reply;
mod request;
pub mod secrets;
mod status;
mod vectors;

#[cfg(test)]
mod tests;

pub use bind::{Bound, Handle, decode_bind_reply, decode_unbind_reply, encode_bind, encode_unbind};
pub use dsname::DsName;
pub use objects::{Password, ReplicatedObject};
pub use reply::{Reply, decode_reply};
pub use request::{Extended, Request, encode_request};
pub use secrets::SealedPassword;
pub use status::Status;
pub use vectors::{Cursor, UsnVector};

use crate::ndr::NdrError;

/// A UUID as its 16 bytes lie on the wire (MS-DTYP 2.3.4).
pub type Uuid = [u8; 16];

/// The number of IDL_DRSBind (MS-DRSR 4.1.3).
pub const OPNUM_BIND: u16 = 0;
/// The number of IDL_DRSUnbind (MS-DRSR 4.1.25).
pub const OPNUM_UNBIND: u16 = 1;
/// The number of IDL_DRSGetNCChanges (MS-DRSR 4.1.10).
pub const OPNUM_GET_NC_CHANGES: u16 = 3;

/// Why a reply gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrsrError {
    /// The domain controller refused the call.
    #[error("the domain controller refused: {0}")]
    Refused(Status),
    /// The bytes are not the parameters of this method.
    #[error("the reply is malformed")]
    Ndr(#[source] NdrError),
    /// The reply is compressed, which was never asked for.
    #[error("the reply is compressed, which was not asked for")]
    Compressed,
    /// A version of the reply that was not asked for.
    #[error("the reply is of version {0}, which was not asked for")]
    Version(u32),
    /// The list of objects is longer or shorter than the reply says.
    #[error("the reply holds another number of objects than it says")]
    Objects,
    /// A field has a value that it cannot have.
    #[error("the reply has a field {0} that is not valid")]
    Field(&'static str),
}

impl From<NdrError> for DrsrError {
    fn from(error: NdrError) -> Self {
        Self::Ndr(error)
    }
}
