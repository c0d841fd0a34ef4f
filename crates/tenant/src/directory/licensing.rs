//! Licences: who holds which, and what that gives.

use rusqlite::Connection;

use super::{DirectoryError, ServicePlan, Sku, User, skus, users};
use crate::store::licences::{self, Licence};
use crate::store::{changes, users as rows};

/// Gives a user a licence, or changes which of its plans are off. Never refused because the user is synchronized.
pub fn assign(connection: &Connection, user: &mut User, sku: &str, disabled: &[String], now: i64) -> Result<(), DirectoryError> {
    let (sku, seats) = owned(connection, sku)?;
    if user.usage_location.is_none() {
        return Err(DirectoryError::NoUsageLocation);
    }
    let held = user.licences.iter().any(|licence| licence.sku == sku.id);
    if !held && seats.taken >= seats.owned {
        return Err(DirectoryError::NoSeat { sku: sku.part_number.to_owned(), owned: seats.owned });
    }
    if let Some(foreign) = disabled.iter().find(|plan| !sku.plans.iter().any(|known| known.id.eq_ignore_ascii_case(plan))) {
        return Err(DirectoryError::invalid("disabledPlans", foreign, &format!("{} has no such service plan", sku.part_number)));
    }
    let licence = Licence { sku: sku.id.to_owned(), disabled: disabled.iter().map(|plan| plan.to_lowercase()).collect(), assigned: now };
    licences::assign(connection, user.number, &licence)?;
    settle(connection, user)
}

/// Takes a licence away.
pub fn remove(connection: &Connection, user: &mut User, sku: &str) -> Result<(), DirectoryError> {
    let (sku, _) = owned(connection, sku)?;
    if !licences::remove(connection, user.number, sku.id)? {
        return Err(DirectoryError::LicenceNotHeld { sku: sku.part_number.to_owned() });
    }
    settle(connection, user)
}

/// The service plans that are on for a user, with the time since when.
pub fn plans(user: &User) -> impl Iterator<Item = (&'static ServicePlan, i64)> + '_ {
    user.licences.iter().filter_map(|licence| Sku::find(&licence.sku).map(|sku| (sku, licence))).flat_map(|(sku, licence)| {
        let on = |plan: &&ServicePlan| !licence.disabled.iter().any(|off| off == plan.id);
        sku.plans.iter().filter(on).map(|plan| (plan, licence.assigned))
    })
}

/// Whether a licence gives this user a mailbox.
pub fn has_exchange_plan(user: &User) -> bool {
    plans(user).any(|(plan, _)| plan.is_exchange())
}

/// A licence changes what the service makes of the addresses: a mailbox has one, and none of an unverified domain.
fn settle(connection: &Connection, user: &mut User) -> Result<(), DirectoryError> {
    let stored = rows::by_id(connection, &user.id)?.ok_or_else(|| DirectoryError::NotFound { what: user.id.clone() })?;
    *user = stored;
    let before = user.clone();
    let listed: Vec<String> = user.addresses().iter().map(|address| (*address).to_owned()).collect();
    users::settle_addresses(connection, user, Some(&listed))?;
    if *user == before {
        user.sequence = changes::next(connection)?;
        return Ok(rows::update(connection, user)?);
    }
    users::save(connection, user, &before)
}

fn owned(connection: &Connection, name: &str) -> Result<(&'static Sku, licences::Seats), DirectoryError> {
    let unknown =
        || DirectoryError::UnknownSku { sku: name.to_owned(), owned: skus().iter().map(|sku| sku.part_number.to_owned()).collect() };
    let sku = Sku::find(name).ok_or_else(unknown)?;
    let seats = licences::seats_of(connection, sku.id)?.ok_or_else(unknown)?;
    Ok((sku, seats))
}
