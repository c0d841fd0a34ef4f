//! Groups and contacts of a real domain controller, which is changed with Samba's own tools.

use std::collections::BTreeMap;

use samesign_connect::ad::{AdSession, Found};
use samesign_connect::source::{Completeness, Known, Read};
use samesign_engine::{Class, Kinds, ObjectGuid, SourceObject};

use super::domain::Domain;
use super::samba::session;

const PEOPLE: usize = 2_000;
const ATTRIBUTES: [&str; 7] = ["sAMAccountName", "displayName", "mail", "groupType", "member", "objectSid", "managedBy"];
/// ADS_GROUP_TYPE_GLOBAL_GROUP: a distribution group, for the sign bit says security.
const DISTRIBUTION: &str = "2";

type Objects = BTreeMap<Box<str>, SourceObject>;

struct Reader {
    session: AdSession,
    base: String,
    known: Known,
}

impl Reader {
    /// Reads everything below the domain; what has changed, by DN without the domain's, and how many have not.
    async fn read(&mut self, attributes: &[&str]) -> (Objects, usize) {
        let (mut changed, mut digests, mut unchanged) = (Objects::new(), Vec::new(), 0);
        let report = self
            .session
            .read_objects(&self.base, Kinds::default(), attributes, &self.known, &mut |read| match read {
                Read::Object { object, digest } => {
                    digests.push((digest, object.guid));
                    let name = object.dn.trim_end_matches(&self.base).trim_end_matches(',').into();
                    changed.insert(name, object);
                }
                Read::Unchanged(_) => unchanged += 1,
            })
            .await;
        assert_eq!((report.completeness, report.objects), (Completeness::Complete, changed.len() + unchanged));
        self.known.extend(digests);
        (changed, unchanged)
    }

    async fn usn_of(&mut self, guid: ObjectGuid) -> u64 {
        match self.session.look_up(guid, &["uSNChanged"]).await.unwrap() {
            Found::Live(object) => object.attributes.text("usnchanged").unwrap().parse().unwrap(),
            other => panic!("{other:?}"),
        }
    }
}

fn members(object: &SourceObject) -> Vec<&str> {
    object.attributes.texts("member").collect()
}

// Covers: D18
#[tokio::test]
async fn groups_and_contacts_of_a_real_domain_are_read() {
    let domain = Domain::start("groups", PEOPLE, "none");
    let base = domain.fact("base_dn").to_owned();
    let mut reader = Reader { session: session(&domain, "svc-samesign").await, base: base.clone(), known: Known::new() };
    let (people, _) = reader.read(&ATTRIBUTES).await;
    make_groups(&domain, &people);

    let (made, unchanged) = reader.read(&ATTRIBUTES).await;
    assert_eq!((made.len(), unchanged), (5, people.len()), "{:?}", made.keys().collect::<Vec<_>>());
    let in_unit = |name: &str| &made[format!("CN={name},OU=Mail").as_str()];
    assert_eq!((in_unit("Carla, Supplier".replace(',', "\\,").as_str()).class, in_unit("big").class), (Class::Contact, Class::Group));
    assert_eq!((members(in_unit("big")).len(), members(in_unit("outer"))), (PEOPLE, vec![&*in_unit("inner").dn]));
    assert_eq!(in_unit("list").attributes.text("grouptype"), Some(DISTRIBUTION));
    assert!(in_unit("inner").attributes.text("grouptype").unwrap().starts_with('-'), "a security group has the sign bit");
    let contact: Vec<&str> = members(in_unit("list"));
    assert!(contact.iter().any(|dn| dn.starts_with("CN=Carla")), "a contact is a member: {contact:?}");

    // The primary group of everybody has nobody in `member`.
    let primary = &people["CN=Domain Users,CN=Users"];
    assert_eq!((primary.class, members(primary).len()), (Class::Group, 0));
    what_moves_a_groups_usn(&domain, &mut reader, in_unit("big").guid, in_unit("inner").guid).await;
    ranges_are_given_when_asked_for(&mut reader, in_unit("big")).await;
    single_objects_are_found(&domain, &mut reader, &base, in_unit("outer")).await;
    assert_eq!(domain.writes(), "", "the source is never written");
}

fn make_groups(domain: &Domain, people: &Objects) {
    let everybody: Vec<&str> = people
        .values()
        .filter(|object| object.attributes.text("samaccountname").is_some_and(is_numbered))
        .map(|object| &*object.dn)
        .collect();
    assert_eq!(everybody.len(), PEOPLE);
    let big = ["--", "add-group", "big", "OU=Mail"];
    #[rustfmt::skip]
    let rest = [
        "--", "add-contact", "Carla, Supplier", "OU=Mail", "mail=carla@supplier.example",
        "--", "add-group", "inner", "OU=Mail", "u000001", "u000002",
        "--", "add-group", "outer", "OU=Mail", "inner",
        "--", "add-group", "list", "OU=Mail", "u000001", "CN=Carla\\, Supplier,OU=Mail",
        "--", "set", "list", "groupType=2", "mail=list@contoso.example",
    ];
    domain.change(&[&["add-ou", "OU=Mail"][..], &big, &everybody, &rest].concat());
}

/// `u000123`: one of the testbed's people.
fn is_numbered(account: &str) -> bool {
    account.len() == 7 && account.starts_with('u')
}

/// What the fetching of parts relies on, and what it must not rely on.
async fn what_moves_a_groups_usn(domain: &Domain, reader: &mut Reader, big: ObjectGuid, inner: ObjectGuid) {
    let before = reader.usn_of(big).await;
    domain.change(&["member", "big", "remove", "u000500"]);
    let removed = reader.usn_of(big).await;
    domain.change(&["member", "big", "add", "u000500"]);
    let added = reader.usn_of(big).await;
    assert!(before < removed && removed < added, "a change of members is a change of the group: {before} {removed} {added}");

    let others = reader.usn_of(inner).await;
    domain.change(&["rename", "u000001", "CN=New Name"]);
    assert_eq!((reader.usn_of(big).await, reader.usn_of(inner).await), (added, others), "a renamed member is none");
    let (changed, _) = reader.read(&ATTRIBUTES).await;
    let names: Vec<&str> = changed.keys().map(|name| name.split(',').next().unwrap()).collect();
    for expected in ["CN=New Name", "CN=big", "CN=inner", "CN=list"] {
        assert!(names.contains(&expected), "{expected} has another member name now: {names:?}");
    }
    assert!(members(&changed["CN=inner,OU=Mail"]).iter().any(|dn| dn.starts_with("CN=New Name,")));
}

/// This domain controller gives all values at once, unless it is asked for some: then all are fetched.
async fn ranges_are_given_when_asked_for(reader: &mut Reader, big: &SourceObject) {
    for asked in ["member;range=0-499", "member;range=700-*"] {
        match reader.session.look_up(big.guid, &[asked]).await.unwrap() {
            Found::Live(object) => assert_eq!(members(&object).len(), PEOPLE, "{asked}"),
            other => panic!("{other:?}"),
        }
    }
    let (changed, _) = reader.read(&["member;range=0-99"]).await;
    assert_eq!(members(&changed["CN=big,OU=Mail"]).len(), PEOPLE);
}

async fn single_objects_are_found(domain: &Domain, reader: &mut Reader, base: &str, outer: &SourceObject) {
    let found = reader.session.find_by_dn(&format!("cn=OUTER,ou=mail,{base}"), &ATTRIBUTES).await.unwrap().unwrap();
    assert_eq!(&found, outer);
    assert_eq!(reader.session.find_by_dn(&format!("CN=nobody,OU=Mail,{base}"), &ATTRIBUTES).await.unwrap(), None);
    assert_eq!(reader.session.find_by_dn(&format!("OU=Mail,{base}"), &ATTRIBUTES).await.unwrap(), None, "a unit is no object of ours");
    domain.change(&["delete", "outer"]);
    assert_eq!(reader.session.find_by_dn(&outer.dn, &ATTRIBUTES).await.unwrap(), None);
    assert!(matches!(reader.session.look_up(outer.guid, &ATTRIBUTES).await.unwrap(), Found::Tombstone { .. }));
    assert!(reader.session.sees_deleted_objects().await.unwrap());
    let mut plain = session(domain, "svc-plain").await;
    assert!(!plain.sees_deleted_objects().await.unwrap(), "who may not see it is told so");
    assert_eq!(plain.look_up(outer.guid, &ATTRIBUTES).await.unwrap(), Found::NotFound);
}
