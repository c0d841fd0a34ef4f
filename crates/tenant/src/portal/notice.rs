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
    /// The administrator's own password was changed.
    PasswordChanged,
    /// Synchronization was switched on.
    SynchronizationOn,
    /// Synchronization was switched off.
    SynchronizationOff,
}

impl Done {
    /// The message.
    pub fn notice(self) -> Notice {
        let text = match self {
            Self::LicenceGiven => "The licence was given.",
            Self::LicenceTaken => "The licence was taken away.",
            Self::LocationSet => "The usage location was saved.",
            Self::PasswordChanged => "Your password was changed.",
            Self::SynchronizationOn => "Synchronization was switched on.",
            Self::SynchronizationOff => "Synchronization was switched off. All users stay as they are.",
        };
        Notice { kind: NoticeKind::Done, text: text.to_owned() }
    }
}

/// Something refused, for the top of the page with the form.
pub fn refused(text: String) -> Notice {
    Notice { kind: NoticeKind::Refused, text }
}
