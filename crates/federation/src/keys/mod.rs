//! The keys that sign tokens, and how one follows another without a failed sign-in.
//!
//! A key is *next* (its certificate is published, so that everybody can learn it), then *current* (it signs), then *retired*
//! (it signs no more and its private half is gone; the certificate stays published for a day, for tokens that are on their way).
//! Which key is what stands in `keys/ring.json`; every change writes a new one and renames it over the old, so that a crash
//! leaves the state before or after. Private keys are files of their owner alone and never in the database.
//!
//! The command line changes the files; the running service learns of it by [`KeyRing::refresh`].

mod error;
mod files;
mod manifest;
mod signing;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};

pub use error::KeyError;
use files::Folder;
use manifest::{Manifest, Retired};
pub use signing::{SigningKey, thumbprint_of};

use crate::clock;

/// For how long the certificate of a retired key stays published: tokens live for an hour, and who reads metadata does so daily.
const RETIRED_PUBLISHED: SignedDuration = SignedDuration::from_hours(24);

/// The signing keys of one federation service.
///
/// Neither printed nor copied: it holds the current private key.
pub struct KeyRing {
    folder: Folder,
    state: RwLock<Arc<State>>,
}

/// What was read from the files at one moment.
struct State {
    manifest: Manifest,
    current: Arc<SigningKey>,
    next: Option<Vec<u8>>,
    retired: Vec<(Timestamp, Vec<u8>)>,
}

impl KeyRing {
    /// Makes the first key of a service. `folder` is the service's own; `host` is the name in the certificate.
    ///
    /// # Errors
    /// When there are keys already, or a file cannot be written.
    pub fn create(folder: &Path, host: &str, now: Timestamp) -> Result<Self, KeyError> {
        let folder = Folder::create(folder)?;
        let _lock = folder.lock()?;
        if folder.has_manifest() {
            return Err(KeyError::Exists(folder.path().to_owned()));
        }
        let current = folder.write_key(&signing::make(host, now)?)?;
        folder.write_manifest(&Manifest::first(host, current))?;
        Self::read(folder)
    }

    /// Reads the keys that `create` made.
    ///
    /// # Errors
    /// When one is missing, damaged, readable by others, or not a key of this service.
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        Self::read(Folder::at(folder))
    }

    fn read(folder: Folder) -> Result<Self, KeyError> {
        let state = State::read(&folder)?;
        Ok(Self { state: RwLock::new(Arc::new(state)), folder })
    }

    /// The key that signs.
    pub fn current(&self) -> Arc<SigningKey> {
        self.state().current.clone()
    }

    /// The certificate (DER) of the key that will sign, if one was staged.
    pub fn next(&self) -> Option<Vec<u8>> {
        self.state().next.clone()
    }

    /// Certificates (DER) of the keys that are retired, each with the moment at which it was.
    pub fn retired(&self) -> Vec<(Timestamp, Vec<u8>)> {
        self.state().retired.clone()
    }

    /// The certificates (DER) that metadata names: current, next, and those retired in the last 24 hours.
    pub fn published(&self) -> Vec<Vec<u8>> {
        let state = self.state();
        let since = clock::now().checked_sub(RETIRED_PUBLISHED).unwrap_or(Timestamp::MIN);
        let retired = state.retired.iter().filter(|(at, _)| *at > since).map(|(_, certificate)| certificate);
        let current = state.current.certificate_der().to_vec();
        std::iter::once(current).chain(state.next.clone()).chain(retired.cloned()).collect()
    }

    /// Sessions that began before this moment count no more: an emergency ended them.
    pub fn sessions_since(&self) -> Option<Timestamp> {
        self.state().manifest.sessions_since
    }

    /// Where the keys lie.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Reads again what the command line changed. Costs one read of a small file when nothing did.
    ///
    /// # Errors
    /// When what is there now cannot be used. The keys stay as they were.
    pub fn refresh(&self) -> Result<bool, KeyError> {
        if self.folder.read_manifest()? == self.state().manifest {
            return Ok(false);
        }
        self.reload()?;
        Ok(true)
    }

    /// Makes the next key: it is published and signs nothing yet.
    ///
    /// # Errors
    /// When there is one already, or a file cannot be written.
    pub fn stage(&self, now: Timestamp) -> Result<(), KeyError> {
        self.change(|folder, manifest| match &manifest.next {
            Some(_) => Err(KeyError::Staged),
            None => {
                manifest.next = Some(folder.write_key(&signing::make(&manifest.host, now)?)?);
                Ok(())
            }
        })
    }

    /// The next key signs from now on; the one that did is retired.
    ///
    /// # Errors
    /// When there is no next key, or it cannot be used: then nothing has changed.
    pub fn activate(&self, now: Timestamp) -> Result<(), KeyError> {
        self.change(|folder, manifest| {
            let next = manifest.next.take().ok_or(KeyError::NothingStaged)?;
            folder.read_key(&next)?;
            let retired = std::mem::replace(&mut manifest.current, next);
            manifest.retired.push(Retired { thumbprint: retired, since: now });
            Ok(())
        })
    }

    /// Forgets the retired keys: their certificates are no longer published. Answers how many there were.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn retire(&self) -> Result<usize, KeyError> {
        let mut forgotten = 0;
        self.change(|_, manifest| {
            forgotten = std::mem::take(&mut manifest.retired).len();
            Ok(())
        })?;
        Ok(forgotten)
    }

    /// For a key that may have been stolen: a new one signs at once, no other is published, every session has ended.
    ///
    /// # Errors
    /// When a file cannot be written: then nothing has changed.
    pub fn replace(&self, now: Timestamp) -> Result<(), KeyError> {
        self.change(|folder, manifest| {
            let current = folder.write_key(&signing::make(&manifest.host, now)?)?;
            *manifest = Manifest { sessions_since: Some(now), ..Manifest::first(&manifest.host, current) };
            Ok(())
        })
    }

    /// The one way to a new state: alone, from what the files say now, by one rename.
    fn change(&self, change: impl FnOnce(&Folder, &mut Manifest) -> Result<(), KeyError>) -> Result<(), KeyError> {
        let _lock = self.folder.lock()?;
        let mut manifest = self.folder.read_manifest()?;
        change(&self.folder, &mut manifest)?;
        self.folder.write_manifest(&manifest)?;
        self.folder.remove_strays(&manifest);
        self.reload()
    }

    fn reload(&self) -> Result<(), KeyError> {
        let state = Arc::new(State::read(&self.folder)?);
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        Ok(())
    }

    fn state(&self) -> Arc<State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl State {
    fn read(folder: &Folder) -> Result<Self, KeyError> {
        let manifest = folder.read_manifest()?;
        let retired = manifest.retired.iter().map(|retired| Ok((retired.since, folder.read_certificate(&retired.thumbprint)?)));
        Ok(Self {
            current: Arc::new(folder.read_key(&manifest.current)?),
            next: manifest.next.as_deref().map(|next| folder.read_certificate(next)).transpose()?,
            retired: retired.collect::<Result<_, KeyError>>()?,
            manifest,
        })
    }
}

/// Where the keys of the service with this folder lie.
pub fn folder_of(folder: &Path) -> PathBuf {
    Folder::at(folder).path().to_owned()
}
