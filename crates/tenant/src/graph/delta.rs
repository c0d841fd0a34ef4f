//! `GET /users/delta`: all users once, then what changed since.
//!
//! The first pass walks the users by row; its last page gives a link that tells changes since the pass began. A user may be told
//! twice, as at the service.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::answer::{Answer, GraphError};
use super::filter;
use super::query::{self, Selection};
use super::request::Request;
use super::users::context;
use super::{permissions, render, token};
use crate::directory::properties;
use crate::store::condition::{Condition, Literal, Operator, Property};
use crate::store::objects::{self, ObjectKind};
use crate::store::organization::{self, Tenant};
use crate::store::users::{self as rows, After, Order, Query, Shelf, User};
use crate::store::{Store, StoreError};

/// How long a link is good.
const LIFETIME_SECONDS: i64 = 7 * 24 * 60 * 60;
/// Users on a page where the client asks for no other number.
const PAGE_DEFAULT: usize = 200;
/// Ids in a filter at most, as at the service.
const IDS_MAX: usize = 50;

/// What a link remembers: where it goes on, and the query of the first request.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Link {
    /// Of which database.
    epoch: String,
    /// When it was made, Unix seconds.
    made: i64,
    /// The change up to which everything was told, or will be when the walk ends.
    sequence: i64,
    /// The row up to which the first pass walked; `None` when it ended.
    walked: Option<i64>,
    /// `$select`, by Graph's names.
    select: Option<Vec<String>>,
    /// The ids in `$filter`; empty: all users.
    ids: Vec<String>,
    /// Users on a page.
    page: usize,
}

/// Answers one page.
pub fn answer(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_USERS)?;
    store.read(|connection| {
        let tenant = organization::load(connection)?;
        let link = start(request, &tenant)?;
        let selection = selection_of(&link)?;
        let page = match link.walked {
            Some(row) => walk(connection, &link, row)?,
            None => changes(connection, &link, tenant.sequence)?,
        };
        Ok(Answer::ok(body(request, &tenant, &selection, page)))
    })
}

/// Where this request goes on.
fn start(request: &Request, tenant: &Tenant) -> Result<Link, GraphError> {
    let given = request.option("$skiptoken").or_else(|| request.option("$deltatoken"));
    match given {
        // What the service gives as the way to start again has an empty token.
        None | Some("") => first(request, tenant, Some(0)),
        Some(latest) if latest.eq_ignore_ascii_case("latest") => first(request, tenant, None),
        Some(given) => {
            let link: Option<Link> = token::decode(given);
            let good = |link: &Link| link.epoch == tenant.epoch && request.seconds() < link.made.saturating_add(LIFETIME_SECONDS);
            link.filter(good).ok_or_else(|| gone(request))
        }
    }
}

fn first(request: &Request, tenant: &Tenant, walked: Option<i64>) -> Result<Link, GraphError> {
    if let Some(option) = ["$expand", "$orderby", "$search"].into_iter().find(|option| request.option(option).is_some()) {
        return Err(GraphError::bad_request(format!("The query option {option} is not supported by delta.")));
    }
    let selected = request.option("$select").filter(|names| !names.trim().is_empty());
    let select = match selected {
        Some(_) => Some(query::selection(request, true)?.iter().map(|property| property.name.to_owned()).collect()),
        None => None,
    };
    let preferred = request
        .prefer
        .as_deref()
        .and_then(|prefer| prefer.split("odata.maxpagesize=").nth(1))
        .map(|size| size.split([',', ';']).next().unwrap_or(size));
    let page = request.option("$top").or(preferred).map(query::page_of).transpose()?.unwrap_or(PAGE_DEFAULT);
    let ids = request.option("$filter").map(ids_of).transpose()?.unwrap_or_default();
    Ok(Link { epoch: tenant.epoch.clone(), made: request.seconds(), sequence: tenant.sequence, walked, select, ids, page })
}

/// One page: what it tells, how it goes on, and whether that is at once or later.
struct Page {
    users: Vec<User>,
    purged: Vec<String>,
    next: Link,
    more: bool,
}

fn walk(connection: &rusqlite::Connection, link: &Link, row: i64) -> Result<Page, StoreError> {
    let after = After { key: String::new(), number: row };
    let only: Vec<_> = link.ids.iter().map(|id| Condition::Compare(Property::Id, Operator::Equal, Literal::Text(id.clone()))).collect();
    let only = Condition::Any(only);
    let condition = (!link.ids.is_empty()).then_some(&only);
    let query = Query { shelf: Shelf::Live, condition, order: Order::Created, after: Some(&after), rows_max: link.page + 1 };
    let mut users = rows::list(connection, &query)?;
    let more = users.len() > link.page;
    users.truncate(link.page);
    let walked = users.last().filter(|_| more).map(|user| user.number);
    Ok(Page { users, purged: Vec::new(), next: Link { walked, ..link.clone() }, more })
}

fn changes(connection: &rusqlite::Connection, link: &Link, last: i64) -> Result<Page, StoreError> {
    let mut users = rows::changed_after(connection, link.sequence, link.page + 1)?;
    let more = users.len() > link.page;
    users.truncate(link.page);
    let until = users.last().filter(|_| more).map_or(last, |user| user.sequence);
    let purged = objects::purged_between(connection, ObjectKind::User, link.sequence, until)?.into_iter();
    let wanted = |id: &String| link.ids.is_empty() || link.ids.contains(id);
    let purged = purged.filter(wanted).collect();
    users.retain(|user| wanted(&user.id));
    Ok(Page { users, purged, next: Link { sequence: until, ..link.clone() }, more })
}

fn body(request: &Request, tenant: &Tenant, selection: &Selection, page: Page) -> Value {
    let Page { users, purged, next, more } = page;
    let mut values: Vec<Value> = users.iter().map(|user| entry(user, selection, &tenant.name)).collect();
    values.extend(purged.into_iter().map(|id| json!({"id": id, "@removed": {"reason": "deleted"}})));
    // The link's age counts from its last use: a client that asks every day never has to start again.
    let token = token::encode(&Link { made: request.seconds(), ..next });
    let link = if more { ("@odata.nextLink", "$skiptoken") } else { ("@odata.deltaLink", "$deltatoken") };
    let mut answer = Map::new();
    answer.insert("@odata.context".to_owned(), Value::from(context(request, "users", selection, false)));
    answer.insert(link.0.to_owned(), Value::from(request.url(&format!("users/delta?{}={token}", link.1))));
    answer.insert("value".to_owned(), Value::from(values));
    Value::Object(answer)
}

fn entry(user: &User, selection: &Selection, tenant_name: &str) -> Value {
    if user.live() {
        return Value::Object(render::changed_user(user, selection, tenant_name));
    }
    json!({"id": user.id, "@removed": {"reason": "changed"}})
}

fn selection_of(link: &Link) -> Result<Selection, GraphError> {
    let Some(names) = &link.select else { return Ok(query::default_selection()) };
    let unknown = || GraphError::bad_query("The token of this request selects an unknown property.");
    names.iter().map(|name| properties::find(name).ok_or_else(unknown)).collect()
}

/// Delta filters by id only.
fn ids_of(filter: &str) -> Result<Vec<String>, GraphError> {
    let condition = filter::parse_ids(filter, IDS_MAX)?;
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
fn gone(request: &Request) -> GraphError {
    let mut error = GraphError::new(410, "syncStateNotFound", "The sync state generation is not found; retry with a full synchronization.");
    error.header = Some(Box::new(("location", request.url("users/delta?$deltatoken="))));
    error
}
