use super::*;
use crate::policy::{Adopt, Guard, MatchPolicy, Scope};
use crate::slice::LinkState;
use crate::{Anchor, AttributesBuilder, Class, ObjectGuid, ServiceAttributes};

fn policy() -> Policy {
    Policy {
        scope: Scope::default(),
        matching: MatchPolicy::Dirsync,
        adopt: Adopt::Ask,
        guard: Guard::default(),
        dns_domain: "example.com".into(),
        netbios_domain: None,
        verified_domains: Vec::new(),
        rules: crate::Rules::default(),
        service: crate::Service::default(),
    }
}

fn object(attributes: &[(&str, &[u8])]) -> SourceObject {
    let mut builder = AttributesBuilder::default();
    attributes.iter().for_each(|(name, value)| builder.add(name, value));
    SourceObject {
        guid: ObjectGuid::from_bytes([1; 16]),
        dn: r"CN=Ruiz\, Ana, OU=Staff,DC=X".into(),
        class: Class::User,
        attributes: builder.build(),
    }
}

#[test]
fn a_person_is_found_by_everything_that_couples() {
    let ana = object(&[
        ("userPrincipalName", b"Ana@Example.com"),
        ("mail", b"ANA@example.com"),
        ("proxyAddresses", b"smtp:Ana.Ruiz@Example.com"),
        ("proxyAddresses", b"x500:/o=Ex"),
        ("objectSid", &[1, 0xff]),
        ("manager", b"CN=Zoe, OU=Staff,DC=X"),
    ]);
    let expected = [
        "anchor:AQEBAQEBAQEBAQEBAQEBAQ==",
        r"dn:cn=ruiz\2c ana,ou=staff,dc=x",
        "name:ana.ruiz@example.com",
        "name:ana@example.com",
        "ref:cn=zoe,ou=staff,dc=x",
        "sid:01ff",
    ];
    assert_eq!(keys(&ana, &policy()), expected);
}

#[test]
fn a_made_up_sign_in_name_couples_too() {
    assert!(keys(&object(&[("sAMAccountName", b"Ana")]), &policy()).contains(&"name:ana@example.com".to_owned()));
}

#[test]
fn both_sides_and_links_meet_in_their_keys() {
    let target = TargetObject {
        kind: crate::Kind::User,
        parked: Vec::new(),
        id: "1".into(),
        upn: "ANA@example.com".into(),
        mail: Some("info@Example.com".into()),
        addresses: vec!["SMTP:info@example.com".into(), "sip:ana@example.com".into()],
        anchor: Some(Anchor::from_text("AbC=")),
        synced: true,
        licensed: false,
        mailbox: false,
        privileged: false,
        soft_deleted: true,
        visible: Default::default(),
    };
    assert_eq!(target_keys(&target), ["anchor:AbC=", "name:ana@example.com", "name:info@example.com"]);
    let link = Link {
        kind: crate::Kind::User,
        anchor: Anchor::from_text("AbC="),
        target_id: None,
        last_dn: "CN=Ana,DC=X".into(),
        last_upn: "old@example.com".into(),
        confirmed: ServiceAttributes::from([
            ("mail".into(), Value::Text("A@x.y".into())),
            ("proxyAddresses".into(), Value::Texts(["smtp:B@x.y".into(), "x500:c".into()].into())),
            ("title".into(), Value::Text("d@x.y".into())),
        ])
        .into(),
        state: LinkState::Live,
    };
    assert_eq!(link_keys(&link), ["anchor:AbC=", "dn:cn=ana,dc=x", "name:a@x.y", "name:b@x.y", "name:old@example.com"]);
}
