//! The licences the tenant owns and how many are given.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use samesign_web::Page;

use super::error::PortalError;
use super::guard::SignedIn;
use super::{Section, grouped, shell};
use crate::context::Context;
use crate::directory::Sku;
use crate::store::licences;

struct Row {
    title: &'static str,
    part_number: &'static str,
    services: String,
    owned: String,
    taken: String,
}

#[derive(Template)]
#[template(path = "portal/licences.html")]
struct LicencesBody {
    rows: Vec<Row>,
}

/// `GET /portal/licences`
pub async fn show(State(context): State<Context>, Extension(signed_in): Extension<SignedIn>) -> Result<Response, PortalError> {
    let seats = context.blocking(|context| context.store.read(licences::seats)).await??;
    let known = seats.iter().filter_map(|seats| Sku::find(&seats.sku).map(|sku| (sku, seats)));
    let mut rows: Vec<Row> = known
        .map(|(sku, seats)| Row {
            title: sku.title,
            part_number: sku.part_number,
            services: sku.plans.iter().map(|plan| plan.name).collect::<Vec<_>>().join(", "),
            owned: grouped(seats.owned),
            taken: grouped(seats.taken),
        })
        .collect();
    rows.sort_by_key(|row| row.title);
    Ok(Page { shell: &shell(&signed_in, Section::Licences), title: "Licences", body: LicencesBody { rows } }.into_response())
}
