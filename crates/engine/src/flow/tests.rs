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

fn flows(attributes: &[(&str, &[u8])]) -> (Vec<(&'static str, Flowed<'static>)>, Vec<&'static str>) {
    flows_of_class(Class::User, attributes)
}

fn flows_of_class(class: Class, attributes: &[(&str, &[u8])]) -> (Vec<(&'static str, Flowed<'static>)>, Vec<&'static str>) {
    let mut builder = AttributesBuilder::default();
    attributes.iter().for_each(|(name, value)| builder.add(name, value));
    let object =
        SourceObject { guid: ObjectGuid::from_bytes([1; 16]), dn: "CN=Ana,OU=Staff,DC=x".into(), class, attributes: builder.build() };
    let policy = policy();
    let desired = desired(&Person::new(&object, &policy));
    let mut codes: Vec<_> = desired.problems.iter().map(|problem| problem.code.as_str()).collect();
    codes.sort_unstable();
    (desired.with_every_flow(class.kind()).flows.into_iter().map(|(flow, flowed)| (flow.service, flowed.on_its_own())).collect(), codes)
}

fn flowed(service: &str, attributes: &[(&str, &[u8])]) -> Flowed<'static> {
    flowed_of(Class::User, service, attributes)
}

fn flowed_of(class: Class, service: &str, attributes: &[(&str, &[u8])]) -> Flowed<'static> {
    flows_of_class(class, attributes).0.into_iter().find(|(name, _)| *name == service).unwrap().1
}

fn text(text: &str) -> Flowed<'static> {
    value(Value::Text(text.into()))
}

fn value(value: Value) -> Flowed<'static> {
    Flowed::Value(Given::Value(value))
}

#[test]
fn the_table_is_sorted_and_names_each_attribute_once() {
    for kind in KINDS {
        let flows = flows_of(kind);
        assert!(flows.windows(2).all(|pair| pair[0].service < pair[1].service), "binary search needs the order");
        for flow in flows {
            assert_eq!(known_service_name(flow.service), Some(flow.service));
        }
    }
    assert_eq!(known_service_name("member"), Some("member"));
    assert_eq!(known_service_name("sourceAnchor"), None);
}

#[test]
fn secrets_are_never_asked_for() {
    let names = source_attributes();
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "sorted, none twice");
    for secret in ["unicodePwd", "supplementalCredentials", "userPassword", "msDS-ManagedPassword"] {
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
        "member",
        "managedBy",
        "groupType",
        "hideDLMembership",
        "reportToOwner",
        "reportToOriginator",
        "oOFReplyToOriginator",
        "targetAddress",
        "mS-DS-ConsistencyGuid",
        "userCertificate",
        "userSMIMECertificate",
        "thumbnailPhoto",
        "msDS-KeyCredentialLink",
    ] {
        assert!(names.contains(&needed), "{needed}");
    }
    assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')), "no constant is asked for");
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

// Covers: flow.enabled
#[test]
fn user_account_control_is_read_as_disabled_only_when_it_says_so() {
    let enabled = |value: &[u8]| flowed("accountEnabled", &[("userAccountControl", value)]);
    assert_eq!(enabled(b"512"), value(Value::Boolean(true)));
    assert_eq!(enabled(b"514"), value(Value::Boolean(false)));
    assert_eq!(enabled(b"66050"), value(Value::Boolean(false)));
    for unknown in [&b""[..], b"-2", b"99999999999", b"x", b"\xff"] {
        assert_eq!(enabled(unknown), Flowed::Ignore, "{unknown:?}");
    }
}

// Covers: flow.upn, flow.display-name, flow.mail
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

// Covers: flow.proxies
#[test]
fn addresses_are_trimmed_and_kept_once() {
    let given: Vec<(&str, &[u8])> =
        [&b"smtp:B@x.y"[..], b" SMTP:a@x.y ", b"smtp:A@x.y", b"smtp:b@x.y", b"x500:/o=Ex/cn=Ana", b"junk", b"smtp:bad"]
            .map(|value| ("proxyAddresses", value))
            .to_vec();
    let kept = ["SMTP:a@x.y", "smtp:B@x.y", "x500:/o=Ex/cn=Ana"].map(Box::<str>::from);
    assert_eq!(flowed("proxyAddresses", &given), value(Value::Texts(kept.into())));
    assert_eq!(flows(&given).1.iter().filter(|code| **code == "address-invalid").count(), 2);
    assert_eq!(flowed("proxyAddresses", &[("proxyAddresses", b"SMTP:a@x.y"), ("proxyAddresses", b"SMTP:b@x.y")]), Flowed::Ignore);
    assert_eq!(flowed("proxyAddresses", &[]), Flowed::Clear);
}

// Covers: flow.password-time
#[test]
fn times_become_generalized_time() {
    let time = |value: &str| flowed("lastPasswordChangeTimestamp", &[("pwdLastSet", value.as_bytes())]);
    assert_eq!(time("133170048000000000"), text("20230101000000.0Z"));
    assert_eq!(time("116444736009999999"), text("19700101000000.0Z"));
    for none in ["0", "-1", "9223372036854775807", "soon"] {
        assert_eq!(time(none), Flowed::Ignore, "{none}");
    }
}

// Covers: flow.first-448, flow.job
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
    assert_eq!(flowed("onPremiseSecurityIdentifier", &[("objectSid", &[1, 0, 0xff])]), value(Value::Bytes([1, 0, 0xff].into())));
    assert_eq!(flowed("countryCode", &[("countryCode", b"724")]), value(Value::Long(724)));
    assert_eq!(flowed("manager", &[("manager", b"CN=Zoe, OU=Staff")]), Flowed::Reference("cn=zoe,ou=staff".into()));
    assert_eq!(flowed("usageLocation", &[("msExchUsageLocation", b"ES")]), text("ES"));
    assert_eq!(flowed("dnsDomainName", &[]), text("corp.example.com"));
    assert_eq!(flowed("onPremisesDistinguishedName", &[]), text("CN=Ana,OU=Staff,DC=x"));
}

#[test]
fn what_cannot_be_read_is_not_absent() {
    for value in [&b"\xff\xfe"[..], b"a\0b", "a\u{fffe}".as_bytes()] {
        for name in ["title", "displayName", "description", "msExchUsageLocation"] {
            let service = flows_of(Kind::User).iter().find(|flow| flow.ad == name).unwrap().service;
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

// Covers: flow.alias
#[test]
fn an_alias_that_no_address_can_have_is_not_sent() {
    assert_eq!(flowed("alias", &[("mailNickname", b"ana.ruiz")]), text("ana.ruiz"));
    assert_eq!(flowed("alias", &[("mailNickname", b"")]), Flowed::Clear);
    for bad in [".ana", "ana ruiz", "a@b", "j\u{f6}rg", "a,b"] {
        assert_eq!(flowed("alias", &[("mailNickname", bad.as_bytes())]), Flowed::Ignore, "{bad}");
    }
}

// Covers: flow.exchange
#[test]
fn the_exchange_block_flows_for_those_who_have_an_alias() {
    let hidden = |alias: &[u8]| flowed("msExchHideFromAddressLists", &[("msExchHideFromAddressLists", b"TRUE"), ("mailNickname", alias)]);
    assert_eq!(hidden(b"ana"), value(Value::Boolean(true)));
    assert_eq!(hidden(b" "), Flowed::Clear);
    let alias = ("mailNickname", &b"ana"[..]);
    let of = |service: &str, value: &[u8]| flowed(service, &[alias, (service, value)]);
    assert_eq!(of("msExchRecipientTypeDetails", b"2147483648"), value(Value::Long(2_147_483_648)));
    assert_eq!(of("msExchRecipientTypeDetails", b"many"), Flowed::Ignore, "what cannot be read is not absent");
    assert_eq!(of("msExchHideFromAddressLists", b"perhaps"), Flowed::Ignore);
    assert_eq!(of("msExchMailboxGuid", &[0, 0xff]), value(Value::Bytes([0, 0xff].into())));
    assert_eq!(of("publicDelegates", b"CN=Zoe, OU=Staff"), Flowed::References(vec!["cn=zoe,ou=staff".into()]));
    assert_eq!(of("altRecipient", b"CN=Zoe,OU=Staff"), Flowed::Reference("cn=zoe,ou=staff".into()));
    assert_eq!(of("legacyExchangeDN", b" /o=Ex/cn=Ana "), text("/o=Ex/cn=Ana"));
    for (service, attribute) in [("telephoneAssistant", "telephoneAssistant"), ("targetAddress", "targetAddress")] {
        assert_eq!(flowed(service, &[(attribute, b"SMTP:a@x.y")]), Flowed::Clear, "{service} is part of the block");
    }
}

// Covers: flow.certificates, flow.object-identifier
#[test]
fn several_values_flow_once_each() {
    let numbers = [("otherTelephone", &b" 2 "[..]), ("otherTelephone", b"1"), ("otherTelephone", b"2"), ("otherTelephone", b" ")];
    assert_eq!(flowed("otherTelephone", &numbers), value(Value::Texts(["1".into(), "2".into()].into())));
    assert_eq!(flowed("otherTelephone", &[("otherTelephone", b"1"), ("otherTelephone", b"\xff")]), Flowed::Ignore);
    assert_eq!(flowed("msRTCSIP-UserEnabled", &[("msRTCSIP-UserEnabled", b"FALSE")]), value(Value::Boolean(false)));
    let certificates = |count: u8| {
        let values: Vec<[u8; 2]> = (0..count).map(|number| [0x30, number]).collect();
        let given: Vec<(&str, &[u8])> = values.iter().map(|value| ("userCertificate", &value[..])).collect();
        (flowed("userCertificate", &given), flows(&given).1.contains(&"too-many-certificates"))
    };
    assert!(matches!(certificates(15), (Flowed::Value(Given::Value(Value::BytesList(values))), false) if values.len() == 15));
    assert_eq!(certificates(16), (Flowed::Ignore, true), "the tenant keeps what it has");
    assert_eq!(flowed("onPremisesObjectIdentifier", &[]), text("01010101-0101-0101-0101-010101010101"));
}

// Covers: flow.first-448
#[test]
fn only_the_first_of_several_values_flows_where_the_service_takes_one() {
    for service in ["Description", "info", "postOfficeBox", "url", "title"] {
        let attribute = if service == "Description" { "description" } else { service };
        assert_eq!(flowed(service, &[(attribute, b"b"), (attribute, b"a")]), text("a"), "{service}");
    }
}

// Covers: class.group
#[test]
fn a_group_has_its_own_table() {
    let of = |service: &str, attributes: &[(&str, &[u8])]| flowed_of(Class::Group, service, attributes);
    for (group_type, security) in [("-2147483646", true), ("2147483650", true), ("2", false), ("8", false)] {
        assert_eq!(of("SecurityEnabled", &[("groupType", group_type.as_bytes())]), value(Value::Boolean(security)), "{group_type}");
    }
    assert_eq!(of("SecurityEnabled", &[]), Flowed::Ignore, "unknown is not a distribution group");
    assert_eq!(of("mail", &[("sAMAccountName", b"all"), ("userPrincipalName", b"all@x.y")]), Flowed::Clear, "a group has no sign-in name");
    assert_eq!(of("displayName", &[("cn", b"All")]), text("All"));
    assert_eq!(of("managedBy", &[("managedBy", b"CN=Zoe,OU=Staff")]), Flowed::Reference("cn=zoe,ou=staff".into()));
    assert_eq!(of("Description", &[("description", "é".repeat(500).as_bytes())]), text(&"é".repeat(448)));
    let exchange: &[(&str, &[u8])] = &[("hideDLMembership", b"TRUE"), ("mailNickname", b"all")];
    assert_eq!(of("hideDLMembership", exchange), value(Value::Boolean(true)));
    let names: Vec<&str> = flows_of(Kind::Group).iter().map(|flow| flow.service).collect();
    for gone in ["member", "userPrincipalName", "accountEnabled", "manager"] {
        assert!(!names.contains(&gone), "{gone}");
    }
}

// Covers: class.contact
#[test]
fn a_contact_has_its_own_table() {
    let of = |service: &str, attributes: &[(&str, &[u8])]| flowed_of(Class::Contact, service, attributes);
    assert_eq!(of("alias", &[("cn", b"zoe"), ("mailNickname", b"z")]), text("z"));
    assert_eq!(of("alias", &[("cn", b"zoe")]), text("zoe"), "cn where there is no mailNickname");
    assert_eq!(of("alias", &[("cn", b"Zoe Pope")]), Flowed::Clear, "a common name with a blank is no alias, and nobody's fault");
    assert_eq!(flows_of_class(Class::Contact, &[("cn", b"Zoe Pope"), ("displayName", b"Zoe")]).1, Vec::<&str>::new());
    assert_eq!(of("targetAddress", &[("targetAddress", b"SMTP:zoe@x.y")]), text("SMTP:zoe@x.y"));
    assert_eq!(of("mail", &[("mail", b" zoe@x.y ")]), text("zoe@x.y"));
    assert_eq!(of("countryLetterCode", &[("c", b"ES")]), text("ES"));
    assert_eq!(of("manager", &[("manager", b"CN=Ana,OU=Staff")]), Flowed::Reference("cn=ana,ou=staff".into()));
}

// Covers: flow.account, flow.cn, flow.names, flow.alias, flow.job, flow.office, flow.phones, flow.address, flow.country
// Covers: flow.usage-location, flow.language, flow.extension-attributes, flow.employee
#[test]
fn every_text_of_a_user_is_trimmed() {
    let rows = [
        ("sAMAccountName", "onPremisesSamAccountName"),
        ("cn", "commonName"),
        ("givenName", "givenName"),
        ("sn", "surname"),
        ("mailNickname", "alias"),
        ("title", "title"),
        ("department", "department"),
        ("company", "company"),
        ("physicalDeliveryOfficeName", "physicalDeliveryOfficeName"),
        ("telephoneNumber", "telephoneNumber"),
        ("mobile", "mobile"),
        ("facsimileTelephoneNumber", "facsimileTelephoneNumber"),
        ("homePhone", "homePhone"),
        ("streetAddress", "streetAddress"),
        ("l", "city"),
        ("st", "state"),
        ("postalCode", "postalCode"),
        ("co", "country"),
        ("c", "countryLetterCode"),
        ("preferredLanguage", "preferredLanguage"),
        ("employeeID", "employeeId"),
        ("employeeType", "employeeType"),
        ("employeeOrgData", "employeeOrgData"),
        ("employeeLeaveDateTime", "employeeLeaveDateTime"),
        ("msRTCSIP-Line", "msRTCSIP-Line"),
    ];
    let extensions: Vec<String> = (1..=15).map(|number| format!("extensionAttribute{number}")).collect();
    let extensions = extensions.iter().map(|name| (name.as_str(), name.as_str()));
    for (attribute, service) in rows.into_iter().chain(extensions) {
        assert_eq!(flowed(service, &[(attribute, b" ES ")]), text("ES"), "{attribute}");
        assert_eq!(flowed(service, &[(attribute, b" ")]), Flowed::Clear, "{attribute}");
    }
    assert_eq!(flowed("usageLocation", &[("msExchUsageLocation", b" ES ")]), text("ES"));
    assert_eq!(flowed("usageLocation", &[("msExchUsageLocation", b" ")]), Flowed::Ignore, "the tenant keeps what it has");
    assert_eq!(flowed("countryCode", &[("countryCode", b"")]), Flowed::Ignore, "an empty countryCode is ignored");
    assert!(flows(&[("givenName", "e".repeat(65).as_bytes())]).1.contains(&"value-too-long"));
}

// Covers: flow.anchor, flow.sid, flow.dn, flow.domain, flow.manager, flow.photo, flow.key-credential
#[test]
fn what_is_no_text_flows_as_it_is() {
    assert_eq!(crate::Anchor::of(&ObjectGuid::from_bytes([1; 16])).as_str(), "AQEBAQEBAQEBAQEBAQEBAQ==");
    for (attribute, service) in [("objectSid", "onPremiseSecurityIdentifier"), ("thumbnailPhoto", "thumbnailPhoto")] {
        assert_eq!(flowed(service, &[(attribute, &[0x20, 0, 0xff])]), value(Value::Bytes([0x20, 0, 0xff].into())));
        assert_eq!(flowed(service, &[(attribute, b"")]), Flowed::Clear);
    }
    assert_eq!(flowed("onPremisesDistinguishedName", &[]), text("CN=Ana,OU=Staff,DC=x"));
    assert_eq!(flowed("dnsDomainName", &[]), text("corp.example.com"));
    assert_eq!(flowed("manager", &[("manager", b"CN=Zoe,OU=Staff")]), Flowed::Reference("cn=zoe,ou=staff".into()));
    let key = "B:4:0102:CN=Ana,OU=Staff,DC=x";
    assert_eq!(flowed("msDS-KeyCredentialLink", &[("msDS-KeyCredentialLink", key.as_bytes())]), value(Value::Texts([key.into()].into())));
}
