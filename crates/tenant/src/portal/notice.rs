//! Messages that survive the redirect after a change: the address names one of these, never a text of its own.

use samesign_web::{Notice, NoticeKind};

/// What was just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Done {
    /// A licence was given.
    LicenceGiven,
    /// A licence was taken away.
    LicenceTaken,
    /// A usage location was set.
    LocationSet,
    /// Sign-in was allowed again.
    SignInAllowed,
    /// Sign-in was blocked.
    SignInBlocked,
    /// Synchronization was switched on.
    SynchronizationOn,
    /// Synchronization was switched off.
    SynchronizationOff,
    /// A setting for synchronized passwords was switched on.
    PasswordFeatureOn,
    /// A setting for synchronized passwords was switched off.
    PasswordFeatureOff,
    /// A rule for synchronized objects was switched on.
    FeatureOn,
    /// A rule for synchronized objects was switched off.
    FeatureOff,
    /// The guard against deletion by accident was set.
    DeletionSet,
    /// A user was deleted.
    UserDeleted,
    /// An object was restored.
    Restored,
    /// An object was removed for good.
    Removed,
}

impl Done {
    /// The message.
    pub fn notice(self) -> Notice {
        let text = match self {
            Self::LicenceGiven => "The licence was given.",
            Self::LicenceTaken => "The licence was taken away.",
            Self::LocationSet => "The usage location was saved.",
            Self::SignInAllowed => "The user may sign in again.",
            Self::SignInBlocked => "Sign-in is blocked. The user was signed out everywhere.",
            Self::SynchronizationOn => "Synchronization was switched on.",
            Self::SynchronizationOff => "Synchronization was switched off. All objects stay as they are.",
            Self::PasswordFeatureOn => "The setting is on. It counts from each user's next password.",
            Self::PasswordFeatureOff => "The setting is off. It counts from each user's next password.",
            Self::FeatureOn => "The rule is on. It counts from the next synchronization.",
            Self::FeatureOff => "The rule is off. It counts from the next synchronization.",
            Self::DeletionSet => "The guard against deletion by accident was set.",
            Self::UserDeleted => "The user was deleted. It can be restored for 30 days.",
            Self::Restored => "It was restored, with its id, licences and memberships.",
            Self::Removed => "It was removed for good.",
        };
        Notice { kind: NoticeKind::Done, text: text.to_owned() }
    }
}

/// Something refused, for the top of the page with the form.
pub fn refused(text: String) -> Notice {
    Notice { kind: NoticeKind::Refused, text }
}
