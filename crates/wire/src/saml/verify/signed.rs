//! What a signature says, and the two texts it is about: `SignedInfo`, and the assertion or request that it stands in.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Refusal, VerifyingKey};
use crate::saml::signature::{ENVELOPED, EXCLUSIVE, NAMESPACE, RSA_SHA256, SHA256};
use crate::saml::xml::{Element, canonical, canonical_without};

/// Longest signature, in bytes: that of an RSA key of 8192 bits.
const SIGNATURE_BYTES_MAX: usize = 1_024;
/// Most prefixes of a `PrefixList`.
const PREFIXES_MAX: usize = 16;

/// An assertion or a request, and its signature, out of their document.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    /// Canonical form of `SignedInfo`.
    pub(super) info: String,
    /// Canonical form of what is signed, without the signature.
    pub(super) covered: String,
    pub(super) digest: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

impl Signed {
    /// Reads the `signature` of the element that it stands in, whose id is `id`, and canonicalises.
    pub(super) fn read(element: Element<'_>, id: &str, signature: Element<'_>) -> Result<Self, Refusal> {
        let [info, value] = parts(signature)?;
        let [method, algorithm, reference] = children(info, ["CanonicalizationMethod", "SignatureMethod", "Reference"])?;
        let info_prefixes = exclusive(method)?;
        bare(algorithm, RSA_SHA256)?;

        attributes(reference, &["URI"])?;
        let uri = reference.attribute("URI").unwrap_or_default();
        if uri.strip_prefix('#') != Some(id) {
            return Err(Refusal::Reference(super::quoted(uri)));
        }
        let [transforms, digest_method, digest_value] = children(reference, ["Transforms", "DigestMethod", "DigestValue"])?;
        let [enveloped, canonicalization] = children(transforms, ["Transform", "Transform"])?;
        bare(enveloped, ENVELOPED)?;
        let prefixes = exclusive(canonicalization)?;
        bare(digest_method, SHA256)?;

        Ok(Self {
            info: canonical(info, &info_prefixes),
            covered: canonical_without(element, Some(signature), &prefixes),
            digest: base64(digest_value, "DigestValue", digest::SHA256_OUTPUT_LEN)?,
            signature: base64(value, "SignatureValue", SIGNATURE_BYTES_MAX)?,
        })
    }

    /// The canonical text that is signed, when one of the keys signed it.
    pub(super) fn verify(&self, keys: &[VerifyingKey]) -> Result<&str, Refusal> {
        if keys.is_empty() {
            return Err(Refusal::NoKey);
        }
        if !keys.iter().any(|key| key.made(self.info.as_bytes(), &self.signature)) {
            return Err(Refusal::Signature);
        }
        if digest::digest(&digest::SHA256, self.covered.as_bytes()).as_ref() != self.digest.as_slice() {
            return Err(Refusal::Digest);
        }
        Ok(&self.covered)
    }
}

/// `SignedInfo` and `SignatureValue`; `KeyInfo` may follow and is not looked at.
fn parts(signature: Element<'_>) -> Result<[Element<'_>; 2], Refusal> {
    attributes(signature, &["Id"])?;
    let all = signature.elements()?;
    let known = match all.split_last() {
        Some((last, first)) if last.is(NAMESPACE, "KeyInfo") => first.to_vec(),
        _ => all,
    };
    named(known, ["SignedInfo", "SignatureValue"])
}

/// The elements in one that has no attributes but an algorithm's or a reference's; exactly these, in this order.
fn children<'a, const N: usize>(element: Element<'a>, names: [&'static str; N]) -> Result<[Element<'a>; N], Refusal> {
    named(element.elements()?, names)
}

fn named<'a, const N: usize>(elements: Vec<Element<'a>>, names: [&'static str; N]) -> Result<[Element<'a>; N], Refusal> {
    for (index, name) in names.iter().enumerate() {
        if !elements.get(index).is_some_and(|element| element.is(NAMESPACE, name)) {
            return Err(Refusal::Missing(name));
        }
    }
    let surplus = elements.get(N).map_or("", |element| element.local());
    <[Element<'a>; N]>::try_from(elements).map_err(|_| Refusal::unexpected(surplus))
}

/// Refuses attributes other than these.
fn attributes(element: Element<'_>, allowed: &[&str]) -> Result<(), Refusal> {
    match element.attributes().find(|(namespace, local, _)| !namespace.is_empty() || !allowed.contains(local)) {
        Some((_, local, _)) => Err(Refusal::unexpected(local)),
        None => Ok(()),
    }
}

/// Requires an algorithm without parameters.
fn bare(method: Element<'_>, algorithm: &str) -> Result<(), Refusal> {
    require(method, algorithm)?;
    match method.elements()?.first() {
        Some(parameter) => Err(Refusal::unexpected(parameter.local())),
        None => Ok(()),
    }
}

fn require(method: Element<'_>, algorithm: &str) -> Result<(), Refusal> {
    attributes(method, &["Algorithm"])?;
    match method.attribute("Algorithm") {
        Some(given) if given == algorithm => Ok(()),
        given => Err(Refusal::Algorithm(super::quoted(given.unwrap_or_default()))),
    }
}

/// Requires exclusive canonicalization, and answers with the prefixes that its one parameter lists.
fn exclusive<'a>(method: Element<'a>) -> Result<Vec<&'a str>, Refusal> {
    require(method, EXCLUSIVE)?;
    let parameters = method.elements()?;
    let Some(list) = parameters.first() else { return Ok(Vec::new()) };
    if parameters.len() > 1 || !list.is(EXCLUSIVE, "InclusiveNamespaces") || !list.elements()?.is_empty() {
        return Err(Refusal::unexpected(list.local()));
    }
    attributes(*list, &["PrefixList"])?;
    let prefixes: Vec<_> = list.attribute("PrefixList").unwrap_or_default().split_ascii_whitespace().collect();
    if prefixes.len() > PREFIXES_MAX { Err(Refusal::value("PrefixList", "more prefixes than are accepted")) } else { Ok(prefixes) }
}

/// Base64 with white space between, as it may be wrapped.
fn base64(element: Element<'_>, what: &'static str, bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    let text = element.text()?;
    let packed: String = text.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(&packed).map_err(|_| Refusal::value(what, text))?;
    if bytes.is_empty() || bytes.len() > bytes_max { Err(Refusal::value(what, text)) } else { Ok(bytes) }
}
