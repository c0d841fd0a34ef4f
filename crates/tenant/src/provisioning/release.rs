//! Values that were put aside go to who wants them, once nobody else has them.
//!
//! The service looks every hour. This tenant looks at the end of each export and, while it is served, once a minute.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::record::Record;
use crate::directory::quarantine::{self, Parked};
use crate::directory::{DirectoryError, addresses, domain_of, domains, is_upn_usable, synced};
use crate::store::keys::{self, KeyKind};
use crate::store::{Store, fold};

/// Looks at every value that waits. Answers how many objects got something.
pub fn pass(store: &Store, now: i64) -> Result<usize, DirectoryError> {
    if store.read(quarantine::all)?.is_empty() {
        return Ok(0);
    }
    store.write(|connection| release_all(connection, now))
}

/// The same inside a transaction.
pub fn release_all(connection: &Connection, now: i64) -> Result<usize, DirectoryError> {
    let mut by_object: BTreeMap<String, Vec<Parked>> = BTreeMap::new();
    // The oldest first, so that of two who wait for one value the one that came first gets it.
    let mut order = Vec::new();
    for parked in quarantine::all(connection)? {
        if !by_object.contains_key(&parked.object) {
            order.push(parked.object.clone());
        }
        by_object.entry(parked.object.clone()).or_default().push(parked);
    }
    let mut released = 0;
    for object in order {
        let waiting = by_object.remove(&object).unwrap_or_default();
        let free = waiting.iter().map(|parked| is_free(connection, parked)).collect::<Result<Vec<_>, _>>()?;
        if free.contains(&true) {
            released += usize::from(resettle(connection, &object, now)?);
        }
    }
    Ok(released)
}

fn resettle(connection: &Connection, object: &str, now: i64) -> Result<bool, DirectoryError> {
    match Record::by_id(connection, object)? {
        Some(Record::User(mut user)) => synced::resettle_user(connection, &mut user, now)?,
        Some(Record::Group(mut group)) => synced::resettle_group(connection, &mut group, now)?,
        Some(Record::Contact(mut contact)) => synced::resettle_contact(connection, &mut contact, now)?,
        // In deletedItems nothing is wanted; what waits is looked at when the object comes back.
        None => return Ok(false),
    }
    Ok(true)
}

fn is_free(connection: &Connection, parked: &Parked) -> Result<bool, DirectoryError> {
    let (kind, value) = if parked.property == quarantine::UPN {
        let domain = domain_of(&parked.value).unwrap_or_default();
        if !is_upn_usable(&parked.value) || !domains::is_verified(connection, &domain)? {
            return Ok(false);
        }
        (KeyKind::Upn, parked.value.clone())
    } else {
        let address = addresses::smtp_of(&parked.value).unwrap_or(&parked.value);
        (KeyKind::Address, format!("smtp:{address}"))
    };
    Ok(keys::owner(connection, kind, &fold(&value))?.is_none())
}
