use super::*;

#[test]
fn no_value_breaks_out_of_its_line() {
    let mend = |value: &[u8], about: &str| Mend {
        dn: "CN=Jörg,DC=x".into(),
        code: "mail-invalid",
        about: about.into(),
        edits: Ok(vec![Edit::Replace("mail", value.into())]),
    };
    let of = |value: &[u8]| ldif(&[mend(value, "a")]).lines().find(|line| line.starts_with("mail:")).unwrap_or_default().to_owned();
    assert_eq!(of(b"ana@example.com"), "mail: ana@example.com");
    for (value, written) in [
        (&b"a\nb"[..], "mail:: YQpi"),
        (b" a", "mail:: IGE="),
        (b":a", "mail:: OmE="),
        (b"<a", "mail:: PGE="),
        (b"a ", "mail:: YSA="),
        (b"\xff", "mail:: /w=="),
        (b"", "mail:: "),
    ] {
        assert_eq!(of(value), written);
    }
    let file = ldif(&[mend(b"a", "x\ndn: CN=evil\u{2028}y\u{85}")]);
    assert!(file.contains("# x\u{fffd}dn: CN=evil\u{fffd}y\u{fffd}\ndn:: "), "{file}");
}
