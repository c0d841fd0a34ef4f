//! Passwords, from an export to the sign-in of a real tenant.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod world;

use std::time::Duration;

use samesign_agent::{Mode, PasswordCounts, Passwords, Rule, RunReport, Select};
use samesign_tenant::folder::Folder;
use samesign_tenant::identity::sign_in::SignInError;
use world::proxy::{Fault, Proxy};
use world::{BASE, World, codes};

const WRONG: Option<SignInError> = Some(SignInError::Wrong);

async fn world() -> World {
    let mut world = World::new().await;
    world.passwords.enabled = true;
    world
}

fn counts(report: &RunReport) -> [usize; 4] {
    let PasswordCounts { sent, owed, withheld, refused } = report.passwords;
    [sent, owed, withheld, refused]
}

/// How the password stands, as `explain` tells.
async fn told(world: &World, name: &str) -> String {
    let explanation = world.agent(Mode::Read).explain(&format!("{name}@contoso.example")).await.unwrap();
    explanation.password.unwrap_or_default().into()
}

#[tokio::test]
async fn the_windows_password_opens_the_tenant_and_goes_on_doing_so() {
    let mut world = world().await;
    world.hire("ana").set_password("Grüße 🦀 mit Leerzeichen", 1);
    world.hire("bob").set_password("another", 1);
    world.hire("zoe").set_password("outside", 1).ou = format!("OU=Other,{BASE}");
    let first = world.sync().await;
    assert_eq!((first.changes(), counts(&first)), (2, [2, 0, 0, 0]), "objects first, passwords next: {first}");
    assert_eq!(first.notes.len(), 1, "it was switched on: {first}");
    assert!(!world.enters("ana", "Grüße 🦀 mit Leerzeichen").await.unwrap().must_change);
    assert_eq!(world.enters("ana", "another").await.err(), WRONG);
    assert!(world.enters("zoe", "outside").await.is_err());
    assert!(told(&world, "ana").await.starts_with("the Windows password opens the tenant"));

    let second = world.sync().await;
    assert_eq!((second.changes(), counts(&second), second.notes.len()), (0, [0, 0, 0, 0], 0), "{second}");

    world.person("ana").set_password("new", 2);
    world.person("bob").password = Some("without a new time: a file cannot tell".to_owned());
    let third = world.sync().await;
    assert_eq!(counts(&third)[0], 1, "{third}");
    world.enters("ana", "new").await.unwrap();
    assert_eq!(world.enters("ana", "Grüße 🦀 mit Leerzeichen").await.err(), WRONG);
    world.enters("bob", "another").await.unwrap();
}

#[tokio::test]
async fn nobody_gets_a_password_who_should_not_until_the_reason_goes_away() {
    let mut world = world().await;
    world.hire("disabled").set("userAccountControl", "514");
    world.hire("admin1").set("adminCount", "1");
    world.hire("fresh").set("pwdLastSet", "0");
    world.hire("chosen").set("adminDescription", "PHSFiltered");
    world.hire("inet").class = "inetOrgPerson";
    world.hire("blank");
    world.hire("plain");
    for person in world.people.values_mut() {
        person.password = Some("Windows".to_owned());
    }
    world.person("blank").password = None;
    let select = Select { attribute: "adminDescription".to_owned(), value: "PHSFiltered".to_owned(), rule: Rule::Exclude };
    world.passwords.select = Some(select);
    let report = world.sync().await;
    assert_eq!((report.changes(), counts(&report)), (7, [1, 0, 6, 0]), "{report}");
    let mut found = codes(&report);
    found.sort_unstable();
    found.retain(|code| code.starts_with("password-"));
    assert_eq!(found, ["password-missing", "password-unsupported-class", "password-withheld-privileged"], "{report}");
    for name in ["disabled", "admin1", "fresh", "chosen", "inet", "blank"] {
        assert!(world.enters(name, "Windows").await.is_err(), "{name}");
        assert!(told(&world, name).await.starts_with("the password is withheld"), "{name}");
    }
    assert_eq!(counts(&world.sync().await), [0, 0, 6, 0], "as before");

    world.person("disabled").set("userAccountControl", "512");
    world.person("admin1").attributes.remove("adminCount");
    world.person("fresh").set_password("Windows", 3);
    world.person("chosen").attributes.remove("adminDescription");
    world.person("blank").password = Some("Windows".to_owned());
    let report = world.sync().await;
    assert_eq!(counts(&report), [5, 0, 1, 0], "{report}");
    for name in ["disabled", "admin1", "fresh", "chosen", "blank", "plain"] {
        world.enters(name, "Windows").await.unwrap();
    }
    assert_eq!(codes(&report), ["password-unsupported-class"], "{report}");

    // And the other way round: what was sent once is not sent again, and the account is shut.
    world.person("plain").set("userAccountControl", "514").set_password("newer", 4);
    let report = world.sync().await;
    assert_eq!(counts(&report)[0], 0, "{report}");
    assert!(world.enters("plain", "Windows").await.is_err() && world.enters("plain", "newer").await.is_err());
}

#[tokio::test]
async fn a_change_of_admin_count_alone_is_no_change_of_the_account() {
    let mut world = world().await;
    world.hire("ana").set_password("Windows", 1);
    world.sync().await;
    world.person("ana").set("adminCount", "1");
    let report = world.sync().await;
    assert_eq!((report.changes(), counts(&report)), (0, [0, 0, 1, 0]), "{report}");
    world.passwords.privileged = true;
    let report = world.sync().await;
    assert_eq!((report.changes(), counts(&report)), (0, [1, 0, 0, 0]), "a change of the rules looks at everybody: {report}");
}

// Covers: password.must-change
#[tokio::test]
async fn a_temporary_password_follows_where_the_tenant_makes_people_change_it() {
    let mut world = world().await;
    world.hire("ana").set("pwdLastSet", "0").password = Some("temporary".to_owned());
    assert_eq!(counts(&world.sync().await), [0, 0, 1, 0]);
    let entra = samesign_connect::entra::Entra::new(&world.tenant_config()).unwrap();
    let features = entra.company_configuration().await.unwrap().dirsync_features;
    entra.set_dirsync_features(features | 16_384).await.unwrap();
    assert_eq!(counts(&world.sync().await), [1, 0, 0, 0], "switched on at the tenant, which nothing in the directory tells");
    assert!(world.enters("ana", "temporary").await.unwrap().must_change);
}

// Covers: D9, delete.scope-return
#[tokio::test]
async fn who_comes_back_gets_the_password_again() {
    let mut world = world().await;
    world.guard.deletes_percent_max = 100;
    world.hire("ana").set_password("Windows", 1);
    world.hire("bob").set_password("Windows", 1);
    world.sync().await;
    let ana = world.people.remove("ana").unwrap();
    world.sync().await;
    assert!(world.enters("ana", "Windows").await.is_err());
    world.people.insert("ana".to_owned(), ana);
    world.person("ana").set_password("while away", 2);
    assert_eq!(counts(&world.sync().await)[0], 1);
    world.enters("ana", "while away").await.unwrap();
}

// Covers: password.first
#[tokio::test]
async fn passwords_are_sent_to_everybody_when_they_are_switched_on() {
    let mut world = World::new().await;
    world.hire_many(12);
    world.people.values_mut().for_each(|person| {
        person.set_password("Windows", 1);
    });
    assert_eq!(counts(&world.sync().await), [0; 4]);
    assert!(world.enters("p003", "Windows").await.is_err());
    world.passwords.enabled = true;
    world.batch.objects = 5;
    let report = world.sync().await;
    assert_eq!((report.changes(), counts(&report)), (0, [12, 0, 0, 0]), "{report}");
    world.enters("p003", "Windows").await.unwrap();
    let status = world.agent(Mode::Read).status().unwrap();
    assert_eq!((status.passwords.enabled, status.passwords.synced, status.passwords.owed), (true, 12, 0));
}

// Covers: password.full-again
#[tokio::test]
async fn passwords_that_are_switched_off_and_on_are_all_sent_again() {
    let mut world = World::new().await;
    world.passwords.enabled = true;
    world.hire_many(3);
    world.people.values_mut().for_each(|person| {
        person.set_password("Windows", 1);
    });
    assert_eq!(counts(&world.sync().await), [3, 0, 0, 0]);
    assert_eq!(counts(&world.sync().await), [0; 4], "nobody's is sent twice");
    world.passwords.enabled = false;
    world.sync().await;
    world.passwords.enabled = true;
    assert_eq!(counts(&world.sync().await), [3, 0, 0, 0]);
    assert_eq!(counts(&world.sync().await), [0; 4], "once");
}

#[tokio::test]
async fn a_lost_reply_leaves_nobody_with_the_old_password() {
    for fault in [Fault::LoseReply, Fault::LoseRequest] {
        let mut world = world().await;
        let proxy = Proxy::start(world.server.address()).await;
        world.endpoint = Some(format!("https://localhost:{}", proxy.address.port()));
        world.hire_many(60);
        world.sync().await;
        world.people.values_mut().for_each(|person| {
            person.set_password("Windows", 1);
        });
        // The objects, whose pwdLastSet has changed, make the first large request; the passwords the second.
        proxy.after(1, fault);
        let report = world.sync().await;
        assert!(proxy.has_struck());
        assert_eq!(counts(&report), [60, 0, 0, 0], "{report}");
        world.enters("p007", "Windows").await.unwrap();
        assert_eq!(counts(&world.sync().await), [0; 4]);
    }
}

#[tokio::test]
async fn a_run_cut_off_among_its_passwords_is_finished_by_the_next() {
    let mut world = world().await;
    let proxy = Proxy::start(world.server.address()).await;
    world.endpoint = Some(format!("https://localhost:{}", proxy.address.port()));
    world.hire_many(60);
    world.people.values_mut().for_each(|person| {
        person.set_password("Windows", 1);
    });
    proxy.after(1, Fault::Stall);
    let mut agent = world.agent(Mode::Write);
    let mut yes = |_: &samesign_engine::Plan| true;
    let options = samesign_agent::SyncOptions { full: false, plan_file: None, confirm: &mut yes };
    assert!(tokio::time::timeout(Duration::from_secs(8), agent.sync(options)).await.is_err() && proxy.has_struck());
    assert_eq!(agent.status().unwrap().passwords.owed, 60, "what is not known to be stored is owed");
    drop(agent);
    let later = std::rc::Rc::new(world::Later(16 * 60));
    let options = samesign_agent::SyncOptions { full: false, plan_file: None, confirm: &mut yes };
    let report = world.agent(Mode::Write).with_clock(later).sync(options).await.unwrap();
    assert_eq!((report.changes(), counts(&report)), (0, [60, 0, 0, 0]), "{report}");
    world.enters("p059", "Windows").await.unwrap();
}

#[tokio::test]
async fn no_password_is_sent_while_less_can_be_read_than_before() {
    let mut world = world().await;
    world.hire_many(8);
    world.people.values_mut().for_each(|person| {
        person.set("department", "Sales").set_password("Windows", 1);
    });
    world.sync().await;
    for person in world.people.values_mut() {
        person.attributes.remove("department");
        person.set_password("newer", 2);
    }
    let report = world.sync().await;
    assert_eq!(counts(&report), [0, 8, 0, 0], "{report}");
    assert!(report.notes.iter().any(|note| note.contains("rights-changed")), "{report}");
    world.enters("p001", "Windows").await.unwrap();
    world.agent(Mode::Write).approve(&samesign_agent::Approve::Run(report.run)).unwrap();
    assert_eq!(counts(&world.sync().await), [8, 0, 0, 0]);
    world.enters("p001", "newer").await.unwrap();
}

// Covers: password.not-yet
#[tokio::test]
async fn an_object_that_the_tenant_does_not_know_yet_gets_its_password_later() {
    let mut world = world().await;
    world.hire("ana").set_password("first", 1);
    world.hire("bob").set_password("first", 1);
    world.sync().await;
    // What the service does for a while after a create: the object is there, and its anchor is not known.
    let database = Folder::new(world.data()).database();
    let knows = |anchor: &str| {
        let tenant = rusqlite::Connection::open(&database).unwrap();
        tenant.busy_timeout(Duration::from_secs(5)).unwrap();
        assert_eq!(tenant.execute("UPDATE user SET anchor = ?1 WHERE upn_key = 'ana@contoso.example'", [anchor]).unwrap(), 1);
    };
    knows("bm90IGFuYSdzIGFuY2hvcg==");
    world.people.get_mut("ana").unwrap().password = Some("second".to_owned());
    let state = world.state();
    let owes = |since: i64| {
        let agent = rusqlite::Connection::open(&state).unwrap();
        agent.execute("UPDATE password SET state = 'owed', not_before = 0, since = since - ?1 WHERE anchor LIKE 'AQEB%'", [since]).unwrap();
    };
    owes(0);
    let report = world.sync().await;
    assert_eq!(counts(&report), [0, 1, 0, 0], "{report}");
    assert!(!codes(&report).contains(&"password-object-unknown"), "too early to trouble anybody: {report}");
    assert!(told(&world, "ana").await.contains("the service said: 2"), "{}", told(&world, "ana").await);
    owes(3_601);
    let report = world.sync().await;
    assert!(codes(&report).contains(&"password-object-unknown"), "{report}");
    knows("AQEBAQEBAQEBAQEBAQEBAQ==");
    owes(0);
    let report = world.sync().await;
    assert_eq!((counts(&report), codes(&report).len()), ([1, 0, 0, 0], 0), "{report}");
    world.enters("ana", "second").await.unwrap();
}

#[tokio::test]
async fn no_hash_is_in_the_state_file() {
    let mut world = world().await;
    world.hire("ana").set_password("a canary in the mine", 1);
    world.sync().await;
    let hash = samesign_connect::source::NtHash::of_password("a canary in the mine");
    let hexadecimal: String = hash.expose().iter().map(|byte| format!("{byte:02x}")).collect();
    for entry in std::fs::read_dir(world.folder.path()).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if !name.starts_with("state.db") {
            continue;
        }
        let bytes = std::fs::read(entry.path()).unwrap();
        assert!(!bytes.windows(16).any(|window| window == hash.expose()), "{name}");
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        assert!(!text.contains(&hexadecimal) && !text.contains("pph1_md4"), "{name}");
    }
}

#[test]
fn passwords_are_off_until_somebody_switches_them_on() {
    assert_eq!(Passwords::default(), Passwords { enabled: false, privileged: false, select: None });
}
