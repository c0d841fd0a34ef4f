//! Who masters a user, in a word.

use crate::directory::User;

/// Who masters a user, and whether the synchronization left an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The cloud masters it.
    InCloud,
    /// Active Directory masters it.
    Synced,
    /// Something of it could not be synchronized.
    Error,
}

impl Status {
    /// The status of a user.
    pub fn of(user: &User) -> Self {
        let errors = user.properties.get("onPremisesProvisioningErrors").and_then(serde_json::Value::as_array);
        if errors.is_some_and(|errors| !errors.is_empty()) {
            return Self::Error;
        }
        if user.synced == Some(true) { Self::Synced } else { Self::InCloud }
    }

    /// As the portal calls it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::InCloud => "In cloud",
            Self::Synced => "Synced with Active Directory",
            Self::Error => "Synchronization error",
        }
    }

    /// Its colour, which says nothing the label does not say.
    pub const fn class(self) -> &'static str {
        match self {
            Self::InCloud => "",
            Self::Synced => "good",
            Self::Error => "bad",
        }
    }
}
