//! A request to Graph, taken apart: what real clients write in many ways has one form here.

use axum::http::Method;
use jiff::Timestamp;
use serde_json::Value;

use super::answer::GraphError;
use crate::caller::Caller;
use crate::store::changes;

/// One request, from HTTP or from a batch.
#[derive(Clone, Debug)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// The path below `/v1.0`, decoded: `["users", "ana@contoso.example", "manager"]`. Empty parts, the prefix `microsoft.graph.`
    /// and the parentheses of functions are gone; `users('id')` is two parts.
    pub path: Vec<String>,
    /// The query, decoded, in the order given.
    pub query: Vec<(String, String)>,
    /// `ConsistencyLevel: eventual` was sent.
    pub eventual: bool,
    /// The header `Prefer`.
    pub prefer: Option<String>,
    /// The body, where there is one.
    pub body: Option<Value>,
    /// Scheme, host and port that the client called.
    pub origin: String,
    /// Who calls.
    pub caller: Caller,
    /// When.
    pub now: Timestamp,
}

impl Request {
    /// Takes a request apart. `target`: path and query as they came, or an absolute URL. `headers`: ConsistencyLevel and Prefer.
    pub fn new(
        method: &Method,
        target: &str,
        headers: (Option<String>, Option<String>),
        body: &[u8],
        origin: &str,
        caller: Caller,
        now: Timestamp,
    ) -> Result<Self, GraphError> {
        let body = if body.iter().all(u8::is_ascii_whitespace) {
            None
        } else {
            let json = serde_json::from_slice(body);
            Some(json.map_err(|_| {
                GraphError::bad_request(
                    "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
                )
            })?)
        };
        let (consistency, prefer) = headers;
        Ok(Self {
            method: method.clone(),
            path: path_of(target)?,
            query: query_of(target),
            eventual: consistency.is_some_and(|level| level.eq_ignore_ascii_case("eventual")),
            prefer,
            body,
            origin: origin.to_owned(),
            caller,
            now,
        })
    }

    /// A query option. Names compare without case and the `$` may be missing, as at the service.
    pub fn option(&self, name: &str) -> Option<&str> {
        let same = |given: &str| given.trim_start_matches('$').eq_ignore_ascii_case(name.trim_start_matches('$'));
        self.query.iter().find(|(given, _)| same(given)).map(|(_, value)| value.as_str())
    }

    /// The URL of something below `/v1.0`.
    pub fn url(&self, rest: &str) -> String {
        format!("{}/v1.0/{rest}", self.origin)
    }

    /// Records what this request did to which object.
    pub fn record(&self, connection: &rusqlite::Connection, action: &str, object: &str, detail: &str) -> Result<(), GraphError> {
        let actor = self.caller.user_id.as_deref().unwrap_or(&self.caller.client_id);
        Ok(changes::audit(connection, self.seconds(), actor, action, object, detail)?)
    }

    /// Unix seconds.
    pub fn seconds(&self) -> i64 {
        self.now.as_second()
    }

    /// The body as an object.
    pub fn object(&self) -> Result<&serde_json::Map<String, Value>, GraphError> {
        let object = self.body.as_ref().and_then(Value::as_object);
        object.ok_or_else(|| GraphError::bad_request("A JSON object is needed in the body of this request."))
    }
}

fn path_of(target: &str) -> Result<Vec<String>, GraphError> {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let path = match path.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => path,
    };
    let mut parts = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let decoded = percent_encoding::percent_decode_str(part).decode_utf8();
        let decoded = decoded.map_err(|_| GraphError::bad_request("The path of this request is not UTF-8."))?;
        push_part(&mut parts, &decoded);
    }
    if parts.first().is_some_and(|part| part == "v1.0") {
        parts.remove(0);
    }
    Ok(parts)
}

fn push_part(parts: &mut Vec<String>, part: &str) {
    let part = part.strip_suffix("()").unwrap_or(part);
    let part = part.strip_prefix("microsoft.graph.").unwrap_or(part);
    match part.strip_suffix("')").and_then(|part| part.split_once("('")) {
        Some((collection, key)) => parts.extend([collection.to_owned(), key.replace("''", "'")]),
        None => parts.push(part.to_owned()),
    }
}

fn query_of(target: &str) -> Vec<(String, String)> {
    let query = target.split('#').next().and_then(|target| target.split_once('?')).map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}
