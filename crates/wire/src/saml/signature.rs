//! Makes enveloped XML signatures (<https://www.w3.org/TR/xmldsig-core1/>), in the one form that we accept too.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::xml::{Name, Writer};
use super::{Signer, SigningError};

/// Namespace of XML signatures.
pub const NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Namespace and algorithm of Exclusive XML Canonicalization 1.0 without comments.
pub const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// The enveloped signature transform.
pub const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
/// RSA PKCS #1 v1.5 with SHA-256.
pub const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// SHA-256.
pub const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// The `ds:Signature` of the element whose id is `reference_id` and whose exclusive canonical form, without this signature, is
/// `canonical`. It is canonical itself, with its namespace declared on it, and is put in where the element's schema has it.
///
/// # Errors
/// When the key refuses, or when the id holds a character that XML does not allow.
pub fn element(reference_id: &str, canonical: &str, signer: &dyn Signer) -> Result<String, SigningError> {
    let uri = format!("#{reference_id}");
    let value = STANDARD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()));
    let mut alone = Writer::new();
    signed_info(&mut alone, &uri, &value);
    let signature = signer.sign(alone.finish().map_err(|_| SigningError::Character)?.as_bytes())?;

    let mut writer = Writer::new();
    writer.element(ds("Signature"), &[], |writer| {
        signed_info(writer, &uri, &value);
        writer.leaf(ds("SignatureValue"), &[], &STANDARD.encode(&signature));
        writer.element(ds("KeyInfo"), &[], |writer| {
            writer.element(ds("X509Data"), &[], |writer| {
                writer.leaf(ds("X509Certificate"), &[], &STANDARD.encode(signer.certificate()));
            });
        });
    });
    writer.finish().map_err(|_| SigningError::Character)
}

/// Canonical by itself when it is the first thing written, which is what is signed.
fn signed_info(writer: &mut Writer, uri: &str, digest: &str) {
    writer.element(ds("SignedInfo"), &[], |writer| {
        algorithm(writer, "CanonicalizationMethod", EXCLUSIVE);
        algorithm(writer, "SignatureMethod", RSA_SHA256);
        writer.element(ds("Reference"), &[(Name::plain("URI"), uri)], |writer| {
            writer.element(ds("Transforms"), &[], |writer| {
                algorithm(writer, "Transform", ENVELOPED);
                algorithm(writer, "Transform", EXCLUSIVE);
            });
            algorithm(writer, "DigestMethod", SHA256);
            writer.leaf(ds("DigestValue"), &[], digest);
        });
    });
}

fn algorithm(writer: &mut Writer, local: &'static str, uri: &str) {
    writer.element(ds(local), &[(Name::plain("Algorithm"), uri)], |_| {});
}

const fn ds(local: &'static str) -> Name {
    Name::new("ds", NAMESPACE, local)
}
