//! Forms are taken from our own pages only: by a token that belongs to the session, and by what the browser says of the sender.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The token for the forms of the session with this cookie value. The cookie cannot be computed back from it.
pub fn token(session: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, format!("samesign form {session}").as_bytes()))
}

/// Whether a form carries the token of this session. Takes the same time for every wrong one.
pub fn token_is_right(session: &str, given: &str) -> bool {
    verify_slices_are_equal(token(session).as_bytes(), given.as_bytes()).is_ok()
}

/// Whether the browser says that a page of ours sent the request. `own` is scheme, host and port as the client called them.
///
/// `Sec-Fetch-Site` decides where it is sent (every current browser), else `Origin`. A request with neither is refused.
pub fn sent_by_us(headers: &HeaderMap, own: &str) -> bool {
    match (headers.get("sec-fetch-site"), headers.get(header::ORIGIN)) {
        (Some(site), _) if site != "same-origin" => false,
        (_, Some(origin)) => origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()),
        (Some(_), None) => true,
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_token_belongs_to_one_session() {
        assert!(token_is_right("a", &token("a")));
        assert!(!token_is_right("a", &token("b")));
        assert!(!token_is_right("a", ""));
        assert!(!token_is_right("a", "a"));
    }

    #[test]
    fn only_our_own_pages_may_send_a_form() {
        let own = "https://localhost:8443";
        let cases: [(&[(&'static str, &'static str)], bool); 9] = [
            (&[("sec-fetch-site", "same-origin"), ("origin", "https://localhost:8443")], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("origin", "https://localhost:8443")], true),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://localhost:8443")], false),
            (&[("sec-fetch-site", "same-site"), ("origin", "https://localhost:9000")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("origin", "https://evil.example")], false),
            (&[("origin", "null")], false),
            (&[], false),
        ];
        for (headers, expected) in cases {
            let headers: HeaderMap =
                headers.iter().map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
            assert_eq!(sent_by_us(&headers, own), expected, "{headers:?}");
        }
    }
}
