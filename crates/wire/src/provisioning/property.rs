//! Objects and their properties on the wire: `AzureADSyncObject`, for both directions.

use std::borrow::Cow;

use super::names::*;
use super::object::{ObjectType, PropertyValue, ReferenceChange, ReferenceKind, ReferenceOperation, SyncObject, SyncOperation};
use crate::DecodeError;
use crate::nbfx::{Reader, Value, Word, Writer};

const TYPE: Word<'_> = Word::new("type");
const NIL: Word<'_> = Word::new("nil");
const XML_SCHEMA: Word<'_> = Word::new(NAMESPACE_SCHEMA);

/// Room for one object, so that the buffer rarely grows.
pub(super) const BYTES_PER_OBJECT: usize = 2048;

/// Writes a list of objects under `name`. The prefixes `b` and `i` must be bound.
pub(super) fn write_objects(writer: &mut Writer, name: &'static str, objects: &[SyncObject]) {
    writer.start("b", Word::Inline(name));
    for object in objects {
        write_object(writer, object);
    }
    writer.end();
}

fn write_object(writer: &mut Writer, object: &SyncObject) {
    let SyncObject { source_anchor, cloud_anchor, object_type, operation, properties } = object;
    writer.start("b", Word::Inline("AzureADSyncObject"));
    writer.start("b", Word::Inline("PropertyValues"));
    writer.xmlns("c", Word::Inline(NAMESPACE_ARRAYS));
    for (key, anchor) in [(SOURCE_ANCHOR, source_anchor), (CLOUD_ANCHOR, cloud_anchor)] {
        if let Some(anchor) = anchor {
            write_pair(writer, key, |writer| write_simple(writer, "d:string", &Value::from(anchor.as_str())));
        }
    }
    for (key, value) in properties {
        write_pair(writer, key, |writer| write_value(writer, value));
    }
    writer.end();
    writer.text_element("b", Word::Inline("SyncObjectType"), object_type.name());
    writer.text_element("b", Word::Inline("SyncOperation"), operation.name());
    writer.end();
}

fn write_pair(writer: &mut Writer, key: &str, value: impl FnOnce(&mut Writer)) {
    writer.start("c", Word::Inline("KeyValueOfstringanyType"));
    writer.text_element("c", Word::Inline("Key"), key);
    writer.start("c", Word::Inline("Value"));
    value(writer);
    writer.end();
}

/// Writes the attributes and the content of an element that is open, and closes it.
fn write_value(writer: &mut Writer, value: &PropertyValue) {
    match value {
        PropertyValue::Nil => {
            writer.attribute("i", NIL, &Value::Bool(true));
            writer.end();
        }
        PropertyValue::Text(text) => write_simple(writer, "d:string", &Value::from(text.as_str())),
        PropertyValue::Boolean(value) => write_simple(writer, "d:boolean", &Value::Bool(*value)),
        PropertyValue::Integer(value) => write_simple(writer, "d:int", &Value::Int(i64::from(*value))),
        PropertyValue::Long(value) => write_simple(writer, "d:long", &Value::Int(*value)),
        PropertyValue::Bytes(bytes) => write_simple(writer, "d:base64Binary", &Value::Bytes(bytes)),
        PropertyValue::Texts(texts) => {
            write_array(writer, "c:ArrayOfstring", "string", texts.iter().map(|text| Value::from(text.as_str())));
        }
        PropertyValue::BytesList(list) => {
            write_array(writer, "c:ArrayOfbase64Binary", "base64Binary", list.iter().map(|bytes| Value::Bytes(bytes)));
        }
        PropertyValue::References(changes) => write_references(writer, changes),
    }
}

fn write_simple(writer: &mut Writer, type_name: &'static str, value: &Value<'_>) {
    writer.attribute("i", TYPE, &Value::from(type_name));
    writer.xmlns("d", XML_SCHEMA);
    writer.text_and_end(value);
}

fn write_array<'a>(writer: &mut Writer, type_name: &'static str, item: &'static str, values: impl Iterator<Item = Value<'a>>) {
    writer.attribute("i", TYPE, &Value::from(type_name));
    for value in values {
        writer.element("c", Word::Inline(item), &value);
    }
    writer.end();
}

/// Without a prefix, as open clients send it: these elements then belong to the operation's namespace.
fn write_references(writer: &mut Writer, changes: &[ReferenceChange]) {
    writer.attribute("i", TYPE, &Value::from("SyncReferenceChangeCollection"));
    writer.start("", Word::Inline("referenceChanges"));
    for ReferenceChange { anchor, kind, operation } in changes {
        writer.start("", Word::Inline("SyncReferenceChange"));
        writer.start("", Word::Inline("Reference"));
        writer.text_element("", Word::Inline("Anchor"), anchor);
        writer.element("", Word::Inline("referenceTypeInt"), &Value::Int(if *kind == ReferenceKind::Cloud { 1 } else { 2 }));
        writer.end();
        writer.element("", Word::Inline("operationInt"), &Value::Int(if *operation == ReferenceOperation::Add { 1 } else { 2 }));
        writer.end();
    }
    writer.end();
    writer.end();
}

/// Inside a list of objects: reads it to its end.
///
/// Elements are told by their local names alone from here on: nothing is ambiguous, and peers differ in the namespaces they use.
pub(super) fn read_objects(reader: &mut Reader<'_>) -> Result<Vec<SyncObject>, DecodeError> {
    let mut objects = Vec::new();
    while let Some(name) = reader.next_child()? {
        match name.local {
            "AzureADSyncObject" => objects.push(read_object(reader)?),
            _ => reader.skip()?,
        }
    }
    Ok(objects)
}

fn read_object(reader: &mut Reader<'_>) -> Result<SyncObject, DecodeError> {
    let (mut object_type, mut operation) = (None, None);
    let (mut source_anchor, mut cloud_anchor, mut properties) = (None, None, Vec::new());
    while let Some(name) = reader.next_child()? {
        match name.local {
            "PropertyValues" => {
                while let Some((key, value)) = read_pair(reader)? {
                    match &*key {
                        SOURCE_ANCHOR => source_anchor = anchor(value)?,
                        CLOUD_ANCHOR => cloud_anchor = anchor(value)?,
                        _ => properties.push((key, value)),
                    }
                }
            }
            "SyncObjectType" => object_type = Some(read_object_type(reader, "SyncObjectType")?),
            "SyncOperation" => operation = Some(read_operation(reader)?),
            _ => reader.skip()?,
        }
    }
    let object_type = object_type.ok_or(DecodeError::Missing { element: "SyncObjectType" })?;
    let operation = operation.ok_or(DecodeError::Missing { element: "SyncOperation" })?;
    Ok(SyncObject { source_anchor, cloud_anchor, object_type, operation, properties })
}

pub(super) fn read_object_type(reader: &mut Reader<'_>, element: &'static str) -> Result<ObjectType, DecodeError> {
    let text = reader.text().map_err(DecodeError::at(element))?;
    ObjectType::from_name(text.trim()).ok_or(DecodeError::Value { element })
}

pub(super) fn read_operation(reader: &mut Reader<'_>) -> Result<SyncOperation, DecodeError> {
    let text = reader.text().map_err(DecodeError::at("SyncOperation"))?;
    SyncOperation::from_name(text.trim()).ok_or(DecodeError::Value { element: "SyncOperation" })
}

fn anchor(value: PropertyValue) -> Result<Option<String>, DecodeError> {
    match value {
        PropertyValue::Text(text) => Ok(Some(text).filter(|text| !text.is_empty())),
        PropertyValue::Nil => Ok(None),
        _ => Err(DecodeError::Value { element: SOURCE_ANCHOR }),
    }
}

/// The next pair inside `PropertyValues`; `None` at its end.
fn read_pair(reader: &mut Reader<'_>) -> Result<Option<(Cow<'static, str>, PropertyValue)>, DecodeError> {
    while let Some(name) = reader.next_child()? {
        if name.local != "KeyValueOfstringanyType" {
            reader.skip()?;
            continue;
        }
        let (mut key, mut value) = (None, None);
        while let Some(name) = reader.next_child()? {
            match name.local {
                "Key" => key = Some(read_key(reader)?),
                "Value" => value = Some(read_value(reader)?),
                _ => reader.skip()?,
            }
        }
        let key = key.ok_or(DecodeError::Missing { element: "Key" })?;
        return Ok(Some((key, value.ok_or(DecodeError::Missing { element: "Value" })?)));
    }
    Ok(None)
}

fn read_key(reader: &mut Reader<'_>) -> Result<Cow<'static, str>, DecodeError> {
    let text = reader.text().map_err(DecodeError::at("Key"))?;
    let text = Some(text.trim()).filter(|text| !text.is_empty()).ok_or(DecodeError::Value { element: "Key" })?;
    let known = PROPERTIES.iter().find(|known| **known == text);
    Ok(known.map_or_else(|| Cow::Owned(text.to_owned()), |known| Cow::Borrowed(*known)))
}

/// Whether the element that was just opened says `i:nil`.
pub(super) fn is_nil(reader: &Reader<'_>) -> bool {
    reader.attribute(NAMESPACE_INSTANCE, "nil").is_some_and(|value| matches!(value.text().trim(), "true" | "1"))
}

fn read_value(reader: &mut Reader<'_>) -> Result<PropertyValue, DecodeError> {
    let error = DecodeError::at("Value");
    if is_nil(reader) {
        reader.skip()?;
        return Ok(PropertyValue::Nil);
    }
    let type_name = reader.attribute(NAMESPACE_INSTANCE, "type").map(Value::text).unwrap_or_default();
    match type_name.rsplit(':').next().unwrap_or_default().trim() {
        "boolean" => reader.boolean().map(PropertyValue::Boolean).map_err(error),
        "int" | "short" | "byte" | "unsignedByte" | "unsignedShort" => {
            let value = reader.integer().map_err(error)?;
            i32::try_from(value).map(PropertyValue::Integer).map_err(|_| DecodeError::Value { element: "Value" })
        }
        "long" | "unsignedInt" | "unsignedLong" | "integer" => reader.integer().map(PropertyValue::Long).map_err(error),
        "base64Binary" => reader.bytes().map(PropertyValue::Bytes).map_err(error),
        "ArrayOfstring" => read_list(reader, |reader| Ok(reader.text()?.into_owned())).map(PropertyValue::Texts),
        "ArrayOfbase64Binary" => read_list(reader, |reader| reader.bytes()).map(PropertyValue::BytesList),
        "SyncReferenceChangeCollection" => read_references(reader).map(PropertyValue::References),
        _ => reader.text().map(|text| PropertyValue::Text(text.into_owned())).map_err(error),
    }
}

fn read_list<'a, T>(
    reader: &mut Reader<'a>,
    mut item: impl FnMut(&mut Reader<'a>) -> Result<T, crate::nbfx::Error>,
) -> Result<Vec<T>, DecodeError> {
    let mut items = Vec::new();
    while reader.next_child()?.is_some() {
        items.push(item(reader).map_err(DecodeError::at("Value"))?);
    }
    Ok(items)
}

/// The changes lie in one list, or directly in the value.
fn read_references(reader: &mut Reader<'_>) -> Result<Vec<ReferenceChange>, DecodeError> {
    let mut changes = Vec::new();
    while let Some(name) = reader.next_child()? {
        match name.local {
            "referenceChanges" => {
                while let Some(name) = reader.next_child()? {
                    match name.local {
                        "SyncReferenceChange" => changes.push(read_reference(reader)?),
                        _ => reader.skip()?,
                    }
                }
            }
            "SyncReferenceChange" => changes.push(read_reference(reader)?),
            _ => reader.skip()?,
        }
    }
    Ok(changes)
}

fn read_reference(reader: &mut Reader<'_>) -> Result<ReferenceChange, DecodeError> {
    let (mut anchor, mut kind, mut operation) = (None, None, None);
    while let Some(name) = reader.next_child()? {
        match name.local {
            "Reference" => {
                while let Some(name) = reader.next_child()? {
                    match name.local {
                        "Anchor" => anchor = Some(reader.text().map_err(DecodeError::at("Anchor"))?.into_owned()),
                        "referenceTypeInt" => kind = Some(one_or_two(reader, "referenceTypeInt")?),
                        _ => reader.skip()?,
                    }
                }
            }
            "operationInt" => operation = Some(one_or_two(reader, "operationInt")?),
            _ => reader.skip()?,
        }
    }
    Ok(ReferenceChange {
        anchor: anchor.ok_or(DecodeError::Missing { element: "Anchor" })?,
        kind: match kind.ok_or(DecodeError::Missing { element: "referenceTypeInt" })? {
            1 => ReferenceKind::Cloud,
            _ => ReferenceKind::Source,
        },
        operation: match operation.ok_or(DecodeError::Missing { element: "operationInt" })? {
            1 => ReferenceOperation::Add,
            _ => ReferenceOperation::Remove,
        },
    })
}

fn one_or_two(reader: &mut Reader<'_>, element: &'static str) -> Result<i64, DecodeError> {
    let value = reader.integer().map_err(DecodeError::at(element))?;
    Some(value).filter(|value| (1..=2).contains(value)).ok_or(DecodeError::Value { element })
}
