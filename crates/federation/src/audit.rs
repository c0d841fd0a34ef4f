//! The record of who was vouched for to whom, and who was not and why: one JSON object a line in `audit.jsonl`.
//!
//! A line is in the file before the token it speaks of leaves the service, so that a relying party's own log can be compared: a
//! token without a line was not made here. A line holds no secret. The file is opened anew for every line, so that it can be
//! moved away at any time.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use crate::Method;

/// Longest text that somebody outside chose, in characters; the rest is cut off.
const FOREIGN_TEXT_MAX: usize = 256;

/// A line could not be written, so nobody is vouched for.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the audit log {}: is the disk full, or the folder another user's?", path.display())]
pub struct AuditError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A person proved who they are.
    SignIn,
    /// A token was made.
    Issue,
    /// Somebody was not let in, or not vouched for.
    Deny,
    /// A session was ended by its owner.
    SignOut,
}

/// One line. What does not apply is left out.
#[derive(Clone, Debug, Serialize)]
pub struct Entry<'a> {
    /// When, UTC.
    #[serde(serialize_with = "text")]
    pub time: Timestamp,
    /// What.
    pub event: Event,
    /// One id for everything that belongs to one sign-in; an error page shows it.
    pub correlation_id: &'a str,
    /// The client's address.
    pub client: IpAddr,
    /// Sign-in name, as Active Directory has it, or as it was typed where nobody has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// objectGUID of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// The application's identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// How the person proved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'static str>,
    /// Id of the assertion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assertion: Option<String>,
    /// Why somebody was not let in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl<'a> Entry<'a> {
    /// A line that says only what, when and from where.
    pub fn new(time: Timestamp, event: Event, correlation_id: &'a str, client: IpAddr) -> Self {
        Self { time, event, correlation_id, client, who: None, guid: None, application: None, method: None, assertion: None, reason: None }
    }
}

fn text<S: serde::Serializer>(value: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// How a method stands in the log.
pub fn method_name(method: Method) -> &'static str {
    match method {
        Method::Kerberos => "kerberos",
        Method::Password => "password",
    }
}

/// Text from outside, short enough for a log. JSON escapes the rest.
pub fn foreign(text: &str) -> String {
    text.chars().take(FOREIGN_TEXT_MAX).collect()
}

/// The file.
#[derive(Clone, Debug)]
pub struct Audit {
    path: PathBuf,
}

impl Audit {
    /// The log in the service's folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join("audit.jsonl") }
    }

    /// Writes one line. When this returns, the system has it.
    pub fn write(&self, entry: &Entry<'_>) -> Result<(), AuditError> {
        self.append(entry).map_err(|source| AuditError { path: self.path.clone(), source })
    }

    fn append(&self, entry: &Entry<'_>) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&self.path)?;
        if ends_within_a_line(&file)? {
            line.insert(0, b'\n');
        }
        // One write of one line: lines of several writers do not mix.
        file.write_all(&line)
    }
}

/// Whether the last line was cut off, as by a full disk: the next one must not go on in it.
fn ends_within_a_line(file: &File) -> io::Result<bool> {
    let Some(last) = file.metadata()?.len().checked_sub(1) else { return Ok(false) };
    let mut byte = [b'\n'];
    file.read_at(&mut byte, last)?;
    Ok(byte != [b'\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_one_object_whatever_a_name_holds() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::in_folder(folder.path());
        let client = IpAddr::from([192, 0, 2, 1]);
        for who in ["ana@example.com", "a\r\n{\"event\":\"issue\"}", "\u{2028}\u{0}\"\\"] {
            let entry = Entry { who: Some(who.to_owned()), ..Entry::new(Timestamp::UNIX_EPOCH, Event::Deny, "1", client) };
            audit.write(&entry).unwrap();
        }
        let text = std::fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
        assert_eq!(text.matches('\n').count(), 3);
        for line in text.split_terminator('\n') {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["event"], "deny");
            assert!(line.get("guid").is_none());
        }
    }

    #[test]
    fn a_log_that_was_moved_away_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::in_folder(folder.path());
        let entry = Entry::new(Timestamp::UNIX_EPOCH, Event::SignOut, "1", IpAddr::from([127, 0, 0, 1]));
        audit.write(&entry).unwrap();
        std::fs::rename(folder.path().join("audit.jsonl"), folder.path().join("old")).unwrap();
        audit.write(&entry).unwrap();
        assert!(folder.path().join("audit.jsonl").exists());
    }

    #[test]
    fn a_line_after_one_that_was_cut_off_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let audit = Audit::in_folder(folder.path());
        let entry = Entry::new(Timestamp::UNIX_EPOCH, Event::Issue, "1", IpAddr::from([127, 0, 0, 1]));
        audit.write(&entry).unwrap();
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{whole}{}", whole.split_at(20).0)).unwrap();
        audit.write(&entry).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()).count(), 2, "{text}");
    }

    #[test]
    fn a_log_that_cannot_be_written_is_an_error_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("audit.jsonl")).unwrap();
        let entry = Entry::new(Timestamp::UNIX_EPOCH, Event::Issue, "1", IpAddr::from([127, 0, 0, 1]));
        let error = Audit::in_folder(folder.path()).write(&entry).unwrap_err();
        assert!(error.to_string().contains("audit.jsonl"), "{error}");
    }
}
