//! What no tracked file may hold, and how long one may be.

use std::fs;

use anyhow::Result;

use crate::workspace;
use crate::workspace::git;

const LINES_ADVISED: usize = 500;
const LINES_MAX: usize = 600;

/// Each pattern (extended regular expression) names something that a user's machine does not have.
const ONE_MACHINE: &[(&str, &str)] = &[
    (r"(^|[^A-Za-z0-9_.~-])/(work|farm|home|root|tmp)/[A-Za-z0-9]", "a path of one machine"),
    (r"\.\./(shared|steering)", "a folder beside the repository"),
    (r"(crates\.io|pypi\.org|pythonhosted\.org|npmjs\.(org|com)|deb\.debian\.org)/[A-Za-z0-9@]", "a package registry's host"),
];

/// The one file that may look beside the repository, and the one that cargo writes.
const EXEMPT: &[&str] = &[":!.ci/run", ":!Cargo.lock"];

pub fn short_enough() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for file in git(&["ls-files", "*.rs", "*.py"])? {
        // A file removed but not yet committed is still listed.
        let Ok(text) = fs::read_to_string(workspace::root().join(&file)) else { continue };
        match text.lines().count() {
            lines if lines > LINES_MAX => complaints.push(format!("{file} has {lines} lines, more than {LINES_MAX}: split it")),
            lines if lines > LINES_ADVISED => eprintln!("       {file} has {lines} lines: does it still have one purpose?"),
            _ => {}
        }
    }
    Ok(complaints)
}

pub fn portable() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for (pattern, what) in ONE_MACHINE {
        let arguments = [&["grep", "-nIE", pattern, "--", "."], EXEMPT].concat();
        complaints.extend(git(&arguments)?.into_iter().map(|line| format!("{what}: {line}")));
    }
    Ok(complaints)
}
