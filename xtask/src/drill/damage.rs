//! What people in the tenant have lost, told by looking at the tenant alone.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

/// Changes whenever a unit is renamed or moved, and takes nothing from anybody.
const HARMLESS: &[&str] = &["onPremisesDistinguishedName", "onPremisesLastSyncDateTime"];

/// Everybody in the tenant, by id.
pub type People = BTreeMap<String, Value>;

/// How many of the people who were there before are worse off, each counted once: the gravest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Not there any more.
    pub deleted: usize,
    /// There, and can no longer sign in.
    pub disabled: usize,
    /// There, with another name, address or title than before.
    pub changed: usize,
}

impl Damage {
    pub const NONE: Self = Self { deleted: 0, disabled: 0, changed: 0 };

    pub fn between(before: &People, after: &People) -> Self {
        let mut damage = Self::NONE;
        for (id, was) in before {
            match after.get(id) {
                None => damage.deleted += 1,
                Some(is) if disabled(is) && !disabled(was) => damage.disabled += 1,
                Some(is) if visible(is) != visible(was) => damage.changed += 1,
                Some(_) => {}
            }
        }
        damage
    }
}

/// The people of a list as Graph shows them.
pub fn people(list: Vec<Value>) -> Result<People> {
    let id = |user: &Value| user.get("id").and_then(Value::as_str).map(str::to_owned).context("a user has no id");
    list.into_iter().map(|user| Ok((id(&user)?, user))).collect()
}

fn disabled(user: &Value) -> bool {
    user.get("accountEnabled") == Some(&Value::Bool(false))
}

fn visible(user: &Value) -> BTreeMap<&str, &Value> {
    let attributes = user.as_object().into_iter().flatten();
    attributes.filter(|(name, _)| !HARMLESS.contains(&name.as_str())).map(|(name, value)| (name.as_str(), value)).collect()
}
