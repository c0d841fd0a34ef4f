//! Directory extensions (`extension_<32 hex>_<name>`): attributes of the tenant's own schema. Their rows are made when they are
//! first named.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::super::{Flow, Read, flow};

/// The service takes no longer value.
const CHARS_MAX: usize = 250;
/// More names than a configuration can hold are not remembered for ever.
const KEPT_MAX: usize = 4_096;

static ROWS: Mutex<BTreeMap<&'static str, &'static Flow>> = Mutex::new(BTreeMap::new());

/// The row of a directory extension; `None` for a name that is none.
pub(super) fn row(name: &str) -> Option<&'static Flow> {
    if !is_extension(name) {
        return None;
    }
    let mut rows = ROWS.lock().ok()?;
    if let Some(row) = rows.get(name) {
        return Some(row);
    }
    let kept = (rows.len() < KEPT_MAX).then(|| -> &'static str { Box::leak(name.into()) })?;
    let row: &'static Flow = Box::leak(Box::new(flow(kept, kept, kept, CHARS_MAX, Read::Text)));
    rows.insert(kept, row);
    Some(row)
}

/// Whether a name has the form of a directory extension.
pub(super) fn is_extension(name: &str) -> bool {
    let Some((application, own)) = name.strip_prefix("extension_").and_then(|rest| rest.split_once('_')) else { return false };
    let hex = application.len() == 32 && application.bytes().all(|digit| digit.is_ascii_hexdigit());
    hex && (1..=64).contains(&own.len()) && own.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A copy of an attribute's name that lasts: names of the configuration are few and the same in every run.
pub(super) fn name_kept(name: &str) -> Option<&'static str> {
    static NAMES: Mutex<std::collections::BTreeSet<&'static str>> = Mutex::new(std::collections::BTreeSet::new());
    let mut names = NAMES.lock().ok()?;
    if let Some(known) = names.get(name) {
        return Some(known);
    }
    let kept = (names.len() < KEPT_MAX).then(|| -> &'static str { Box::leak(name.into()) })?;
    names.insert(kept);
    Some(kept)
}
