//! Groups with their members, and contacts.

use samesign_wire::provisioning::{
    ObjectType, PropertyValue, ReferenceChange, ReferenceKind, ReferenceOperation, Request, Response, ResultCode, SyncOperation, features,
};
use serde_json::json;

use crate::tenant::{Tenant, change_members, contact, delete, fault, group, id_of, object, text, texts, user};

fn set_group(anchor: &str, properties: &[(&'static str, PropertyValue)]) -> samesign_wire::provisioning::SyncObject {
    object(ObjectType::Group, SyncOperation::Set, anchor, properties)
}

fn people(tenant: &Tenant, count: usize) -> Vec<String> {
    (0..count).map(|number| tenant.stored(user(&format!("{number}=="), &format!("u{number}@contoso.example"), &[]))).collect()
}

fn sorted(ids: &[&String]) -> Vec<String> {
    let mut ids: Vec<_> = ids.iter().map(|id| (*id).clone()).collect();
    ids.sort();
    ids
}

// Covers: class.group
#[test]
fn a_group_has_what_was_sent_of_it() {
    let tenant = Tenant::new();
    let more = [
        ("commonName", text("team")),
        ("Description", text("Everybody")),
        ("mail", text("team@contoso.example")),
        ("alias", text("team")),
        ("proxyAddresses", texts(&["SMTP:team@contoso.example", "smtp:all@partner.test"])),
        ("onPremisesSamAccountName", text("TEAM")),
        ("dnsDomainName", text("corp.example.com")),
        ("netBiosName", text("CORP")),
        ("managedBy", text("0==")),
        ("hideDLMembership", PropertyValue::Boolean(true)),
    ];
    let id = tenant.stored(group("g==", "The team", &more));
    let team = tenant.group(&id);
    assert_eq!(
        (team.display_name.as_str(), team.description.as_deref(), team.mail.as_deref()),
        ("The team", Some("Everybody"), Some("team@contoso.example"))
    );
    assert_eq!((team.nickname.as_deref(), team.mail_enabled, team.security_enabled, team.synced), (Some("team"), true, true, Some(true)));
    assert_eq!(team.addresses(), ["SMTP:team@contoso.example", "smtp:all@partner.test"]);
    assert_eq!(team.text("onPremisesNetBiosName"), Some("CORP"));
    assert_eq!(team.anchor.as_deref(), Some("g=="));
    // A distribution group: the sign bit of groupType is not set. Nil clears.
    tenant.stored(set_group("g==", &[("SecurityEnabled", PropertyValue::Boolean(false)), ("Description", PropertyValue::Nil)]));
    let team = tenant.group(&id);
    assert_eq!((team.security_enabled, team.description), (false, None));
    // Without a displayName it is called by its common name; without mail by its account.
    let plain = object(
        ObjectType::Group,
        SyncOperation::Add,
        "h==",
        &[("commonName", text("Plain one")), ("onPremisesSamAccountName", text("plain1"))],
    );
    let plain = tenant.group(&tenant.stored(plain));
    assert_eq!((plain.display_name.as_str(), plain.nickname.as_deref(), plain.mail_enabled), ("Plain one", Some("plain1"), false));
}

#[test]
fn members_come_and_go_as_differences() {
    let tenant = Tenant::new();
    let people = people(&tenant, 3);
    let team = tenant.stored(group("g==", "Team", &[]));
    let inner = tenant.stored(group("h==", "Inner", &[]));
    let partner = tenant.stored(contact("c==", "x@partner.example", &[]));
    tenant.stored(change_members("g==", &["0==", "1==", "h==", "c=="], &[]));
    assert_eq!(tenant.members(&team), sorted(&[&people[0], &people[1], &inner, &partner]));
    // Twice the same does no harm; who is none of them needs not leave, and who is unknown neither.
    tenant.stored(change_members("g==", &["0==", "2=="], &["1==", "1==", "nobody=="]));
    assert_eq!(tenant.members(&team), sorted(&[&people[0], &people[2], &inner, &partner]));
    // The tenant's own anchors name objects too.
    let by_cloud = |id: &str, operation| ReferenceChange { anchor: format!("User_{id}"), kind: ReferenceKind::Cloud, operation };
    let cloud = tenant.cloud_user("cloud@contoso.example", &json!({}));
    let changes = vec![by_cloud(&cloud, ReferenceOperation::Add), by_cloud(&people[0], ReferenceOperation::Remove)];
    tenant.stored(set_group("g==", &[("member", PropertyValue::References(changes))]));
    assert_eq!(tenant.members(&team), sorted(&[&people[2], &inner, &partner, &cloud]));
    // A deleted member is gone, and back with the same id.
    tenant.stored(delete("2=="));
    assert_eq!(tenant.members(&team), sorted(&[&inner, &partner, &cloud]));
    tenant.stored(user("2==", "u2@contoso.example", &[]));
    assert_eq!(tenant.members(&team), sorted(&[&people[2], &inner, &partner, &cloud]));
}

// Covers: error.dn-attributes
#[test]
fn a_reference_to_nobody_fails_by_name_and_the_rest_is_stored() {
    let tenant = Tenant::new();
    let people = people(&tenant, 2);
    let team = tenant.stored(group("g==", "Team", &[]));
    let mut sent = change_members("g==", &["0==", "lost1==", "1==", "lost2==", "lost3==", "lost4=="], &[]);
    sent.properties.push(("Description".into(), text("stored too")));
    let result = tenant.send_one(sent);
    assert_eq!((result.result_code, result.error_code.as_deref()), (ResultCode::Failure, Some("dn-attributes-failure")));
    let words = result.error_description.as_deref().unwrap();
    assert!(words.contains("lost1==, lost2==, lost3== and 1 more") && words.contains("Team"), "{words}");
    assert_eq!(id_of(&result), team);
    assert_eq!(tenant.members(&team), sorted(&[&people[0], &people[1]]));
    assert_eq!(tenant.group(&team).description.as_deref(), Some("stored too"));
    // The objects come, and the same references are taken.
    tenant.stored(user("lost1==", "lost1@contoso.example", &[]));
    tenant.stored(change_members("g==", &["lost1=="], &[]));
    assert_eq!(tenant.members(&team).len(), 3);
}

#[test]
fn a_whole_list_replaces_the_members() {
    let tenant = Tenant::new();
    let people = people(&tenant, 3);
    let team = tenant.stored(group("g==", "Team", &[("member", texts(&["0==", "1=="]))]));
    assert_eq!(tenant.members(&team), sorted(&[&people[0], &people[1]]));
    let first_generation = |value| {
        let request = Request::ProvisionAzureADSyncObjects(vec![set_group("g==", &[("member", value)])]);
        match tenant.ask(&request) {
            Ok(Response::Provision(results)) => assert_eq!(results[0].result_code, ResultCode::Success, "{results:?}"),
            other => panic!("{other:?}"),
        }
    };
    first_generation(texts(&["1==", "2=="]));
    assert_eq!(tenant.members(&team), sorted(&[&people[1], &people[2]]));
    first_generation(PropertyValue::Nil);
    assert_eq!(tenant.members(&team), [""; 0]);
}

#[test]
fn members_are_read_back_as_a_list_and_nothing_else_is_sent_back_of_them() {
    let tenant = Tenant::new();
    people(&tenant, 2);
    tenant.stored(group("g==", "Team", &[]));
    tenant.stored(change_members("g==", &["1==", "0=="], &[]));
    let back = tenant.read_back();
    let team = back.iter().find(|object| object.object_type == ObjectType::Group).unwrap();
    assert_eq!(team.source_anchor.as_deref(), Some("g=="));
    assert_eq!(team.property("member"), Some(&texts(&["0==", "1=="])));
    assert_eq!(back.len(), 3);
}

#[test]
fn the_members_of_a_cloud_group_are_replaced_by_the_first_that_come() {
    let tenant = Tenant::new();
    let people = people(&tenant, 2);
    let cloud = tenant.cloud_user("cloud@contoso.example", &json!({}));
    let team = tenant.write(|connection| {
        use samesign_tenant::directory::groups;
        let mut new = groups::blank(0)?;
        new.display_name = "Team".to_owned();
        new.set("proxyAddresses", Some(json!(["SMTP:team@contoso.example"])));
        Ok(groups::insert(connection, new)?.id)
    });
    tenant.write(|connection| samesign_tenant::directory::members::add(connection, &team, &cloud));
    let sent = group("g==", "Team", &[("proxyAddresses", texts(&["SMTP:team@contoso.example"]))]);
    assert_eq!(tenant.stored(sent), team);
    assert_eq!(tenant.members(&team), [cloud], "Active Directory said nothing yet");
    tenant.stored(change_members("g==", &["0=="], &[]));
    assert_eq!(tenant.members(&team), [people[0].clone()]);
    tenant.stored(change_members("g==", &["1=="], &[]));
    assert_eq!(tenant.members(&team).len(), 2);
}

#[test]
fn one_request_carries_so_many_references_and_no_more() {
    let tenant = Tenant::new();
    let max = usize::try_from(tenant.configuration().links_per_batch_max).unwrap();
    assert_eq!(max, 15_000);
    let anchors: Vec<_> = (0..max + 1).map(|number| format!("{number}==")).collect();
    let anchors: Vec<_> = anchors.iter().map(String::as_str).collect();
    tenant.stored(group("g==", "Team", &[]));
    let (half, rest) = anchors.split_at(8_000);
    let batch = vec![change_members("g==", half, &[]), change_members("g==", rest, &[])];
    let (code, words) = fault(tenant.ask(&Request::ProvisionAzureADSyncObjects2(batch)));
    assert_eq!(code, "MaxLinksExceeded");
    assert!(words.contains("15001") && words.contains("15000"), "{words}");
    assert_eq!(tenant.send_one(change_members("g==", &anchors[..max], &[])).error_code.as_deref(), Some("dn-attributes-failure"));
}

/// Rows written past the service, so that a large group costs a second and not minutes.
fn fill(tenant: &Tenant, team: &str, count: i64) {
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
        INSERT INTO contact (id, display_name, display_name_key, created, sequence, properties) SELECT 'many-' || i, 'x', 'x', 0, 0, '{}' FROM n";
    tenant.sql(&sql.replace("?2", "?1"), [count]);
    let sql = "INSERT INTO member (group_number, kind, object, gone, sequence)
        SELECT (SELECT number FROM directory_group WHERE id = ?1), 2, number, 0, 0 FROM contact WHERE id LIKE 'many-%'";
    tenant.sql(sql, [team]);
}

#[test]
fn a_group_has_so_many_members_and_no_more() {
    let tenant = Tenant::new();
    people(&tenant, 3);
    let team = tenant.stored(group("g==", "Team", &[]));
    fill(&tenant, &team, 49_999);
    let first = |sent| match tenant.ask(&Request::ProvisionAzureADSyncObjects(vec![sent])) {
        Ok(Response::Provision(mut results)) => results.remove(0),
        other => panic!("{other:?}"),
    };
    assert_eq!(first(change_members("g==", &["0=="], &[])).error_code, None);
    let refused = first(change_members("g==", &["1=="], &[]));
    assert_eq!(refused.error_code.as_deref(), Some("MaximumGroupMemberCount"));
    let words = refused.error_description.unwrap();
    assert!(words.contains("50000") && words.contains("maximum group member count"), "{words}");
    // The second generation takes 250,000.
    tenant.stored(change_members("g==", &["1==", "2=="], &[]));
    let count = tenant.read(|connection| {
        use samesign_tenant::directory::{groups, members};
        members::count(connection, &groups::find(connection, &team)?, None)
    });
    assert_eq!(count, 50_002);
    // A group that is too large already may become smaller.
    assert_eq!(first(change_members("g==", &[], &["0=="])).error_code, None);
}

// Covers: class.contact
#[test]
fn a_contact_has_what_was_sent_of_it() {
    let tenant = Tenant::new();
    let more = [
        ("givenName", text(" Eve ")),
        ("surname", text("Partner")),
        ("commonName", text("Eve P")),
        ("targetAddress", text("SMTP:eve@partner.example")),
        ("title", text("Buyer")),
        ("company", text("Partner")),
        ("telephoneNumber", text("+34 1")),
        ("city", text("Madrid")),
        ("manager", text("0==")),
    ];
    let id = tenant.stored(contact("c==", "eve@partner.example", &more));
    let eve = tenant.contact(&id);
    assert_eq!(
        (eve.display_name.as_str(), eve.mail.as_deref(), eve.synced),
        ("eve@partner.example", Some("eve@partner.example"), Some(true))
    );
    assert_eq!((eve.text("givenName"), eve.text("jobTitle"), eve.text("city")), (Some("Eve"), Some("Buyer"), Some("Madrid")));
    assert_eq!((eve.text("mailNickname"), eve.texts("businessPhones")), (Some("eve"), vec!["+34 1"]));
    assert_eq!(eve.addresses(), ["SMTP:eve@partner.example"]);
    // The alias is the common name where there is nothing else.
    let plain = object(ObjectType::Contact, SyncOperation::Add, "d==", &[("commonName", text("Plain one"))]);
    let plain = tenant.contact(&tenant.stored(plain));
    assert_eq!((plain.display_name.as_str(), plain.text("mailNickname")), ("Plain one", Some("Plainone")));
    // The manager comes later than the contact, and is found.
    let boss = tenant.stored(user("0==", "boss@contoso.example", &[]));
    let manager = tenant.read(|connection| samesign_tenant::directory::contacts::manager_of(connection, &eve));
    assert_eq!(manager.map(|manager| manager.id), Some(boss));
}

// Covers: flow.manager
#[test]
fn a_manager_who_is_not_there_yet_is_found_when_he_comes() {
    let tenant = Tenant::new();
    let id = tenant.stored(user("1==", "ana@contoso.example", &[("manager", text("2=="))]));
    assert_eq!(tenant.graph("GET", &format!("/users/{id}/manager"), None).0, 404);
    let boss = tenant.stored(user("2==", "boss@contoso.example", &[]));
    assert_eq!(tenant.get(&format!("/users/{id}/manager"))["id"], boss.as_str());
}

#[test]
fn the_feature_bits_are_read_and_set_one_by_one() {
    let tenant = Tenant::new();
    let always = features::ENABLE_SOFT_MATCH_ON_UPN | features::SYNCHRONIZE_UPN_FOR_MANAGED_USERS;
    let start = tenant.configuration().dirsync_features;
    assert_eq!(start, always | features::DUPLICATE_UPN_RESILIENCY | features::DUPLICATE_PROXY_ADDRESS_RESILIENCY);
    for bit in (0..21).map(|position| 1 << position) {
        tenant.features(bit);
        assert_eq!(tenant.configuration().dirsync_features, always | bit, "two of them are never taken back");
    }
}
