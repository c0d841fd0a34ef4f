//! Software that others wrote signs people in through the federation service: Apache with mod_auth_mellon as an application, and
//! MSAL as a program that holds a user name and a password.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![forbid(unsafe_code)]

mod apache;
#[path = "../samba/domain.rs"]
mod domain;
#[path = "../../../tenant/tests/sdk_support/mod.rs"]
mod installed;
mod mellon;
mod msal;
#[path = "../federation/stage.rs"]
mod stage;
#[path = "../samba/tenant.rs"]
mod tenant;

use apache::Apache;
use stage::Stage;

/// One stage for all of them: a domain takes half a minute to make.
#[test]
fn software_of_others_signs_people_in() {
    let apache = Apache::prepare();
    let stage = Stage::start("peers", 12, &apache.application());
    mellon::signs_in_and_out(&stage, &apache);
    stage.convert("federated");
    msal::signs_in_with_a_user_name_and_a_password(&stage);
}
