//! `directoryObjects`: objects of any kind by their ids.

use serde_json::Value;

use super::answer::{Answer, GraphError};
use super::members::among;
use super::request::Request;
use super::{listing, permissions};
use crate::directory::objects;
use crate::store::{Store, organization};

/// Ids in one request at most.
const IDS_MAX: usize = 1_000;

/// `GET /directoryObjects/{id}`.
pub fn get(store: &Store, request: &Request, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_DIRECTORY)?;
    let (tenant, object) =
        store.read(|connection| Ok::<_, GraphError>((organization::load(connection)?, objects::find(connection, None, id)?)))?;
    let mut shown = among(request, &object, &tenant.name);
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("@odata.context".to_owned(), Value::from(request.url("$metadata#directoryObjects/$entity")));
    }
    Ok(Answer::ok(shown))
}

/// `POST /directoryObjects/getByIds`: those that exist, of the types named.
pub fn get_by_ids(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_DIRECTORY)?;
    let body = request.object()?;
    let texts =
        |name: &str| -> Vec<&str> { body.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect() };
    let (ids, types) = (texts("ids"), texts("types"));
    if ids.is_empty() || ids.len() > IDS_MAX {
        return Err(GraphError::bad_request(format!("ids holds {} ids; 1 to {IDS_MAX} are taken.", ids.len())));
    }
    let wanted = |resource: &str| {
        types.is_empty() || types.iter().any(|name| name.eq_ignore_ascii_case(resource) || name.eq_ignore_ascii_case("directoryObject"))
    };
    let (tenant, found) = store.read(|connection| {
        let found: Result<Vec<_>, _> = ids.iter().map(|id| objects::by_id(connection, id)).collect();
        Ok::<_, GraphError>((organization::load(connection)?, found?))
    })?;
    let found = found.into_iter().flatten().filter(|object| object.live() && wanted(listing::resource_of(object.kind()).name));
    let shown = found.map(|object| among(request, &object, &tenant.name)).collect();
    Ok(listing::collection(request, "directoryObjects", shown))
}
