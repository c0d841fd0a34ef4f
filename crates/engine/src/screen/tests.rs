use super::*;
use crate::plan::{Kind, Verdict};
use crate::{Anchor, Value};

fn change(action: Action, number: usize) -> Change {
    let attributes = match action {
        Action::Update => vec![AttributeChange::new("title", None, Some(Value::Text("Buyer".into())))],
        _ => Vec::new(),
    };
    let (anchor, upn) = (Anchor::from_text(&number.to_string()), format!("u{number}@example.com"));
    Change {
        action,
        kind: Kind::User,
        anchor,
        source_dn: format!("CN=u{number},OU=Staff,DC=example,DC=com").into(),
        target_id: None,
        upn: upn.into(),
        reason: "why".into(),
        attributes: attributes.into(),
        members_before: 0,
        held: None,
    }
}

fn screen(changes: Vec<Change>) -> String {
    Plan { verdict: Verdict::Proceed, held_because: Vec::new(), changes, findings: Vec::new(), unchanged: 3, licences: Vec::new() }
        .to_string()
}

#[test]
fn many_changes_are_grouped_and_shortened() {
    let mut changes: Vec<_> = (0..50).map(|number| change(Action::Create, number)).collect();
    changes.extend((50..70).map(|number| change(Action::Update, number)));
    changes.extend((70..90).map(|number| change(Action::Delete, number)));
    let screen = screen(changes);
    for line in [
        "to delete: 20 users",
        "    where: OU=Staff 20",
        "    why: why 20",
        "    … and 5 more",
        "to create: 50 users",
        "    … and 45 more",
        "    u0@example.com   OU=Staff",
        "    attributes: title 20",
        "    u50@example.com   title: (none) → Buyer",
        "    … and 15 more",
    ] {
        assert!(screen.lines().any(|shown| shown == line), "{line}\n{screen}");
    }
    assert!(screen.ends_with("20 to delete, 50 to create, 20 to update, 3 unchanged"));
}

/// A plan of 10,000 changes of every kind, a third of it held.
fn ten_thousand() -> Plan {
    let kinds = [Kind::User, Kind::User, Kind::User, Kind::Group, Kind::Contact];
    let ous = ["OU=Staff", "OU=Sales,OU=Staff", "OU=R\\, D,OU=Staff", "OU=Partners", "OU=A,OU=B,OU=C"];
    let changes = (0..10_000).map(|number| {
        let kind = kinds[number % kinds.len()];
        let action = match number % 20 {
            0 => Action::Delete,
            1..=5 => Action::Create,
            6 if kind == Kind::User => Action::Join,
            8 if kind == Kind::Group => Action::Member,
            _ => Action::Update,
        };
        let mut change = change(action, number);
        change.kind = kind;
        change.source_dn = format!("CN=u{number},{},DC=example,DC=com", ous[number % 7 % ous.len()]).into();
        change.held = match (action, kind) {
            (Action::Delete, _) => Some("too-many-deletes"),
            (Action::Join, _) => Some("adoption"),
            (Action::Update, Kind::User) if number % 3 == 0 => Some("too-many-renames"),
            _ => None,
        };
        change.reason = ["changed in Active Directory", "renamed in Active Directory", "disabled in Active Directory"][number % 3].into();
        if action == Action::Update && number % 4 == 0 {
            let cleared = AttributeChange::new("department", Some(Value::Text("Sales".into())), None);
            change.attributes = change.attributes.all().iter().cloned().chain([cleared]).collect();
        }
        if action == Action::Member {
            let anchors = |count: usize| Some(Value::References((0..count).map(|one| Anchor::from_text(&one.to_string())).collect()));
            change.attributes = vec![AttributeChange::new("member", anchors(number % 40), anchors(2))].into();
            change.members_before = 100;
        }
        change
    });
    let held_because = vec!["adoption", "too-many-deletes", "too-many-renames"];
    Plan { verdict: Verdict::Held, held_because, changes: changes.collect(), findings: Vec::new(), unchanged: 3, licences: Vec::new() }
}

#[test]
fn ten_thousand_changes_fit_on_two_screens() {
    let plan = ten_thousand();
    let screen = plan.to_string();
    assert!(screen.lines().count() <= 120, "{}\n{screen}", screen.lines().count());
    assert!(screen.lines().all(|line| line.chars().count() <= 240), "{screen}");
    assert_eq!(
        ChangesScreen::all(&plan).to_string().lines().filter(|line| line.starts_with("  ") && line.contains("  user")).count(),
        6_000
    );
}

#[test]
fn every_kind_of_group_at_once_still_fits() {
    let mut changes = Vec::new();
    for action in [Action::Create, Action::Join, Action::Update, Action::Restore, Action::Delete, Action::Password, Action::Member] {
        for (number, kind) in [Kind::User, Kind::Group, Kind::Contact].into_iter().enumerate() {
            for held in [None, Some("staging")] {
                let one = change(action, number);
                changes.extend((0..20).map(|_| Change { kind, held, ..one.clone() }));
            }
        }
    }
    let lines = screen(changes).lines().count();
    assert!((84..=100).contains(&lines), "{lines}");
}

// Covers: D10
#[test]
fn a_changed_scope_and_changed_flows_show_counts_and_names() {
    let held = |action, number, code| Change { held: Some(code), ..change(action, number) };
    let mut plan =
        Plan { verdict: Verdict::Held, held_because: vec![], changes: vec![], findings: vec![], unchanged: 0, licences: Vec::new() };
    plan.held_because = vec!["flows-changed", "scope-changed"];
    plan.changes = (0..7).map(|number| held(Action::Delete, number, "scope-changed")).collect();
    plan.changes.push(Change { kind: Kind::Group, ..held(Action::Delete, 8, "scope-changed") });
    plan.changes.extend([change(Action::Create, 9), held(Action::Update, 10, "flows-changed")]);
    let screen = plan.to_string();
    for line in [
        "    takes out: 7 users, 1 group (u0@example.com, u1@example.com, u2@example.com, u3@example.com, u4@example.com, …)",
        "    brings in: 1 user (u9@example.com)",
        "    alters: 1 user (u10@example.com)",
        "    attributes: title 1",
    ] {
        assert!(screen.lines().any(|shown| shown == line), "{line}\n{screen}");
    }
}

#[test]
fn forty_changes_are_shown_in_full() {
    let screen = screen((0..40).map(|number| change(Action::Update, number)).collect());
    assert_eq!(screen.lines().count(), 81);
}

#[test]
fn data_cannot_steer_the_terminal() {
    let mut evil = change(Action::Update, 1);
    evil.upn = "a\u{1b}[2J\u{202e}b@x".into();
    evil.attributes.retain_mut(|edit| {
        edit.to = Some(Value::Text("x\r\n\u{7}".into()));
        true
    });
    let screen = screen(vec![evil]);
    assert!(!screen.contains(['\u{1b}', '\u{202e}', '\r', '\u{7}']), "{screen:?}");
}

#[test]
fn long_values_are_cut() {
    assert_eq!(shown(&"x".repeat(80)).chars().count(), 80);
    assert_eq!(shown(&"x".repeat(81)).chars().count(), 81);
    assert!(shown(&"x".repeat(500)).ends_with('…'));
}
