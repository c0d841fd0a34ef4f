//! Reads an LDIF export (RFC 2849), as ldifde and ldbsearch write it.
//!
//! A file is a source like a domain controller is: users, groups, contacts, and the containers they live in. It is complete by definition
//! when all of it could be read, so an object that is no longer in it is gone. Nothing is fetched from the URLs a file may name.

mod fields;
mod lines;
mod parts;
mod record;
mod records;

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use samesign_engine::{Finding, Kind, Kinds, ObjectGuid, Severity};

use crate::source::{Completeness, Known, NtHash, ObjectDigest, Read, ReadReport};
use fields::Fields;
use record::{Meaning, Reason, Record, Unreadable};
use records::{RecordText, Records};

/// Part of every digest: a reader that understands files in another way must read every object again.
const DIGEST_FORMAT: &[u8] = b"ldif 1";
/// More findings than this would hide each other; the rest is only counted.
const FINDINGS_MAX: usize = 1_000;

/// Where an NT hash goes that the file holds: to the password pipe, and nowhere else.
pub type PasswordSink<'a> = &'a mut dyn FnMut(ObjectGuid, NtHash);

/// Why a file could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum LdifError {
    /// The file cannot be opened.
    #[error("cannot open {}: check `source.path` and the file's permissions", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// Reading stopped in the middle.
    #[error("cannot read the LDIF file to its end")]
    Read(#[source] io::Error),
    /// ldifde was called with `-u`.
    #[error("the LDIF file is UTF-16: export it again without `-u`, values that need it are then written in Base64")]
    Utf16,
    /// The file declares a version that does not exist.
    #[error("line {line} says LDIF version {version}: only version 1 is known")]
    Version {
        /// Where.
        line: usize,
        /// As declared.
        version: String,
    },
    /// The file holds changes, not objects.
    #[error("line {line} says `changetype: {kind}`: this file holds changes; export the objects themselves")]
    Change {
        /// Where.
        line: usize,
        /// As declared.
        kind: String,
    },
    /// A record is longer than 128 MiB, which is more than a group of 500,000 members takes.
    #[error("the record at line {line} is longer than 128 MiB: is this an LDIF file?")]
    RecordTooLong {
        /// Where it begins.
        line: usize,
    },
}

/// How the last object of a file must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As RFC 2849 leaves it: by an empty line, or with the file.
    Any,
    /// By an empty line, as `ldifde` and `ldbsearch` write it: whoever writes it always and does not this time was cut off.
    EmptyLine,
}

/// What is to be read of an export.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// Which classes of objects.
    pub kinds: Kinds,
    /// The attributes to keep.
    pub attributes: &'a [&'a str],
    /// The objects of the mirror by digest.
    pub known: &'a Known,
    /// How the last object must end.
    pub ending: Ending,
}

/// Reads the file at `path`.
///
/// `passwords` gets the NT hash of every person who has one in the file, changed or not; without it hashes are stepped over.
pub fn read_objects(
    path: &Path,
    wanted: &Wanted<'_>,
    sink: &mut dyn FnMut(Read),
    passwords: Option<PasswordSink<'_>>,
) -> Result<ReadReport, LdifError> {
    let opened = |error| LdifError::Open { path: path.to_owned(), error };
    let file = File::open(path).map_err(opened)?;
    let before = file.metadata().map_err(opened)?;
    let mut report = read_from(&file, wanted, sink, passwords)?;
    let after = file.metadata().map_err(LdifError::Read)?;
    if (before.len(), before.modified().ok()) != (after.len(), after.modified().ok()) {
        report.completeness = Completeness::Incomplete("the file changed while it was read".to_owned());
    }
    Ok(report)
}

/// As [`read_objects`], users and inetOrgPersons alone.
pub fn read(
    path: &Path,
    attributes: &[&str],
    known: &Known,
    ending: Ending,
    sink: &mut dyn FnMut(Read),
    passwords: Option<PasswordSink<'_>>,
) -> Result<ReadReport, LdifError> {
    let kinds = Kinds { users: true, groups: false, contacts: false };
    read_objects(path, &Wanted { kinds, attributes, known, ending }, sink, passwords)
}

/// Reads an export from anywhere, as [`read_objects`] does.
pub fn read_from(
    reader: impl io::Read,
    wanted: &Wanted<'_>,
    sink: &mut dyn FnMut(Read),
    passwords: Option<PasswordSink<'_>>,
) -> Result<ReadReport, LdifError> {
    let mut records = Records::new(reader);
    let mut reading = Reading::new(wanted, sink, passwords);
    while let Some(text) = records.next()? {
        reading.record(&text)?;
    }
    Ok(reading.report())
}

/// One read of one file, under way.
struct Reading<'w, 's, 'p> {
    fields: Fields,
    wanted: &'w Wanted<'w>,
    sink: &'s mut dyn FnMut(Read),
    passwords: Option<PasswordSink<'p>>,
    seen: HashSet<ObjectGuid>,
    digested: Vec<u8>,
    records: usize,
    unreadable: usize,
    /// What was wrong with the first of those.
    first_unreadable: String,
    incomplete: Option<String>,
    report: ReadReport,
}

impl<'w, 's, 'p> Reading<'w, 's, 'p> {
    fn new(wanted: &'w Wanted<'w>, sink: &'s mut dyn FnMut(Read), passwords: Option<PasswordSink<'p>>) -> Self {
        let completeness = Completeness::Complete;
        let report = ReadReport { completeness, containers: Vec::new(), findings: Vec::new(), objects: 0, closed: true };
        Self {
            fields: Fields::new(wanted.attributes),
            wanted,
            sink,
            passwords,
            seen: HashSet::with_capacity(wanted.known.len()),
            digested: Vec::with_capacity(4096),
            records: 0,
            unreadable: 0,
            first_unreadable: String::new(),
            incomplete: None,
            report,
        }
    }

    fn record(&mut self, text: &RecordText<'_>) -> Result<(), LdifError> {
        let record = match Record::scan(text.bytes, &self.fields) {
            Ok(record) => record,
            Err(unreadable) => {
                self.refuse(text, None, &unreadable);
                return Ok(());
            }
        };
        if record.is_empty() {
            return Ok(());
        }
        check_header(text, &record)?;
        self.report.closed = text.closed;
        if !text.closed && self.wanted.ending == Ending::EmptyLine && record.dn().is_some() {
            // Whoever cut the file off may have cut off the rest of this object too: what it lacks is not to be cleared.
            self.refuse(text, record.dn(), &Unreadable { line: 0, reason: Reason::Unclosed });
            return Ok(());
        }
        self.incomplete = self
            .incomplete
            .take()
            .or_else(|| record.failed_search().map(|result| format!("the search that wrote it ended with result {result}")));
        let digest = self.digest(&record);
        let person = match self.wanted.known.get(&digest) {
            Some(guid) => self.unchanged(text, &record, *guid),
            None => self.changed(text, &record, digest),
        };
        if let Some(guid) = person {
            self.password(text, &record, guid);
        }
        Ok(())
    }

    fn unchanged(&mut self, text: &RecordText<'_>, record: &Record<'_>, guid: ObjectGuid) -> Option<ObjectGuid> {
        self.records += 1;
        self.first_of(text, record, guid).then(|| (self.sink)(Read::Unchanged(guid)))?;
        Some(guid)
    }

    fn changed(&mut self, text: &RecordText<'_>, record: &Record<'_>, digest: ObjectDigest) -> Option<ObjectGuid> {
        match record.meaning(&self.fields, self.wanted.kinds) {
            Err(unreadable) => self.refuse(text, record.dn(), &unreadable),
            Ok(Meaning::Nothing) => self.records += usize::from(record.dn().is_some()),
            Ok(Meaning::Container(container)) => {
                self.records += 1;
                self.report.containers.push(container);
            }
            Ok(Meaning::Object(object)) => {
                self.records += 1;
                let (guid, kind) = (object.guid, object.class.kind());
                self.first_of(text, record, guid).then(|| (self.sink)(Read::Object { object, digest }))?;
                return Some(guid).filter(|_| kind == Kind::User);
            }
        }
        None
    }

    /// Counts an object; a second record with its GUID is told, and left out.
    fn first_of(&mut self, text: &RecordText<'_>, record: &Record<'_>, guid: ObjectGuid) -> bool {
        let first = self.seen.insert(guid);
        self.report.objects += usize::from(first);
        if !first {
            let hint = format!("line {}: another object of the file has the same objectGUID; leave one of them out", text.line);
            self.find("ldif-object-twice", Severity::Error, record.dn(), Some("objectGUID"), Some(guid.to_string()), hint);
        }
        first
    }

    fn password(&mut self, text: &RecordText<'_>, record: &Record<'_>, guid: ObjectGuid) {
        let Some(passwords) = self.passwords.as_mut() else { return };
        match record.nt_hash() {
            Some(Ok(hash)) => passwords(guid, hash),
            Some(Err(line)) => {
                let hint = format!(
                    "line {}: the value must be Base64 of the 16 bytes of the NT hash; the password is not synchronized",
                    text.line + line
                );
                self.find("ldif-password-unreadable", Severity::Warning, record.dn(), Some("unicodePwd"), None, hint);
            }
            None => {}
        }
    }

    fn refuse(&mut self, text: &RecordText<'_>, dn: Option<String>, Unreadable { line, reason }: &Unreadable) {
        self.unreadable += 1;
        if self.unreadable == 1 {
            self.first_unreadable = format!("line {} {reason}", text.line + line);
        }
        let hint = format!("line {} {reason}; the object is left out, and nothing is deleted, until this is mended", text.line + line);
        self.find("ldif-record-unreadable", Severity::Error, dn.or_else(|| Some(format!("line {}", text.line))), None, None, hint);
    }

    fn find(
        &mut self,
        code: &'static str,
        severity: Severity,
        dn: Option<String>,
        attribute: Option<&str>,
        value: Option<String>,
        hint: String,
    ) {
        if self.report.findings.len() < FINDINGS_MAX {
            let objects = dn.into_iter().map(String::into_boxed_str).collect();
            let (attribute, value) = (attribute.map(Into::into), value.map(String::into_boxed_str));
            self.report.findings.push(Finding { code, severity, objects, attribute, value, hint: hint.into() });
        }
    }

    /// A digest over the lines that matter to this reader: with another attribute wanted, the objects that have it are read again.
    fn digest(&mut self, record: &Record<'_>) -> ObjectDigest {
        record.digested(&mut self.digested);
        self.digested.extend_from_slice(DIGEST_FORMAT);
        // A class that is not asked for any more must not be known by an old digest.
        let Kinds { users, groups, contacts } = self.wanted.kinds;
        self.digested.extend([users, groups, contacts].map(u8::from));
        shorten(&digest::digest(&digest::SHA256, &self.digested))
    }

    fn report(mut self) -> ReadReport {
        let unreadable = (self.unreadable > 0).then(|| {
            let more = if self.unreadable > 1 { "; the first: " } else { ": " };
            format!("{} of its records could not be read{more}{}", self.unreadable, self.first_unreadable)
        });
        let empty = (self.records == 0).then(|| "it holds no objects".to_owned());
        if let Some(reason) = self.incomplete.or(unreadable).or(empty) {
            self.report.completeness = Completeness::Incomplete(reason);
        }
        self.report
    }
}

fn check_header(text: &RecordText<'_>, record: &Record<'_>) -> Result<(), LdifError> {
    if let Some(change) = record.change() {
        return Err(LdifError::Change { line: text.line + change.line, kind: change.kind });
    }
    match record.version() {
        Some((line, version)) if text.line == 1 && version != "1" => Err(LdifError::Version { line: text.line + line, version }),
        _ => Ok(()),
    }
}

fn shorten(digest: &digest::Digest) -> ObjectDigest {
    let mut short = ObjectDigest::default();
    short.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    short
}
