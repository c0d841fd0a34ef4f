//! Where things lie in this repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The repository's top folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Where cargo builds. Testbed, tools and bench data are kept beside its output.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// Lines that a git command prints about tracked files.
pub fn git(arguments: &[&str]) -> Result<Vec<String>> {
    let output = Command::new("git").current_dir(root()).args(arguments).output().context("cannot run git")?;
    // `git grep` ends with 1 when it finds nothing.
    ensure!(
        output.status.code().is_some_and(|code| code <= 1),
        "git {} failed: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}
