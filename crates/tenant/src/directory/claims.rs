//! What only one live object may hold, taken for an object.

use rusqlite::Connection;

use super::DirectoryError;
use crate::store::fold;
use crate::store::keys::{self, Key, KeyKind};

/// Gives an object exactly these keys; another holder is a conflict, and then nothing is changed.
pub(super) fn claim(connection: &Connection, id: &str, wanted: &[Key]) -> Result<(), DirectoryError> {
    let Some((key, holder)) = keys::replace(connection, id, wanted)? else { return Ok(()) };
    let property = match key.kind {
        KeyKind::Upn => "userPrincipalName",
        KeyKind::Address => "proxyAddresses",
        KeyKind::Anchor => "onPremisesImmutableId",
        KeyKind::Sid => "onPremisesSecurityIdentifier",
        KeyKind::Nickname => "mailNickname",
    };
    Err(DirectoryError::Conflict { property, value: key.value, holder })
}

/// The keys that every kind of object has: its addresses, its anchor, its SID.
pub(super) fn common(addresses: &[&str], anchor: Option<&str>, sid: Option<&str>) -> Vec<Key> {
    let key = |kind, value: String| Key { kind, value };
    let mut keys: Vec<_> = addresses.iter().map(|address| key(KeyKind::Address, fold(address))).collect();
    keys.extend(anchor.map(|anchor| key(KeyKind::Anchor, anchor.to_owned())));
    keys.extend(sid.map(|sid| key(KeyKind::Sid, sid.to_owned())));
    keys
}
