use super::*;
use crate::plan::{AttributeChange, Kind};

fn change(action: Action, upn: &str, edits: &[(&'static str, Option<&str>, Option<&str>)]) -> Change {
    let text = |text: &Option<&str>| text.map(|text| Value::Text(text.into()));
    Change {
        action,
        kind: Kind::User,
        anchor: Anchor::from_text(upn),
        source_dn: "".into(),
        target_id: None,
        upn: upn.into(),
        reason: "".into(),
        attributes: edits.iter().map(|(name, from, to)| AttributeChange::new(name, text(from), text(to))).collect(),
        members_before: 0,
        held: None,
    }
}

fn renaming(from: &str, to: &str) -> Change {
    change(Action::Update, to, &[("userPrincipalName", Some(from), Some(to))])
}

fn order(changes: Vec<Change>) -> Vec<String> {
    safe(changes).iter().map(|change| format!("{} {}", change.action.as_str(), change.upn)).collect()
}

#[test]
fn names_are_freed_before_they_are_taken() {
    let new = change(Action::Create, "a@x", &[("userPrincipalName", None, Some("a@x"))]);
    let plain = change(Action::Update, "0@x", &[("title", None, Some("Buyer"))]);
    let gone = change(Action::Delete, "c@x", &[]);
    assert_eq!(order(vec![plain, new, gone, renaming("a@x", "b@x")]), ["update b@x", "delete c@x", "create a@x", "update 0@x"]);
}

#[test]
fn a_chain_is_followed_to_its_end() {
    let gone = change(Action::Delete, "D@x", &[]);
    let chain = vec![renaming("a@x", "b@x"), renaming("b@x", "c@x"), renaming("c@x", "d@x"), gone];
    assert_eq!(order(chain), ["delete D@x", "update d@x", "update c@x", "update b@x"]);
}

#[test]
fn a_circle_is_cut_and_nothing_is_lost() {
    assert_eq!(
        order(vec![renaming("a@x", "b@x"), renaming("b@x", "a@x"), change(Action::Create, "z@x", &[])]),
        ["create z@x", "update a@x", "update b@x"]
    );
}

#[test]
fn managers_come_first() {
    let reporting = |upn: &str, manager: &str| {
        let mut change = change(Action::Create, upn, &[]);
        change.attributes = vec![AttributeChange::new("manager", None, Some(Value::Reference(Anchor::from_text(manager))))];
        change
    };
    assert_eq!(
        order(vec![reporting("a", "b"), reporting("b", "c"), reporting("c", "c"), reporting("d", "nobody")]),
        ["create c", "create b", "create a", "create d"]
    );
}
