//! The answers to single objects on the wire: `AzureADSyncObjectResult`.

use super::names::*;
use super::object::{ResultCode, SyncObjectResult};
use super::property::{is_nil, read_object_type, read_operation};
use super::request::{optional, text};
use super::response::{write_nil, write_optional};
use crate::DecodeError;
use crate::nbfx::{Reader, Word, Writer};

/// `ResultErrorCode` when there is no error.
const NO_ERROR: &str = "0";

pub(super) fn write_results(writer: &mut Writer, results: &[SyncObjectResult]) {
    writer.start("b", Word::Inline("SyncObjectResults"));
    for result in results {
        write_one(writer, result);
    }
    writer.end();
}

fn write_one(writer: &mut Writer, result: &SyncObjectResult) {
    let SyncObjectResult { object_type, operation, source_anchor, cloud_anchor, result_code, error_code, error_description, error_details } =
        result;
    writer.start("b", Word::Inline("AzureADSyncObjectResult"));
    write_optional(writer, "CloudAnchor", cloud_anchor.as_deref());
    write_details(writer, error_details);
    writer.text_element("b", Word::Inline("ObjectType"), object_type.name());
    writer.text_element("b", Word::Inline("ResultCode"), result_code.name());
    writer.text_element("b", Word::Inline("ResultErrorCode"), error_code.as_deref().unwrap_or(NO_ERROR));
    // Open clients look for the nil here: anything else is to them an error.
    write_optional(writer, "ResultErrorDescription", error_description.as_deref());
    write_optional(writer, "SourceAnchor", source_anchor.as_deref());
    writer.text_element("b", Word::Inline("SyncOperation"), operation.name());
    writer.end();
}

fn write_details(writer: &mut Writer, details: &[(String, String)]) {
    if details.is_empty() {
        return write_nil(writer, "ErrorDetails");
    }
    writer.start("b", Word::Inline("ErrorDetails"));
    writer.xmlns("c", Word::Inline(NAMESPACE_ARRAYS));
    for (name, value) in details {
        writer.start("c", Word::Inline("KeyValueOfstringstring"));
        writer.text_element("c", Word::Inline("Key"), name);
        writer.text_element("c", Word::Inline("Value"), value);
        writer.end();
    }
    writer.end();
}

pub(super) fn read_results(reader: &mut Reader<'_>) -> Result<Vec<SyncObjectResult>, DecodeError> {
    let mut results = None;
    while let Some(name) = reader.next_child()? {
        if name.local != "SyncObjectResults" {
            reader.skip()?;
            continue;
        }
        let results = results.get_or_insert_with(Vec::new);
        while let Some(name) = reader.next_child()? {
            match name.local {
                "AzureADSyncObjectResult" => results.push(read_one(reader)?),
                _ => reader.skip()?,
            }
        }
    }
    results.ok_or(DecodeError::Missing { element: "SyncObjectResults" })
}

fn read_one(reader: &mut Reader<'_>) -> Result<SyncObjectResult, DecodeError> {
    let (mut object_type, mut operation, mut result_code) = (None, None, None);
    let (mut source_anchor, mut cloud_anchor, mut error_code, mut error_description) = (None, None, None, None);
    let mut error_details = Vec::new();
    while let Some(name) = reader.next_child()? {
        match name.local {
            _ if is_nil(reader) => reader.skip()?,
            "CloudAnchor" => cloud_anchor = optional(reader, "CloudAnchor")?,
            "ErrorDetails" => error_details = read_details(reader)?,
            "ObjectType" => object_type = Some(read_object_type(reader, "ObjectType")?),
            "ResultCode" => {
                let code = ResultCode::from_name(&text(reader, "ResultCode")?);
                result_code = Some(code.ok_or(DecodeError::Value { element: "ResultCode" })?);
            }
            "ResultErrorCode" => error_code = optional(reader, "ResultErrorCode")?.filter(|code| code != NO_ERROR),
            "ResultErrorDescription" => error_description = optional(reader, "ResultErrorDescription")?,
            "SourceAnchor" => source_anchor = optional(reader, "SourceAnchor")?,
            "SyncOperation" => operation = Some(read_operation(reader)?),
            _ => reader.skip()?,
        }
    }
    Ok(SyncObjectResult {
        object_type: object_type.ok_or(DecodeError::Missing { element: "ObjectType" })?,
        operation: operation.ok_or(DecodeError::Missing { element: "SyncOperation" })?,
        source_anchor,
        cloud_anchor,
        result_code: result_code.ok_or(DecodeError::Missing { element: "ResultCode" })?,
        error_code,
        error_description,
        error_details,
    })
}

fn read_details(reader: &mut Reader<'_>) -> Result<Vec<(String, String)>, DecodeError> {
    let mut details = Vec::new();
    while reader.next_child()?.is_some() {
        let (mut key, mut value) = (String::new(), String::new());
        while let Some(name) = reader.next_child()? {
            match name.local {
                "Key" => key = text(reader, "Key")?,
                "Value" => value = text(reader, "Value")?,
                _ => reader.skip()?,
            }
        }
        details.push((key, value));
    }
    Ok(details)
}
