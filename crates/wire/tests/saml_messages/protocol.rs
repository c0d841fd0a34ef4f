//! Requests of SAML 2.0, and what signs somebody out.

use jiff::SignedDuration;
use proptest::prelude::*;
use samesign_wire::saml::saml2::Status;
use samesign_wire::saml::{
    AskedFormat, AuthnRequest, Comparison, LogoutRequest, LogoutResponse, NameId, NameIdFormat, Refusal, Signer, post,
};

use crate::key::{ANCHOR, RECIPIENT, REQUEST};
use crate::support::{beginnings, example, id, name_id_format, now, signer, text, time, without_signatures};

/// What Microsoft 365 sends: no address for the answer, no destination.
const BY_MICROSOFT: &str = r#"
<samlp:AuthnRequest xmlns="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
  ID="_1e089e5c-a976-4881-af74-3b92c89e7e2c" Version="2.0" IssueInstant="2026-11-23T07:20:00.123Z">
 <Issuer>urn:federation:MicrosoftOnline</Issuer>
 <samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"/>
</samlp:AuthnRequest>"#;

/// With everything that is written, in the order of the schema.
const WITH_ALL: &str = r#"
<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
  AssertionConsumerServiceURL="https://login.contoso.example/login.srf" Destination="https://sts.contoso.example/adfs/ls/"
  ForceAuthn="true" ID="_9c3f0d7a6b5e4f3c2d1e0f9a8b7c6d5e" IsPassive="true" IssueInstant="2026-11-23T07:20:00.123Z"
  ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Version="2.0">
 <saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">urn:federation:MicrosoftOnline</saml:Issuer>
 (signature)
 <saml:Subject xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><saml:NameID>anna@contoso.example</saml:NameID></saml:Subject>
 <samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"></samlp:NameIDPolicy>
 <samlp:RequestedAuthnContext>
  <saml:AuthnContextClassRef xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">urn:federation:authentication:windows</saml:AuthnContextClassRef>
 </samlp:RequestedAuthnContext>
</samlp:AuthnRequest>"#;

const LOGOUT_REQUEST: &str = r#"
<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
  Destination="https://sts.contoso.example/adfs/ls/" ID="_9c3f0d7a6b5e4f3c2d1e0f9a8b7c6d5e"
  IssueInstant="2026-11-23T07:20:00.123Z" NotOnOrAfter="2026-11-23T07:25:00.123Z" Version="2.0">
 <saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">urn:federation:MicrosoftOnline</saml:Issuer>
 <saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
  Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">7+/vv70+T0K/gxYx+/8BAg==</saml:NameID>
 <samlp:SessionIndex>_5e55104</samlp:SessionIndex>
</samlp:LogoutRequest>"#;

const LOGOUT_RESPONSE: &str = r#"
<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
  Destination="https://login.contoso.example/login.srf" ID="_fedcba9876543210fedcba9876543210"
  InResponseTo="_9c3f0d7a6b5e4f3c2d1e0f9a8b7c6d5e" IssueInstant="2026-11-23T07:20:00.123Z" Version="2.0">
 <saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">http://contoso.example/adfs/services/trust/</saml:Issuer>
 <samlp:Status>
  <samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder">
   <samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:PartialLogout"></samlp:StatusCode>
  </samlp:StatusCode>
 </samlp:Status>
</samlp:LogoutResponse>"#;

fn by_microsoft() -> AuthnRequest {
    AuthnRequest {
        id: "_1e089e5c-a976-4881-af74-3b92c89e7e2c".to_owned(),
        issued_at: now(),
        issuer: "urn:federation:MicrosoftOnline".to_owned(),
        destination: None,
        acs_url: None,
        name_id_format: Some(NameIdFormat::Persistent.into()),
        force_authn: false,
        is_passive: false,
        subject: None,
        context_classes: Vec::new(),
        comparison: Comparison::Exact,
    }
}

pub fn with_all() -> AuthnRequest {
    AuthnRequest {
        id: REQUEST.to_owned(),
        destination: Some("https://sts.contoso.example/adfs/ls/".to_owned()),
        acs_url: Some(RECIPIENT.to_owned()),
        force_authn: true,
        is_passive: true,
        subject: Some("anna@contoso.example".to_owned()),
        context_classes: vec!["urn:federation:authentication:windows".to_owned()],
        ..by_microsoft()
    }
}

pub fn logout_request() -> LogoutRequest {
    LogoutRequest {
        id: REQUEST.to_owned(),
        issued_at: now(),
        issuer: "urn:federation:MicrosoftOnline".to_owned(),
        destination: Some("https://sts.contoso.example/adfs/ls/".to_owned()),
        not_on_or_after: Some(now() + SignedDuration::from_mins(5)),
        name_id: NameId { value: ANCHOR.to_owned(), format: NameIdFormat::Persistent },
        session_indexes: vec!["_5e55104".to_owned()],
    }
}

fn logout_response() -> LogoutResponse {
    LogoutResponse {
        id: "_fedcba9876543210fedcba9876543210".to_owned(),
        issued_at: now(),
        issuer: "http://contoso.example/adfs/services/trust/".to_owned(),
        destination: Some(RECIPIENT.to_owned()),
        in_response_to: Some(REQUEST.to_owned()),
        status: Status::PartialLogout,
    }
}

#[test]
fn the_request_of_microsoft_365_is_read() {
    let document = example(BY_MICROSOFT);
    assert_eq!(AuthnRequest::read(document.as_bytes()), Ok(by_microsoft()));
    assert_eq!(AuthnRequest::read(BY_MICROSOFT.trim().as_bytes()), Ok(by_microsoft()), "with its line breaks");
}

#[test]
fn a_request_has_everything_at_its_place() {
    let written = with_all().write(Some(signer() as &dyn Signer)).unwrap();
    assert_eq!(without_signatures(&written), example(WITH_ALL));
    assert_eq!(AuthnRequest::read(written.as_bytes()), Ok(with_all()));
    let written = with_all().write(None).unwrap();
    assert_eq!(written, example(WITH_ALL).replace("(signature)", ""));
    for beginning in beginnings(&written) {
        assert!(AuthnRequest::read(beginning).is_err());
    }
}

#[test]
fn a_request_may_hold_extensions_conditions_and_scoping() {
    let document = example(BY_MICROSOFT)
        .replace("<samlp:NameIDPolicy", r#"<samlp:Extensions><x:y xmlns:x="urn:x"/></samlp:Extensions><samlp:NameIDPolicy"#)
        .replace("</samlp:AuthnRequest>", r#"<Conditions/><samlp:Scoping ProxyCount="1"/></samlp:AuthnRequest>"#);
    assert_eq!(AuthnRequest::read(document.as_bytes()), Ok(by_microsoft()));
}

#[test]
fn what_a_request_asks_of_the_answer_is_read_though_no_answer_could_have_it() {
    let document = example(BY_MICROSOFT);
    let other = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName";
    let read = AuthnRequest::read(document.replace(NameIdFormat::Persistent.uri(), other).as_bytes()).unwrap();
    assert_eq!(read.name_id_format, Some(AskedFormat::Other(other.to_owned())));
    let open = r#"<samlp:RequestedAuthnContext Comparison="minimum">"#;
    let asked = |open: &str, ways: &str| {
        let document =
            document.replace("</samlp:AuthnRequest>", &format!("{open}{ways}</samlp:RequestedAuthnContext></samlp:AuthnRequest>"));
        AuthnRequest::read(document.as_bytes()).map(|request| (request.context_classes, request.comparison))
    };
    let class = "<AuthnContextClassRef> urn:x </AuthnContextClassRef>";
    assert_eq!(asked(open, class), Ok((vec!["urn:x".to_owned()], Comparison::Minimum)));
    assert_eq!(asked(&open.replace("minimum", "exact"), class), Ok((vec!["urn:x".to_owned()], Comparison::Exact)));
    assert_eq!(asked(open, &class.replace("Class", "Decl")), Ok((vec!["urn:x".to_owned()], Comparison::Minimum)), "a declaration");
    assert_eq!(asked(open, ""), Err(Refusal::Missing("AuthnContextClassRef")));
    assert_eq!(asked(&open.replace("minimum", "some"), class), Err(Refusal::Value { what: "Comparison", value: "some".to_owned() }));
}

#[test]
fn what_a_request_must_not_be_is_refused_by_name() {
    let document = example(BY_MICROSOFT);
    let issuer = "<Issuer>urn:federation:MicrosoftOnline</Issuer>";
    let policy = r#"<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"/>"#;
    for (from, to, refusal) in [
        ("samlp:AuthnRequest", "samlp:Response", Refusal::Missing("AuthnRequest")),
        ("2.0:protocol\"", "1.0:protocol\"", Refusal::Missing("AuthnRequest")),
        (r#" Version="2.0""#, r#" Version="1.1""#, Refusal::Value { what: "Version", value: "1.1".to_owned() }),
        (r#" Version="2.0""#, "", Refusal::Missing("Version")),
        (r#"ID="_1e089e5c-a976-4881-af74-3b92c89e7e2c""#, "", Refusal::Missing("ID")),
        ("_1e089e5c-a976-4881-af74-3b92c89e7e2c", "", Refusal::Value { what: "ID", value: String::new() }),
        ("07:20:00.123Z", "07:20:00.123", Refusal::Value { what: "IssueInstant", value: "2026-11-23T07:20:00.123".to_owned() }),
        (issuer, "", Refusal::Missing("Issuer")),
        (issuer, "<Issuer/>", Refusal::Missing("Issuer")),
        (policy, "<Advice/>", Refusal::Unexpected("Advice".to_owned())),
        (" Version", r#" IsPassive="yes" Version"#, Refusal::Value { what: "IsPassive", value: "yes".to_owned() }),
        (
            " Version",
            r#" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:PAOS" Version"#,
            Refusal::Value { what: "ProtocolBinding", value: "urn:oasis:names:tc:SAML:2.0:bindings:PAOS".to_owned() },
        ),
        ("<Issuer>", "<!-- --><Issuer>", Refusal::Markup),
    ] {
        let changed = document.replace(from, to);
        assert_ne!(changed, document, "{from}");
        assert_eq!(AuthnRequest::read(changed.as_bytes()), Err(refusal), "{changed}");
    }
    let with_type = format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{document}");
    assert_eq!(AuthnRequest::read(with_type.as_bytes()), Err(Refusal::Doctype));
}

#[test]
fn a_sign_out_is_asked_for_and_answered() {
    let written = logout_request().write(None).unwrap();
    assert_eq!(written, example(LOGOUT_REQUEST));
    assert_eq!(LogoutRequest::read(written.as_bytes()), Ok(logout_request()));
    for beginning in beginnings(&written) {
        assert!(LogoutRequest::read(beginning).is_err());
    }
    let answer = logout_response().write(None).unwrap();
    assert_eq!(answer, example(LOGOUT_RESPONSE));
    assert_eq!(LogoutResponse::read(answer.as_bytes()), Ok(logout_response()));
    for beginning in beginnings(&answer) {
        assert!(LogoutResponse::read(beginning).is_err());
    }
    assert_eq!(LogoutRequest::read(answer.as_bytes()), Err(Refusal::Missing("LogoutRequest")));
    assert_eq!(LogoutResponse::read(written.as_bytes()), Err(Refusal::Missing("LogoutResponse")));
}

#[test]
fn a_sign_out_may_be_signed() {
    let written = logout_request().write(Some(signer() as &dyn Signer)).unwrap();
    assert!(without_signatures(&written).contains("</saml:Issuer>(signature)<saml:NameID"), "{written}");
    assert_eq!(LogoutRequest::read(written.as_bytes()), Ok(logout_request()));
    let written = logout_response().write(Some(signer() as &dyn Signer)).unwrap();
    assert!(without_signatures(&written).contains("</saml:Issuer>(signature)<samlp:Status>"), "{written}");
    assert_eq!(LogoutResponse::read(written.as_bytes()), Ok(logout_response()));
}

#[test]
fn statuses_keep_their_codes() {
    for status in [
        Status::Success,
        Status::NoPassive,
        Status::AuthnFailed,
        Status::RequestDenied,
        Status::PartialLogout,
        Status::InvalidNameIdPolicy,
        Status::NoAuthnContext,
        Status::UnknownPrincipal,
        Status::Responder,
        Status::Requester,
    ] {
        let written = LogoutResponse { status, ..logout_response() }.write(None).unwrap();
        assert_eq!(LogoutResponse::read(written.as_bytes()).unwrap().status, status);
    }
    let of = |first: &str, second: Option<&str>| {
        let uri = |code: &str| format!("urn:oasis:names:tc:SAML:2.0:status:{code}");
        Status::from_codes(&uri(first), second.map(uri).as_deref())
    };
    assert_eq!(of("VersionMismatch", None), Status::Other);
    assert_eq!(of("Responder", Some("UnsupportedBinding")), Status::Other);
    assert_eq!(of("Requester", Some("NoPassive")), Status::NoPassive);
    assert_eq!(Status::from_codes("urn:oasis:names:tc:SAML:2.0:status:Responder", Some("urn:other")), Status::Other);
    assert_eq!(Status::from_codes("NoPassive", None), Status::Other);
    assert_eq!(Status::from_codes("Success", None), Status::Other);
    assert_eq!(Status::from_codes("", None), Status::Other);
}

#[test]
fn a_form_holds_base64() {
    let document = "<a>żółć</a>";
    assert_eq!(post::encode(document), "PGE+xbzDs8WCxIc8L2E+");
    assert_eq!(post::decode(&post::encode(document)).unwrap(), document.as_bytes());
    assert_eq!(post::decode("PGE+xbzD\r\ns8WC xIc8L2E+\n").unwrap(), document.as_bytes());
    assert!(matches!(post::decode("PGE-"), Err(Refusal::Value { .. })));
    assert!(matches!(post::decode("PGE"), Err(Refusal::Value { .. })));
    assert_eq!(post::decode(&"A".repeat(256 * 1024 / 3 * 4)).unwrap().len(), 256 * 1024 / 3 * 3);
    assert!(matches!(post::decode(&"A".repeat(400 * 1024)), Err(Refusal::TooLarge { .. })));
}

fn optional() -> impl Strategy<Value = Option<String>> {
    prop::option::of(text())
}

/// Around an address white space does not count; a class is one.
fn class() -> impl Strategy<Value = String> {
    text().prop_map(|text| text.trim().to_owned()).prop_filter("an address is not empty", |text| !text.is_empty())
}

fn authn_request() -> impl Strategy<Value = AuthnRequest> {
    let who = (id(), time(), text(), optional(), optional());
    let how = (prop::option::of(name_id_format()), any::<bool>(), any::<bool>(), optional(), prop::collection::vec(class(), 0..3));
    (who, how).prop_map(
        |((id, issued_at, issuer, destination, acs_url), (name_id_format, force_authn, is_passive, subject, context_classes))| {
            let name_id_format = name_id_format.map(AskedFormat::Known);
            let comparison = if context_classes.len() > 1 { Comparison::Better } else { Comparison::Exact };
            AuthnRequest {
                id,
                issued_at,
                issuer,
                destination,
                acs_url,
                name_id_format,
                force_authn,
                is_passive,
                subject,
                context_classes,
                comparison,
            }
        },
    )
}

fn any_logout_request() -> impl Strategy<Value = LogoutRequest> {
    let name = (text(), name_id_format()).prop_map(|(value, format)| NameId { value, format });
    let indexes = prop::collection::vec(text(), 0..3);
    (id(), time(), text(), optional(), prop::option::of(time()), name, indexes).prop_map(
        |(id, issued_at, issuer, destination, not_on_or_after, name_id, session_indexes)| LogoutRequest {
            id,
            issued_at,
            issuer,
            destination,
            not_on_or_after,
            name_id,
            session_indexes,
        },
    )
}

proptest! {
    #[test]
    fn a_request_comes_back_as_it_was(request in authn_request()) {
        let written = request.write(None).unwrap();
        prop_assert_eq!(AuthnRequest::read(written.as_bytes()), Ok(request));
    }

    #[test]
    fn a_sign_out_comes_back_as_it_was(request in any_logout_request(), answered in optional()) {
        let written = request.write(None).unwrap();
        prop_assert_eq!(LogoutRequest::read(written.as_bytes()), Ok(request.clone()));
        let LogoutRequest { id, issued_at, issuer, destination, .. } = request;
        let answer = LogoutResponse { id, issued_at, issuer, destination, in_response_to: answered, status: Status::Success };
        let written = answer.write(None).unwrap();
        prop_assert_eq!(LogoutResponse::read(written.as_bytes()), Ok(answer));
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = (AuthnRequest::read(&bytes), LogoutRequest::read(&bytes), LogoutResponse::read(&bytes));
    }
}
