//! `domains/{name}/federationConfiguration`: where the people of a domain sign in, and by which keys that is believed
//! (internalDomainFederation).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::answer::{Answer, GraphError};
use super::listing::collection;
use super::permissions;
use super::request::Request;
use crate::directory::federation;
use crate::store::Store;
use crate::store::federation::{self as rows, Federation, MfaBehavior, PromptLogin, Protocol};
use crate::store::organization;

const TYPE: &str = "#microsoft.graph.internalDomainFederation";
/// Longest certificate, in characters of Base64.
const CERTIFICATE_CHARACTERS_MAX: usize = 16 * 1024;

/// `GET /domains/{name}/federationConfiguration`: one element, where the domain is federated.
pub fn list(store: &Store, request: &Request, name: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_FEDERATION)?;
    let found = store.read(|connection| find(connection, name, None))?;
    Ok(collection(request, &set(&found.domain), vec![shown(&found)]))
}

/// `GET /domains/{name}/federationConfiguration/{id}`
pub fn get(store: &Store, request: &Request, name: &str, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::READ_FEDERATION)?;
    let found = store.read(|connection| find(connection, name, Some(id)))?;
    Ok(Answer::ok(entity(request, &found)))
}

/// `POST /domains/{name}/federationConfiguration`: federates the domain.
pub fn create(store: &Store, request: &Request, name: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::WRITE_FEDERATION)?;
    let mut wanted = blank(name);
    apply(&mut wanted, &super::body::properties(request.object()?))?;
    let made = store.write(|connection| {
        if organization::domain(connection, name)?.is_none() {
            return Err(GraphError::not_found(name));
        }
        let made = federation::create(connection, wanted, request.seconds())?;
        request.record(connection, "federate domain", &made.domain, &told(&made))?;
        Ok(made)
    })?;
    Ok(Answer::created(entity(request, &made), request.url(&format!("{}/{}", path(&made.domain), made.id))))
}

/// `PATCH /domains/{name}/federationConfiguration/{id}`
pub fn update(store: &Store, request: &Request, name: &str, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::WRITE_FEDERATION)?;
    let body = super::body::properties(request.object()?);
    let changed = store.write(|connection| {
        let before = find(connection, name, Some(id))?;
        let mut wanted = before.clone();
        apply(&mut wanted, &body)?;
        let changed = federation::update(connection, &before, wanted, request.seconds())?;
        request.record(connection, "change federation", &changed.domain, &told(&changed))?;
        Ok::<_, GraphError>(changed)
    })?;
    Ok(Answer::ok(entity(request, &changed)))
}

/// `DELETE /domains/{name}/federationConfiguration/{id}`: the domain is managed from then on.
pub fn delete(store: &Store, request: &Request, name: &str, id: &str) -> Result<Answer, GraphError> {
    permissions::require(&request.caller, permissions::WRITE_FEDERATION)?;
    store.write(|connection| {
        let found = find(connection, name, Some(id))?;
        federation::end(connection, &found.domain, request.seconds())?;
        request.record(connection, "make domain managed", &found.domain, "")
    })?;
    Ok(Answer::no_content())
}

/// The settings of a domain; a subdomain has none of its own.
fn find(connection: &Connection, name: &str, id: Option<&str>) -> Result<Federation, GraphError> {
    if organization::domain(connection, name)?.is_none() {
        return Err(GraphError::not_found(name));
    }
    let found = rows::of_domain(connection, name)?.filter(|found| id.is_none_or(|id| found.id.eq_ignore_ascii_case(id)));
    found.ok_or_else(|| GraphError::not_found(id.unwrap_or("federationConfiguration")))
}

fn blank(domain: &str) -> Federation {
    Federation {
        domain: domain.to_owned(),
        id: String::new(),
        issuer: String::new(),
        display_name: None,
        passive: String::new(),
        active: None,
        sign_out: None,
        metadata: None,
        signing: Vec::new(),
        next_signing: None,
        protocol: Protocol::WsFed,
        prompt: None,
        mfa: None,
        signed_requests: false,
        updated: 0,
    }
}

/// Puts the properties of a body into the settings.
fn apply(federation: &mut Federation, body: &Map<String, Value>) -> Result<(), GraphError> {
    for (name, value) in body {
        match name.as_str() {
            "issuerUri" => federation.issuer = text(name, value)?.unwrap_or_default(),
            "displayName" => federation.display_name = text(name, value)?,
            "passiveSignInUri" => federation.passive = text(name, value)?.unwrap_or_default(),
            "activeSignInUri" => federation.active = text(name, value)?,
            "signOutUri" => federation.sign_out = text(name, value)?,
            "metadataExchangeUri" => federation.metadata = text(name, value)?,
            "signingCertificate" => federation.signing = certificate(name, value)?.unwrap_or_default(),
            "nextSigningCertificate" => federation.next_signing = certificate(name, value)?,
            "preferredAuthenticationProtocol" => {
                federation.protocol = choice(name, value, Protocol::from_name)?.unwrap_or(Protocol::WsFed);
            }
            "promptLoginBehavior" => federation.prompt = choice(name, value, PromptLogin::from_name)?,
            "federatedIdpMfaBehavior" => federation.mfa = choice(name, value, MfaBehavior::from_name)?,
            "isSignedAuthenticationRequestRequired" => {
                federation.signed_requests = match value {
                    Value::Null => false,
                    Value::Bool(required) => *required,
                    _ => return Err(invalid(name)),
                };
            }
            // Generated clients send back what they were shown.
            "id" | "signingCertificateUpdateStatus" | "passwordResetUri" => {}
            _ => {
                return Err(GraphError::bad_request(format!(
                    "Property '{name}' does not exist on type 'microsoft.graph.internalDomainFederation'."
                )));
            }
        }
    }
    Ok(())
}

fn text(name: &str, value: &Value) -> Result<Option<String>, GraphError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        _ => Err(invalid(name)),
    }
}

fn choice<T>(name: &str, value: &Value, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, GraphError> {
    text(name, value)?.map(|chosen| read(&chosen).ok_or_else(|| invalid(name))).transpose()
}

/// The DER of a certificate in Base64, with nothing around it.
fn certificate(name: &str, value: &Value) -> Result<Option<Vec<u8>>, GraphError> {
    let Some(text) = text(name, value)? else { return Ok(None) };
    let der = if text.len() <= CERTIFICATE_CHARACTERS_MAX { STANDARD.decode(&text).ok() } else { None };
    let message = || format!("Invalid value specified for property '{name}': it must be the Base64 of a certificate, without PEM lines.");
    Ok(Some(der.ok_or_else(|| GraphError::bad_request(message()))?))
}

fn invalid(name: &str) -> GraphError {
    GraphError::bad_request(format!("Invalid value specified for property '{name}' of resource 'internalDomainFederation'."))
}

fn path(domain: &str) -> String {
    format!("domains/{domain}/federationConfiguration")
}

fn set(domain: &str) -> String {
    format!("domains('{domain}')/federationConfiguration")
}

fn entity(request: &Request, federation: &Federation) -> Value {
    let mut shown = shown(federation);
    if let Some(object) = shown.as_object_mut() {
        let context = format!("$metadata#{}/$entity", set(&federation.domain));
        object.insert("@odata.context".to_owned(), request.url(&context).into());
    }
    shown
}

/// The settings as Graph shows them.
pub fn shown(federation: &Federation) -> Value {
    let Federation {
        domain: _,
        id,
        issuer,
        display_name,
        passive,
        active,
        sign_out,
        metadata,
        signing,
        next_signing,
        protocol,
        prompt,
        mfa,
        signed_requests,
        updated,
    } = federation;
    json!({
        "@odata.type": TYPE,
        "id": id,
        "displayName": display_name,
        "issuerUri": issuer,
        "metadataExchangeUri": metadata,
        "signingCertificate": STANDARD.encode(signing),
        "passiveSignInUri": passive,
        "preferredAuthenticationProtocol": protocol.name(),
        "activeSignInUri": active,
        "signOutUri": sign_out,
        "promptLoginBehavior": prompt.map(PromptLogin::name),
        "isSignedAuthenticationRequestRequired": signed_requests,
        "nextSigningCertificate": next_signing.as_ref().map(|der| STANDARD.encode(der)),
        "signingCertificateUpdateStatus": {
            "certificateUpdateResult": "Success",
            "lastRunDateTime": super::render::time(*updated),
        },
        "federatedIdpMfaBehavior": mfa.map(MfaBehavior::name),
        "passwordResetUri": null,
    })
}

/// For the audit log: whom the domain trusts now.
fn told(federation: &Federation) -> String {
    let print = |der: &[u8]| crate::certificates::thumbprint(der);
    let next = federation.next_signing.as_deref().map(|der| format!(", next {}", print(der))).unwrap_or_default();
    format!("{} with certificate {}{next}", federation.issuer, print(&federation.signing))
}
