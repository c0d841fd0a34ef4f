//! Whole runs against a real tenant.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod world;

use samesign_agent::{AgentError, Approve, Mode, PlanFile, SyncOptions};
use samesign_engine::{Action, Adopt, Verdict};
use samesign_wire::provisioning::features::{DUPLICATE_PROXY_ADDRESS_RESILIENCY, DUPLICATE_UPN_RESILIENCY};
use world::{BASE, OFFICE, World, codes};

#[tokio::test]
async fn the_people_of_the_chosen_ou_appear_and_stay() {
    let mut world = World::new().await;
    world.hire("ana").set("department", "Sales").set("title", "Lead");
    world.hire("bob").set("displayName", "Bób & <Söhne> 🦀");
    world.hire("zoe").ou = format!("OU=Other,{BASE}");
    let first = world.sync().await;
    assert_eq!((first.count(Action::Create), first.changes(), first.synced), (2, 2, 2), "{first}");
    let users = world.users();
    assert_eq!(users.keys().collect::<Vec<_>>(), ["ana", "bob"]);
    let ana = &users["ana"];
    assert_eq!((&ana["department"], &ana["jobTitle"], &ana["mail"]), (&"Sales".into(), &"Lead".into(), &"ana@contoso.example".into()));
    assert_eq!(ana["onPremisesSyncEnabled"], true);
    assert_eq!(ana["onPremisesImmutableId"], "AQEBAQEBAQEBAQEBAQEBAQ==");
    assert_eq!(users["bob"]["displayName"], "Bób & <Söhne> 🦀");

    let second = world.sync().await;
    assert_eq!((second.changes(), second.synced), (0, 2), "{second}");

    world.person("ana").set("department", "Marketing");
    let third = world.sync().await;
    assert_eq!((third.count(Action::Update), third.changes()), (1, 1), "{third}");
    assert_eq!(world.users()["ana"]["department"], "Marketing");

    world.person("ana").attributes.remove("department");
    world.sync().await;
    assert!(world.users()["ana"]["department"].is_null(), "a value cleared in Active Directory is cleared in the tenant");
}

#[tokio::test]
async fn a_plan_says_what_a_sync_does_and_leaves_no_trace() {
    let mut world = World::new().await;
    world.hire("ana");
    world.hire("bob");
    let plan = world.plan().await;
    assert!(!world.state().exists(), "no state file is made");
    assert!(world.users().is_empty(), "nothing was sent");
    let planned: Vec<&str> = plan.plan.changes.iter().map(|change| &*change.upn).collect();
    assert_eq!(planned, ["ana@contoso.example", "bob@contoso.example"]);
    let done = world.sync().await;
    assert_eq!((done.count(Action::Create), world.synced()), (2, vec!["ana".to_owned(), "bob".to_owned()]));
    world.person("bob").set("title", "Boss");
    let state = std::fs::read(world.state()).unwrap();
    let plan = world.plan().await;
    assert_eq!(plan.plan.changes.iter().map(|change| &*change.upn).collect::<Vec<_>>(), ["bob@contoso.example"]);
    assert_eq!(state, std::fs::read(world.state()).unwrap(), "the state file is as it was");
}

// Covers: D7
#[tokio::test]
async fn an_existing_account_is_taken_over_only_when_a_person_approves() {
    let mut world = World::new().await;
    world.cloud_user("ana");
    world.hire("ana").set("mail", "ana@contoso.example").set("department", "Sales");
    world.hire("bob");
    let first = world.sync().await;
    assert_eq!((first.held, first.held_because.clone(), first.count(Action::Create)), (1, vec!["adoption"], 1), "{first}");
    assert_eq!(world.synced(), ["bob"]);
    let again = world.sync().await;
    assert_eq!(again.held, 1, "held until approved");
    assert_eq!(world.agent(Mode::Write).approve(&Approve::Run(again.run)).unwrap(), 1);
    let joined = world.sync().await;
    assert_eq!((joined.count(Action::Join), joined.held), (1, 0), "{joined}");
    assert_eq!(world.synced(), ["ana", "bob"]);
    let ana = &world.users()["ana"];
    assert_eq!(ana["department"], "Sales");
    assert!(!ana["assignedLicenses"].as_array().unwrap().is_empty(), "the licence stays");
    assert_eq!(world.sync().await.changes(), 0);
}

// Covers: D7
#[tokio::test]
async fn an_approval_does_not_fit_another_change() {
    let mut world = World::new().await;
    world.cloud_user("ana");
    world.hire("ana").set("mail", "ana@contoso.example");
    let held = world.sync().await;
    world.agent(Mode::Write).approve(&Approve::Run(held.run)).unwrap();
    world.person("ana").set("department", "Sales");
    let moved = world.sync().await;
    assert_eq!((moved.held, moved.changes(), moved.void_approvals.len()), (1, 0, 1), "{moved}");
}

// Covers: D1, D6
#[tokio::test]
async fn deletes_follow_evidence_and_the_guard_holds_too_many() {
    let mut world = World::new().await;
    world.hire_many(20);
    assert_eq!(world.sync().await.count(Action::Create), 20);
    world.people.remove("p000");
    let one = world.sync().await;
    assert_eq!((one.count(Action::Delete), one.held), (1, 0), "{one}");
    assert!(!world.users().contains_key("p000"));
    let leavers = ["p001", "p002", "p003"].map(|name| (name, world.people.remove(name).unwrap()));
    let held = world.sync().await;
    assert_eq!((held.changes(), held.held, held.held_because.clone()), (0, 3, vec!["too-many-deletes"]), "four within a day: {held}");
    assert_eq!(world.synced().len(), 19);
    world.agent(Mode::Write).approve(&Approve::Run(held.run)).unwrap();
    let done = world.sync().await;
    assert_eq!((done.count(Action::Delete), world.synced().len()), (3, 16), "{done}");
    for (name, person) in leavers {
        world.people.insert(name.to_owned(), person);
    }
    let back = world.sync().await;
    assert_eq!((back.count(Action::Restore), world.synced().len()), (3, 19), "who comes back is restored: {back}");
    assert_eq!(world.sync().await.changes(), 0);
}

// Covers: D10, delete.user
#[tokio::test]
async fn a_renamed_ou_changes_nobody_and_a_moved_user_leaves() {
    let mut world = World::new().await;
    world.hire("ana");
    world.hire("bob");
    world.sync().await;
    let renamed = format!("OU=Cloud,{BASE}");
    world.ous.insert([0xa0; 16], renamed.clone());
    world.people.values_mut().for_each(|person| person.ou.clone_from(&renamed));
    let report = world.sync().await;
    assert_eq!((report.count(Action::Update), report.changes(), world.synced().len()), (2, 2, 2), "{report}");
    assert_eq!(world.users()["ana"]["onPremisesDistinguishedName"], format!("CN=ana,{renamed}"));
    world.person("ana").ou = format!("OU=Other,{BASE}");
    let report = world.sync().await;
    assert_eq!((report.count(Action::Delete), world.synced()), (1, vec!["bob".to_owned()]), "{report}");
}

// Covers: D8, D10
#[tokio::test]
async fn a_change_of_scope_lets_only_creates_through() {
    let mut world = World::new().await;
    world.hire("ana");
    world.hire("zoe").ou = format!("OU=Other,{BASE}");
    world.sync().await;
    world.include = vec![format!("OU=Other,{BASE}")];
    let report = world.sync().await;
    assert_eq!((report.count(Action::Create), report.held), (1, 1), "{report}");
    assert!(report.held_because.contains(&"scope-changed"), "{report}");
    assert_eq!(world.synced(), ["ana", "zoe"]);
    world.agent(Mode::Write).approve(&Approve::Run(report.run)).unwrap();
    assert_eq!(world.sync().await.count(Action::Delete), 1);
    assert_eq!(world.synced(), ["zoe"]);
}

// Covers: D3
#[tokio::test]
async fn a_scope_that_reads_nothing_deletes_nobody() {
    let mut world = World::new().await;
    world.hire_many(3);
    world.sync().await;
    let people = std::mem::take(&mut world.people);
    let report = world.sync().await;
    assert_eq!((report.changes(), report.held), (0, 3), "{report}");
    assert!(report.held_because.contains(&"scope-empty"), "{report}");
    assert_eq!(world.sync().await.held, 3, "and not in the next run either");
    world.people = people;
    assert_eq!((world.sync().await.changes(), world.synced().len()), (0, 3));
}

// Covers: D4
#[tokio::test]
async fn an_attribute_that_nobody_can_read_any_more_changes_nothing() {
    let mut world = World::new().await;
    world.hire_many(8);
    world.people.values_mut().for_each(|person| {
        person.set("department", "Sales").set("title", "Clerk");
    });
    world.sync().await;
    let before = world.people.clone();
    for person in world.people.values_mut() {
        person.attributes.remove("department");
        person.set("title", "Head");
    }
    let report = world.sync().await;
    assert_eq!((report.changes(), report.held), (0, 8), "not even the titles: {report}");
    assert!(report.held_because.contains(&"rights-changed"), "{report}");
    world.person("p001").set("company", "Contoso");
    let again = world.sync().await;
    assert_eq!((again.changes(), again.held), (0, 8), "not in the next run either: {again}");
    assert!(again.held_because.contains(&"rights-changed"), "{again}");
    world.people = before;
    assert_eq!((world.sync().await.changes(), world.sync().await.held), (0, 0), "as before");
}

#[tokio::test]
async fn a_saved_plan_is_done_exactly_or_refused() {
    let mut world = World::new().await;
    world.hire("ana");
    world.hire("bob");
    let path = world.folder.path().join("plan.json");
    let plan = world.plan().await;
    assert_eq!(plan.plan.verdict, Verdict::Proceed);
    plan.write(&mut std::fs::File::create(&path).unwrap()).unwrap();
    world.person("bob").set("title", "Boss");
    let file = PlanFile::read(&path).unwrap();
    let refused = world.agent(Mode::Write).sync(SyncOptions { full: false, plan_file: Some(&file), confirm: &mut |_| true }).await;
    let AgentError::PlanMoved { difference } = refused.unwrap_err() else { panic!("another error") };
    assert!(difference.contains("create user bob@contoso.example"), "{difference}");
    assert!(world.synced().is_empty());
    world.person("bob").attributes.remove("title");
    world.hire("carl");
    let done = world.agent(Mode::Write).sync(SyncOptions { full: false, plan_file: Some(&file), confirm: &mut |_| true }).await.unwrap();
    assert_eq!((done.count(Action::Create), world.synced()), (2, vec!["ana".to_owned(), "bob".to_owned()]));
    assert_eq!(world.sync().await.count(Action::Create), 1, "what was not in the plan waited");
}

#[tokio::test]
async fn a_lost_state_file_is_rebuilt_from_the_tenant() {
    let mut world = World::new().await;
    world.hire("ana").set("department", "Sales");
    world.hire("bob");
    world.sync().await;
    std::fs::remove_file(world.state()).unwrap();
    let report = world.sync().await;
    assert_eq!((report.changes(), report.held, report.synced), (0, 0, 2), "{report}");
}

#[tokio::test]
async fn a_manager_follows_once_everybody_is_there() {
    let mut world = World::new().await;
    let dn = |name: &str| format!("CN={name},{OFFICE}");
    world.hire("ana").set("manager", &dn("bob"));
    world.hire("bob").set("manager", &dn("ana"));
    world.hire("carl").set("manager", &format!("CN=nobody,{BASE}"));
    let report = world.sync().await;
    assert_eq!((report.count(Action::Create), codes(&report).contains(&"tenant-refused")), (3, false), "{report}");
    assert_eq!(world.sync().await.changes(), 0, "the second pass is confirmed");
}

/// A reference to an account that waits for a person is left out, and goes with the account once that is released.
#[tokio::test]
async fn a_manager_who_is_taken_over_follows_with_the_approval() {
    let mut world = World::new().await;
    world.cloud_user("ana");
    world.hire("ana").set("mail", "ana@contoso.example");
    world.hire("bob").set("manager", &format!("CN=ana,{OFFICE}"));
    let held = world.sync().await;
    assert_eq!((held.count(Action::Create), held.held), (1, 1), "{held}");
    world.agent(Mode::Write).approve(&Approve::Run(held.run)).unwrap();
    let joined = world.sync().await;
    assert_eq!((joined.count(Action::Join), joined.count(Action::Update)), (1, 1), "{joined}");
    assert_eq!((world.sync().await.changes(), world.sync_full().await.changes()), (0, 0));
}

#[tokio::test]
async fn one_refused_object_does_not_stop_the_others() {
    let mut world = World::new().await;
    world.adopt = Adopt::Allow;
    world.hire("ana");
    world.hire("bob");
    world.sync().await;
    // A cloud user takes the address that Ana is about to get, after the plan was made: the service refuses, and says why.
    world.person("ana").set("userPrincipalName", "anna@contoso.example");
    world.person("bob").set("title", "Boss");
    let mut agent = world.agent(Mode::Write);
    let mut meddle = |_: &samesign_engine::Plan| {
        world.switch(DUPLICATE_UPN_RESILIENCY | DUPLICATE_PROXY_ADDRESS_RESILIENCY, false);
        world.cloud_user("anna");
        true
    };
    let report = agent.sync(SyncOptions { full: false, plan_file: None, confirm: &mut meddle }).await.unwrap();
    assert_eq!((report.refused, report.count(Action::Update)), (1, 1), "{report}");
    assert!(codes(&report).contains(&"tenant-value-not-unique"), "{report}");
    assert_eq!(world.users()["bob"]["jobTitle"], "Boss");
    drop(agent);
    assert!(world.agent(Mode::Read).status().unwrap().owed > 0, "what was refused is owed");
}

#[tokio::test]
async fn nothing_is_written_while_synchronization_is_not_on() {
    let mut world = World::new().await;
    world.hire("ana");
    world.admin.disable_sync().unwrap();
    let refused = world.try_sync().await.unwrap_err();
    assert!(matches!(refused, AgentError::SynchronizationNotOn { state: "off", .. }), "{refused}");
    let plan = world.plan().await;
    assert_eq!((plan.plan.changes.len(), plan.notes.len()), (1, 1), "one may look before it is on: {:?}", plan.notes);
    let check = world.agent(Mode::Read).check().await.unwrap();
    assert!(!check.is_ready(), "{check}");
    world.admin.enable_sync(std::time::Duration::from_secs(3600)).unwrap();
    let refused = world.try_sync().await.unwrap_err();
    assert!(matches!(refused, AgentError::SynchronizationNotOn { state: "enabling", .. }), "{refused}");
    assert!(world.users().is_empty());
}

#[tokio::test]
async fn an_export_with_a_broken_record_deletes_nobody() {
    let mut world = World::new().await;
    world.hire("ana");
    world.hire("bob");
    world.sync().await;
    world.people.remove("bob");
    world.hire("carl").ou = format!("{OFFICE}\nthis is not LDIF");
    let report = world.sync().await;
    assert_eq!((report.count(Action::Delete), report.complete), (0, false), "{report}");
    assert_eq!(world.synced().len(), 2, "{report}");
}

/// RFC 2849 asks for no empty line at the end; but whoever always writes one and does not now was cut off.
#[tokio::test]
async fn an_export_that_lacks_its_usual_end_deletes_nobody() {
    for (usually_closed, deleted) in [(true, 0), (false, 1)] {
        let mut world = World::new().await;
        world.closed = usually_closed;
        world.hire("ana");
        world.hire("bob");
        assert_eq!(world.sync().await.count(Action::Create), 2);
        world.people.remove("ana");
        world.closed = false;
        let report = world.sync().await;
        assert_eq!((report.count(Action::Delete), report.complete), (deleted, !usually_closed), "{report}");
    }
}
