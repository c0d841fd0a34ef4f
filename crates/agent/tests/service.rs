//! The service, over an export, against a real tenant.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::await_holding_refcell_ref, reason = "the story alone borrows the world while the service runs")]

mod service_support;
mod world;

use std::cell::RefCell;
use std::time::Duration;

use samesign_agent::{Mode, Schedule};
use service_support::{PATIENCE, Told, serve_during};
use world::World;

async fn world() -> World {
    let mut world = World::new().await;
    world.passwords.enabled = true;
    // Only the password lane looks often: whatever happens soon is its doing.
    world.schedule = Schedule { objects: Duration::from_secs(3_600), passwords: Duration::from_millis(200) };
    world
}

#[tokio::test]
async fn people_come_change_their_password_and_go_without_anyones_doing() {
    let (world, told) = (RefCell::new(world().await), Told::default());
    world.borrow_mut().hire("ana").set_password("first", 1);
    serve_during(&world, &told, async {
        told.wait_for("1 passwords sent").await;
        world.borrow().enters("ana", "first").await.unwrap();

        told.clear();
        world.borrow_mut().person("ana").set_password("second", 2);
        world.borrow_mut().hire("bob").set_password("Windows", 2);
        world.borrow().export();
        told.wait_for("2 passwords sent").await;
        world.borrow().enters("ana", "second").await.unwrap();
        world.borrow().enters("bob", "Windows").await.unwrap();
        assert!(world.borrow().enters("ana", "first").await.is_err());

        told.clear();
        world.borrow_mut().person("bob").set("userAccountControl", "514");
        world.borrow().export();
        told.wait_for("1 updated").await;
        assert!(world.borrow().enters("bob", "Windows").await.is_err());
        let status = world.borrow().reader().status().unwrap();
        let service = status.service.expect("the service is known");
        assert!(service.holder.contains("process") && service.next_object_cycle.is_some());
        assert_eq!((status.passwords.synced, status.passwords.withheld), (1, 1));
    })
    .await;
    assert!(!told.has("FAILED"), "{told}");
    assert!(world.borrow().reader().status().unwrap().service.is_none(), "it has said goodbye");
}

#[tokio::test]
async fn a_lost_tenant_does_not_end_the_service() {
    let (world, told) = (RefCell::new(world().await), Told::default());
    world.borrow_mut().hire("ana").set_password("first", 1);
    let server = world.borrow().server.address();
    world.borrow_mut().schedule.objects = Duration::from_millis(300);
    let proxy = world::proxy::Proxy::start(server).await;
    world.borrow_mut().endpoint = Some(format!("https://localhost:{}", proxy.address.port()));
    proxy.close();
    serve_during(&world, &told, async {
        told.wait_for("FAILED the lane of objects failed").await;
        let status = world.borrow().reader().status().unwrap();
        assert!(status.service.unwrap().last_error.unwrap().contains("cannot"), "status tells why");
        proxy.open();
        told.wait_for("the lane of objects works again").await;
        told.wait_for("1 passwords sent").await;
        world.borrow().enters("ana", "first").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_sync_beside_the_service_gets_its_turn() {
    let (world, told) = (RefCell::new(world().await), Told::default());
    world.borrow_mut().hire("ana").set_password("first", 1);
    serve_during(&world, &told, async {
        told.wait_for("1 passwords sent").await;
        let mut yes = |_: &samesign_engine::Plan| true;
        let options = samesign_agent::SyncOptions { full: false, plan_file: None, confirm: &mut yes };
        let report = world.borrow().agent(Mode::Write).with_patience(PATIENCE).sync(options).await.unwrap();
        assert_eq!((report.changes(), report.passwords.sent), (0, 0), "{report}");
    })
    .await;
    assert!(!told.has("FAILED"), "{told}");
}

#[tokio::test]
async fn a_service_beside_another_waits_and_says_for_whom() {
    let (world, told) = (RefCell::new(world().await), Told::default());
    world.borrow_mut().hire("ana").set_password("first", 1);
    let proxy = world::proxy::Proxy::start(world.borrow().server.address()).await;
    let direct = world.borrow_mut().endpoint.replace(format!("https://localhost:{}", proxy.address.port()));
    proxy.hold();
    let mut slow = world.borrow().agent(Mode::Write);
    world.borrow_mut().endpoint = direct;
    let mut yes = |_: &samesign_engine::Plan| true;
    let syncing = slow.sync(samesign_agent::SyncOptions { full: false, plan_file: None, confirm: &mut yes });
    let service = serve_during(&world, &told, async {
        told.wait_for("the lane of objects waits").await;
        proxy.open();
        told.wait_for("in sync with Active Directory").await;
    });
    let (done, ()) = tokio::join!(syncing, service);
    assert_eq!(done.unwrap().passwords.sent, 1);
    assert!(!told.has("FAILED"), "{told}");
}

#[tokio::test]
async fn a_quiet_service_writes_nothing_but_a_note_and_keeps_one_quiet_run() {
    let (world, told) = (RefCell::new(world().await), Told::default());
    world.borrow_mut().hire("ana").set_password("first", 1);
    world.borrow_mut().schedule = Schedule { objects: Duration::from_millis(300), passwords: Duration::from_millis(50) };
    serve_during(&world, &told, async {
        told.wait_for("1 passwords sent").await;
        told.clear();
        for _ in 0..4 {
            told.wait_for("nothing to do").await;
            told.clear();
        }
    })
    .await;
    let runs = world.borrow().reader().runs().unwrap();
    assert_eq!(runs.len(), 3, "the first cycle, its passwords, and the last quiet cycle: {runs:#?}");
}
