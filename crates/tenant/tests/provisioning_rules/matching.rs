//! Which object of the tenant an object of Active Directory becomes (semantics of today's service).

use samesign_tenant::directory::groups;
use samesign_wire::provisioning::features as bits;
use serde_json::json;

use crate::tenant::{Tenant, contact, group, set, text, texts, user};

const OLD: i32 = bits::ENABLE_SOFT_MATCH_ON_UPN;
const TODAY: i32 = OLD | bits::DUPLICATE_UPN_RESILIENCY | bits::DUPLICATE_PROXY_ADDRESS_RESILIENCY;

fn anchored(tenant: &Tenant, upn: &str, anchor: &str) -> String {
    tenant.cloud_user(upn, &json!({ "onPremisesImmutableId": anchor }))
}

// Covers: match.hard, flow.sync-enabled
#[test]
fn an_object_with_the_same_anchor_is_taken_over() {
    let tenant = Tenant::new();
    let id = anchored(&tenant, "ana@contoso.example", "1==");
    assert_eq!(tenant.user(&id)["onPremisesSyncEnabled"], json!(null));
    assert_eq!(tenant.stored(user("1==", "ana.ruiz@contoso.example", &[])), id);
    let ana = tenant.user(&id);
    assert_eq!((&ana["userPrincipalName"], &ana["onPremisesSyncEnabled"]), (&json!("ana.ruiz@contoso.example"), &json!(true)));
}

// Covers: match.hard-blocked, error.invalid-hard-match
#[test]
fn the_switch_that_blocks_hard_matches_refuses_them_and_leaves_the_user_alone() {
    let tenant = Tenant::new();
    let id = anchored(&tenant, "ana@contoso.example", "1==");
    tenant.features(TODAY | bits::BLOCK_HARD_MATCH_TAKEOVER);
    let (code, words) = tenant.refused(user("1==", "ana@contoso.example", &[("title", text("Boss"))]));
    assert_eq!(code, "InvalidHardMatch");
    assert!(words.contains("ana@contoso.example") && words.contains("BlockCloudObjectTakeoverThroughHardMatch"), "{words}");
    assert_eq!((&tenant.user(&id)["onPremisesSyncEnabled"], &tenant.user(&id)["jobTitle"]), (&json!(null), &json!(null)));
    // Whoever is synchronized already goes on.
    tenant.features(TODAY);
    tenant.stored(user("1==", "ana@contoso.example", &[]));
    tenant.features(TODAY | bits::BLOCK_HARD_MATCH_TAKEOVER);
    tenant.stored(user("1==", "ana@contoso.example", &[("title", text("Boss"))]));
}

// Covers: match.hard-role, error.hard-match-hardening
#[test]
fn a_role_holder_is_not_taken_over_by_anchor_but_one_who_is_synchronized_may_get_a_role() {
    let tenant = Tenant::new();
    let boss = anchored(&tenant, "boss@contoso.example", "1==");
    tenant.make_administrator(&boss);
    let (code, words) = tenant.refused(user("1==", "boss@contoso.example", &[]));
    assert_eq!(code, "InvalidHardMatch");
    assert!(words.contains("security hardening") && words.contains("administrator role"), "{words}");
    tenant.remove_administrator(&boss);
    assert_eq!(tenant.stored(user("1==", "boss@contoso.example", &[])), boss);
    tenant.make_administrator(&boss);
    tenant.stored(set("1==", &[("title", text("Boss"))]));
}

// Covers: match.hard-other-object, flow.object-identifier
#[test]
fn who_belongs_to_one_object_of_active_directory_is_not_taken_over_by_another() {
    let tenant = Tenant::new();
    let mine = [("onPremisesObjectIdentifier", text("11111111-1111-1111-1111-111111111111"))];
    let other = [("onPremisesObjectIdentifier", text("22222222-2222-2222-2222-222222222222"))];
    let id = tenant.stored(user("1==", "ana@contoso.example", &mine));
    for attempt in [user("1==", "ana@contoso.example", &other), set("1==", &other)] {
        let (code, words) = tenant.refused(attempt);
        assert_eq!(code, "InvalidHardMatch");
        assert!(words.contains("11111111-1111-1111-1111-111111111111") && words.contains("mapped"), "{words}");
    }
    tenant.stored(set("1==", &[mine[0].clone(), ("title", text("Boss"))]));
    // An administrator clears the mapping: the recovery that the service offers.
    tenant.write(|connection| samesign_tenant::provisioning::clear_object_identifier(connection, &id));
    tenant.stored(user("1==", "ana@contoso.example", &other));
    assert_eq!(tenant.refused(set("1==", &mine)).0, "InvalidHardMatch");
}

// Covers: match.soft-smtp, match.soft-stamps
#[test]
fn the_primary_address_matches_and_stamps_the_anchor() {
    let tenant = Tenant::new();
    tenant.features(TODAY);
    let id = tenant.cloud_mail_user("ana@contoso.example", "ruiz@contoso.example");
    let listed = texts(&["smtp:other@contoso.example", "SMTP:Ruiz@Contoso.Example"]);
    let sent = user("1==", "somebody@contoso.example", &[("proxyAddresses", listed)]);
    assert_eq!(tenant.stored(sent), id);
    assert_eq!(tenant.user(&id)["onPremisesImmutableId"], "1==");
    // From now on the anchor leads here, whatever the address becomes.
    assert_eq!(tenant.stored(user("1==", "somebody@contoso.example", &[("mail", text("new@contoso.example"))])), id);
}

#[test]
fn a_secondary_address_that_is_sent_matches_nobody() {
    let tenant = Tenant::new();
    let id = tenant.cloud_mail_user("ana@contoso.example", "ruiz@contoso.example");
    let sent = user("1==", "somebody@contoso.example", &[("proxyAddresses", texts(&["smtp:ruiz@contoso.example"]))]);
    let result = tenant.send_one(sent);
    assert_ne!(crate::tenant::id_of(&result), id);
    assert_eq!(tenant.parked(&crate::tenant::id_of(&result)), ["ProxyAddresses smtp:ruiz@contoso.example"]);
}

// Covers: match.soft-upn, match.soft-order
#[test]
fn the_upn_matches_where_the_address_does_not_and_one_of_them_is_enough() {
    let tenant = Tenant::new();
    let by_upn = tenant.cloud_user("ana@contoso.example", &json!({}));
    let by_address = tenant.cloud_mail_user("sales@contoso.example", "ruiz@contoso.example");
    let both = user("1==", "ana@contoso.example", &[("mail", text("ruiz@contoso.example"))]);
    assert_eq!(crate::tenant::id_of(&tenant.send_one(both)), by_address, "the address goes before");
    let tenant = Tenant::new();
    let _ = by_upn;
    let by_upn = tenant.cloud_user("ana@contoso.example", &json!({}));
    assert_eq!(tenant.stored(user("2==", "ANA@contoso.example", &[("mail", text("free@contoso.example"))])), by_upn);
}

// Covers: match.soft-blocked
#[test]
fn the_switch_that_blocks_soft_matches_leaves_everybody_unmatched() {
    let tenant = Tenant::new();
    let ana = tenant.cloud_mail_user("ana@contoso.example", "ana@contoso.example");
    tenant.features(TODAY | bits::BLOCK_SOFT_MATCH);
    let result = tenant.send_one(user("1==", "ana@contoso.example", &[("mail", text("ana@contoso.example"))]));
    let other = crate::tenant::id_of(&result);
    assert_ne!(other, ana);
    assert_eq!(tenant.parked(&other), ["ProxyAddresses SMTP:ana@contoso.example", "UserPrincipalName ana@contoso.example"]);
    tenant.features(OLD | bits::BLOCK_SOFT_MATCH);
    assert_eq!(tenant.refused(user("2==", "ana@contoso.example", &[])).0, "AttributeValueMustBeUnique");
    // A hard match is another matter.
    tenant.change("PATCH", &format!("/users/{ana}"), &json!({"onPremisesImmutableId": "3=="}));
    assert_eq!(tenant.stored(user("3==", "ana@contoso.example", &[("mail", text("ana@contoso.example"))])), ana);
}

// Covers: match.soft-other-anchor, error.invalid-soft-match
#[test]
fn an_object_with_another_anchor_is_not_matched() {
    let tenant = Tenant::new();
    tenant.stored(user("1==", "ana@contoso.example", &[("mail", text("ana@contoso.example"))]));
    let again = || user("2==", "ana2@contoso.example", &[("mail", text("ana@contoso.example"))]);
    tenant.features(OLD);
    let (code, words) = tenant.refused(again());
    assert_eq!(code, "InvalidSoftMatch");
    assert!(words.contains("ana@contoso.example"), "{words}");
    tenant.features(TODAY);
    let words = tenant.altered(again());
    assert!(words.contains("SMTP:ana@contoso.example"), "{words}");
    // A user of the cloud whom somebody gave an anchor is another's too.
    anchored(&tenant, "bob@contoso.example", "3==");
    tenant.features(OLD);
    assert_eq!(tenant.refused(user("4==", "bob@contoso.example", &[])).0, "InvalidSoftMatch");
}

// Covers: match.soft-role, error.admin-conflict
#[test]
fn a_role_holder_is_never_matched_and_a_new_object_is_made_beside() {
    let tenant = Tenant::new();
    let boss = tenant.cloud_mail_user("boss@contoso.example", "boss@contoso.example");
    tenant.make_administrator(&boss);
    let result = tenant.send_one(user("1==", "boss@contoso.example", &[("mail", text("boss@contoso.example"))]));
    let (twin, words) = (crate::tenant::id_of(&result), result.error_description.unwrap());
    assert_ne!(twin, boss);
    assert!(words.contains("Existing Admin Role Conflict") && words.contains("boss@contoso.example"), "{words}");
    assert_eq!(tenant.parked(&twin), ["ProxyAddresses SMTP:boss@contoso.example", "UserPrincipalName boss@contoso.example"]);
    assert_eq!(tenant.user(&boss)["onPremisesSyncEnabled"], json!(null));
    tenant.features(OLD);
    assert_eq!(tenant.refused(user("2==", "boss@contoso.example", &[])).0, "ExistingAdminRoleConflict");
    // The way out that the service documents: no role, no twin, synchronize again.
    tenant.features(TODAY);
    tenant.remove_administrator(&boss);
    tenant.change("DELETE", &format!("/users/{twin}"), &json!(null));
    tenant.change("DELETE", &format!("/directory/deletedItems/{twin}"), &json!(null));
    assert_eq!(tenant.stored(user("1==", "boss@contoso.example", &[("mail", text("boss@contoso.example"))])), boss);
}

// Covers: match.soft-other-class, error.object-type-mismatch
#[test]
fn the_address_of_an_object_of_another_class_is_a_mismatch() {
    let tenant = Tenant::new();
    tenant.stored(contact("c==", "sales@contoso.example", &[]));
    tenant.stored(group("g==", "Team", &[("proxyAddresses", texts(&["SMTP:team@contoso.example"]))]));
    for (sent, class) in [
        (user("1==", "one@contoso.example", &[("mail", text("sales@contoso.example"))]), "contact"),
        (user("2==", "two@contoso.example", &[("proxyAddresses", texts(&["SMTP:team@contoso.example"]))]), "group"),
        (group("3==", "Sales", &[("proxyAddresses", texts(&["SMTP:sales@contoso.example"]))]), "contact"),
    ] {
        let (code, words) = tenant.refused(sent);
        assert_eq!(code, "ObjectTypeMismatch");
        assert!(words.contains(class), "{words}");
    }
    // An anchor that an object of another class has is no match either.
    assert_eq!(tenant.refused(user("g==", "three@contoso.example", &[])).0, "ObjectTypeMismatch");
}

// Covers: match.soft-federated
#[test]
fn a_user_of_a_federated_domain_is_not_matched_by_upn() {
    let tenant = Tenant::new();
    tenant.verify_domain("fed.example");
    let ana = tenant.cloud_user("ana@fed.example", &json!({}));
    tenant.federate("fed.example");
    let result = tenant.send_one(user("1==", "ana@fed.example", &[]));
    let other = crate::tenant::id_of(&result);
    assert_ne!(other, ana);
    assert_eq!(tenant.parked(&other), ["UserPrincipalName ana@fed.example"]);
    assert_eq!(tenant.user(&ana)["onPremisesSyncEnabled"], json!(null));
    // By address they match as ever.
    let bob = tenant.cloud_mail_user("bob@contoso.example", "bob@fed.example");
    assert_eq!(tenant.stored(user("2==", "bob2@fed.example", &[("mail", text("bob@fed.example"))])), bob);
}

// Covers: match.only-new
#[test]
fn who_is_synchronized_is_never_matched_again() {
    let tenant = Tenant::new();
    tenant.stored(user("1==", "ana@contoso.example", &[]));
    let cloud = tenant.cloud_mail_user("bob@contoso.example", "bob@contoso.example");
    let words = tenant.altered(set("1==", &[("mail", text("bob@contoso.example"))]));
    assert!(words.contains(&cloud), "the words name who holds it: {words}");
    tenant.features(OLD);
    let clash = [("proxyAddresses", texts(&["SMTP:bob@contoso.example"]))];
    assert_eq!(tenant.refused(set("1==", &clash)).0, "AttributeValueMustBeUnique");
    assert_eq!(tenant.user(&cloud)["onPremisesSyncEnabled"], json!(null));
}

// Covers: match.create
#[test]
fn who_meets_nobody_is_created() {
    let tenant = Tenant::new();
    let id = tenant.stored(user("1==", "ana@contoso.example", &[("mail", text("ana@contoso.example"))]));
    let ana = tenant.user(&id);
    assert_eq!((&ana["onPremisesImmutableId"], &ana["mail"]), (&json!("1=="), &json!("ana@contoso.example")));
}

fn cloud_group(tenant: &Tenant, name: &str) -> String {
    // In the cloud only Microsoft 365 groups get addresses; what Exchange makes is no group of Graph, so it is made in the store.
    tenant.write(|connection| {
        let mut new = groups::blank(0)?;
        new.display_name = name.to_owned();
        new.mail = Some(format!("{name}@contoso.example"));
        new.mail_enabled = true;
        new.set("proxyAddresses", Some(json!([format!("SMTP:{name}@contoso.example")])));
        Ok(groups::insert(connection, new)?.id)
    })
}

// Covers: match.group, match.group-without-mail
#[test]
fn groups_are_matched_by_their_addresses_alone() {
    let tenant = Tenant::new();
    let team = cloud_group(&tenant, "team");
    let by_name = tenant.stored(group("1==", "team", &[]));
    assert_ne!(by_name, team, "a group without addresses is never matched");
    let by_mail = crate::tenant::id_of(&tenant.send_one(group("2==", "Team", &[("mail", text("team@contoso.example"))])));
    assert_ne!(by_mail, team, "mail alone matches no group");
    let sent = group("3==", "Team", &[("proxyAddresses", texts(&["SMTP:Team@contoso.example"]))]);
    assert_eq!(tenant.stored(sent), team);
    let taken = tenant.group(&team);
    assert_eq!((taken.anchor.as_deref(), taken.synced), (Some("3=="), Some(true)));
}

// Covers: match.contact
#[test]
fn contacts_are_matched_by_their_addresses_alone() {
    let tenant = Tenant::new();
    let held = tenant.write(|connection| {
        use samesign_tenant::directory::contacts;
        let mut new = contacts::blank(0)?;
        new.display_name = "Sales".to_owned();
        new.mail = Some("sales@partner.example".to_owned());
        new.set("proxyAddresses", Some(json!(["SMTP:sales@partner.example"])));
        Ok(contacts::insert(connection, new)?.id)
    });
    let by_mail = crate::tenant::id_of(&tenant.send_one(contact("1==", "sales@partner.example", &[])));
    assert_ne!(by_mail, held);
    let listed = [("proxyAddresses", texts(&["SMTP:sales@partner.example"]))];
    assert_eq!(tenant.stored(contact("2==", "sales@partner.example", &listed)), held);
}
