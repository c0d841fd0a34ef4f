//! Lost replies, cut requests and cut-off runs, on the wire to a real tenant.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod world;

use std::rc::Rc;
use std::time::Duration;

use samesign_agent::{Mode, SyncOptions};
use samesign_engine::Action;
use world::proxy::{Fault, Proxy};
use world::{Later, World};

const PEOPLE: usize = 30;

async fn world_behind_a_proxy() -> (World, Proxy) {
    let mut world = World::new().await;
    let proxy = Proxy::start(world.server.address()).await;
    world.endpoint = Some(format!("https://localhost:{}", proxy.address.port()));
    world.hire_many(PEOPLE);
    (world, proxy)
}

/// Whatever happened on the wire: everybody is there once, and nothing is left to do.
async fn assert_converged(world: &World) {
    let after = world.sync().await;
    assert_eq!((after.changes(), after.synced), (0, PEOPLE), "{after}");
    assert_eq!((world.users().len(), world.synced().len()), (PEOPLE, PEOPLE), "nobody twice");
}

#[tokio::test]
async fn a_lost_reply_is_looked_up_before_anything_is_sent_again() {
    let (world, proxy) = world_behind_a_proxy().await;
    proxy.next(Fault::LoseReply);
    let report = world.sync().await;
    assert!(proxy.has_struck());
    assert_eq!((report.count(Action::Create), report.synced), (PEOPLE, PEOPLE), "{report}");
    let detail = world.agent(Mode::Read).run_detail(report.run).unwrap().unwrap();
    let looked_up = detail.writes.iter().filter(|write| write.outcome.as_deref() == Some("looked up")).count();
    assert_eq!(looked_up, PEOPLE, "{detail}");
    assert_converged(&world).await;
}

#[tokio::test]
async fn a_request_that_never_arrived_is_sent_again() {
    let (world, proxy) = world_behind_a_proxy().await;
    proxy.next(Fault::LoseRequest);
    let report = world.sync().await;
    assert!(proxy.has_struck());
    assert_eq!(report.synced, PEOPLE, "{report}");
    assert_converged(&world).await;
}

#[tokio::test]
async fn a_delete_whose_reply_is_lost_is_done_once() {
    let (mut world, proxy) = world_behind_a_proxy().await;
    world.guard.deletes_percent_max = 100;
    world.sync().await;
    // Many deletes make one large request.
    for person in world.people.values_mut() {
        person.ou = format!("OU=Other,{}", world::BASE);
    }
    let keep = "p000".to_owned();
    world.people.get_mut(&keep).unwrap().ou = world::OFFICE.to_owned();
    world.batch.objects = 100;
    proxy.next(Fault::LoseReply);
    let report = world.sync().await;
    assert_eq!((report.count(Action::Delete), report.synced), (PEOPLE - 1, 1), "{report}");
    assert_eq!((world.sync().await.changes(), world.synced()), (0, vec![keep]));
}

#[tokio::test]
async fn a_run_that_was_cut_off_is_repaired_by_the_next() {
    let (world, proxy) = world_behind_a_proxy().await;
    proxy.next(Fault::Stall);
    let mut agent = world.agent(Mode::Write);
    let mut yes = |_: &samesign_engine::Plan| true;
    let cut_off = tokio::time::timeout(Duration::from_secs(5), agent.sync(SyncOptions { full: false, plan_file: None, confirm: &mut yes }));
    assert!(cut_off.await.is_err() && proxy.has_struck(), "the run hangs at its first batch");
    drop(agent);
    // The process is still alive, so its lease must end before another run may write.
    let refused = world.try_sync().await.unwrap_err();
    assert!(refused.to_string().contains("is writing to the tenant"), "{refused}");
    let mut agent = world.agent(Mode::Write).with_clock(Rc::new(Later(16 * 60)));
    let report = agent.sync(SyncOptions { full: false, plan_file: None, confirm: &mut yes }).await.unwrap();
    assert_eq!(report.synced, PEOPLE, "{report}");
    let cut_off = agent.run_detail(report.run - 1).unwrap().unwrap();
    assert!(cut_off.writes.iter().all(|write| write.outcome.as_deref() == Some("looked up")), "{cut_off}");
    drop(agent);
    assert_converged(&world).await;
}
