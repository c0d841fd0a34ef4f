//! Which crate may use which: dependencies point one way, so that the pure crates stay pure.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::workspace;

/// Each of our crates with those it may use. Dev-dependencies may cross it: the agent's tests use the tenant.
const TABLE: &[(&str, &[&str])] = &[
    ("samesign-engine", &[]),
    ("samesign-web", &[]),
    ("samesign-sha-lanes", &[]),
    ("samesign-wire", &["samesign-sha-lanes"]),
    ("samesign-connect", &["samesign-engine", "samesign-wire"]),
    ("samesign-agent", &["samesign-engine", "samesign-connect", "samesign-wire", "samesign-web"]),
    ("samesign-tenant", &["samesign-wire", "samesign-web"]),
    ("samesign-federation", &["samesign-engine", "samesign-connect", "samesign-wire", "samesign-web"]),
    // Named for its one binary.
    ("samesign", &["samesign-agent", "samesign-tenant", "samesign-federation", "samesign-wire"]),
    ("xtask", &[]),
];

/// The only crate where `unsafe` may stand.
const UNSAFE_ALLOWED: &str = "samesign-sha-lanes";

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// Absent for an ordinary dependency.
    kind: Option<String>,
    /// Only for a crate of this repository.
    path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    src_path: PathBuf,
}

pub fn follow_the_table() -> Result<Vec<String>> {
    Ok(packages()?.iter().flat_map(outside_the_table).collect())
}

fn outside_the_table(package: &Package) -> Vec<String> {
    let Some((_, allowed)) = TABLE.iter().find(|(name, _)| *name == package.name) else {
        return vec![format!(
            "{} is not in the crate table: add it to ARCHITECTURE.md's table and to xtask/src/tidy/crates.rs",
            package.name
        )];
    };
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.path.is_some() && dependency.kind.as_deref() != Some("dev"))
        .filter(|dependency| !allowed.contains(&dependency.name.as_str()))
        .map(|dependency| format!("{} must not use {}", package.name, dependency.name))
        .collect()
}

pub fn forbid_unsafe_code() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for package in packages()?.iter().filter(|package| package.name != UNSAFE_ALLOWED) {
        for target in package.targets.iter().filter(|target| target.kind.iter().any(|kind| kind == "lib" || kind == "bin")) {
            if !fs::read_to_string(&target.src_path)?.contains("#![forbid(unsafe_code)]") {
                complaints.push(format!("{} lacks #![forbid(unsafe_code)]", target.src_path.display()));
            }
        }
    }
    Ok(complaints)
}

fn packages() -> Result<Vec<Package>> {
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace::root())
        .args(["metadata", "--no-deps", "--format-version", "1", "--locked"])
        .output()
        .context("cannot run cargo metadata")?;
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    Ok(metadata.packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependency: &str, kind: Option<&str>) -> Package {
        let dependency = Dependency { name: dependency.to_owned(), kind: kind.map(str::to_owned), path: Some(PathBuf::from("x")) };
        Package { name: name.to_owned(), dependencies: vec![dependency], targets: Vec::new() }
    }

    #[test]
    fn the_tenant_must_not_know_the_engine() {
        assert_eq!(
            outside_the_table(&package("samesign-tenant", "samesign-engine", None)),
            ["samesign-tenant must not use samesign-engine"]
        );
        assert_eq!(outside_the_table(&package("samesign-tenant", "samesign-engine", Some("build"))).len(), 1);
    }

    #[test]
    fn tests_may_cross_the_table() {
        assert!(outside_the_table(&package("samesign-agent", "samesign-tenant", Some("dev"))).is_empty());
        assert!(outside_the_table(&package("samesign-agent", "samesign-engine", None)).is_empty());
    }
}
