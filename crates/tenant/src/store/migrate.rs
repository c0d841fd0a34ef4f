//! The numbered steps that bring a database up to date. A step that was released is never edited.

use rusqlite::Connection;

use super::StoreError;

const STEPS: &[&str] = &[
    include_str!("migrations/0001_directory.sql"),
    include_str!("migrations/0002_sign_in.sql"),
    include_str!("migrations/0003_people.sql"),
    include_str!("migrations/0004_groups.sql"),
    include_str!("migrations/0005_federation.sql"),
    include_str!("migrations/0006_home_realm_discovery.sql"),
];

/// Runs the steps this database has not seen, in one transaction.
pub fn run(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let found = usize::try_from(found).unwrap_or(usize::MAX);
    if found > STEPS.len() {
        return Err(StoreError::Newer { found, known: STEPS.len() });
    }
    for step in STEPS.iter().skip(found) {
        transaction.execute_batch(step)?;
    }
    if found < STEPS.len() {
        transaction.pragma_update(None, "user_version", u32::try_from(STEPS.len()).unwrap_or(u32::MAX))?;
    }
    transaction.commit()?;
    Ok(())
}
