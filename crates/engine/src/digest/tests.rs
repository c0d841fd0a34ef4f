use super::*;
use crate::plan::{Action, AttributeChange, Kind};
use crate::{Anchor, Value};

fn change(upn: &str) -> Change {
    let attributes = vec![
        AttributeChange::new("displayName", None, Some(Value::Text("Ana \"Ruiz\"".into()))),
        AttributeChange::new("onPremiseSecurityIdentifier", None, Some(Value::Bytes([1, 2].into()))),
    ];
    let anchor = Anchor::from_text("AQAAAAAAAAAAAAAAAAAAAQ==");
    Change {
        action: Action::Create,
        kind: Kind::User,
        anchor,
        source_dn: "CN=ana".into(),
        target_id: None,
        upn: upn.into(),
        reason: "new".into(),
        attributes: attributes.into(),
        members_before: 0,
        held: None,
    }
}

fn policy() -> Policy {
    let ou = |dn: &str| ScopeOu { configured: dn.into(), guid: None, current: Some(dn.into()) };
    Policy {
        scope: Scope { include: vec![ou("OU=A,DC=x"), ou("OU=B,DC=x")], exclude: Vec::new() },
        matching: MatchPolicy::Dirsync,
        adopt: Adopt::Ask,
        guard: Guard::default(),
        dns_domain: "x".into(),
        netbios_domain: None,
        verified_domains: vec!["a.b".into(), "c.d".into()],
        rules: crate::Rules::default(),
        service: crate::Service::default(),
    }
}

#[test]
fn a_change_has_the_documented_json() {
    let expected = r#"{"action":"create","kind":"user","anchor":"AQAAAAAAAAAAAAAAAAAAAQ==","source_dn":"CN=ana","target_id":null,"upn":"ana@x","reason":"new","attributes":{"displayName":{"from":null,"to":"Ana \"Ruiz\""},"onPremiseSecurityIdentifier":{"from":null,"to":"AQI="}}}"#;
    assert_eq!(change("ana@x").canonical_json(), expected);
    assert_eq!(hex(&change("ana@x").digest()), sha256(expected.as_bytes()));
}

#[test]
fn order_and_holds_make_no_difference_to_a_plan() {
    let digest =
        |changes: &[Change], policy: &str, epoch: &str| plan_digest(&changes.iter().map(Change::digest).collect::<Vec<_>>(), policy, epoch);
    let one = digest(&[change("a@x"), change("b@x")], "policy", "1");
    let mut held = change("a@x");
    held.held = Some("adoption");
    assert_eq!(digest(&[change("b@x"), held], "policy", "1"), one);
    let others = [
        digest(&[change("a@x")], "policy", "1"),
        digest(&[change("a@x"), change("c@x")], "policy", "1"),
        digest(&[change("a@x"), change("b@x")], "policy2", "1"),
        digest(&[change("a@x"), change("b@x")], "policy", "2"),
    ];
    assert!(others.iter().all(|other| *other != one));
    assert_eq!(one.len(), 64);
}

#[test]
fn every_part_of_a_policy_counts() {
    let fingerprint = policy().fingerprint();
    let alter: [fn(&mut Policy); 9] = [
        |policy| policy.scope.include.truncate(1),
        |policy| policy.scope.exclude.push(ScopeOu { configured: "OU=C".into(), guid: None, current: None }),
        |policy| policy.scope.include[0].current = None,
        |policy| policy.matching = MatchPolicy::Entra,
        |policy| policy.adopt = Adopt::Never,
        |policy| policy.guard.deletes_max = 5,
        |policy| policy.dns_domain = "y".into(),
        |policy| policy.netbios_domain = Some("X".into()),
        |policy| policy.verified_domains.truncate(1),
    ];
    for (at, alter) in alter.iter().enumerate() {
        let mut other = policy();
        alter(&mut other);
        assert_ne!(other.fingerprint(), fingerprint, "alteration {at}");
    }
    let mut same = policy();
    same.scope.include.reverse();
    same.verified_domains.reverse();
    assert_eq!(same.fingerprint(), fingerprint, "order makes no difference");
}
