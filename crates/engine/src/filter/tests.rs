use super::*;
use crate::{AttributesBuilder, Class, ObjectGuid};

fn object(class: Class, attributes: &[(&str, &[u8])]) -> SourceObject {
    let mut builder = AttributesBuilder::default();
    attributes.iter().for_each(|(name, value)| builder.add(name, value));
    SourceObject { guid: ObjectGuid::from_bytes([7; 16]), dn: "CN=Ana,OU=Staff,DC=x".into(), class, attributes: builder.build() }
}

fn ana() -> SourceObject {
    object(
        Class::InetOrgPerson,
        &[
            ("department", b"Sales "),
            ("employeeID", b"10"),
            ("extensionAttribute7", b"10"),
            ("userAccountControl", b"514"),
            ("customNumber", b"10"),
            ("otherTelephone", b"1"),
            ("otherTelephone", b"2"),
            ("jpegPhoto", b"\xff\xd8"),
            ("manager", b"CN=Bob\\, R,OU=Staff,DC=x"),
            ("whenCreated", b"20260101120000.0Z"),
        ],
    )
}

fn matches(text: &str) -> bool {
    Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).matches(&ana())
}

/// The position and the reason.
fn refused(text: &str) -> (usize, String) {
    let error = Filter::parse(text).expect_err(text);
    (error.position, error.reason.into())
}

#[test]
fn comparisons_follow_the_syntax_of_the_attribute() {
    for text in [
        "(department=SALES)",
        "(department=s*E*s)",
        "(otherTelephone=2)",
        "(userAccountControl>=99)",
        "(employeeID<=9)",
        "(extensionAttribute7<=9)",
        "(customNumber>=9)",
        r"(jpegPhoto=\ff\D8)",
        r"(objectGUID=\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07\07)",
        "(objectGUID={07070707-0707-0707-0707-070707070707})",
        r"(manager=cn=bob\5c, r, ou=staff, dc=x)",
        "(distinguishedName=cn=ana,ou=Staff,dc=X)",
        "(whenCreated>=20260101120000Z)",
        "(objectClass=organizationalPerson)",
        "(objectCategory=CN=Person,CN=Schema,CN=Configuration,DC=x)",
        "(userAccountControl:1.2.840.113556.1.4.803:=514)",
        "(userAccountControl:1.2.840.113556.1.4.804:=3)",
        "(!(title=*))",
        "(!(title=Buyer))",
        " ( & (department=Sales)\n  (!(|(title=*)(mail=*))) ) ",
    ] {
        assert!(matches(text), "{text}");
    }
    for text in [
        "(department=Sale)",
        "(userAccountControl<=99)",
        "(employeeID>=9)",
        "(customNumber<=9)",
        "(userAccountControl:1.2.840.113556.1.4.803:=515)",
        "(objectClass=group)",
        "(objectCategory=group)",
        "(title=*)",
        "(title>=a)",
        "(!(department=*))",
        r"(jpegPhoto=\ff)",
    ] {
        assert!(!matches(text), "{text}");
    }
}

#[test]
fn a_filter_is_printed_as_it_is_read() {
    for text in ["(&(a=b)(|(c=*)(!(d>=1))))", r"(a=\28\29\2a\5c)", "(a=*b*c)", "(a:1.2.840.113556.1.4.804:=-1)", r"(a=\ff)", "(a<=é)"] {
        assert_eq!(Filter::parse(text).unwrap().to_string(), text);
    }
    assert_eq!(Filter::parse("(A=b**c***d)").unwrap().to_string(), "(a=b*c*d)");
    assert_eq!(Filter::parse("(a=**)").unwrap(), Filter::Present("a".into()));
}

#[test]
fn attributes_are_named_once_and_without_those_that_every_object_has() {
    let filter =
        Filter::parse("(&(objectClass=user)(Title=a)(|(title=b)(!(department=*)))(distinguishedName=CN=x)(objectGUID=*))").unwrap();
    assert_eq!(filter.attributes(), ["department".into(), "title".into()] as [Box<str>; 2]);
}

#[test]
fn what_fails_is_named() {
    let filter = Filter::parse("(&(objectClass=user)(&(department=Sales)(title=Buyer))(mail=*))").unwrap();
    assert_eq!(filter.failing(&ana()).to_string(), "(title=buyer)".replace("buyer", "Buyer"));
    let filter = Filter::parse("(|(title=a)(mail=b))").unwrap();
    assert_eq!(filter.failing(&ana()).to_string(), "(|(title=a)(mail=b))");
}

#[test]
fn errors_tell_where_and_what_to_write_instead() {
    for (text, position, words) in [
        ("", 1, "begins with `(`"),
        ("department=Sales", 1, "begins with `(`"),
        ("(department=Sales", 18, "`)` is missing"),
        ("(&(department=Sales)", 21, "`)` is missing"),
        ("(a=b)(c=d)", 6, "(&(…)(…))"),
        ("(&)", 3, "nothing is combined"),
        ("(a~=b)", 3, "approximate"),
        ("(a>b)", 3, "use `>=` or `<=`"),
        ("(a=)", 4, "(!(a=*))"),
        (r"(é=b)", 2, "an attribute's name"),
        (r"(a=\2)", 4, "two hexadecimal digits"),
        (r"(a=é\zz)", 5, "two hexadecimal digits"),
        ("(a=b(c)", 5, r"\28"),
        ("(a>=b*)", 5, r"\2a"),
        ("(userAccountControl=many)", 21, "whole number"),
        ("(userAccountControl=5*)", 21, "bits"),
        ("(userAccountControl:1.2.840.113556.1.4.803:=x)", 45, "whole number"),
        ("(memberOf=CN=Sales,DC=x)", 2, "scope.members_of"),
        ("(memberOf:1.2.840.113556.1.4.1941:=CN=Sales,DC=x)", 11, "scope.members_of"),
        ("(cn:caseExactMatch:=x)", 5, "not known"),
        ("(distinguishedName=*OU=Staff*)", 20, "scope.include"),
        ("(manager=bob)", 10, "whole name"),
        ("(objectGUID=12)", 13, "01234567-89ab"),
        ("(objectSid=S-1-5-21-1)", 12, r"\xx"),
        ("(objectClass=u*)", 14, "whole value"),
        ("(unicodePwd=*)", 2, "never read"),
        ("(cn;lang-de=x)", 4, "options"),
    ] {
        let (at, reason) = refused(text);
        assert!(at == position && reason.contains(words), "{text}: at {at}: {reason}");
    }
}

#[test]
fn size_and_depth_have_limits() {
    let nested = |depth: usize| format!("{}(a=b){}", "(!".repeat(depth - 1), ")".repeat(depth - 1));
    assert!(Filter::parse(&nested(32)).is_ok());
    assert!(refused(&nested(33)).1.contains("32 levels"));
    assert!(refused(&"(!".repeat(30_000)).1.contains("32 levels"));
    let long = |bytes: usize| format!("(a={})", "x".repeat(bytes - 4));
    assert!(Filter::parse(&long(65_536)).is_ok());
    assert!(refused(&long(65_537)).1.contains("65536 bytes"));
}

proptest::proptest! {
    /// Whatever is written: it is read or refused, what is read is printed and read again as the same, and deciding it never panics.
    #[test]
    fn any_text_is_read_or_refused(parts in proptest::collection::vec(proptest::sample::select(PIECES), 0..24), text in "\\PC{0,6}") {
        let text = format!("({}{text})", parts.concat());
        if let Ok(filter) = Filter::parse(&text) {
            proptest::prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter.clone()));
            filter.matches(&ana());
            filter.attributes();
        }
    }
}

const PIECES: &[&str] = &[
    "&",
    "|",
    "!",
    "(",
    ")",
    "(",
    ")",
    "(a=b)",
    "(cn=*)",
    "cn",
    "department",
    "objectGUID",
    "manager",
    "whenCreated",
    "userAccountControl",
    "=",
    ">=",
    "<=",
    "*",
    ":1.2.840.113556.1.4.803:=",
    "5",
    "-",
    r"\2a",
    r"\ff",
    r"\",
    " ",
    "é",
    "CN=x",
];
