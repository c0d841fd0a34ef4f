//! What all descriptors share.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use crate::saml::names::{ADDRESSING, FEDERATION, METADATA, SCHEMA_INSTANCE, SIGNATURE};
use crate::saml::xml::{InvalidCharacter, Name, Writer};
use crate::saml::{Signer, SigningError, signature, time};

pub(super) const fn md(local: &'static str) -> Name {
    Name::new("md", METADATA, local)
}

pub(super) const fn fed(local: &'static str) -> Name {
    Name::new("fed", FEDERATION, local)
}

pub(super) const fn wsa(local: &'static str) -> Name {
    Name::new("wsa", ADDRESSING, local)
}

const fn ds(local: &'static str) -> Name {
    Name::new("ds", SIGNATURE, local)
}

/// `md:EntityDescriptor` (saml-metadata-2.0-os section 2.3.2).
pub(super) struct Entity<'a> {
    pub id: &'a str,
    pub entity_id: &'a str,
    pub valid_until: Option<Timestamp>,
}

impl Entity<'_> {
    /// Writes the document, signed when there is a signer. The signature is the first child (section 3.1).
    pub fn write(&self, signer: Option<&dyn Signer>, roles: impl Fn(&mut Writer)) -> Result<String, SigningError> {
        let unsigned = self.document("", &roles)?;
        let Some(signer) = signer else { return Ok(with_type_prefix(&unsigned)) };
        let signature = signature::element(self.id, &unsigned, signer)?;
        Ok(with_type_prefix(&self.document(&signature, &roles)?))
    }

    fn document(&self, signature: &str, roles: impl Fn(&mut Writer)) -> Result<String, InvalidCharacter> {
        let until = self.valid_until.map(time::write);
        let mut attributes = vec![(Name::plain("ID"), self.id), (Name::plain("entityID"), self.entity_id)];
        attributes.extend(until.as_deref().map(|until| (Name::plain("validUntil"), until)));
        let mut writer = Writer::new();
        writer.element(md("EntityDescriptor"), &attributes, |writer| {
            writer.canonical(signature);
            roles(writer);
        });
        writer.finish()
    }
}

/// `md:RoleDescriptor`, which means nothing without `xsi:type`; one of ws-federation-1.2-spec section 3.1.2.
pub(super) fn role(writer: &mut Writer, role_type: &str, protocols: &str, content: impl FnOnce(&mut Writer)) {
    let role_type = format!("fed:{role_type}");
    let attributes =
        [(Name::plain("protocolSupportEnumeration"), protocols), (Name::new("xsi", SCHEMA_INSTANCE, "type"), role_type.as_str())];
    writer.element(md("RoleDescriptor"), &attributes, content);
}

/// Declares the prefix that the value of `xsi:type` has. Exclusive canonicalization does not see that it is used there, and leaves
/// the declaration out again wherever no name of an element or attribute needs it: what was signed stays the same.
fn with_type_prefix(document: &str) -> String {
    document.replace("<md:RoleDescriptor ", &format!("<md:RoleDescriptor xmlns:fed=\"{FEDERATION}\" "))
}

/// One `md:KeyDescriptor` for each certificate (saml-metadata-2.0-os section 2.4.1.1).
pub(super) fn keys(writer: &mut Writer, certificates: &[Vec<u8>]) {
    for certificate in certificates {
        writer.element(md("KeyDescriptor"), &[(Name::plain("use"), "signing")], |writer| {
            writer.element(ds("KeyInfo"), &[], |writer| {
                writer.element(ds("X509Data"), &[], |writer| writer.leaf(ds("X509Certificate"), &[], &STANDARD.encode(certificate)));
            });
        });
    }
}

/// An address of a SAML 2.0 binding (saml-metadata-2.0-os section 2.2.2).
pub(super) fn endpoint(writer: &mut Writer, element: &'static str, binding: &str, location: &str) {
    writer.leaf(md(element), &[(Name::plain("Binding"), binding), (Name::plain("Location"), location)], "");
}

/// An address as WS-Addressing writes it.
pub(super) fn reference(writer: &mut Writer, element: &'static str, address: &str, more: impl FnOnce(&mut Writer)) {
    writer.element(fed(element), &[], |writer| {
        writer.element(wsa("EndpointReference"), &[], |writer| {
            writer.leaf(wsa("Address"), &[], address);
            more(writer);
        });
    });
}
