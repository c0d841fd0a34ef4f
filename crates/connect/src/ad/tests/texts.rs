//! Texts taken apart: addresses, ranges, references, names, and what a server's refusal means.

use ldap3_proto::LdapCodec;
use ldap3_proto::proto::{LdapBindCred, LdapBindRequest, LdapOp, LdapResultCode};
use samesign_engine::ObjectGuid;
use samesign_wire::Secret;
use tokio_util::codec::Decoder as _;

use super::{GUID, result};
use crate::ad::bind::simple_request;
use crate::ad::credential::is_blank;
use crate::ad::error::{Refusal, why_credentials};
use crate::ad::identity::{ServerIdentity, sid};
use crate::ad::lookup::parent;
use crate::ad::range::{self, Description, Range};
use crate::ad::read::attribute_list;
use crate::ad::references::leads_into;
use crate::ad::{Protection, ServerAddress};

#[test]
fn server_addresses() {
    let address = |protection, host: &str, port| Ok(ServerAddress { protection, host: host.to_owned(), port });
    assert_eq!("ldaps://dc1.corp.example.com".parse(), address(Protection::Ldaps, "dc1.corp.example.com", 636));
    assert_eq!("LDAPS://10.0.0.1:3269/".parse(), address(Protection::Ldaps, "10.0.0.1", 3269));
    assert_eq!("ldap://dc2".parse(), address(Protection::StartTls, "dc2", 389));
    assert_eq!("ldap://[::1]:1389".parse(), address(Protection::StartTls, "::1", 1389));
    for wrong in [
        "dc1.corp.example.com",
        "ldapi://dc1",
        "ldaps://",
        "ldaps://dc1:0",
        "ldaps://dc1:70000",
        "ldaps://a b",
        "ldaps://[::1",
        "ldaps://u@h",
    ] {
        let error = wrong.parse::<ServerAddress>().err().map(|error| error.to_string());
        assert!(error.is_some_and(|error| error.contains(wrong)), "{wrong}");
    }
    for text in ["ldaps://dc1", "ldap://dc1:1389", "ldaps://[::1]:3269"] {
        assert_eq!(text.parse::<ServerAddress>().map(|address| address.to_string()).as_deref(), Ok(text));
    }
}

#[test]
fn ranges_of_values() {
    let parse = |text: &'static str| Description::parse(text.as_bytes());
    let range = |first, last| Some(Range { first, last });
    assert_eq!(parse("member"), Some(Description { name: "member", range: None }));
    assert_eq!(parse("member;range=0-1499"), Some(Description { name: "member", range: range(0, Some(1499)) }));
    assert_eq!(parse("member;Range=1500-*"), Some(Description { name: "member", range: range(1500, None) }));
    assert_eq!(parse("jpegPhoto;binary"), Some(Description { name: "jpegPhoto", range: None }));
    for wrong in ["", ";range=0-1", "member;range=", "member;range=5", "member;range=9-5", "member;range=a-b", "member;range=0-99999999999"]
    {
        assert_eq!(parse(wrong), None, "{wrong}");
    }
    assert_eq!(Description::parse(&[0xff]), None);
    assert_eq!(Range { first: 0, last: Some(1499) }.next(), Some(1500));
    assert_eq!(Range { first: 1500, last: None }.next(), None);
    assert_eq!(range::from("member", 1500), "member;range=1500-*");
}

#[test]
fn a_reference_matters_only_where_people_of_the_base_would_be_missing() {
    let guid = ObjectGuid::from_bytes(GUID);
    let identity = ServerIdentity {
        dns_host_name: "dc1.corp.example.com".to_owned(),
        default_naming_context: "DC=corp,DC=example,DC=com".to_owned(),
        domain_guid: guid,
        domain_sid: String::new(),
        netbios_name: String::new(),
        ds_service_name: String::new(),
        invocation_id: guid,
        highest_committed_usn: 0,
        bound_as: String::new(),
    };
    let into = |reference: &str, base: &str| leads_into(reference, base, &identity);
    let (root, unit) = ("dc=corp,dc=example,dc=com", "OU=Staff,DC=corp,DC=example,DC=com");
    for other in [
        "ldap://ForestDnsZones.corp.example.com/DC=ForestDnsZones,DC=corp,DC=example,DC=com",
        "ldap://corp.example.com/CN=Configuration,DC=corp,DC=example,DC=com",
        "ldap://child.corp.example.com/DC=child,DC=corp,DC=example,DC=com??sub",
    ] {
        assert!(!into(other, root), "{other}");
        assert!(!into(other, unit), "{other}");
    }
    assert!(into("ldap://dc2/OU=East,OU=Staff,DC=corp,DC=example,DC=com", unit));
    assert!(into("ldap://dc2/OU%3DEast%2COU=Staff,DC=corp,DC=example,DC=com", unit), "escapes are undone");
    assert!(into("ldap://dc2/OU=Staff,DC=corp,DC=example,DC=com", root));
    assert!(into("ldap://dc2/DC=child,OU=Staff,DC=corp,DC=example,DC=com", unit));
    for unclear in ["ldap://dc2", "ldap://dc2/", "http://dc2/x", "nonsense", "ldap://dc2/%zz"] {
        assert!(into(unclear, unit), "{unclear}");
    }
}

#[test]
fn security_identifiers() {
    let domain = [1, 4, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(sid(&domain).as_deref(), Some("S-1-5-21-1-2-4294967295"));
    assert_eq!(sid(&[1, 0, 0, 0, 0, 0, 0, 5]).as_deref(), Some("S-1-5"));
    for end in 0..domain.len() {
        assert_eq!(sid(&domain[..end]), None);
    }
}

#[test]
fn the_parent_of_a_name() {
    assert_eq!(parent("CN=Ruiz\\, Ana,OU=Staff,DC=x"), Some("OU=Staff,DC=x"));
    assert_eq!(parent("CN=Backslash\\\\,OU=Staff"), Some("OU=Staff"));
    assert_eq!(parent("DC=x"), None);
    assert_eq!(parent(""), None);
}

#[test]
fn a_refused_account_is_explained() {
    let said = |data: &str| format!("80090308: LdapErr: DSID-0C090436, comment: AcceptSecurityContext error, data {data}, v4563");
    for (data, words) in [
        ("525", "no such account"),
        ("52e", "password is wrong"),
        ("530", "hour"),
        ("531", "computer"),
        ("532", "password has expired"),
        ("533", "disabled"),
        ("701", "account has expired"),
        ("773", "must be changed"),
        ("775", "locked out"),
        ("fff", "may not sign in"),
    ] {
        let explained = why_credentials(&said(data));
        assert!(explained.contains(words) && explained.contains(&said(data)), "{data}: {explained}");
    }
    assert!(why_credentials("").contains("password is wrong"));
}

#[test]
fn a_result_names_its_code() {
    assert_eq!(Refusal::of(&result(LdapResultCode::Success, "")), None);
    let busy = Refusal::of(&result(LdapResultCode::Busy, "try\nlater\0")).unwrap();
    assert_eq!(busy.to_string(), "busy (51), \"trylater\"");
    assert!(!busy.is_absence());
    assert!(Refusal::of(&result(LdapResultCode::NoSuchObject, "")).unwrap().is_absence());
}

#[test]
fn a_blank_password_is_known_as_one() {
    for blank in ["", " ", "\t\n", "\u{a0}"] {
        assert!(is_blank(&Secret::new(blank.to_owned())), "{blank:?}");
    }
    assert!(!is_blank(&Secret::new(" x ".to_owned())));
}

#[test]
fn the_bind_request_is_what_the_codec_reads() {
    for (user, password) in [("a", "b"), ("svc-samesign@corp.example.com", "pä ss"), (&"u".repeat(200), &"p".repeat(70_000))] {
        let bytes = simple_request(7, user, &Secret::new(password.to_owned()));
        let mut buffer = bytes::BytesMut::from(bytes.as_slice());
        let message = LdapCodec::new(Some(1 << 20), None).decode(&mut buffer).unwrap().unwrap();
        let expected = LdapBindRequest { version: 3, dn: user.to_owned(), cred: LdapBindCred::Simple(password.to_owned()) };
        assert_eq!((message.msgid, message.op), (7, LdapOp::BindRequest(expected)));
        assert_eq!(bytes.capacity(), bytes.len(), "the buffer never grew, which would have left a copy of the password");
    }
}

#[test]
fn the_password_attribute_is_never_asked_for() {
    let list = attribute_list(&["mail", "unicodePwd", "UNICODEPWD", "Mail", "objectclass"]);
    assert_eq!(list, ["objectGUID", "objectClass", "mail"]);
}
