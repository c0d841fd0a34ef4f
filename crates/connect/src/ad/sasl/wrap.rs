//! Opening what a server sealed with Kerberos (RFC 4121 4.2, MS-KILE 3.4.5.4.1).
//!
//! Not left to `sspi`: it neither compares the header of a token with the copy inside the seal nor looks at the sequence
//! number, so that whoever sits on the way could leave messages out or repeat them. The cipher is the same one.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use picky_krb::constants::key_usages::ACCEPTOR_SEAL;
use picky_krb::crypto::Cipher;
use zeroize::Zeroizing;

use super::SaslError;

/// A wrap token's header (RFC 4121 4.2.6.2).
const HEADER_LENGTH: usize = 16;
/// The random block at the beginning of what is encrypted (RFC 3962 6).
const CONFOUNDER_LENGTH: usize = 16;
/// HMAC-SHA1-96 (RFC 3962 6).
const CHECKSUM_LENGTH: usize = 12;
/// What Kerberos rotates the token by when it seals (MS-KILE 3.4.5.4.1), and then once more by the filler.
const ROTATION: u16 = 28;
/// Filler that a sealed token may carry, at most one AES block.
const FILLER_MAX: u16 = 16;
/// SentByAcceptor, Sealed and AcceptorSubkey (RFC 4121 4.2.2).
const FLAGS: u8 = 0b111;
/// What the copy of the header inside the seal must repeat: everything but RRC, which a sender sets afterwards.
const REPEATED: [std::ops::Range<usize>; 2] = [0..6, 8..16];

/// The receiving half of a sealed session.
pub(crate) struct Opener {
    key: Zeroizing<Vec<u8>>,
    cipher: Box<dyn Cipher + Send + Sync>,
    /// Lower half of the next token's SND_SEQ (some senders count in 32 bits). The first token tells where counting begins:
    /// that nothing was left out before it follows from its content, which must be the beginning of an answer.
    next: Option<u32>,
}

impl Opener {
    /// `key` is the session's: 16 or 32 bytes, AES.
    pub(super) fn new(key: Zeroizing<Vec<u8>>) -> Result<Self, SaslError> {
        let cipher = suite(key.len()).ok_or_else(|| SaslError::Refused("the session key is not one of AES".to_owned()))?;
        Ok(Self { key, cipher, next: None })
    }

    /// Opens a token, given in pieces, that signs `around[0]`, its content and `around[1]`, and returns the content.
    ///
    /// # Errors
    /// When it is not a sealed token of the acceptor, its signature is wrong, or it is not the next one.
    pub(super) fn open(&mut self, token: &[&[u8]], around: [&[u8]; 2]) -> Result<Zeroizing<Vec<u8>>, SaslError> {
        let mut token = Zeroizing::new(token.concat());
        let filler = check_header(&token)?;
        let (header, body) = token.split_at_mut_checked(HEADER_LENGTH).ok_or(SaslError::Wrap)?;
        body.rotate_left(usize::from(ROTATION) + filler);
        let opened = self.cipher.decrypt_no_checksum(&self.key, ACCEPTOR_SEAL, body).map_err(|_| SaslError::Wrap)?;
        let (mut plain, integrity_key) = (Zeroizing::new(opened.plaintext), Zeroizing::new(opened.ki));
        let content = plain.len().checked_sub(HEADER_LENGTH + filler).ok_or(SaslError::Wrap)?;
        let (inside, behind) = plain.split_at_checked(content).ok_or(SaslError::Wrap)?;
        let (_, copy) = behind.split_at_checked(filler).ok_or(SaslError::Wrap)?;
        let [before, after] = around;
        verify(&integrity_key, &[&opened.confounder, before, inside, after, behind], &opened.checksum)?;
        if REPEATED.into_iter().any(|range| header.get(range.clone()) != copy.get(range)) {
            return Err(SaslError::Wrap);
        }
        self.count(header)?;
        plain.truncate(content);
        Ok(plain)
    }

    fn count(&mut self, header: &[u8]) -> Result<(), SaslError> {
        let number = u32::from_be_bytes(*header.last_chunk::<4>().ok_or(SaslError::Wrap)?);
        if self.next.is_some_and(|next| next != number) {
            return Err(SaslError::Order);
        }
        self.next = Some(number.wrapping_add(1));
        Ok(())
    }
}

/// Verifies HMAC-SHA1-96 over `signed`, piece after piece.
fn verify(key: &[u8], signed: &[&[u8]], checksum: &[u8]) -> Result<(), SaslError> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key));
    for piece in signed {
        context.update(piece);
    }
    let expected = context.sign();
    let expected = expected.as_ref().get(..CHECKSUM_LENGTH).unwrap_or_default();
    verify_slices_are_equal(expected, checksum).map_err(|_| SaslError::Wrap)
}

fn suite(key_length: usize) -> Option<Box<dyn Cipher + Send + Sync>> {
    use picky_krb::crypto::aes::{Aes128CtsHmacSha196, Aes256CtsHmacSha196};
    match key_length {
        16 => Some(Box::new(Aes128CtsHmacSha196::new())),
        32 => Some(Box::new(Aes256CtsHmacSha196::new())),
        _ => None,
    }
}

/// Makes sure that a token is a sealed one of the acceptor and long enough; returns the length of its filler.
fn check_header(token: &[u8]) -> Result<usize, SaslError> {
    let [0x05, 0x04, FLAGS, 0xff, ec0, ec1, rrc0, rrc1, ..] = token else { return Err(SaslError::Wrap) };
    let (filler, rotation) = (u16::from_be_bytes([*ec0, *ec1]), u16::from_be_bytes([*rrc0, *rrc1]));
    let shortest = HEADER_LENGTH + CONFOUNDER_LENGTH + usize::from(filler) + HEADER_LENGTH + CHECKSUM_LENGTH;
    if rotation != ROTATION || filler > FILLER_MAX || token.len() < shortest {
        return Err(SaslError::Wrap);
    }
    Ok(usize::from(filler))
}
