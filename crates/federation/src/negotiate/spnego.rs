//! What a browser sends behind `Negotiate`: SPNEGO around a Kerberos token (RFC 4559, RFC 4178, RFC 4121).
//!
//! Pure, and the first thing that sees a stranger's bytes. Not left to `sspi`, whose reader panics on a first token that does not
//! fit its types. Only what fits in one message is taken: a client whose first choice is not Kerberos would need a second round,
//! and an HTTP request has no memory of the first.

use samesign_connect::ad::Reader;

use super::TicketRefusal;

/// The longest token that is looked at. A ticket of somebody in a thousand groups has 48 KB (MaxTokenSize of Windows).
pub(super) const TOKEN_LENGTH_MAX: usize = 64 * 1024;

/// 1.3.6.1.5.5.2
const SPNEGO: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x02];
/// 1.2.840.113554.1.2.2
const KERBEROS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02];
/// 1.2.840.48018.1.2.2, the same mechanism under the number that Windows gave it by mistake (MS-SPNG 1.9).
const KERBEROS_OF_WINDOWS: &[u8] = &[0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02];
/// 1.3.6.1.4.1.311.2.2.10
const NTLM: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a];
/// The beginning of every message of NTLM (MS-NLMP 2.2.1).
const NTLM_SIGNATURE: &[u8] = b"NTLMSSP\0";

const APPLICATION_0: u8 = 0x60;
const CONTEXT_0: u8 = 0xa0;
const CONTEXT_2: u8 = 0xa2;
const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
/// TOK_ID of a KRB_AP_REQ (RFC 4121 4.1).
const AP_REQ: &[u8] = &[0x01, 0x00];

/// The initial token of a client whose first choice is Kerberos.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Initial<'a> {
    /// By which of its two numbers the client names Kerberos; the answer has to repeat it.
    pub(super) mechanism: &'a [u8],
    /// The Kerberos token: header (RFC 4121 4.1) and KRB_AP_REQ.
    pub(super) token: &'a [u8],
    /// The KRB_AP_REQ alone.
    pub(super) ap_req: &'a [u8],
}

/// Unwraps a token.
pub(super) fn read(token: &[u8]) -> Result<Initial<'_>, TicketRefusal> {
    if token.starts_with(NTLM_SIGNATURE) {
        return Err(TicketRefusal::Ntlm);
    }
    if token.len() > TOKEN_LENGTH_MAX {
        return Err(TicketRefusal::Malformed("the token is longer than 64 KiB"));
    }
    let (mechanism, token) = neg_token_init(token).ok_or(TicketRefusal::Malformed("the token is not an initial one of SPNEGO"))?;
    if mechanism == NTLM || token.is_some_and(|token| token.starts_with(NTLM_SIGNATURE)) {
        return Err(TicketRefusal::Ntlm);
    }
    if mechanism != KERBEROS && mechanism != KERBEROS_OF_WINDOWS {
        return Err(TicketRefusal::Malformed("the client's first choice is not Kerberos"));
    }
    let token = token.ok_or(TicketRefusal::Malformed("there is no ticket in the token"))?;
    let ap_req = kerberos_token(token).ok_or(TicketRefusal::Malformed("there is no KRB_AP_REQ in the token"))?;
    Ok(Initial { mechanism, token, ap_req })
}

/// The client's first choice, and its token for that (RFC 4178 4.2.1, in the frame of RFC 2743 3.1).
fn neg_token_init(token: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let mut outer = Reader::new(only(token, APPLICATION_0)?);
    if outer.expect(OBJECT_IDENTIFIER).ok()? != SPNEGO {
        return None;
    }
    let mut fields = Reader::new(only(outer.expect(CONTEXT_0).ok()?, SEQUENCE)?);
    outer.end().ok()?;
    let mechanisms = only(fields.expect(CONTEXT_0).ok()?, SEQUENCE)?;
    let first = Reader::new(mechanisms).expect(OBJECT_IDENTIFIER).ok()?;
    let mut mechanism_token = None;
    while !fields.is_empty() {
        let (tag, content) = fields.element().ok()?;
        if tag == CONTEXT_2 {
            mechanism_token = Some(only(content, OCTET_STRING)?);
        }
    }
    Some((first, mechanism_token))
}

/// The KRB_AP_REQ behind its header (RFC 4121 4.1).
fn kerberos_token(token: &[u8]) -> Option<&[u8]> {
    let content = only(token, APPLICATION_0)?;
    let mut reader = Reader::new(content);
    let mechanism = reader.expect(OBJECT_IDENTIFIER).ok()?;
    let behind = content.get(mechanism.len() + 2..)?;
    (mechanism == KERBEROS).then(|| behind.strip_prefix(AP_REQ))?
}

/// The content of the one element that the bytes are.
pub(super) fn only(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes);
    let content = reader.expect(tag).ok()?;
    reader.end().ok()?;
    Some(content)
}

/// The token again, naming one mechanism only: all that a second reader needs to see of it.
pub(super) fn write(initial: &Initial<'_>) -> Vec<u8> {
    let mechanisms = element(CONTEXT_0, &element(SEQUENCE, &element(OBJECT_IDENTIFIER, initial.mechanism)));
    let token = element(CONTEXT_2, &element(OCTET_STRING, initial.token));
    let init = element(CONTEXT_0, &element(SEQUENCE, &[mechanisms, token].concat()));
    element(APPLICATION_0, &[element(OBJECT_IDENTIFIER, SPNEGO), init].concat())
}

pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = content.len().to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
    let mut element = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length) if length < 0x80 => element.push(length),
        _ => {
            // At most eight digits: a usize has no more.
            element.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
            element.extend(digits);
        }
    }
    element.extend(content);
    element
}
