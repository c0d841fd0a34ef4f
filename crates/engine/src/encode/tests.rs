use super::*;

fn every_kind() -> ServiceAttributes {
    ServiceAttributes::from([
        ("accountEnabled".into(), Value::Boolean(true)),
        ("cloudMastered".into(), Value::Boolean(false)),
        ("countryCode".into(), Value::Long(-724)),
        ("displayName".into(), Value::Text("Ana Ruiz & \u{1f600}".into())),
        ("far".into(), Value::Long(i64::MIN)),
        ("manager".into(), Value::Reference(Anchor::from_text("AAECAwQFBgcICQoLDA0ODw=="))),
        ("onPremiseSecurityIdentifier".into(), Value::Bytes([1, 5, 0, 0xff].into())),
        ("proxyAddresses".into(), Value::Texts(["SMTP:ana@example.com".into(), "".into()].into())),
        ("somethingNew".into(), Value::Text("x".repeat(70_000).into())),
    ])
}

#[test]
fn every_kind_of_value_comes_back() {
    let attributes = every_kind();
    assert_eq!(decode(&encode(&attributes)), Ok(attributes));
    assert_eq!(decode(&encode(&ServiceAttributes::new())), Ok(ServiceAttributes::new()));
}

#[test]
fn every_truncation_is_refused() {
    let mut attributes = every_kind();
    attributes.remove("somethingNew");
    let bytes = encode(&attributes);
    for end in 0..bytes.len() {
        assert_eq!(decode(&bytes[..end]), Err(DecodeError), "cut at {end}");
    }
    assert_eq!(decode(&[bytes, vec![0]].concat()), Err(DecodeError), "a byte too many");
}

#[test]
fn absurd_counts_end_at_once() {
    for bytes in [&[1, 0xff, 0xff, 0xff, 0xff, 0x7f][..], &[1, 1, 1, b'a', TEXTS, 0xff, 0xff, 0xff, 0x7f], &[2, 0], &[1, 1, 0, 9]] {
        assert_eq!(decode(bytes), Err(DecodeError));
    }
}
