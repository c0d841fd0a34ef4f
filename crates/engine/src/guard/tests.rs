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
        attributes,
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
    let mut plan = Plan { verdict: Verdict::Proceed, held_because: Vec::new(), changes, findings: Vec::new(), unchanged: 0 };
    judge(&mut plan, recent, &Guard::default(), adopt);
    let once = plan.clone();
    judge(&mut plan, recent, &Guard::default(), adopt);
    assert_eq!(plan, once, "judging twice gives the same");
    plan
}

fn held_because(make: fn(usize) -> Change, count: usize, synced: usize) -> Vec<&'static str> {
    judged((0..count).map(make).collect(), &Recent { synced, ..Recent::default() }).held_because
}

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
    let joins = || (0..30).map(|number| change(Action::Join, number, disable(number).attributes)).collect::<Vec<_>>();
    assert_eq!(judged(joins(), &Recent::default()).held_because, [""; 0]);
    let plan = judged_by(joins(), &Recent::default(), Adopt::Ask);
    assert_eq!(plan.held_because, [ADOPTION]);
    assert!(plan.changes.iter().all(|change| change.held == Some(ADOPTION)));
}

#[test]
fn nothing_but_creates_proceeds_when_the_source_is_another() {
    for (recent, code) in [
        (Recent { synced: 1000, scope_changed: true, ..Recent::default() }, SCOPE_CHANGED),
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
        plan.changes.iter().map(|change| (change.action, change.attributes.len())).collect::<Vec<_>>(),
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
