//! Requests on the wire.

use super::credential_batch;
use super::message::{Operation, Request, RequestHeader};
use super::names::*;
use super::property::{BYTES_PER_OBJECT, is_nil, read_objects, write_objects};
use crate::nbfx::{Limits, Name, Reader, Value, Word, Writer};
use crate::{DecodeError, Secret, soap};

/// Encodes a request. The bytes hold the bearer token, and maybe passwords' hashes: hand them to the connection and keep no copy.
pub fn encode_request(header: &RequestHeader, request: &Request) -> Vec<u8> {
    // With room enough from the start no secret is left behind in buffers that were too small.
    let mut writer = Writer::with_capacity(4096 + header.bearer_token.expose().len() + room(request));
    soap::start_envelope(&mut writer, &request.operation().action());
    write_sync_token(&mut writer, header);
    soap::address_request(&mut writer, &header.message_id, &header.to);
    soap::start_body(&mut writer);
    writer.start("", Word::Inline(request.operation().name()));
    writer.xmlns("", Word::Inline(NAMESPACE_OPERATIONS));
    write_arguments(&mut writer, request);
    writer.end();
    soap::finish(writer)
}

fn room(request: &Request) -> usize {
    match request {
        Request::ProvisionAzureADSyncObjects(objects) | Request::ProvisionAzureADSyncObjects2(objects) => objects.len() * BYTES_PER_OBJECT,
        Request::ProvisionCredentials(items) => items.len() * credential_batch::BYTES_PER_ITEM,
        _ => 0,
    }
}

fn write_sync_token(writer: &mut Writer, header: &RequestHeader) {
    let flag = |flag| if flag { "True" } else { "False" };
    writer.start("", Word::Inline("SyncToken"));
    writer.attribute("s", const { Word::new("role") }, &Value::from(NAMESPACE_SYNC_TOKEN));
    writer.xmlns("", Word::Inline(NAMESPACE_SYNC_TOKEN));
    writer.xmlns("i", const { Word::new(NAMESPACE_INSTANCE) });
    for (name, text) in [
        ("ApplicationId", header.application_id.as_str()),
        ("BearerToken", header.bearer_token.expose()),
        ("ClientVersion", &header.client_version),
        ("DirSyncBuildNumber", &header.dirsync_build_number),
        ("FIMBuildNumber", &header.fim_build_number),
        ("IsInstalledOnDC", flag(header.is_installed_on_dc)),
        ("IssueDateTime", "0001-01-01T00:00:00"),
        ("LanguageId", &header.language),
        ("LiveToken", ""),
        ("ProtocolVersion", PROTOCOL_VERSION),
        ("RichCoexistenceEnabled", flag(header.rich_coexistence_enabled)),
        ("TrackingId", &header.tracking_id),
    ] {
        writer.start("", Word::Inline(name));
        writer.xmlns("", Word::Inline(NAMESPACE_OPERATIONS));
        writer.text_and_end(&Value::from(text));
    }
    writer.end();
}

fn write_arguments(writer: &mut Writer, request: &Request) {
    match request {
        Request::GetCompanyConfiguration { include_license_information } => {
            writer.element("", Word::Inline("includeLicenseInformation"), &Value::Bool(*include_license_information));
        }
        Request::ProvisionAzureADSyncObjects(objects) | Request::ProvisionAzureADSyncObjects2(objects) => {
            writer.start("", Word::Inline("syncRequest"));
            writer.xmlns("b", Word::Inline(NAMESPACE_OBJECTS));
            writer.xmlns("i", const { Word::new(NAMESPACE_INSTANCE) });
            write_objects(writer, "SyncObjects", objects);
            writer.end();
        }
        Request::ReadBackAzureADSyncObjects { include_license_information, input_cookie, is_full_sync } => {
            writer.element("", Word::Inline("includeLicenseInformation"), &Value::Bool(*include_license_information));
            write_cookie(writer, input_cookie.as_deref());
            writer.element("", Word::Inline("isFullSync"), &Value::Bool(*is_full_sync));
        }
        Request::FinalizeExport { total_exported, successful_export_count } => {
            writer.element("", Word::Inline("totalExported"), &Value::Int(*total_exported));
            writer.element("", Word::Inline("successfulExportCount"), &Value::Int(*successful_export_count));
        }
        Request::SetCompanyDirsyncFeatures { dirsync_features } => {
            writer.element("", Word::Inline("dirsyncFeatures"), &Value::Int(i64::from(*dirsync_features)));
        }
        Request::ProvisionCredentials(items) => credential_batch::write_items(writer, items),
    }
}

fn write_cookie(writer: &mut Writer, cookie: Option<&[u8]>) {
    writer.start("", Word::Inline("inputCookie"));
    match cookie {
        Some(cookie) => writer.text_and_end(&Value::Bytes(cookie)),
        None => {
            writer.attribute("i", const { Word::new("nil") }, &Value::Bool(true));
            writer.xmlns("i", const { Word::new(NAMESPACE_INSTANCE) });
            writer.end();
        }
    }
}

/// Decodes a request. One malformed item makes the whole request an error.
pub fn decode_request(bytes: &[u8]) -> Result<(RequestHeader, Request), DecodeError> {
    let mut reader = Reader::new(bytes, Limits::default())?;
    let mut header = RequestHeader::default();
    let mut token_seen = false;
    let name = soap::enter_body(&mut reader, |reader, block| {
        token_seen |= block.local == "SyncToken";
        read_header_block(reader, block, &mut header)
    })?;
    if !token_seen {
        return Err(DecodeError::Missing { element: "SyncToken" });
    }
    let operation = Some(name).filter(|name| name.namespace == NAMESPACE_OPERATIONS).and_then(|name| Operation::from_name(name.local));
    let request = read_arguments(&mut reader, operation.ok_or(DecodeError::Operation)?)?;
    soap::leave(&mut reader)?;
    Ok((header, request))
}

fn read_header_block<'a>(reader: &mut Reader<'a>, block: Name<'a>, header: &mut RequestHeader) -> Result<(), DecodeError> {
    match (block.namespace, block.local) {
        (soap::ADDRESSING, "MessageID") => header.message_id = text(reader, "MessageID")?,
        (soap::ADDRESSING, "To") => header.to = text(reader, "To")?,
        (NAMESPACE_SYNC_TOKEN, "SyncToken") => {
            while let Some(field) = reader.next_child()? {
                read_token_field(reader, field.local, header)?;
            }
        }
        _ => reader.skip()?,
    }
    Ok(())
}

fn read_token_field(reader: &mut Reader<'_>, field: &str, header: &mut RequestHeader) -> Result<(), DecodeError> {
    match field {
        "ApplicationId" => header.application_id = text(reader, "ApplicationId")?,
        "BearerToken" => header.bearer_token = Secret::new(reader.text().map_err(DecodeError::at("BearerToken"))?.into_owned()),
        "ClientVersion" => header.client_version = text(reader, "ClientVersion")?,
        "DirSyncBuildNumber" => header.dirsync_build_number = text(reader, "DirSyncBuildNumber")?,
        "FIMBuildNumber" => header.fim_build_number = text(reader, "FIMBuildNumber")?,
        "IsInstalledOnDC" => header.is_installed_on_dc = boolean(reader, "IsInstalledOnDC")?,
        "LanguageId" => header.language = text(reader, "LanguageId")?,
        "RichCoexistenceEnabled" => header.rich_coexistence_enabled = boolean(reader, "RichCoexistenceEnabled")?,
        "TrackingId" => header.tracking_id = text(reader, "TrackingId")?,
        _ => reader.skip()?,
    }
    Ok(())
}

fn read_arguments(reader: &mut Reader<'_>, operation: Operation) -> Result<Request, DecodeError> {
    match operation {
        Operation::ProvisionAzureADSyncObjects => read_sync_request(reader).map(Request::ProvisionAzureADSyncObjects),
        Operation::ProvisionAzureADSyncObjects2 => read_sync_request(reader).map(Request::ProvisionAzureADSyncObjects2),
        Operation::ProvisionCredentials => credential_batch::read_request(reader).map(Request::ProvisionCredentials),
        _ => read_simple_arguments(reader)?.into_request(operation),
    }
}

fn read_sync_request(reader: &mut Reader<'_>) -> Result<Vec<super::SyncObject>, DecodeError> {
    let mut objects = None;
    while let Some(name) = reader.next_child()? {
        if name.local != "syncRequest" {
            reader.skip()?;
            continue;
        }
        while let Some(name) = reader.next_child()? {
            match name.local {
                "SyncObjects" => objects = Some(read_objects(reader)?),
                _ => reader.skip()?,
            }
        }
    }
    objects.ok_or(DecodeError::Missing { element: "SyncObjects" })
}

/// The arguments of the operations that take plain values. Their names do not overlap.
#[derive(Default)]
struct SimpleArguments {
    include_license_information: Option<bool>,
    input_cookie: Option<Vec<u8>>,
    is_full_sync: Option<bool>,
    total_exported: Option<i64>,
    successful_export_count: Option<i64>,
    dirsync_features: Option<i64>,
}

fn read_simple_arguments(reader: &mut Reader<'_>) -> Result<SimpleArguments, DecodeError> {
    let mut arguments = SimpleArguments::default();
    while let Some(name) = reader.next_child()? {
        match name.local {
            "includeLicenseInformation" => arguments.include_license_information = Some(boolean(reader, "includeLicenseInformation")?),
            "inputCookie" if is_nil(reader) => reader.skip()?,
            "inputCookie" => arguments.input_cookie = Some(reader.bytes().map_err(DecodeError::at("inputCookie"))?),
            "isFullSync" => arguments.is_full_sync = Some(boolean(reader, "isFullSync")?),
            "totalExported" => arguments.total_exported = Some(integer(reader, "totalExported")?),
            "successfulExportCount" => arguments.successful_export_count = Some(integer(reader, "successfulExportCount")?),
            "dirsyncFeatures" => arguments.dirsync_features = Some(integer(reader, "dirsyncFeatures")?),
            _ => reader.skip()?,
        }
    }
    Ok(arguments)
}

impl SimpleArguments {
    /// Flags and counts that are left out are false and zero; the feature bits must be there, since they are set as a whole.
    fn into_request(self, operation: Operation) -> Result<Request, DecodeError> {
        let include_license_information = self.include_license_information.unwrap_or(false);
        match operation {
            Operation::GetCompanyConfiguration => Ok(Request::GetCompanyConfiguration { include_license_information }),
            Operation::ReadBackAzureADSyncObjects => Ok(Request::ReadBackAzureADSyncObjects {
                include_license_information,
                input_cookie: self.input_cookie.filter(|cookie| !cookie.is_empty()),
                is_full_sync: self.is_full_sync.unwrap_or(false),
            }),
            Operation::FinalizeExport => Ok(Request::FinalizeExport {
                total_exported: self.total_exported.unwrap_or(0),
                successful_export_count: self.successful_export_count.unwrap_or(0),
            }),
            Operation::SetCompanyDirsyncFeatures => {
                let features = self.dirsync_features.ok_or(DecodeError::Missing { element: "dirsyncFeatures" })?;
                let dirsync_features = i32::try_from(features).map_err(|_| DecodeError::Value { element: "dirsyncFeatures" })?;
                Ok(Request::SetCompanyDirsyncFeatures { dirsync_features })
            }
            Operation::ProvisionAzureADSyncObjects | Operation::ProvisionAzureADSyncObjects2 | Operation::ProvisionCredentials => {
                Err(DecodeError::Operation)
            }
        }
    }
}

pub(super) fn text(reader: &mut Reader<'_>, element: &'static str) -> Result<String, DecodeError> {
    reader.text().map(|text| text.trim().to_owned()).map_err(DecodeError::at(element))
}

/// A text that may be left out or empty, which mean the same.
pub(super) fn optional(reader: &mut Reader<'_>, element: &'static str) -> Result<Option<String>, DecodeError> {
    Ok(Some(text(reader, element)?).filter(|text| !text.is_empty()))
}

pub(super) fn boolean(reader: &mut Reader<'_>, element: &'static str) -> Result<bool, DecodeError> {
    reader.boolean().map_err(DecodeError::at(element))
}

pub(super) fn integer(reader: &mut Reader<'_>, element: &'static str) -> Result<i64, DecodeError> {
    reader.integer().map_err(DecodeError::at(element))
}
