//! Groups of a real domain that lie outside of the scope and decide who takes part, and who gets a licence.

use std::rc::Rc;

use samesign_agent::RunReport;
use samesign_engine::{Action, Empty, Kind, LicenceRule, Make, OwnFlow};

use super::testbed::Domain;
use super::world::World;
use super::world_read_as;

async fn sync(world: &World) -> RunReport {
    let report = world.sync().await;
    assert!(report.complete, "{report}");
    report
}

#[tokio::test]
async fn groups_elsewhere_choose_who_takes_part_and_who_gets_a_licence() {
    let domain = Rc::new(Domain::start("agent-chosen", 18, "nthash"));
    let other = format!("OU=Other,{}", domain.fact("base_dn"));
    domain.change(&["add-group", "inner", &other, "u000003", "--", "add-group", "outer", &other, "inner", "u000000", "u000002"]);
    let mut world = world_read_as(&domain, "svc-samesign").await;
    world.passwords.enabled = false;
    let outer = format!("CN=outer,{other}");
    world.rules.members_of = vec![outer.as_str().into()];
    world.rules.licences = vec![LicenceRule { sku: "ENTERPRISEPACK".into(), ou: None, group: Some(outer.as_str().into()) }];
    domain.change(&["set", "u000000", "c=DE"]);
    world.rules.flows =
        vec![OwnFlow { kind: Kind::User, to: "usageLocation".into(), make: Make::First(vec!["c".into()]), empty: Empty::Ignore }];
    let first = sync(&world).await;
    assert_eq!((first.count(Action::Create), world.synced()), (2, vec!["u000000".to_owned(), "u000003".to_owned()]), "{first}");
    assert_eq!(first.licences, 1, "{first}");
    let second = sync(&world).await;
    assert_eq!((second.changes(), second.licences), (0, 0), "{second}");
    // The group is known by its objectGUID; whoever comes into the inner one takes part.
    domain.change(&["rename", "outer", "CN=outermost", "--", "member", "inner", "add", "u000006"]);
    let third = sync(&world).await;
    assert_eq!((third.count(Action::Create), world.synced().len()), (1, 3), "{third}");
    domain.change(&["member", "inner", "remove", "u000003"]);
    let left = sync(&world).await;
    assert_eq!((left.count(Action::Delete), world.synced().len()), (1, 2), "{left}");
    // Without the group nobody leaves.
    domain.change(&["delete", "outer"]);
    let gone = sync(&world).await;
    assert_eq!((gone.changes(), world.synced().len()), (0, 2), "{gone}");
    assert_eq!(domain.writes(), "", "the source is never written");
}
