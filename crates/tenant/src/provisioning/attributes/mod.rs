//! What the attributes sent become in the directory.

mod contacts;
mod groups;
mod limits;
mod users;
mod values;

use rusqlite::Connection;
use samesign_wire::provisioning::{PropertyValue, SyncObject};
use serde_json::Value;

use super::matching::OBJECT_IDENTIFIER;
use super::record::Record;
use super::refusal::Stop;
use super::shadow::Shadow;
use crate::directory::synced::{Clash, SENT_ADDRESSES, SENT_MAIL};
use crate::directory::{addresses, extensions, nickname_of};
use crate::store::fold;
use values::{check_length, extension, text, texts};

/// What was found on the way.
#[derive(Debug, Default)]
pub struct Settled {
    /// Values that other objects hold, which were left out.
    pub clashes: Vec<Clash>,
    /// The properties that were looked at for clashes.
    pub looked_at: Vec<&'static str>,
}

/// What an object sends, and what it sent before.
pub struct Sent<'a> {
    /// This time.
    pub object: &'a SyncObject,
    /// Everything, this included.
    pub shadow: &'a Shadow,
    /// Everything before.
    pub before: &'a Shadow,
    /// The object was not synchronized before.
    pub first: bool,
}

impl Sent<'_> {
    /// Whether a property was sent with another value than before.
    fn changes(&self, name: &str) -> bool {
        self.object.property(name).is_some() && self.shadow.get(name) != self.before.get(name)
    }

    fn any_changes(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.changes(name))
    }
}

/// Puts what was sent into the record. Membership is not among it: see [`super::membership`].
pub fn apply(connection: &Connection, record: &mut Record, sent: &Sent<'_>) -> Result<Settled, Stop> {
    if let Some(identifier) = text(sent.object.property("onPremisesObjectIdentifier")) {
        record.set(OBJECT_IDENTIFIER, Some(Value::from(identifier)));
    }
    keep_addresses(record, sent);
    let own = sent.object.properties.iter().filter(|(name, _)| extensions::is_extension(name));
    own.for_each(|(name, value)| record.set(name, extension(value)));
    let settled = match record {
        Record::User(user) => users::apply(connection, user, sent)?,
        Record::Group(group) => groups::apply(connection, group, sent)?,
        Record::Contact(contact) => contacts::apply(connection, contact, sent)?,
    };
    limits::check(record, sent.shadow)?;
    Ok(settled)
}

/// What was sent of mail and addresses stays beside what is made of it.
fn keep_addresses(record: &mut Record, sent: &Sent<'_>) {
    let mail = match sent.object.property("mail") {
        Some(value) => Some(text(Some(value)).unwrap_or_default()),
        // What the cloud gave stays until Active Directory says something else; what is made of addresses later is not of that kind.
        None if sent.first => Some(record.mail().unwrap_or_default().to_owned()),
        None => None,
    };
    if let Some(mail) = mail {
        let before = record.text(SENT_MAIL).unwrap_or_default().to_owned();
        if !before.is_empty() && fold(&mail) != fold(&before) {
            forget_primary(record, &before);
        }
        record.set(SENT_MAIL, Some(Value::from(mail)));
    }
    if let Some(value) = sent.object.property("proxyAddresses") {
        record.set(SENT_ADDRESSES, Some(Value::from(texts(Some(value)).unwrap_or_default())));
    }
}

/// The primary address that was made of mail goes with it.
fn forget_primary(record: &mut Record, mail: &str) {
    let primary = fold(&format!("SMTP:{mail}"));
    let kept: Vec<String> = record.addresses().into_iter().filter(|entry| fold(entry) != primary).map(str::to_owned).collect();
    record.set("proxyAddresses", Some(Value::from(kept)).filter(|kept| kept.as_array().is_some_and(|kept| !kept.is_empty())));
}

/// Sets a plain text by a table of the service's names and Graph's. Answers whether the name stands in the table.
fn set_plain(
    record: &mut dyn FnMut(&str, Option<Value>),
    resource: &crate::directory::properties::Resource,
    table: &[(&str, &str)],
    name: &str,
    value: &PropertyValue,
) -> Result<bool, Stop> {
    let Some((_, graph)) = table.iter().find(|(service, _)| *service == name) else { return Ok(false) };
    let text = text(Some(value));
    check_length(resource, name, graph, text.as_deref())?;
    record(graph, text.map(Value::from));
    Ok(true)
}

/// The first alias: that of Active Directory, else what stands before the @ of the primary address, of mail, of the UPN, of another
/// address.
fn first_nickname(shadow: &Shadow) -> Option<String> {
    let listed = texts(shadow.get("proxyAddresses")).unwrap_or_default();
    let listed: Vec<&str> = listed.iter().map(|address| address.trim()).collect();
    let primary = listed.iter().find_map(|address| address.strip_prefix("SMTP:")).map(str::to_owned);
    let other = listed.iter().find_map(|address| addresses::smtp_of(address)).map(str::to_owned);
    let sources = [text(shadow.get("alias")), primary, text(shadow.get("mail")), text(shadow.get("userPrincipalName")), other];
    sources.into_iter().flatten().map(|name| nickname_of(&name)).find(|nickname| !nickname.is_empty())
}
