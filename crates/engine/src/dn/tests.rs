use super::*;

fn key(text: &str) -> String {
    Dn::parse(text).unwrap().key().to_owned()
}

#[test]
fn equal_names_have_equal_keys() {
    let same = [
        r"CN=Ruiz\, Ana,OU=Staff,DC=example,DC=com",
        r"cn=ruiz\2C ana, ou=STAFF , dc=Example,dc=com",
        r#"CN="Ruiz, Ana";OU=staff,DC=example,DC=com"#,
        r"CN=#0c0952 75697A2C20416E61,OU=Staff,DC=example,DC=com".replace(' ', "").leak(),
    ];
    for text in same {
        assert_eq!(key(text), r"cn=ruiz\2c ana,ou=staff,dc=example,dc=com", "{text}");
    }
}

#[test]
fn multi_valued_rdns_compare_in_any_order() {
    assert_eq!(key("CN=a+SN=b,DC=x"), key("sn=B + cn=A,dc=X"));
    assert_ne!(key("CN=a+SN=b,DC=x"), key("CN=a,SN=b,DC=x"));
    assert_ne!(key(r"CN=a\+SN=b,DC=x"), key("CN=a+SN=b,DC=x"));
}

#[test]
fn within_counts_whole_rdns() {
    let within = |low: &str, high: &str| Dn::parse(low).unwrap().is_within(&Dn::parse(high).unwrap());
    assert!(within("CN=a,OU=Staff,DC=x", "ou=staff,dc=x"));
    assert!(within("OU=Staff,DC=x", "ou=staff,dc=x"));
    assert!(within("OU=Staff,DC=x", ""));
    assert!(!within("CN=a,OU=NotStaff,DC=x", "ou=staff,dc=x"));
    assert!(!within("CN=a,OU=xOU=Staff,DC=x", "ou=staff,dc=x"));
    assert!(!within(r"CN=a\,OU=Staff,DC=x", "ou=staff,dc=x"), "the comma belongs to the value");
    assert!(!within("DC=x", "OU=Staff,DC=x"));
}

#[test]
fn parents_keep_what_was_written() {
    let dn = Dn::parse(r"CN=Ruiz\, Ana, OU=Staff\\,DC=example").unwrap();
    assert_eq!((dn.rdn(), dn.rdn_value().unwrap().as_str(), dn.depth()), (r"CN=Ruiz\, Ana", "Ruiz, Ana", 3));
    let parent = dn.parent().unwrap();
    assert_eq!((parent.as_str(), parent.rdn_value().unwrap().as_str()), (r"OU=Staff\\,DC=example", r"Staff\"));
    let root = parent.parent().unwrap().parent().unwrap();
    assert_eq!((root.as_str(), root.key(), root.depth()), ("", "", 0));
    assert!(root.parent().is_none());
    let mut deep = Dn::parse(&"OU=a,".repeat(300).trim_end_matches(',').replace("a", "ä")).unwrap();
    assert_eq!(deep.depth(), 300);
    for _ in 0..300 {
        deep = deep.parent().unwrap();
    }
    assert_eq!(deep.key(), "");
}

#[test]
fn conflict_names_are_recognised() {
    assert!(Dn::parse(r"CN=Ana\0ACNF:3f2504e0-4f89-11d3-9a0c-0305e82c3301,OU=Staff").unwrap().is_name_conflict());
    assert!(!Dn::parse(r"CN=Ana CNF:3,OU=Staff").unwrap().is_name_conflict());
    assert!(!Dn::parse(r"CN=Ana,OU=Staff\0ACNF:3").unwrap().is_name_conflict(), "only the object's own name counts");
}

#[test]
fn malformed_names_are_refused() {
    for (text, error) in [
        ("Staff", DnError::NoType),
        ("CN=a,,DC=x", DnError::NoType),
        ("=a", DnError::NoType),
        (r"CN=a\", DnError::Escape),
        ("CN=#zz,DC=x", DnError::Escape),
        (r"CN=\ff,DC=x", DnError::Escape),
        (r#"CN="a,DC=x"#, DnError::Quote),
    ] {
        assert_eq!(Dn::parse(text).unwrap_err(), error, "{text}");
    }
}

#[test]
fn any_text_is_read_or_refused() {
    for text in [r#"CN=",";+\#"#, "CN=\u{1f600}\\", "a=#", "a=\"\"b", "CN=é,\u{202e}=x", "+=,;", "CN= ,DC=x", r"CN=\ ,DC=x"] {
        let _ = dn_key(text);
    }
    assert_eq!(key(r"CN=\20,DC=x"), r"cn=\20,dc=x");
    assert_eq!(key("CN= ,DC=x"), "cn=,dc=x");
}
