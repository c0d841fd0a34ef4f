//! Pages of the lists of users, groups and contacts: what is asked for, and the addresses of the pages before and after.
//!
//! A page is named by the row it begins after, not by a number of rows to skip: the hundredth page costs what the first does.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::grouped;
use super::notice::Done;
use crate::directory::ObjectKind;
use crate::directory::objects::{self, Object};
use crate::store::StoreError;
use crate::store::condition::{Condition, Literal, Operator, Property};
use crate::store::listing::{After, Order, Query, Shelf};

/// Rows on a page.
pub const ROWS: usize = 50;

/// Which objects the list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// All.
    #[default]
    All,
    /// Those that the cloud masters.
    InCloud,
    /// Those that Active Directory masters.
    Synced,
    /// Those the synchronization left an error on.
    Errors,
}

impl Filter {
    /// The filters of a list with their labels. Contacts all come from Active Directory.
    pub const fn of(kind: ObjectKind) -> &'static [(Self, &'static str)] {
        match kind {
            ObjectKind::User | ObjectKind::Group => &[
                (Self::All, "All"),
                (Self::InCloud, "In cloud"),
                (Self::Synced, "Synced with Active Directory"),
                (Self::Errors, "With errors"),
            ],
            ObjectKind::Contact => &[(Self::All, "All"), (Self::Errors, "With errors")],
        }
    }

    /// Its name in addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::InCloud => "in-cloud",
            Self::Synced => "synced",
            Self::Errors => "errors",
        }
    }

    fn condition(self) -> Option<Condition> {
        let synced = |operator| Condition::Compare(Property::Synced, operator, Literal::Boolean(true));
        match self {
            Self::All => None,
            Self::InCloud => Some(synced(Operator::NotEqual)),
            Self::Synced => Some(synced(Operator::Equal)),
            Self::Errors => Some(Condition::HasParked),
        }
    }
}

/// What the address of the list asks for. A value that is not understood is an error of the request.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// Part of a name or an address.
    #[serde(default)]
    pub q: String,
    /// Which objects.
    #[serde(default)]
    pub status: Filter,
    /// Begin after this row.
    after: Option<String>,
    /// End before this row.
    before: Option<String>,
    /// Number of the first row, for the reader alone.
    from: Option<usize>,
    /// What was just done.
    pub done: Option<Done>,
}

/// One page.
pub struct Found {
    /// The rows, at most [`ROWS`].
    pub objects: Vec<Object>,
    /// Where this page is among the others.
    pub place: Place,
}

/// Where a page is among the others, for its foot.
pub struct Place {
    /// Rows on all pages.
    pub total: usize,
    /// Number of the first row on this page, from 1.
    pub first: String,
    /// Number of the last one.
    pub last: String,
    /// Address of the page before.
    pub previous: Option<String>,
    /// Address of the next page.
    pub next: Option<String>,
}

impl Place {
    /// The number of rows, for a person to read.
    pub fn total_text(&self) -> String {
        grouped(self.total)
    }
}

/// A filter to choose.
pub struct Choice {
    /// What it is called.
    pub label: &'static str,
    /// The list with it.
    pub href: String,
    /// Whether it is the one in effect.
    pub current: bool,
}

/// Where the list of a kind is.
pub const fn base(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => "/portal/users",
        ObjectKind::Group => "/portal/groups",
        ObjectKind::Contact => "/portal/contacts",
    }
}

impl Asked {
    /// The filters of this list, each with the same search.
    pub fn choices(&self, kind: ObjectKind) -> Vec<Choice> {
        let with = |filter| Self { q: self.q.clone(), status: filter, ..Self::default() }.address(kind, "");
        let choice = |(filter, label): &(Filter, &'static str)| Choice { label, href: with(*filter), current: *filter == self.status };
        Filter::of(kind).iter().map(choice).collect()
    }

    /// Whether the list is narrowed.
    pub fn searched(&self) -> bool {
        !self.q.trim().is_empty() || self.status != Filter::All
    }

    /// Reads the page.
    pub fn find(&self, connection: &rusqlite::Connection, kind: ObjectKind) -> Result<Found, StoreError> {
        let condition = self.condition(kind);
        let total = objects::count(connection, kind, Shelf::Live, condition.as_ref())?;
        let (mut rows, backwards) = self.rows(connection, kind, condition.as_ref())?;
        let more = rows.len() > ROWS;
        rows.truncate(ROWS);
        if backwards {
            rows.reverse();
        }
        let first = self.from.filter(|_| self.after.is_some() || self.before.is_some()).unwrap_or(1).clamp(1, total.max(1));
        let has_previous = if backwards { more } else { self.after.is_some() };
        let has_next = if backwards { self.before.is_some() } else { more };
        let edge =
            |way: &str, row: Option<&Object>, from: usize| row.map(|row| self.address(kind, &format!("&{way}={}&from={from}", place(row))));
        let previous = has_previous.then(|| edge("before", rows.first(), first.saturating_sub(ROWS).max(1))).flatten();
        let next = has_next.then(|| edge("after", rows.last(), first + rows.len())).flatten();
        let last = grouped(first + rows.len().saturating_sub(1));
        Ok(Found { objects: rows, place: Place { total, first: grouped(first), last, previous, next } })
    }

    /// One row more than a page, to know whether another follows; and whether they run backwards.
    fn rows(
        &self,
        connection: &rusqlite::Connection,
        kind: ObjectKind,
        condition: Option<&Condition>,
    ) -> Result<(Vec<Object>, bool), StoreError> {
        let (order, place) = match (&self.before, &self.after) {
            (Some(before), _) => (Order::DisplayNameDescending, parse(before)),
            (None, after) => (Order::DisplayName, after.as_deref().and_then(parse)),
        };
        let query = Query { shelf: Shelf::Live, condition, order, after: place.as_ref(), rows_max: ROWS + 1 };
        Ok((objects::list(connection, kind, &query)?, order == Order::DisplayNameDescending))
    }

    fn condition(&self, kind: ObjectKind) -> Option<Condition> {
        let words = self.q.split_whitespace().map(|word| {
            let holds = |property| Condition::Compare(property, Operator::Contains, Literal::Text(word.to_owned()));
            let third = match kind {
                ObjectKind::User => Property::Upn,
                ObjectKind::Group => Property::Nickname,
                ObjectKind::Contact => Property::Other("companyName"),
            };
            Condition::Any(vec![holds(Property::DisplayName), holds(Property::Mail), holds(third)])
        });
        let all: Vec<Condition> = words.chain(self.status.condition()).collect();
        (!all.is_empty()).then_some(Condition::All(all))
    }

    fn address(&self, kind: ObjectKind, more: &str) -> String {
        format!("{}?q={}&status={}{more}", base(kind), utf8_percent_encode(&self.q, NON_ALPHANUMERIC), self.status.name())
    }
}

/// A row's place in the order, for an address.
fn place(object: &Object) -> String {
    let After { key, number } = object.after(Order::DisplayName);
    utf8_percent_encode(&format!("{number} {key}"), NON_ALPHANUMERIC).to_string()
}

/// The place again; one that was tampered with only begins elsewhere.
fn parse(place: &str) -> Option<After> {
    let (number, key) = place.split_once(' ')?;
    Some(After { key: key.to_owned(), number: number.parse().ok()? })
}
