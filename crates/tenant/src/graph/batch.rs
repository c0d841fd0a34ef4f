//! `POST /$batch`: up to 20 requests in one, each with its own answer.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Content, GraphError};
use super::dispatch;
use super::request::Request;
use crate::random;
use crate::store::Store;

/// Requests in a batch at most.
const ENTRIES_MAX: usize = 20;

/// One request of a batch.
struct Entry<'a> {
    id: &'a str,
    waits_for: Vec<String>,
    fields: &'a Map<String, Value>,
}

/// Answers a batch. An entry whose dependency failed is not tried.
pub fn answer(store: &Store, request: &Request) -> Result<Answer, GraphError> {
    let mut waiting = entries(request)?;
    let mut status: BTreeMap<String, u16> = BTreeMap::new();
    let mut responses = Vec::new();
    while !waiting.is_empty() {
        let (ready, later): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|entry| entry.waits_for.iter().all(|id| status.contains_key(id)));
        if ready.is_empty() {
            return Err(malformed("the entries wait for each other, or for one that is not there"));
        }
        for entry in &ready {
            let answer = one(store, request, entry, &status);
            status.insert(entry.id.to_lowercase(), answer.status);
            responses.push(response(entry.id, answer));
        }
        waiting = later;
    }
    Ok(Answer::ok(json!({ "responses": responses })))
}

fn entries(request: &Request) -> Result<Vec<Entry<'_>>, GraphError> {
    let list = request.object()?.get("requests").and_then(Value::as_array).ok_or_else(|| malformed("it has no list of requests"))?;
    if list.is_empty() || list.len() > ENTRIES_MAX {
        return Err(malformed(&format!("it holds {} requests; 1 to {ENTRIES_MAX} are taken", list.len())));
    }
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for entry in list {
        let fields = entry.as_object().ok_or_else(|| malformed("an entry is no object"))?;
        let id = fields.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()).ok_or_else(|| malformed("an entry has no id"))?;
        if entries.iter().any(|known| known.id.eq_ignore_ascii_case(id)) {
            return Err(malformed(&format!("the id '{id}' stands twice")));
        }
        // One published client library writes depends_on.
        let waits_for = fields.get("dependsOn").or_else(|| fields.get("depends_on")).and_then(Value::as_array);
        let waits_for = waits_for.into_iter().flatten().filter_map(Value::as_str).map(str::to_lowercase).collect();
        entries.push(Entry { id, waits_for, fields });
    }
    Ok(entries)
}

fn one(store: &Store, batch: &Request, entry: &Entry<'_>, status: &BTreeMap<String, u16>) -> Answer {
    let failed = entry.waits_for.iter().any(|id| status.get(id).is_none_or(|status| *status >= 400));
    if failed {
        return GraphError::new(424, "FailedDependency", "A request that this one depends on has failed.").into();
    }
    let mut answer = request_of(batch, entry).and_then(|request| dispatch::single(store, &request)).unwrap_or_else(Answer::from);
    let id = random::uuid().unwrap_or_default();
    answer.identify(&id, &id, batch.now);
    answer
}

fn request_of(batch: &Request, entry: &Entry<'_>) -> Result<Request, GraphError> {
    let text = |name: &str| entry.fields.get(name).and_then(Value::as_str);
    let method = text("method").and_then(|method| method.to_uppercase().parse::<Method>().ok());
    let method = method.ok_or_else(|| GraphError::bad_query("An entry of a batch needs a method."))?;
    let url = text("url").ok_or_else(|| GraphError::bad_query("An entry of a batch needs a url."))?;
    let header = |name: &str| {
        let headers = entry.fields.get("headers").and_then(Value::as_object).into_iter().flatten();
        headers.filter(|(known, _)| known.eq_ignore_ascii_case(name)).find_map(|(_, value)| value.as_str().map(str::to_owned))
    };
    let headers = (header("ConsistencyLevel"), header("Prefer"));
    let request = Request::new(&method, url, headers, &[], &batch.origin, batch.caller.clone(), batch.now)?;
    Ok(Request { body: entry.fields.get("body").filter(|body| !body.is_null()).cloned(), ..request })
}

fn response(id: &str, answer: Answer) -> Value {
    let Answer { status, headers, body } = answer;
    let mut shown: Map<String, Value> = headers.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    let mut response = Map::from_iter([("id".to_owned(), Value::from(id)), ("status".to_owned(), Value::from(status))]);
    if let Some(body) = body {
        let (kind, body) = match body {
            Content::Json(json) => ("application/json", json),
            Content::Text(text) => ("text/plain", Value::from(text)),
        };
        shown.insert("Content-Type".to_owned(), Value::from(kind));
        response.insert("body".to_owned(), body);
    }
    response.insert("headers".to_owned(), Value::Object(shown));
    Value::Object(response)
}

fn malformed(reason: &str) -> GraphError {
    GraphError::bad_query(format!("Invalid batch payload format: {reason}."))
}
