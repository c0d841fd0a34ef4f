//! Taking runs back, against a real tenant.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod world;

use samesign_agent::{AgentError, Approve, Mode, RunReport};
use samesign_engine::{Action, Adopt, AnchorAttribute, Kind, Rules};
use serde_json::Value;
use world::groups::dn;
use world::{Later, World};

async fn try_undo(world: &World, run: i64) -> Result<RunReport, AgentError> {
    world.agent(Mode::Write).undo(run, &mut |_| true).await
}

async fn undo(world: &World, run: i64) -> RunReport {
    match try_undo(world, run).await {
        Ok(report) => report,
        Err(error) => panic!("{}", samesign_agent::chain(&error)),
    }
}

/// What the tenant shows of everybody, without what every write moves.
fn shown(world: &World) -> Vec<(String, Value)> {
    let shown = |user: Value| {
        let names = ["id", "displayName", "department", "jobTitle", "userPrincipalName", "mail", "accountEnabled", "proxyAddresses"];
        names.iter().map(|name| (*name, user[*name].clone())).collect()
    };
    world.users().into_iter().map(|(name, user)| (name, shown(user))).collect()
}

/// Twenty people who are in sync, and one account that only the cloud has.
async fn office() -> World {
    let mut world = World::new().await;
    world.adopt = Adopt::Allow;
    world.guard.deletes_percent_max = 90;
    world.hire_many(20);
    world.person("p004").set("department", "Sales").set("title", "Lead");
    world.sync().await;
    world.cloud_user("zoe");
    world.sync().await;
    world
}

/// A run that deletes 3, creates 2, updates 4 (one of them disabled, one cleared) and joins 1.
async fn mistake(world: &mut World) -> RunReport {
    for name in ["p000", "p001", "p002"] {
        world.people.remove(name);
    }
    world.hire("newa").guid = [0xe0; 16];
    world.hire("newb").guid = [0xe1; 16];
    let zoe = world.hire("zoe");
    zoe.guid = [0xe2; 16];
    zoe.set("displayName", "Zoe of Contoso").set("mail", "zoe@contoso.example").set("department", "Law");
    world.person("p003").set("displayName", "Pat");
    world.person("p004").set("department", "Marketing").attributes.remove("title");
    world.person("p005").set("userAccountControl", "514");
    world.person("p006").set("title", "Boss");
    let report = world.sync().await;
    let counts = [Action::Delete, Action::Create, Action::Update, Action::Join].map(|action| report.count(action));
    assert_eq!(counts, [3, 2, 4, 1], "{report}");
    report
}

#[tokio::test]
async fn a_run_is_taken_back_and_what_was_taken_back_waits_for_a_person() {
    let mut world = office().await;
    let before = shown(&world);
    let run = mistake(&mut world).await;
    let undone = undo(&world, run.run).await;
    let counts = [Action::Restore, Action::Delete, Action::Update].map(|action| undone.count(action));
    assert_eq!((counts, undone.undoes, undone.refused), ([3, 2, 5], Some(run.run), 0), "{undone}");
    assert_eq!(shown(&world), before, "everybody is as before, with the same id");
    assert_eq!(world.users()["zoe"]["onPremisesSyncEnabled"], true, "a join stays");
    assert!(undone.notes.iter().any(|note| note.contains("zoe@contoso.example") && note.contains("stays linked")), "{undone}");

    let again = world.sync().await;
    assert_eq!((again.changes(), again.held, &again.held_because[..]), (0, 10, &["undone"][..]), "{again}");
    assert_eq!(shown(&world), before, "nothing of it is sent again");
    let full = world.sync_full().await;
    assert_eq!((full.changes(), full.held), (0, 10), "a run over everything sends nothing of it either: {full}");

    // Another change of somebody else goes on.
    world.person("p010").set("department", "Law");
    let other = world.sync().await;
    assert_eq!((other.changes(), other.held), (1, 10), "{other}");
    world.agent(Mode::Write).approve(&Approve::Run(other.run)).unwrap();
    let released = world.sync().await;
    assert_eq!((released.changes(), released.is_held()), (10, false), "{released}");
    let quiet = world.sync().await;
    assert_eq!((quiet.changes(), quiet.is_held()), (0, false), "{quiet}");
    world.person("p003").set("displayName", "Patricia");
    assert!(!world.sync().await.is_held(), "what was approved once is not asked for again");
}

#[tokio::test]
async fn taking_back_twice_says_so_and_taking_the_taking_back_back_does_the_run_again() {
    let mut world = office().await;
    let run = mistake(&mut world).await;
    let after = shown(&world);
    let first = undo(&world, run.run).await;
    let error = try_undo(&world, run.run).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("run {} was taken back by run {} already", run.run, first.run)), "{error}");
    let second = undo(&world, first.run).await;
    assert_eq!(second.undoes, Some(first.run), "{second}");
    assert_eq!(shown(&world), after);
    let quiet = world.sync().await;
    assert_eq!((quiet.changes(), quiet.is_held()), (0, false), "Active Directory wants it so: {quiet}");
}

#[tokio::test]
async fn what_changed_since_is_left_alone_and_named() {
    let mut world = office().await;
    let run = mistake(&mut world).await;
    world.person("p003").set("displayName", "Patricia");
    world.person("p004").set("title", "Head");
    world.person("newa").set("title", "Trainee");
    world.sync().await;
    let undone = undo(&world, run.run).await;
    let left = |name: &str| undone.notes.iter().find(|note| note.contains(name)).unwrap_or_else(|| panic!("{name}: {undone}"));
    assert!(left("p003@").contains("changed since (displayName)"), "{undone}");
    assert!(left("p004@").contains("changed since (title)"), "{undone}");
    assert!(left("newa@").contains("changed it since"), "{undone}");
    assert_eq!((undone.count(Action::Restore), undone.count(Action::Delete), undone.count(Action::Update)), (3, 1, 3), "{undone}");
    let users = world.users();
    assert_eq!((&users["p003"]["displayName"], &users["p004"]["department"]), (&"Patricia".into(), &"Marketing".into()));
    assert_eq!(users["newa"]["jobTitle"], "Trainee");
    assert!(users["p006"]["jobTitle"].is_null(), "what nobody touched since has its value back");
}

#[tokio::test]
async fn a_run_that_is_not_there_or_did_nothing_cannot_be_taken_back() {
    let world = office().await;
    assert!(matches!(try_undo(&world, 99).await, Err(AgentError::NoSuchRun(99))));
    let quiet = world.sync().await;
    let error = try_undo(&world, quiet.run).await.unwrap_err();
    assert!(matches!(error, AgentError::NothingToUndo { .. }), "{error}");
    let runs = world.reader().runs().unwrap();
    assert_eq!(runs[0].state, "failed", "that it was tried is on record");
}

// Covers: D6, D7
#[tokio::test]
async fn the_guard_holds_an_undo_that_would_do_mass_harm_until_it_is_approved() {
    let mut world = World::new().await;
    world.hire_many(20);
    let first = world.sync().await;
    let held = undo(&world, first.run).await;
    assert_eq!((held.changes(), held.held, &held.held_because[..]), (0, 20, &["too-many-deletes"][..]), "{held}");
    assert!(held.to_string().contains(&format!("samesign undo {}` again", first.run)), "{held}");
    assert_eq!(world.synced().len(), 20);
    let sync = world.sync().await;
    assert_eq!((sync.changes(), sync.is_held()), (0, false), "nothing was taken back yet, so nothing waits: {sync}");
    assert_eq!(world.agent(Mode::Write).approve(&Approve::Run(held.run)).unwrap(), 20);
    let sync = world.sync().await;
    assert!(sync.void_approvals.is_empty(), "a sync has nothing to do with the approval of an undo: {sync}");
    let done = undo(&world, first.run).await;
    assert_eq!((done.count(Action::Delete), done.is_held()), (20, false), "{done}");
    assert!(world.synced().is_empty());
    assert_eq!(world.sync().await.held_because, ["undone"], "and the accounts do not come back by themselves");
}

// Covers: D11
#[tokio::test]
async fn whoever_became_an_administrator_since_is_not_deleted() {
    let mut world = office().await;
    let run = mistake(&mut world).await;
    let tenant = rusqlite::Connection::open(world.data().join("tenant.db")).unwrap();
    let grant = "INSERT INTO role_assignment (user, role)
                 SELECT number, '62e90394-69f5-4237-9190-012177145e10' FROM user WHERE display_name = 'newa of Contoso'";
    assert_eq!(tenant.execute(grant, []).unwrap(), 1, "she becomes a global administrator");
    let undone = undo(&world, run.run).await;
    assert_eq!(undone.count(Action::Delete), 1, "{undone}");
    assert!(undone.notes.iter().any(|note| note.contains("newa@") && note.contains("admin role")), "{undone}");
    assert!(world.synced().contains(&"newa".to_owned()));
}

#[tokio::test]
async fn saying_no_leaves_no_trace() {
    let mut world = office().await;
    let run = mistake(&mut world).await;
    let after = shown(&world);
    let error = world.agent(Mode::Write).undo(run.run, &mut |_| false).await.unwrap_err();
    assert!(matches!(error, AgentError::Declined), "{error}");
    assert_eq!(shown(&world), after);
    assert_eq!(world.reader().status().unwrap().undone, 0);
    assert_eq!(undo(&world, run.run).await.changes(), 10, "it can still be taken back");
}

#[tokio::test]
async fn a_group_gets_its_members_back_and_a_deleted_group_is_made_anew() {
    let mut world = World::new().await;
    world.guard.deletes_percent_max = 90;
    world.hire_many(8);
    world.group("staff").admit(["p000", "p001", "p002"].map(dn));
    world.group("board").admit(["p003", "p004"].map(dn));
    world.contact("cy");
    world.sync().await;
    let board = world.things["board"].clone();
    world.people.remove("p000");
    world.the("staff").expel(&dn("p000")).expel(&dn("p001")).admit(["p005", "p006"].map(dn));
    world.things.remove("board");
    world.group("club").admit([dn("p007")]).guid = [0xc1; 16];
    let run = world.sync().await;
    assert_eq!((run.count(Action::Delete), run.count(Action::Create)), (2, 1), "{run}");
    let undone = undo(&world, run.run).await;
    assert_eq!(undone.refused, 0, "{undone}");
    assert_eq!(world.cloud_members("staff"), world.anchors(&["p001", "p002"]).into_iter().chain([p000()]).collect());
    assert!(world.cloud_group("club").is_none_or(|club| club.deleted.is_some()), "the group that came is gone");
    assert!(undone.notes.iter().any(|note| note.contains("group board") && note.contains("a new one is made")), "{undone}");
    world.things.insert("board".to_owned(), board);
    assert_eq!(world.cloud_members("board"), world.anchors(&["p003", "p004"]));
    world.things.remove("board");
    let again = world.sync().await;
    assert_eq!((again.changes(), &again.held_because[..]), (0, &["undone"][..]), "{again}");
}

/// The anchor of the first whom [`World::hire_many`] hires.
fn p000() -> String {
    "AQEBAQEBAQEBAQEBAQEBAQ==".to_owned()
}

// Covers: password.staging
#[tokio::test]
async fn an_agent_that_stands_by_sends_nothing() {
    let mut world = World::new().await;
    world.staging = true;
    world.passwords.enabled = true;
    world.hire_many(3);
    world.person("p001").set_password("Pa$$w0rd of p001", 1);
    let rehearsed = world.sync().await;
    assert_eq!((rehearsed.changes(), rehearsed.held, &rehearsed.held_because[..]), (0, 3, &["staging"][..]), "{rehearsed}");
    assert_eq!((rehearsed.passwords.sent, world.synced().len()), (0, 0));
    world.agent(Mode::Write).approve(&Approve::Run(rehearsed.run)).unwrap();
    assert_eq!(world.sync().await.held, 3, "no approval makes it send");
    world.staging = false;
    world.passwords.enabled = false;
    let active = world.sync().await;
    assert_eq!(active.count(Action::Create), 3, "{active}");
    world.staging = true;
    world.passwords.enabled = true;
    let idle = world.sync().await;
    assert_eq!((idle.is_held(), idle.passwords.sent, idle.passwords.owed), (false, 0, 3), "nothing waits but passwords: {idle}");
    world.staging = false;
    assert_eq!(world.sync().await.passwords.sent, 1, "whoever takes over sends it");
    world.staging = true;
    let because = try_undo(&world, active.run).await.unwrap().held_because;
    assert!(because.contains(&"staging"), "an undo is not sent either: {because:?}");
    assert_eq!(world.synced().len(), 3);
}

// Covers: D16
#[tokio::test]
async fn the_anchor_moves_only_when_everybody_keeps_theirs() {
    let mut world = World::new().await;
    world.hire_many(4);
    world.sync().await;
    let named = |attribute: AnchorAttribute| Rules { anchor: attribute, ..Rules::default() };
    world.rules = named(AnchorAttribute::ConsistencyGuid);
    let error = world.try_sync().await.unwrap_err();
    assert!(matches!(error, AgentError::AnchorMoved { .. }) && error.to_string().contains("samesign anchor migrate"), "{error}");
    assert_eq!(world.synced().len(), 4, "nothing was sent");
    world.rules = named(AnchorAttribute::ObjectGuid);

    // The value of one person is another GUID: under the new attribute she would be somebody else.
    world.person("p001").set("mS-DS-ConsistencyGuid", "another-guid-16b");
    let refused = world.agent(Mode::Write).move_anchor(AnchorAttribute::ConsistencyGuid, false).await.unwrap();
    assert!(!refused.moved && refused.in_the_way.iter().any(|line| line.contains("p001")), "{refused}");
    let report = world.agent(Mode::Read).inspect_anchor().await.unwrap();
    let users = &report.source[&Kind::User];
    assert_eq!((users.objects, users.with_consistency_guid, users.different, report.of_object_guid), (4, 1, 1, 4), "{report}");
    assert_eq!(report.would_change.len(), 1, "{report}");

    world.person("p001").attributes.remove("mS-DS-ConsistencyGuid");
    let rehearsed = world.agent(Mode::Read).move_anchor(AnchorAttribute::ConsistencyGuid, true).await.unwrap();
    assert_eq!((rehearsed.moved, rehearsed.keep), (false, 4), "{rehearsed}");
    assert!(world.agent(Mode::Write).move_anchor(AnchorAttribute::ConsistencyGuid, false).await.unwrap().moved);
    assert!(matches!(world.try_sync().await.unwrap_err(), AgentError::AnchorMoved { .. }), "the configuration must say so too");
    world.rules = named(AnchorAttribute::ConsistencyGuid);
    let after = world.sync_full().await;
    assert_eq!((after.changes(), after.synced), (0, 4), "{after}");
    world.hire("ana").set("mS-DS-ConsistencyGuid", "sixteen-bytes-ab");
    assert_eq!(world.sync().await.count(Action::Create), 1);
    assert_eq!(world.users()["ana"]["onPremisesImmutableId"], "c2l4dGVlbi1ieXRlcy1hYg==");
}

#[tokio::test]
async fn an_account_that_left_the_recycle_bin_is_not_made_anew() {
    let mut world = office().await;
    let run = mistake(&mut world).await;
    let tenant = rusqlite::Connection::open(world.data().join("tenant.db")).unwrap();
    let p000 = "UPDATE user SET deleted = 1 WHERE deleted IS NOT NULL AND display_name = 'p000 of Contoso'";
    assert_eq!(tenant.execute(p000, []).unwrap(), 1);
    // The tenant empties its recycle bin with the next request.
    world.person("p012").set("title", "Clerk");
    world.sync().await;
    let undone = undo(&world, run.run).await;
    assert_eq!(undone.count(Action::Restore), 2, "{undone}");
    assert!(undone.notes.iter().any(|note| note.contains("p000@") && note.contains("recycle bin")), "{undone}");
}

#[tokio::test]
async fn what_was_before_is_kept_for_thirty_days_and_a_first_sync_keeps_nothing() {
    let mut world = office().await;
    let database = rusqlite::Connection::open(world.state()).unwrap();
    let rows = |table: &str| database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(rows("overwritten"), 0, "creates leave nothing behind");
    let run = mistake(&mut world).await;
    assert_eq!(rows("overwritten"), 5, "four updates and a join");
    let later = || world.agent(Mode::Write).with_clock(std::rc::Rc::new(Later(31 * 24 * 60 * 60)));
    later().sync(samesign_agent::SyncOptions { full: false, plan_file: None, confirm: &mut |_| true }).await.unwrap();
    assert_eq!(rows("overwritten"), 0);
    let undone = undo(&world, run.run).await;
    assert!(undone.notes.iter().any(|note| note.contains("p003@") && note.contains("not kept any more")), "{undone}");
    assert_eq!(undone.count(Action::Restore), 3, "deletes need nothing kept: {undone}");
}

#[tokio::test]
async fn a_planned_undo_changes_nothing_and_its_file_is_no_plan_of_a_sync() {
    let mut world = office().await;
    let run = mistake(&mut world).await;
    let after = shown(&world);
    let state = std::fs::read(world.state()).unwrap();
    let plan = world.agent(Mode::Read).plan_undo(run.run).await.unwrap();
    assert_eq!(plan.plan.changes.len(), 10);
    assert_eq!((shown(&world), std::fs::read(world.state()).unwrap()), (after, state));
    let path = world.folder.path().join("undo.json");
    plan.write(&mut std::fs::File::create(&path).unwrap()).unwrap();
    let file = samesign_agent::PlanFile::read(&path).unwrap();
    let mut agent = world.agent(Mode::Write);
    let error = agent.sync(samesign_agent::SyncOptions { full: false, plan_file: Some(&file), confirm: &mut |_| true }).await.unwrap_err();
    assert!(matches!(error, AgentError::PlanOfUndo { .. }), "{error}");
}

#[tokio::test]
async fn people_who_swapped_their_names_get_them_back() {
    let mut world = World::new().await;
    world.guard.deletes_percent_max = 90;
    let names = ["ana", "bob", "cy"];
    names.iter().for_each(|name| drop(world.hire(name).set("title", name).clone()));
    world.sync().await;
    let before = shown(&world);
    for (place, name) in names.iter().enumerate() {
        world.person(name).set("userPrincipalName", &format!("{}@contoso.example", names[(place + 1) % 3])).set("title", "Swapped");
    }
    let swapped = world.sync().await;
    assert_eq!((swapped.refused, swapped.held), (0, 0), "{swapped}");
    assert_ne!(shown(&world), before);
    let undone = undo(&world, swapped.run).await;
    assert_eq!((undone.refused, undone.held), (0, 0), "{undone}");
    assert_eq!(undone.count(Action::Update), 4, "one of them goes by another name for a moment: {undone}");
    assert_eq!(shown(&world), before);
    let again = undo(&world, undone.run).await;
    assert_eq!((again.refused, again.count(Action::Update)), (0, 4), "an undo is a run like any other: {again}");
    assert_eq!(world.sync().await.changes(), 0, "what Active Directory says");
}
