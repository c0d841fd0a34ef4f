//! `GET /users/delta`, `/groups/delta`, `/contacts/delta`: all objects once, then what changed since.
//!
//! The first pass walks the objects by row; its last page gives a link that tells changes since the pass began. An object may be told
//! twice, as at the service. A group tells its members in parts: the same group comes again on the next page with more of them.

mod members;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::answer::{Answer, GraphError};
use super::listing::{context, resource_of, set_of};
use super::query::{self, Selection};
use super::request::Request;
use super::{filter, permissions, render, token};
use crate::directory::ObjectKind;
use crate::directory::members::Position;
use crate::directory::objects::{self as directory, Object};
use crate::store::condition::{Condition, Literal, Operator, Property};
use crate::store::listing::{After, Order, Query, Shelf};
use crate::store::organization::{self, Tenant};
use crate::store::{Store, StoreError, objects};

/// How long a link is good.
const LIFETIME_SECONDS: i64 = 7 * 24 * 60 * 60;
/// Objects on a page where the client asks for no other number.
const PAGE_DEFAULT: usize = 200;
/// Ids in a filter at most, as at the service.
const IDS_MAX: usize = 50;

/// What a link remembers: where it goes on, and the query of the first request.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Link {
    /// Of which database.
    epoch: String,
    /// Of which kind of objects.
    kind: ObjectKind,
    /// When it was made, Unix seconds.
    made: i64,
    /// The change up to which everything was told, or will be when the walk ends.
    sequence: i64,
    /// The change up to which everything was told when this round began: members are told from there.
    base: i64,
    /// The row up to which the first pass walked; `None` when it ended.
    walked: Option<i64>,
    /// The group whose members were told in part, and how far.
    inside: Option<Inside>,
    /// `$select`, by Graph's names.
    select: Option<Vec<String>>,
    /// Whether a group's members are told.
    members: bool,
    /// The ids in `$filter`; empty: all objects.
    ids: Vec<String>,
    /// Objects on a page.
    page: usize,
}

/// How far the members of a group were told.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Inside {
    /// Number of the group.
    group: i64,
    /// The change of the last one; 0 in the first pass.
    sequence: i64,
    /// The last one.
    member: Position,
}

/// Answers one page.
pub fn answer(store: &Store, request: &Request, kind: ObjectKind) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, reading(kind))?;
    store.read(|connection| {
        let tenant = organization::load(connection)?;
        let link = start(request, kind, &tenant)?;
        let selection = selection_of(&link)?;
        let page = match link.walked {
            Some(row) => walk(connection, &link, row)?,
            None => changes(connection, &link, tenant.sequence)?,
        };
        Ok(Answer::ok(body(request, &tenant, &selection, page)))
    })
}

/// Where this request goes on.
fn start(request: &Request, kind: ObjectKind, tenant: &Tenant) -> Result<Link, GraphError> {
    let given = request.option("$skiptoken").or_else(|| request.option("$deltatoken"));
    match given {
        // What the service gives as the way to start again has an empty token.
        None | Some("") => first(request, kind, tenant, Some(0)),
        Some(latest) if latest.eq_ignore_ascii_case("latest") => first(request, kind, tenant, None),
        Some(given) => {
            let link: Option<Link> = token::decode(given);
            let good = |link: &Link| {
                link.epoch == tenant.epoch && link.kind == kind && request.seconds() < link.made.saturating_add(LIFETIME_SECONDS)
            };
            link.filter(good).ok_or_else(|| gone(request, kind))
        }
    }
}

fn first(request: &Request, kind: ObjectKind, tenant: &Tenant, walked: Option<i64>) -> Result<Link, GraphError> {
    if let Some(option) = ["$expand", "$orderby", "$search"].into_iter().find(|option| request.option(option).is_some()) {
        return Err(GraphError::bad_request(format!("The query option {option} is not supported by delta.")));
    }
    let selected = request.option("$select").filter(|names| !names.trim().is_empty());
    let select = match selected {
        Some(_) => Some(query::selection(request, true, resource_of(kind))?.iter().map(|property| property.name.to_owned()).collect()),
        None => None,
    };
    let named = |names: &str| names.split(',').any(|name| name.trim().eq_ignore_ascii_case("members"));
    let preferred = request
        .prefer
        .as_deref()
        .and_then(|prefer| prefer.split("odata.maxpagesize=").nth(1))
        .map(|size| size.split([',', ';']).next().unwrap_or(size));
    let page = request.option("$top").or(preferred).map(query::page_of).transpose()?.unwrap_or(PAGE_DEFAULT);
    Ok(Link {
        epoch: tenant.epoch.clone(),
        kind,
        made: request.seconds(),
        sequence: tenant.sequence,
        base: tenant.sequence,
        walked,
        inside: None,
        select,
        members: kind == ObjectKind::Group && selected.is_none_or(named),
        ids: request.option("$filter").map(|filter| ids_of(filter, kind)).transpose()?.unwrap_or_default(),
        page,
    })
}

/// One page: what it tells, how it goes on, and whether that is at once or later.
struct Page {
    entries: Vec<Entry>,
    purged: Vec<String>,
    next: Link,
    more: bool,
}

/// An object that is told, with the part of its members.
struct Entry {
    object: Object,
    members: Vec<Value>,
}

fn walk(connection: &rusqlite::Connection, link: &Link, row: i64) -> Result<Page, StoreError> {
    let after = After { key: String::new(), number: row };
    let only: Vec<_> = link.ids.iter().map(|id| Condition::Compare(Property::Id, Operator::Equal, Literal::Text(id.clone()))).collect();
    let only = Condition::Any(only);
    let condition = (!link.ids.is_empty()).then_some(&only);
    let query = Query { shelf: Shelf::Live, condition, order: Order::Created, after: Some(&after), rows_max: link.page + 1 };
    let mut found = directory::list(connection, link.kind, &query)?;
    let more = found.len() > link.page;
    found.truncate(link.page);
    let walked = found.last().filter(|_| more).map(Object::number);
    let end = Page { entries: Vec::new(), purged: Vec::new(), next: Link { walked, inside: None, ..link.clone() }, more };
    members::tell(connection, link, found, end, |link, before, inside| Link {
        walked: Some(before.map_or(row, Object::number)),
        inside,
        ..link.clone()
    })
}

fn changes(connection: &rusqlite::Connection, link: &Link, last: i64) -> Result<Page, StoreError> {
    let mut found = directory::changed_after(connection, link.kind, link.sequence, link.page + 1)?;
    let more = found.len() > link.page;
    found.truncate(link.page);
    let until = found.last().filter(|_| more).map_or(last, Object::sequence);
    let wanted = |id: &str| link.ids.is_empty() || link.ids.iter().any(|wanted| wanted == id);
    let mut purged = objects::purged_between(connection, link.kind, link.sequence, until)?;
    purged.retain(|id| wanted(id));
    found.retain(|object| wanted(object.id()));
    let base = if more { link.base } else { until };
    let end = Page { entries: Vec::new(), purged, next: Link { sequence: until, base, inside: None, ..link.clone() }, more };
    members::tell(connection, link, found, end, |link, before, inside| Link {
        sequence: before.map_or(link.sequence, Object::sequence),
        inside,
        ..link.clone()
    })
}

fn body(request: &Request, tenant: &Tenant, selection: &Selection, page: Page) -> Value {
    let Page { entries, purged, next, more } = page;
    let mut values: Vec<Value> = entries.into_iter().map(|entry| shown(entry, selection, &tenant.name)).collect();
    values.extend(purged.into_iter().map(|id| json!({"id": id, "@removed": {"reason": "deleted"}})));
    let set = set_of(next.kind);
    // The link's age counts from its last use: a client that asks every day never has to start again.
    let token = token::encode(&Link { made: request.seconds(), ..next });
    let link = if more { ("@odata.nextLink", "$skiptoken") } else { ("@odata.deltaLink", "$deltatoken") };
    let mut answer = Map::new();
    answer.insert("@odata.context".to_owned(), Value::from(context(request, set, selection, false)));
    answer.insert(link.0.to_owned(), Value::from(request.url(&format!("{set}/delta?{}={token}", link.1))));
    answer.insert("value".to_owned(), Value::from(values));
    Value::Object(answer)
}

fn shown(entry: Entry, selection: &Selection, tenant_name: &str) -> Value {
    let Entry { object, members } = entry;
    if !object.live() {
        return json!({"id": object.id(), "@removed": {"reason": "changed"}});
    }
    let mut shown = render::changed(&object, selection, tenant_name);
    if !members.is_empty() {
        shown.insert("members@delta".to_owned(), Value::from(members));
    }
    Value::Object(shown)
}

fn selection_of(link: &Link) -> Result<Selection, GraphError> {
    let resource = resource_of(link.kind);
    let Some(names) = &link.select else { return Ok(query::default_selection(resource)) };
    let unknown = || GraphError::bad_query("The token of this request selects an unknown property.");
    names.iter().map(|name| resource.find(name).ok_or_else(unknown)).collect()
}

/// Delta filters by id only.
fn ids_of(filter: &str, kind: ObjectKind) -> Result<Vec<String>, GraphError> {
    let condition = filter::parse_ids(filter, resource_of(kind), IDS_MAX)?;
    let alternatives = match condition {
        Condition::Any(alternatives) => alternatives,
        condition => vec![condition],
    };
    let id = |condition| match condition {
        Condition::Compare(Property::Id, Operator::Equal, Literal::Text(id)) => Ok(id.to_lowercase()),
        _ => Err(GraphError::bad_request("delta takes a filter by id only.")),
    };
    alternatives.into_iter().map(id).collect()
}

/// The token is unknown or too old: the client starts again.
fn gone(request: &Request, kind: ObjectKind) -> GraphError {
    let mut error = GraphError::new(410, "syncStateNotFound", "The sync state generation is not found; retry with a full synchronization.");
    error.header = Some(Box::new(("location", request.url(&format!("{}/delta?$deltatoken=", set_of(kind))))));
    error
}

const fn reading(kind: ObjectKind) -> &'static [&'static str] {
    match kind {
        ObjectKind::User => permissions::READ_USERS,
        ObjectKind::Group => permissions::READ_GROUPS,
        ObjectKind::Contact => permissions::READ_CONTACTS,
    }
}
