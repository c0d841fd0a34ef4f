//! The catalogue as a page for administrators.

use std::fmt::Write;

use super::{Entry, FINDINGS, FINDINGS_ELSEWHERE};
use crate::Severity;

const HEAD: &str = "\
# Findings

A finding is a problem in the data that a person must repair; it is not an error of the program. `samesign check` shows them
before anything is written, `samesign findings` what is open since the last run. Codes are stable: scripts may rely on them.

*error*: the object waits, or is not as it should be, until somebody mends it. *warning*: it is synchronized, but not as you may
expect. *note*: worth knowing; nothing is held back for it.

`samesign check --ldif FILE` writes what can be mended without asking as LDIF, for you to read and to apply. Nothing is ever
written to Active Directory by samesign itself.

This page is made of the program's own table: `UPDATE=1 cargo test -p samesign-engine --test reference` writes it.
";

/// The page that explains every finding, in Markdown: what `docs/reference/findings.md` must hold.
pub fn findings_document() -> String {
    let mut page = HEAD.to_owned();
    section(&mut page, "In the data", FINDINGS);
    section(&mut page, "In reading, sending and passwords", FINDINGS_ELSEWHERE);
    page
}

fn section(page: &mut String, title: &str, entries: &[Entry]) {
    // Writing to a String does not fail.
    let _ = writeln!(page, "\n## {title}");
    for Entry { code, severity, meaning, example, mend } in entries {
        let severity = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "note",
        };
        let _ = writeln!(page, "\n### {code}\n\n*{severity}*: {meaning}.\n\n- for example: {example}\n- to mend it: {mend}");
    }
}
