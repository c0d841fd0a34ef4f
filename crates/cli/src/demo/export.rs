//! Writes the sample directory as an LDIF file (RFC 2849), the way `ldifde` exports one.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use samesign_wire::password::NtHash;

use super::people::{BASE, CHOSEN, DEPARTMENTS, OTHERS, Person};

/// The whole export: the domain, its units, its people.
pub fn write(people: &[Person]) -> String {
    let mut out = Record::default();
    out.text.push_str("version: 1\n\n");
    domain(&mut out);
    people.iter().enumerate().for_each(|(number, person)| account(&mut out, number, person, people));
    out.text
}

fn domain(out: &mut Record) {
    out.begin(BASE, &["top", "domain", "domainDNS"], guid(b'd', 0));
    out.end();
    let below_base = ["Office365"].iter().chain(&OTHERS).map(|ou| format!("OU={ou},{BASE}"));
    let units = below_base.chain(DEPARTMENTS.iter().map(|ou| format!("OU={ou},{CHOSEN}")));
    for (number, dn) in units.enumerate() {
        out.begin(&dn, &["top", "organizationalUnit"], guid(b'o', number));
        out.end();
    }
    out.begin(&format!("CN=Users,{BASE}"), &["top", "container"], guid(b'c', 0));
    out.end();
}

fn account(out: &mut Record, number: usize, person: &Person, people: &[Person]) {
    let built_in = person.critical;
    out.begin(&person.dn(), &["top", "person", "organizationalPerson", "user"], guid(b'u', number));
    out.text("cn", &person.display_name());
    out.optional("givenName", person.given.as_deref());
    out.text("sn", &person.surname);
    out.text("displayName", &person.display_name());
    out.text("sAMAccountName", &person.account);
    if !built_in {
        out.text("userPrincipalName", &person.upn);
    }
    out.text("userAccountControl", if person.disabled { "514" } else { "512" });
    // What a directory keeps of a password is its NT hash, and an export with the rights to read it holds that.
    out.bytes("unicodePwd", NtHash::of_password(&person.password()).expose());
    out.bytes("objectSid", &sid(relative_id(number, person)));
    out.text("pwdLastSet", &format!("{}", 133_800_000_000_000_000_u64 + 864_000_000_000 * number as u64));
    out.optional("mail", person.mail.as_deref());
    out.optional("proxyAddresses", person.proxy.as_deref());
    if built_in {
        out.text("description", &person.title);
        out.text("isCriticalSystemObject", "TRUE");
    } else {
        employment(out, number, person, people);
    }
    out.end();
}

fn employment(out: &mut Record, number: usize, person: &Person, people: &[Person]) {
    out.text("title", &person.title);
    out.text("department", &person.folder);
    out.text("company", "Nordlicht Instruments");
    out.text("physicalDeliveryOfficeName", "Kiel");
    out.text("telephoneNumber", &format!("+49 431 5550 {}", 100 + number));
    out.text("streetAddress", "Leuchtturmweg 7");
    out.text("postalCode", "24103");
    out.text("l", "Kiel");
    out.text("co", "Germany");
    out.text("c", "DE");
    out.text("countryCode", "276");
    let manager = person.manager.as_ref().and_then(|account| people.iter().find(|other| other.account == *account));
    out.optional("manager", manager.map(Person::dn).as_deref());
}

/// The text of the export so far.
#[derive(Default)]
struct Record {
    text: String,
}

impl Record {
    fn begin(&mut self, dn: &str, classes: &[&str], guid: [u8; 16]) {
        self.text("dn", dn);
        classes.iter().for_each(|class| self.text("objectClass", class));
        self.bytes("objectGUID", &guid);
    }

    fn end(&mut self) {
        self.text.push('\n');
    }

    fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// Text that is not plain ASCII is written as Base64, as RFC 2849 asks.
    fn text(&mut self, name: &str, value: &str) {
        match value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            true => self.line(&format!("{name}: {value}")),
            false => self.bytes(name, value.as_bytes()),
        }
    }

    fn bytes(&mut self, name: &str, value: &[u8]) {
        self.line(&format!("{name}:: {}", STANDARD.encode(value)));
    }

    /// One line, folded at 76 characters.
    fn line(&mut self, line: &str) {
        let (first, mut rest) = line.split_at_checked(76).unwrap_or((line, ""));
        self.text.push_str(first);
        while !rest.is_empty() {
            let (part, after) = rest.split_at_checked(75).unwrap_or((rest, ""));
            let _ = write!(self.text, "\n {part}");
            rest = after;
        }
        self.text.push('\n');
    }
}

/// An objectGUID that is the same in every demo.
fn guid(kind: u8, number: usize) -> [u8; 16] {
    let [high, low] = (number as u16).to_be_bytes();
    [kind, 0x4e, 0x6f, 0x72, 0x64, 0x6c, 0x69, 0x43, 0x68, 0x74, 0x2e, 0x2e, 0x2e, 0x2e, high, low]
}

/// Windows numbers its built-in accounts itself.
fn relative_id(number: usize, person: &Person) -> u32 {
    match person.account.as_str() {
        "Administrator" => 500,
        "Guest" => 501,
        "krbtgt" => 502,
        _ => 1_100 + number as u32,
    }
}

/// A security identifier of the sample domain (MS-DTYP 2.4.2.2).
fn sid(relative_id: u32) -> Vec<u8> {
    let mut bytes = vec![1, 5, 0, 0, 0, 0, 0, 5];
    for part in [21, 1_004_336_348, 1_177_238_915, 682_003_330, relative_id] {
        bytes.extend_from_slice(&part.to_le_bytes());
    }
    bytes
}
