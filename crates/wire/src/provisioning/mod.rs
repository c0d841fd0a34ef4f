//! The messages of Microsoft's provisioning service (`/provisioningservice.svc`): the types, and their form on the wire.
//!
//! Both ends are here: the agent encodes requests and decodes responses, the local tenant decodes requests and encodes responses.
//! Transport (HTTPS, headers, redirects, retries) is not: see [`names`] for what the transport has to send.
//! The service is not documented by its vendor; the form follows what open clients send and receive.

mod company;
mod credential;
mod credential_batch;
mod fault;
pub mod features;
mod message;
pub mod names;
mod object;
mod property;
mod request;
mod response;
mod result;
mod time;

#[cfg(test)]
mod tests;

pub use credential::{CREDENTIALS_PER_REQUEST_MAX, CredentialChange, CredentialItem, CredentialResult};
pub use fault::encode_fault;
pub use message::{CompanyConfiguration, DeletionPrevention, Fault, FaultCode, FaultDetail, Operation, Request, RequestHeader, Response};
pub use object::{
    ObjectType, PropertyValue, ReferenceChange, ReferenceKind, ReferenceOperation, ResultCode, SyncObject, SyncObjectResult, SyncOperation,
};
pub use request::{decode_request, encode_request};
pub use response::{decode_response, encode_response};

pub use crate::DecodeError;
