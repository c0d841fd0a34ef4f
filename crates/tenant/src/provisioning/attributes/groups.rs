//! A group's attributes, but for its members.

use rusqlite::Connection;
use samesign_wire::provisioning::PropertyValue;
use serde_json::Value;

use super::values::{boolean, check_length, reference, sid, text};
use super::{Sent, Settled, first_nickname, set_plain};
use crate::directory::properties::GROUP;
use crate::directory::{Group, nickname_of, quarantine, synced};
use crate::provisioning::refusal::Stop;

/// Texts that go over as they are: the service's name and Graph's.
const PLAIN: &[(&str, &str)] = &[
    ("dnsDomainName", "onPremisesDomainName"),
    ("netBiosName", "onPremisesNetBiosName"),
    ("onPremisesSamAccountName", "onPremisesSamAccountName"),
];
/// Anchor of who manages the group. Graph shows no manager of a group.
const MANAGED_BY: &str = "#managedByAnchor";

/// Puts a group's attributes into its record.
pub fn apply(connection: &Connection, group: &mut Group, sent: &Sent<'_>) -> Result<Settled, Stop> {
    for (name, value) in &sent.object.properties {
        apply_one(group, name, value)?;
    }
    settle_nickname(group, sent);
    let mut settled = Settled::default();
    if sent.first || sent.any_changes(&["mail", "proxyAddresses"]) {
        settled.looked_at.push(quarantine::ADDRESS);
        settled.clashes = synced::settle_group_addresses(connection, group)?;
    }
    if group.display_name.is_empty() {
        group.display_name = text(sent.shadow.get("commonName")).unwrap_or_else(|| group.id.clone());
    }
    Ok(settled)
}

fn apply_one(group: &mut Group, name: &str, value: &PropertyValue) -> Result<(), Stop> {
    if set_plain(&mut |graph, value| group.set(graph, value), &GROUP, PLAIN, name, value)? {
        return Ok(());
    }
    match name {
        "displayName" => {
            let text = text(Some(value));
            check_length(&GROUP, name, name, text.as_deref())?;
            group.display_name = text.unwrap_or_default();
        }
        "Description" => {
            let text = text(Some(value));
            check_length(&GROUP, name, "description", text.as_deref())?;
            group.description = text;
        }
        "SecurityEnabled" => group.security_enabled = boolean(name, value)?,
        "onPremiseSecurityIdentifier" => group.set("onPremisesSecurityIdentifier", sid(value)?.map(Value::from)),
        "managedBy" => group.set(MANAGED_BY, reference(value).map(Value::from)),
        _ => {}
    }
    Ok(())
}

/// As a user's; a group without mail is called as its account.
fn settle_nickname(group: &mut Group, sent: &Sent<'_>) {
    let alias = sent.object.property("alias").and_then(|alias| text(Some(alias)));
    let account = || {
        let names = ["onPremisesSamAccountName", "commonName", "displayName"];
        names.iter().filter_map(|name| text(sent.shadow.get(name))).map(|name| nickname_of(&name)).find(|name| !name.is_empty())
    };
    let first = || if sent.first && group.nickname.is_none() { first_nickname(sent.shadow).or_else(account) } else { None };
    if let Some(nickname) = alias.or_else(first) {
        group.nickname = Some(nickname);
    }
}
