//! A contact's attributes.

use rusqlite::Connection;
use samesign_wire::provisioning::PropertyValue;
use serde_json::Value;

use super::values::{check_length, reference, text};
use super::{Sent, Settled, first_nickname, set_plain};
use crate::directory::properties::CONTACT;
use crate::directory::users::MANAGER_ANCHOR;
use crate::directory::{Contact, nickname_of, quarantine, synced};
use crate::provisioning::refusal::Stop;

/// Texts that go over as they are: the service's name and the directory's.
const PLAIN: &[(&str, &str)] = &[
    ("city", "city"),
    ("company", "companyName"),
    ("country", "country"),
    ("department", "department"),
    ("facsimileTelephoneNumber", "faxNumber"),
    ("givenName", "givenName"),
    ("mobile", "mobilePhone"),
    ("physicalDeliveryOfficeName", "officeLocation"),
    ("postalCode", "postalCode"),
    ("state", "state"),
    ("streetAddress", "streetAddress"),
    ("surname", "surname"),
    // Where mail for the contact goes. Graph does not show it.
    ("targetAddress", "#targetAddress"),
    ("title", "jobTitle"),
];

/// Puts a contact's attributes into its record.
pub fn apply(connection: &Connection, contact: &mut Contact, sent: &Sent<'_>) -> Result<Settled, Stop> {
    for (name, value) in &sent.object.properties {
        apply_one(contact, name, value)?;
    }
    settle_nickname(contact, sent);
    let mut settled = Settled::default();
    if sent.first || sent.any_changes(&["mail", "proxyAddresses"]) {
        settled.looked_at.push(quarantine::ADDRESS);
        settled.clashes = synced::settle_contact_addresses(connection, contact)?;
    }
    if contact.display_name.is_empty() {
        contact.display_name = text(sent.shadow.get("commonName")).unwrap_or_else(|| contact.id.clone());
    }
    Ok(settled)
}

fn apply_one(contact: &mut Contact, name: &str, value: &PropertyValue) -> Result<(), Stop> {
    if set_plain(&mut |graph, value| contact.set(graph, value), &CONTACT, PLAIN, name, value)? {
        return Ok(());
    }
    match name {
        "displayName" => {
            let text = text(Some(value));
            check_length(&CONTACT, name, name, text.as_deref())?;
            contact.display_name = text.unwrap_or_default();
        }
        "telephoneNumber" => contact.set("businessPhones", text(Some(value)).map(|number| Value::from(vec![number]))),
        "manager" => contact.set(MANAGER_ANCHOR, reference(value).map(Value::from)),
        _ => {}
    }
    Ok(())
}

/// As a user's; without one it is called by its common name.
fn settle_nickname(contact: &mut Contact, sent: &Sent<'_>) {
    let alias = sent.object.property("alias").and_then(|alias| text(Some(alias)));
    let common = || text(sent.shadow.get("commonName")).map(|name| nickname_of(&name)).filter(|name| !name.is_empty());
    let first = || {
        let wanted = sent.first && contact.text("mailNickname").is_none();
        if wanted { first_nickname(sent.shadow).or_else(common) } else { None }
    };
    if let Some(nickname) = alias.or_else(first) {
        contact.set("mailNickname", Some(Value::from(nickname)));
    }
}
