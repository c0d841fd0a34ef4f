//! A new tenant: its record, its domains and its seats.

use rusqlite::Connection;

use super::{DirectoryError, domains, names, skus, synchronization};
use crate::random;
use crate::store::organization::{self, Domain, Tenant};
use crate::store::{fold, licences};

/// Seats of each SKU that a new tenant owns.
const SEATS: i64 = 10_000;

/// Fills an empty database. `name` is the first domain (`contoso.onmicrosoft.com`); `more` are added verified. Synchronization is off.
pub fn create(connection: &Connection, name: &str, more: &[String], now: i64) -> Result<Tenant, DirectoryError> {
    if !names::is_domain(name) {
        return Err(DirectoryError::invalid("name", name, "it is no domain name; give one such as contoso.onmicrosoft.com"));
    }
    let name = fold(name);
    let tenant = Tenant {
        id: random::uuid()?,
        display_name: display_name_of(&name),
        created: now,
        sequence: 0,
        epoch: random::token()?,
        sync_from: None,
        sync_features: synchronization::FEATURES,
        sync_last: None,
        sync_client: None,
        sync_objects: 0,
        quota: None,
        objects: 0,
        deletion_mode: "enabledForCount".to_owned(),
        deletion_threshold: 500,
        name: name.clone(),
    };
    organization::insert(connection, &tenant)?;
    let standard = more.is_empty();
    organization::put_domain(
        connection,
        &Domain { name, verified: true, initial: true, standard, code: domains::new_code()?, federated: false },
        now,
    )?;
    for (index, domain) in more.iter().enumerate() {
        domains::add_verified(connection, domain, index == 0, now)?;
    }
    skus().iter().try_for_each(|sku| licences::set_seats(connection, sku.id, SEATS))?;
    Ok(tenant)
}

/// `contoso.onmicrosoft.com` is called `Contoso` until someone names it.
fn display_name_of(name: &str) -> String {
    let label = name.split('.').next().unwrap_or(name);
    let mut letters = label.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
