//! How many objects a tenant may hold.
//!
//! As the service counts: every object, restorable ones included, and a quarter of those removed for good in the last 30 days.

use rusqlite::Connection;

use super::DirectoryError;
use crate::store::objects;
use crate::store::organization::{self, Tenant};

/// Objects of a tenant that has no domain of its own verified.
const FIRST: i64 = 50_000;
/// Objects of a tenant that has.
const WITH_DOMAIN: i64 = 300_000;
/// How long an object that was removed for good still counts, by a quarter.
const LINGERS_SECONDS: i64 = 30 * 24 * 60 * 60;

/// How many objects may exist.
pub fn limit(connection: &Connection) -> Result<i64, DirectoryError> {
    limit_of(connection, &organization::load(connection)?)
}

/// How many objects are counted at `now`.
pub fn used(connection: &Connection, now: i64) -> Result<i64, DirectoryError> {
    let lingering = objects::purged_since(connection, now.saturating_sub(LINGERS_SECONDS))?;
    Ok(organization::load(connection)?.objects.saturating_add(lingering / 4))
}

/// Refuses one more object when the quota is used up. Restoring needs no room: a deleted object still counts.
pub(super) fn check(connection: &Connection, now: i64) -> Result<(), DirectoryError> {
    let tenant = organization::load(connection)?;
    let limit = limit_of(connection, &tenant)?;
    // Every removal was a change, so there were at most that many: counting them for each new object would make the work grow
    // with its square, and is needed near the limit alone.
    if tenant.objects.saturating_add(tenant.sequence / 4) < limit || used(connection, now)? < limit {
        return Ok(());
    }
    Err(DirectoryError::QuotaExceeded { limit })
}

fn limit_of(connection: &Connection, tenant: &Tenant) -> Result<i64, DirectoryError> {
    if let Some(quota) = tenant.quota {
        return Ok(quota);
    }
    let own = organization::domains(connection)?.iter().any(|domain| domain.verified && !domain.initial);
    Ok(if own { WITH_DOMAIN } else { FIRST })
}
