//! `/common/userrealm/{upn}`: what clients ask before they send a password, to know whether another server has to be asked first.

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::domain_is_verified;
use super::error::Refusal;
use crate::context::Context;
use crate::origin::Origin;

/// Says of every name in a verified domain that the tenant checks its password, whether or not there is such a user.
pub async fn answer(
    Extension(Origin(origin)): Extension<Origin>,
    State(context): State<Context>,
    Path((_, upn)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    let domain = upn.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase()).unwrap_or_default();
    let asked = domain.clone();
    let own = context.blocking(move |context| context.store.read(|connection| domain_is_verified(connection, &asked))).await??;
    Ok(Json(json!({
        "ver": "1.0",
        "account_type": if own { "Managed" } else { "Unknown" },
        "domain_name": domain,
        "cloud_instance_name": origin.trim_start_matches("https://"),
        "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    })))
}
