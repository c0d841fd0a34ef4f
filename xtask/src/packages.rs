//! Debian packages that tests stand on, installed when missing.
//!
//! Never starts what it installs: a domain controller of the testbed is started by the testbed alone.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The domain controller, its Python bindings, and the clients that prove it works.
pub const TESTBED: &[&str] = &[
    "samba",
    "samba-dsdb-modules",
    "samba-ad-provision",
    "samba-vfs-modules",
    "python3-samba",
    "ldb-tools",
    "ldap-utils",
    "krb5-user",
    "python3-gssapi",
    "libsasl2-modules-gssapi-mit",
    "openssl",
    "curl",
];

/// What Microsoft's client libraries run on, which look at the tenant in tests.
const CLIENT_LIBRARIES: &[&str] = &["python3-venv"];

/// The same, for programs that may also have come from elsewhere: each with Debian's package of it.
const CLIENT_LIBRARY_PROGRAMS: &[(&str, &str)] = &[("node", "nodejs"), ("npm", "npm"), ("chromium", "chromium")];

/// What looks at the tokens of the federation service: a verifier of signatures, and Apache as a relying party.
const TOKEN_VERIFIERS: &[&str] = &["xmlsec1", "apache2", "libapache2-mod-auth-mellon"];

/// What the feature `gssapi` is built with: the library's headers, and the reader of them.
pub const GSSAPI: &[&str] = &["libkrb5-dev", "libclang-dev"];

/// Everything that a test needs beside cargo.
pub fn require_for_tests() -> Result<()> {
    let programs = CLIENT_LIBRARY_PROGRAMS.iter().filter(|(program, _)| !is_program(program)).map(|(_, package)| *package);
    let packages = TESTBED.iter().chain(CLIENT_LIBRARIES).chain(TOKEN_VERIFIERS).chain(GSSAPI).copied();
    require(&packages.chain(programs).collect::<Vec<_>>())
}

/// Installs what is missing of `packages`; does nothing, and needs no network and no root, where all are there.
pub fn require(packages: &[&str]) -> Result<()> {
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("installing {}", missing.join(" "));
    forbid_daemons()?;
    apt_get(&["update"])?;
    apt_get(&[&["install", "-y", "--no-install-recommends"], missing.as_slice()].concat())
}

fn is_installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["-W", "-f", "${Status}", package])
        .output()
        .is_ok_and(|output| output.stdout == b"install ok installed")
}

fn is_program(name: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

/// Debian starts the daemons of a package it installs, unless this file says no. An administrator's own one is left alone.
fn forbid_daemons() -> Result<()> {
    let policy = Path::new("/usr/sbin/policy-rc.d");
    if policy.exists() {
        return Ok(());
    }
    std::fs::write(policy, "#!/bin/sh\nexit 101\n").context("cannot write /usr/sbin/policy-rc.d: installing packages needs root")?;
    ensure!(Command::new("chmod").arg("755").arg(policy).status()?.success(), "cannot make {} executable", policy.display());
    Ok(())
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let status = Command::new("apt-get")
        .args(["-q", "-o", "DPkg::Lock::Timeout=300"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .context("cannot run apt-get: the testbed needs Debian or Ubuntu")?;
    ensure!(status.success(), "apt-get {} failed: run it by hand to see why (it needs root and the network)", arguments.join(" "));
    Ok(())
}
