use samesign_engine::{AttributeChange, Kind, LinkState, ServiceBlock};

use super::*;

fn anchors(numbers: std::ops::Range<usize>) -> Vec<Anchor> {
    numbers.map(|number| Anchor::from_text(&format!("anchor{number:06}"))).collect()
}

fn change() -> Change {
    let come = Some(Value::References(anchors(0..1).into_boxed_slice()));
    Change {
        action: Action::Member,
        kind: Kind::Group,
        anchor: Anchor::from_text("group"),
        source_dn: "CN=group".into(),
        target_id: None,
        upn: "group".into(),
        reason: "".into(),
        attributes: vec![AttributeChange::new(MEMBER, None, come)].into(),
        members_before: 0,
        held: None,
    }
}

#[test]
fn a_large_change_is_split_so_that_every_reference_is_sent_once() {
    let change = change();
    for (come, leave, requests) in
        [(1, 0, 1), (0, 1, 1), (15_000, 0, 1), (15_001, 0, 2), (14_990, 10, 1), (15_000, 10, 2), (40_000, 20_000, 4)]
    {
        let (come, leave) = (anchors(0..come), anchors(100_000..100_000 + leave));
        let items = split(Item::new(&change, [0; 32], false), come.clone(), leave.clone(), true);
        let parts: Vec<&Part> = items.iter().filter_map(|item| item.members.as_ref()).collect();
        assert_eq!(parts.len(), requests, "{} come, {} leave", come.len(), leave.len());
        assert!(parts.iter().all(|part| (1..=REFERENCES_MAX).contains(&part.len())));
        assert_eq!(parts.iter().flat_map(|part| part.come.clone()).collect::<Vec<_>>(), come);
        assert_eq!(parts.iter().flat_map(|part| part.leave.clone()).collect::<Vec<_>>(), leave);
        assert_eq!(parts.iter().filter(|part| part.last).count(), 1);
        assert!(parts.last().is_some_and(|part| part.last));
    }
}

#[test]
fn what_is_confirmed_follows_what_was_accepted() {
    let mut link = Link {
        anchor: Anchor::from_text("group"),
        kind: Kind::Group,
        target_id: None,
        last_dn: "".into(),
        last_upn: "".into(),
        confirmed: ServiceBlock::default(),
        state: LinkState::Live,
    };
    let members = |link: &Link| link.confirmed.get(MEMBER);
    confirm(&mut link, &Part { come: anchors(5..8), ..Part::default() });
    confirm(&mut link, &Part { come: anchors(0..6), leave: anchors(7..8), last: true });
    assert_eq!(members(&link), Some(Value::References(anchors(0..7).into_boxed_slice())), "sorted, none twice");
    confirm(&mut link, &Part { leave: anchors(0..9), ..Part::default() });
    assert_eq!(members(&link), None, "no members: nothing is kept");
}
