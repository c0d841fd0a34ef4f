//! What a page of an object tells of others: the groups it is in, who holds a value that waits, who is a member.

use rusqlite::Connection;

use super::error::PortalError;
use super::list::base;
use super::readable_time;
use crate::directory::objects::{self, Object};
use crate::directory::quarantine::{self, Parked};
use crate::directory::{DirectoryError, ObjectKind, ObjectRef, members};
use crate::store::fold;
use crate::store::keys::{self, KeyKind};

/// Groups that are named on a page at most.
const GROUPS_MAX: usize = 20;

/// Another object, with the address of its page.
pub struct Link {
    /// Its page.
    pub href: String,
    /// displayName.
    pub name: String,
}

impl Link {
    /// The link to an object.
    pub fn to(object: &Object) -> Self {
        let name = if object.display_name().is_empty() { object.id() } else { object.display_name() };
        Self { href: format!("{}/{}", base(object.kind()), object.id()), name: name.to_owned() }
    }
}

/// A group that an object is in.
pub struct Holding {
    /// Its page.
    pub href: String,
    /// displayName.
    pub name: String,
    /// Not by another group.
    pub direct: bool,
}

/// The groups an object is in, the direct ones first, and how many more there are.
pub fn groups_of(connection: &Connection, object: &ObjectRef) -> Result<(Vec<Holding>, usize), DirectoryError> {
    let direct = members::groups_of(connection, object, false)?;
    let mut all = members::groups_of(connection, object, true)?;
    all.sort_by_key(|number| !direct.contains(number));
    let more = all.len().saturating_sub(GROUPS_MAX);
    let mut holdings = Vec::new();
    for number in all.into_iter().take(GROUPS_MAX) {
        if let Some(group) = objects::by_number(connection, ObjectKind::Group, number)? {
            let Link { href, name } = Link::to(&group);
            holdings.push(Holding { href, name, direct: direct.contains(&number) });
        }
    }
    Ok((holdings, more))
}

/// A value that waits until another object frees it.
pub struct Waiting {
    /// What kind of value, in words.
    pub property: &'static str,
    /// The value, without the prefix of a mail address.
    pub value: String,
    /// Who has it now.
    pub holder: Option<Link>,
    /// Since when.
    pub since: String,
}

/// The values that wait for an object, each with who has it now.
pub fn waiting(connection: &Connection, parked: &[Parked]) -> Result<Vec<Waiting>, PortalError> {
    parked.iter().map(|parked| waiting_of(connection, parked)).collect()
}

fn waiting_of(connection: &Connection, parked: &Parked) -> Result<Waiting, PortalError> {
    let Parked { object: _, property, value, at } = parked;
    let is_name = property == quarantine::UPN;
    let with_prefix = if value.contains(':') { fold(value) } else { fold(&format!("smtp:{value}")) };
    let holder = match is_name {
        true => keys::owner(connection, KeyKind::Upn, &fold(value))?,
        false => keys::owner(connection, KeyKind::Address, &with_prefix)?,
    };
    let holder = match holder {
        Some(id) => objects::by_id(connection, &id)?.map(|object| Link::to(&object)),
        None => None,
    };
    let shown = value.split_once(':').filter(|(prefix, _)| prefix.eq_ignore_ascii_case("smtp")).map_or(value.as_str(), |(_, rest)| rest);
    Ok(Waiting {
        property: if is_name { "The user name" } else { "The address" },
        value: shown.to_owned(),
        holder,
        since: readable_time(*at).unwrap_or_default(),
    })
}
