//! The licences of a plan on a screen.

use std::fmt::{self, Formatter};

use super::clean;
use crate::LicenceChange;

/// Of many, so many users are named.
const USERS_SHOWN: usize = 10;

/// Everybody who gets one.
pub(super) fn all(f: &mut Formatter<'_>, licences: &[LicenceChange]) -> fmt::Result {
    licences.iter().try_for_each(|licence| line(f, licence))
}

/// The first of those who get one, and how many more.
pub(super) fn some(f: &mut Formatter<'_>, licences: &[LicenceChange]) -> fmt::Result {
    licences.iter().take(USERS_SHOWN).try_for_each(|licence| line(f, licence))?;
    match licences.len().saturating_sub(USERS_SHOWN) {
        0 => Ok(()),
        more => writeln!(f, "  … and {more} more get a licence"),
    }
}

fn line(f: &mut Formatter<'_>, licence: &LicenceChange) -> fmt::Result {
    let LicenceChange { anchor: _, target_id: _, upn, held, by_rule: _, add } = licence;
    let beside = if held.is_empty() { String::new() } else { format!(", beside {}", held.join(", ")) };
    writeln!(f, "  licence  user  {}   {} by rule{}", clean(upn), clean(&add.join(", ")), clean(&beside))
}
