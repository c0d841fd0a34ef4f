//! How programs learn where to ask.

use crate::saml::SigningError;
use crate::saml::xml::Writer;

/// A WSDL 1.1 with one policy (WS-Policy 1.2, WS-SecurityPolicy) for each version: a user name and password, protected by TLS.
const TEMPLATE: &str = include_str!("mex.wsdl");

/// What the service offers programs, as WS-MetadataExchange serves it to a `GET`.
///
/// The addresses must be `https`: programs pass over others.
///
/// # Errors
/// When an address holds a character that XML cannot carry.
pub fn mex(endpoint_2005: &str, endpoint_13: &str) -> Result<String, SigningError> {
    Ok(TEMPLATE.replace("ADDRESS_2005", &escaped(endpoint_2005)?).replace("ADDRESS_13", &escaped(endpoint_13)?))
}

/// For text and attributes alike.
fn escaped(address: &str) -> Result<String, SigningError> {
    let mut writer = Writer::new();
    writer.text(address);
    Ok(writer.finish()?.replace('"', "&quot;"))
}
