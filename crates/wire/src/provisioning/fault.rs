//! Faults on the wire: SOAP 1.2 part 1, section 5.4.

use super::message::{Fault, FaultCode, FaultDetail};
use super::names::{NAMESPACE_COEXISTENCE, NAMESPACE_OPERATIONS};
use super::request::text;
use crate::nbfx::{Reader, Value, Word, Writer};
use crate::{DecodeError, soap};

/// Encodes a fault in answer to the request whose `MessageID` was `relates_to`; empty when the request could not be read.
pub fn encode_fault(relates_to: &str, fault: &Fault) -> Vec<u8> {
    let Fault { code, reason, detail } = fault;
    let mut writer = Writer::with_capacity(1024 + reason.len());
    soap::start_envelope(&mut writer, soap::FAULT_ACTION);
    soap::address_response(&mut writer, relates_to);
    soap::start_body(&mut writer);
    writer.start("s", const { Word::new("Fault") });
    writer.start("s", const { Word::new("Code") });
    writer.text_element("s", const { Word::new("Value") }, if *code == FaultCode::Sender { "s:Sender" } else { "s:Receiver" });
    writer.end();
    writer.start("s", const { Word::new("Reason") });
    writer.start("s", const { Word::new("Text") });
    writer.attribute("xml", Word::Inline("lang"), &Value::from("en-US"));
    writer.text_and_end(&Value::from(reason.as_str()));
    writer.end();
    write_detail(&mut writer, detail);
    writer.end();
    soap::finish(writer)
}

fn write_detail(writer: &mut Writer, detail: &FaultDetail) {
    if *detail == FaultDetail::None {
        return;
    }
    writer.start("s", const { Word::new("Detail") });
    match detail {
        FaultDetail::BindingRedirection { url } => {
            writer.start("", Word::Inline("BindingRedirectionFault"));
            writer.xmlns("", Word::Inline(NAMESPACE_OPERATIONS));
            writer.text_element("", Word::Inline("Url"), url);
            writer.end();
        }
        FaultDetail::AdminWebService { error_code, message } => {
            writer.start("", Word::Inline("AdminWebServiceFault"));
            writer.xmlns("", Word::Inline(NAMESPACE_COEXISTENCE));
            writer.text_element("", Word::Inline("ErrorCode"), error_code);
            writer.text_element("", Word::Inline("ErrorDescription"), message);
            writer.end();
        }
        FaultDetail::None => {}
    }
    writer.end();
}

/// After `Fault` was opened: reads it to its end.
pub(super) fn read_fault(reader: &mut Reader<'_>) -> Result<Fault, DecodeError> {
    let mut fault = Fault { code: FaultCode::Other, reason: String::new(), detail: FaultDetail::None };
    while let Some(name) = reader.next_child()? {
        match name.local {
            "Code" => {
                while let Some(name) = reader.next_child()? {
                    match name.local {
                        "Value" => fault.code = code(&text(reader, "Value")?),
                        _ => reader.skip()?,
                    }
                }
            }
            "Reason" => {
                while reader.next_child()?.is_some() {
                    let reason = text(reader, "Text")?;
                    // The same reason may come in several languages: the first is as good as any.
                    if fault.reason.is_empty() {
                        fault.reason = reason;
                    }
                }
            }
            "Detail" => fault.detail = read_details(reader)?,
            _ => reader.skip()?,
        }
    }
    Ok(fault)
}

fn code(text: &str) -> FaultCode {
    match text.rsplit(':').next() {
        Some("Sender") => FaultCode::Sender,
        Some("Receiver") => FaultCode::Receiver,
        _ => FaultCode::Other,
    }
}

fn read_details(reader: &mut Reader<'_>) -> Result<FaultDetail, DecodeError> {
    let mut detail = FaultDetail::None;
    while let Some(name) = reader.next_child()? {
        match name.local {
            "BindingRedirectionFault" => detail = read_redirection(reader)?,
            "AdminWebServiceFault" => detail = read_service_fault(reader)?,
            _ => reader.skip()?,
        }
    }
    Ok(detail)
}

fn read_redirection(reader: &mut Reader<'_>) -> Result<FaultDetail, DecodeError> {
    let mut url = None;
    while let Some(name) = reader.next_child()? {
        match name.local {
            "Url" => url = Some(text(reader, "Url")?),
            _ => reader.skip()?,
        }
    }
    Ok(FaultDetail::BindingRedirection { url: url.ok_or(DecodeError::Missing { element: "Url" })? })
}

fn read_service_fault(reader: &mut Reader<'_>) -> Result<FaultDetail, DecodeError> {
    let (mut error_code, mut message) = (String::new(), String::new());
    while let Some(name) = reader.next_child()? {
        match name.local {
            "ErrorCode" => error_code = text(reader, "ErrorCode")?,
            "ErrorDescription" | "Message" => message = text(reader, "ErrorDescription")?,
            _ => reader.skip()?,
        }
    }
    Ok(FaultDetail::AdminWebService { error_code, message })
}
