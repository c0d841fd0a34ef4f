//! Groups and contacts against a real tenant.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod world;

use std::rc::Rc;
use std::time::Duration;

use samesign_agent::{Mode, SyncOptions};
use samesign_engine::{Action, Adopt, LicenceRule, Value};
use world::groups::dn;
use world::proxy::{Fault, Proxy};
use world::{BASE, Later, OFFICE, World, codes};

/// Ana, Bob and Cy; staff holds all three and boss, boss holds Ana.
async fn office() -> World {
    let mut world = World::new().await;
    ["ana", "bob", "cy"].into_iter().for_each(|name| {
        world.hire(name);
    });
    let boss = world.group("boss").admit([dn("ana")]).dn();
    world.group("staff").set("description", &["Everybody"]).admit([dn("ana"), dn("bob"), dn("cy"), boss]);
    world
}

#[tokio::test]
async fn groups_come_with_their_members_and_a_second_sync_sends_nothing() {
    let mut world = office().await;
    let first = world.sync().await;
    assert_eq!((first.count(Action::Create), first.count(Action::Member), first.references), (5, 2, 5), "{first}");
    assert_eq!(world.cloud_members("staff"), world.anchors(&["ana", "bob", "cy", "boss"]));
    assert_eq!(world.cloud_members("boss"), world.anchors(&["ana"]));
    let staff = world.cloud_group("staff").unwrap();
    assert!(staff.security_enabled && staff.synced == Some(true));
    assert_eq!((staff.display_name.as_str(), staff.description.as_deref()), ("staff", Some("Everybody")));
    let second = world.sync().await;
    assert_eq!((second.changes(), second.references, second.synced), (0, 0, 5), "{second}");

    world.the("staff").expel(&dn("bob")).set("description", &["Nearly everybody"]);
    let third = world.sync().await;
    assert_eq!((third.count(Action::Update), third.count(Action::Member), third.references), (1, 1, 1), "{third}");
    assert_eq!(world.cloud_members("staff"), world.anchors(&["ana", "cy", "boss"]));
    assert_eq!(world.sync().await.changes(), 0);
    let full = world.sync_full().await;
    assert_eq!((full.changes(), full.references), (0, 0), "what the service reads back is what was sent: {full}");
}

#[tokio::test]
async fn whoever_comes_or_goes_comes_into_and_leaves_their_groups() {
    let mut world = office().await;
    world.sync().await;
    // Out of the scope: the group's own object does not change.
    world.person("bob").ou = format!("OU=Other,{BASE}");
    let moved = dn("bob").replace(OFFICE, &format!("OU=Other,{BASE}"));
    world.the("staff").expel(&dn("bob")).admit([moved.clone()]);
    let left = world.sync().await;
    assert_eq!((left.count(Action::Delete), left.count(Action::Member)), (1, 1), "{left}");
    assert_eq!(world.cloud_members("staff"), world.anchors(&["ana", "cy", "boss"]));
    assert_eq!(world.sync().await.changes(), 0);
    world.person("bob").ou = OFFICE.to_owned();
    world.the("staff").expel(&moved).admit([dn("bob")]);
    let back = world.sync().await;
    assert_eq!((back.count(Action::Restore), back.count(Action::Member)), (1, 1), "{back}");
    assert_eq!(world.cloud_members("staff"), world.anchors(&["ana", "bob", "cy", "boss"]));

    let person = world.people.remove("cy").unwrap();
    world.the("staff").expel(&dn("cy"));
    assert_eq!(world.sync().await.count(Action::Delete), 1);
    world.people.insert("cy".to_owned(), person);
    assert_eq!(world.sync().await.count(Action::Restore), 1);
    assert_eq!(world.cloud_members("staff"), world.anchors(&["ana", "bob", "boss"]), "a restored account does not bring its groups back");
    assert_eq!(world.sync().await.changes(), 0);
}

/// Nobody's own object changes but the person's: whoever could not be made before is a member once they are made.
#[tokio::test]
async fn somebody_whose_data_is_mended_comes_into_the_groups_that_name_them() {
    let mut world = office().await;
    world.cloud_user("dan");
    world.hire("dan").set("mail", "other@contoso.example");
    world.the("staff").admit([dn("dan")]);
    let first = world.sync().await;
    assert!(codes(&first).contains(&"match-mail-differs"), "{first}");
    assert_eq!(world.cloud_members("staff"), world.anchors(&["ana", "bob", "cy", "boss"]));
    world.adopt = Adopt::Allow;
    world.person("dan").set("mail", "dan@contoso.example");
    let mended = world.sync().await;
    assert_eq!((mended.count(Action::Join), mended.count(Action::Member), mended.references), (1, 1, 1), "{mended}");
    assert_eq!(world.cloud_members("staff"), world.anchors(&["ana", "bob", "cy", "boss", "dan"]));
    assert_eq!(world.sync().await.changes(), 0);
}

#[tokio::test]
async fn a_large_group_is_sent_once_and_then_by_differences() {
    let mut world = World::new().await;
    let crowd = world.hire_crowd(3_000);
    world.group("all").admit(crowd.iter().take(2_990).cloned());
    let first = world.sync().await;
    assert_eq!((first.count(Action::Create), first.count(Action::Member), first.references), (3_001, 1, 2_990), "{first}");
    assert_eq!(world.cloud_members("all").len(), 2_990);
    // Five come, five leave.
    for dn in &crowd[..5] {
        world.the("all").expel(dn);
    }
    world.the("all").admit(crowd[2_990..2_995].iter().cloned());
    let plan = world.plan().await;
    let [change] = plan.plan.changes.as_slice() else { panic!("{:?}", plan.plan.changes.len()) };
    let edit = &change.attributes.of_known()[0];
    let count = |value: Option<&Value>| if let Some(Value::References(anchors)) = value { anchors.len() } else { 0 };
    assert_eq!((count(edit.to.as_ref()), count(edit.from.as_deref())), (5, 5));
    let second = world.sync().await;
    assert_eq!((second.changes(), second.references), (1, 10), "{second}");
    assert_eq!(world.cloud_members("all").len(), 2_990);
    assert_eq!(world.sync().await.changes(), 0);
}

#[tokio::test]
async fn a_group_is_deleted_and_comes_back_as_another_one() {
    let mut world = office().await;
    world.sync().await;
    let id = world.cloud_group("staff").unwrap().id;
    let staff = world.things["staff"].clone();
    world.the("staff").ou = format!("OU=Other,{BASE}");
    let gone = world.sync().await;
    assert_eq!((gone.count(Action::Delete), gone.synced), (1, 4), "{gone}");
    assert!(world.cloud_group("staff").is_none());
    world.things.insert("staff".to_owned(), staff);
    let back = world.sync().await;
    assert_eq!((back.count(Action::Create), back.count(Action::Member)), (1, 1), "{back}");
    assert_ne!(world.cloud_group("staff").unwrap().id, id, "the service cannot restore a group");
    assert_eq!(world.cloud_members("staff"), world.anchors(&["ana", "bob", "cy", "boss"]));
    assert_eq!(world.sync().await.changes(), 0);
}

#[tokio::test]
async fn a_contact_comes_changes_and_goes() {
    let mut world = World::new().await;
    world.contact("eve");
    world.group("list").admit([dn("eve")]);
    let first = world.sync().await;
    assert_eq!((first.count(Action::Create), first.count(Action::Member)), (2, 1), "{first}");
    let eve = world.cloud_contact("eve").unwrap();
    assert_eq!((eve.display_name.as_str(), eve.mail.as_deref()), ("eve", Some("eve@partner.example")));
    assert_eq!(world.cloud_members("list"), world.anchors(&["eve"]));
    world.the("eve").set("displayName", &["Eve of Partner"]);
    assert_eq!(world.sync().await.count(Action::Update), 1);
    assert_eq!(world.cloud_contact("eve").unwrap().display_name, "Eve of Partner");
    assert_eq!(world.sync().await.changes(), 0);
    world.the("list").expel(&dn("eve"));
    let eve = world.things.remove("eve").unwrap();
    let gone = world.sync().await;
    assert_eq!(gone.count(Action::Delete), 1, "{gone}");
    world.things.insert("eve".to_owned(), eve);
    assert!(world.cloud_contact("eve").is_none());
}

#[tokio::test]
async fn a_class_that_is_left_out_is_not_made_and_leaving_it_out_later_waits_for_a_person() {
    let mut world = office().await;
    world.rules.kinds.groups = false;
    assert_eq!((world.sync().await.count(Action::Create), world.cloud_group("staff").is_none()), (3, true));
    world.rules.kinds.groups = true;
    let on = world.sync().await;
    assert_eq!((on.count(Action::Create), on.count(Action::Member), on.held), (2, 2, 0), "creates go on: {on}");
    world.rules.kinds.groups = false;
    let off = world.sync().await;
    assert_eq!((off.changes(), off.held), (0, 2), "{off}");
    assert!(off.held_because.contains(&"scope-changed"), "{off}");
}

#[tokio::test]
async fn only_members_of_the_named_group_take_part() {
    let mut world = office().await;
    world.hire("dan");
    world.rules.members_of = vec![world.things["staff"].dn().into()];
    world.the("staff").expel(&dn("ana")).expel(&dn("cy"));
    let first = world.sync().await;
    // Ana through the nested group, which takes part itself.
    assert_eq!((world.synced(), first.synced), (vec!["ana".to_owned(), "bob".to_owned()], 3), "{first}");
    world.the("boss").admit([dn("dan")]);
    assert_eq!(world.sync().await.count(Action::Create), 1);
    assert_eq!(world.synced(), ["ana", "bob", "dan"]);
    world.the("staff").expel(&dn("bob"));
    let left = world.sync().await;
    assert_eq!((left.count(Action::Delete), world.synced()), (1, vec!["ana".to_owned(), "dan".to_owned()]), "{left}");
    // The group itself vanishes: nobody leaves.
    let staff = world.things.remove("staff").unwrap();
    let vanished = world.sync().await;
    assert_eq!((vanished.changes(), world.synced().len()), (0, 2), "{vanished}");
    world.things.insert("staff".to_owned(), staff);
    assert_eq!(world.sync().await.changes(), 0);
}

/// Their delete is held, so they stay members; once a person approves it they leave their groups with the account.
// Covers: D8
#[tokio::test]
async fn whoever_waits_to_be_deleted_stays_a_member_until_then() {
    let mut world = World::new().await;
    world.hire_many(20);
    let everybody: Vec<String> = world.people.keys().map(|name| dn(name)).collect();
    world.group("all").admit(everybody);
    world.sync().await;
    let leavers = ["p000", "p001", "p002", "p003"].map(|name| {
        world.the("all").expel(&dn(name));
        world.people.remove(name).unwrap()
    });
    let held = world.sync().await;
    assert_eq!((held.changes(), held.held, world.cloud_members("all").len()), (0, 4, 20), "{held}");
    world.agent(Mode::Write).approve(&samesign_agent::Approve::Run(held.run)).unwrap();
    let done = world.sync().await;
    assert_eq!((done.count(Action::Delete), done.count(Action::Member)), (4, 1), "{done}");
    assert_eq!(world.sync().await.changes(), 0);
    let [back, ..] = leavers;
    world.people.insert("p000".to_owned(), back);
    assert_eq!(world.sync().await.count(Action::Restore), 1);
    assert_eq!(world.cloud_members("all").len(), 16, "a restored account does not bring its groups back");
}

/// Planning what changed gives what planning everything gives, whoever comes, goes, moves or is named by whom.
#[tokio::test]
async fn a_plan_of_what_changed_is_the_plan_of_everything() {
    let mut world = office().await;
    world.guard.deletes_percent_max = 100;
    let crowd = world.hire_crowd(12);
    world.group("all").admit(crowd.iter().cloned()).admit([dn("staff")]);
    world.the("boss").set("managedBy", &[&crowd[3]]);
    world.contact("eve");
    world.the("staff").admit([dn("eve"), format!("CN=nobody,{BASE}")]);
    world.sync().await;
    let other = format!("OU=Other,{BASE}");
    let mut dice = 7_u32;
    for step in 0..14 {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let who = format!("c{:04}", (dice >> 16) % 12);
        let dns = (format!("CN={who},{OFFICE}"), format!("CN={who},{other}"));
        match step % 7 {
            0 => drop(world.the("all").expel(&crowd[(dice >> 8) as usize % 12])),
            // Somebody moves out, and back: Active Directory writes the new DN into every group.
            1 | 4 => {
                let moves_out = world.things[&who].ou == OFFICE;
                let (from, to, ou) = if moves_out { (&dns.0, &dns.1, other.clone()) } else { (&dns.1, &dns.0, OFFICE.to_owned()) };
                world.the(&who).ou = ou;
                for group in world.things.values_mut().filter(|thing| thing.class == "group") {
                    let members = group.attributes.entry("member").or_default();
                    members.iter_mut().filter(|dn| *dn == from).for_each(|dn| dn.clone_from(to));
                }
            }
            2 => drop(world.the(&who).set("title", &[&format!("Title {step}")])),
            3 => drop(world.the("staff").admit([dns.0.clone()])),
            5 => drop(world.the("boss").set("description", &[&format!("Step {step}")])),
            _ => {
                let hired = world.hire_crowd_from(20 + step, 1);
                world.the("boss").admit(hired);
            }
        }
        let partial = world.agent(Mode::Read).plan(false).await.unwrap();
        let whole = world.agent(Mode::Read).plan(true).await.unwrap();
        let shown = |report: &samesign_agent::PlanReport| serde_json::to_string_pretty(&report.plan.changes).unwrap();
        assert_eq!(shown(&partial), shown(&whole), "step {step}");
        let done = world.sync().await;
        assert_eq!(done.held, 0, "{done}");
    }
    assert_eq!(world.sync().await.changes(), 0);
}

async fn behind_a_proxy() -> (World, Proxy) {
    let mut world = World::new().await;
    let proxy = Proxy::start(world.server.address()).await;
    world.endpoint = Some(format!("https://localhost:{}", proxy.address.port()));
    let crowd = world.hire_crowd(200);
    world.group("all").admit(crowd);
    world.sync().await;
    (world, proxy)
}

#[tokio::test]
async fn a_lost_reply_about_members_ends_with_the_right_members() {
    let (mut world, proxy) = behind_a_proxy().await;
    let members: Vec<String> = world.things["all"].attributes["member"].clone();
    for dn in &members[..150] {
        world.the("all").expel(dn);
    }
    world.guard.deletes_percent_max = 100;
    for fault in [Fault::LoseReply, Fault::LoseRequest] {
        proxy.next(fault);
        let report = world.sync().await;
        // More than a fifth of a large group: a person must look.
        assert!(report.held_because.contains(&"members-removed"), "{report}");
        world.agent(Mode::Write).approve(&samesign_agent::Approve::Run(report.run)).unwrap();
        let report = world.sync().await;
        assert_eq!(report.count(Action::Member), 1, "{report}");
        assert!(proxy.has_struck());
        let wanted = world.things["all"].attributes["member"].len();
        assert_eq!(world.cloud_members("all").len(), wanted, "{report}");
        assert_eq!(world.sync().await.changes(), 0);
        world.the("all").attributes.insert("member", members.clone());
        world.sync().await;
        for dn in &members[..140] {
            world.the("all").expel(dn);
        }
    }
}

#[tokio::test]
async fn a_run_that_is_cut_off_between_members_is_repaired_by_the_next() {
    let (mut world, proxy) = behind_a_proxy().await;
    let members: Vec<String> = world.things["all"].attributes["member"].clone();
    let fresh = world.hire_crowd_from(200, 150);
    world.sync().await;
    world.the("all").admit(fresh.iter().cloned());
    proxy.next(Fault::Stall);
    let mut agent = world.agent(Mode::Write);
    let mut yes = |_: &samesign_engine::Plan| true;
    let cut_off = tokio::time::timeout(Duration::from_secs(8), agent.sync(SyncOptions { full: false, plan_file: None, confirm: &mut yes }));
    assert!(cut_off.await.is_err() && proxy.has_struck(), "the run hangs at the members");
    drop(agent);
    // Meanwhile they leave again: only the service knows that they ever came.
    world.the("all").attributes.insert("member", members.clone());
    let mut agent = world.agent(Mode::Write).with_clock(Rc::new(Later(16 * 60)));
    let report = agent.sync(SyncOptions { full: false, plan_file: None, confirm: &mut yes }).await.unwrap();
    assert_eq!(report.held, 1, "150 of 350 members leave: {report}");
    agent.approve(&samesign_agent::Approve::Run(report.run)).unwrap();
    let report = agent.sync(SyncOptions { full: false, plan_file: None, confirm: &mut yes }).await.unwrap();
    assert_eq!((report.count(Action::Member), report.references), (1, 150), "{report}");
    assert_eq!(world.cloud_members("all").len(), members.len());
}

#[tokio::test]
async fn a_licence_is_given_by_rule_once() {
    let mut world = office().await;
    world.person("ana").set("msExchUsageLocation", "DE");
    world.person("bob").set("msExchUsageLocation", "DE");
    let sku = "ENTERPRISEPACK";
    world.rules.licences = vec![LicenceRule { sku: sku.into(), ou: None, group: Some(world.things["staff"].dn().into()) }];
    let plan = world.plan().await;
    assert_eq!(plan.plan.licences.len(), 2, "{:?}", plan.plan.licences);
    let first = world.sync().await;
    assert_eq!(first.licences, 2, "{first}");
    assert!(codes(&first).contains(&"licence-no-usage-location"), "nobody knows where cy is: {first}");
    let has = |world: &World, name: &str| !world.users()[name]["assignedLicenses"].as_array().unwrap().is_empty();
    assert!(has(&world, "ana") && has(&world, "bob") && !has(&world, "cy"));
    assert_eq!(world.sync().await.licences, 0);
    world.admin.remove_licence("ana@contoso.example", sku).unwrap();
    world.person("ana").set("title", "Boss");
    let after = world.sync().await;
    assert_eq!((after.licences, has(&world, "ana")), (0, false), "what a person took back stays so: {after}");
    // Whoever comes into the group gets it, although nobody's own object changed.
    world.hire("dan").set("msExchUsageLocation", "FR");
    assert_eq!(world.sync().await.licences, 0);
    world.the("staff").admit([dn("dan")]);
    assert_eq!((world.sync().await.licences, has(&world, "dan")), (1, true));
}
