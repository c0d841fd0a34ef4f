//! The tenant itself and its domains.

use rusqlite::{Connection, OptionalExtension, Row};

use super::StoreError;

/// The tenant's own record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// UUID.
    pub id: String,
    /// The first domain, `contoso.onmicrosoft.com`.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// When it was made, Unix seconds.
    pub created: i64,
    /// Number of the last change.
    pub sequence: i64,
    /// Tells delta tokens of this database from those of another.
    pub epoch: String,
    /// Synchronization is on from this time (Unix seconds, may lie ahead); `None`: off.
    pub sync_from: Option<i64>,
    /// Bits of `DirSyncFeatures`.
    pub sync_features: i32,
    /// The last export, Unix seconds.
    pub sync_last: Option<i64>,
    /// Build number of the last synchronization client.
    pub sync_client: Option<String>,
    /// Objects that this client had in all.
    pub sync_objects: i64,
    /// How many objects may exist; `None`: as the domains allow.
    pub quota: Option<i64>,
    /// Objects that exist, restorable ones included. Counted by the database itself, never written.
    pub objects: i64,
    /// accidentalDeletionPrevention: `disabled`, `enabledForCount` or `enabledForPercentage`.
    pub deletion_mode: String,
    /// From how many deletions (or per cent) on an export is refused.
    pub deletion_threshold: i64,
}

/// A domain of the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Lower case.
    pub name: String,
    /// Its owner proved it: names and addresses in it may be used.
    pub verified: bool,
    /// The one that came with the tenant.
    pub initial: bool,
    /// The one that new users get.
    pub standard: bool,
    /// What the owner has to publish in DNS (`MS=ms12345678`).
    pub code: String,
    /// Its users sign in elsewhere (authenticationType `Federated`).
    pub federated: bool,
}

/// Writes the tenant's record. There is one in a database.
pub fn insert(connection: &Connection, tenant: &Tenant) -> Result<(), StoreError> {
    let Tenant {
        id,
        name,
        display_name,
        created,
        sequence,
        epoch,
        sync_from,
        sync_features,
        sync_last,
        sync_client,
        sync_objects,
        quota,
        objects: _,
        deletion_mode,
        deletion_threshold,
    } = tenant;
    connection.execute(
        "INSERT INTO tenant (one, id, name, display_name, created, sequence, epoch, sync_from, sync_features, sync_last, sync_client,
            sync_objects, quota, deletion_mode, deletion_threshold) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        (
            id,
            name,
            display_name,
            created,
            sequence,
            epoch,
            sync_from,
            sync_features,
            sync_last,
            sync_client,
            sync_objects,
            quota,
            deletion_mode,
            deletion_threshold,
        ),
    )?;
    Ok(())
}

/// The tenant's record.
pub fn load(connection: &Connection) -> Result<Tenant, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, name, display_name, created, sequence, epoch, sync_from, sync_features, sync_last, sync_client, sync_objects,
            quota, objects, deletion_mode, deletion_threshold
         FROM tenant",
    )?;
    let tenant = statement.query_row([], |row| {
        Ok(Tenant {
            id: row.get(0)?,
            name: row.get(1)?,
            display_name: row.get(2)?,
            created: row.get(3)?,
            sequence: row.get(4)?,
            epoch: row.get(5)?,
            sync_from: row.get(6)?,
            sync_features: row.get(7)?,
            sync_last: row.get(8)?,
            sync_client: row.get(9)?,
            sync_objects: row.get(10)?,
            quota: row.get(11)?,
            objects: row.get(12)?,
            deletion_mode: row.get(13)?,
            deletion_threshold: row.get(14)?,
        })
    });
    tenant.optional()?.ok_or_else(|| StoreError::Damaged { what: "it holds no tenant".to_owned() })
}

/// Sets from when synchronization is on; `None` switches it off.
pub fn set_sync_from(connection: &Connection, from: Option<i64>) -> Result<(), StoreError> {
    connection.execute("UPDATE tenant SET sync_from = ?1", [from])?;
    Ok(())
}

/// Sets the feature bits.
pub fn set_sync_features(connection: &Connection, features: i32) -> Result<(), StoreError> {
    connection.execute("UPDATE tenant SET sync_features = ?1", [features])?;
    Ok(())
}

/// Records that a client exported at `at`.
pub fn set_sync_last(connection: &Connection, at: i64, client: &str) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE tenant SET sync_last = ?1, sync_client = ?2")?.execute((at, client))?;
    Ok(())
}

/// Records how many objects the client has in all.
pub fn set_sync_objects(connection: &Connection, objects: i64) -> Result<(), StoreError> {
    connection.execute("UPDATE tenant SET sync_objects = ?1", [objects])?;
    Ok(())
}

/// Sets how many objects may exist; `None`: as the domains allow.
pub fn set_quota(connection: &Connection, quota: Option<i64>) -> Result<(), StoreError> {
    connection.execute("UPDATE tenant SET quota = ?1", [quota])?;
    Ok(())
}

/// Sets accidentalDeletionPrevention: its mode and threshold.
pub fn set_deletion_prevention(connection: &Connection, mode: &str, threshold: i64) -> Result<(), StoreError> {
    connection.execute("UPDATE tenant SET deletion_mode = ?1, deletion_threshold = ?2", (mode, threshold))?;
    Ok(())
}

/// The domain at whose service sign-in begins for whoever gives no name (PreferredDomain of the home realm discovery policy).
pub fn preferred_domain(connection: &Connection) -> Result<Option<String>, StoreError> {
    Ok(connection.prepare_cached("SELECT preferred_domain FROM tenant")?.query_row([], |row| row.get(0)).optional()?.flatten())
}

/// Sets that domain; `None`: sign-in begins here.
pub fn set_preferred_domain(connection: &Connection, domain: Option<&str>) -> Result<(), StoreError> {
    connection.execute("UPDATE tenant SET preferred_domain = fold(?1)", [domain])?;
    Ok(())
}

/// Every domain, the first one first, then by name.
pub fn domains(connection: &Connection) -> Result<Vec<Domain>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT name, verified, initial, standard, code, federated FROM domain ORDER BY initial DESC, name")?;
    let rows = statement.query_map([], domain_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One domain, by its name in any case.
pub fn domain(connection: &Connection, name: &str) -> Result<Option<Domain>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT name, verified, initial, standard, code, federated FROM domain WHERE name = fold(?1)")?;
    Ok(statement.query_row([name], domain_of).optional()?)
}

/// Adds a domain or replaces its record.
pub fn put_domain(connection: &Connection, domain: &Domain, created: i64) -> Result<(), StoreError> {
    let Domain { name, verified, initial, standard, code, federated } = domain;
    connection.execute(
        "INSERT INTO domain (name, verified, initial, standard, code, created, federated) VALUES (fold(?1), ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (name) DO UPDATE SET verified = excluded.verified, initial = excluded.initial, standard = excluded.standard,
            federated = excluded.federated",
        (name, verified, initial, standard, code, created, federated),
    )?;
    Ok(())
}

fn domain_of(row: &Row<'_>) -> rusqlite::Result<Domain> {
    Ok(Domain {
        name: row.get(0)?,
        verified: row.get(1)?,
        initial: row.get(2)?,
        standard: row.get(3)?,
        code: row.get(4)?,
        federated: row.get(5)?,
    })
}
