//! Between the engine's values and the provisioning service's messages.

use std::borrow::Cow;

use samesign_engine::{Action, Anchor, Change, Kind, ServiceAttributes, ServiceName, Value, is_reference};
use samesign_wire::provisioning::{
    ObjectType, PropertyValue, ReferenceChange, ReferenceKind, ReferenceOperation, SyncObject, SyncOperation,
};

/// An object of the service's messages for a change. References are left out unless `reference` says that the object they
/// name is there.
pub fn sync_object(change: &Change, reference: &dyn Fn(&Anchor) -> bool) -> SyncObject {
    let operation = match change.action {
        Action::Create | Action::Join | Action::Restore => SyncOperation::Add,
        Action::Update | Action::Password | Action::Member => SyncOperation::Set,
        Action::Delete => SyncOperation::Delete,
    };
    let attributes = change.attributes.all().into_owned().into_iter();
    let properties = attributes
        .filter(|attribute| !matches!(&attribute.to, Some(Value::Reference(anchor)) if !reference(anchor)))
        .map(|attribute| (attribute.name.into(), attribute.to.map_or(PropertyValue::Nil, property_of)))
        .collect();
    SyncObject {
        source_anchor: Some(change.anchor.as_str().to_owned()),
        cloud_anchor: None,
        object_type: type_of(change.kind),
        operation,
        properties,
    }
}

/// A change of references alone, for the second pass.
pub fn reference_object(change: &Change, references: &[(ServiceName, Anchor)]) -> SyncObject {
    SyncObject {
        source_anchor: Some(change.anchor.as_str().to_owned()),
        cloud_anchor: None,
        object_type: type_of(change.kind),
        operation: SyncOperation::Set,
        properties: references.iter().map(|(name, anchor)| (name.clone(), PropertyValue::Text(anchor.as_str().to_owned()))).collect(),
    }
}

/// Members who come to a group and members who leave it.
pub fn member_object(change: &Change, come: &[Anchor], leave: &[Anchor]) -> SyncObject {
    let reference =
        |operation| move |anchor: &Anchor| ReferenceChange { anchor: anchor.as_str().to_owned(), kind: ReferenceKind::Source, operation };
    let leave = leave.iter().map(reference(ReferenceOperation::Remove));
    let changes = leave.chain(come.iter().map(reference(ReferenceOperation::Add))).collect();
    SyncObject {
        source_anchor: Some(change.anchor.as_str().to_owned()),
        cloud_anchor: None,
        object_type: type_of(change.kind),
        operation: SyncOperation::Set,
        properties: vec![(MEMBER.into(), PropertyValue::References(changes))],
    }
}

/// The service's name for the members of a group.
pub const MEMBER: &str = "member";

fn anchors_of(texts: &[String]) -> Box<[Anchor]> {
    let mut anchors: Vec<Anchor> = texts.iter().map(|text| Anchor::from_text(text)).collect();
    anchors.sort_unstable();
    anchors.dedup();
    anchors.into_boxed_slice()
}

/// What the service holds of an object, from the properties that it read back.
pub fn confirmed_of(properties: &[(Cow<'static, str>, PropertyValue)]) -> ServiceAttributes {
    properties.iter().filter_map(|(name, property)| Some((name.clone(), value_of(name, property)?))).collect()
}

/// Graph's id out of the service's cloud anchor (`User_<id>`).
pub fn target_id_of(cloud_anchor: &str) -> Option<Box<str>> {
    cloud_anchor.split_once('_').map(|(_, id)| id.into())
}

/// About how many bytes a change takes in a message.
pub fn size_of(change: &Change) -> usize {
    let of_value = |value: &Value| match value {
        Value::Boolean(_) | Value::Long(_) => 12,
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Texts(texts) => texts.iter().map(|text| text.len() + 8).sum(),
        Value::BytesList(values) => values.iter().map(|bytes| bytes.len() + 8).sum(),
        Value::Reference(anchor) => anchor.as_str().len(),
        Value::References(anchors) => anchors.iter().map(|anchor| anchor.as_str().len() + 8).sum(),
    };
    if let Some(made) = change.attributes.block() {
        return made.as_bytes().len() + 16 * made.len() + 64;
    }
    change
        .attributes
        .of_known()
        .iter()
        .map(|attribute| attribute.name.len() + 16 + attribute.to.as_ref().map_or(8, of_value))
        .sum::<usize>()
        + 64
}

const fn type_of(kind: Kind) -> ObjectType {
    match kind {
        Kind::User => ObjectType::User,
        Kind::Group => ObjectType::Group,
        Kind::Contact => ObjectType::Contact,
    }
}

/// The engine's word for a type of the service; what is neither group nor contact is taken for a user.
pub const fn kind_of(object_type: ObjectType) -> Kind {
    match object_type {
        ObjectType::Group => Kind::Group,
        ObjectType::Contact => Kind::Contact,
        _ => Kind::User,
    }
}

fn property_of(value: Value) -> PropertyValue {
    match value {
        Value::Boolean(value) => PropertyValue::Boolean(value),
        Value::Long(value) => PropertyValue::Long(value),
        Value::Text(text) => PropertyValue::Text(text.into()),
        Value::Texts(texts) => PropertyValue::Texts(texts.into_iter().map(String::from).collect()),
        Value::Bytes(bytes) => PropertyValue::Bytes(bytes.into()),
        Value::BytesList(values) => PropertyValue::BytesList(values.into_iter().map(Vec::from).collect()),
        Value::Reference(anchor) => PropertyValue::Text(anchor.as_str().to_owned()),
        Value::References(anchors) => PropertyValue::Texts(anchors.iter().map(|anchor| anchor.as_str().to_owned()).collect()),
    }
}

fn value_of(name: &str, property: &PropertyValue) -> Option<Value> {
    let value = match property {
        PropertyValue::Nil | PropertyValue::References(_) => return None,
        PropertyValue::Text(text) if text.is_empty() => return None,
        PropertyValue::Text(text) if name == MEMBER => Value::References(anchors_of(std::slice::from_ref(text))),
        PropertyValue::Text(text) if is_reference(name) => Value::Reference(Anchor::from_text(text)),
        PropertyValue::Text(text) => Value::Text(text.as_str().into()),
        PropertyValue::Boolean(value) => Value::Boolean(*value),
        PropertyValue::Integer(value) => Value::Long(i64::from(*value)),
        PropertyValue::Long(value) => Value::Long(*value),
        PropertyValue::Bytes(bytes) => Value::Bytes(bytes.as_slice().into()),
        PropertyValue::BytesList(values) => {
            let mut values: Vec<Box<[u8]>> = values.iter().map(|bytes| bytes.as_slice().into()).collect();
            values.sort();
            values.dedup();
            Value::BytesList(values.into_boxed_slice())
        }
        PropertyValue::Texts(anchors) if is_reference(name) => Value::References(anchors_of(anchors)),
        PropertyValue::Texts(texts) => {
            let mut texts: Vec<Box<str>> = texts.iter().map(|text| text.as_str().into()).collect();
            texts.sort();
            texts.dedup();
            Value::Texts(texts.into_boxed_slice())
        }
    };
    Some(value)
}
