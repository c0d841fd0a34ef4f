//! What clients send to make and change users, freed of what their generators add.

use serde_json::{Map, Value};

use super::answer::GraphError;
use crate::identity::passwords;

/// The fewest and most characters of a password.
const PASSWORD_CHARACTERS: std::ops::RangeInclusive<usize> = 8..=256;

/// A password that a client sets.
pub struct NewPassword {
    /// In clear text.
    pub text: samesign_wire::Secret,
    /// Whether it has to be changed at the next sign-in.
    pub one_time: bool,
}

/// The properties of a body. Annotations (`@odata.type`) are left out: generated clients always send them.
pub fn properties(body: &Map<String, Value>) -> Map<String, Value> {
    body.iter()
        .filter(|(name, _)| !name.contains('@') && *name != "passwordProfile")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The password in a body, checked against the service's rules.
pub fn password(body: &Map<String, Value>) -> Result<Option<NewPassword>, GraphError> {
    let Some(profile) = body.get("passwordProfile").and_then(Value::as_object) else { return Ok(None) };
    let Some(text) = profile.get("password").and_then(Value::as_str) else { return Ok(None) };
    let relaxed = body.get("passwordPolicies").and_then(Value::as_str).is_some_and(|policies| policies.contains("DisableStrongPassword"));
    if !is_taken(text, relaxed) {
        let message = "The specified password does not comply with password complexity requirements. Please provide a different password.";
        return Err(GraphError::bad_request(message));
    }
    let one_time = profile.get("forceChangePasswordNextSignIn").and_then(Value::as_bool).unwrap_or_default();
    Ok(Some(NewPassword { text: samesign_wire::Secret::new(text.to_owned()), one_time }))
}

/// ASCII, and strong unless the user's policy relaxes that.
fn is_taken(text: &str, relaxed: bool) -> bool {
    text.is_ascii() && if relaxed { PASSWORD_CHARACTERS.contains(&text.len()) } else { passwords::is_strong(text) }
}
