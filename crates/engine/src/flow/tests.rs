use super::*;
use crate::policy::{Adopt, Guard, MatchPolicy, Policy, Scope};
use crate::{AttributesBuilder, Class, ObjectGuid, SourceObject};

fn policy() -> Policy {
    Policy {
        scope: Scope::default(),
        matching: MatchPolicy::Dirsync,
        adopt: Adopt::Ask,
        guard: Guard::default(),
        dns_domain: "corp.example.com".into(),
        netbios_domain: None,
        verified_domains: Vec::new(),
        rules: crate::Rules::default(),
        service: crate::Service::default(),
    }
}

fn flows(attributes: &[(&str, &[u8])]) -> (Vec<(&'static str, Flowed)>, Vec<&'static str>) {
    let mut builder = AttributesBuilder::default();
    attributes.iter().for_each(|(name, value)| builder.add(name, value));
    let object = SourceObject {
        guid: ObjectGuid::from_bytes([1; 16]),
        dn: "CN=Ana,OU=Staff,DC=x".into(),
        class: Class::User,
        attributes: builder.build(),
    };
    let policy = policy();
    let desired = desired(&Person::new(&object, &policy));
    (
        desired.flows.into_iter().map(|(flow, flowed)| (flow.service, flowed)).collect(),
        desired.problems.iter().map(|problem| problem.code.as_str()).collect(),
    )
}

fn flowed(service: &str, attributes: &[(&str, &[u8])]) -> Flowed {
    flows(attributes).0.into_iter().find(|(name, _)| *name == service).unwrap().1
}

fn text(text: &str) -> Flowed {
    Flowed::Value(Value::Text(text.into()))
}

#[test]
fn the_table_is_sorted_and_names_each_attribute_once() {
    assert!(USER_FLOWS.windows(2).all(|pair| pair[0].service < pair[1].service), "binary search needs the order");
    for flow in USER_FLOWS {
        assert_eq!(known_service_name(flow.service), Some(flow.service));
    }
    assert_eq!(known_service_name("sourceAnchor"), None);
}

#[test]
fn secrets_are_never_asked_for() {
    let names = source_attributes();
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "sorted, none twice");
    for secret in ["unicodePwd", "supplementalCredentials", "userPassword", "msDS-KeyCredentialLink"] {
        assert!(!names.iter().any(|name| name.eq_ignore_ascii_case(secret)));
    }
    for needed in [
        "userPrincipalName",
        "sAMAccountName",
        "objectSid",
        "isCriticalSystemObject",
        "adminDescription",
        "msExchRecipientTypeDetails",
        "mailNickname",
        "manager",
    ] {
        assert!(names.contains(&needed), "{needed}");
    }
    assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric())), "no constant is asked for");
}

#[test]
fn nothing_in_the_directory_clears_most_and_ignores_some() {
    let (all, _) = flows(&[]);
    let of = |wanted: &Flowed| all.iter().filter(|(_, flowed)| flowed == wanted).map(|(service, _)| *service).collect::<Vec<_>>();
    assert_eq!(
        of(&Flowed::Ignore),
        ["accountEnabled", "countryCode", "lastPasswordChangeTimestamp", "mail", "netBiosName", "usageLocation", "userPrincipalName"]
    );
    assert!(of(&Flowed::Clear).contains(&"title"));
    assert_eq!(flowed("displayName", &[]), text("Ana"), "the name in the DN, for the service takes no user without");
}

#[test]
fn user_account_control_is_read_as_disabled_only_when_it_says_so() {
    let enabled = |value: &[u8]| flowed("accountEnabled", &[("userAccountControl", value)]);
    assert_eq!(enabled(b"512"), Flowed::Value(Value::Boolean(true)));
    assert_eq!(enabled(b"514"), Flowed::Value(Value::Boolean(false)));
    assert_eq!(enabled(b"66050"), Flowed::Value(Value::Boolean(false)));
    for unknown in [&b""[..], b"-2", b"99999999999", b"x", b"\xff"] {
        assert_eq!(enabled(unknown), Flowed::Ignore, "{unknown:?}");
    }
}

#[test]
fn names_fall_back() {
    assert_eq!(flowed("userPrincipalName", &[("sAMAccountName", b"ana")]), text("ana@corp.example.com"));
    assert_eq!(flowed("userPrincipalName", &[("sAMAccountName", b"ana"), ("userPrincipalName", b" ana@x.y ")]), text("ana@x.y"));
    assert_eq!(flowed("mail", &[("userPrincipalName", b"ana@x.y")]), text("ana@x.y"));
    assert_eq!(flowed("mail", &[("userPrincipalName", b"ana@x.y"), ("mail", b" a@x.y ")]), text("a@x.y"));
    assert_eq!(flowed("mail", &[("userPrincipalName", b"ana@x.y"), ("mail", b"no mail")]), Flowed::Ignore);
    assert_eq!(flowed("displayName", &[("cn", b"Ana R")]), text("Ana R"));
    assert_eq!(flowed("displayName", &[("cn", b"Ana R"), ("displayName", b"Ana")]), text("Ana"));
}

#[test]
fn addresses_are_trimmed_and_kept_once() {
    let given: Vec<(&str, &[u8])> =
        [&b"smtp:B@x.y"[..], b" SMTP:a@x.y ", b"smtp:A@x.y", b"smtp:b@x.y", b"x500:/o=Ex/cn=Ana", b"junk", b"smtp:bad"]
            .map(|value| ("proxyAddresses", value))
            .to_vec();
    let kept = ["SMTP:a@x.y", "smtp:B@x.y", "x500:/o=Ex/cn=Ana"].map(Box::<str>::from);
    assert_eq!(flowed("proxyAddresses", &given), Flowed::Value(Value::Texts(kept.into())));
    assert_eq!(flows(&given).1.iter().filter(|code| **code == "address-invalid").count(), 2);
    assert_eq!(flowed("proxyAddresses", &[("proxyAddresses", b"SMTP:a@x.y"), ("proxyAddresses", b"SMTP:b@x.y")]), Flowed::Ignore);
    assert_eq!(flowed("proxyAddresses", &[]), Flowed::Clear);
}

#[test]
fn times_become_generalized_time() {
    let time = |value: &str| flowed("lastPasswordChangeTimestamp", &[("pwdLastSet", value.as_bytes())]);
    assert_eq!(time("133170048000000000"), text("20230101000000.0Z"));
    assert_eq!(time("116444736009999999"), text("19700101000000.0Z"));
    for none in ["0", "-1", "9223372036854775807", "soon"] {
        assert_eq!(time(none), Flowed::Ignore, "{none}");
    }
}

#[test]
fn long_values_are_cut_or_refused() {
    let long = "é".repeat(500);
    assert_eq!(flowed("Description", &[("description", long.as_bytes())]), text(&"é".repeat(448)));
    assert_eq!(flowed("title", &[("title", "é".repeat(128).as_bytes())]), text(&"é".repeat(128)));
    let too_long = "é".repeat(129);
    let (all, problems) = flows(&[("title", too_long.as_bytes()), ("userPrincipalName", b"ana@x.y")]);
    assert!(all.contains(&("title", Flowed::Ignore)));
    assert_eq!(problems, ["display-name-missing", "value-too-long"]);
}

#[test]
fn other_kinds_of_values() {
    assert_eq!(flowed("onPremiseSecurityIdentifier", &[("objectSid", &[1, 0, 0xff])]), Flowed::Value(Value::Bytes([1, 0, 0xff].into())));
    assert_eq!(flowed("countryCode", &[("countryCode", b"724")]), Flowed::Value(Value::Long(724)));
    assert_eq!(flowed("manager", &[("manager", b"CN=Zoe, OU=Staff")]), Flowed::Reference("cn=zoe,ou=staff".into()));
    assert_eq!(flowed("usageLocation", &[("msExchUsageLocation", b"ES")]), text("ES"));
    assert_eq!(flowed("dnsDomainName", &[]), text("corp.example.com"));
    assert_eq!(flowed("onPremisesDistinguishedName", &[]), text("CN=Ana,OU=Staff,DC=x"));
}

#[test]
fn what_cannot_be_read_is_not_absent() {
    for value in [&b"\xff\xfe"[..], b"a\0b", "a\u{fffe}".as_bytes()] {
        for name in ["title", "displayName", "description", "msExchUsageLocation"] {
            let service = USER_FLOWS.iter().find(|flow| flow.ad == name).unwrap().service;
            assert_eq!(flowed(service, &[(name, value), ("cn", b"Ana")]), Flowed::Ignore, "{name}: the tenant keeps what it has");
            assert!(flows(&[(name, value), ("cn", b"Ana")]).1.contains(&"text-unreadable"));
        }
    }
    assert_eq!(flowed("streetAddress", &[("streetAddress", b"Main Street 1\r\nBack yard")]), text("Main Street 1\r\nBack yard"));
    let unreadable: &[(&str, &[u8])] = &[("userPrincipalName", b"\xffana@x.y"), ("sAMAccountName", b"ana"), ("mail", b"\xff")];
    assert_eq!(flowed("userPrincipalName", unreadable), Flowed::Ignore, "no name is made up");
    assert_eq!(flowed("mail", unreadable), Flowed::Ignore);
    assert!(flows(unreadable).1.contains(&"upn-invalid"));
    assert_eq!(flows(&[("proxyAddresses", b"smtp:\xff@x.y"), ("cn", b"a")]).1, ["address-invalid", "upn-missing"]);
}

#[test]
fn an_alias_that_no_address_can_have_is_not_sent() {
    assert_eq!(flowed("alias", &[("mailNickname", b"ana.ruiz")]), text("ana.ruiz"));
    assert_eq!(flowed("alias", &[("mailNickname", b"")]), Flowed::Clear);
    for bad in [".ana", "ana ruiz", "a@b", "j\u{f6}rg", "a,b"] {
        assert_eq!(flowed("alias", &[("mailNickname", bad.as_bytes())]), Flowed::Ignore, "{bad}");
    }
}
