use samesign_engine::{AttributesBuilder, Class, ObjectGuid};

use super::*;

fn server(netbios_name: &str) -> ServerIdentity {
    ServerIdentity {
        dns_host_name: "dc1.corp.example.com".to_owned(),
        default_naming_context: "DC=corp,DC=example,DC=com".to_owned(),
        domain_guid: ObjectGuid::from_bytes([0; 16]),
        domain_sid: "S-1-5-21-1-2-3".to_owned(),
        netbios_name: netbios_name.to_owned(),
        ds_service_name: String::new(),
        invocation_id: ObjectGuid::from_bytes([0; 16]),
        highest_committed_usn: 0,
        bound_as: String::new(),
    }
}

fn asked(typed: &str) -> Vec<(&'static str, String)> {
    let questions = Name::parse(typed).map(|name| name.questions(&server("CORP"), "corp.example.com")).unwrap_or_default();
    questions.into_iter().map(|question| (question.attribute, question.value)).collect()
}

#[test]
fn a_name_is_a_upn_or_an_account_of_this_domain() {
    let upn = |value: &str| ("userPrincipalName", value.to_owned());
    let account = |value: &str| ("sAMAccountName", value.to_owned());
    assert_eq!(asked("ana@contoso.example"), [upn("ana@contoso.example")]);
    assert_eq!(asked(" ana@Corp.Example.com "), [upn("ana@Corp.Example.com"), account("ana")]);
    assert_eq!(asked("ana@corp"), [upn("ana@corp"), account("ana")]);
    assert_eq!(asked("a@b@corp"), [upn("a@b@corp"), account("a@b")]);
    assert_eq!(asked("CORP\\ana"), [account("ana")]);
    assert_eq!(asked("corp.example.com\\ana"), [account("ana")]);
    for nobody in ["OTHER\\ana", "ana", "", " ", "@corp", "ana@", "\\ana", "CORP\\", "ana\0@corp", "CORP\\a\nb", &"a".repeat(1_025)] {
        assert_eq!(asked(nobody), [], "{nobody:?}");
    }
}

#[test]
fn a_server_that_does_not_tell_its_netbios_name_is_not_everybodys() {
    let name = Name::parse("\u{200b}\\ana").unwrap();
    assert_eq!(name.questions(&server(""), "corp.example.com"), []);
}

#[test]
fn a_principal_is_an_account_or_an_enterprise_name() {
    let asked = |name: &str| Name::principal(name).unwrap().questions(&server("CORP"), "corp.example.com");
    assert_eq!(asked("ana"), [Question { attribute: "sAMAccountName", value: "ana".to_owned() }]);
    assert_eq!(asked("ana@contoso.example"), [Question { attribute: "userPrincipalName", value: "ana@contoso.example".to_owned() }]);
    assert_eq!(Name::principal(" "), None);
}

#[test]
fn who_is_meant_is_called_exactly_so_but_for_case() {
    let mut attributes = AttributesBuilder::default();
    attributes.add("sAMAccountName", "jose".as_bytes());
    let object =
        SourceObject { guid: ObjectGuid::from_bytes([1; 16]), dn: "CN=Jose".into(), class: Class::User, attributes: attributes.build() };
    let is = |value: &str| Question { attribute: "sAMAccountName", value: value.to_owned() }.is_answered_by(&object);
    assert!(is("JOSE") && !is("josé") && !is("jos*"));
}
