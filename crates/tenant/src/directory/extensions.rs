//! Directory extensions: attributes of the tenant's own schema, `extension_<32 hexadecimal digits>_<name>`, which any object can have.
//!
//! The real service takes those alone that an application has registered. Here every name of that form is taken.

use serde_json::Value;

use super::DirectoryError;

/// Values of one object at most.
pub const VALUES_MAX: usize = 100;
/// Characters of each at most.
pub const CHARACTERS_MAX: usize = 256;

/// Whether a name has the form of a directory extension.
pub fn is_extension(name: &str) -> bool {
    let Some((application, own)) = name.strip_prefix("extension_").and_then(|rest| rest.split_once('_')) else { return false };
    let hexadecimal = application.len() == 32 && application.bytes().all(|digit| digit.is_ascii_hexdigit());
    hexadecimal && (1..=64).contains(&own.len()) && own.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A client's value as it is kept; `None`: it is cleared.
pub fn checked(name: &str, value: &Value) -> Result<Option<Value>, DirectoryError> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(_) | Value::Number(_) => Ok(Some(value.clone())),
        Value::String(text) if text.chars().count() > CHARACTERS_MAX => {
            Err(DirectoryError::invalid(name, text, &format!("it is longer than {CHARACTERS_MAX} characters")))
        }
        Value::String(text) => Ok(Some(value.clone()).filter(|_| !text.trim().is_empty())),
        _ => Err(DirectoryError::invalid(name, &value.to_string(), "it is of another type")),
    }
}
