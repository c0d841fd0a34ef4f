//! An export of any number of people, as ldifde writes it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub const UNIT: &str = "OU=Staff,DC=corp,DC=example,DC=com";

const GIVEN: &[&str] = &["Ada", "Bob", "Chen", "Dora", "Emil", "Fay", "Günther", "Hana", "Ivo", "Jane", "Kofi", "Łukasz"];
const SURNAMES: &[&str] = &["Adler", "Brown", "Costa", "Dvořák", "Evans", "Fischer", "García", "Haddad", "Ito", "Jones", "Kim"];

/// Writes people 0 to `count`; one whose number is `promoted` has another title and a later change.
pub fn write_export(path: &Path, count: usize, promoted: Option<usize>) -> Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "dn: {UNIT}\nchangetype: add\nobjectClass: top\nobjectClass: organizationalUnit\nou: Staff")?;
    writeln!(out, "distinguishedName: {UNIT}\nobjectGUID:: {}\n", guid(usize::MAX))?;
    for number in 0..count {
        write_person(&mut out, number, promoted == Some(number))?;
    }
    Ok(out.flush()?)
}

/// Adds a security group of these people to an export.
pub fn append_group(path: &Path, members: Range<usize>) -> Result<()> {
    let mut out = BufWriter::new(File::options().append(true).open(path)?);
    writeln!(out, "dn: CN=Everybody,{UNIT}\nchangetype: add\nobjectClass: top\nobjectClass: group\ncn: Everybody")?;
    writeln!(out, "displayName: Everybody\nsAMAccountName: everybody\ngroupType: -2147483646")?;
    writeln!(out, "objectGUID:: {}\nobjectSid:: {}", guid(usize::MAX - 1), sid(900_000))?;
    for number in members {
        text(&mut out, "member", &dn_of(number))?;
    }
    writeln!(out)?;
    Ok(out.flush()?)
}

fn name_of(number: usize) -> String {
    let given = GIVEN.get(number % GIVEN.len()).copied().unwrap_or_default();
    let surname = SURNAMES.get(number / GIVEN.len() % SURNAMES.len()).copied().unwrap_or_default();
    format!("{given} {surname} {number:06}")
}

fn dn_of(number: usize) -> String {
    format!("CN={},{UNIT}", name_of(number))
}

fn write_person(out: &mut impl Write, number: usize, promoted: bool) -> Result<()> {
    let given = GIVEN.get(number % GIVEN.len()).copied().unwrap_or_default();
    let surname = SURNAMES.get(number / GIVEN.len() % SURNAMES.len()).copied().unwrap_or_default();
    let (name, dn) = (name_of(number), dn_of(number));
    let (title, usn) = if promoted { ("Director", 900_000) } else { ("Engineer", 10_000) };
    text(out, "dn", &dn)?;
    writeln!(out, "changetype: add")?;
    for class in ["top", "person", "organizationalPerson", "user"] {
        writeln!(out, "objectClass: {class}")?;
    }
    for (attribute, value) in [("cn", &name), ("displayName", &name), ("name", &name), ("distinguishedName", &dn)] {
        text(out, attribute, value)?;
    }
    text(out, "givenName", given)?;
    text(out, "sn", surname)?;
    writeln!(out, "title: {title}\ndepartment: Department {}\ncompany: Contoso\nl: Berlin\nc: DE\nco: Germany", number % 20)?;
    writeln!(
        out,
        "telephoneNumber: +1 555 {number:07}\nmobile: +1 556 {number:07}\nstreetAddress: {number} Main Street\npostalCode: 10115"
    )?;
    writeln!(
        out,
        "instanceType: 4\nwhenCreated: 20260101080000.0Z\nwhenChanged: 20260301080000.0Z\nuSNCreated: 9000\nuSNChanged: {}",
        usn + number
    )?;
    writeln!(out, "objectGUID:: {}\nobjectSid:: {}", guid(number), sid(number))?;
    writeln!(
        out,
        "userAccountControl: 512\nbadPwdCount: 0\ncodePage: 0\ncountryCode: 276\nbadPasswordTime: 0\nlastLogoff: 0\nlastLogon: 0"
    )?;
    writeln!(out, "pwdLastSet: 134000000000000000\nprimaryGroupID: 513\naccountExpires: 9223372036854775807\nlogonCount: 0")?;
    writeln!(out, "sAMAccountName: u{number:06}\nsAMAccountType: 805306368\nuserPrincipalName: u{number:06}@contoso.example")?;
    writeln!(out, "objectCategory: CN=Person,CN=Schema,CN=Configuration,DC=corp,DC=example,DC=com\nemployeeID: E{number:06}\n")?;
    Ok(())
}

/// A value with letters beyond ASCII is written as Base64.
fn text(out: &mut impl Write, attribute: &str, value: &str) -> Result<()> {
    if value.is_ascii() {
        writeln!(out, "{attribute}: {value}")?;
    } else {
        writeln!(out, "{attribute}:: {}", STANDARD.encode(value))?;
    }
    Ok(())
}

fn guid(number: usize) -> String {
    // Scattered as real ones are: neighbours must not be neighbours in an index.
    let scattered = (number as u128).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    STANDARD.encode(scattered.to_le_bytes())
}

fn sid(number: usize) -> String {
    let mut bytes = vec![1, 5, 0, 0, 0, 0, 0, 5];
    for part in [21, 1_111_111_111, 2_222_222_222, 333_333_333, 1_000 + number as u32] {
        bytes.extend(u32::to_le_bytes(part));
    }
    STANDARD.encode(bytes)
}
