//! Passwords of a real domain, by replication, to the sign-in of a real tenant. The domain is changed with Samba's own tools.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::await_holding_refcell_ref, reason = "the story alone borrows the world while the service runs")]

mod groups;
#[path = "../service_support/mod.rs"]
mod service_support;
mod standby;
#[path = "../../../cli/tests/samba/domain.rs"]
mod testbed;
#[path = "../world/mod.rs"]
mod world;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use samesign_agent::connect::ad::{AdConfig, Credential};
use samesign_agent::{Mode, RunReport, Schedule, Source, SyncOptions};
use samesign_wire::Secret;
use service_support::{Told, serve_during};
use testbed::Domain;
use world::World;
use world::proxy::Proxy;

const PEOPLE: usize = 60;

async fn world_of(domain: &Rc<Domain>) -> World {
    world_read_as(domain, "svc-dirsync").await
}

async fn world_read_as(domain: &Rc<Domain>, account: &'static str) -> World {
    let mut world = World::new().await;
    world.passwords.enabled = true;
    world.include = vec![format!("OU=Office365,{}", domain.fact("base_dn"))];
    let domain = Rc::clone(domain);
    world.domain = Some(Box::new(move || {
        Source::Ad(AdConfig {
            domain: domain.fact("domain").to_owned(),
            servers: vec![domain.fact("ldap").parse().unwrap()],
            user: domain.account(account, "user").to_owned(),
            credential: Credential::Password(Secret::new(domain.account(account, "password").to_owned())),
            ca: Some(domain.fact("ca").into()),
            ntlm: false,
        })
    }));
    world
}

fn counts(report: &RunReport) -> [usize; 4] {
    let passwords = report.passwords;
    [passwords.sent, passwords.owed, passwords.withheld, passwords.refused]
}

fn password_of(number: usize) -> String {
    format!("Pw-{number:06}-Xy9!")
}

// Covers: password.disabled-here, password.order
#[tokio::test]
async fn the_domains_passwords_open_the_tenant_within_seconds_of_every_change() {
    let domain = Rc::new(Domain::start("agent", PEOPLE, "nthash"));
    domain.change(&["disable", "u000003", "--", "set", "u000006", "adminCount=1", "--", "set", "u000009", "pwdLastSet=0"]);
    let mut world = world_of(&domain).await;
    first_pass(&world).await;
    world.schedule = Schedule { objects: Duration::from_secs(3_600), passwords: Duration::from_millis(300) };
    changes_while_the_service_runs(&RefCell::new(world), &domain).await;
    assert_eq!(domain.writes(), "", "the source is never written");
}

async fn first_pass(world: &World) {
    let mut agent = world.agent(Mode::Write);
    let mut yes = |_: &samesign_engine::Plan| true;
    let report = agent.sync(SyncOptions { full: false, plan_file: None, confirm: &mut yes }).await;
    let report = report.unwrap_or_else(|error| panic!("{}", samesign_agent::chain(&error)));
    assert_eq!((report.changes(), counts(&report)), (20, [17, 0, 3, 0]), "{report}");
    assert_eq!(agent.passwords_opened(), 17, "nobody else's hash was decrypted");
    for number in (0..PEOPLE).step_by(3) {
        let entered = world.enters(&format!("u{number:06}"), &password_of(number)).await;
        assert_eq!(entered.is_ok(), ![3, 6, 9].contains(&number), "u{number:06}: {entered:?}");
    }
    assert!(world.enters("u000001", &password_of(1)).await.is_err(), "out of scope");
    let again = world.sync().await;
    assert_eq!((again.changes(), counts(&again)), (0, [0, 0, 3, 0]), "{again}");
    for _ in 0..2 {
        let again = agent.sync(SyncOptions { full: false, plan_file: None, confirm: &mut yes }).await.unwrap();
        assert_eq!((again.passwords.sent, agent.passwords_opened()), (0, 17), "{again}");
    }
}

async fn changes_while_the_service_runs(world: &RefCell<World>, domain: &Domain) {
    let told = Told::default();
    serve_during(world, &told, async {
        told.wait_for("nothing to do").await;
        told.clear();
        domain.change(&["password", "u000000", "Brand new & Ünique 1", "--", "password", "u000001", "Out of scope 1"]);
        told.wait_for("1 passwords sent").await;
        world.borrow().enters("u000000", "Brand new & Ünique 1").await.unwrap();
        assert!(world.borrow().enters("u000000", &password_of(0)).await.is_err());

        told.clear();
        domain.change(&["disable", "u000012", "--", "delete", "u000015"]);
        told.wait_for("1 updated, 1 deleted").await;
        assert!(world.borrow().enters("u000012", &password_of(12)).await.is_err());
        assert!(world.borrow().enters("u000015", &password_of(15)).await.is_err());

        told.clear();
        domain.change(&["enable", "u000003", "--", "password", "u000009", "Chosen by myself 1"]);
        told.wait_for("passwords sent").await;
        told.wait_until(|| world.borrow().reader().status().unwrap().passwords.withheld == 2).await;
        told.wait_until(|| world.borrow().reader().status().unwrap().passwords.owed == 0).await;
        world.borrow().enters("u000003", &password_of(3)).await.unwrap();
        world.borrow().enters("u000009", "Chosen by myself 1").await.unwrap();
    })
    .await;
    assert!(!told.has("FAILED"), "{told}");
    disables_are_guarded(world, domain).await;
}

/// What is seen at once counts in the guard's 24 hours as well.
async fn disables_are_guarded(world: &RefCell<World>, domain: &Domain) {
    let told = Told::default();
    serve_during(world, &told, async {
        told.wait_for("in sync with Active Directory").await;
        domain.change(&["disable", "u000018", "--", "disable", "u000021", "--", "disable", "u000024"]);
        told.wait_for("too-many-disables").await;
        world.borrow().enters("u000018", &password_of(18)).await.unwrap();
    })
    .await;
    assert!(!told.has("FAILED"), "{told}");
}

#[tokio::test]
async fn a_password_that_changes_while_the_tenant_is_away_arrives_after_any_restart() {
    let domain = Rc::new(Domain::start("agent-away", 6, "nthash"));
    let mut world = world_of(&domain).await;
    let proxy = Proxy::start(world.server.address()).await;
    world.endpoint = Some(format!("https://localhost:{}", proxy.address.port()));
    world.schedule = Schedule { objects: Duration::from_secs(3_600), passwords: Duration::from_millis(300) };
    let world = RefCell::new(world);
    let told = Told::default();
    serve_during(&world, &told, async {
        told.wait_for("2 passwords sent").await;
        proxy.cut();
        domain.change(&["password", "u000000", "While it is away 1"]);
        told.wait_for("FAILED the lane of passwords failed").await;
        let status = world.borrow().reader().status().unwrap().passwords;
        assert_eq!((status.owed, status.synced), (1, 1), "noted as owed before anything is tried");
        assert!(status.last_error.is_some());
    })
    .await;
    proxy.open();
    assert!(world.borrow().enters("u000000", "While it is away 1").await.is_err());
    let report = world.borrow().sync().await;
    assert_eq!(counts(&report), [1, 0, 0, 0], "{report}");
    world.borrow().enters("u000000", "While it is away 1").await.unwrap();
}

#[tokio::test]
async fn somebody_new_signs_in_after_the_next_object_cycle() {
    let domain = Rc::new(Domain::start("agent-new", 3, "nthash"));
    let world = RefCell::new(world_of(&domain).await);
    world.borrow_mut().schedule = Schedule { objects: Duration::from_secs(2), passwords: Duration::from_millis(500) };
    let told = Told::default();
    serve_during(&world, &told, async {
        told.wait_for("1 passwords sent").await;
        told.clear();
        let parent = format!("OU=Office365,{}", domain.fact("base_dn"));
        domain.change(&[
            "add-user",
            "nina",
            &parent,
            "userPrincipalName=nina@contoso.example",
            "displayName=Nina",
            "password=Fresh and new 1",
        ]);
        told.wait_for("1 passwords sent").await;
        world.borrow().enters("nina", "Fresh and new 1").await.unwrap();
    })
    .await;
    assert!(!told.has("FAILED"), "{told}");
    assert_eq!(domain.writes(), "");
}

/// The account that reads holds no right to replicate.
#[tokio::test]
async fn without_passwords_a_disabled_account_is_noticed_as_soon() {
    let domain = Rc::new(Domain::start("agent-watch", 30, "nthash"));
    let mut world = world_read_as(&domain, "svc-samesign").await;
    world.passwords.enabled = false;
    world.schedule = Schedule { objects: Duration::from_secs(3_600), passwords: Duration::from_millis(300) };
    let world = RefCell::new(world);
    let enabled = |name: &str| world.borrow().users()[name]["accountEnabled"] == true;
    let told = Told::default();
    serve_during(&world, &told, async {
        told.wait_for("10 created").await;
        told.clear();
        // The first look begins where the object cycle ended.
        tokio::time::sleep(Duration::from_secs(1)).await;
        domain.change(&["disable", "u000003", "--", "set", "u000006", "title=Director", "--", "disable", "u000001"]);
        told.wait_for("1 updated").await;
        assert!(!enabled("u000003") && enabled("u000006"));
        told.clear();
        domain.change(&["enable", "u000003"]);
        told.wait_for("1 updated").await;
        assert!(enabled("u000003"));
    })
    .await;
    assert!(!told.has("FAILED"), "{told}");
    assert_eq!(domain.writes(), "", "the source is never written");
}
