//! The administrator's pages at `/portal`: people and their licences, groups, contacts, what was deleted, sign-ins, the switch for synchronization, domains, licences.
//!
//! Everything is behind [`guard`], which denies by default. People sign in at [`crate::sign_in`].

mod account;
mod contacts;
mod deleted;
mod domains;
mod error;
mod group;
mod groups;
mod guard;
mod licences;
mod list;
mod notice;
mod related;
mod reset;
mod rules;
mod sign_ins;
mod status;
mod synchronization;
mod user;
mod users;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::response::Redirect;
use axum::routing::{get, post};
use jiff::Timestamp;
use samesign_web::{Shell, Tab, headers};

use crate::context::Context;
use crate::sign_in::PRODUCT;
use guard::SignedIn;
pub(crate) use guard::may_administer;
pub(crate) use sign_ins::Attempted;
pub(crate) use status::Status;

/// Forms are small.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// The pages and their files.
pub fn router(context: Context) -> Router {
    Router::new()
        .route("/portal", get(async || Redirect::to("/portal/users")))
        .route("/portal/users", get(users::show).post(account::add))
        .route("/portal/users/new", get(account::show))
        .route("/portal/users/{id}", get(user::show))
        .route("/portal/users/{id}/location", post(user::set_location))
        .route("/portal/users/{id}/licences", post(user::give_licence))
        .route("/portal/users/{id}/licences/remove", post(user::take_licence))
        .route("/portal/users/{id}/password", post(reset::reset))
        .route("/portal/users/{id}/sign-in", post(user::set_sign_in))
        .route("/portal/users/{id}/delete", post(user::delete))
        .route("/portal/groups", get(groups::show))
        .route("/portal/groups/{id}", get(group::show))
        .route("/portal/contacts", get(contacts::list))
        .route("/portal/contacts/{id}", get(contacts::show))
        .route("/portal/deleted", get(deleted::show))
        .route("/portal/deleted/{id}/restore", post(deleted::restore))
        .route("/portal/deleted/{id}/remove", post(deleted::remove))
        .route("/portal/sign-ins", get(sign_ins::show))
        .route("/portal/synchronization", get(synchronization::show).post(synchronization::switch))
        .route("/portal/synchronization/rules", post(rules::switch))
        .route("/portal/synchronization/deletions", post(rules::set_deletions))
        .route("/portal/domains", get(domains::show))
        .route("/portal/licences", get(licences::show))
        .route_layer(middleware::from_fn_with_state(context.clone(), guard::require_administrator))
        .with_state(context)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn(headers::protect))
}

/// A section of the portal, as the tab that is current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Users,
    Groups,
    Contacts,
    Deleted,
    SignIns,
    Synchronization,
    Licences,
    Domains,
}

/// The shell for someone who is signed in.
fn shell(signed_in: &SignedIn, section: Section) -> Shell {
    let tab = |label, href, this| Tab { label, href, current: this == section };
    let tabs = vec![
        tab("Users", "/portal/users", Section::Users),
        tab("Groups", "/portal/groups", Section::Groups),
        tab("Contacts", "/portal/contacts", Section::Contacts),
        tab("Deleted", "/portal/deleted", Section::Deleted),
        tab("Sign-ins", "/portal/sign-ins", Section::SignIns),
        tab("Synchronization", "/portal/synchronization", Section::Synchronization),
        tab("Licences", "/portal/licences", Section::Licences),
        tab("Domains", "/portal/domains", Section::Domains),
    ];
    Shell {
        product: PRODUCT,
        place: signed_in.tenant_name.clone(),
        home: "/portal/users",
        tabs,
        account: Some(samesign_web::Account { name: signed_in.upn.clone(), sign_out: "/sign-out", csrf: signed_in.csrf.clone() }),
        ..Shell::default()
    }
}

/// A time for a person to read; `None` when it is no time. In UTC: who looks may be anywhere.
pub(crate) fn readable_time(seconds: i64) -> Option<String> {
    Timestamp::from_second(seconds).ok().map(|time| time.strftime("%-d %B %Y, %H:%M UTC").to_string())
}

/// A number with a comma between thousands.
fn grouped(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or_default().to_string();
    let leading = digits.len() % 3;
    let groups = digits.char_indices().map(|(index, digit)| match index {
        0 => String::from(digit),
        _ if index % 3 == leading => format!(",{digit}"),
        _ => String::from(digit),
    });
    groups.collect()
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_told_apart() {
        let written: Vec<String> = [0_u64, 12, 999, 1_000, 10_000, 1_234_567].map(grouped).into();
        assert_eq!(written, ["0", "12", "999", "1,000", "10,000", "1,234,567"]);
    }
}
