//! An agent that stands by beside a real domain and a real tenant.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use samesign_agent::Schedule;

use super::service_support::{Told, serve_during};
use super::testbed::Domain;
use super::world::World;
use super::{password_of, world_of};

/// Nothing was ever sent by synchronization, neither objects nor passwords.
fn assert_untouched(world: &RefCell<World>) {
    let world = world.borrow();
    assert_eq!((world.users().len(), world.admin.sync_status().unwrap().last), (0, None));
}

#[tokio::test]
async fn an_agent_that_stands_by_shows_its_plan_and_sends_nothing_until_it_takes_over() {
    let domain = Rc::new(Domain::start("agent-standby", 6, "nthash"));
    let mut world = world_of(&domain).await;
    world.schedule = Schedule { objects: Duration::from_secs(2), passwords: Duration::from_millis(300) };
    world.staging = true;
    let world = RefCell::new(world);
    let told = Told::default();
    serve_during(&world, &told, async {
        told.wait_for("2 of its changes are not sent").await;
        let (status, run) = {
            let reader = world.borrow().reader();
            let status = reader.status().unwrap();
            let run = status.last_run.as_ref().map_or(0, |run| run.run);
            (status, reader.run_detail(run).unwrap().unwrap())
        };
        let planned: BTreeSet<&str> = run.held_changes.iter().filter_map(|change| change["upn"].as_str()).collect();
        let two = BTreeSet::from(["u000000@contoso.example", "u000003@contoso.example"]);
        assert_eq!((status.staging, planned), (true, two), "the plan is shown");
        assert!(run.writes.is_empty());
        assert_untouched(&world);

        // What happens in the domain is followed, passwords included, and not sent either.
        told.clear();
        domain.change(&["disable", "u000000", "--", "password", "u000003", "While standing by 1", "--", "delete", "u000000"]);
        told.wait_for("1 of its changes are not sent").await;
        assert_untouched(&world);
    })
    .await;
    assert!(!told.has("FAILED"), "{told}");
    assert_untouched(&world);

    world.borrow_mut().staging = false;
    let told = Told::default();
    serve_during(&world, &told, async {
        told.wait_for("1 created").await;
        told.wait_for("1 passwords sent").await;
    })
    .await;
    assert!(!told.has("FAILED") && !told.has("HELD"), "{told}");
    world.borrow().enters("u000003", "While standing by 1").await.unwrap();
    assert!(world.borrow().enters("u000003", &password_of(3)).await.is_err());
    assert_eq!(world.borrow().synced(), ["u000003"]);
    assert_eq!(domain.writes(), "", "the source is never written");
}
