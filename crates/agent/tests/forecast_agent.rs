//! Some of the awkward pairs of directories again, over TLS and through the whole agent; and what only a whole agent can show: two people
//! who swap their names, and a cloud twin that appeared after a plan was made.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "forecast/dice.rs"]
mod dice;
#[allow(dead_code, reason = "the forecast in process uses all of it")]
#[path = "forecast/directory.rs"]
mod directory;
mod world;

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dice::Dice;
use directory::{BASE, Directory, STAFF, cloud_name as name};
use samesign_agent::{AgentError, Mode, PlanFile, Source, SyncOptions};
use samesign_engine::{Action, Adopt, Class};
use samesign_tenant::admin::NewAccount;
use world::{World, codes};

const PAIRS: u64 = 20;

/// What the service says to objects that were not forecast to be trouble.
const SURPRISES: [&str; 4] = ["join-missed", "tenant-altered-value", "tenant-refused", "value-parked"];

#[tokio::test]
async fn the_tenant_does_over_the_network_what_was_forecast() {
    for number in 0..PAIRS {
        let mut dice = Dice::new(number + 10_000);
        let mut directory = Directory::new(&mut dice, number);
        let mut world = World::new().await;
        (world.matching, world.adopt) = (directory.policy.matching, Adopt::Allow);
        world.rules = directory.policy.rules.clone();
        world.include = vec![format!("{STAFF},{BASE}")];
        (world.guard.deletes_max, world.guard.deletes_percent_max) = (1000, 100);
        let path = world.folder.path().join("pair.ldif");
        let export = path.clone();
        world.domain = Some(Box::new(move || Source::Ldif(export.clone())));
        (0..dice.below(6)).for_each(|_| add_cloud_user(&world, &mut dice));
        for run in 0..2 {
            write_ldif(&directory, &path);
            let plan = world.plan().await.plan;
            let report = world.sync().await;
            let sent = plan.changes.iter().filter(|change| change.held.is_none()).count();
            assert_eq!((report.refused, report.changes()), (0, sent), "pair {number}, run {run}: {plan}\n{report}");
            let surprises: Vec<&str> = codes(&report).into_iter().filter(|code| SURPRISES.contains(code)).collect();
            assert!(surprises.is_empty(), "pair {number}, run {run}: {surprises:?}\n{plan}\n{report}");
            // Whoever waited for a name that another gave up follows in the next run.
            world.sync().await;
            world.sync().await;
            let again = world.plan().await.plan;
            let left = again.changes.iter().filter(|change| change.held.is_none()).count();
            assert_eq!(left, 0, "pair {number}, after run {run}: {again}");
            directory.live_on(&mut dice);
        }
    }
}

/// A user of the cloud; one that the tenant refuses is not there.
fn add_cloud_user(world: &World, dice: &mut Dice) {
    let upn = name(dice);
    let licensed = dice.one_in(2);
    let account = NewAccount {
        display_name: format!("{upn} in the cloud"),
        mail: dice.one_in(2).then(|| upn.clone()),
        upn,
        usage_location: Some("ES".to_owned()),
        licence: licensed.then(|| "O365_BUSINESS_PREMIUM".to_owned()),
        role: dice.one_in(6).then(|| "User Administrator".to_owned()),
        ..NewAccount::default()
    };
    let _ = world.admin.add_user(&account);
}

fn write_ldif(directory: &Directory, path: &Path) {
    let mut text = String::from("version: 1\n\n");
    for (number, ou) in [STAFF, "OU=Archive"].into_iter().enumerate() {
        let guid = STANDARD.encode([0xe0 + number as u8; 16]);
        let _ = write!(text, "dn: {ou},{BASE}\nobjectClass: top\nobjectClass: organizationalUnit\nobjectGUID:: {guid}\n\n");
    }
    for entry in &directory.entries {
        let classes: &[&str] = match entry.class {
            Class::User => &["top", "person", "user"],
            Class::InetOrgPerson => &["top", "person", "user", "inetOrgPerson"],
            Class::Group => &["top", "group"],
            Class::Contact => &["top", "person", "contact"],
        };
        let _ = writeln!(text, "dn: {}", entry.dn());
        for class in classes {
            let _ = writeln!(text, "objectClass: {class}");
        }
        let _ = writeln!(text, "objectGUID:: {}", STANDARD.encode(entry.guid.as_bytes()));
        for (name, values) in &entry.attributes {
            for value in values {
                let _ = writeln!(text, "{name}:: {}", STANDARD.encode(value));
            }
        }
        text.push('\n');
    }
    std::fs::write(path, text).expect("the export is written");
}

#[tokio::test]
async fn people_who_swap_their_names_have_them_after_one_run() {
    let mut world = World::new().await;
    let names = ["ana", "bob", "cy"];
    for name in names {
        world.hire(name).set("title", name);
    }
    assert_eq!(world.sync().await.count(Action::Create), 3);
    let ids: Vec<String> = names.iter().map(|name| world.users()[*name]["id"].to_string()).collect();
    for (place, name) in names.iter().enumerate() {
        let next = names[(place + 1) % 3];
        world.person(name).set("userPrincipalName", &format!("{next}@contoso.example")).set("title", &format!("now {next}"));
    }
    let report = world.sync().await;
    assert_eq!((report.refused, report.held), (0, 0), "{report}");
    assert!(!codes(&report).iter().any(|code| SURPRISES.contains(code)), "{report}");
    for (place, id) in ids.iter().enumerate() {
        let next = names[(place + 1) % 3];
        let user = &world.users()[next];
        assert_eq!((user["id"].to_string(), &user["mail"]), (id.clone(), &format!("{next}@contoso.example").into()));
        assert_eq!(user["jobTitle"], format!("now {next}"), "the second part says the rest");
    }
    assert_eq!(world.sync().await.changes(), 0, "both parts are confirmed");
    world.person("ana").set("department", "Sales");
    let after = world.sync().await;
    assert_eq!((after.count(Action::Update), after.changes()), (1, 1), "nothing of the link was lost: {after}");
}

#[tokio::test]
async fn a_cloud_twin_that_appeared_after_the_plan_is_named() {
    let mut world = World::new().await;
    world.hire("ana");
    world.hire("bob");
    let path = world.folder.path().join("plan.json");
    world.plan().await.write(&mut std::fs::File::create(&path).unwrap()).unwrap();
    world.cloud_user("ana");
    let file = PlanFile::read(&path).unwrap();
    let refused = world.agent(Mode::Write).sync(SyncOptions { full: false, plan_file: Some(&file), confirm: &mut |_| true }).await;
    let AgentError::PlanMoved { difference } = refused.unwrap_err() else { panic!("another error") };
    assert!(difference.contains("ana@contoso.example") && !difference.contains("bob"), "{difference}");
    assert!(world.synced().is_empty(), "nothing of that plan was sent");
    let findings = world.sync().await;
    assert!(codes(&findings).contains(&"match-mail-blank"), "{findings}");
    assert_eq!(world.synced(), ["bob"], "the twin is left alone");
}
