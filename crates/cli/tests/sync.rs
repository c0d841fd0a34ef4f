//! The commands of the main job, as an administrator types them: from an LDIF export into a tenant over TLS.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::{BASE, Place, Serving};
use serde_json::Value;

/// A tenant, a configuration, and a small directory.
struct Office {
    place: Place,
    _serving: Serving,
}

impl Office {
    fn open(more: &str) -> Self {
        let (place, serving) = Place::with_tenant(more);
        Self { place, _serving: serving }
    }

    fn export(&self, people: &[(&str, &str)]) {
        let unit = format!("dn: OU=Office365,{BASE}\nobjectClass: organizationalUnit\nobjectGUID:: AAAAAAAAAAAAAAAAAAAAAA==\n\n");
        let records = people.iter().map(|(name, more)| {
            let number = name.bytes().fold(1_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
            let guid = format!("{number:08x}-0000-4000-8000-000000000000").chars().rev().take(36).collect::<String>().chars().rev().collect::<String>();
            format!(
                "dn: CN={name},OU=Office365,{BASE}\nobjectClass: user\nobjectGUID: {guid}\ncn: {name}\ndisplayName: {name}\nsAMAccountName: {name}\n\
                 userPrincipalName: {name}@contoso.example\nuserAccountControl: 512\n{more}\n"
            )
        });
        self.place.write("export.ldif", &format!("version: 1\n\n{unit}{}", records.collect::<String>()));
    }

    fn cloud_user(&self, name: &str) {
        let upn = format!("{name}@contoso.example");
        let add = [
            "tenant",
            "user",
            "add",
            "--data",
            "tenant",
            "--upn",
            &upn,
            "--display-name",
            name,
            "--mail",
            &upn,
            "--usage-location",
            "ES",
            "--licence",
            "O365_BUSINESS_PREMIUM",
        ];
        self.place.succeed(&add);
    }

    fn user(&self, upn: &str) -> Option<Value> {
        let users = self.place.json(&["tenant", "user", "list", "--data", "tenant", "--json"]);
        users.as_array().unwrap().iter().find(|user| user["userPrincipalName"] == upn).cloned()
    }
}

#[test]
fn a_takeover_is_held_until_it_is_approved() {
    let office = Office::open("");
    office.cloud_user("ana");
    office.export(&[("ana", "mail: ana@contoso.example\n"), ("bob", "")]);

    let held = office.place.run(&["sync"]);
    assert_eq!(held.code, 3, "{held:?}");
    assert!(office.user("bob@contoso.example").is_some_and(|bob| bob["onPremisesSyncEnabled"] == true), "what is not held proceeds");
    assert!(office.user("ana@contoso.example").is_some_and(|ana| ana["onPremisesSyncEnabled"] != true), "what is held is not sent");

    assert_eq!(office.place.run(&["sync", "--yes"]).code, 3, "--yes releases nothing");
    let runs = office.place.json(&["runs", "--json"]);
    let run = runs[0]["run"].as_i64().unwrap().to_string();
    let detail = office.place.json(&["runs", &run, "--json"]);
    assert_eq!(detail["held_changes"][0]["upn"], "ana@contoso.example", "{detail}");

    office.place.succeed(&["approve", &run]);
    let joined = office.place.run(&["sync", "--json"]);
    assert_eq!(joined.code, 0, "{joined:?}");
    assert!(office.user("ana@contoso.example").is_some_and(|ana| ana["onPremisesSyncEnabled"] == true));
    assert_eq!(office.place.json(&["plan", "--json"])["changes"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_mass_delete_waits_for_a_person() {
    let office = Office::open("");
    let names = ["ana", "bob", "eva", "ian", "joe", "kim"];
    office.export(&names.map(|name| (name, "")));
    office.place.succeed(&["sync"]);
    office.export(&[("ana", "title: Pilot\n"), ("bob", "")]);

    let plan = office.place.json(&["plan", "--json"]);
    assert_eq!((plan["verdict"].as_str(), plan["held_because"][0].as_str()), (Some("held"), Some("too-many-deletes")), "{plan}");
    let held = office.place.run(&["sync", "--json"]);
    assert_eq!(held.code, 3, "{held:?}");
    let report: Value = serde_json::from_str(&held.stdout).unwrap();
    assert_eq!((report["held"].as_u64(), report["done"]["update"].as_u64()), (Some(4), Some(1)), "the rest proceeds: {report}");
    assert!(office.user("kim@contoso.example").is_some());

    office.place.succeed(&["approve", &report["run"].to_string()]);
    office.place.succeed(&["sync"]);
    assert!(names[2..].iter().all(|name| office.user(&format!("{name}@contoso.example")).is_none()));
    assert!(office.user("ana@contoso.example").is_some_and(|ana| ana["jobTitle"] == "Pilot"));
}

#[test]
fn a_plan_shows_everything_and_changes_nothing() {
    let office = Office::open("[matching]\nadopt = \"allow\"\n");
    office.cloud_user("ana");
    office.export(&[("ana", "mail: ana@contoso.example\ntitle: Pilot\n"), ("bob", "")]);
    let plan = office.place.json(&["plan", "--json"]);
    assert_eq!((plan["verdict"].as_str(), plan["changes"].as_array().map(Vec::len)), (Some("proceed"), Some(2)), "{plan}");
    let join = plan["changes"].as_array().unwrap().iter().find(|change| change["action"] == "join").unwrap();
    assert_eq!((join["upn"].as_str(), join["kind"].as_str()), (Some("ana@contoso.example"), Some("user")));
    assert_eq!(join["attributes"]["title"]["to"], "Pilot", "{join}");
    assert_eq!(office.place.run(&["plan", "--exit-code"]).code, 4);
    assert!(!office.place.path("state.db").exists(), "planning leaves no trace");
    assert!(office.user("bob@contoso.example").is_none());
}

#[test]
fn a_saved_plan_is_sent_exactly_or_not_at_all() {
    let office = Office::open("");
    office.export(&[("ana", ""), ("bob", "")]);
    office.place.succeed(&["plan", "--out", "plan.json"]);
    office.export(&[("ana", "title: Pilot\n"), ("bob", "")]);
    let moved = office.place.run(&["sync", "--plan", "plan.json"]);
    assert_eq!((moved.code, moved.stdout.as_str()), (1, ""), "{moved:?}");
    assert!(moved.stderr.contains("the world has moved") && moved.stderr.contains("create user ana@contoso.example"), "{moved:?}");
    assert!(office.user("bob@contoso.example").is_none(), "nothing of a plan that does not fit is sent");

    office.place.succeed(&["plan", "--out", "plan.json"]);
    office.export(&[("ana", "title: Pilot\n"), ("bob", ""), ("eva", "")]);
    office.place.succeed(&["sync", "--plan", "plan.json"]);
    assert!(office.user("bob@contoso.example").is_some());
    assert!(office.user("eva@contoso.example").is_none(), "what is not in the plan waits");
}

#[test]
fn on_a_terminal_it_shows_the_plan_and_asks() {
    let office = Office::open("");
    office.export(&[("ana", ""), ("bob", "")]);
    let no = office.place.converse(&["sync"], &[("Send 2 changes to the tenant?", "n".to_owned())]);
    assert_eq!(no.code, 1, "{no:?}");
    assert!(no.stdout.contains("create") && no.stdout.contains("ana@contoso.example"), "the plan comes before the question: {no:?}");
    assert!(office.user("ana@contoso.example").is_none());
    let yes = office.place.converse(&["sync"], &[("Send 2 changes to the tenant?", "y".to_owned())]);
    assert_eq!(yes.code, 0, "{yes:?}");
    assert!(office.user("ana@contoso.example").is_some());
    let idle = office.place.converse(&["sync"], &[]);
    assert_eq!(idle.code, 0, "with nothing to do there is nothing to ask: {idle:?}");
}

#[test]
fn a_file_that_is_no_plan_is_refused() {
    let office = Office::open("");
    office.export(&[]);
    office.place.write("plan.json", "{}");
    assert_eq!(office.place.run(&["sync", "--plan", "plan.json"]).code, 2);
}

#[test]
fn synchronization_that_is_off_is_said_in_one_line() {
    let office = Office::open("");
    office.export(&[("ana", "")]);
    office.place.succeed(&["tenant", "sync", "disable", "--data", "tenant"]);
    let ended = office.place.run(&["sync"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended:?}");
    assert!(
        ended.stderr.starts_with("error: synchronization is off for contoso.onmicrosoft.com") && ended.stderr.lines().count() == 1,
        "{ended:?}"
    );
    office.place.succeed(&["tenant", "sync", "enable", "--data", "tenant", "--after", "3h"]);
    assert_eq!(office.place.json(&["tenant", "sync", "status", "--data", "tenant", "--json"])["state"], "enabling");
    let ended = office.place.run(&["sync"]);
    assert!(ended.code == 1 && ended.stderr.contains("synchronization is enabling"), "{ended:?}");
    assert!(office.user("ana@contoso.example").is_none());
}

#[test]
fn errors_in_the_data_end_5_and_are_explained() {
    let office = Office::open("");
    office.export(&[("ana", "mail: ana@contoso.example\n"), ("bob", "")]);
    assert_eq!(office.place.run(&["check"]).code, 5);
    let synced = office.place.run(&["sync"]);
    assert_eq!(synced.code, 5, "{synced:?}");
    let findings = office.place.json(&["findings", "--json"]);
    assert_eq!(findings[0]["code"], "new-user-has-mail", "{findings}");
    let why = office.place.succeed(&["explain", "ana@contoso.example"]);
    assert!(why.contains("new-user-has-mail"), "{why}");
    let bob = office.place.succeed(&["explain", "bob@contoso.example"]);
    assert!(bob.contains("bob@contoso.example"), "{bob}");
    let nobody = office.place.run(&["explain", "nobody@contoso.example"]);
    assert_eq!(nobody.code, 1, "{nobody:?}");
}

#[test]
fn a_check_writes_the_mends_as_ldif_and_overwrites_nothing() {
    let office = Office::open("");
    office.cloud_user("bob");
    office.export(&[
        ("ana", "mail: ana@contoso.example\n"),
        ("bob", ""),
        ("eve", "manager: CN=eve,OU=Office365,DC=corp,DC=contoso,DC=example\n"),
    ]);
    let checked = office.place.run(&["check", "--ldif", "mends.ldif"]);
    assert_eq!(checked.code, 5, "{checked:?}");
    assert!(checked.stderr.contains("mends.ldif: 2 mends suggested, 1 left to you"), "{checked:?}");
    let mends = office.place.read("mends.ldif");
    let clear = format!("dn: CN=ana,OU=Office365,{BASE}\nchangetype: modify\ndelete: mail\nmail: ana@contoso.example\n-\n");
    let set = format!("dn: CN=bob,OU=Office365,{BASE}\nchangetype: modify\nreplace: mail\nmail: bob@contoso.example\n-\n");
    assert!(mends.starts_with("version: 1\n") && mends.contains(&clear) && mends.contains(&set), "{mends}");
    assert!(mends.contains("# manager-loop") && !mends.contains(&format!("dn: CN=eve,OU=Office365,{BASE}")), "{mends}");

    let again = office.place.run(&["check", "--ldif", "mends.ldif"]);
    assert!(again.code == 2 && again.stderr.contains("mends.ldif exists already"), "{again:?}");
    assert_eq!(office.place.read("mends.ldif"), mends);

    // What was suggested mends it.
    office.export(&[("ana", ""), ("bob", "mail: bob@contoso.example\n"), ("eve", "")]);
    let mended = office.place.run(&["check", "--ldif", "mended.ldif"]);
    assert!(mended.code == 0 && mended.stderr.contains("0 mends suggested, 0 left"), "{mended:?}");
}

/// A group of the export.
fn group(name: &str, number: u8, members: &[&str]) -> String {
    let members: String = members.iter().map(|member| format!("member: CN={member},OU=Office365,{BASE}\n")).collect();
    format!(
        "\ndn: CN={name},OU=Office365,{BASE}\nobjectClass: group\nobjectGUID: {number:08x}-0000-4000-9000-000000000000\ncn: {name}\n\
         displayName: {name}\nsAMAccountName: {name}\ngroupType: -2147483646\n{members}"
    )
}

#[test]
fn a_run_over_people_and_groups_is_taken_back() {
    let office = Office::open("[guard]\ndeletes_percent_max = 90\n");
    let staff = group("staff", 1, &["ana", "bob"]);
    office.export(&[("ana", "title: Pilot\n"), ("bob", &staff)]);
    office.place.succeed(&["sync"]);
    let status = office.place.json(&["status", "--json"]);
    assert_eq!((&status["synced_by_kind"]["user"], &status["synced_by_kind"]["group"]), (&2.into(), &1.into()), "{status}");
    assert!(office.place.succeed(&["status"]).contains("2 users, 1 group "));
    assert_eq!(office.place.json(&["plan", "--json"])["changes"], serde_json::json!([]), "the second plan is empty");
    let why = office.place.succeed(&["explain", "staff"]);
    assert!(why.contains("CN=staff,OU=Office365"), "{why}");

    office.export(&[("ana", "title: Captain\n"), ("eva", &group("staff", 1, &["ana", "eva"]))]);
    office.place.succeed(&["sync"]);
    let runs = office.place.json(&["runs", "--json"]);
    let run = runs[0]["run"].to_string();
    let detail = office.place.succeed(&["runs", &run]);
    assert!(detail.contains("member") && detail.contains("group"), "{detail}");
    let asked = office.place.run(&["undo", &run]);
    assert!(asked.code == 0 && asked.stdout.contains("restore") && asked.stderr.contains("nothing was sent"), "{asked:?}");
    let planned = office.place.run(&["undo", &run, "--out", "undo.json"]);
    assert!(planned.code == 0 && planned.stdout.contains("restore") && planned.stdout.contains("bob@contoso.example"), "{planned:?}");
    assert!(office.user("bob@contoso.example").is_none(), "a plan sends nothing");
    let refused = office.place.run(&["sync", "--plan", "undo.json"]);
    assert!(refused.code == 2 && refused.stderr.contains("is the plan of an undo"), "{refused:?}");

    let undone = office.place.run(&["undo", &run, "--yes", "--json"]);
    assert_eq!(undone.code, 0, "{undone:?}");
    let report: Value = serde_json::from_str(&undone.stdout).unwrap();
    assert_eq!((report["undoes"].to_string(), &report["done"]["restore"], &report["done"]["member"]), (run.clone(), &1.into(), &1.into()));
    assert!(office.user("bob@contoso.example").is_some() && office.user("eva@contoso.example").is_none());
    assert_eq!(office.user("ana@contoso.example").unwrap()["jobTitle"], "Pilot");
    let waits = office.place.run(&["sync", "--json"]);
    let report: Value = serde_json::from_str(&waits.stdout).unwrap();
    assert_eq!((waits.code, &report["held_because"]), (3, &serde_json::json!(["undone"])), "{waits:?}");
    assert!(office.place.succeed(&["status"]).contains("undone     4 changes"), "{}", office.place.succeed(&["status"]));
    let twice = office.place.run(&["undo", &run, "--yes"]);
    assert!(twice.code == 1 && twice.stderr.contains("was taken back by run"), "{twice:?}");
    let unknown = office.place.run(&["undo", "99", "--yes"]);
    assert!(unknown.code == 2 && unknown.stderr.contains("there is no run 99"), "{unknown:?}");
}

#[test]
fn an_agent_that_stands_by_rehearses_and_ends_3_while_changes_wait() {
    let office = Office::open("[guard]\nstaging = true\n");
    office.export(&[("ana", "")]);
    let waits = office.place.run(&["sync", "--json"]);
    let report: Value = serde_json::from_str(&waits.stdout).unwrap();
    assert_eq!((waits.code, &report["held_because"]), (3, &serde_json::json!(["staging"])), "{waits:?}");
    assert!(office.user("ana@contoso.example").is_none());
    assert!(office.place.succeed(&["status"]).contains("stands by"));
    office.export(&[]);
    assert_eq!(office.place.run(&["sync"]).code, 0, "nothing waits");
}

#[test]
fn the_anchor_is_looked_at_and_moved_after_a_rehearsal() {
    let office = Office::open("[matching]\nanchor = \"objectGUID\"\n");
    office.export(&[("ana", ""), ("bob", "")]);
    office.place.succeed(&["sync"]);
    let inspected = office.place.succeed(&["anchor", "inspect"]);
    assert!(inspected.starts_with("in use      objectGUID") && inspected.contains("2 anchors are an objectGUID"), "{inspected}");
    let rehearsed = office.place.succeed(&["anchor", "migrate", "--to", "ms-DS-ConsistencyGuid", "--rehearse"]);
    assert!(rehearsed.contains("0 creates, 0 deletes; all 2 synchronized objects keep their anchor"), "{rehearsed}");
    let moved = office.place.succeed(&["anchor", "migrate", "--to", "ms-DS-ConsistencyGuid"]);
    assert!(moved.contains("write anchor = \"ms-DS-ConsistencyGuid\""), "{moved}");
    let refused = office.place.run(&["sync"]);
    assert!(refused.code == 2 && refused.stderr.contains("samesign anchor migrate"), "{refused:?}");
    let configuration = office.place.read("samesign.toml").replace("\"objectGUID\"", "\"ms-DS-ConsistencyGuid\"");
    office.place.write("samesign.toml", &configuration);
    assert_eq!(office.place.json(&["sync", "--json"])["done"], serde_json::json!({}));
}

#[test]
fn own_flows_filters_and_whole_lists() {
    let flow = "[[flow]]\nto = \"department\"\ntemplate = \"{l} {title}\"\n";
    let office = Office::open(flow);
    let people: Vec<String> = (0..60).map(|number| format!("p{number:02}")).collect();
    let people: Vec<(&str, &str)> = people.iter().map(|name| (name.as_str(), "l: Bilbao\ntitle: Pilot\n")).collect();
    office.export(&people);
    let (short, all) = (office.place.succeed(&["plan"]), office.place.succeed(&["plan", "--all"]));
    assert!(!short.contains("p59@") && all.contains("p59@") && all.contains("p00@"), "{short}");
    office.place.succeed(&["sync"]);
    assert_eq!(office.user("p07@contoso.example").unwrap()["department"], "Bilbao Pilot");
    let why = office.place.succeed(&["explain", "p07@contoso.example"]);
    assert!(why.contains("Bilbao Pilot") && why.contains("no service runs"), "{why}");
    let json = office.place.json(&["explain", "p07@contoso.example", "--json"]);
    assert!(json["last_sent"].is_string() && json["last_error"].is_null(), "{json}");
    assert_eq!(office.place.run(&["findings", "--all"]).code, 0);
}
