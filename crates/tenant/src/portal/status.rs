//! Who masters an object, in a word.

use crate::directory::User;
use crate::directory::quarantine::Parked;

/// Who masters an object, and whether the synchronization left an error.
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
        Self::from(user.synced, &user.parked)
    }

    /// The status of any object, by onPremisesSyncEnabled and the values that wait for it.
    pub fn from(synced: Option<bool>, parked: &[Parked]) -> Self {
        match (parked.is_empty(), synced) {
            (false, _) => Self::Error,
            (true, Some(true)) => Self::Synced,
            (true, _) => Self::InCloud,
        }
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
