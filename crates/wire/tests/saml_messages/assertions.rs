//! Assertions of both versions, and the response around one.

use proptest::prelude::*;
use samesign_wire::saml::saml2::{Response, Status};
use samesign_wire::saml::{
    Assertion, Attribute, Authentication, AuthenticationMethod, Confirmation, NameId, NameIdFormat, Presented, Refusal, Signer,
    SigningError, Version, saml2, saml11,
};

use crate::key::{ISSUER, RECIPIENT, REQUEST, saml2_assertion, saml11_assertion};
use crate::support::{beginnings, example, id, keys, name_id_format, now, signer, text, time, without_signatures};

/// The signature is the last child. Both statements name the person. Attributes have their URI in two parts.
const SAML11: &str = r#"
<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:1.0:assertion"
  AssertionID="_0123456789abcdef0123456789abcdef" IssueInstant="2026-11-23T07:20:00.123Z"
  Issuer="http://contoso.example/adfs/services/trust/" MajorVersion="1" MinorVersion="1">
 <saml:Conditions NotBefore="2026-11-23T07:19:00.123Z" NotOnOrAfter="2026-11-23T08:20:00.123Z">
  <saml:AudienceRestrictionCondition><saml:Audience>urn:federation:MicrosoftOnline</saml:Audience></saml:AudienceRestrictionCondition>
 </saml:Conditions>
 <saml:AttributeStatement>
  <saml:Subject>
   <saml:NameIdentifier Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">7+/vv70+T0K/gxYx+/8BAg==</saml:NameIdentifier>
   <saml:SubjectConfirmation><saml:ConfirmationMethod>urn:oasis:names:tc:SAML:1.0:cm:bearer</saml:ConfirmationMethod></saml:SubjectConfirmation>
  </saml:Subject>
  <saml:Attribute AttributeName="UPN" AttributeNamespace="http://schemas.xmlsoap.org/claims">
   <saml:AttributeValue>anna.o'brien+żółć@contoso.example</saml:AttributeValue></saml:Attribute>
  <saml:Attribute AttributeName="ImmutableID" AttributeNamespace="http://schemas.microsoft.com/LiveID/Federation/2008/05">
   <saml:AttributeValue>7+/vv70+T0K/gxYx+/8BAg==</saml:AttributeValue></saml:Attribute>
  <saml:Attribute AttributeName="insidecorporatenetwork" AttributeNamespace="http://schemas.microsoft.com/ws/2012/01">
   <saml:AttributeValue>true</saml:AttributeValue></saml:Attribute>
  <saml:Attribute AttributeName="name" AttributeNamespace="http://schemas.xmlsoap.org/ws/2005/05/identity/claims">
   <saml:AttributeValue>&lt;Ana &amp; "Béla"&gt; 'Größe' ]]&gt; 😀 – λ</saml:AttributeValue></saml:Attribute>
 </saml:AttributeStatement>
 <saml:AuthenticationStatement AuthenticationInstant="2026-11-23T07:19:55.123Z"
  AuthenticationMethod="urn:federation:authentication:windows">
  <saml:Subject>
   <saml:NameIdentifier Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">7+/vv70+T0K/gxYx+/8BAg==</saml:NameIdentifier>
   <saml:SubjectConfirmation><saml:ConfirmationMethod>urn:oasis:names:tc:SAML:1.0:cm:bearer</saml:ConfirmationMethod></saml:SubjectConfirmation>
  </saml:Subject>
 </saml:AuthenticationStatement>
 (signature)
</saml:Assertion>"#;

/// The response has no signature of its own here. The assertion's is its second child, after the issuer, and it declares its own
/// namespace, so that it can be cut out of the text.
const RESPONSE: &str = r#"
<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
  Destination="https://login.contoso.example/login.srf" ID="_fedcba9876543210fedcba9876543210"
  InResponseTo="_9c3f0d7a6b5e4f3c2d1e0f9a8b7c6d5e" IssueInstant="2026-11-23T07:20:00.123Z" Version="2.0">
 <saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">http://contoso.example/adfs/services/trust/</saml:Issuer>
 <samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status>
 <saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
   ID="_0123456789abcdef0123456789abcdef" IssueInstant="2026-11-23T07:20:00.123Z" Version="2.0">
  <saml:Issuer>http://contoso.example/adfs/services/trust/</saml:Issuer>
  (signature)
  <saml:Subject>
   <saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">7+/vv70+T0K/gxYx+/8BAg==</saml:NameID>
   <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
    <saml:SubjectConfirmationData InResponseTo="_9c3f0d7a6b5e4f3c2d1e0f9a8b7c6d5e"
     NotOnOrAfter="2026-11-23T07:25:00.123Z" Recipient="https://login.contoso.example/login.srf"></saml:SubjectConfirmationData>
   </saml:SubjectConfirmation>
  </saml:Subject>
  <saml:Conditions NotBefore="2026-11-23T07:19:00.123Z" NotOnOrAfter="2026-11-23T08:20:00.123Z">
   <saml:AudienceRestriction><saml:Audience>urn:federation:MicrosoftOnline</saml:Audience></saml:AudienceRestriction>
  </saml:Conditions>
  <saml:AuthnStatement AuthnInstant="2026-11-23T07:19:55.123Z" SessionIndex="_5e55104">
   <saml:AuthnContext>
    <saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef>
   </saml:AuthnContext>
  </saml:AuthnStatement>
  <saml:AttributeStatement>
   <saml:Attribute Name="IDPEmail"><saml:AttributeValue>anna.o'brien+żółć@contoso.example</saml:AttributeValue></saml:Attribute>
   <saml:Attribute Name="displayName">
    <saml:AttributeValue>&lt;Ana &amp; "Béla"&gt; 'Größe' ]]&gt; 😀 – λ</saml:AttributeValue></saml:Attribute>
  </saml:AttributeStatement>
 </saml:Assertion>
</samlp:Response>"#;

fn response(assertion: Option<String>) -> Response {
    Response {
        id: "_fedcba9876543210fedcba9876543210".to_owned(),
        issued_at: now(),
        issuer: ISSUER.to_owned(),
        destination: RECIPIENT.to_owned(),
        in_response_to: Some(REQUEST.to_owned()),
        status: Status::Success,
        assertion,
    }
}

fn read(document: &str) -> Result<(Version, Assertion), Refusal> {
    let verified = Presented::read(document.as_bytes())?.verify(&keys())?;
    Ok((verified.version(), verified.assertion().clone()))
}

#[test]
fn an_assertion_of_saml_1_is_written_as_ad_fs_does() {
    let written = saml11::write(&saml11_assertion(now()), signer()).unwrap();
    assert_eq!(without_signatures(&written), example(SAML11));
    assert_eq!(read(&written), Ok((Version::One, saml11_assertion(now()))));
    for beginning in beginnings(&written) {
        assert!(Presented::read(beginning).is_err());
    }
}

#[test]
fn a_response_of_saml_2_carries_a_signed_assertion() {
    let assertion = saml2::write(&saml2_assertion(now()), signer()).unwrap();
    let written = response(Some(assertion)).write(None).unwrap();
    assert_eq!(without_signatures(&written), example(RESPONSE));
    assert_eq!(read(&written), Ok((Version::Two, saml2_assertion(now()))));
    for beginning in beginnings(&written) {
        assert!(Presented::read(beginning).is_err());
    }
}

#[test]
fn a_signed_response_has_its_signature_after_the_issuer() {
    let assertion = saml2::write(&saml2_assertion(now()), signer()).unwrap();
    let written = response(Some(assertion)).write(Some(signer() as &dyn Signer)).unwrap();
    let shown = without_signatures(&written);
    assert!(shown.contains("</saml:Issuer>(signature)<samlp:Status>"), "{shown}");
    assert!(shown.contains("</saml:Issuer>(signature)<saml:Subject>"), "{shown}");
    assert_eq!(read(&written), Ok((Version::Two, saml2_assertion(now()))));
}

#[test]
fn a_failure_has_the_code_of_its_standard_and_no_assertion() {
    for (status, codes) in [
        (Status::NoPassive, r#"Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:NoPassive">"#),
        (Status::AuthnFailed, r#"Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed">"#),
        (Status::RequestDenied, r#"Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:RequestDenied">"#),
        (Status::Requester, r#"Requester"></samlp:StatusCode></samlp:Status>"#),
    ] {
        let written = Response { status, ..response(None) }.write(None).unwrap();
        assert!(written.contains(&format!(r#"<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{codes}"#)), "{written}");
        assert!(matches!(read(&written), Err(Refusal::Status { .. })));
    }
}

#[test]
fn a_value_that_xml_cannot_carry_is_refused_where_it_is_written() {
    for character in ['\0', '\u{B}', '\u{1F}', '\u{FFFE}', '\u{FFFF}'] {
        let mut assertion = saml11_assertion(now());
        assertion.attributes[0].values[0].push(character);
        assert_eq!(saml11::write(&assertion, signer()), Err(SigningError::Character));
        assert_eq!(saml2::write(&assertion, signer()), Err(SigningError::Character));
        let mut assertion = saml2_assertion(now());
        assertion.confirmation.as_mut().unwrap().recipient.push(character);
        assert_eq!(saml2::write(&assertion, signer()), Err(SigningError::Character));
        assert_eq!(Response { issuer: character.to_string(), ..response(None) }.write(None), Err(SigningError::Character));
    }
}

#[test]
fn an_attribute_of_saml_1_is_parted_at_the_last_slash() {
    for (name, namespace, local) in [
        ("http://schemas.xmlsoap.org/claims/UPN", "http://schemas.xmlsoap.org/claims", "UPN"),
        ("plain", "", "plain"),
        ("/plain", "", "/plain"),
        ("ends/", "ends", ""),
    ] {
        let mut assertion = saml11_assertion(now());
        name.clone_into(&mut assertion.attributes[0].name);
        let written = saml11::write(&assertion, signer()).unwrap();
        assert!(written.contains(&format!(r#"AttributeName="{local}" AttributeNamespace="{namespace}""#)), "{written}");
        assert_eq!(read(&written), Ok((Version::One, assertion)));
    }
}

#[test]
fn a_person_without_attributes_has_no_statement_of_them() {
    let assertion = Assertion { attributes: Vec::new(), ..saml2_assertion(now()) };
    let written = saml2::write(&assertion, signer()).unwrap();
    assert!(!written.contains("AttributeStatement"));
    assert_eq!(read(&written), Ok((Version::Two, assertion)));
    let assertion = Assertion { attributes: Vec::new(), ..saml11_assertion(now()) };
    assert_eq!(read(&saml11::write(&assertion, signer()).unwrap()), Ok((Version::One, assertion)));
}

fn attributes() -> impl Strategy<Value = Vec<Attribute>> {
    let attribute = (text(), prop::collection::vec(prop_oneof![text(), Just(String::new())], 1..3));
    prop::collection::vec(attribute.prop_map(|(name, values)| Attribute { name, values }), 0..4)
}

fn assertion() -> impl Strategy<Value = Assertion> {
    let who = (text(), name_id_format(), attributes());
    let how = (time(), prop::sample::select(vec![AuthenticationMethod::Password, AuthenticationMethod::Windows]), prop::option::of(text()));
    let confirmation = prop::option::of((text(), prop::option::of(text()), time()));
    (id(), text(), text(), (time(), time(), time()), who, how, confirmation).prop_map(
        |(
            id,
            issuer,
            audience,
            (issued_at, not_before, not_on_or_after),
            (value, format, attributes),
            (at, method, session_index),
            confirmation,
        )| Assertion {
            id,
            issuer,
            issued_at,
            not_before,
            not_on_or_after,
            audience,
            name_id: NameId { value, format },
            authentication: Authentication { at, method, session_index },
            confirmation: confirmation.map(|(recipient, in_response_to, not_on_or_after)| Confirmation {
                recipient,
                in_response_to,
                not_on_or_after,
            }),
            attributes,
        },
    )
}

proptest! {
    #[test]
    fn an_assertion_comes_back_as_it_was(assertion in assertion()) {
        let written = saml2::write(&assertion, signer()).unwrap();
        let confirmed = assertion.confirmation.is_some();
        prop_assert!(confirmed || !written.contains("SubjectConfirmationData"));
        prop_assert_eq!(read(&written), Ok((Version::Two, assertion.clone())));
        let name_id = NameId { format: NameIdFormat::Unspecified, ..assertion.name_id.clone() };
        let authentication = Authentication { session_index: None, ..assertion.authentication.clone() };
        let older = Assertion { name_id, authentication, confirmation: None, ..assertion };
        prop_assert_eq!(read(&saml11::write(&older, signer()).unwrap()), Ok((Version::One, older)));
    }
}
