//! The administrator's pages at `/portal`: people and their licences, the switch for synchronization, domains, licences.
//!
//! Everything but the sign-in is behind [`guard`], which denies by default.

mod account;
mod attempts;
mod domains;
mod error;
mod guard;
mod licences;
mod list;
mod notice;
mod password;
mod sign_in;
mod synchronization;
mod user;
mod users;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::response::Redirect;
use axum::routing::{get, post};
use jiff::Timestamp;
use samesign_web::{Shell, Tab, assets, headers};

use crate::context::Context;
use guard::SignedIn;

/// Forms are small.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// The pages and their files.
pub fn router(context: Context) -> Router {
    let guarded = Router::new()
        .route("/portal", get(async || Redirect::to("/portal/users")))
        .route("/portal/sign-out", post(sign_in::sign_out))
        .route("/portal/password", get(password::show).post(password::change))
        .route("/portal/users", get(users::show).post(account::add))
        .route("/portal/users/new", get(account::show))
        .route("/portal/users/{id}", get(user::show))
        .route("/portal/users/{id}/location", post(user::set_location))
        .route("/portal/users/{id}/licences", post(user::give_licence))
        .route("/portal/users/{id}/licences/remove", post(user::take_licence))
        .route("/portal/synchronization", get(synchronization::show).post(synchronization::switch))
        .route("/portal/domains", get(domains::show))
        .route("/portal/licences", get(licences::show))
        .route_layer(middleware::from_fn_with_state(context.clone(), guard::require_administrator));
    let open = Router::new().route("/portal/sign-in", get(sign_in::show).post(sign_in::sign_in));
    guarded
        .merge(open)
        .with_state(sign_in::State { context, attempts: std::sync::Arc::default() })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .merge(assets::router())
        .route("/", get(async || Redirect::to("/portal/users")))
        .layer(middleware::from_fn(headers::protect))
}

/// A section of the portal, as the tab that is current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Users,
    Synchronization,
    Licences,
    Domains,
    /// A page that belongs to no section.
    None,
}

/// The shell for someone who is signed in.
fn shell(signed_in: &SignedIn, section: Section) -> Shell {
    let tab = |label, href, this| Tab { label, href, current: this == section };
    let tabs = vec![
        tab("Users", "/portal/users", Section::Users),
        tab("Synchronization", "/portal/synchronization", Section::Synchronization),
        tab("Licences", "/portal/licences", Section::Licences),
        tab("Domains", "/portal/domains", Section::Domains),
    ];
    Shell {
        product: "samesign tenant",
        place: signed_in.tenant_name.clone(),
        home: "/portal/users",
        // Before the one-time password is replaced, no section opens.
        tabs: if section == Section::None { Vec::new() } else { tabs },
        account: Some(samesign_web::Account { name: signed_in.upn.clone(), sign_out: "/portal/sign-out", csrf: signed_in.csrf.clone() }),
        notice: None,
    }
}

/// A time for a person to read; `None` when it is no time. In UTC: who looks may be anywhere.
fn readable_time(seconds: i64) -> Option<String> {
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
