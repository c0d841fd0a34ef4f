//! Tokens in people's names, over real TLS: what is granted, and every refusal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod oauth_people {
    mod applications;
    mod codes;
    mod discovery;
    mod passwords;
    mod refresh;
}
mod people_support;
mod support;

use serde_json::Value;

/// The claims of a token.
fn payload(token: &Value) -> Value {
    use base64::Engine;
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The service's number of a refusal, once it is one in the form that clients read.
fn code((status, body): (u16, Value)) -> u64 {
    assert!((400..=401).contains(&status), "{status} {body}");
    assert!(body["error"].is_string(), "{body}");
    for name in ["error_description", "timestamp", "trace_id", "correlation_id"] {
        assert!(body[name].is_string(), "{name} in {body}");
    }
    let code = body["error_codes"][0].as_u64().unwrap();
    assert!(body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{code}: ")), "{body}");
    code
}
