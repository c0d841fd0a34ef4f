//! What can be wrong with the signing keys, and the mend.

use std::path::PathBuf;

/// A signing key could not be read, made or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There are no keys yet.
    #[error("there are no signing keys in {}: run `samesign federation setup` first", .0.display())]
    None(PathBuf),
    /// There are keys already.
    #[error("there are signing keys in {} already: use `samesign federation rotate-key` to replace them", .0.display())]
    Exists(PathBuf),
    /// The system did not let us.
    #[error("cannot {action} {}: does it belong to the user that the service runs as?", path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Somebody else could read or replace a private key.
    #[error("{} is open to other users (mode {mode:04o}): whoever read it can sign in as anybody; run `chmod {wanted:o} {}`, and if anybody may have read it `samesign federation rotate-key --emergency`", path.display(), path.display())]
    Open {
        /// The file or folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
        /// What they have to be.
        wanted: u32,
    },
    /// The file is not what the service wrote.
    #[error("{} {problem}: restore it from a copy, or move the folder `keys` away, run `samesign federation setup`, and convert the domains again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Written by a later version.
    #[error("{} has format {format}, which is newer than this program: run the version that wrote it, or a later one", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// Somebody else changes the keys at this moment.
    #[error("another command changes the signing keys at this moment: wait for it and try again")]
    Busy,
    /// A next key is there.
    #[error(
        "a next key is staged already: `samesign federation rotate-key activate` lets it sign, once the tenant and the applications know it"
    )]
    Staged,
    /// There is no next key.
    #[error("no next key is staged: run `samesign federation rotate-key stage` first")]
    NothingStaged,
    /// The generator failed.
    #[error("cannot make a signing key for {host}")]
    Make {
        /// The service's name.
        host: String,
        /// What the library said.
        #[source]
        source: rcgen::Error,
    },
    /// The date of the machine does not leave room for a validity.
    #[error("cannot work out the certificate's validity from today's date: is the machine's clock set?")]
    Date(#[source] jiff::Error),
}
