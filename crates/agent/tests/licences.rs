//! Licences by rule in plans that are saved, shown and approved, against a real tenant.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod world;

use std::path::{Path, PathBuf};

use samesign_agent::{AgentError, Mode, PlanFile, RunReport, SyncOptions};
use samesign_engine::{Adopt, LicenceRule};
use serde_json::{Value, json};
use world::{OFFICE, World};

const SKU: &str = "ENTERPRISEPACK";
const BY_HAND: &str = "O365_BUSINESS_PREMIUM";

/// Ana and Bob, both in Germany; whoever is in the office gets a licence.
async fn office() -> World {
    let mut world = World::new().await;
    for name in ["ana", "bob"] {
        world.hire(name).set("msExchUsageLocation", "DE");
    }
    world.rules.licences = vec![LicenceRule { sku: SKU.into(), ou: Some(OFFICE.into()), group: None }];
    world
}

async fn saved(world: &World) -> (PathBuf, Value) {
    let path = world.folder.path().join("plan.json");
    let mut text = Vec::new();
    world.plan().await.write(&mut text).unwrap();
    std::fs::write(&path, &text).unwrap();
    (path, serde_json::from_slice(&text).unwrap())
}

async fn sync_plan(world: &World, path: &Path) -> Result<RunReport, AgentError> {
    let file = PlanFile::read(path).unwrap();
    world.agent(Mode::Write).sync(SyncOptions { full: false, plan_file: Some(&file), confirm: &mut |_| true }).await
}

fn holds(world: &World, name: &str) -> usize {
    world.users()[name]["assignedLicenses"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn a_saved_plan_gives_the_licences_that_it_tells_and_no_others() {
    let mut world = office().await;
    let (path, file) = saved(&world).await;
    let given: Vec<(&Value, &Value)> = file["licences"].as_array().unwrap().iter().map(|user| (&user["upn"], &user["licences"])).collect();
    let change = json!({"from": [], "to": [SKU]});
    assert_eq!(given, [(&json!("ana@contoso.example"), &change), (&json!("bob@contoso.example"), &change)], "{file}");
    assert!(world.plan().await.plan.to_string().contains("licences to 2 users"));

    // Cy is not in the file: both account and licence wait.
    world.hire("cy").set("msExchUsageLocation", "DE");
    let report = sync_plan(&world, &path).await.unwrap();
    assert_eq!((report.changes(), report.licences), (2, 2), "{report}");
    assert_eq!((holds(&world, "ana"), holds(&world, "bob")), (1, 1));
    let rest = world.sync().await;
    assert_eq!((rest.changes(), rest.licences, holds(&world, "cy")), (1, 1, 1), "what waited is not forgotten: {rest}");
    assert_eq!(world.sync().await.licences, 0);
}

#[tokio::test]
async fn a_saved_plan_of_which_a_licence_is_another_now_is_refused_whole() {
    let mut world = office().await;
    world.sync().await;
    world.hire("cy").set("msExchUsageLocation", "DE");
    world.rules.licences.push(LicenceRule { sku: "EXCHANGESTANDARD".into(), ou: Some(OFFICE.into()), group: None });
    let (path, file) = saved(&world).await;
    let of = |upn: &str| file["licences"].as_array().unwrap().iter().find(|user| user["upn"] == upn).unwrap()["licences"].clone();
    assert_eq!(of("ana@contoso.example"), json!({"from": [SKU], "to": [SKU, "EXCHANGESTANDARD"]}), "before and after: {file}");
    world.rules.licences.pop();
    let refused = sync_plan(&world, &path).await.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(refused.contains("licence user ana@contoso.example"), "{refused}");
    assert!(!world.users().contains_key("cy"), "nothing of it is sent");

    // A licence is all that is left to give: it is asked about like any other change.
    world.people.remove("cy");
    world.rules.licences.push(LicenceRule { sku: "EXCHANGESTANDARD".into(), ou: Some(OFFICE.into()), group: None });
    let no = world.agent(Mode::Write).sync(SyncOptions { full: false, plan_file: None, confirm: &mut |_| false }).await;
    assert!(matches!(no, Err(AgentError::Declined)));
    assert_eq!(holds(&world, "ana"), 1);
    assert_eq!(world.sync().await.licences, 2, "whoever said no is asked again");
}

#[tokio::test]
async fn what_somebody_holds_already_is_not_planned_and_counts_as_given() {
    let mut world = office().await;
    world.adopt = Adopt::Allow;
    world.rules.licences[0].sku = BY_HAND.into();
    world.cloud_user("ana");
    world.person("ana").set("mail", "ana@contoso.example");
    let plan = world.plan().await.plan;
    let upns: Vec<&str> = plan.licences.iter().map(|licence| &*licence.upn).collect();
    assert_eq!(upns, ["bob@contoso.example"], "Ana has it by hand: {plan}");
    assert_eq!(world.sync().await.licences, 1);
    world.admin.remove_licence("ana@contoso.example", BY_HAND).unwrap();
    world.person("ana").set("title", "Boss");
    let after = world.sync().await;
    assert_eq!((after.licences, holds(&world, "ana")), (0, 0), "what a person took away is not given again: {after}");
}
