//! Where a person goes on to after the sign-in.
//!
//! It travels through the pages as text that the browser could change, so it never holds an address: only a place of ours by name,
//! and for an application its request, which is checked anew when it is made.

use std::fmt;

use form_urlencoded::Serializer;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::oauth::Version;

/// A longer request of an application is not carried through the sign-in, in bytes.
const REQUEST_BYTES_MAX: usize = 16 * 1024;

/// Parameters that say who somebody is, or where they come from, before they are asked.
const HINTS: [&str; 4] = ["login_hint", "username", "domain_hint", "whr"];
/// A longer hint is none, in bytes.
const HINT_BYTES_MAX: usize = 256;

/// A place of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// My account.
    Account,
    /// The administrator's portal.
    Portal,
    /// The page where a device is let in.
    Device {
        /// The code that the device shows.
        user_code: String,
    },
    /// The request of an application for a sign-in.
    Authorize {
        /// As it stands in the path: letters, digits, dashes and dots.
        tenant: String,
        /// Which endpoint was asked.
        version: Version,
        /// The parameters of the request, in order.
        parameters: Vec<(String, String)>,
    },
}

impl Destination {
    /// Reads what [`fmt::Display`] wrote. Anything else leads to My account.
    pub fn parse(text: &str) -> Self {
        Self::parse_known(text).unwrap_or(Self::Account)
    }

    fn parse_known(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        match name {
            "portal" => Some(Self::Portal),
            "device" => Some(Self::Device { user_code: rest.to_owned() }),
            "authorize1" => Self::authorize(Version::One, rest),
            "authorize2" => Self::authorize(Version::Two, rest),
            _ => None,
        }
    }

    fn authorize(version: Version, rest: &str) -> Option<Self> {
        let (tenant, query) = rest.split_once('?').filter(|_| rest.len() <= REQUEST_BYTES_MAX)?;
        // INVARIANT: never empty, or the address would begin with two slashes and lead to another site.
        let begins_well = tenant.starts_with(|first: char| first.is_ascii_alphanumeric());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        let tenant = Some(tenant.to_owned()).filter(|tenant| begins_well && tenant.bytes().all(plain))?;
        Some(Self::Authorize { tenant, version, parameters: form_urlencoded::parse(query.as_bytes()).into_owned().collect() })
    }

    /// The address within this server.
    pub fn address(&self) -> String {
        match self {
            Self::Account => "/account".to_owned(),
            Self::Portal => "/portal/users".to_owned(),
            Self::Device { user_code } => format!("/devicelogin?user_code={}", utf8_percent_encode(user_code, NON_ALPHANUMERIC)),
            Self::Authorize { tenant, version, parameters } => {
                let infix = match version {
                    Version::One => "",
                    Version::Two => "v2.0/",
                };
                format!("/{tenant}/oauth2/{infix}authorize?{}", query(parameters))
            }
        }
    }

    /// The address of the sign-in page that leads here.
    pub fn sign_in(&self) -> String {
        format!("/sign-in?to={}", utf8_percent_encode(&self.to_string(), NON_ALPHANUMERIC))
    }

    /// The same, with the hints in the query of the page that somebody wanted: who it is, or which domain they come from.
    pub fn sign_in_as(&self, query: Option<&str>) -> String {
        let given = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let hints = given.filter(|(name, value)| HINTS.contains(&name.as_ref()) && value.len() <= HINT_BYTES_MAX);
        let hints = Serializer::new(String::new()).extend_pairs(hints).finish();
        if hints.is_empty() { self.sign_in() } else { format!("{}&{hints}", self.sign_in()) }
    }

    /// The address of the page that asks for a name, whatever is known of who it is.
    pub fn sign_in_as_another(&self) -> String {
        format!("{}&other=1", self.sign_in())
    }

    /// The address that leads here through the service of a federated domain.
    pub fn sign_in_at(&self, domain: &str) -> String {
        format!("{}&whr={}", self.sign_in(), utf8_percent_encode(domain, NON_ALPHANUMERIC))
    }

    /// The name that the application expects to sign in.
    pub fn login_hint(&self) -> Option<&str> {
        self.parameter("login_hint").map(str::trim).filter(|hint| !hint.is_empty())
    }

    /// The domain that the application says the person comes from.
    pub fn domain_hint(&self) -> Option<&str> {
        let hint = self.parameter("domain_hint").or_else(|| self.parameter("whr"));
        hint.map(str::trim).filter(|hint| !hint.is_empty())
    }

    /// Whether the application insists on a sign-in now, whatever session there is.
    pub fn asks_anew(&self) -> bool {
        self.wishes(&["login"])
    }

    /// Whether the application wants the person to say who it is.
    pub fn asks_who(&self) -> bool {
        self.wishes(&["login", "select_account"])
    }

    fn wishes(&self, any: &[&str]) -> bool {
        self.parameter("prompt").is_some_and(|prompt| prompt.split_ascii_whitespace().any(|wish| any.contains(&wish)))
    }

    /// The application that is named. Whether there is one is another matter.
    pub fn client_id(&self) -> Option<&str> {
        self.parameter("client_id")
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let Self::Authorize { parameters, .. } = self else { return None };
        parameters.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The same place without a wish that was fulfilled: the sign-in that the application insisted on has been.
    pub fn fulfilled(self) -> Self {
        match self {
            Self::Authorize { tenant, version, mut parameters } => {
                parameters.retain(|(name, _)| name != "prompt" && name != "login_hint");
                Self::Authorize { tenant, version, parameters }
            }
            other => other,
        }
    }

    /// Whether the way there can lead to another site.
    pub fn leads_elsewhere(&self) -> bool {
        matches!(self, Self::Authorize { .. })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => formatter.write_str("account"),
            Self::Portal => formatter.write_str("portal"),
            Self::Device { user_code } => write!(formatter, "device:{user_code}"),
            Self::Authorize { tenant, version, parameters } => {
                let name = match version {
                    Version::One => "authorize1",
                    Version::Two => "authorize2",
                };
                write!(formatter, "{name}:{tenant}?{}", query(parameters))
            }
        }
    }
}

fn query(parameters: &[(String, String)]) -> String {
    Serializer::new(String::new()).extend_pairs(parameters).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authorize(parameters: &[(&str, &str)]) -> Destination {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Destination::Authorize { tenant: "contoso.example".to_owned(), version: Version::Two, parameters }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let places = [
            Destination::Account,
            Destination::Portal,
            Destination::Device { user_code: "ABCD:EFGH".to_owned() },
            authorize(&[("client_id", "x"), ("state", "a&b=c?d:e\r\nf"), ("state", "")]),
        ];
        for place in places {
            assert_eq!(Destination::parse(&place.to_string()), place);
        }
    }

    #[test]
    fn nothing_a_browser_can_write_leads_to_another_site() {
        let tries = [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "authorize2://evil.example?x",
            "authorize2:/evil.example/?x",
            "authorize1:\\\\evil.example?x",
            "authorize2:%2f%2fevil.example?x=y",
            "authorize2:..%2f..%2fevil?x",
            "device://evil.example",
            "portal:https://evil.example",
            "authorize2:",
            "authorize2:?x",
            "authorize2:..?x",
            "",
        ];
        for text in tries {
            let address = Destination::parse(text).address();
            let second = address.chars().nth(1).unwrap();
            assert!(address.starts_with('/') && second != '/' && second != '\\', "{text}: {address}");
            let path = address.split('?').next().unwrap();
            assert!(!path.contains("..") && !path.contains('\\') && !path.contains("//"), "{text}: {address}");
        }
    }

    #[test]
    fn a_sign_in_that_was_insisted_on_is_not_asked_for_twice() {
        let asked = authorize(&[("prompt", "login"), ("login_hint", " ana@contoso.example"), ("state", "1")]);
        assert_eq!(asked.login_hint(), Some("ana@contoso.example"));
        assert_eq!(asked.fulfilled(), authorize(&[("state", "1")]));
    }
}
