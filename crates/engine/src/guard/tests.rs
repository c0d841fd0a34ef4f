use super::*;
use crate::plan::{AttributeChange, Kind};

fn change(action: Action, number: usize, attributes: Vec<AttributeChange>) -> Change {
    Change {
        action,
        kind: Kind::User,
        anchor: Anchor::from_text(&format!("anchor{number:04}")),
        source_dn: format!("CN=u{number}").into(),
        target_id: None,
        upn: format!("u{number}@example.com").into(),
        reason: "".into(),
        attributes: attributes.into(),
        members_before: 0,
        held: None,
    }
}

fn edit(name: &'static str, from: Option<Value>, to: Option<Value>) -> AttributeChange {
    AttributeChange::new(name, from, to)
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

fn delete(number: usize) -> Change {
    change(Action::Delete, number, Vec::new())
}

fn disable(number: usize) -> Change {
    change(Action::Update, number, vec![edit("accountEnabled", Some(Value::Boolean(true)), Some(Value::Boolean(false)))])
}

fn clear(number: usize) -> Change {
    change(Action::Update, number, vec![edit("title", text("Buyer"), None)])
}

fn rename(number: usize) -> Change {
    change(Action::Update, number, vec![edit("userPrincipalName", text(&format!("u{number}@a.b")), text(&format!("v{number}@a.b")))])
}

fn judged(changes: Vec<Change>, recent: &Recent) -> Plan {
    judged_by(changes, recent, Adopt::Allow)
}

fn judged_by(changes: Vec<Change>, recent: &Recent, adopt: Adopt) -> Plan {
    let mut plan =
        Plan { verdict: Verdict::Proceed, held_because: Vec::new(), changes, findings: Vec::new(), unchanged: 0, licences: Vec::new() };
    judge(&mut plan, recent, &Guard::default(), adopt);
    let once = plan.clone();
    judge(&mut plan, recent, &Guard::default(), adopt);
    assert_eq!(plan, once, "judging twice gives the same");
    plan
}

fn held_because(make: fn(usize) -> Change, count: usize, synced: usize) -> Vec<&'static str> {
    judged((0..count).map(make).collect(), &Recent { synced, ..Recent::default() }).held_because
}

// Covers: D6
#[test]
fn the_share_holds_only_above_five_per_cent_and_three_objects() {
    for (make, code) in [
        (delete as fn(usize) -> Change, TOO_MANY_DELETES),
        (disable, TOO_MANY_DISABLES),
        (clear, ATTRIBUTE_CLEARED),
        (rename, TOO_MANY_RENAMES),
    ] {
        assert_eq!(held_because(make, 3, 3), [""; 0], "{code}: three objects are always allowed");
        assert_eq!(held_because(make, 4, 80), [""; 0], "{code}: exactly five per cent");
        assert_eq!(held_because(make, 4, 79), [code], "{code}: more than five per cent");
        assert_eq!(held_because(make, 50, 1000), [""; 0], "{code}");
        assert_eq!(held_because(make, 51, 1000), [code], "{code}");
    }
}

#[test]
fn the_count_holds_deletes_and_disables_only() {
    for (make, code) in [(delete as fn(usize) -> Change, TOO_MANY_DELETES), (disable, TOO_MANY_DISABLES)] {
        assert_eq!(held_because(make, 100, 100_000), [""; 0]);
        assert_eq!(held_because(make, 101, 100_000), [code]);
    }
    assert_eq!(held_because(clear, 500, 100_000), [""; 0]);
    assert_eq!(held_because(rename, 500, 100_000), [""; 0]);
}

#[test]
fn the_last_24_hours_count_and_an_object_once() {
    let recent = |numbers: std::ops::Range<usize>| numbers.map(|number| delete(number).anchor).collect::<BTreeSet<_>>();
    let held = |recent: Recent, planned: Vec<Change>| judged(planned, &recent).held_because;
    let three_gone = Recent { synced: 97, deleted: recent(0..3), ..Recent::default() };
    assert_eq!(held(three_gone.clone(), vec![delete(3), delete(4)]), [""; 0], "five of what were a hundred");
    assert_eq!(held(three_gone, vec![delete(3), delete(4), delete(5)]), [TOO_MANY_DELETES]);
    let same = Recent { synced: 100, disabled: recent(0..5), ..Recent::default() };
    assert_eq!(held(same, (0..5).map(disable).collect()), [""; 0], "the same objects once more");
    let cleared = Recent {
        synced: 20,
        cleared: BTreeMap::from([("title".to_owned(), recent(0..3)), ("mobile".to_owned(), recent(3..9))]),
        ..Recent::default()
    };
    assert_eq!(held(cleared.clone(), vec![clear(1)]), [""; 0]);
    assert_eq!(held(cleared, vec![clear(9)]), [ATTRIBUTE_CLEARED]);
}

// Covers: D8
#[test]
fn what_is_over_the_limit_waits_and_the_rest_proceeds() {
    let mut changes: Vec<_> = (0..4).map(delete).collect();
    changes.extend([change(Action::Create, 10, Vec::new()), change(Action::Join, 11, Vec::new()), clear(12), disable(13)]);
    let plan = judged(changes, &Recent { synced: 20, ..Recent::default() });
    let held: Vec<_> = plan.changes.iter().filter(|change| change.held.is_some()).map(|change| change.action).collect();
    assert_eq!((held, plan.verdict), (vec![Action::Delete; 4], Verdict::Held));
}

#[test]
fn joins_and_creates_do_not_count_but_joins_may_wait() {
    let joins = || (0..30).map(|number| change(Action::Join, number, disable(number).attributes.all().into_owned())).collect::<Vec<_>>();
    assert_eq!(judged(joins(), &Recent::default()).held_because, [""; 0]);
    let plan = judged_by(joins(), &Recent::default(), Adopt::Ask);
    assert_eq!(plan.held_because, [ADOPTION]);
    assert!(plan.changes.iter().all(|change| change.held == Some(ADOPTION)));
}

// Covers: D5, D10
#[test]
fn nothing_but_creates_proceeds_when_the_source_is_another() {
    for (recent, code) in [
        (Recent { synced: 1000, scope_changed: true, ..Recent::default() }, SCOPE_CHANGED),
        (Recent { synced: 1000, flows_changed: true, ..Recent::default() }, FLOWS_CHANGED),
        (Recent { synced: 1000, rights_changed: true, ..Recent::default() }, RIGHTS_CHANGED),
        (Recent { synced: 1000, identity_changed: true, ..Recent::default() }, IDENTITY_CHANGED),
    ] {
        let plain = change(Action::Update, 3, vec![edit("title", None, text("Buyer"))]);
        let plan = judged(vec![change(Action::Create, 1, Vec::new()), change(Action::Restore, 2, Vec::new()), plain], &recent);
        assert_eq!(plan.changes.iter().map(|change| change.held).collect::<Vec<_>>(), [None, Some(code), Some(code)]);
    }
}

#[test]
fn nothing_at_all_proceeds_from_an_older_copy() {
    let recent = Recent { synced: 1000, source_restored: true, ..Recent::default() };
    let plan = judged(vec![change(Action::Create, 1, Vec::new()), clear(2)], &recent);
    assert_eq!(plan.changes.iter().map(|change| change.held).collect::<Vec<_>>(), [Some(SOURCE_RESTORED); 2]);
}

#[test]
fn people_who_cannot_be_seen_hold_a_plan_without_changes_when_the_source_is_not_what_it_was() {
    let emptied = Recent { synced: 3, scope_emptied: vec!["OU=Staff".into()], ..Recent::default() };
    assert_eq!(judged(Vec::new(), &emptied).verdict, Verdict::Proceed);
    assert_eq!(judged(Vec::new(), &Recent { synced: 3, unseen: 3, ..Recent::default() }).verdict, Verdict::Proceed);
    let plan = judged(Vec::new(), &Recent { unseen: 3, ..emptied });
    assert_eq!((plan.verdict, plan.held_because), (Verdict::Held, vec![SCOPE_EMPTY]));
}

#[test]
fn harm_waits_when_a_scope_is_empty_or_gone() {
    for (recent, code) in [
        (Recent { synced: 1000, scope_vanished: vec!["OU=Staff".into()], ..Recent::default() }, SCOPE_VANISHED),
        (Recent { synced: 1000, scope_emptied: vec!["OU=Staff".into()], ..Recent::default() }, SCOPE_EMPTY),
    ] {
        let plain = change(Action::Update, 3, vec![edit("title", None, text("Buyer"))]);
        let plan = judged(vec![delete(1), disable(2), plain], &recent);
        assert_eq!(plan.changes.iter().map(|change| change.held).collect::<Vec<_>>(), [Some(code), Some(code), None]);
    }
}

#[test]
fn whoever_takes_a_held_name_waits_too() {
    let taker = change(Action::Create, 9, vec![edit("userPrincipalName", None, text("U0@example.com"))]);
    let other = change(Action::Create, 10, vec![edit("userPrincipalName", None, text("u99@example.com"))]);
    let mut changes: Vec<_> = (0..4).map(delete).collect();
    changes.extend([taker, other]);
    let plan = judged(changes, &Recent { synced: 10, ..Recent::default() });
    assert_eq!(plan.changes.iter().skip(4).map(|change| change.held).collect::<Vec<_>>(), [Some(TOO_MANY_DELETES), None]);
}

#[test]
fn references_to_what_waits_are_left_out() {
    let boss = change(Action::Join, 1, Vec::new());
    let manager = || edit("manager", None, Some(Value::Reference(boss.anchor.clone())));
    let create = change(Action::Create, 2, vec![edit("displayName", None, text("Ana")), manager()]);
    let update = change(Action::Update, 3, vec![manager()]);
    let plan = judged_by(vec![boss.clone(), create, update], &Recent::default(), Adopt::Ask);
    assert_eq!(
        plan.changes.iter().map(|change| (change.action, change.attributes.all().len())).collect::<Vec<_>>(),
        [(Action::Join, 0), (Action::Create, 1)]
    );
    assert_eq!(plan.unchanged, 1);
}

#[test]
fn renames_are_told_from_capitals_and_additions() {
    let update = |name, from, to| change(Action::Update, 1, vec![edit(name, from, to)]);
    let proxies = |list: &[&str]| Some(Value::Texts(list.iter().map(|proxy| Box::from(*proxy)).collect()));
    assert!(is_rename(&update("mail", text("a@x.y"), text("b@x.y"))));
    assert!(is_rename(&update("proxyAddresses", proxies(&["SMTP:a@x.y"]), proxies(&["SMTP:b@x.y", "smtp:a@x.y"]))));
    assert!(!is_rename(&update("proxyAddresses", proxies(&["SMTP:a@x.y"]), proxies(&["SMTP:A@x.y", "smtp:b@x.y"]))));
    assert!(!is_rename(&update("userPrincipalName", text("a@x.y"), text("A@X.y"))));
    assert!(!is_rename(&update("mail", None, text("b@x.y"))));
    assert!(!is_rename(&update("title", text("a"), text("b"))));
}

fn members(number: usize, before: usize, leave: usize, come: usize) -> Change {
    let list = |count: usize| (count > 0).then(|| Value::References((0..count).map(|one| Anchor::from_text(&one.to_string())).collect()));
    let attributes = vec![edit("member", list(leave), list(come))];
    Change { kind: Kind::Group, members_before: before, ..change(Action::Member, number, attributes) }
}

// Covers: D6
#[test]
fn a_group_may_not_lose_more_than_a_fifth_of_its_members_in_a_day() {
    let held = |change: Change, recent: &Recent| judged(vec![change], recent).changes.first().and_then(|change| change.held);
    let calm = Recent::default();
    assert_eq!(held(members(1, 20, 20, 0), &calm), None, "a small group may change as it likes");
    assert_eq!(held(members(1, 100, 20, 0), &calm), None, "exactly a fifth");
    assert_eq!(held(members(1, 100, 21, 500), &calm), Some(MEMBERS_REMOVED), "who comes makes no difference");
    assert_eq!(held(members(1, 100, 0, 500), &calm), None);
    let anchor = members(1, 0, 0, 0).anchor;
    let earlier = Recent { members_removed: BTreeMap::from([(anchor, 15)]), ..Recent::default() };
    assert_eq!(held(members(1, 85, 5, 0), &earlier), None);
    assert_eq!(held(members(1, 85, 6, 0), &earlier), Some(MEMBERS_REMOVED), "15 of 100 have left before");
    assert_eq!(held(members(2, 85, 6, 0), &earlier), None, "another group");
    assert_eq!(held(members(1, 15, 6, 0), &earlier), Some(MEMBERS_REMOVED), "it had 30 a day ago");
}

// Covers: D6
#[test]
fn shares_are_of_a_class_and_the_count_is_of_all() {
    let of = |kind, numbers: std::ops::Range<usize>| numbers.map(move |number| Change { kind, ..delete(number) });
    let synced_by_kind = BTreeMap::from([(Kind::User, 1_000), (Kind::Group, 79), (Kind::Contact, 3)]);
    let recent = Recent { synced: 1_082, synced_by_kind, ..Recent::default() };
    let held = |changes: Vec<Change>, recent: &Recent| -> BTreeSet<Kind> {
        judged(changes, recent).changes.iter().filter(|change| change.held.is_some()).map(|change| change.kind).collect()
    };
    let four_each = || of(Kind::User, 0..4).chain(of(Kind::Group, 10..14)).chain(of(Kind::Contact, 20..23)).collect::<Vec<_>>();
    assert_eq!(held(four_each(), &recent), BTreeSet::from([Kind::Group]), "4 of 79 groups are more than a share of 1,000 users");
    let all = of(Kind::User, 0..50).chain(of(Kind::Group, 100..103)).chain(of(Kind::Contact, 200..248)).collect();
    assert_eq!(held(all, &recent).len(), 3, "101 deletes of all classes together");
    let gone = |number: usize| delete(number).anchor;
    let kinds = BTreeMap::from([(gone(90), Kind::Group), (gone(91), Kind::Group)]);
    let earlier = Recent { deleted: [gone(90), gone(91), gone(92)].into(), kinds, ..recent };
    assert_eq!(held(of(Kind::Group, 10..12).collect(), &earlier), BTreeSet::new(), "4 of 81 groups: two went before");
    assert_eq!(held(of(Kind::Group, 10..13).collect(), &earlier), BTreeSet::from([Kind::Group]));
    assert_eq!(held(of(Kind::User, 0..49).collect(), &earlier), BTreeSet::new(), "50 of 1,001 users");
    let retitled = |kind, number| Change { kind, ..clear(number) };
    let mixed = |groups: usize| {
        (0..10).map(|number| retitled(Kind::User, number)).chain((10..10 + groups).map(|number| retitled(Kind::Group, number)))
    };
    assert_eq!(held(mixed(3).collect(), &earlier), BTreeSet::new());
    assert_eq!(held(mixed(5).collect(), &earlier), BTreeSet::from([Kind::Group]));
}

// Covers: D1
#[test]
fn a_delete_without_a_tombstone_waits_for_a_person() {
    let recent = Recent { synced: 1_000, unproven: [delete(1).anchor].into(), ..Recent::default() };
    let plan = judged(vec![delete(1), delete(2)], &recent);
    assert_eq!(plan.changes.iter().map(|change| change.held).collect::<Vec<_>>(), [Some(NO_TOMBSTONE), None]);
}

#[test]
fn what_was_undone_waits_and_only_that() {
    let recent = Recent { synced: 1_000, undone: [rename(1).digest()].into(), ..Recent::default() };
    let plan = judged(vec![rename(1), rename(2)], &recent);
    assert_eq!(plan.changes.iter().map(|change| change.held).collect::<Vec<_>>(), [Some(UNDONE), None]);
}

#[test]
fn who_stands_by_sends_nothing_and_still_says_what_would_be_held() {
    let recent = Recent { synced: 10, staging: true, ..Recent::default() };
    let changes = vec![change(Action::Create, 1, Vec::new()), delete(2), delete(3), delete(4), delete(5)];
    let plan = judged(changes, &recent);
    assert_eq!(plan.changes.iter().map(|change| change.held).collect::<Vec<_>>()[..2], [Some(STAGING), Some(TOO_MANY_DELETES)]);
    assert_eq!(plan.held_because, [STAGING, TOO_MANY_DELETES]);
    assert_eq!(judged(Vec::new(), &recent).verdict, Verdict::Proceed, "nothing waits");
}
