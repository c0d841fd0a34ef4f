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
        source_dn: "".into(),
        target_id: None,
        upn: upn.into(),
        reason: "why".into(),
        attributes,
        members_before: 0,
        held: None,
    }
}

fn screen(changes: Vec<Change>) -> String {
    Plan { verdict: Verdict::Proceed, held_because: Vec::new(), changes, findings: Vec::new(), unchanged: 3 }.to_string()
}

#[test]
fn many_changes_are_shortened_deletes_the_least() {
    let mut changes: Vec<_> = (0..50).map(|number| change(Action::Create, number)).collect();
    changes.extend((50..70).map(|number| change(Action::Update, number)));
    changes.extend((70..90).map(|number| change(Action::Delete, number)));
    let screen = screen(changes);
    assert_eq!(screen.lines().count(), 15 + 1 + 5 + 1 + 5 + 2 + 1, "{screen}");
    for line in [
        "          … and 45 more to create",
        "          … and 15 more to update",
        "          … and 5 more to delete",
        "          attributes: title 20",
    ] {
        assert!(screen.lines().any(|shown| shown == line), "{line}\n{screen}");
    }
    assert!(screen.ends_with("20 to delete, 50 to create, 20 to update, 3 unchanged"));
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
    evil.attributes[0].to = Some(Value::Text("x\r\n\u{7}".into()));
    let screen = screen(vec![evil]);
    assert!(!screen.contains(['\u{1b}', '\u{202e}', '\r', '\u{7}']), "{screen:?}");
}

#[test]
fn long_values_are_cut() {
    assert_eq!(shown(&"x".repeat(80)).chars().count(), 80);
    assert_eq!(shown(&"x".repeat(81)).chars().count(), 81);
    assert!(shown(&"x".repeat(500)).ends_with('…'));
}
