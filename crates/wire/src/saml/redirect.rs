//! Messages in the query of a redirect (saml-bindings-2.0-os section 3.4): compressed, Base64, and signed, if at all, over the
//! octets of the query.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::read::value;
use super::verify::VerifyingKey;
use super::{Refusal, Signer, SigningError};

/// The largest document that a query is inflated to, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 16 * 1024;
/// The longest query that is looked at, in bytes.
pub const QUERY_BYTES_MAX: usize = 64 * 1024;

/// Which parameter holds the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `SAMLRequest`
    Request,
    /// `SAMLResponse`
    Response,
}

/// What a query held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Which parameter held the message.
    pub kind: Kind,
    /// The message, still to be read.
    pub document: Vec<u8>,
    /// `RelayState`, which goes back unchanged with the answer. At most 80 bytes by section 3.4.3, but partners send more.
    pub relay_state: Option<String>,
    /// The signature over the query, still to be verified.
    pub signature: Option<QuerySignature>,
}

/// A signature over the octets of a query (saml-bindings-2.0-os section 3.4.4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuerySignature {
    /// The octets that were signed, as they were sent.
    pub signed: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// The query of a redirect, without the question mark. To be appended to the address with `?`, or `&` if that has a query.
///
/// # Errors
/// When the key refuses.
pub fn encode(kind: Kind, document: &str, relay_state: Option<&str>, signer: Option<&dyn Signer>) -> Result<String, SigningError> {
    let mut query = format!("{}={}", kind.parameter(), escape(&STANDARD.encode(deflate(document))));
    if let Some(state) = relay_state {
        query.push_str("&RelayState=");
        query.push_str(&escape(state));
    }
    let Some(signer) = signer else { return Ok(query) };
    query.push_str("&SigAlg=");
    query.push_str(&escape(RSA_SHA256));
    let signature = signer.sign(query.as_bytes())?;
    query.push_str("&Signature=");
    query.push_str(&escape(&STANDARD.encode(signature)));
    Ok(query)
}

/// Takes a query apart. Other parameters than those of the binding are skipped.
///
/// # Errors
/// When it is too long, holds no message or more than one, or what it holds is not as section 3.4.4.1 says.
pub fn decode(query: &str) -> Result<Decoded, Refusal> {
    if query.len() > QUERY_BYTES_MAX {
        return Err(Refusal::TooLarge { bytes: query.len() });
    }
    let raw = Raw::take_apart(query)?;
    let (kind, message) = match (raw.request, raw.response) {
        (Some(request), None) => (Kind::Request, request),
        (None, Some(response)) => (Kind::Response, response),
        _ => return Err(Refusal::Missing("SAMLRequest")),
    };
    if raw.encoding.is_some_and(|encoding| unescape(encoding).as_deref() != Some(DEFLATE)) {
        return Err(Refusal::Algorithm("SAMLEncoding".to_owned()));
    }
    let relay_state = raw.relay_state.map(|state| unescape(state).ok_or(Refusal::Encoding)).transpose()?;
    let compressed = base64(kind.parameter(), message)?;
    let document = inflate(&compressed)?;
    Ok(Decoded { kind, document, relay_state, signature: raw.signature(kind, message)? })
}

/// The values of the binding's parameters, still escaped: what is signed are these very octets.
#[derive(Default)]
struct Raw<'a> {
    request: Option<&'a str>,
    response: Option<&'a str>,
    relay_state: Option<&'a str>,
    encoding: Option<&'a str>,
    algorithm: Option<&'a str>,
    signature: Option<&'a str>,
}

impl<'a> Raw<'a> {
    fn take_apart(query: &'a str) -> Result<Self, Refusal> {
        let mut raw = Self::default();
        for parameter in query.split('&') {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let (name, place) = match name {
                "SAMLRequest" => ("SAMLRequest", &mut raw.request),
                "SAMLResponse" => ("SAMLResponse", &mut raw.response),
                "RelayState" => ("RelayState", &mut raw.relay_state),
                "SAMLEncoding" => ("SAMLEncoding", &mut raw.encoding),
                "SigAlg" => ("SigAlg", &mut raw.algorithm),
                "Signature" => ("Signature", &mut raw.signature),
                _ => continue,
            };
            if place.replace(value).is_some() {
                return Err(Refusal::Missing(name));
            }
        }
        Ok(raw)
    }

    /// What was signed is the message, the relay state if there is one, and the algorithm, in this order, whatever order they were
    /// sent in.
    fn signature(&self, kind: Kind, message: &str) -> Result<Option<QuerySignature>, Refusal> {
        let (Some(algorithm), Some(signature)) = (self.algorithm, self.signature) else {
            return if self.algorithm.is_none() && self.signature.is_none() { Ok(None) } else { Err(Refusal::Missing("Signature")) };
        };
        if unescape(algorithm).as_deref() != Some(RSA_SHA256) {
            return Err(Refusal::Algorithm(algorithm.chars().take(Refusal::QUOTED_MAX).collect()));
        }
        let state = self.relay_state.map(|state| format!("&RelayState={state}")).unwrap_or_default();
        let signed = format!("{}={message}{state}&SigAlg={algorithm}", kind.parameter()).into_bytes();
        Ok(Some(QuerySignature { signed, signature: base64("Signature", signature)? }))
    }
}

impl QuerySignature {
    /// Checks the signature with the keys that the sender is known by.
    ///
    /// # Errors
    /// [`Refusal::NoKey`] when there is none, [`Refusal::Signature`] when none of them made it.
    pub fn verify(&self, keys: &[VerifyingKey]) -> Result<(), Refusal> {
        match keys {
            [] => Err(Refusal::NoKey),
            keys if keys.iter().any(|key| key.made(&self.signed, &self.signature)) => Ok(()),
            _ => Err(Refusal::Signature),
        }
    }
}

impl Kind {
    const fn parameter(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const DEFLATE: &str = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";

/// Everything is escaped but what RFC 3986 section 2.3 calls unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn escape(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// A plus sign is a space, as forms have it.
fn unescape(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// White space in it does not count: it may be line breaks, or plus signs that were not escaped, which then are missing.
fn base64(what: &'static str, escaped: &str) -> Result<Vec<u8>, Refusal> {
    let text = percent_decode_str(escaped).decode_utf8().map_err(|_| Refusal::Encoding)?;
    let dense: String = text.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    STANDARD.decode(dense).map_err(|_| value(what, &text))
}

/// RFC 1951, without the header and checksum of zlib. It cannot fail: the memory grows as needed.
fn deflate(document: &str) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    match encoder.write_all(document.as_bytes()) {
        Ok(()) | Err(_) => encoder.finish().unwrap_or_default(),
    }
}

/// Stops at the bound, so that little costs little, whatever it would grow to.
fn inflate(compressed: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut document = Vec::new();
    let mut bounded = DeflateDecoder::new(compressed).take(DOCUMENT_BYTES_MAX as u64 + 1);
    bounded
        .read_to_end(&mut document)
        .map_err(|_| Refusal::Value { what: "the message", value: "not compressed as RFC 1951 says".to_owned() })?;
    if document.len() > DOCUMENT_BYTES_MAX {
        return Err(Refusal::TooLarge { bytes: document.len() });
    }
    Ok(document)
}
