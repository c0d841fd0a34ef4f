use super::*;

#[test]
fn a_plan_has_the_documented_json() {
    let change = Change {
        action: Action::Update,
        kind: Kind::User,
        anchor: Anchor::from_text("AQ=="),
        source_dn: "CN=Ana".into(),
        target_id: Some("1".into()),
        upn: "ana@x.y".into(),
        reason: "changed".into(),
        attributes: vec![
            AttributeChange::new("accountEnabled", Some(Value::Boolean(true)), None),
            AttributeChange::new("countryCode", None, Some(Value::Long(-1))),
            AttributeChange::new("proxyAddresses", None, Some(Value::Texts(["a".into(), "b".into()].into()))),
        ]
        .into(),
        members_before: 0,
        held: Some("adoption"),
    };
    let finding = Finding {
        code: "match-mail-blank",
        severity: Severity::Error,
        objects: vec!["CN=Ana".into()],
        attribute: Some("mail".into()),
        value: None,
        hint: "set mail".into(),
    };
    let plan = Plan {
        verdict: Verdict::Held,
        held_because: vec!["adoption"],
        changes: vec![change],
        findings: vec![finding],
        unchanged: 2,
        licences: Vec::new(),
    };
    let expected = concat!(
        r#"{"verdict":"held","held_because":["adoption"],"changes":[{"action":"update","kind":"user","anchor":"AQ==","source_dn":"CN=Ana","#,
        r#""target_id":"1","upn":"ana@x.y","reason":"changed","attributes":{"accountEnabled":{"from":true,"to":null},"#,
        r#""countryCode":{"from":null,"to":-1},"proxyAddresses":{"from":null,"to":["a","b"]}},"held":"adoption"}],"#,
        r#""findings":[{"code":"match-mail-blank","severity":"error","objects":["CN=Ana"],"attribute":"mail","value":null,"hint":"set mail"}],"#,
        r#""unchanged":2}"#
    );
    assert_eq!(serde_json::to_string(&plan).unwrap(), expected);
}

#[test]
fn words_are_those_of_the_json() {
    for action in [Action::Create, Action::Join, Action::Update, Action::Restore, Action::Delete, Action::Password, Action::Member] {
        assert_eq!(serde_json::to_string(&action).unwrap(), format!("{:?}", action.as_str()));
    }
}
