//! Which test holds which rule. The rows stand in docs/reference/coverage.toml, a test names those it proves in a line
//! `// Covers: <id>, <id>` above it, and the page for readers is made of both.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::workspace;

const ROWS: &str = "docs/reference/coverage.toml";
const PAGE: &str = "docs/reference/coverage.md";
const MARK: &str = "// Covers:";

#[derive(Deserialize)]
struct Table {
    area: Vec<Area>,
}

#[derive(Deserialize)]
struct Area {
    title: String,
    rows: Vec<(String, String)>,
}

/// A test that names a row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Test {
    file: String,
    name: String,
}

/// Writes the page anew.
pub fn run() -> Result<ExitCode> {
    let (page, complaints) = page()?;
    fs::write(workspace::root().join(PAGE), page).with_context(|| format!("cannot write {PAGE}"))?;
    complaints.iter().for_each(|complaint| eprintln!("{complaint}"));
    Ok(if complaints.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is missing: rows without a test, names that no row has, a page that is out of date.
pub fn complaints() -> Result<Vec<String>> {
    let (page, mut complaints) = page()?;
    if fs::read_to_string(workspace::root().join(PAGE)).unwrap_or_default() != page {
        complaints.push(format!("{PAGE} is out of date: run `cargo xtask coverage`"));
    }
    Ok(complaints)
}

fn page() -> Result<(String, Vec<String>)> {
    let text = fs::read_to_string(workspace::root().join(ROWS)).with_context(|| format!("cannot read {ROWS}"))?;
    let table: Table = toml::from_str(&text).with_context(|| format!("{ROWS} cannot be understood"))?;
    let mut tests = tests_by_row()?;
    let mut complaints = Vec::new();
    let mut page = String::from(
        "# Which test holds which rule\n\nMade by `cargo xtask coverage` of [the rows](coverage.toml) and of the tests that name them. `cargo xtask tidy` fails on a row without a test.\n",
    );
    for Area { title, rows } in &table.area {
        write!(page, "\n## {title}\n\n| rule | what holds | tests |\n|---|---|---|\n")?;
        for (id, title) in rows {
            let named = tests.remove(id).unwrap_or_default();
            if named.is_empty() {
                complaints.push(format!("{ROWS}: no test names {id} ({title})"));
            }
            let named: Vec<String> = named.iter().map(|Test { file, name }| format!("[{name}](../../{file})")).collect();
            writeln!(page, "| {id} | {title} | {} |", named.join("<br>"))?;
        }
    }
    for (id, named) in tests {
        complaints.extend(named.iter().map(|Test { file, name }| format!("{file}: {name} names {id}, which is no row of {ROWS}")));
    }
    Ok((page, complaints))
}

fn tests_by_row() -> Result<BTreeMap<String, Vec<Test>>> {
    let mut tests: BTreeMap<String, Vec<Test>> = BTreeMap::new();
    for file in workspace::git(&["grep", "-l", "--untracked", "-e", MARK, "--", "crates/*.rs"])? {
        let text = fs::read_to_string(workspace::root().join(&file)).with_context(|| format!("cannot read {file}"))?;
        for (ids, name) in marked(&text) {
            for id in ids {
                tests.entry(id.to_owned()).or_default().push(Test { file: file.clone(), name: name.to_owned() });
            }
        }
    }
    tests.values_mut().for_each(|tests| tests.sort());
    Ok(tests)
}

/// The marked functions of a file, each with the rows that it names.
fn marked(text: &str) -> Vec<(Vec<&str>, &str)> {
    let mut found = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(named) = line.strip_prefix(MARK) {
            ids.extend(named.split(',').map(str::trim).filter(|id| !id.is_empty()));
        } else if let Some(name) = name_of_function(line).filter(|_| !ids.is_empty()) {
            found.push((std::mem::take(&mut ids), name));
        }
    }
    found
}

fn name_of_function(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub ").unwrap_or(line);
    let rest = rest.strip_prefix("async ").unwrap_or(rest).strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

#[cfg(test)]
mod tests {
    use super::marked;

    #[test]
    fn the_function_below_a_mark_is_the_test() {
        let text = "// Covers: D1, D2\n// Covers: D3\n#[test]\nfn first() {}\n\n#[test]\nfn second() {}\n    // Covers: D4\n    async fn third<T>() {}\n";
        assert_eq!(marked(text), [(vec!["D1", "D2", "D3"], "first"), (vec!["D4"], "third")]);
    }
}
