//! Same Sign-On as an administrator sees it: whose password goes to the tenant, whose does not, and what the commands say of it.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use common::{BASE, Place, Serving};
use serde_json::Value;

const SET: &str = "pwdLastSet: 133800000000000000\n";
/// The NT hash of `Pa$$w0rd`.
const HASH: &str = "unicodePwd:: kpN5RbUYgUNB3j9yZQDU/w==\n";

/// A tenant and a configuration.
struct Office {
    place: Place,
    _serving: Serving,
}

impl Office {
    fn open(passwords: &str) -> Self {
        let (place, serving) = Place::with_tenant(&format!("[passwords]\nenabled = true\n{passwords}"));
        Self { place, _serving: serving }
    }

    /// Writes the export. Each person is a name and further lines.
    fn export(&self, people: &[(&str, &str)]) {
        let unit = format!("dn: OU=Office365,{BASE}\nobjectClass: organizationalUnit\nobjectGUID:: AAAAAAAAAAAAAAAAAAAAAA==\n\n");
        let record = |(name, more): &(&str, &str)| {
            let control = if more.contains("userAccountControl") { "" } else { "userAccountControl: 512\n" };
            let number = name.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
            format!(
                "dn: CN={name},OU=Office365,{BASE}\nobjectClass: user\nobjectGUID: {number:08x}-0000-4000-8000-000000000000\ncn: {name}\n\
                 displayName: {name}\nsAMAccountName: {name}\nuserPrincipalName: {name}@contoso.example\n{control}{more}\n"
            )
        };
        self.place.write("export.ldif", &format!("version: 1\n\n{unit}{}", people.iter().map(record).collect::<String>()));
    }

    fn passwords_of(&self, arguments: &[&str]) -> Value {
        self.place.json(arguments)["passwords"].clone()
    }
}

#[test]
fn the_commands_tell_whose_password_is_sent_and_whose_is_not() {
    let office = Office::open("");
    let (set, must_change) = (format!("{SET}{HASH}"), format!("pwdLastSet: 0\n{HASH}"));
    let disabled = format!("userAccountControl: 514\n{set}");
    let admin = format!("adminCount: 1\n{set}");
    office.export(&[("ana", &set), ("bob", &disabled), ("eva", &admin), ("ian", &must_change)]);

    let sync = office.place.run(&["sync", "--yes", "--json"]);
    assert_eq!(sync.code, 0, "{sync:?}");
    let report: Value = serde_json::from_str(&sync.stdout).unwrap();
    assert_eq!((report["passwords"]["sent"].as_u64(), report["passwords"]["withheld"].as_u64()), (Some(1), Some(3)), "{report}");

    let status = office.passwords_of(&["status", "--json"]);
    assert_eq!((status["synced"].as_u64(), status["withheld"].as_u64(), status["owed"].as_u64()), (Some(1), Some(3), Some(0)), "{status}");
    assert!(office.place.succeed(&["status"]).contains("passwords  1 in sync, 3 withheld"));

    let findings = office.place.json(&["findings", "--json"]);
    let codes: Vec<&str> = findings.as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["password-withheld-privileged"], "a disabled person and a password about to change are no one's mistake");
    for (who, why) in [
        ("ana", "the Windows password opens the tenant"),
        ("bob", "the account is disabled in Active Directory"),
        ("eva", "adminCount is 1"),
        ("ian", "it must be changed at the next Windows logon"),
    ] {
        let explained = office.place.succeed(&["explain", &format!("{who}@contoso.example")]);
        assert!(explained.contains(why), "{explained}");
    }

    let runs = office.place.succeed(&["runs"]);
    assert!(runs.contains("4 create  1 password"), "{runs}");
    let again = office.place.json(&["sync", "--yes", "--json"]);
    assert_eq!(again["passwords"]["sent"], 0, "what did not change is not sent again: {again}");
    office.export(&[("ana", &set), ("bob", &set), ("eva", &admin), ("ian", &set)]);
    let mended = office.place.json(&["sync", "--yes", "--json"]);
    assert_eq!(mended["passwords"]["sent"], 2, "bob was enabled and ian changed the password: {mended}");
    let text = office.place.succeed(&["sync", "--yes"]);
    assert!(!text.contains("kpN5") && !text.to_lowercase().contains("92937945"), "{text}");
}

#[test]
fn privileged_people_and_a_choice_are_configured() {
    let office = Office::open("privileged = true\nselect = { attribute = \"adminDescription\", exclude = \"PHSFiltered\" }\n");
    let admin = format!("adminCount: 1\n{SET}{HASH}");
    let filtered = format!("adminDescription: PHSFiltered\n{SET}{HASH}");
    office.export(&[("eva", &admin), ("kim", &filtered)]);
    let report = office.place.json(&["sync", "--yes", "--json"]);
    assert_eq!((report["passwords"]["sent"].as_u64(), report["passwords"]["withheld"].as_u64()), (Some(1), Some(1)), "{report}");
    let explained = office.place.succeed(&["explain", "kim@contoso.example"]);
    assert!(explained.contains("`passwords.select` leaves the person out"), "{explained}");
}

#[test]
fn the_preflight_says_whether_the_export_holds_passwords() {
    let office = Office::open("");
    office.export(&[("ana", SET)]);
    let without = office.place.run(&["check"]);
    assert_eq!(without.code, 1, "{without:?}");
    assert!(without.stdout.contains("NOT OK   the export holds no passwords: export with unicodePwd"), "{without:?}");
    office.export(&[("ana", &format!("{SET}{HASH}"))]);
    let with = office.place.succeed(&["check"]);
    assert!(with.contains("the export holds passwords (unicodePwd)"), "{with}");
}
