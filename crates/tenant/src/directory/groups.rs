//! Groups: made, changed, deleted; Microsoft 365 groups can be restored for 30 days.

use rusqlite::Connection;
use serde_json::{Map, Value};

use super::{DirectoryError, RESTORABLE_SECONDS, claims, names, quota};
use crate::random;
pub use crate::store::groups::{Group, by_anchor, by_id, by_number};
use crate::store::keys::{self, Key, KeyKind};
use crate::store::objects::ObjectKind;
use crate::store::{changes, fold, groups as rows, members, organization, sync_objects};

/// Characters of a display name at most.
const DISPLAY_NAME_MAX: usize = 256;
/// Characters of a nickname at most.
const NICKNAME_MAX: usize = 64;
/// Characters of a description at most.
const DESCRIPTION_MAX: usize = 1_024;

/// A group to be made in the cloud: a security group, or a Microsoft 365 group.
#[derive(Clone, Debug, Default)]
pub struct NewGroup {
    /// displayName.
    pub display_name: String,
    /// mailNickname.
    pub nickname: String,
    /// `groupTypes` has `Unified`.
    pub unified: bool,
    /// mailEnabled.
    pub mail_enabled: bool,
    /// securityEnabled.
    pub security_enabled: bool,
    /// Anything else, by Graph's names.
    pub more: Map<String, Value>,
}

/// The live group with this id.
pub fn find(connection: &Connection, id: &str) -> Result<Group, DirectoryError> {
    rows::by_id(connection, id)?.filter(Group::live).ok_or_else(|| DirectoryError::NotFound { what: id.to_owned() })
}

/// Makes a group in the cloud.
pub fn create(connection: &Connection, new: NewGroup, now: i64) -> Result<Group, DirectoryError> {
    let NewGroup { display_name, nickname, unified, mail_enabled, security_enabled, more } = new;
    if mail_enabled != unified || !(unified || security_enabled) {
        let reason = "security groups (mailEnabled false, securityEnabled true) and Microsoft 365 groups (groupTypes Unified, mailEnabled \
                      true) are made here; other groups with mail come from Exchange";
        return Err(DirectoryError::invalid("mailEnabled", &mail_enabled.to_string(), reason));
    }
    let mut group = Group { unified, mail_enabled, security_enabled, ..blank(now)? };
    apply(&mut group, "displayName", &Value::from(display_name))?;
    apply(&mut group, "mailNickname", &Value::from(nickname))?;
    for (name, value) in &more {
        apply(&mut group, name, value)?;
    }
    if unified {
        let domains = organization::domains(connection)?;
        let domain = domains.iter().find(|domain| domain.standard).or(domains.first()).map(|domain| domain.name.clone());
        let address = format!("{}@{}", group.nickname.as_deref().unwrap_or_default(), domain.unwrap_or_default());
        group.set("proxyAddresses", Some(Value::from(vec![format!("SMTP:{address}")])));
        group.mail = Some(address);
    }
    insert(connection, group)
}

/// Changes a group from the cloud. A synchronized one is Active Directory's; nothing is changed then.
pub fn edit(connection: &Connection, group: &mut Group, changes: &Map<String, Value>) -> Result<(), DirectoryError> {
    let before = group.clone();
    for (name, value) in changes {
        if group.synced == Some(true) {
            return Err(DirectoryError::OnPremisesMastered { property: name.clone() });
        }
        apply(group, name, value)?;
    }
    save(connection, group, &before)
}

/// Deletes a group: a Microsoft 365 group goes to deletedItems, any other is gone at once. One with licences is refused.
pub fn delete(connection: &Connection, group: &mut Group, now: i64) -> Result<(), DirectoryError> {
    if !group.licences.is_empty() {
        return Err(DirectoryError::GroupWithLicences);
    }
    keys::replace(connection, &group.id, &[])?;
    if !group.unified {
        return purge(connection, group, now);
    }
    group.deleted = Some(now);
    group.sequence = changes::next(connection)?;
    rows::update(connection, group)?;
    Ok(members::tell(connection, ObjectKind::Group, group.number, group.sequence)?)
}

/// Brings a group back from deletedItems, with its id and its members. Refused while another object holds one of its names.
pub fn restore(connection: &Connection, group: &mut Group) -> Result<(), DirectoryError> {
    group.deleted = None;
    claims::claim(connection, &group.id, &keys_of(group))?;
    group.sequence = changes::next(connection)?;
    rows::update(connection, group)?;
    Ok(members::tell(connection, ObjectKind::Group, group.number, group.sequence)?)
}

/// Removes a group for good.
pub fn purge(connection: &Connection, group: &Group, now: i64) -> Result<(), DirectoryError> {
    keys::replace(connection, &group.id, &[])?;
    sync_objects::remove_of_object(connection, &group.id)?;
    let sequence = changes::next(connection)?;
    Ok(rows::purge(connection, group, sequence, now)?)
}

/// Removes the groups that were deleted more than 30 days ago.
pub fn purge_expired(connection: &Connection, now: i64) -> Result<(), DirectoryError> {
    let expired = rows::deleted_before(connection, now.saturating_sub(RESTORABLE_SECONDS))?;
    expired.iter().try_for_each(|group| purge(connection, group, now))
}

/// An empty security group with a new id.
pub fn blank(now: i64) -> Result<Group, DirectoryError> {
    Ok(Group {
        number: 0,
        id: random::uuid()?,
        display_name: String::new(),
        description: None,
        mail: None,
        nickname: None,
        mail_enabled: false,
        security_enabled: true,
        unified: false,
        anchor: None,
        synced: None,
        created: now,
        deleted: None,
        sequence: 0,
        properties: Map::new(),
        licences: Vec::new(),
        parked: Vec::new(),
    })
}

/// Stores a new group that is ready.
pub fn insert(connection: &Connection, mut group: Group) -> Result<Group, DirectoryError> {
    quota::check(connection, group.created)?;
    claims::claim(connection, &group.id, &keys_of(&group))?;
    group.sequence = changes::next(connection)?;
    group.number = rows::insert(connection, &group)?;
    Ok(group)
}

/// Stores a changed group. One that is as before is not written, so that delta stays quiet.
pub fn save(connection: &Connection, group: &mut Group, before: &Group) -> Result<(), DirectoryError> {
    if group == before {
        return Ok(());
    }
    claims::claim(connection, &group.id, &keys_of(group))?;
    group.sequence = changes::next(connection)?;
    Ok(rows::update(connection, group)?)
}

fn keys_of(group: &Group) -> Vec<Key> {
    let mut keys = claims::common(&group.addresses(), group.anchor.as_deref(), group.text("onPremisesSecurityIdentifier"));
    if let Some(nickname) = group.nickname.as_deref().filter(|_| group.unified) {
        keys.push(Key { kind: KeyKind::Nickname, value: fold(nickname) });
    }
    keys
}

/// Puts a client's value into the record, checked.
fn apply(group: &mut Group, name: &str, value: &Value) -> Result<(), DirectoryError> {
    let property =
        super::properties::GROUP.find(name).ok_or_else(|| DirectoryError::invalid(name, name, "a group has no such property"))?;
    match property.name {
        "displayName" => {
            let text = text_of("displayName", value, DISPLAY_NAME_MAX)?;
            group.display_name = text.ok_or_else(|| DirectoryError::invalid("displayName", "", "it cannot be cleared"))?;
        }
        "description" => group.description = text_of("description", value, DESCRIPTION_MAX)?,
        "mailNickname" => group.nickname = Some(nickname(value)?),
        "securityEnabled" => {
            let wanted = value.as_bool().ok_or_else(|| DirectoryError::invalid(name, &value.to_string(), "it is of another type"))?;
            if !wanted && !group.unified {
                return Err(DirectoryError::invalid(name, "false", "a group that has no mail is a security group"));
            }
            group.security_enabled = wanted;
        }
        // May be sent again as it is.
        "mailEnabled" if value.as_bool() == Some(group.mail_enabled) => {}
        "visibility"
        | "theme"
        | "preferredLanguage"
        | "preferredDataLocation"
        | "classification"
        | "membershipRule"
        | "isAssignableToRole"
        | "membershipRuleProcessingState" => group.set(property.name, Some(value.clone())),
        _ => return Err(DirectoryError::ReadOnly { property: property.name.to_owned() }),
    }
    Ok(())
}

fn text_of(property: &str, value: &Value, characters_max: usize) -> Result<Option<String>, DirectoryError> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim(),
        other => return Err(DirectoryError::invalid(property, &other.to_string(), "it is of another type")),
    };
    if text.chars().count() > characters_max {
        return Err(DirectoryError::invalid(property, text, &format!("it is longer than {characters_max} characters")));
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

fn nickname(value: &Value) -> Result<String, DirectoryError> {
    let given = text_of("mailNickname", value, NICKNAME_MAX)?.unwrap_or_default();
    let refused = |character: char| !character.is_ascii() || "@()/[]';:<>,\\\" ".contains(character);
    if given.contains(refused) || names::nickname_of(&given).is_empty() {
        return Err(DirectoryError::invalid("mailNickname", &given, "only ASCII without @ ( ) / [ ] ' ; : < > , and space is taken"));
    }
    Ok(given)
}
