//! The tenant's domains, to look at.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use samesign_web::Page;

use super::error::PortalError;
use super::guard::SignedIn;
use super::{Section, shell};
use crate::context::Context;
use crate::directory::domains;
use crate::store::organization::Domain;

#[derive(Template)]
#[template(path = "portal/domains.html")]
struct DomainsBody {
    domains: Vec<Domain>,
}

/// `GET /portal/domains`
pub async fn show(State(context): State<Context>, Extension(signed_in): Extension<SignedIn>) -> Result<Response, PortalError> {
    let domains = context.blocking(|context| context.store.read(domains::list)).await??;
    Ok(Page { shell: &shell(&signed_in, Section::Domains), title: "Domains", body: DomainsBody { domains } }.into_response())
}
