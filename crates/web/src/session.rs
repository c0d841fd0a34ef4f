//! The cookies that tie a browser to its session. What a session is, and when it ends, is for its owner to keep.

use axum::http::{HeaderMap, HeaderValue, header};

/// A cookie of ours: sent over TLS only, for this host only, never shown to scripts.
///
/// The `__Host-` prefix makes browsers enforce the first two (RFC 6265bis section 4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// A signed-in session: one for every page and application of this browser.
    Session,
    /// The form of a browser that is not signed in yet: protects the sign-in itself.
    Form,
    /// [`Cookie::Session`] at the federation service. Cookies know no ports: on one host the two would take each other's place.
    FederationSession,
    /// [`Cookie::Form`] at the federation service.
    FederationForm,
}

impl Cookie {
    const fn name(self) -> &'static str {
        match self {
            Self::Session => "__Host-samesign-session",
            Self::Form => "__Host-samesign-form",
            Self::FederationSession => "__Host-samesign-federation-session",
            Self::FederationForm => "__Host-samesign-federation-form",
        }
    }

    /// Its value in a request. A name that occurs twice counts as absent: one of the two was not set by us.
    pub fn read(self, headers: &HeaderMap) -> Option<String> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(name, value)| *name == self.name() && is_token(value)).map(|(_, value)| value.to_owned());
        match (values.next(), values.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    /// A `Set-Cookie` header that lasts until the browser ends. `token` must be Base64url; anything else clears the cookie.
    pub fn set(self, token: &str) -> HeaderValue {
        let line = format!("{}={token}; Path=/; Secure; HttpOnly; SameSite=Lax", self.name());
        match HeaderValue::try_from(line) {
            Ok(value) if is_token(token) => value,
            _ => self.clear(),
        }
    }

    /// A `Set-Cookie` header that removes it.
    pub fn clear(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Session => "__Host-samesign-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
            Self::Form => "__Host-samesign-form=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
            Self::FederationSession => "__Host-samesign-federation-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
            Self::FederationForm => "__Host-samesign-federation-form=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
        })
    }
}

/// 256 bits in Base64url without padding.
fn is_token(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn request(cookies: &[&str]) -> HeaderMap {
        cookies.iter().map(|line| (header::COOKIE, HeaderValue::from_str(line).unwrap())).collect()
    }

    #[test]
    fn a_cookie_is_read_among_others_and_never_when_it_is_ambiguous() {
        let ours = format!("__Host-samesign-session={TOKEN}");
        assert_eq!(Cookie::Session.read(&request(&[&format!("a=b; {ours}; c=d")])).as_deref(), Some(TOKEN));
        assert_eq!(Cookie::Session.read(&request(&["a=b", &ours])).as_deref(), Some(TOKEN));
        assert_eq!(Cookie::Session.read(&request(&[&format!("{ours}; {ours}")])), None);
        assert_eq!(Cookie::Session.read(&request(&["__Host-samesign-session=short"])), None);
        assert_eq!(Cookie::Form.read(&request(&[&ours])), None);
    }

    #[test]
    fn a_cookie_never_carries_what_is_not_a_token() {
        assert!(
            Cookie::Session.set(TOKEN).to_str().unwrap().starts_with(&format!("__Host-samesign-session={TOKEN}; Path=/; Secure; HttpOnly"))
        );
        assert_eq!(Cookie::Session.set("x; Domain=evil.example"), Cookie::Session.clear());
    }
}
