//! A page of users, groups or contacts, and one of them: the same for every kind.

use serde_json::{Map, Value, json};

use super::answer::{Answer, GraphError};
use super::query::{self, ListQuery, Selection};
use super::render;
use super::request::Request;
use crate::directory::ObjectKind;
use crate::directory::objects::{self, Object};
use crate::directory::properties::{self, Resource};
use crate::store::listing::{Query, Shelf};
use crate::store::{Store, organization};

/// Graph's type of a kind of objects.
pub const fn resource_of(kind: ObjectKind) -> &'static Resource {
    match kind {
        ObjectKind::User => &properties::USER,
        ObjectKind::Group => &properties::GROUP,
        ObjectKind::Contact => &properties::CONTACT,
    }
}

/// Graph's collection of a kind of objects.
pub const fn set_of(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => "users",
        ObjectKind::Group => "groups",
        ObjectKind::Contact => "contacts",
    }
}

/// A page of objects of a kind. `path`: of the list, for links.
pub fn page(store: &Store, request: &Request, kind: ObjectKind, shelf: Shelf, path: &str) -> Result<Answer, GraphError> {
    let wanted = ListQuery::read(request, resource_of(kind))?;
    let query =
        Query { shelf, condition: wanted.condition.as_ref(), order: wanted.order, after: wanted.after.as_ref(), rows_max: wanted.page + 1 };
    let (tenant, mut found, count) = store.read(|connection| {
        let count = if wanted.count { Some(objects::count(connection, kind, shelf, wanted.condition.as_ref())?) } else { None };
        Ok::<_, GraphError>((organization::load(connection)?, objects::list(connection, kind, &query)?, count))
    })?;
    let more = found.len() > wanted.page;
    found.truncate(wanted.page);
    let next = found.last().filter(|_| more).map(|last| query::next_link(request, path, &last.after(wanted.order)));
    let extensions = query::extensions(request);
    let shown = |object| {
        let mut shown = render::object(object, &wanted.selection, &tenant.name);
        shown.extend(render::extensions(object, &extensions));
        Value::Object(shown)
    };
    let values = found.iter().map(shown).collect();
    Ok(collection_page(context(request, set_of(kind), &wanted.selection, false), count, next, values))
}

/// A page from its parts.
pub fn collection_page(context: String, count: Option<usize>, next: Option<String>, values: Vec<Value>) -> Answer {
    let mut answer = Map::from_iter([("@odata.context".to_owned(), Value::from(context))]);
    if let Some(count) = count {
        answer.insert("@odata.count".to_owned(), Value::from(count));
    }
    if let Some(next) = next {
        answer.insert("@odata.nextLink".to_owned(), Value::from(next));
    }
    answer.insert("value".to_owned(), Value::from(values));
    Answer::ok(Value::Object(answer))
}

/// `…/$count`: the number alone, as text.
pub fn count(store: &Store, request: &Request, kind: ObjectKind, shelf: Shelf) -> Result<Answer, GraphError> {
    require_eventual(request)?;
    let filter = request.option("$filter").map(|filter| super::filter::parse(filter, resource_of(kind))).transpose()?;
    let count = store.read(|connection| objects::count(connection, kind, shelf, filter.as_ref().map(|filter| &filter.condition)))?;
    Ok(Answer::text(count.to_string()))
}

/// Refuses a `$count` without the header it needs.
pub fn require_eventual(request: &Request) -> Result<(), GraphError> {
    let message = "$count is not currently supported without the header ConsistencyLevel: eventual.";
    if request.eventual { Ok(()) } else { Err(GraphError::bad_request(message)) }
}

/// A single object with its context.
pub fn entity(request: &Request, object: &Object, selection: &Selection, tenant_name: &str) -> Value {
    let context = context(request, set_of(object.kind()), selection, true);
    let mut shown = Map::from_iter([("@odata.context".to_owned(), Value::from(context))]);
    shown.extend(render::object(object, selection, tenant_name));
    shown.extend(render::extensions(object, &query::extensions(request)));
    Value::Object(shown)
}

/// Says of which type an object is, where objects of several types may stand.
pub fn typed(kind: ObjectKind, mut object: Value) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.insert("@odata.type".to_owned(), Value::from(type_of(kind)));
    }
    object
}

/// `#microsoft.graph.user` and so on.
pub fn type_of(kind: ObjectKind) -> String {
    format!("#microsoft.graph.{}", resource_of(kind).name)
}

/// `@odata.context`: names what was selected.
pub fn context(request: &Request, set: &str, selection: &Selection, entity: bool) -> String {
    let names: Vec<_> = selection.iter().map(|property| property.name).collect();
    let selected = request.option("$select").filter(|names| !names.trim().is_empty()).map(|_| format!("({})", names.join(",")));
    format!("{}{}{}", request.url(&format!("$metadata#{set}")), selected.unwrap_or_default(), if entity { "/$entity" } else { "" })
}

/// A collection that is never longer than one page.
pub fn collection(request: &Request, set: &str, values: Vec<Value>) -> Answer {
    Answer::ok(json!({"@odata.context": request.url(&format!("$metadata#{set}")), "value": values}))
}

/// Leaves only the properties named by `$select` in an object whose properties are all shown by default.
pub fn select(request: &Request, mut object: Value) -> Value {
    let names: Option<Vec<_>> =
        request.option("$select").filter(|names| !names.trim().is_empty()).map(|names| names.split(',').map(str::trim).collect());
    if let (Some(names), Some(object)) = (names, object.as_object_mut()) {
        object.retain(|name, _| name.contains('@') || names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)));
    }
    object
}
