//! Passwords and the answers to them on the wire: the content of `ProvisionCredentials` and of its response.
//!
//! Elements of one item come in the order of their names, as the service's serializer wants them.

use super::credential::{CREDENTIALS_PER_REQUEST_MAX, CredentialItem, CredentialResult};
use super::names::{NAMESPACE_COEXISTENCE, NAMESPACE_INSTANCE};
use super::property::is_nil;
use super::request::{boolean, integer, optional, text};
use super::response::{write_nil, write_optional};
use super::time;
use crate::nbfx::{Reader, Value, Word, Writer};
use crate::{DecodeError, Secret};

/// Room for one item, so that no buffer that was too small keeps a copy of its content.
pub(super) const BYTES_PER_ITEM: usize = 640;
/// Room for one result.
pub(super) const BYTES_PER_RESULT: usize = 256;

/// Writes the argument `request` of the operation.
pub(super) fn write_items(writer: &mut Writer, items: &[CredentialItem]) {
    writer.start("", Word::Inline("request"));
    writer.xmlns("b", Word::Inline(NAMESPACE_COEXISTENCE));
    writer.xmlns("i", const { Word::new(NAMESPACE_INSTANCE) });
    writer.start("b", Word::Inline("RequestItems"));
    for item in items {
        write_item(writer, item);
    }
    writer.end();
    writer.end();
}

fn write_item(writer: &mut Writer, item: &CredentialItem) {
    let CredentialItem { source_anchor, cloud_anchor, change_date, credential_data, force_password_change_on_logon } = item;
    writer.start("b", Word::Inline("SyncCredentialsChangeItem"));
    writer.text_element("b", Word::Inline("ChangeDate"), &time::to_text(*change_date));
    write_optional(writer, "CloudAnchor", cloud_anchor.as_deref());
    writer.text_element("b", Word::Inline("CredentialData"), credential_data.expose());
    writer.element("b", Word::Inline("ForcePasswordChangeOnLogon"), &Value::Bool(*force_password_change_on_logon));
    write_optional(writer, "SourceAnchor", source_anchor.as_deref());
    write_nil(writer, "WindowsLegacyCredentials");
    write_nil(writer, "WindowsSupplementalCredentials");
    writer.end();
}

/// Inside the operation's element: reads its argument to the end.
pub(super) fn read_request(reader: &mut Reader<'_>) -> Result<Vec<CredentialItem>, DecodeError> {
    let mut items = None;
    while let Some(name) = reader.next_child()? {
        if name.local != "request" {
            reader.skip()?;
            continue;
        }
        while let Some(name) = reader.next_child()? {
            match name.local {
                "RequestItems" => items = Some(read_items(reader)?),
                _ => reader.skip()?,
            }
        }
    }
    items.ok_or(DecodeError::Missing { element: "RequestItems" })
}

fn read_items(reader: &mut Reader<'_>) -> Result<Vec<CredentialItem>, DecodeError> {
    let mut items = Vec::new();
    while let Some(name) = reader.next_child()? {
        match name.local {
            "SyncCredentialsChangeItem" if items.len() == CREDENTIALS_PER_REQUEST_MAX => {
                return Err(DecodeError::Value { element: "RequestItems" });
            }
            "SyncCredentialsChangeItem" => items.push(read_item(reader)?),
            _ => reader.skip()?,
        }
    }
    Ok(items)
}

fn read_item(reader: &mut Reader<'_>) -> Result<CredentialItem, DecodeError> {
    let (mut source_anchor, mut cloud_anchor, mut change_date, mut credential_data) = (None, None, None, None);
    let mut force_password_change_on_logon = false;
    while let Some(name) = reader.next_child()? {
        match name.local {
            _ if is_nil(reader) => reader.skip()?,
            "ChangeDate" => change_date = Some(read_change_date(reader)?),
            "CloudAnchor" => cloud_anchor = optional(reader, "CloudAnchor")?,
            "CredentialData" => credential_data = Some(Secret::new(text(reader, "CredentialData")?)),
            "ForcePasswordChangeOnLogon" => force_password_change_on_logon = boolean(reader, "ForcePasswordChangeOnLogon")?,
            "SourceAnchor" => source_anchor = optional(reader, "SourceAnchor")?,
            _ => reader.skip()?,
        }
    }
    Ok(CredentialItem {
        source_anchor,
        cloud_anchor,
        change_date: change_date.ok_or(DecodeError::Missing { element: "ChangeDate" })?,
        credential_data: credential_data.ok_or(DecodeError::Missing { element: "CredentialData" })?,
        force_password_change_on_logon,
    })
}

fn read_change_date(reader: &mut Reader<'_>) -> Result<i64, DecodeError> {
    time::from_text(&text(reader, "ChangeDate")?).ok_or(DecodeError::Value { element: "ChangeDate" })
}

/// Writes the content of the operation's result.
pub(super) fn write_results(writer: &mut Writer, results: &[CredentialResult]) {
    writer.start("b", Word::Inline("Results"));
    for CredentialResult { source_anchor, cloud_anchor, result, extended_error_information } in results {
        writer.start("b", Word::Inline("SyncCredentialsChangeResult"));
        write_optional(writer, "CloudAnchor", cloud_anchor.as_deref());
        write_optional(writer, "ExtendedErrorInformation", extended_error_information.as_deref());
        writer.element("b", Word::Inline("Result"), &Value::Int(i64::from(*result)));
        write_optional(writer, "SourceAnchor", source_anchor.as_deref());
        writer.end();
    }
    writer.end();
}

/// Inside the operation's result: reads it to its end.
pub(super) fn read_results(reader: &mut Reader<'_>) -> Result<Vec<CredentialResult>, DecodeError> {
    let mut results = None;
    while let Some(name) = reader.next_child()? {
        if name.local != "Results" {
            reader.skip()?;
            continue;
        }
        let results = results.get_or_insert_with(Vec::new);
        while let Some(name) = reader.next_child()? {
            match name.local {
                "SyncCredentialsChangeResult" => results.push(read_result(reader)?),
                _ => reader.skip()?,
            }
        }
    }
    results.ok_or(DecodeError::Missing { element: "Results" })
}

fn read_result(reader: &mut Reader<'_>) -> Result<CredentialResult, DecodeError> {
    let (mut source_anchor, mut cloud_anchor, mut result, mut extended_error_information) = (None, None, None, None);
    while let Some(name) = reader.next_child()? {
        match name.local {
            _ if is_nil(reader) => reader.skip()?,
            "CloudAnchor" => cloud_anchor = optional(reader, "CloudAnchor")?,
            "ExtendedErrorInformation" => extended_error_information = optional(reader, "ExtendedErrorInformation")?,
            "Result" => result = Some(read_code(reader)?),
            "SourceAnchor" => source_anchor = optional(reader, "SourceAnchor")?,
            _ => reader.skip()?,
        }
    }
    let result = result.ok_or(DecodeError::Missing { element: "Result" })?;
    Ok(CredentialResult { source_anchor, cloud_anchor, result, extended_error_information })
}

fn read_code(reader: &mut Reader<'_>) -> Result<i32, DecodeError> {
    i32::try_from(integer(reader, "Result")?).map_err(|_| DecodeError::Value { element: "Result" })
}
