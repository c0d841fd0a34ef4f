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

/// Nothing is known of deleted objects; a spare name is made of the anchor, where there may be one.
struct Spare(bool);

impl Known for Spare {
    fn had(&self, change: &Change) -> Vec<String> {
        vec![format!("of {}", change.upn)]
    }

    fn spare(&self, change: &Change) -> Option<Box<str>> {
        self.0.then(|| format!("{}@first", change.anchor).into())
    }
}

fn order(changes: Vec<Change>) -> Vec<String> {
    safe(changes, &Spare(false)).iter().map(|change| format!("{} {}", change.action.as_str(), change.upn)).collect()
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
        change.attributes = vec![AttributeChange::new("manager", None, Some(Value::Reference(Anchor::from_text(manager))))].into();
        change
    };
    assert_eq!(
        order(vec![reporting("a", "b"), reporting("b", "c"), reporting("c", "c"), reporting("d", "nobody")]),
        ["create c", "create b", "create a", "create d"]
    );
}

/// Every name has one holder at any time, when changes are done one after the other.
fn play(changes: &[Change], mut held: BTreeMap<String, Anchor>) -> BTreeMap<String, Anchor> {
    for change in changes {
        let mut mine: BTreeSet<String> = held.iter().filter(|(_, owner)| **owner == change.anchor).map(|(name, _)| name.clone()).collect();
        for edit in change.attributes.of(&NAMES) {
            let before: BTreeSet<String> = edit.from.as_deref().map(value_names).unwrap_or_default().into_iter().collect();
            assert!(before.is_subset(&mine), "{} has {before:?} before: {mine:?}", change.upn);
        }
        let gone = names_of(change, |edit| edit.from.as_deref());
        mine.retain(|name| !gone.contains(name));
        mine.extend(taken(change));
        held.retain(|_, owner| *owner != change.anchor);
        for name in mine {
            assert!(held.insert(name.clone(), change.anchor.clone()).is_none(), "{name} has two holders after {}", change.upn);
        }
    }
    held
}

fn going_by(anchor: &str, from: &str, to: &str) -> Change {
    let proxies = |name: &str| Some(Value::Texts(Box::new([format!("SMTP:{name}@x").into(), format!("smtp:{anchor}.own@x").into()])));
    let text = |name: &str| Some(Value::Text(format!("{name}@x").into()));
    Change {
        anchor: Anchor::from_text(anchor),
        attributes: vec![
            AttributeChange::new("displayName", text(from), text(to)),
            AttributeChange::new("mail", text(from), text(to)),
            AttributeChange::new("proxyAddresses", proxies(from), proxies(to)),
            AttributeChange::new("userPrincipalName", text(from), text(to)),
        ]
        .into(),
        ..change(Action::Update, &format!("{to}@x"), &[])
    }
}

#[test]
fn whoever_swaps_names_goes_by_another_for_a_moment() {
    for people in 2..6_usize {
        let names: Vec<String> = (0..people).map(|number| format!("n{number}")).collect();
        let circle: Vec<Change> =
            (0..people).map(|number| going_by(&format!("p{number}"), &names[number], &names[(number + 1) % people])).collect();
        let before = (0..people).flat_map(|number| {
            let anchor = Anchor::from_text(&format!("p{number}"));
            [(format!("{}@x", names[number]), anchor.clone()), (format!("p{number}.own@x"), anchor)]
        });
        let sequence = safe(circle.clone(), &Spare(true));
        assert_eq!(sequence.len(), people + 1, "one of them in two parts");
        let after = play(&sequence, before.collect());
        for (number, change) in circle.iter().enumerate() {
            assert_eq!(after[&format!("{}@x", names[(number + 1) % people])], change.anchor);
        }
        assert_eq!(after.len(), people * 2, "no spare name stays: {after:?}");
        let split: Vec<&Change> = sequence.iter().filter(|change| change.reason.contains("give")).collect();
        assert_eq!(split.len(), 2);
        assert!(split[0].sets("displayName").is_none(), "the first part only frees");
    }
}

#[test]
fn addresses_are_swapped_without_a_sign_in_name() {
    let proxies = |list: &[&str]| Some(Value::Texts(list.iter().map(|proxy| (*proxy).into()).collect()));
    let swap = |anchor: &str, from: &[&str], to: &[&str]| Change {
        attributes: vec![AttributeChange::new("proxyAddresses", proxies(from), proxies(to))].into(),
        ..change(Action::Update, anchor, &[])
    };
    let one = swap("a", &["SMTP:a@x", "smtp:info@x"], &["SMTP:a@x", "smtp:sales@x"]);
    let other = swap("b", &["SMTP:b@x", "smtp:sales@x"], &["SMTP:b@x", "smtp:info@x"]);
    let sequence = safe(vec![one, other], &Spare(false));
    let shown: Vec<String> = sequence.iter().map(|change| format!("{} {}", change.upn, change.sets("proxyAddresses").unwrap())).collect();
    assert_eq!(shown, ["a SMTP:a@x", "b SMTP:b@x, smtp:info@x", "a SMTP:a@x, smtp:sales@x"]);
}

#[test]
fn the_names_of_a_deleted_object_are_free_before_they_are_taken() {
    let taker = change(Action::Update, "a@x", &[("mail", Some("a@x"), Some("of z@x"))]);
    assert_eq!(order(vec![taker, change(Action::Delete, "z@x", &[])]), ["delete z@x", "update a@x"]);
}

#[test]
fn members_come_last() {
    let member = change(Action::Member, "0", &[]);
    assert_eq!(order(vec![member, renaming("a@x", "b@x"), renaming("b@x", "a@x")]), ["update a@x", "update b@x", "member 0"]);
}
