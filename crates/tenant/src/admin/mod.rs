//! What an administrator does from the command line, on the data folder, whether or not the server runs.
//!
//! Everything goes through the same rules as Graph and the portal, and each change is one transaction.

mod apps;
mod domains;
mod synchronization;
mod users;

use std::path::Path;

use rusqlite::Connection;

use crate::certificates::CertificateError;
use crate::clock;
use crate::directory::DirectoryError;
use crate::folder::{Folder, FolderError};
use crate::identity::SecretError;
use crate::random::NoRandom;
use crate::store::{Store, StoreError, changes};

pub use apps::{AddedApp, AppCredential};
pub use domains::Accelerated;
pub use synchronization::SyncStatus;
pub use users::NewAccount;

/// Who the audit log names for changes from the command line.
const ACTOR: &str = "command line";

/// An administrator's command that could not be done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The directory refused.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A password or an application's secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// An application's certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The system gave no random bytes.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// The password is too weak.
    #[error("the password needs 8 to 256 characters, with three of: lower case, upper case, digits, symbols")]
    WeakPassword,
    /// No such role.
    #[error("{role:?} is no directory role: there are {}", known.join(", "))]
    UnknownRole {
        /// As given.
        role: String,
        /// Names of the roles there are.
        known: Vec<&'static str>,
    },
    /// Not an address at which an application may be answered.
    #[error("{uri:?} cannot be a redirect URI: {reason}")]
    BadRedirect {
        /// As given.
        uri: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Not the name of a permission.
    #[error("{permission:?} is no application permission: write it as Microsoft Graph names it, such as User.Read.All")]
    UnknownPermission {
        /// As given.
        permission: String,
    },
}

impl From<rusqlite::Error> for AdminError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The data folder of one tenant, open for an administrator.
pub struct Admin {
    folder: Folder,
    store: Store,
}

impl Admin {
    /// Opens a folder that `init` made.
    pub fn open(dir: &Path) -> Result<Self, AdminError> {
        Ok(Self { folder: Folder::new(dir), store: Store::open(dir)? })
    }

    /// A change and its line in the audit log, in one transaction.
    fn change<T>(&self, action: &str, object: &str, work: impl FnOnce(&Connection, i64) -> Result<T, AdminError>) -> Result<T, AdminError> {
        let now = clock::now().as_second();
        self.store.write(|connection| {
            let result = work(connection, now)?;
            changes::audit(connection, now, ACTOR, action, object, "")?;
            Ok(result)
        })
    }
}
