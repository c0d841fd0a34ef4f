//! The people of the demo: one table, from which both the export of Active Directory and the accounts that already exist in
//! Microsoft 365 are made.

use anyhow::{Context, Result};

/// The verified domain of the sample company.
pub const DOMAIN: &str = "nordlicht.example";
/// The tenant's own name.
pub const TENANT: &str = "nordlicht.onmicrosoft.com";
/// The naming context of its Active Directory.
pub const BASE: &str = "DC=corp,DC=nordlicht,DC=example";
/// The organizational unit that is chosen.
pub const CHOSEN: &str = "OU=Office365,DC=corp,DC=nordlicht,DC=example";
/// The units below the chosen one.
pub const DEPARTMENTS: [&str; 5] = ["Management", "Sales", "Engineering", "Operations", "Finance"];
/// The units that are not chosen.
pub const OTHERS: [&str; 3] = ["Workshop", "Archive", "Service Accounts"];

/// One account of the sample directory.
#[derive(Clone, Debug)]
pub struct Person {
    /// The name of the folder it lies in.
    pub folder: String,
    pub given: Option<String>,
    pub surname: String,
    pub title: String,
    /// The manager's account name.
    pub manager: Option<String>,
    /// `sAMAccountName`.
    pub account: String,
    pub upn: String,
    pub mail: Option<String>,
    /// A further address (`smtp:dispatch@…`).
    pub proxy: Option<String>,
    /// What somebody made in Microsoft 365 by hand, before.
    pub cloud: Cloud,
    pub disabled: bool,
    pub critical: bool,
}

/// The cloud account of a person before the first run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cloud {
    None,
    Licensed,
    Unlicensed,
    Administrator,
}

impl Person {
    pub fn display_name(&self) -> String {
        self.given.as_ref().map_or_else(|| self.surname.clone(), |given| format!("{given} {}", self.surname))
    }

    /// The distinguished name of the folder.
    pub fn container(&self) -> String {
        match self.folder.as_str() {
            "Users" => format!("CN=Users,{BASE}"),
            "Office365" => CHOSEN.to_owned(),
            department if DEPARTMENTS.contains(&department) => format!("OU={department},{CHOSEN}"),
            other => format!("OU={other},{BASE}"),
        }
    }

    /// The Windows password that everybody in the sample has until they choose a better one.
    pub fn password(&self) -> String {
        format!("{}-Kiel-7", self.surname)
    }

    pub fn dn(&self) -> String {
        format!("CN={},{}", self.display_name(), self.container())
    }
}

/// Everyone, in the order of the table.
pub fn everyone() -> Result<Vec<Person>> {
    let lines = include_str!("people.tsv").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| person(line).with_context(|| format!("the sample line `{line}` is damaged"))).collect()
}

fn person(line: &str) -> Result<Person> {
    let mut fields = line.split('\t').map(|field| Some(field).filter(|field| *field != "-").map(str::to_owned));
    let mut next = || fields.next().context("it has too few columns");
    let (folder, given, surname, title) = (next()?, next()?, next()?, next()?);
    let (manager, mail, cloud, extra) = (next()?, next()?, next()?, next()?.unwrap_or_default());
    let surname = surname.context("it has no surname")?;
    let word = |key: &str| extra.split(' ').find_map(|word| word.strip_prefix(key)).map(str::to_owned);
    let upn = word("upn=").unwrap_or_else(|| format!("{}@{DOMAIN}", local_part(given.as_deref(), &surname)));
    let initial = given.as_ref().and_then(|given| given.chars().next()).map(String::from).unwrap_or_default();
    Ok(Person {
        folder: folder.context("it has no folder")?,
        account: word("sam=").unwrap_or_else(|| plain(&format!("{initial}{surname}"))),
        mail: mail.map(|mail| if mail == "=" { upn.clone() } else { mail }),
        proxy: word("proxy="),
        cloud: match cloud.as_deref() {
            Some("mailbox") => Cloud::Licensed,
            Some("no-licence") => Cloud::Unlicensed,
            Some("administrator") => Cloud::Administrator,
            _ => Cloud::None,
        },
        disabled: extra.split(' ').any(|word| word == "disabled"),
        critical: extra.split(' ').any(|word| word == "critical"),
        title: title.unwrap_or_default(),
        given,
        surname,
        manager,
        upn,
    })
}

fn local_part(given: Option<&str>, surname: &str) -> String {
    given.map_or_else(|| plain(surname), |given| format!("{}.{}", plain(given), plain(surname)))
}

/// A name as mail systems of the last thirty years have wanted it.
fn plain(name: &str) -> String {
    let mut out = String::new();
    for letter in name.to_lowercase().chars() {
        match letter {
            'ä' | 'æ' => out.push_str("ae"),
            'ö' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'å' => out.push_str("aa"),
            'ß' => out.push_str("ss"),
            'á' => out.push('a'),
            'č' => out.push('c'),
            'é' | 'è' => out.push('e'),
            'ı' => out.push('i'),
            'ł' => out.push('l'),
            'ń' => out.push('n'),
            'ø' | 'ó' => out.push('o'),
            letter if letter.is_ascii_alphanumeric() => out.push(letter),
            _ => {}
        }
    }
    out
}

/// A cloud account with no counterpart of the same name in Active Directory.
pub struct CloudOnly {
    pub upn: &'static str,
    pub name: &'static str,
    pub mail: &'static str,
}

/// Accounts that exist in Microsoft 365 alone. The first two hold an address that somebody in Active Directory would need.
pub const CLOUD_ONLY: [CloudOnly; 4] = [
    CloudOnly { upn: "elisabeth.hartmann@nordlicht.example", name: "Elisabeth Hartmann", mail: "elisabeth.hartmann@nordlicht.example" },
    CloudOnly { upn: "m.weber@nordlicht.example", name: "Maria Weber", mail: "maria.weber@nordlicht.example" },
    CloudOnly { upn: "info@nordlicht.example", name: "Front Desk", mail: "info@nordlicht.example" },
    CloudOnly { upn: "audit@nordlicht.example", name: "Contract Auditor", mail: "audit@nordlicht.example" },
];
