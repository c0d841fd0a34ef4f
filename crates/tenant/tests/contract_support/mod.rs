//! The Graph contract: what Microsoft's own metadata says about requests and answers.
//!
//! It is no part of this repository: the environment variable SAMESIGN_GRAPH_CONTRACT names the folder that holds
//! `openapi-subset.yaml` and `openapi-addendum.yaml`. Other crates' tests take this file in with `#[path]`.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};

pub const VARIABLE: &str = "SAMESIGN_GRAPH_CONTRACT";

pub struct Contract {
    document: Value,
    /// Compiling a schema takes long: each is compiled once.
    validators: Mutex<BTreeMap<String, jsonschema::Validator>>,
}

impl Contract {
    /// The contract in the folder that the environment names; `None`, and a line that says so, when it names none.
    pub fn from_environment() -> Option<Self> {
        let Some(folder) = std::env::var_os(VARIABLE) else {
            eprintln!("{VARIABLE} is unset: Graph traffic is not compared with the contract");
            return None;
        };
        Some(Self::read(Path::new(&folder)))
    }

    pub fn read(folder: &Path) -> Self {
        let mut document = yaml(&folder.join("openapi-subset.yaml"));
        let addendum = yaml(&folder.join("openapi-addendum.yaml"));
        for (part, path) in [("paths", "/paths"), ("schemas", "/components/schemas")] {
            let more = addendum.pointer(path).and_then(Value::as_object).unwrap_or_else(|| panic!("the addendum has no {part}")).clone();
            document.pointer_mut(path).and_then(Value::as_object_mut).expect("the contract has it").extend(more);
        }
        Self { document, validators: Mutex::default() }
    }

    /// Whether a client may send this. `path`: below `/v1.0`, with its query.
    pub fn check_request(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(), String> {
        let operation = self.operation(method, path)?;
        self.check_query(operation, path)?;
        let schema = operation.pointer("/requestBody/content/application~1json/schema");
        match (schema, body) {
            (Some(schema), Some(body)) => self.check(schema, body).map_err(|error| format!("request {method} {path}: {error}")),
            (None, Some(_)) => Err(format!("request {method} {path}: the contract knows no body here")),
            (_, None) => Ok(()),
        }
    }

    /// Whether the service could answer so.
    pub fn check_answer(&self, method: &str, path: &str, status: u16, body: Option<&Value>) -> Result<(), String> {
        let operation = self.operation(method, path)?;
        let responses = operation.get("responses").ok_or_else(|| format!("{method} {path}: the contract knows no answers"))?;
        let exact = responses.get(status.to_string());
        let class = if (200..300).contains(&status) { responses.get("2XX") } else { responses.get("default") };
        let Some(response) = exact.or(class) else {
            return Err(format!("{method} {path}: the contract knows no answer with status {status}"));
        };
        match (response.pointer("/content/application~1json/schema"), body) {
            (Some(schema), Some(body)) => self.check(schema, body).map_err(|error| format!("answer {status} to {method} {path}: {error}")),
            (None, Some(body)) => Err(format!("{method} {path}: the contract knows no body with status {status}: {body}")),
            (_, None) => Ok(()),
        }
    }

    fn check(&self, schema: &Value, instance: &Value) -> Result<(), String> {
        let mut validators = self.validators.lock().expect("no check panicked");
        let validator = validators.entry(schema.to_string()).or_insert_with(|| {
            let whole = json!({"allOf": [schema], "components": self.document["components"]});
            jsonschema::draft202012::new(&whole).expect("the contract's schemas are good")
        });
        let errors: Vec<_> = validator.iter_errors(instance).map(|error| format!("{} at {}", error, error.instance_path())).collect();
        if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
    }

    fn check_query(&self, operation: &Value, path: &str) -> Result<(), String> {
        let query = path.split_once('?').map_or("", |(_, query)| query);
        let known: Vec<_> = operation
            .get("parameters")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        for (name, _) in form_urlencoded::parse(query.as_bytes()) {
            // Tokens come from the service itself.
            if !["$skiptoken", "$deltatoken"].contains(&name.as_ref()) && !known.contains(&name.as_ref()) {
                return Err(format!("{path}: the contract knows no query option {name}"));
            }
        }
        Ok(())
    }

    fn operation(&self, method: &str, path: &str) -> Result<&Value, String> {
        let path = path.split('?').next().unwrap_or_default();
        let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
        let paths = self.document["paths"].as_object().expect("the contract has paths");
        let fits = |template: &str| {
            let wanted: Vec<_> = template.split('/').filter(|part| !part.is_empty()).collect();
            wanted.len() == parts.len() && wanted.iter().zip(&parts).all(|(wanted, part)| wanted.starts_with('{') || wanted == part)
        };
        // A fixed name goes before a placeholder: /users/delta is not the user delta.
        let mut found: Vec<_> = paths.iter().filter(|(template, _)| fits(template)).collect();
        found.sort_by_key(|(template, _)| template.matches('{').count());
        let operations = found.first().map(|(_, operations)| *operations).ok_or_else(|| format!("the contract knows no path {path}"))?;
        operations.get(method.to_lowercase()).ok_or_else(|| format!("the contract knows no {method} for {path}"))
    }
}

fn yaml(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    // The addendum refers to the other file; here they are one.
    let text = text.replace("openapi-subset.yaml#", "#");
    serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
