//! Links in documents must lead somewhere.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::workspace;
use crate::workspace::git;

pub fn links_resolve() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for file in git(&["ls-files", "*.md"])? {
        let path = workspace::root().join(&file);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
        complaints.extend(links(&text).filter_map(|link| problem(&path, link)).map(|problem| format!("{file}: {problem}")));
    }
    Ok(complaints)
}

/// What is wrong with a link, if anything. Links to other hosts are not followed: a build must not depend on them.
fn problem(file: &Path, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
    let path = if target.is_empty() { file.to_owned() } else { file.parent()?.join(target) };
    if !path.exists() {
        return Some(format!("`{link}` leads nowhere"));
    }
    let is_document = path.extension().is_some_and(|extension| extension == "md");
    if anchor.is_empty() || !is_document {
        return None;
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    (!anchors(&text).any(|known| known == anchor)).then(|| format!("`{link}` names a heading that is not there"))
}

/// The targets of `[text](target)` and `[name]: target`, outside of code.
fn links(text: &str) -> impl Iterator<Item = &str> {
    prose(text).flat_map(|line| {
        let inline = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
        let reference = line.starts_with('[').then(|| line.split_once("]: ")).flatten().map(|(_, target)| target.trim());
        inline.chain(reference)
    })
}

/// Headings as the usual viewers name them: lower case, hyphens for spaces, other punctuation gone.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    prose(text).filter(|line| line.starts_with('#')).map(|line| {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}

fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !in_code && !fence
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_links_but_not_in_code() {
        let text = "See [a](b.md#c) and [d](e.md \"title\").\n```\n[not](a-link.md)\n```\n[ref]: docs/f.md\n";
        assert_eq!(links(text).collect::<Vec<_>>(), ["b.md#c", "e.md", "docs/f.md"]);
    }

    #[test]
    fn names_a_heading_as_viewers_do() {
        assert_eq!(anchors("## What it does, from the *outside*").collect::<Vec<_>>(), ["what-it-does-from-the-outside"]);
    }

    #[test]
    fn a_link_to_a_missing_file_is_a_problem() {
        let here = workspace::root().join("README.md");
        assert_eq!(problem(&here, "no/such/file.md"), Some("`no/such/file.md` leads nowhere".to_owned()));
        assert_eq!(problem(&here, "Cargo.toml"), None);
        assert_eq!(problem(&here, "https://example.com/none"), None);
    }
}
