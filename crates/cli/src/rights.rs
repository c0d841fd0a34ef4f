//! Whether passwords can be read, tried before somebody relies on it.

use std::io::{BufRead, BufReader};
use std::path::Path;

use samesign_agent::connect::ad::{AdConfig, AdError, replicate};
use samesign_agent::{Readiness, Source, chain};

/// What the preflight says of the source of passwords.
pub async fn readiness(source: &Source) -> Readiness {
    match source {
        Source::Ad(config) => match may_read_passwords(config).await {
            Ok(server) => {
                Readiness { ok: true, what: format!("{} may read passwords: {server} gave what replication asks for", config.user) }
            }
            Err(error) => Readiness { ok: false, what: format!("passwords cannot be read: {}", chain(&error)) },
        },
        Source::Ldif(path) => match holds_passwords(path) {
            Ok(true) => Readiness { ok: true, what: "the export holds passwords (unicodePwd)".to_owned() },
            Ok(false) => Readiness { ok: false, what: NO_PASSWORDS.to_owned() },
            Err(error) => Readiness { ok: false, what: format!("cannot read {}: {error}", path.display()) },
        },
    }
}

const NO_PASSWORDS: &str = "the export holds no passwords: export with unicodePwd (ldbsearch on a Samba domain controller writes it, ldifde never does), read from the \
     domain with kind = \"ad\", or set enabled = false in [passwords]";

/// Asks a domain controller for what replication asks for, of the domain's own object: nobody's password comes with it. Answers which one.
pub async fn may_read_passwords(config: &AdConfig) -> Result<String, AdError> {
    let mut replication = replicate(config).await?;
    let domain = replication.identity().domain_guid;
    replication.object(domain).await?;
    let server = replication.server().to_owned();
    replication.close().await;
    Ok(server)
}

/// Whether any record of an export has a password. The values are not looked at.
fn holds_passwords(path: &Path) -> std::io::Result<bool> {
    const NAME: &[u8] = b"unicodePwd:";
    let mut file = BufReader::new(std::fs::File::open(path)?);
    let mut line = Vec::new();
    while file.read_until(b'\n', &mut line)? > 0 {
        if line.get(..NAME.len()).is_some_and(|start| start.eq_ignore_ascii_case(NAME)) {
            return Ok(true);
        }
        line.clear();
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::holds_passwords;

    #[test]
    fn an_export_with_passwords_is_told_from_one_without() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("export.ldif");
        for (text, holds) in [
            ("dn: CN=A\ndescription: unicodePwd:: x\n", false),
            ("dn: CN=A\n unicodePwd:: x\n", false),
            ("dn: CN=A\r\nunicodepwd:: x\r\n", true),
            ("dn: CN=A\nunicodePwd:: x", true),
            ("", false),
        ] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(holds_passwords(&file).unwrap(), holds, "{text:?}");
        }
        assert!(holds_passwords(&folder.path().join("none")).is_err());
    }
}
