//! Values that clash with another object's, put aside until they are free. Graph shows them as `onPremisesProvisioningErrors`.

use rusqlite::Connection;

use super::DirectoryError;
use crate::store::quarantine as rows;
pub use crate::store::quarantine::Parked;
use crate::store::{changes, objects};

/// `propertyCausingError` of a UPN.
pub const UPN: &str = "UserPrincipalName";
/// `propertyCausingError` of an address.
pub const ADDRESS: &str = "ProxyAddresses";

/// Puts a value aside for an object, by its id. Delta tells the object again. Answers whether the value was not there before.
pub fn park(connection: &Connection, object: &str, property: &str, value: &str, now: i64) -> Result<bool, DirectoryError> {
    let parked = Parked { object: object.to_owned(), property: property.to_owned(), value: value.to_owned(), at: now };
    let new = rows::insert(connection, &parked)?;
    if new {
        touch(connection, object)?;
    }
    Ok(new)
}

/// Forgets a value: it was given to the object, or nobody wants it any more. Answers whether it was there.
pub fn release(connection: &Connection, object: &str, property: &str, value: &str) -> Result<bool, DirectoryError> {
    let held = rows::remove(connection, object, property, value)?;
    if held {
        touch(connection, object)?;
    }
    Ok(held)
}

/// The values that wait for one object, the oldest first.
pub fn parked_of(connection: &Connection, object: &str) -> Result<Vec<Parked>, DirectoryError> {
    Ok(rows::of(connection, object)?)
}

/// Every value that waits, the oldest first.
pub fn all(connection: &Connection) -> Result<Vec<Parked>, DirectoryError> {
    Ok(rows::all(connection)?)
}

fn touch(connection: &Connection, id: &str) -> Result<(), DirectoryError> {
    // An object that is not stored yet will get its own change number.
    let Some(object) = objects::by_id(connection, id)? else { return Ok(()) };
    let sequence = changes::next(connection)?;
    Ok(objects::touch(connection, object.kind, object.number, sequence)?)
}
