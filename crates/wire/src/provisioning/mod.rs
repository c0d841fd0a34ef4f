//! The messages of Microsoft's provisioning service (`/provisioningservice.svc`): the types, and their form on the wire.
//!
//! Both ends are here: the agent encodes requests and decodes responses, the local tenant decodes requests and encodes responses.
//! Transport (HTTPS, headers, redirects, retries) is not: see [`names`] for what the transport has to send.
//! The service is not documented by its vendor; the form follows what open clients send and receive.

mod codec;
mod error;
mod message;
pub mod names;
mod object;

pub use codec::{decode_request, decode_response, encode_fault, encode_request, encode_response};
pub use error::DecodeError;
pub use message::{
    CompanyConfiguration, DeletionPrevention, DirsyncFeatures, Fault, FaultCode, FaultDetail, Operation, Request, RequestHeader, Response,
};
pub use object::{
    ObjectType, PropertyValue, ReferenceChange, ReferenceKind, ReferenceOperation, ResultCode, SyncObject, SyncObjectResult, SyncOperation,
};
