//! A filter means here what it means in Active Directory: some hundred filters, asked of a real directory and of ours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../../../cli/tests/samba/domain.rs"]
mod testbed;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use samesign_engine::{AttributesBuilder, Class, Filter, ObjectGuid, SourceObject};
use serde_json::{Value, json};
use testbed::Domain;

const GENERATED: usize = 400;

/// What a person who writes filters tries, and the corners.
const WRITTEN: &[&str] = &[
    "(&(objectCategory=person)(objectClass=user))",
    "(objectClass=inetOrgPerson)",
    "(objectClass=USER)",
    "(objectClass=person)",
    "(!(objectClass=group))",
    "(objectCategory=group)",
    "(objectClass=*)",
    "(objectGUID=*)",
    "(!(department=*))",
    "(!(department=Sales))",
    "(!(!(department=Sales)))",
    "(!(|(department=Sales)(title=*)))",
    "(department=sALES)",
    "(department=R&D)",
    "(department=Support <24/7>)",
    "(department=support*24*)",
    "(department=*D)",
    "(department=*a*e*)",
    "(sn=m\u{dc}LLER, dr.)",
    "(sn=*\u{159}\u{e1}k)",
    r"(description=\2a star (and\29 a parenthesis)",
    r"(description=\2a star \28and\29 a parenthesis)",
    r"(description=\2a*)",
    "(description=  two   words  )",
    "(description=two words)",
    "(description=two*words)",
    "(description=two *)",
    "(description=stra\u{df}e)",
    "(description=STRASSE)",
    "(info=line*)",
    "(employeeID=007)",
    "(employeeID=7)",
    "(employeeID>=10)",
    "(employeeID>=9)",
    "(employeeID<=10)",
    "(title>=Manager)",
    "(title<=manager)",
    "(title>=a)",
    "(title>=_)",
    "(countryCode=276)",
    "(countryCode>=100)",
    "(countryCode<=99)",
    "(!(countryCode>=100))",
    "(userAccountControl:1.2.840.113556.1.4.803:=2)",
    "(!(userAccountControl:1.2.840.113556.1.4.803:=2))",
    "(userAccountControl:1.2.840.113556.1.4.803:=514)",
    "(userAccountControl:1.2.840.113556.1.4.804:=34)",
    "(userAccountControl:1.2.840.113556.1.4.803:=0)",
    "(userAccountControl:1.2.840.113556.1.4.804:=0)",
    "(groupType:1.2.840.113556.1.4.803:=2147483648)",
    "(groupType:1.2.840.113556.1.4.804:=2147483650)",
    "(groupType=-2147483646)",
    "(groupType<=0)",
    "(adminCount=1)",
    "(adminCount>=0)",
    "(isCriticalSystemObject=TRUE)",
    "(isCriticalSystemObject=true)",
    "(pwdLastSet=0)",
    "(pwdLastSet>=1)",
    "(accountExpires>=9223372036854775807)",
    "(otherTelephone=+1 555 2)",
    "(otherTelephone=*2)",
    "(!(otherTelephone=*2))",
    "(url=https://*)",
    "( & ( department = Sales ) (title=*) )",
    "(whenCreated>=20200101000000.0Z)",
    "(whenCreated<=20200101000000.0Z)",
    "(cn=*)",
    "(sAMAccountName=u00000*)",
    "(sAMAccountName=*5)",
    "(userPrincipalName=*@contoso.example)",
    "(|(sAMAccountName=u000001)(sAMAccountName=U000002))",
];

#[test]
fn a_filter_means_what_it_means_in_active_directory() {
    let domain = Domain::start("filters", 97, "none");
    let seen = ask(&domain, &json!({"add": oddities()}));
    let objects: Vec<SourceObject> = seen["objects"].as_array().unwrap().iter().map(object).collect();
    let mut filters: Vec<String> = WRITTEN.iter().filter(|text| Filter::parse(text).is_ok()).map(|text| (*text).to_owned()).collect();
    filters.extend(by_identity(&objects));
    let mut dice = Dice(1);
    while filters.len() < WRITTEN.len() + GENERATED {
        filters.push(generated(&objects, &mut dice, 3));
    }
    let answers = ask(&domain, &json!({"filters": &filters}))["answers"].clone();
    let mut differ = Vec::new();
    let mut telling = 0;
    for (text, answer) in filters.iter().zip(answers.as_array().unwrap()) {
        let Some(expected) = answer.as_array() else { panic!("{text}: {answer}") };
        let expected: BTreeSet<String> = expected.iter().map(|guid| guid.as_str().unwrap().to_owned()).collect();
        let filter = Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let ours: BTreeSet<String> = objects.iter().filter(|object| filter.matches(object)).map(|object| object.guid.to_string()).collect();
        telling += usize::from(!expected.is_empty() && expected.len() < objects.len());
        if ours != expected {
            let named = |guids: Vec<&String>| -> Vec<String> {
                objects
                    .iter()
                    .filter(|object| guids.iter().any(|guid| **guid == object.guid.to_string()))
                    .map(|object| object.dn.to_string())
                    .take(3)
                    .collect()
            };
            let (more, less) = (named(ours.difference(&expected).collect()), named(expected.difference(&ours).collect()));
            differ.push(format!("{text}: we take {more:?} too, and not {less:?}"));
        }
        assert_eq!(Filter::parse(&filter.to_string()).as_ref(), Ok(&filter), "{text}: what is printed can be read again");
    }
    assert!(differ.is_empty(), "{} of {}:\n{}", differ.len(), filters.len(), differ.join("\n"));
    assert!(telling > filters.len() / 2, "most filters tell objects apart: {telling} of {}", filters.len());
}

/// Objects whose values are hard to compare.
fn oddities() -> Value {
    let user = |name: &str, more: Value| {
        let mut entry = json!({"dn": format!("CN={name},OU=Staff,BASE"), "objectClass": "user", "sAMAccountName": name});
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        entry
    };
    json!([
        user("odd1", json!({"description": "* star (and) a parenthesis", "employeeID": "007", "countryCode": "276"})),
        user("odd2", json!({"description": " two   words ", "employeeID": "10", "countryCode": "0", "info": "line one\nline two"})),
        user("odd3", json!({"description": "Straße", "employeeID": "9", "otherTelephone": ["+1 555 1", "+1 555 2"], "adminCount": "1"})),
        user("odd4", json!({"title": "_underscore", "url": ["https://a.example", "ftp://b.example"], "department": "SALES"})),
        user("odd5", json!({"title": "manager", "employeeID": "7", "manager": "CN=odd1,OU=Staff,BASE", "pwdLastSet": "0"})),
        {"dn": "CN=odd contact,OU=Staff,BASE", "objectClass": "contact", "mail": "c@x.example", "department": "Sales"},
        {"dn": "CN=odd list,OU=Staff,BASE", "objectClass": "group", "sAMAccountName": "oddlist", "groupType": "2", "member": "CN=odd1,OU=Staff,BASE"},
        {"dn": "CN=odd local,OU=Staff,BASE", "objectClass": "group", "sAMAccountName": "oddlocal", "groupType": "-2147483644", "description": "Two words"},
    ])
}

/// Distinguished names and GUIDs, which compare in ways of their own.
fn by_identity(objects: &[SourceObject]) -> Vec<String> {
    let odd = objects.iter().find(|object| object.dn.starts_with("CN=odd1,")).unwrap();
    let bytes: String = odd.guid.as_bytes().iter().map(|byte| format!("\\{byte:02x}")).collect();
    let dn = &odd.dn;
    vec![
        format!("(objectGUID={bytes})"),
        format!("(!(objectGUID={bytes}))"),
        format!("(objectGUID={})", odd.guid),
        format!("(distinguishedName={dn})"),
        format!("(distinguishedName={})", dn.to_uppercase().replace(',', ", ")),
        format!("(manager={dn})"),
        format!("(manager={})", dn.to_lowercase()),
        format!("(member={dn})"),
        "(manager=*)".to_owned(),
    ]
}

/// A filter made of values that are there, and a little beside them.
fn generated(objects: &[SourceObject], dice: &mut Dice, depth: usize) -> String {
    match dice.below(if depth == 0 { 5 } else { 9 }) {
        5 => format!("(!{})", generated(objects, dice, depth - 1)),
        combined @ 6.. => {
            let parts: String = (0..2 + dice.below(2)).map(|_| generated(objects, dice, depth - 1)).collect();
            format!("({}{parts})", if combined % 2 == 0 { '&' } else { '|' })
        }
        _ => compared(objects, dice),
    }
}

const TEXTS: &[&str] = &[
    "cn",
    "department",
    "description",
    "displayName",
    "employeeID",
    "givenName",
    "l",
    "sAMAccountName",
    "sn",
    "telephoneNumber",
    "title",
    "otherTelephone",
];
/// Whose values are told apart by letters of ASCII: beyond it, every directory server has an order of its own.
const ORDERED: &[&str] = &["department", "employeeID", "sAMAccountName", "telephoneNumber", "title"];
const NUMBERS: &[&str] = &["adminCount", "countryCode", "groupType", "userAccountControl", "primaryGroupID", "sAMAccountType"];

fn compared(objects: &[SourceObject], dice: &mut Dice) -> String {
    let object = &objects[dice.below(objects.len())];
    if dice.below(3) == 0 {
        let name = NUMBERS[dice.below(NUMBERS.len())];
        let number: i64 = object.attributes.text(&name.to_lowercase()).and_then(|text| text.parse().ok()).unwrap_or(1);
        let near = number + [0, 0, 1, -1][dice.below(4)];
        return match dice.below(5) {
            0 => format!("({name}={near})"),
            1 => format!("({name}>={near})"),
            2 => format!("({name}<={near})"),
            3 => format!("({name}:1.2.840.113556.1.4.803:={})", number.unsigned_abs() & 0x2ff),
            _ => format!("({name}:1.2.840.113556.1.4.804:={})", 1 << dice.below(12)),
        };
    }
    let name = TEXTS[dice.below(TEXTS.len())];
    let Some(value) = object.attributes.text(&name.to_lowercase()) else { return format!("({name}=*)") };
    let value: Vec<char> = if dice.below(2) == 0 { value.to_uppercase().chars().collect() } else { value.chars().collect() };
    let part = |from: usize, to: usize| escaped(&value[from.min(value.len())..to.min(value.len())].iter().collect::<String>());
    let (middle, end) = (value.len() / 2, value.len());
    match dice.below(8) {
        0 if ORDERED.contains(&name) => format!("({name}>={})", part(0, end)),
        1 if ORDERED.contains(&name) => format!("({name}<={})", part(0, end)),
        2 => format!("({name}={}*)", part(0, middle.max(1))),
        3 => format!("({name}=*{})", part(middle.min(end - 1), end)),
        4 => format!("({name}=*{}*)", part(end / 3, (end / 3 + 2).max(1))),
        5 => format!("({name}={}*{})", part(0, 1), part(end - 1, end)),
        _ => format!("({name}={})", part(0, end)),
    }
}

fn escaped(value: &str) -> String {
    let special = |character| matches!(character, '(' | ')' | '*' | '\\');
    value.chars().map(|one| if special(one) { format!("\\{:02x}", u32::from(one)) } else { one.to_string() }).collect()
}

fn object(shown: &Value) -> SourceObject {
    let mut attributes = AttributesBuilder::default();
    let mut class = Class::User;
    for (name, values) in shown["attributes"].as_object().unwrap() {
        for value in values.as_array().unwrap() {
            let value = STANDARD.decode(value.as_str().unwrap()).unwrap();
            match (name.as_str(), value.as_slice()) {
                ("objectClass", b"inetOrgPerson") => class = Class::InetOrgPerson,
                ("objectClass", b"group") => class = Class::Group,
                ("objectClass", b"contact") => class = Class::Contact,
                ("objectClass" | "objectGUID" | "distinguishedName" | "objectCategory", _) => {}
                _ => attributes.add(name, &value),
            }
        }
    }
    let guid: ObjectGuid = shown["guid"].as_str().unwrap().parse().unwrap();
    SourceObject { guid, dn: shown["dn"].as_str().unwrap().into(), class, attributes: attributes.build() }
}

fn ask(domain: &Domain, asked: &Value) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/filters/ask.py");
    let mut python = Command::new("/usr/bin/python3")
        .arg(script)
        .arg(domain.fact("smb_conf"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "the directory was not asked");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The same throws in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}
