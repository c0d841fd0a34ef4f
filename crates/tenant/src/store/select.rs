//! Reading whole objects: one form for users, groups and contacts.

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use super::objects::ObjectKind;
use super::{StoreError, quarantine};

/// How the rows of a class become objects. Behind the columns stands the one of [`quarantine::COLUMN`].
pub(super) struct Select<T> {
    pub kind: ObjectKind,
    pub columns: &'static str,
    pub read: fn(&Row<'_>) -> Result<T, StoreError>,
}

impl<T> Select<T> {
    /// The object that the restriction admits, where `?1` stands for the value.
    pub fn one(&self, connection: &Connection, restriction: &str, value: &str) -> Result<Option<T>, StoreError> {
        connection.prepare_cached(&self.sql(restriction))?.query_row([value], |row| Ok((self.read)(row))).optional()?.transpose()
    }

    /// Every object that the restriction admits.
    pub fn many(&self, connection: &Connection, restriction: &str, bound: &[Sql]) -> Result<Vec<T>, StoreError> {
        let mut statement = connection.prepare_cached(&self.sql(restriction))?;
        let mut rows = statement.query(params_from_iter(bound))?;
        let mut objects = Vec::new();
        while let Some(row) = rows.next()? {
            objects.push((self.read)(row)?);
        }
        Ok(objects)
    }

    /// Objects changed after change number `after`, deleted ones too, in the order of their last change.
    pub fn changed_after(&self, connection: &Connection, after: i64, rows_max: usize) -> Result<Vec<T>, StoreError> {
        let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
        self.many(connection, "sequence > ?1 ORDER BY sequence LIMIT ?2", &[Sql::Integer(after), Sql::Integer(rows_max)])
    }

    fn sql(&self, restriction: &str) -> String {
        format!("SELECT {}, {} FROM {} WHERE {restriction}", self.columns, quarantine::COLUMN, self.kind.table())
    }
}
