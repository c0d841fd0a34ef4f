//! What the service refuses, and what it takes but keeps aside, against a real tenant.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod world;

use std::rc::Rc;

use samesign_agent::{AgentError, Mode, RunReport, SyncOptions};
use samesign_engine::{Action, Adopt, MatchPolicy, Plan};
use samesign_tenant::admin::NewAccount;
use samesign_wire::provisioning::features::{BLOCK_HARD_MATCH_TAKEOVER, DUPLICATE_PROXY_ADDRESS_RESILIENCY, DUPLICATE_UPN_RESILIENCY};
use world::groups::dn;
use world::{Later, World, codes};

const RESILIENCY: i32 = DUPLICATE_UPN_RESILIENCY | DUPLICATE_PROXY_ADDRESS_RESILIENCY;

/// A run during which something happens in the tenant after the plan was made.
async fn sync_and(world: &World, seconds_later: i64, full: bool, mut meddle: impl FnMut(&World)) -> Result<RunReport, AgentError> {
    let mut agent = world.agent(Mode::Write).with_clock(Rc::new(Later(seconds_later)));
    let mut meddle = |_: &Plan| {
        meddle(world);
        true
    };
    agent.sync(SyncOptions { full, plan_file: None, confirm: &mut meddle }).await
}

fn finding<'r>(report: &'r RunReport, code: &str) -> &'r serde_json::Value {
    let found = report.findings.iter().find(|finding| finding.code() == code);
    &found.unwrap_or_else(|| panic!("no {code}: {:?}", codes(report))).finding
}

/// Somebody else gets an address between the plan and the request: the service stores the rest, and keeps the address aside.
// Covers: park.success, park.shown, park.released, error.quarantined
#[tokio::test]
async fn a_value_that_the_service_parks_stays_a_finding_until_it_is_free_and_is_not_sent_again() {
    let mut world = World::new().await;
    world.hire("ana");
    world.hire("bob");
    world.sync().await;
    world.person("ana").set("proxyAddresses", "smtp:sales@contoso.example");
    let first = sync_and(&world, 0, false, |world| {
        let account = NewAccount {
            upn: "team@contoso.example".to_owned(),
            display_name: "Team".to_owned(),
            mail: Some("sales@contoso.example".to_owned()),
            licence: Some("ENTERPRISEPACK".to_owned()),
            usage_location: Some("DE".to_owned()),
            ..NewAccount::default()
        };
        world.admin.add_user(&account).unwrap();
    })
    .await
    .unwrap();
    assert_eq!((first.refused, first.count(Action::Update)), (0, 1), "{first}");
    assert!(codes(&first).contains(&"value-parked"), "the service says so at once: {:?}", codes(&first));
    for _ in 0..2 {
        let again = world.sync().await;
        assert_eq!((again.changes(), again.refused), (0, 0), "it was sent: {again}");
        let parked = finding(&again, "value-parked");
        assert_eq!(parked["objects"], serde_json::json!([dn("ana"), "team@contoso.example"]), "both owners: {parked}");
        assert_eq!(parked["attribute"], "proxyAddresses");
        assert!(parked["value"].as_str().unwrap().ends_with("sales@contoso.example"), "{parked}");
    }
    // The other one goes: the service gives the value by itself.
    world.remove_cloud_user("team@contoso.example");
    world.release_parked();
    let after = world.sync().await;
    assert_eq!((after.changes(), codes(&after).contains(&"value-parked")), (0, false), "{after}: {:?}", codes(&after));
    let addresses = world.users()["ana"]["proxyAddresses"].to_string();
    assert!(addresses.contains("sales@contoso.example"), "{addresses}");
}

// Covers: error.must-be-unique
#[tokio::test]
async fn what_the_service_refuses_is_named_with_its_mend() {
    let mut world = World::new().await;
    world.switch(RESILIENCY, false);
    world.hire("ana");
    world.hire("bob");
    world.sync().await;
    world.person("ana").set("proxyAddresses", "smtp:sales@contoso.example");
    world.person("bob").set("title", "Boss");
    let report = sync_and(&world, 0, false, |world| world.cloud_user("sales")).await.unwrap();
    assert_eq!((report.refused, report.count(Action::Update)), (1, 1), "{report}");
    let refused = finding(&report, "tenant-value-not-unique");
    assert_eq!(refused["objects"], serde_json::json!([dn("ana")]));
    // Tried again while it is owed; once it is free, it goes.
    world.remove_cloud_user("sales@contoso.example");
    let mended = world.sync().await;
    assert_eq!((mended.count(Action::Update), codes(&mended).contains(&"tenant-value-not-unique")), (1, false), "{mended}");
}

/// Nobody hammers at somebody else's account.
// Covers: error.invalid-hard-match
#[tokio::test]
async fn a_take_over_that_the_service_blocks_is_tried_once_a_day() {
    let mut world = World::new().await;
    (world.adopt, world.matching) = (Adopt::Allow, MatchPolicy::Entra);
    world.hire("ana").set("mail", "ana@contoso.example");
    world.hire("bob");
    // The anchor is set on the cloud user by hand; that the tenant blocks take-overs becomes known after the plan.
    world.cloud_user("ana");
    let anchor = world.anchors(&["ana"]).pop_first().unwrap();
    world.set_anchor("ana@contoso.example", &anchor);
    let first = sync_and(&world, 0, false, |world| world.switch(BLOCK_HARD_MATCH_TAKEOVER, true)).await.unwrap();
    assert_eq!((first.refused, first.count(Action::Create)), (1, 1), "{first}");
    assert!(codes(&first).contains(&"tenant-hard-match-blocked"), "{:?}", codes(&first));
    world.switch(BLOCK_HARD_MATCH_TAKEOVER, false);
    let attempts = |run: &RunReport| {
        let detail = world.agent(Mode::Read).run_detail(run.run).unwrap().unwrap();
        detail.writes.len()
    };
    let soon = sync_and(&world, 60 * 60, false, |_| ()).await.unwrap();
    assert_eq!((attempts(&soon), soon.refused), (0, 1), "{soon}");
    assert!(codes(&soon).contains(&"tenant-hard-match-blocked"), "it stays open: {:?}", codes(&soon));
    let later = sync_and(&world, 25 * 60 * 60, false, |_| ()).await.unwrap();
    assert_eq!((attempts(&later), later.count(Action::Join)), (1, 1), "{later}");
    assert!(!codes(&later).contains(&"tenant-hard-match-blocked"), "{:?}", codes(&later));
}

#[tokio::test]
async fn a_person_who_insists_does_not_wait_a_day() {
    let mut world = World::new().await;
    (world.adopt, world.matching) = (Adopt::Allow, MatchPolicy::Entra);
    world.hire("ana").set("mail", "ana@contoso.example");
    world.cloud_user("ana");
    let anchor = world.anchors(&["ana"]).pop_first().unwrap();
    world.set_anchor("ana@contoso.example", &anchor);
    let first = sync_and(&world, 0, false, |world| world.switch(BLOCK_HARD_MATCH_TAKEOVER, true)).await.unwrap();
    assert_eq!(first.refused, 1, "{first}");
    world.switch(BLOCK_HARD_MATCH_TAKEOVER, false);
    assert_eq!(sync_and(&world, 60, true, |_| ()).await.unwrap().count(Action::Join), 1);
}

// Covers: D11
#[tokio::test]
async fn who_holds_an_admin_role_is_neither_deleted_nor_disabled_nor_renamed() {
    let mut world = World::new().await;
    world.hire("ana");
    world.hire("bob");
    world.sync().await;
    world.give_role("ana@contoso.example");
    world.person("ana").set("userAccountControl", "514").set("title", "Boss");
    let disabled = world.sync().await;
    assert_eq!(disabled.count(Action::Update), 1, "the title still flows: {disabled}");
    assert!(codes(&disabled).contains(&"privileged-protected"), "{:?}", codes(&disabled));
    let ana = &world.users()["ana"];
    assert_eq!((&ana["accountEnabled"], &ana["jobTitle"]), (&true.into(), &"Boss".into()));
    world.people.remove("ana");
    let gone = world.sync().await;
    assert_eq!((gone.changes(), world.synced()), (0, vec!["ana".to_owned(), "bob".to_owned()]), "{gone}");
    assert!(codes(&gone).contains(&"privileged-protected"), "{:?}", codes(&gone));
    assert_eq!(world.sync().await.changes(), 0, "nor in the next run");
}

// Covers: D3
#[tokio::test]
async fn an_export_without_any_object_deletes_nobody() {
    let mut world = World::new().await;
    world.hire("ana");
    world.sync().await;
    let (people, ous) = (std::mem::take(&mut world.people), std::mem::take(&mut world.ous));
    let report = world.sync().await;
    assert_eq!((report.changes(), world.synced().len()), (0, 1), "{report}");
    assert!(report.is_held(), "{report}");
    (world.people, world.ous) = (people, ous);
    assert_eq!((world.sync().await.changes(), world.synced().len()), (0, 1));
}

/// Tombstones live for 60 days at least.
#[tokio::test]
async fn after_too_long_a_pause_nobody_is_deleted_without_a_look() {
    let mut world = World::new().await;
    world.hire_many(3);
    world.sync().await;
    world.people.remove("p001");
    let day = 24 * 60 * 60;
    let late = sync_and(&world, 54 * day, false, |_| ()).await.unwrap();
    assert_eq!((late.changes(), late.held), (0, 1), "{late}");
    assert!(late.held_because.contains(&"no-tombstone"), "{late}");
    let again = sync_and(&world, 54 * day + 60, false, |_| ()).await.unwrap();
    assert_eq!((again.changes(), again.held), (0, 1), "not in the next run either: {again}");
    let mut agent = world.agent(Mode::Write).with_clock(Rc::new(Later(54 * day + 120)));
    agent.approve(&samesign_agent::Approve::Run(again.run)).unwrap();
    drop(agent);
    assert_eq!(sync_and(&world, 54 * day + 180, false, |_| ()).await.unwrap().count(Action::Delete), 1);
    world.people.remove("p002");
    assert_eq!(sync_and(&world, 54 * day + 240, false, |_| ()).await.unwrap().count(Action::Delete), 1, "as always from now on");
}

/// What it would do must be looked at: much can have happened since the file was lost.
// Covers: D17
#[tokio::test]
async fn the_first_run_with_a_lost_state_file_only_rehearses() {
    let mut world = World::new().await;
    world.hire_many(3);
    world.group("all").admit([dn("p000"), dn("p001")]);
    world.sync().await;
    std::fs::remove_file(world.state()).unwrap();
    world.person("p000").set("title", "Boss");
    world.hire("dan");
    world.people.remove("p002");
    let rehearsal = world.sync().await;
    assert_eq!((rehearsal.changes(), rehearsal.synced), (0, 4), "{rehearsal}");
    assert!(rehearsal.held_because.contains(&"staging") && rehearsal.held >= 2, "{rehearsal}");
    let next = world.sync().await;
    assert_eq!((next.count(Action::Create), next.count(Action::Update)), (1, 1), "{next}");
    assert_eq!(world.cloud_members("all"), world.anchors(&["p000", "p001"]));
}
