//! The properties of an object that have no column of their own: a JSON object by Graph's names.

use serde_json::{Map, Value};

/// Nothing in it is null: what is not set is left out.
pub type Properties = Map<String, Value>;

/// A text; `None` when it is not set.
pub fn text<'a>(properties: &'a Properties, name: &str) -> Option<&'a str> {
    properties.get(name).and_then(Value::as_str)
}

/// A list of texts; empty when it is not set.
pub fn texts<'a>(properties: &'a Properties, name: &str) -> Vec<&'a str> {
    properties.get(name).and_then(Value::as_array).map(|list| list.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

/// Sets a property, or clears it with `None`.
pub fn set(properties: &mut Properties, name: &str, value: Option<Value>) {
    match value {
        Some(value) if !value.is_null() => properties.insert(name.to_owned(), value),
        _ => properties.remove(name),
    };
}

/// The form in the database.
pub(super) fn serialise(properties: &Properties) -> String {
    // A map of JSON values with text keys always has a JSON form.
    serde_json::to_string(properties).unwrap_or_else(|_| "{}".to_owned())
}
