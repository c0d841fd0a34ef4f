//! How a domain stood before it was converted, kept in a file, so that it can be put back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use samesign_agent::connect::entra::DomainFederation;
use serde::{Deserialize, Serialize};

use super::preflight::Target;

const FORMAT: u32 = 1;
/// Backups of one domain within one second.
const NUMBERS_MAX: u32 = 100;

/// How a domain stood. Holds certificates and addresses, no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    format: u32,
    /// Which domain.
    pub domain: String,
    /// When this was written.
    pub taken: String,
    /// Where its people signed in; `None`: at the tenant.
    pub federation: Option<DomainFederation>,
}

impl Backup {
    /// Where the domain stood.
    pub fn target(&self) -> Target {
        match self.federation {
            Some(_) => Target::Federated,
            None => Target::Managed,
        }
    }

    /// Writes a backup into the service's folder, beside those that are there. Answers the file.
    pub fn write(folder: &Path, domain: &str, federation: Option<DomainFederation>, now: Timestamp) -> Result<PathBuf> {
        let folder = folder.join("backups");
        let backup = Self { format: FORMAT, domain: domain.to_owned(), taken: now.to_string(), federation };
        let written = || -> Result<PathBuf> {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
            let mut text = serde_json::to_string_pretty(&backup)?;
            text.push('\n');
            let (path, mut file) = create(&folder, &format!("{domain}-{}", now.strftime("%Y%m%dT%H%M%SZ")))?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            File::open(&folder)?.sync_all()?;
            Ok(path)
        };
        written().with_context(|| format!("cannot write a backup to {}, so nothing was changed", folder.display()))
    }

    /// Reads one.
    pub fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read the backup {}", file.display()))?;
        let backup: Self = serde_json::from_str(&text).with_context(|| format!("{} is not a backup of a domain", file.display()))?;
        if backup.format != FORMAT {
            bail!("{} has format {}, which this program does not know", file.display(), backup.format);
        }
        Ok(backup)
    }
}

/// A new file of this name; of two in one second the later gets a number.
fn create(folder: &Path, name: &str) -> io::Result<(PathBuf, File)> {
    let mut number = 1;
    loop {
        let suffix = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{name}{suffix}.json"));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < NUMBERS_MAX => number += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_read_as_it_was_written_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-23T07:55:00Z".parse().unwrap();
        let federation = DomainFederation { id: "1".to_owned(), issuer_uri: "urn:a".to_owned(), ..DomainFederation::default() };
        for (domain, federation) in [("a.example", Some(federation)), ("b.example", None)] {
            let file = Backup::write(folder.path(), domain, federation.clone(), now).unwrap();
            assert!(file.ends_with(format!("backups/{domain}-20261123T075500Z.json")));
            let backup = Backup::read(&file).unwrap();
            assert_eq!((backup.domain.as_str(), &backup.federation), (domain, &federation));
            let second = Backup::write(folder.path(), domain, None, now).unwrap();
            assert!(second.ends_with(format!("backups/{domain}-20261123T075500Z-2.json")));
            assert_eq!(Backup::read(&file).unwrap().federation, federation);
        }
        let other = folder.path().join("other.json");
        fs::write(&other, "{}").unwrap();
        assert!(Backup::read(&other).unwrap_err().to_string().ends_with("other.json is not a backup of a domain"));
    }
}
