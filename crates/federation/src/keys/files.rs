//! The folder `keys`: how its files are written so that a crash leaves the old or the new, and only their owner reads them.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use super::manifest::{FORMAT, Manifest};
use super::signing::Made;
use super::{KeyError, SigningKey};

const MANIFEST: &str = "ring.json";
/// Far more than any of these files holds.
const BYTES_MAX: u64 = 64 * 1024;

/// The folder of the keys.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

/// Held while the keys are changed; the system lets go of it when the process ends, however it ends.
pub struct Lock(#[allow(dead_code, reason = "the lock is the open file")] File);

impl Folder {
    /// Names the folder; touches nothing.
    pub fn at(folder: &Path) -> Self {
        Self { path: folder.join("keys") }
    }

    /// Makes the folder (and its parents), open to its owner alone, or takes it as it is.
    pub fn create(folder: &Path) -> Result<Self, KeyError> {
        let folder = Self::at(folder);
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder.path);
        made.map_err(failed("create", &folder.path))?;
        folder.check()?;
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn has_manifest(&self) -> bool {
        self.path.join(MANIFEST).exists()
    }

    /// Whoever may write here may put another key in the place of ours.
    fn check(&self) -> Result<(), KeyError> {
        let metadata = fs::metadata(&self.path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => KeyError::None(self.path.clone()),
            _ => failed("open", &self.path)(error),
        })?;
        private(&self.path, &metadata.permissions(), 0o022, 0o700)
    }

    /// Keeps other commands from changing the keys meanwhile.
    pub fn lock(&self) -> Result<Lock, KeyError> {
        let path = self.path.join("lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(fs::TryLockError::WouldBlock) => Err(KeyError::Busy),
            Err(fs::TryLockError::Error(error)) => Err(failed("lock", &path)(error)),
        }
    }

    pub fn read_manifest(&self) -> Result<Manifest, KeyError> {
        self.check()?;
        let path = self.path.join(MANIFEST);
        let file = File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => KeyError::None(self.path.clone()),
            _ => failed("read", &path)(error),
        })?;
        let json = read(file, &path)?;
        match Manifest::format_of(&json) {
            Some(format) if format > FORMAT => return Err(KeyError::Newer { path, format }),
            _ => {}
        }
        Manifest::from_json(&json).ok_or(KeyError::Damaged { path, problem: "does not say which key is which" })
    }

    pub fn write_manifest(&self, manifest: &Manifest) -> Result<(), KeyError> {
        self.write(MANIFEST, manifest.to_json().as_bytes(), 0o644)
    }

    /// Stores a key that nothing names yet. Answers its thumbprint.
    pub fn write_key(&self, made: &Made) -> Result<String, KeyError> {
        self.write(&certificate_name(&made.thumbprint), made.certificate_pem.as_bytes(), 0o644)?;
        self.write(&key_name(&made.thumbprint), made.key_pem.as_bytes(), 0o600)?;
        Ok(made.thumbprint.clone())
    }

    pub fn read_key(&self, thumbprint: &str) -> Result<SigningKey, KeyError> {
        let certificate = self.read_certificate(thumbprint)?;
        let path = self.path.join(key_name(thumbprint));
        let damaged = |problem| KeyError::Damaged { path: path.clone(), problem };
        let file = File::open(&path).map_err(absent_or_failed(&path))?;
        let metadata = file.metadata().map_err(failed("read", &path))?;
        private(&path, &metadata.permissions(), 0o077, 0o600)?;
        let pem = read(file, &path)?;
        let key = PrivatePkcs8KeyDer::from_pem_slice(&pem).map_err(|_| damaged("holds no private key (PKCS#8 in PEM)"))?;
        SigningKey::read(key.secret_pkcs8_der(), certificate).map_err(damaged)
    }

    /// The certificate with this thumbprint, DER.
    pub fn read_certificate(&self, thumbprint: &str) -> Result<Vec<u8>, KeyError> {
        let path = self.path.join(certificate_name(thumbprint));
        let pem = read(File::open(&path).map_err(absent_or_failed(&path))?, &path)?;
        let damaged = |problem| KeyError::Damaged { path: path.clone(), problem };
        let certificate = CertificateDer::from_pem_slice(&pem).map_err(|_| damaged("holds no certificate"))?;
        match super::thumbprint_of(&certificate) == thumbprint {
            true => Ok(certificate.to_vec()),
            false => Err(damaged("holds another certificate than its name says")),
        }
    }

    /// Removes what a manifest needs no more: private halves of retired keys, and what a crash left over. What cannot be removed
    /// now is removed by the next change.
    pub fn remove_strays(&self, manifest: &Manifest) {
        let Ok(entries) = fs::read_dir(&self.path) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            if is_stray(name, manifest) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Writes beside, syncs, renames, and syncs the folder: whoever reads sees the whole old file or the whole new one.
    fn write(&self, name: &str, contents: &[u8], mode: u32) -> Result<(), KeyError> {
        let path = self.path.join(name);
        let beside = self.path.join(format!("{name}.new"));
        let written = || -> io::Result<()> {
            let _ = fs::remove_file(&beside);
            let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
            // A umask may take more away than the mode says.
            file.set_permissions(Permissions::from_mode(mode))?;
            file.write_all(contents)?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            File::open(&self.path)?.sync_all()
        };
        written().map_err(failed("write", &path))
    }
}

fn key_name(thumbprint: &str) -> String {
    format!("{thumbprint}.key.pem")
}

fn certificate_name(thumbprint: &str) -> String {
    format!("{thumbprint}.crt.pem")
}

/// Whether a file is one of ours that nothing needs. Whatever else somebody put there is not touched.
fn is_stray(name: &str, manifest: &Manifest) -> bool {
    let Some((thumbprint, kind)) = name.split_once('.').filter(|(thumbprint, _)| thumbprint.len() == 64) else { return false };
    match kind {
        "key.pem" => !manifest.signs(thumbprint),
        "crt.pem" => !manifest.thumbprints().any(|known| known == thumbprint),
        "key.pem.new" | "crt.pem.new" => true,
        _ => false,
    }
}

/// Refuses what is open to others. `forbidden` are the bits that may not be set.
fn private(path: &Path, permissions: &Permissions, forbidden: u32, wanted: u32) -> Result<(), KeyError> {
    let mode = permissions.mode() & 0o7777;
    match mode & forbidden {
        0 => Ok(()),
        _ => Err(KeyError::Open { path: path.to_owned(), mode, wanted }),
    }
}

fn read(file: File, path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    // Made in full at once: a buffer that grows leaves a copy of the key behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(BYTES_MAX as usize + 1));
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed("read", path))?;
    match bytes.len() as u64 > BYTES_MAX {
        true => Err(KeyError::Damaged { path: path.to_owned(), problem: "is far too large" }),
        false => Ok(bytes),
    }
}

fn absent_or_failed(path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| match source.kind() {
        io::ErrorKind::NotFound => KeyError::Damaged { path, problem: "is missing" },
        _ => KeyError::File { action: "read", path, source },
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| KeyError::File { action, path, source }
}
