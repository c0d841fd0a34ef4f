use super::*;
use crate::Anchor;

fn every_kind() -> ServiceAttributes {
    ServiceAttributes::from([
        ("accountEnabled".into(), Value::Boolean(true)),
        ("countryCode".into(), Value::Long(-276)),
        ("displayName".into(), Value::Text("Ana Ruiz".into())),
        ("manager".into(), Value::Reference(Anchor::from_text("AAECAwQFBgcICQoLDA0ODw=="))),
        ("member".into(), Value::References([Anchor::from_text("a"), Anchor::from_text("b")].into())),
        ("onPremiseSecurityIdentifier".into(), Value::Bytes([1, 0, 0xff].into())),
        ("proxyAddresses".into(), Value::Texts(["SMTP:a@x.y".into(), "smtp:b@x.y".into()].into())),
        ("userCertificate".into(), Value::BytesList([[1].into(), [2, 3].into()].into())),
        ("ofALaterVersion".into(), Value::Text("stays".into())),
    ])
}

#[test]
fn a_block_is_what_the_store_holds() {
    let attributes = every_kind();
    let block = ServiceBlock::from(attributes.clone());
    assert_eq!(block.as_bytes(), encode::encode(&attributes));
    assert_eq!(ServiceBlock::from_bytes(block.as_bytes()), Ok(block.clone()));
    assert_eq!(block.to_attributes(), attributes);
    for (name, value) in &attributes {
        assert_eq!(block.get(name).as_ref(), Some(value));
        assert!(block.contains_key(name));
    }
    assert_eq!(block.get("title"), None);
    assert_eq!(ServiceBlock::from_bytes(&encode::encode(&ServiceAttributes::new())), Ok(ServiceBlock::default()));
    assert_eq!(ServiceBlock::from_bytes(ServiceBlock::default().as_bytes()), Ok(ServiceBlock::default()));
}

#[test]
fn a_damaged_block_is_refused_where_decoding_is() {
    let bytes = encode::encode(&every_kind());
    for end in 0..bytes.len() {
        assert!(ServiceBlock::from_bytes(&bytes[..end]).is_err(), "{end}");
    }
    for at in 0..bytes.len() {
        for flip in [1, 0x40, 0x80] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            let refused = encode::decode(&damaged).is_err();
            if let Ok(block) = ServiceBlock::from_bytes(&damaged) {
                assert!(!refused, "byte {at}");
                assert_eq!(Ok(block.to_attributes()), encode::decode(&damaged), "byte {at}");
            }
        }
    }
    let unsorted = [&[1, 2][..], b"\x01b\x01", b"\x01a\x01"].concat();
    assert!(ServiceBlock::from_bytes(&unsorted).is_err(), "names out of order");
}

#[test]
fn comparing_in_place_is_comparing() {
    let values: Vec<Value> = every_kind().into_values().collect();
    for (written, wanted) in values.iter().flat_map(|one| values.iter().map(move |other| (one, other))) {
        let block = ServiceBlock::from_iter([("title".into(), written.clone())]);
        let (_, encoded) = block.entries().next().unwrap();
        assert_eq!(Given::Value(wanted.clone()).is(encoded), written == wanted, "{written:?} {wanted:?}");
        let borrowed = match wanted {
            Value::Text(text) => Given::Text(Cow::Borrowed(text)),
            Value::Texts(texts) => Given::Texts(texts.iter().map(|text| &**text).collect()),
            other => Given::Value(other.clone()),
        };
        assert_eq!(borrowed.is(encoded), written == wanted, "{written:?} {wanted:?}");
    }
}

#[test]
fn one_by_one_is_the_same_block() {
    let mut writer = BlockWriter::new();
    for (name, value) in &every_kind() {
        writer.put(name, &Given::Value(value.clone()));
    }
    assert_eq!(writer.finish(), ServiceBlock::from(every_kind()));
    let mut block = ServiceBlock::default();
    every_kind().into_iter().for_each(|(name, value)| block.insert(name, value));
    assert_eq!(block, every_kind().into());
    every_kind().keys().for_each(|name| drop(block.remove(name)));
    assert_eq!(block, ServiceBlock::default());
}
