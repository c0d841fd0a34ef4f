//! The signing keys as the service uses them: looked at again at most once a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use super::failure::chain;
use crate::keys::{KeyRing, SigningKey};

/// The keys. Whatever the command line changed counts within a second.
pub(crate) struct Ring {
    keys: KeyRing,
    looked: AtomicI64,
}

impl Ring {
    /// Around keys that were read just now.
    pub fn new(keys: KeyRing) -> Self {
        Self { keys, looked: AtomicI64::new(i64::MIN) }
    }

    /// The key that signs.
    pub fn current(&self, now: Timestamp) -> Arc<SigningKey> {
        self.look(now);
        self.keys.current()
    }

    /// The certificates that are published.
    pub fn published(&self, now: Timestamp) -> Vec<Vec<u8>> {
        self.look(now);
        self.keys.published()
    }

    /// Whether a session that began then still counts: an emergency ends those before it.
    pub fn honours(&self, began: Timestamp, now: Timestamp) -> bool {
        self.look(now);
        self.keys.sessions_since().is_none_or(|since| began >= since)
    }

    /// Keys that cannot be read now stay as they were: people sign in while an administrator mends the file.
    fn look(&self, now: Timestamp) {
        let second = now.as_second();
        if self.looked.swap(second, Ordering::Relaxed) == second {
            return;
        }
        match self.keys.refresh() {
            Ok(true) => tracing::info!(thumbprint = self.keys.current().thumbprint(), "the signing keys were read again"),
            Ok(false) => {}
            Err(error) => tracing::error!(error = chain(&error), "the signing keys cannot be read again; those before serve on"),
        }
    }
}
