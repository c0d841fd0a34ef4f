//! Where the places that the scope names were seen: a renamed one is found again by its objectGUID, after a restart too.

use samesign_engine::ObjectGuid;

use super::{Store, StoreError};

impl Store {
    /// Every place that was ever seen, by the DN in the configuration.
    pub(crate) async fn places(&self) -> Result<Vec<(String, ObjectGuid)>, StoreError> {
        self.call(|connection| {
            let mut statement = connection.prepare_cached("SELECT configured, guid FROM place")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, ObjectGuid::from_bytes(row.get(1)?))))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Remembers a place, the first time that it is seen.
    pub(crate) async fn keep_place(&self, configured: &str, guid: ObjectGuid) -> Result<(), StoreError> {
        let configured = configured.to_owned();
        self.call(move |connection| {
            let sql = "INSERT OR IGNORE INTO place VALUES (?1, ?2)";
            connection.prepare_cached(sql)?.execute(rusqlite::params![configured, guid.as_bytes()])?;
            Ok(())
        })
        .await
    }
}
