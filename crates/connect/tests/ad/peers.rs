//! Other people's tools that read the same hashes: Samba's own library, offline, and impacket, over the network.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use samesign_engine::ObjectGuid;

use super::domain::Domain;

/// NT hashes in hexadecimal.
pub type Hashes = BTreeMap<ObjectGuid, String>;

pub fn samba(domain: &Domain) -> Hashes {
    run(Command::new("/usr/bin/python3").arg(scripts().join("samba_hashes.py")).arg(domain.fact("smb_conf")))
}

pub fn impacket(domain: &Domain) -> Hashes {
    let (address, netbios, base) = (domain.fact("address"), domain.fact("netbios"), domain.fact("base_dn"));
    let password = domain.account("svc-dirsync", "password");
    let script = scripts().join("impacket_hashes.py");
    run(Command::new(python()).arg(script).args([address, netbios, "svc-dirsync", password, base]))
}

fn run(command: &mut Command) -> Hashes {
    let output = command.env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{said}");
    let hashes: BTreeMap<String, String> = serde_json::from_slice(&output.stdout).unwrap();
    hashes.into_iter().map(|(guid, hash)| (guid.parse().unwrap(), hash)).collect()
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ad/peers")
}

/// The interpreter of an environment with what `requirements.txt` names, installed once. What an interrupted installation left is
/// thrown away.
fn python() -> PathBuf {
    let wanted = fs::read_to_string(scripts().join("requirements.txt")).unwrap();
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tools");
    let folder = tools.join(wanted.trim().replace("==", "-"));
    fs::create_dir_all(&tools).unwrap();
    let lock = fs::File::create(folder.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    if !folder.join(".complete").exists() {
        let _ = fs::remove_dir_all(&folder);
        succeed(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        succeed(
            Command::new(folder.join("bin/python"))
                .args(["-m", "pip", "install", "--quiet", "--requirement"])
                .arg(scripts().join("requirements.txt")),
        );
        fs::write(folder.join(".complete"), "").unwrap();
    }
    folder.join("bin/python")
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}; install it"));
    assert!(output.status.success(), "{command:?} failed\n{}", String::from_utf8_lossy(&output.stderr));
}
