//! Responses on the wire.

use super::company::{read_company, write_company};
use super::credential_batch;
use super::fault::read_fault;
use super::message::{Fault, Operation, Response};
use super::names::*;
use super::property::{BYTES_PER_OBJECT, is_nil, read_objects, write_objects};
use super::request::boolean;
use super::result::{read_results, write_results};
use crate::nbfx::{Limits, Name, Reader, Value, Word, Writer};
use crate::{DecodeError, soap};

/// Encodes the response to the request of `operation` whose `MessageID` was `relates_to`.
///
/// `response` must be the one that belongs to `operation`; only the two generations of provisioning share one.
pub fn encode_response(operation: Operation, relates_to: &str, response: &Response) -> Vec<u8> {
    let mut writer = Writer::with_capacity(4096 + room(response));
    soap::start_envelope(&mut writer, &format!("{}Response", operation.action()));
    soap::address_response(&mut writer, relates_to);
    soap::start_body(&mut writer);
    writer.start("", Word::Inline(&format!("{}Response", operation.name())));
    writer.xmlns("", Word::Inline(NAMESPACE_OPERATIONS));
    match response {
        Response::CompanyConfiguration(company) => {
            write_result(&mut writer, operation, NAMESPACE_OBJECTS, |writer| write_company(writer, company))
        }
        Response::Provision(results) => write_result(&mut writer, operation, NAMESPACE_OBJECTS, |writer| write_results(writer, results)),
        Response::ReadBack { objects, cookie, more } => write_result(&mut writer, operation, NAMESPACE_OBJECTS, |writer| {
            writer.element("b", Word::Inline("MoreToRead"), &Value::Bool(*more));
            write_cookie(writer, cookie.as_deref());
            write_objects(writer, "ResultObjects", objects);
        }),
        Response::Credentials(results) => {
            write_result(&mut writer, operation, NAMESPACE_COEXISTENCE, |writer| credential_batch::write_results(writer, results));
        }
        Response::Finalize | Response::SetFeatures => {}
    }
    writer.end();
    soap::finish(writer)
}

fn room(response: &Response) -> usize {
    match response {
        Response::Provision(results) => results.len() * 512,
        Response::ReadBack { objects, .. } => objects.len() * BYTES_PER_OBJECT,
        Response::Credentials(results) => results.len() * credential_batch::BYTES_PER_RESULT,
        Response::CompanyConfiguration(_) | Response::Finalize | Response::SetFeatures => 0,
    }
}

fn write_result(writer: &mut Writer, operation: Operation, namespace: &'static str, content: impl FnOnce(&mut Writer)) {
    writer.start("", Word::Inline(&format!("{}Result", operation.name())));
    writer.xmlns("b", Word::Inline(namespace));
    writer.xmlns("i", const { Word::new(NAMESPACE_INSTANCE) });
    content(writer);
    writer.end();
}

fn write_cookie(writer: &mut Writer, cookie: Option<&[u8]>) {
    match cookie {
        Some(cookie) => writer.element("b", Word::Inline("OutputCookie"), &Value::Bytes(cookie)),
        None => write_nil(writer, "OutputCookie"),
    }
}

pub(super) fn write_optional(writer: &mut Writer, name: &'static str, text: Option<&str>) {
    match text {
        Some(text) => writer.text_element("b", Word::Inline(name), text),
        None => write_nil(writer, name),
    }
}

pub(super) fn write_nil(writer: &mut Writer, name: &'static str) {
    writer.start("b", Word::Inline(name));
    writer.attribute("i", const { Word::new("nil") }, &Value::Bool(true));
    writer.end();
}

/// Decodes the answer to a request of `operation`: the response or the fault.
pub fn decode_response(operation: Operation, bytes: &[u8]) -> Result<Result<Response, Fault>, DecodeError> {
    let mut reader = Reader::new(bytes, Limits::default())?;
    let name = soap::enter_body(&mut reader, |reader, _| Ok(reader.skip()?))?;
    let answer = match name {
        Name { namespace: soap::NAMESPACE, local: "Fault" } => Err(read_fault(&mut reader)?),
        Name { local, .. } if local.strip_suffix("Response") == Some(operation.name()) => Ok(read_response(&mut reader, operation)?),
        _ => return Err(DecodeError::Operation),
    };
    soap::leave(&mut reader)?;
    Ok(answer)
}

fn read_response(reader: &mut Reader<'_>, operation: Operation) -> Result<Response, DecodeError> {
    let mut response = match operation {
        Operation::FinalizeExport => Some(Response::Finalize),
        Operation::SetCompanyDirsyncFeatures => Some(Response::SetFeatures),
        _ => None,
    };
    while let Some(name) = reader.next_child()? {
        if response.is_some() || name.local.strip_suffix("Result") != Some(operation.name()) {
            reader.skip()?;
            continue;
        }
        response = Some(match operation {
            Operation::GetCompanyConfiguration => Response::CompanyConfiguration(read_company(reader)?),
            Operation::ReadBackAzureADSyncObjects => read_page(reader)?,
            Operation::ProvisionCredentials => Response::Credentials(credential_batch::read_results(reader)?),
            _ => Response::Provision(read_results(reader)?),
        });
    }
    response.ok_or(DecodeError::Missing { element: "Result" })
}

/// A page of objects. No open source names the elements around `ResultObjects`, so their names are taken loosely.
fn read_page(reader: &mut Reader<'_>) -> Result<Response, DecodeError> {
    let (mut objects, mut cookie, mut more) = (Vec::new(), None, false);
    while let Some(name) = reader.next_child()? {
        match name.local {
            _ if is_nil(reader) => reader.skip()?,
            "ResultObjects" => objects = read_objects(reader)?,
            local if local.ends_with("Cookie") => cookie = Some(reader.bytes().map_err(DecodeError::at("OutputCookie"))?),
            local if local.starts_with("More") => more = boolean(reader, "MoreToRead")?,
            _ => reader.skip()?,
        }
    }
    Ok(Response::ReadBack { objects, cookie: cookie.filter(|cookie| !cookie.is_empty()), more })
}
