//! A batch of passwords from Active Directory: each is stored with its user, or answered with a code of its own.
//!
//! The service publishes two codes, 0 (stored) and 2 (anchor not known yet). Every other refusal is 1 here, told apart by its words.

use rusqlite::Connection;
use samesign_wire::password::CredentialData;
use samesign_wire::provisioning::{CredentialItem, CredentialResult, features};
use serde_json::Value;

use super::Client;
use crate::directory::{DirectoryError, User, users};
use crate::identity::passwords::{self, Synced};
use crate::store::users as rows;
use crate::store::{Store, changes, organization};

/// The item itself is at fault: sending it again does not help.
const REFUSED: i32 = 1;
/// passwordPolicies: the password never expires in the cloud.
const NO_EXPIRY: &str = "DisablePasswordExpiration";

/// Stores a batch in one transaction, in the order given. Results come in the same order.
pub fn provision(store: &Store, batch: &[CredentialItem], client: &Client, now: i64) -> Result<Vec<CredentialResult>, DirectoryError> {
    store.write(|connection| {
        let held = organization::load(connection)?.sync_features;
        batch.iter().map(|item| provision_one(connection, item, held, client, now)).collect()
    })
}

/// Why a password was not stored: the code and the words.
struct Refusal(i32, String);

fn provision_one(
    connection: &Connection,
    item: &CredentialItem,
    held: i32,
    client: &Client,
    now: i64,
) -> Result<CredentialResult, DirectoryError> {
    let wanted = find(connection, item)?.and_then(|user| Ok((user, credential_of(item)?)));
    match wanted {
        Ok((user, blob)) => {
            let cloud_anchor = format!("User_{}", user.id);
            store_one(connection, user, &blob, item, held, client, now)?;
            Ok(result_of(item, CredentialResult::STORED, Some(cloud_anchor), None))
        }
        Err(Refusal(code, words)) => Ok(result_of(item, code, None, Some(words))),
    }
}

/// The live synchronized user that an item names, by its anchor or by the tenant's.
fn find(connection: &Connection, item: &CredentialItem) -> Result<Result<User, Refusal>, DirectoryError> {
    let (name, found) = match (item.source_anchor.as_deref(), item.cloud_anchor.as_deref()) {
        (Some(anchor), _) => (anchor, by_source_anchor(connection, anchor)?),
        (None, Some(anchor)) => (anchor, anchor.strip_prefix("User_").map(|id| rows::by_id(connection, id)).transpose()?.flatten()),
        (None, None) => return Ok(Err(Refusal(REFUSED, "The item has neither a SourceAnchor nor a CloudAnchor.".to_owned()))),
    };
    let unknown = |words| Err(Refusal(CredentialResult::UNKNOWN_ANCHOR, words));
    Ok(match found {
        None => unknown(format!("No object has the anchor {name}. Send the object first, then its password.")),
        Some(user) if !user.live() => unknown(format!("The object with the anchor {name} is deleted.")),
        Some(user) if user.synced != Some(true) => unknown(format!("The user {} is not synchronized from Active Directory.", user.upn)),
        Some(user) => Ok(user),
    })
}

fn by_source_anchor(connection: &Connection, anchor: &str) -> Result<Option<User>, DirectoryError> {
    let live = rows::by_anchor(connection, anchor)?;
    Ok(if live.is_some() { live } else { rows::deleted_by_anchor(connection, anchor)? })
}

fn credential_of(item: &CredentialItem) -> Result<CredentialData, Refusal> {
    let parsed = CredentialData::parse(item.credential_data.expose());
    parsed.map_err(|error| Refusal(REFUSED, format!("The CredentialData cannot be used: {error}.")))
}

fn store_one(
    connection: &Connection,
    mut user: User,
    blob: &CredentialData,
    item: &CredentialItem,
    held: i32,
    client: &Client,
    now: i64,
) -> Result<(), DirectoryError> {
    // A domain controller whose clock once ran ahead must not keep every later password out.
    let changed = item.change_date.min(now);
    // While the feature is off the service passes over the wish, and the password counts as the person's own.
    let must_change = item.force_password_change_on_logon && held & features::USER_FORCE_PASSWORD_CHANGE_ON_LOGON != 0;
    let action = match passwords::set_synced(connection, user.number, blob, must_change, changed, now)? {
        Synced::KeptNewer => "older password put aside",
        Synced::Stored => {
            let before = user.clone();
            stamp(&mut user, changed, held & features::CLOUD_PASSWORD_POLICY_FOR_PASSWORD_SYNCED_USERS != 0);
            users::save(connection, &mut user, &before)?;
            "password synchronized"
        }
    };
    let detail = jiff::Timestamp::from_second(changed).map(|time| format!("changed {time}")).unwrap_or_default();
    Ok(changes::audit(connection, now, &client.actor, action, &user.id, &detail)?)
}

/// What Graph shows of the password. Under the cloud's own policy the mark against expiry goes, as each user's password next changes.
fn stamp(user: &mut User, changed: i64, cloud_policy: bool) {
    let time = jiff::Timestamp::from_second(changed).ok().map(|time| Value::from(time.to_string()));
    user.set("lastPasswordChangeDateTime", time);
    let given = user.text("passwordPolicies").unwrap_or_default();
    let others = given.split(',').map(str::trim).filter(|policy| !policy.is_empty() && *policy != NO_EXPIRY && *policy != "None");
    let own = (!cloud_policy).then_some(NO_EXPIRY);
    let policies: Vec<&str> = own.into_iter().chain(others).collect();
    user.set("passwordPolicies", (!policies.is_empty()).then(|| Value::from(policies.join(", "))));
}

fn result_of(item: &CredentialItem, result: i32, found: Option<String>, words: Option<String>) -> CredentialResult {
    CredentialResult {
        source_anchor: item.source_anchor.clone(),
        cloud_anchor: found.or_else(|| item.cloud_anchor.clone()),
        result,
        extended_error_information: words,
    }
}
