//! Channel binding: whether a ticket was meant for this TLS connection, or was carried here from another one.
//!
//! A client that takes part puts the MD5 of what names the channel into its authenticator's checksum (RFC 4121 4.1.1, RFC 2744
//! 3.11). Over TLS that is the hash of the server's certificate (`tls-server-end-point`, RFC 5929 4). MD5 is what the protocol
//! says; the value is protected by the authenticator's own encryption, so that only a second preimage would help an attacker.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use md5::{Digest as _, Md5};

use super::TicketRefusal;
use crate::ChannelBinding;

/// The checksum type that carries GSS-API's flags and bindings.
const GSS_CHECKSUM: i64 = 0x8003;
/// Before the name of the channel.
const PREFIX: &[u8] = b"tls-server-end-point:";

/// Judges the binding in an authenticator's checksum.
pub(super) fn check(
    required: ChannelBinding,
    checksum: Option<(i64, &[u8])>,
    server_end_point: Option<&[u8]>,
) -> Result<(), TicketRefusal> {
    if required == ChannelBinding::Off {
        return Ok(());
    }
    match (sent(checksum)?, server_end_point) {
        (Some(sent), Some(end_point)) => verify_slices_are_equal(sent, &expected(end_point)).map_err(|_| TicketRefusal::Binding),
        (None, _) if required == ChannelBinding::WhenSent => Ok(()),
        _ => Err(TicketRefusal::Binding),
    }
}

/// The field Bnd (RFC 4121 4.1.1); `None` where the client bound to nothing, which it says with zeros.
fn sent(checksum: Option<(i64, &[u8])>) -> Result<Option<&[u8; 16]>, TicketRefusal> {
    let Some((GSS_CHECKSUM, checksum)) = checksum else { return Ok(None) };
    let malformed = TicketRefusal::Malformed("the authenticator's checksum is not one of GSS-API");
    let Some((&[16, 0, 0, 0], behind)) = checksum.split_first_chunk::<4>() else { return Err(malformed) };
    let Some((binding, _)) = behind.split_first_chunk::<16>() else { return Err(malformed) };
    Ok((*binding != [0; 16]).then_some(binding))
}

/// MD5 over the bindings as RFC 4121 4.1.1.2 lays them out: no addresses, then the application's data behind its length.
fn expected(end_point: &[u8]) -> [u8; 16] {
    let length = u32::try_from(PREFIX.len() + end_point.len()).unwrap_or(u32::MAX);
    let mut hash = Md5::new();
    hash.update([0; 16]);
    hash.update(length.to_le_bytes());
    hash.update(PREFIX);
    hash.update(end_point);
    hash.finalize().into()
}

#[cfg(test)]
pub(super) fn binding_for_tests(end_point: &[u8]) -> [u8; 16] {
    expected(end_point)
}
