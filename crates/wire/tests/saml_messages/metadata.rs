//! Metadata of a federation service and of an application.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use samesign_wire::saml::metadata::{FederationMetadata, RelyingPartyMetadata};
use samesign_wire::saml::{Signer, SigningError};

use crate::key::{AUDIENCE, RECIPIENT};
use crate::support::{example, now, signer, without_signatures};

/// The prefix that the type's name has is declared where the type stands; where it was signed, it is not.
const SERVICE: &str = r#"
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
  ID="_0a1b2c3d4e5f60718293a4b5c6d7e8f9" entityID="http://sts.contoso.example/adfs/services/trust"
  validUntil="2026-11-30T07:20:00.123Z">
 (signature)
 <md:RoleDescriptor xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
   protocolSupportEnumeration="http://docs.oasis-open.org/ws-sx/ws-trust/200512 http://schemas.xmlsoap.org/ws/2005/02/trust http://docs.oasis-open.org/wsfed/federation/200706"
   xsi:type="fed:SecurityTokenServiceType">
  (keys)
  <fed:TokenTypesOffered xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706">
   <fed:TokenType Uri="urn:oasis:names:tc:SAML:1.0:assertion"></fed:TokenType>
  </fed:TokenTypesOffered>
  <fed:ClaimTypesOffered xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706">
   <auth:ClaimType xmlns:auth="http://docs.oasis-open.org/wsfed/authorization/200706"
    Optional="true" Uri="http://schemas.xmlsoap.org/claims/UPN"></auth:ClaimType>
  </fed:ClaimTypesOffered>
  <fed:SecurityTokenServiceEndpoint xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706">
   <wsa:EndpointReference xmlns:wsa="http://www.w3.org/2005/08/addressing">
    <wsa:Address>https://sts.contoso.example/adfs/services/trust/2005/usernamemixed</wsa:Address>
    <wsa:Metadata>
     <mex:Metadata xmlns:mex="http://schemas.xmlsoap.org/ws/2004/09/mex">
      <mex:MetadataSection Dialect="http://schemas.xmlsoap.org/ws/2004/09/mex">
       <mex:MetadataReference><wsa:Address>https://sts.contoso.example/adfs/services/trust/mex</wsa:Address></mex:MetadataReference>
      </mex:MetadataSection>
     </mex:Metadata>
    </wsa:Metadata>
   </wsa:EndpointReference>
  </fed:SecurityTokenServiceEndpoint>
  <fed:PassiveRequestorEndpoint xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706">
   <wsa:EndpointReference xmlns:wsa="http://www.w3.org/2005/08/addressing">
    <wsa:Address>https://sts.contoso.example/adfs/ls/</wsa:Address>
   </wsa:EndpointReference>
  </fed:PassiveRequestorEndpoint>
 </md:RoleDescriptor>
 <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
  (keys)
  <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://sts.contoso.example/adfs/ls/?a&amp;b"></md:SingleLogoutService>
  <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sts.contoso.example/adfs/ls/?a&amp;b"></md:SingleLogoutService>
  <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>
  <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>
  <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</md:NameIDFormat>
  <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified</md:NameIDFormat>
  <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://sts.contoso.example/adfs/ls/"></md:SingleSignOnService>
  <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sts.contoso.example/adfs/ls/"></md:SingleSignOnService>
 </md:IDPSSODescriptor>
</md:EntityDescriptor>"#;

const APPLICATION_SAML2: &str = r#"
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
  ID="_0a1b2c3d4e5f60718293a4b5c6d7e8f9" entityID="urn:federation:MicrosoftOnline">
 <md:SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
  <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://login.contoso.example/logout"></md:SingleLogoutService>
  <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>
  <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
   Location="https://login.contoso.example/login.srf" index="0" isDefault="true"></md:AssertionConsumerService>
 </md:SPSSODescriptor>
</md:EntityDescriptor>"#;

const APPLICATION_WSFED: &str = r#"
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
  ID="_0a1b2c3d4e5f60718293a4b5c6d7e8f9" entityID="urn:federation:MicrosoftOnline">
 <md:RoleDescriptor xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
   protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706" xsi:type="fed:ApplicationServiceType">
  <fed:TargetScopes xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706">
   <wsa:EndpointReference xmlns:wsa="http://www.w3.org/2005/08/addressing"><wsa:Address>urn:federation:MicrosoftOnline</wsa:Address></wsa:EndpointReference>
  </fed:TargetScopes>
  <fed:PassiveRequestorEndpoint xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706">
   <wsa:EndpointReference xmlns:wsa="http://www.w3.org/2005/08/addressing"><wsa:Address>https://login.contoso.example/login.srf</wsa:Address></wsa:EndpointReference>
  </fed:PassiveRequestorEndpoint>
 </md:RoleDescriptor>
</md:EntityDescriptor>"#;

fn service() -> FederationMetadata {
    FederationMetadata {
        id: "_0a1b2c3d4e5f60718293a4b5c6d7e8f9".to_owned(),
        entity_id: "http://sts.contoso.example/adfs/services/trust".to_owned(),
        passive_sign_in: "https://sts.contoso.example/adfs/ls/".to_owned(),
        active_sign_in: "https://sts.contoso.example/adfs/services/trust/2005/usernamemixed".to_owned(),
        mex: "https://sts.contoso.example/adfs/services/trust/mex".to_owned(),
        sign_out: "https://sts.contoso.example/adfs/ls/?a&b".to_owned(),
        certificates: vec![signer().certificate().to_vec(), b"the next".to_vec()],
        valid_until: now() + SignedDuration::from_hours(24 * 7),
        claims: vec!["http://schemas.xmlsoap.org/claims/UPN".to_owned()],
    }
}

fn application() -> RelyingPartyMetadata {
    RelyingPartyMetadata {
        id: "_0a1b2c3d4e5f60718293a4b5c6d7e8f9".to_owned(),
        entity_id: AUDIENCE.to_owned(),
        reply: RECIPIENT.to_owned(),
        sign_out: Some("https://login.contoso.example/logout".to_owned()),
        certificates: Vec::new(),
        valid_until: None,
    }
}

#[test]
fn a_service_names_its_addresses_and_the_keys_of_today_and_tomorrow() {
    let key = |certificate: &[u8]| {
        let certificate = STANDARD.encode(certificate);
        format!(
            r#"<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"#
        )
    };
    let keys = key(signer().certificate()) + &key(b"the next");
    let written = service().write(signer()).unwrap();
    assert_eq!(without_signatures(&written), example(SERVICE).replace("(keys)", &keys));
}

#[test]
fn an_application_names_its_address_for_either_protocol() {
    assert_eq!(application().write_saml2(None).unwrap(), example(APPLICATION_SAML2));
    assert_eq!(application().write_wsfed(None).unwrap(), example(APPLICATION_WSFED));
}

#[test]
fn an_application_that_signs_says_so() {
    let application = RelyingPartyMetadata { certificates: vec![signer().certificate().to_vec()], ..application() };
    let written = application.write_saml2(Some(signer() as &dyn Signer)).unwrap();
    let shown = without_signatures(&written);
    assert!(
        shown.contains(r#"entityID="urn:federation:MicrosoftOnline">(signature)<md:SPSSODescriptor AuthnRequestsSigned="true""#),
        "{shown}"
    );
    assert!(shown.contains(r#"<md:KeyDescriptor use="signing">"#), "{shown}");
}

#[test]
fn a_value_that_xml_cannot_carry_is_refused() {
    let service = FederationMetadata { entity_id: "\u{1}".to_owned(), ..service() };
    assert_eq!(service.write(signer()), Err(SigningError::Character));
}
