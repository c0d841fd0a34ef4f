//! The data folder: which files a tenant has, and how they are made so that only their owner can read them.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A file or folder of the tenant that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}", path = path.display())]
pub struct FolderError {
    /// What was tried, as a verb: "read", "create".
    pub action: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

impl FolderError {
    fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { action, path, source }
    }
}

/// The paths inside one data folder.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Names the folder; touches nothing.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory: one SQLite file.
    pub fn database(&self) -> PathBuf {
        self.root.join("tenant.db")
    }

    /// Certificate of the tenant's own authority, which clients trust.
    pub fn ca(&self) -> PathBuf {
        self.root.join("ca.pem")
    }

    /// The authority's key. Whoever holds it can pose as this tenant.
    pub fn ca_key(&self) -> PathBuf {
        self.root.join("ca-key.pem")
    }

    /// Key and certificate that sign the tenant's tokens.
    pub fn token_key(&self) -> PathBuf {
        self.root.join("token-signing.pem")
    }

    /// The agent's application identity: certificate and key.
    pub fn agent(&self) -> PathBuf {
        self.root.join("agent.pem")
    }

    /// The `[tenant]` block for `samesign.toml`.
    pub fn configuration(&self) -> PathBuf {
        self.root.join("tenant.toml")
    }

    /// Makes the folder (and its parents), readable by its owner alone, or takes it as it is; then makes it absolute.
    pub fn create(&mut self) -> Result<(), FolderError> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.root).map_err(FolderError::at("create", &self.root))?;
        self.root = fs::canonicalize(&self.root).map_err(FolderError::at("open", &self.root))?;
        Ok(())
    }
}

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// The owner alone (mode 0600).
    Owner,
    /// Everyone (mode 0644).
    Everyone,
}

/// Writes a new file and syncs it to disk. A file that is already there is an error, never overwritten.
pub fn write_new(path: &Path, contents: &[u8], readers: Readers) -> Result<(), FolderError> {
    let mode = if readers == Readers::Owner { 0o600 } else { 0o644 };
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(contents)?;
        file.sync_all()
    };
    write().map_err(FolderError::at("create", path))
}

/// Reads a whole file.
pub fn read(path: &Path) -> Result<Vec<u8>, FolderError> {
    fs::read(path).map_err(FolderError::at("read", path))
}
