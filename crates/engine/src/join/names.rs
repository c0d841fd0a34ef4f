//! What the order of a plan needs to know about names.

use crate::fold;
use crate::keys::{hex, link_names, target_addresses};
use crate::names::{FIRST_DOMAIN, smtp_address};
use crate::order::Known;
use crate::plan::{Change, Kind};
use crate::world::World;

/// The names that objects have in the tenant.
pub(crate) struct Names<'a> {
    pub world: &'a World<'a>,
    pub verified_domains: &'a [Box<str>],
}

impl Names<'_> {
    /// The names that Active Directory gave.
    fn given(&self, change: &Change) -> Vec<String> {
        self.world.links.get(&change.anchor).map(|link| link_names(link)).unwrap_or_default()
    }
}

impl Known for Names<'_> {
    /// Those that were sent, and those that it got in the tenant beside them.
    fn had(&self, change: &Change) -> Vec<String> {
        let target = self.world.links.get(&change.anchor).and_then(|link| self.world.target_of(link));
        let mut names = self.given(change);
        names.extend(target.into_iter().flat_map(target_addresses));
        names
    }

    /// The address that a user has in the tenant's first domain; where none is known, one made of its anchor.
    fn spare(&self, change: &Change) -> Option<Box<str>> {
        if change.kind != Kind::User {
            return None;
        }
        let domain = self.verified_domains.iter().find(|domain| domain.ends_with(FIRST_DOMAIN))?;
        let suffix = format!("@{domain}");
        let target = self.world.links.get(&change.anchor).and_then(|link| self.world.target_of(link));
        // A name that Active Directory gave is given up just now, and somebody may take it.
        let given = self.given(change);
        let spare = |address: &String| address.ends_with(&suffix) && !given.contains(address);
        let held = target.and_then(|target| target.addresses.iter().filter_map(|proxy| smtp_address(proxy)).find(spare));
        let name =
            held.unwrap_or_else(|| format!("{}{suffix}", hex(change.anchor.as_str().as_bytes()).chars().take(32).collect::<String>()));
        Some(fold(&name).into())
    }
}
