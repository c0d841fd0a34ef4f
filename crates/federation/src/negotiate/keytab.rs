//! Keys of the service, held in memory and read again when the keytab changes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use samesign_connect::ad::{Key, KeytabError, service_keys};

/// The AES keys of one service (`HTTP/host`). Not printable.
pub(super) struct Keytab {
    file: PathBuf,
    principal: String,
    held: RwLock<Held>,
}

/// What was read, and what told the file apart then.
struct Held {
    keys: Arc<Vec<Key>>,
    stamp: Option<Stamp>,
}

type Stamp = (SystemTime, u64);

impl Keytab {
    /// Reads the keys.
    pub(super) fn open(file: &Path, principal: &str) -> Result<Self, KeytabError> {
        let stamp = stamp(file);
        let held = Held { keys: Arc::new(service_keys(file, principal)?), stamp };
        Ok(Self { file: file.to_owned(), principal: principal.to_owned(), held: RwLock::new(held) })
    }

    /// The keys of the file as it is now. A file that is away, half written, or has no key for us any more leaves the old ones.
    pub(super) fn keys(&self) -> Arc<Vec<Key>> {
        let stamp = stamp(&self.file);
        let (keys, known) = {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            (held.keys.clone(), held.stamp)
        };
        if stamp.is_none() || stamp == known {
            return keys;
        }
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        // Noted even when it cannot be used, so that the log says so once and not at every sign-in.
        held.stamp = stamp;
        match service_keys(&self.file, &self.principal) {
            Ok(keys) => held.keys = Arc::new(keys),
            Err(error) => tracing::error!("the keytab changed and cannot be used, the keys read before go on being used: {error}"),
        }
        held.keys.clone()
    }
}

/// Tells whether a file was written or replaced. `None` while it is away.
fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
