//! Single Sign-On from end to end: whoever is signed in to the domain is signed in at the tenant, and is not asked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![forbid(unsafe_code)]

#[path = "../samba/domain.rs"]
mod domain;
mod stage;
#[path = "../samba/tenant.rs"]
mod tenant;

use stage::Stage;

#[test]
fn who_is_signed_in_to_the_domain_is_signed_in_everywhere() {
    let stage = Stage::start("federation", 12, "");
    stage.convert("federated");
    assert_eq!(stage.authentication_type(), "Federated");
    let person = Stage::person(1);
    let ticket = stage.ticket(&person.account());
    let start = format!("{}/?whr={}", stage.tenant.endpoint, stage::SUFFIX);
    let jar = stage.path("jar");
    let page = stage.curl(Some(&ticket), &jar, &[&start]);
    panic!("{page:?}");
}
