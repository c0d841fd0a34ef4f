//! Lists of objects: which, in which order, how many, and from where. One form for users, groups and contacts.

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};

use super::StoreError;
use super::condition::Condition;
use super::objects::ObjectKind;

/// Live objects, or those in deletedItems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// Objects that are in use.
    Live,
    /// Objects in deletedItems.
    Deleted,
}

/// In which order objects are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Order {
    /// As they were made.
    #[default]
    Created,
    /// By displayName.
    DisplayName,
    /// By displayName, backwards.
    DisplayNameDescending,
    /// By userPrincipalName; users only.
    Upn,
    /// By userPrincipalName, backwards; users only.
    UpnDescending,
}

/// Where the next page of a list begins: the sort key and the number of the last row seen.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct After {
    /// The sort key of the last row; empty for [`Order::Created`].
    pub key: String,
    /// Its number.
    pub number: i64,
}

/// Which objects a list wants.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// Live or deleted.
    pub shelf: Shelf,
    /// Only these.
    pub condition: Option<&'a Condition>,
    /// In this order.
    pub order: Order,
    /// From here.
    pub after: Option<&'a After>,
    /// Rows at most.
    pub rows_max: usize,
}

/// What stands after `WHERE` for one page, and the values in it.
pub(super) fn page(kind: ObjectKind, query: &Query<'_>) -> (String, Vec<Sql>) {
    let mut bound = Vec::new();
    let mut restriction = restriction(kind, query.shelf, query.condition, &mut bound);
    let (column, backwards) = match query.order {
        Order::Created => ("''", false),
        Order::DisplayName => ("display_name_key", false),
        Order::DisplayNameDescending => ("display_name_key", true),
        Order::Upn => ("upn_key", false),
        Order::UpnDescending => ("upn_key", true),
    };
    if let Some(After { key, number }) = query.after {
        let comparison = if backwards { "<" } else { ">" };
        restriction.push_str(&match query.order {
            Order::Created => " AND number > ?".to_owned(),
            _ => format!(" AND ({column}, number) {comparison} (?, ?)"),
        });
        if query.order != Order::Created {
            bound.push(Sql::Text(key.clone()));
        }
        bound.push(Sql::Integer(*number));
    }
    let direction = if backwards { "DESC" } else { "ASC" };
    let order = if query.order == Order::Created { "number".to_owned() } else { format!("{column} {direction}, number {direction}") };
    bound.push(Sql::Integer(i64::try_from(query.rows_max).unwrap_or(i64::MAX)));
    (format!("{restriction} ORDER BY {order} LIMIT ?"), bound)
}

/// How many objects a list has in all.
pub(super) fn count(connection: &Connection, kind: ObjectKind, shelf: Shelf, condition: Option<&Condition>) -> Result<usize, StoreError> {
    let mut bound = Vec::new();
    let restriction = restriction(kind, shelf, condition, &mut bound);
    let mut statement = connection.prepare_cached(&format!("SELECT COUNT(*) FROM {} WHERE {restriction}", kind.table()))?;
    let rows: i64 = statement.query_row(params_from_iter(&bound), |row| row.get(0))?;
    Ok(usize::try_from(rows).unwrap_or_default())
}

fn restriction(kind: ObjectKind, shelf: Shelf, condition: Option<&Condition>, bound: &mut Vec<Sql>) -> String {
    let mut sql = match shelf {
        Shelf::Live => kind.live().to_owned(),
        Shelf::Deleted => kind.deleted().to_owned(),
    };
    if let Some(condition) = condition {
        sql.push_str(" AND ");
        condition.write_sql(&mut sql, bound);
    }
    sql
}
