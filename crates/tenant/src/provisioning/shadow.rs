//! The values of an object as they were sent, and their form in the database.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use samesign_wire::provisioning::{PropertyValue, ReferenceChange, ReferenceKind, ReferenceOperation, SyncObject};
use serde_json::{Value, json};

use crate::store::StoreError;

/// The property that holds a group's members.
pub const MEMBER: &str = "member";

/// The properties of one object, in the order in which they were first sent. None is nil.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shadow(Vec<(String, PropertyValue)>);

impl Shadow {
    /// Reads what [`Shadow::to_json`] wrote.
    pub fn from_json(json: &str) -> Result<Self, StoreError> {
        let entries: Option<Vec<_>> = serde_json::from_str::<Vec<(String, Value)>>(json)
            .ok()
            .and_then(|entries| entries.into_iter().map(|(name, value)| Some((name, value_of(&value)?))).collect());
        entries.map(Self).ok_or_else(|| StoreError::Damaged { what: "a synchronized object".to_owned() })
    }

    /// The form in the database.
    pub fn to_json(&self) -> String {
        Value::Array(self.0.iter().map(|(name, value)| json!([name, json_of(value)])).collect()).to_string()
    }

    /// Takes over what an object sends: nil removes, the rest is set. Answers whether anything changed. Membership is left out: it comes as
    /// differences, and what was sent of it are the group's members.
    pub fn merge(&mut self, object: &SyncObject) -> bool {
        let before = self.clone();
        for (name, value) in object.properties.iter().filter(|(name, _)| name != MEMBER) {
            let held = self.0.iter().position(|(known, _)| known == name);
            match (held, value) {
                (Some(index), PropertyValue::Nil) => {
                    self.0.remove(index);
                }
                (None, PropertyValue::Nil) => {}
                (Some(index), value) => {
                    if let Some(entry) = self.0.get_mut(index) {
                        entry.1 = value.clone();
                    }
                }
                (None, value) => self.0.push((name.clone().into_owned(), value.clone())),
            }
        }
        *self != before
    }

    /// The value of a property.
    pub fn get(&self, name: &str) -> Option<&PropertyValue> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Every property with its value.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &PropertyValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The properties, as they are sent back.
    pub fn into_properties(self) -> Vec<(Cow<'static, str>, PropertyValue)> {
        self.0.into_iter().map(|(name, value)| (Cow::Owned(name), value)).collect()
    }
}

fn json_of(value: &PropertyValue) -> Value {
    match value {
        PropertyValue::Nil => Value::Null,
        PropertyValue::Text(text) => json!({ "text": text }),
        PropertyValue::Boolean(value) => json!({ "boolean": value }),
        PropertyValue::Integer(value) => json!({ "integer": value }),
        PropertyValue::Long(value) => json!({ "long": value }),
        PropertyValue::Bytes(bytes) => json!({ "bytes": STANDARD.encode(bytes) }),
        PropertyValue::Texts(texts) => json!({ "texts": texts }),
        PropertyValue::BytesList(list) => json!({ "list": list.iter().map(|bytes| STANDARD.encode(bytes)).collect::<Vec<_>>() }),
        PropertyValue::References(changes) => json!({ "references": changes.iter().map(reference_json).collect::<Vec<_>>() }),
    }
}

fn value_of(json: &Value) -> Option<PropertyValue> {
    let (kind, value) = json.as_object()?.iter().next()?;
    let bytes = |value: &Value| value.as_str().and_then(|text| STANDARD.decode(text).ok());
    Some(match kind.as_str() {
        "text" => PropertyValue::Text(value.as_str()?.to_owned()),
        "boolean" => PropertyValue::Boolean(value.as_bool()?),
        "integer" => PropertyValue::Integer(value.as_i64()?.try_into().ok()?),
        "long" => PropertyValue::Long(value.as_i64()?),
        "bytes" => PropertyValue::Bytes(bytes(value)?),
        "texts" => PropertyValue::Texts(value.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        "list" => PropertyValue::BytesList(value.as_array()?.iter().filter_map(bytes).collect()),
        "references" => PropertyValue::References(value.as_array()?.iter().filter_map(reference_of).collect()),
        _ => return None,
    })
}

fn reference_json(change: &ReferenceChange) -> Value {
    json!([change.anchor, change.kind == ReferenceKind::Cloud, change.operation == ReferenceOperation::Add])
}

fn reference_of(json: &Value) -> Option<ReferenceChange> {
    let (anchor, cloud, add): (String, bool, bool) = serde_json::from_value(json.clone()).ok()?;
    Some(ReferenceChange {
        anchor,
        kind: if cloud { ReferenceKind::Cloud } else { ReferenceKind::Source },
        operation: if add { ReferenceOperation::Add } else { ReferenceOperation::Remove },
    })
}
