//! What every request handler of one running tenant shares.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::folder::{self, Folder, FolderError};
use crate::identity::sign_in::Door;
use crate::oauth::keys::{BadTokenKey, TokenKey};
use crate::random::NoRandom;
use crate::store::{Store, StoreError, organization};

/// Runs of Argon2 at once: each takes 19 MiB and a whole processor.
const PASSWORD_CHECKS_MAX: usize = 2;

/// The tenant's data could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file beside it.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The token-signing key.
    #[error(transparent)]
    TokenKey(#[from] BadTokenKey),
    /// The system gave no random bytes.
    #[error(transparent)]
    Random(#[from] NoRandom),
}

/// The shared state. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// The directory and everything else that lasts.
    pub store: Arc<Store>,
    /// Signs and checks the tenant's tokens.
    pub token_key: Arc<TokenKey>,
    /// The tenant's id, which never changes.
    pub tenant_id: Arc<str>,
    /// Taken while Argon2 runs.
    pub password_checks: Arc<Semaphore>,
    /// Where people's passwords are checked.
    pub door: Arc<Door>,
}

impl Context {
    /// Opens the data folder of a tenant that `init` made.
    pub fn open(folder: &Folder) -> Result<Self, OpenError> {
        let store = Store::open(folder.root())?;
        let tenant = store.read(organization::load)?;
        Ok(Self {
            store: Arc::new(store),
            token_key: Arc::new(TokenKey::from_pem(&folder::read(&folder.token_key())?)?),
            tenant_id: tenant.id.into(),
            password_checks: Arc::new(Semaphore::new(PASSWORD_CHECKS_MAX)),
            door: Arc::default(),
        })
    }

    /// Runs work that reads or writes the database, or computes for long, without holding up other requests.
    pub async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Self) -> T + Send + 'static) -> Result<T, Interrupted> {
        let context = self.clone();
        tokio::task::spawn_blocking(move || work(&context)).await.map_err(|_| Interrupted)
    }
}

/// The work of a request broke off: the server is stopping, or it met an error it did not foresee.
#[derive(Debug, thiserror::Error)]
#[error("the request was interrupted")]
pub struct Interrupted;
