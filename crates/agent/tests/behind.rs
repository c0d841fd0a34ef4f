//! State files that are behind the tenant: copies that were put back, and those of agents that stood by.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod world;

use std::path::Path;
use std::rc::Rc;

use samesign_agent::{AgentError, Mode, RunReport, SyncOptions};
use samesign_engine::Action;
use world::groups::dn;
use world::{Later, World};

const HOUR: i64 = 60 * 60;

async fn sync_at(world: &World, seconds_later: i64) -> RunReport {
    let mut agent = world.agent(Mode::Write).with_clock(Rc::new(Later(seconds_later)));
    agent.sync(SyncOptions { full: false, plan_file: None, confirm: &mut |_| true }).await.unwrap()
}

/// A first run an hour ago, by the tenant's clock as well; gives its number.
async fn begun_an_hour_ago(world: &World) -> i64 {
    let first = sync_at(world, -HOUR).await;
    let tenant = rusqlite::Connection::open(world.data().join("tenant.db")).unwrap();
    assert_eq!(tenant.execute("UPDATE tenant SET sync_last = sync_last - ?1", [HOUR]).unwrap(), 1);
    first.run
}

fn copy(from: &Path, to: &Path) {
    for file in ["", "-wal", "-shm"] {
        let with = |path: &Path| format!("{}{file}", path.display());
        let _ = std::fs::remove_file(with(to));
        if Path::new(&with(from)).exists() {
            std::fs::copy(with(from), with(to)).unwrap();
        }
    }
}

/// A state file that was copied an hour ago is put back. Since then Ana got another title, Bob was disabled, Dan came, Cy went, and Bob
/// left the group. Today Ana's title and Bob's membership are again what the old copy takes for sent.
async fn restored() -> (World, RunReport) {
    let mut world = World::new().await;
    world.guard.deletes_percent_max = 90;
    ["ana", "bob", "cy"].into_iter().for_each(|name| {
        world.hire(name);
    });
    world.person("ana").set("title", "Pilot");
    world.group("all").admit([dn("ana"), dn("bob")]);
    begun_an_hour_ago(&world).await;
    let backup = world.folder.path().join("backup.db");
    copy(&world.state(), &backup);

    world.person("ana").set("title", "Captain");
    world.person("bob").set("userAccountControl", "514");
    world.the("all").expel(&dn("bob"));
    world.hire("dan").guid = [0xd0; 16];
    world.people.remove("cy");
    let since = world.sync().await;
    assert_eq!([Action::Create, Action::Update, Action::Delete, Action::Member].map(|action| since.count(action)), [1, 2, 1, 1], "{since}");

    copy(&backup, &world.state());
    world.person("ana").set("title", "Pilot");
    world.the("all").admit([dn("bob")]);
    let first = world.sync().await;
    (world, first)
}

// Covers: D17
#[tokio::test]
async fn a_state_file_that_was_put_back_is_noticed_and_the_first_run_only_shows() {
    let (world, first) = restored().await;
    assert_eq!((first.changes(), &first.held_because[..]), (0, &["staging"][..]), "{first}");
    assert!(first.why[0].contains("put back from an old copy") && first.why[0].contains("knows of nothing after"), "{first}");
    assert_eq!(world.users()["ana"]["jobTitle"], "Captain", "nothing was sent");

    let next = world.sync().await;
    let counts = [Action::Create, Action::Join, Action::Delete, Action::Update, Action::Member].map(|action| next.count(action));
    assert_eq!((counts, next.refused), ([0, 0, 0, 1, 1], 0), "what was sent since is known, so that nobody comes or goes twice: {next}");
    assert_eq!(world.users()["ana"]["jobTitle"], "Pilot", "the copy took that for sent");
    assert_eq!(world.cloud_members("all"), world.anchors(&["ana", "bob"]));
    assert_eq!(world.users()["bob"]["accountEnabled"], false);
    assert_eq!((world.sync().await.changes(), world.users().len()), (0, 3));
    let full = world.sync_full().await;
    assert_eq!((full.changes(), full.is_held()), (0, false), "{full}");
}

#[tokio::test]
async fn with_a_file_that_was_put_back_nothing_is_taken_back() {
    let mut world = World::new().await;
    world.hire("ana");
    let first = begun_an_hour_ago(&world).await;
    let backup = world.folder.path().join("backup.db");
    copy(&world.state(), &backup);
    world.person("ana").set("title", "Pilot");
    assert_eq!(world.sync().await.changes(), 1);
    copy(&backup, &world.state());
    let refused = world.agent(Mode::Write).undo(first, &mut |_| true).await.unwrap_err();
    assert!(matches!(refused, AgentError::LeftBehind(_)), "{refused}");
    assert_eq!(world.synced(), ["ana"], "whom that run made, and a later one changed");
}

/// Whoever stood by has not seen what the other agent sent.
#[tokio::test]
async fn an_agent_that_takes_over_knows_what_the_other_one_sent() {
    let mut world = World::new().await;
    world.guard.deletes_percent_max = 90;
    ["ana", "bob"].into_iter().for_each(|name| {
        world.hire(name);
    });
    world.person("ana").set("title", "Pilot");
    world.sync().await;
    let active = world.folder.path().join("active.db");
    copy(&world.state(), &active);
    world.staging = true;
    world.sync().await;
    let spare = world.folder.path().join("spare.db");
    copy(&world.state(), &spare);

    world.staging = false;
    copy(&active, &world.state());
    world.person("ana").set("title", "Captain");
    world.people.remove("bob");
    world.sync().await;

    copy(&spare, &world.state());
    world.person("ana").set("title", "Pilot");
    let taken_over = world.sync().await;
    assert!(!taken_over.is_held(), "{taken_over}");
    assert_eq!((taken_over.count(Action::Update), taken_over.changes()), (1, 1), "the spare took Pilot for sent: {taken_over}");
    assert_eq!(world.users()["ana"]["jobTitle"], "Pilot");
    assert_eq!(world.sync().await.changes(), 0);
}
