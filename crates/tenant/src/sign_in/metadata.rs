//! What the tenant says of itself to sign-in services: who it is, where it takes their answers, where it is told of a sign-out.

use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use samesign_wire::saml::Signer;
use samesign_wire::saml::metadata::RelyingPartyMetadata;

use super::error::PageError;
use crate::context::Context;
use crate::identity::federated::{AUDIENCE, REPLY_PATH};
use crate::origin::Origin;
use crate::random;
use crate::store::federation;

/// `GET /federationmetadata/2007-06/federationmetadata.xml`: for WS-Federation.
pub async fn ws_federation(State(context): State<Context>, Extension(origin): Extension<Origin>) -> Result<Response, PageError> {
    let (metadata, context) = read(context, origin).await?;
    Ok(answer(metadata.write_wsfed(Some(&*context.token_key))?))
}

/// `GET /federationmetadata/saml20/federationmetadata.xml`: for SAML 2.0.
pub async fn saml(State(context): State<Context>, Extension(origin): Extension<Origin>) -> Result<Response, PageError> {
    let (metadata, context) = read(context, origin).await?;
    Ok(answer(metadata.write_saml2(Some(&*context.token_key))?))
}

async fn read(context: Context, Origin(origin): Origin) -> Result<(RelyingPartyMetadata, Context), PageError> {
    let signs = |context: &Context| context.store.read(federation::all);
    // A service that is told of a key wants every request signed with it.
    let signs = context.blocking(signs).await??.iter().any(|federation| federation.signed_requests);
    let certificates = if signs { vec![context.token_key.certificate().to_vec()] } else { Vec::new() };
    let reply = format!("{origin}{REPLY_PATH}");
    let metadata = RelyingPartyMetadata {
        id: format!("_{}", random::uuid()?),
        entity_id: AUDIENCE.to_owned(),
        sign_out: Some(reply.clone()),
        reply,
        certificates,
        valid_until: None,
    };
    Ok((metadata, context))
}

fn answer(document: String) -> Response {
    ([(header::CONTENT_TYPE, "application/samlmetadata+xml")], document).into_response()
}
