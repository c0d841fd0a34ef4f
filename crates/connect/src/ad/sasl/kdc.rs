//! Questions to the Kerberos service of a domain controller, over TCP.

use std::net::IpAddr;

use picky_krb::messages::{AsRep, KdcRep, KrbError, TgsRep};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::SaslError;
use crate::ad::keytab::{AES128, AES256};
use crate::ad::transport::HANDSHAKE_TIMEOUT;

/// The longest answer of a KDC that is accepted, in bytes.
const ANSWER_LENGTH_MAX: u32 = 1024 * 1024;
/// The length in front of every message (RFC 4120 7.2.2).
const PREFIX_LENGTH: usize = 4;
/// `AS-REP ::= [APPLICATION 11]` and `TGS-REP ::= [APPLICATION 13]` (RFC 4120 5.4.2).
const AS_REP: u8 = 0x6b;
const TGS_REP: u8 = 0x6d;
/// `KRB-ERROR ::= [APPLICATION 30]` (RFC 4120 5.9.1).
const KRB_ERROR: u8 = 0x7e;

/// One exchange (RFC 4120 7.2.2): both messages carry their length in four bytes, and so does what is returned.
pub(super) async fn ask(address: IpAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let exchange = async {
        let mut socket = TcpStream::connect((address, 88)).await?;
        socket.write_all(request).await?;
        let length = socket.read_u32().await?;
        if length > ANSWER_LENGTH_MAX {
            return Err(std::io::Error::other("the answer of the KDC is too long"));
        }
        let mut answer = length.to_be_bytes().to_vec();
        socket.take(u64::from(length)).read_to_end(&mut answer).await?;
        Ok(answer)
    };
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, exchange).await {
        Ok(result) => result,
        Err(_) => Err(std::io::ErrorKind::TimedOut.into()),
    }
}

/// Hands an answer on unless it is a ticket that is not encrypted with AES.
///
/// We ask for AES session keys only, and `sspi` opens nothing else; but the ticket itself is for the service, and with an RC4
/// key whoever sees it can guess the service's password from it.
pub(super) fn strong(answer: Vec<u8>) -> Result<Vec<u8>, SaslError> {
    let message = answer.get(PREFIX_LENGTH..).unwrap_or_default();
    let reply = match message.first() {
        Some(&AS_REP) => picky_asn1_der::from_bytes::<AsRep>(message).ok().map(|reply| reply.0),
        Some(&TGS_REP) => picky_asn1_der::from_bytes::<TgsRep>(message).ok().map(|reply| reply.0),
        // An error; `sspi` reads it.
        _ => return Ok(answer),
    };
    let reply = reply.ok_or_else(|| SaslError::Refused("the Kerberos service sent an answer that cannot be read".to_owned()))?;
    for encryption_type in encryption_types(&reply) {
        if encryption_type != u64::from(AES128) && encryption_type != u64::from(AES256) {
            return Err(SaslError::Weak(encryption_type));
        }
    }
    Ok(answer)
}

/// The error-code of a KRB-ERROR, where a token is one.
pub(super) fn error_code(token: &[u8]) -> Option<u32> {
    token.first().filter(|tag| **tag == KRB_ERROR)?;
    picky_asn1_der::from_bytes::<KrbError>(token).ok().map(|error| error.0.error_code.0)
}

/// What the ticket, and what the part of the reply that is for us, is encrypted with.
fn encryption_types(reply: &KdcRep) -> [u64; 2] {
    [&reply.ticket.0.0.enc_part.0, &reply.enc_part.0].map(|part| {
        let bytes = part.etype.0.as_unsigned_bytes_be();
        bytes.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte))
    })
}
