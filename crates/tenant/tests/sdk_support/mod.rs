//! Installs Microsoft's client libraries once, by version, into a folder under `target`, and runs scripts with them.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aws_lc_rs::digest::{SHA256, digest};

/// The folder of the scripts.
pub fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk")
}

/// The Python interpreter of an environment that holds what `requirements.txt` names.
pub fn python() -> PathBuf {
    python_for("graph-sdk-python", &scripts())
}

/// The same for the scripts in another folder.
pub fn python_for(name: &str, scripts: &Path) -> PathBuf {
    let wanted = fs::read(scripts.join("requirements.txt")).unwrap();
    let folder = installed(name, &wanted, |folder| {
        succeed(Command::new("python3").args(["-m", "venv"]).arg(folder));
        let requirements = scripts.join("requirements.txt");
        succeed(Command::new(folder.join("bin/python")).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements));
    });
    folder.join("bin/python")
}

/// The folder in which the packages are installed that `package.json` names.
pub fn node_packages() -> PathBuf {
    node_packages_for("graph-sdk-javascript", &scripts())
}

/// The same for the scripts in another folder.
pub fn node_packages_for(name: &str, scripts: &Path) -> PathBuf {
    let wanted = fs::read(scripts.join("package.json")).unwrap();
    installed(name, &wanted, |folder| {
        fs::write(folder.join("package.json"), &wanted).unwrap();
        succeed(Command::new("npm").args(["install", "--no-audit", "--no-fund", "--no-package-lock"]).current_dir(folder));
    })
}

/// A folder that `install` filled completely. What an interrupted installation left is thrown away.
fn installed(name: &str, wanted: &[u8], install: impl FnOnce(&Path)) -> PathBuf {
    let version: String = digest(&SHA256, wanted).as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tools");
    let folder = tools.join(format!("{name}-{version}"));
    let complete = folder.join(".complete");
    fs::create_dir_all(&tools).unwrap();
    // A second test program waits here until the first has installed.
    let lock = fs::File::create(tools.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    if !complete.exists() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        install(&folder);
        fs::write(complete, "").unwrap();
    }
    folder
}

/// Runs a command; panics with its output when it fails.
pub fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}; install it"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?} failed\n{}{}", text(&output.stdout), text(&output.stderr));
    output
}
