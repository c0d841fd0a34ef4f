//! The headers that every page carries.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

/// What a page may do. An answer that carries none as an extension gets the strictest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// No scripts at all, nothing from elsewhere, in nobody's frame, forms only to ourselves.
    #[default]
    Own,
    /// Its one form goes to another site, sent by our own script.
    ///
    /// Browsers hold `form-action` against every redirect that follows a form, and where the other site leads on to is not
    /// known here, so nothing is said about it.
    PostsElsewhere,
    /// Its one form goes to one of exactly these sites, sent by our own script, and leads on to no other.
    PostsTo(Vec<Origin>),
    /// It tells these sites of something, each in a frame of its own.
    Tells(Vec<Origin>),
}

/// Scheme, host and port of another site, in the form that a policy can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin of an `https` address; `None` for every other, and for one with a user name in it.
    pub fn of(address: &str) -> Option<Self> {
        let uri: Uri = address.parse().ok()?;
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("https"))?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        authority.as_str().bytes().all(plain).then(|| Self(format!("https://{authority}")))
    }
}

impl Policy {
    fn text(&self) -> String {
        const REST: &str = "style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";
        match self {
            Self::Own => format!("default-src 'none'; form-action 'self'; {REST}"),
            Self::PostsElsewhere => format!("default-src 'none'; script-src 'self'; {REST}"),
            Self::PostsTo(origins) => format!("default-src 'none'; script-src 'self'; form-action {}; {REST}", listed(origins)),
            Self::Tells(origins) => format!("default-src 'none'; form-action 'self'; frame-src {}; {REST}", listed(origins)),
        }
    }

    /// A site that takes what we post may want to know who sent it: it learns our name, never more of the address.
    const fn referrer(&self) -> &'static str {
        match self {
            Self::PostsTo(_) => "strict-origin",
            Self::Own | Self::PostsElsewhere | Self::Tells(_) => "same-origin",
        }
    }
}

/// Origins as a policy names them, each once.
fn listed(origins: &[Origin]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for Origin(origin) in origins {
        if !names.contains(&origin.as_str()) {
            names.push(origin);
        }
    }
    if names.is_empty() { "'none'".to_owned() } else { names.join(" ") }
}

/// Sets them on every answer of the routes it is laid around. Pages hold personal data, so nobody may keep a copy.
pub async fn protect(request: Request, next: Next) -> Response {
    let mut response = protect_in_popup(request, next).await;
    response.headers_mut().insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    response
}

/// The same for pages that applications open in a window of their own and wait for: they would lose sight of that window if it
/// were cut off from its opener.
pub async fn protect_in_popup(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let policy = response.extensions().get::<Policy>().cloned().unwrap_or_default();
    let headers = response.headers_mut();
    // INVARIANT: an origin holds nothing that a header cannot. Were it otherwise, the page would get the strictest policy.
    let text = HeaderValue::try_from(policy.text()).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    headers.insert(header::CONTENT_SECURITY_POLICY, text);
    let fixed = [
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, policy.referrer()),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_of_another_site_over_tls_and_holds_nothing_else() {
        assert_eq!(Origin::of("https://rp.example/login?a=b").map(|origin| origin.0).as_deref(), Some("https://rp.example"));
        assert_eq!(Origin::of("https://rp.example:8443/").map(|origin| origin.0).as_deref(), Some("https://rp.example:8443"));
        assert_eq!(Origin::of("https://[::1]:8443/").map(|origin| origin.0).as_deref(), Some("https://[::1]:8443"));
        for address in [
            "http://rp.example/",
            "https://user@rp.example/",
            "javascript:alert(1)",
            "//rp.example",
            "https:rp",
            "",
            "https://a;b/",
            "https://*.example/",
        ] {
            assert_eq!(Origin::of(address), None, "{address}");
        }
    }

    #[test]
    fn a_policy_names_the_one_site_that_a_form_may_go_to() {
        let origin = |address| Origin::of(address).unwrap();
        let text = Policy::PostsTo(vec![origin("https://rp.example/x"), origin("https://rp.example/y")]).text();
        assert!(text.contains("form-action https://rp.example; "), "{text}");
        assert!(Policy::PostsTo(Vec::new()).text().contains("form-action 'none'; "));
        assert!(
            Policy::Tells(vec![origin("https://a.example/"), origin("https://b.example/")])
                .text()
                .contains("frame-src https://a.example https://b.example; ")
        );
        assert!(Policy::Own.text().contains("form-action 'self'"));
        for policy in [Policy::Own, Policy::PostsElsewhere] {
            assert!(policy.text().starts_with("default-src 'none'") && policy.text().contains("frame-ancestors 'none'"));
        }
    }
}
