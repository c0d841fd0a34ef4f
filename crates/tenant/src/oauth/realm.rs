//! `/common/userrealm/{upn}`: what clients ask before they send a password, to know whether another server has to be asked first.

use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use samesign_wire::wsfed::SignIn;
use serde::Deserialize;
use serde_json::{Value, json};

use super::domain_is_verified;
use super::error::Refusal;
use crate::context::Context;
use crate::directory::domain_of;
use crate::directory::federation::{self, Realm};
use crate::identity::federated::AUDIENCE;
use crate::origin::Origin;
use crate::store::federation::Federation;
use crate::store::fold;

/// Which form of the answer is wanted: `1.0` for programs, `2.x` for pages.
#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(rename = "api-version")]
    version: Option<String>,
}

/// Where people of a domain sign in, as far as a stranger is told.
enum Told {
    Unknown,
    Managed,
    Federated(Option<Box<Federation>>),
}

/// Says the same of every name in a domain, whether or not there is such a user.
pub async fn answer(
    Extension(Origin(origin)): Extension<Origin>,
    State(context): State<Context>,
    Path((_, upn)): Path<(String, String)>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(Asked { version }) = asked.unwrap_or_default();
    let domain = domain_of(&fold(&upn)).unwrap_or_default();
    let name = domain.clone();
    let look_up = move |context: &Context| context.store.read(|connection| look_up(connection, &name));
    let told = context.blocking(look_up).await??;
    Ok(Json(match version {
        Some(version) if version.starts_with("2.") => for_pages(&upn, &domain, &told, &origin),
        _ => for_programs(&domain, &told, &origin),
    }))
}

fn look_up(connection: &rusqlite::Connection, domain: &str) -> Result<Told, Refusal> {
    Ok(match federation::realm(connection, domain)? {
        Realm::Federated { settings, .. } => Told::Federated(settings),
        Realm::Managed if domain_is_verified(connection, domain)? => Told::Managed,
        Realm::Managed => Told::Unknown,
    })
}

fn for_programs(domain: &str, told: &Told, origin: &str) -> Value {
    let mut answer = json!({
        "ver": "1.0",
        "account_type": match told {
            Told::Unknown => "Unknown",
            Told::Managed => "Managed",
            Told::Federated(_) => "Federated",
        },
        "domain_name": domain,
        "cloud_instance_name": origin.trim_start_matches("https://"),
        "cloud_audience_urn": AUDIENCE,
    });
    if let (Told::Federated(settings), Some(answer)) = (told, answer.as_object_mut()) {
        // Programs speak WS-Trust whatever protocol browsers use.
        answer.insert("federation_protocol".to_owned(), "WSTrust".into());
        let settings = settings.as_deref();
        answer.insert("federation_metadata_url".to_owned(), settings.and_then(|settings| settings.metadata.as_deref()).into());
        answer.insert("federation_active_auth_url".to_owned(), settings.and_then(|settings| settings.active.as_deref()).into());
    }
    answer
}

fn for_pages(upn: &str, domain: &str, told: &Told, origin: &str) -> Value {
    let (kind, state) = match told {
        Told::Unknown => ("Unknown", 4),
        Told::Managed => ("Managed", 4),
        Told::Federated(_) => ("Federated", 3),
    };
    let mut answer = json!({
        "State": state,
        "UserState": 1,
        "Login": upn,
        "NameSpaceType": kind,
        "DomainName": domain,
        "FederationBrandName": null,
        "CloudInstanceName": origin.trim_start_matches("https://"),
        "CloudInstanceIssuerUri": AUDIENCE,
    });
    if let (Told::Federated(Some(settings)), Some(answer)) = (told, answer.as_object_mut()) {
        let request =
            SignIn { realm: AUDIENCE.to_owned(), username: Some(upn.to_owned()), context: Some(String::new()), ..SignIn::default() };
        let separator = if settings.passive.contains('?') { '&' } else { '?' };
        answer.insert("AuthURL".to_owned(), format!("{}{separator}{}", settings.passive, request.to_query()).into());
        answer.insert("FederationBrandName".to_owned(), settings.brand().into());
    }
    answer
}
