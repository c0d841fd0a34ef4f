//! The question to the endpoint mapper: on which port?
//!
//! It is asked without any protection, as everybody does. A false answer leads to a port where nobody can prove to be the
//! domain controller, so it can prevent a connection but not divert it.

use std::net::IpAddr;

use samesign_wire::rpc::pdu::{self, Body, Kind, Pdu, RequestFragment};
use samesign_wire::rpc::{Interface, epm};

use super::association::Association;
use super::error::{FaultStatus, MapRefusal};
use super::{RpcError, agreed};
use crate::ad::transport::HANDSHAKE_TIMEOUT;

/// Where the endpoint mapper listens.
const PORT: u16 = 135;
/// No answer to our one question is longer: four towers of less than a hundred bytes.
const ANSWER_LENGTH_MAX: usize = 4096;

/// The TCP port of `interface`.
pub(super) async fn port(address: IpAddr, interface: &Interface) -> Result<u16, RpcError> {
    let mapper = Association::connect(address, PORT, HANDSHAKE_TIMEOUT).await;
    let mut mapper = mapper.map_err(|source| RpcError::EndpointMapper { address, source })?;
    let mut fragment = Vec::new();
    mapper.send(&pdu::bind(Kind::Bind, 1, 0, &Interface::ENDPOINT_MAPPER, None)?).await?;
    mapper.receive(&mut fragment).await?;
    agreed(&Pdu::decode(&fragment)?, Kind::BindAck, 1)?;
    let stub = epm::map_request(interface);
    let request = RequestFragment { call_id: 2, opnum: epm::OPNUM_MAP, stub: &stub, rest_length: stub.len(), first: true };
    mapper.send(&pdu::request(&request)?).await?;
    let answer = answer(&mut mapper, request.call_id).await?;
    let refusal = match epm::map_response(&answer, interface)? {
        epm::MapAnswer::Ports(ports) => match ports.first() {
            Some(port) => return Ok(*port),
            None => MapRefusal(0),
        },
        epm::MapAnswer::Refused(status) => MapRefusal(status),
    };
    Err(RpcError::NotOffered { address, reason: refusal })
}

async fn answer(mapper: &mut Association, call_id: u32) -> Result<Vec<u8>, RpcError> {
    let (mut fragment, mut answer) = (Vec::new(), Vec::new());
    loop {
        let header = mapper.receive(&mut fragment).await?;
        if header.call_id != call_id || header.is_first() != answer.is_empty() {
            return Err(RpcError::Unexpected);
        }
        match Pdu::decode(&fragment)?.body {
            Body::Response { context_id: pdu::CONTEXT_ID, stub } => answer.extend_from_slice(stub),
            Body::Fault { status, .. } => return Err(RpcError::Fault(FaultStatus(status))),
            _ => return Err(RpcError::Unexpected),
        }
        if answer.len() > ANSWER_LENGTH_MAX {
            return Err(RpcError::TooLong);
        }
        if header.is_last() {
            return Ok(answer);
        }
    }
}
