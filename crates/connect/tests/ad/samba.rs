//! The same against a real domain controller, which is changed with Samba's own tools.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use samesign_connect::ad::{AdConfig, AdError, AdSession, Credential, Found, connect};
use samesign_connect::source::{Completeness, Known, Read};
use samesign_engine::{Class, ObjectGuid, SourceObject};
use samesign_wire::Secret;
use tokio::net::{TcpListener, TcpStream};

use super::directory::USERS;
use super::domain::Domain;

const PEOPLE: usize = 1_000;
/// Person N is in unit N modulo 3, and Office365 is the first.
const IN_OFFICE: usize = 334;
const ATTRIBUTES: [&str; 6] = ["sAMAccountName", "userPrincipalName", "displayName", "proxyAddresses", "userAccountControl", "objectSid"];

#[tokio::test]
async fn a_real_domain_controller_is_read_and_never_written() {
    let domain = Domain::start("connect", PEOPLE, "nthash");
    let people = every_protection_reads_the_same_people(&domain).await;
    they_are_as_the_directory_has_them(&domain, &people);
    the_tree_is_told_with_its_counts(&domain).await;
    refusals_are_explained(&domain).await;
    a_dead_server_is_left_for_the_next_one(&domain).await;
    ntlm_is_used_only_where_it_is_allowed(&domain).await;
    changes_are_seen_and_evidence_is_found(&domain, &people).await;
    assert_eq!(domain.writes(), "", "the source is never written");
}

type People = BTreeMap<ObjectGuid, SourceObject>;

async fn every_protection_reads_the_same_people(domain: &Domain) -> People {
    let password = || Secret::new(domain.account("svc-samesign", "password").to_owned());
    let keytab = domain.account("svc-samesign", "keytab");
    let mut first: Option<People> = None;
    for (server, credential) in [
        ("ldaps", Credential::Password(password())),
        ("ldap", Credential::Password(password())),
        ("ldap", Credential::KerberosPassword(password())),
        ("ldaps", Credential::Keytab(keytab.into())),
    ] {
        let mut session = connect(&config(domain, "svc-samesign", server, credential)).await.unwrap_or_else(|error| panic!("{error}"));
        let people = read(&mut session, domain, "OU=Office365").await;
        assert_eq!(people.len(), IN_OFFICE);
        assert_eq!(&session.end_identity().await.unwrap(), session.identity(), "same server, and its highestCommittedUSN has not moved");
        assert_eq!(first.get_or_insert_with(|| people.clone()), &people);
        session.close().await;
    }
    first.unwrap()
}

fn they_are_as_the_directory_has_them(domain: &Domain, people: &People) {
    for account in ["u000000", "u000003"] {
        let guid: ObjectGuid = domain.attribute(account, "objectGUID").parse().unwrap();
        let person = &people[&guid];
        for name in ["displayName", "userAccountControl", "userPrincipalName"] {
            let shown = domain.attribute(account, name);
            let ours = person.attributes.first(&name.to_lowercase()).unwrap();
            assert!(shown.as_bytes() == ours || STANDARD.encode(ours) == shown, "{account} {name}: {shown}");
        }
    }
    let classes = people.values().filter(|person| person.class == Class::InetOrgPerson).count();
    assert!(classes > 0 && classes < IN_OFFICE, "{classes} inetOrgPersons");
    assert!(people.values().all(|person| person.attributes.first("unicodepwd").is_none()));
}

async fn the_tree_is_told_with_its_counts(domain: &Domain) {
    let mut session = session(domain, "svc-samesign").await;
    let tree = session.organizational_units().await.unwrap();
    let base = domain.fact("base_dn");
    assert_eq!(&*tree[0].dn, base, "the domain comes first");
    let units: Vec<_> = tree.iter().map(|node| (node.dn.trim_end_matches(base).trim_end_matches(','), node.users)).collect();
    for expected in [("OU=Office365", IN_OFFICE), ("OU=Staff", 333), ("OU=Other", 333), ("OU=Domain Controllers", 0)] {
        assert!(units.contains(&expected), "{expected:?} is not in {units:?}");
    }
    assert!(units.iter().any(|(name, users)| *name == "CN=Users" && *users > 0), "a container with people is told: {units:?}");
    assert!(!units.iter().any(|(name, _)| *name == "CN=System"), "one without is not");
}

async fn refusals_are_explained(domain: &Domain) {
    let wrong = || Secret::new("wrong".to_owned());
    for (credential, said) in [
        (Credential::Password(wrong()), "password is wrong"),
        (Credential::KerberosPassword(wrong()), "password (or the key in the keytab) is wrong"),
    ] {
        let error = connect(&config(domain, "svc-plain", "ldap", credential)).await.err().unwrap();
        assert!(matches!(error, AdError::Credentials { .. }) && error.to_string().contains(said), "{error}");
    }
    let mut absent = config(domain, "svc-plain", "ldap", Credential::KerberosPassword(wrong()));
    absent.user = "nobody@corp.example.com".to_owned();
    let error = connect(&absent).await.err().unwrap().to_string();
    assert!(error.contains("no such account"), "{error}");
    let mut untrusted = config(domain, "svc-plain", "ldaps", Credential::Password(wrong()));
    untrusted.ca = None;
    let error = connect(&untrusted).await.err().unwrap().to_string();
    assert!(error.contains("which is not trusted here") || error.contains("no trusted CA certificates"), "{error}");
}

async fn a_dead_server_is_left_for_the_next_one(domain: &Domain) {
    let mut config =
        config(domain, "svc-samesign", "ldaps", Credential::Password(Secret::new(domain.account("svc-samesign", "password").into())));
    config.servers.insert(0, "ldaps://127.0.0.1:9".parse().unwrap());
    let session = connect(&config).await.unwrap();
    assert_eq!(session.server(), domain.fact("ldaps"));
}

/// A way to the domain controller that does not lead to its Kerberos service.
async fn without_kerberos(domain: &Domain) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let address = format!("{}:389", domain.fact("address"));
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut server = TcpStream::connect(&address).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await.ok() });
        }
    });
    format!("ldap://127.0.0.1:{port}")
}

async fn ntlm_is_used_only_where_it_is_allowed(domain: &Domain) {
    let password = || Secret::new(domain.account("svc-samesign", "password").to_owned());
    let mut config = config(domain, "svc-samesign", "ldap", Credential::KerberosPassword(password()));
    config.servers = vec![without_kerberos(domain).await.parse().unwrap()];
    let error = connect(&config).await.err().unwrap().to_string();
    assert!(error.contains("cannot reach the Kerberos service"), "{error}");
    config.ntlm = true;
    let mut session = connect(&config).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read(&mut session, domain, "OU=Office365").await.len(), IN_OFFICE);
}

async fn changes_are_seen_and_evidence_is_found(domain: &Domain, people: &People) {
    let guid_of = |account: &str| *people.iter().find(|(_, person)| person.attributes.text("samaccountname") == Some(account)).unwrap().0;
    let (deleted, moved, renamed) = (guid_of("u000003"), guid_of("u000006"), guid_of("u000009"));
    let mut session = session(domain, "svc-samesign").await;
    let usn = session.identity().highest_committed_usn;
    let base = domain.fact("base_dn");
    let office = session.locate(None, &format!("OU=Office365,{base}")).await.unwrap().unwrap();
    #[rustfmt::skip]
    domain.change(&[
        "delete", "u000003", "--", "move", "u000006", "OU=Other", "--", "rename", "u000009", "CN=Näme\\, New",
        "--", "rename", "OU=Office365", "OU=Cloud People",
    ]);

    let now = session.locate(Some(office.guid), "").await.unwrap().unwrap();
    assert_eq!(&*now.dn, format!("OU=Cloud People,{base}"), "a renamed unit is found by its objectGUID");
    assert_eq!(session.locate(None, &office.dn).await.unwrap(), None);
    assert_eq!(session.locate(None, "not a name").await.unwrap(), None);

    match session.look_up(deleted, &ATTRIBUTES).await.unwrap() {
        Found::Tombstone { last_known_parent: Some(parent) } => assert!(parent.starts_with("OU="), "{parent}"),
        other => panic!("{other:?}"),
    }
    for (guid, expected) in [(moved, format!(",OU=Other,{base}")), (renamed, format!("CN=Näme\\, New,OU=Cloud People,{base}"))] {
        match session.look_up(guid, &ATTRIBUTES).await.unwrap() {
            Found::Live(person) => assert!(person.dn.ends_with(&expected), "{} is not {expected}", person.dn),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(session.look_up(ObjectGuid::from_bytes([7; 16]), &ATTRIBUTES).await.unwrap(), Found::NotFound);
    let mut plain = self::session(domain, "svc-plain").await;
    assert_eq!(plain.look_up(deleted, &ATTRIBUTES).await.unwrap(), Found::NotFound, "who may not list Deleted Objects has no evidence");

    let mut changed = Vec::new();
    session
        .read_users_changed(base, usn + 1, &ATTRIBUTES, &Known::new(), &mut |read| {
            if let Read::Object { object, .. } = read {
                changed.push(object.guid);
            }
        })
        .await;
    // A sign-in changes the service accounts; they are not among the people of the unit.
    changed.retain(|guid| people.contains_key(guid));
    changed.sort();
    let mut expected = vec![moved, renamed];
    expected.sort();
    assert_eq!(changed, expected, "people below the renamed unit have not changed themselves");
    let remaining = read(&mut session, domain, "OU=Cloud People").await;
    assert_eq!(remaining.len(), IN_OFFICE - 2);
}

async fn read(session: &mut AdSession, domain: &Domain, unit: &str) -> People {
    let base = format!("{unit},{}", domain.fact("base_dn"));
    let mut people = People::new();
    let report = session
        .read_objects(&base, USERS, &ATTRIBUTES, &Known::new(), &mut |read| {
            if let Read::Object { object, .. } = read {
                people.insert(object.guid, object);
            }
        })
        .await;
    assert_eq!((report.completeness, report.objects), (Completeness::Complete, people.len()));
    people
}

pub async fn session(domain: &Domain, account: &str) -> AdSession {
    let password = Secret::new(domain.account(account, "password").to_owned());
    connect(&config(domain, account, "ldaps", Credential::Password(password))).await.unwrap()
}

fn config(domain: &Domain, account: &str, server: &str, credential: Credential) -> AdConfig {
    AdConfig {
        domain: domain.fact("domain").to_owned(),
        servers: vec![domain.fact(server).parse().unwrap()],
        user: domain.account(account, "user").to_owned(),
        credential,
        ca: Some(domain.fact("ca").into()),
        ntlm: false,
    }
}
