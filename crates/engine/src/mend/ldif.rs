//! Mends as LDIF change records (RFC 2849).

use std::fmt::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Edit, Mend};
use crate::screen::clean;

const HEAD: &str = "\
version: 1

# What samesign suggests to mend in Active Directory. Read it, take out what you do not want, and apply the rest, for example
# with `ldapmodify -f`. Records are independent of each other. What needs a decision stands as a comment only.
";

/// The mends as one LDIF file: a change record for each, with its finding as a comment; where there is none, the comment alone.
/// Values that LDIF cannot hold as they are stand in Base64.
pub fn ldif(mends: &[Mend]) -> String {
    let mut file = HEAD.to_owned();
    for Mend { dn, code: _, about, edits } in mends {
        comment(&mut file, "\n# ", about);
        match edits {
            Ok(edits) => {
                line(&mut file, "dn", dn.as_bytes());
                file.push_str("changetype: modify\n");
                edits.iter().for_each(|edit| modification(&mut file, edit));
            }
            Err(why) => comment(&mut file, "# left out: ", why),
        }
    }
    file
}

fn modification(file: &mut String, edit: &Edit) {
    let (word, attribute, value) = match edit {
        Edit::Replace(attribute, value) => ("replace", attribute, value),
        Edit::Delete(attribute, value) => ("delete", attribute, value),
        Edit::Add(attribute, value) => ("add", attribute, value),
    };
    // Writing to a String does not fail.
    let _ = writeln!(file, "{word}: {attribute}");
    line(file, attribute, value);
    file.push_str("-\n");
}

/// One line, whatever the data holds: no line break gets out of a comment.
fn comment(file: &mut String, prefix: &str, text: &str) {
    let _ = writeln!(file, "{prefix}{}", clean(text).replace(['\u{2028}', '\u{2029}', '\u{85}'], "\u{fffd}"));
}

fn line(file: &mut String, name: &str, value: &[u8]) {
    match std::str::from_utf8(value).ok().filter(|text| is_safe(text)) {
        Some(text) => {
            let _ = writeln!(file, "{name}: {text}");
        }
        None => {
            let _ = writeln!(file, "{name}:: {}", STANDARD.encode(value));
        }
    }
}

/// RFC 2849's SAFE-STRING, and no blank at the end (its note 8).
fn is_safe(text: &str) -> bool {
    let begins = |character: char| !matches!(character, ' ' | ':' | '<');
    text.chars().all(|character| character.is_ascii() && !character.is_ascii_control()) && text.starts_with(begins) && !text.ends_with(' ')
}
