//! The tenant's domains, to look at: where their people sign in, and how long that can be believed.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use rusqlite::Connection;
use samesign_web::Page;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::error::PortalError;
use super::guard::SignedIn;
use super::{Section, readable_time, shell};
use crate::context::Context;
use crate::directory::federation::{self, Realm};
use crate::directory::{DirectoryError, acceleration, domains};
use crate::store::federation::{Federation, MfaBehavior, PromptLogin, Protocol};
use crate::store::organization::Domain;
use crate::{certificates, clock};

/// Days before a certificate's end from which the page warns, more each time.
const WARNING_DAYS: [i64; 3] = [35, 15, 5];
const DAY_SECONDS: i64 = 24 * 60 * 60;

#[derive(Template)]
#[template(path = "portal/domains.html")]
struct DomainsBody {
    domains: Vec<Row>,
    services: Vec<Service>,
}

struct Row {
    domain: Domain,
    /// The federated domain that it is or follows.
    root: Option<String>,
    /// Sign-in begins there, for whoever gives no name.
    accelerated: bool,
    /// It would, were the domain federated.
    waits: bool,
}

/// The sign-in service of a federated domain.
struct Service {
    domain: String,
    brand: String,
    /// The settings that a domain federated without any lacks.
    complete: bool,
    details: Vec<(&'static str, String)>,
    certificates: Vec<Certificate>,
}

struct Certificate {
    role: &'static str,
    thumbprint: String,
    until: String,
    /// What is to be done about its end, and the colour of that.
    warning: Option<(String, &'static str)>,
}

/// `GET /portal/domains`
pub async fn show(State(context): State<Context>, Extension(signed_in): Extension<SignedIn>) -> Result<Response, PortalError> {
    let now = clock::now().as_second();
    let body = context.blocking(move |context| context.store.read(|connection| body(connection, now))).await??;
    Ok(Page { shell: &shell(&signed_in, Section::Domains), title: "Domains", body }.into_response())
}

fn body(connection: &Connection, now: i64) -> Result<DomainsBody, DirectoryError> {
    let (mut rows, mut services) = (Vec::new(), Vec::new());
    let policy = acceleration::find(connection)?;
    for domain in domains::list(connection)? {
        let root = match federation::realm(connection, &domain.name)? {
            Realm::Managed => None,
            Realm::Federated { root, settings } => {
                if root == domain.name {
                    services.push(settings.map_or_else(|| Service::missing(&root), |settings| Service::of(&settings, now)));
                }
                Some(root)
            }
        };
        let preferred = policy.as_ref().filter(|policy| policy.domain == domain.name);
        let accelerated = preferred.is_some_and(|policy| policy.service.is_some());
        rows.push(Row { accelerated, waits: preferred.is_some() && !accelerated, domain, root });
    }
    Ok(DomainsBody { domains: rows, services })
}

impl Service {
    fn missing(domain: &str) -> Self {
        Self { domain: domain.to_owned(), brand: domain.to_owned(), complete: false, details: Vec::new(), certificates: Vec::new() }
    }

    fn of(federation: &Federation, now: i64) -> Self {
        let protocol = match federation.protocol {
            Protocol::WsFed => "WS-Federation (wsFed)",
            Protocol::Saml => "SAML 2.0 (saml)",
        };
        let optional = |text: &Option<String>| text.clone().unwrap_or_else(|| "None".to_owned());
        let details = vec![
            ("Protocol", protocol.to_owned()),
            ("Issuer", federation.issuer.clone()),
            ("Browsers sign in at", federation.passive.clone()),
            ("Programs sign in at", optional(&federation.active)),
            ("Programs read about it at", optional(&federation.metadata)),
            ("Sign-out", optional(&federation.sign_out)),
            ("A fresh sign-in is asked for as", federation.prompt.unwrap_or(PromptLogin::Translate).name().to_owned()),
            ("Several factors", federation.mfa.unwrap_or(MfaBehavior::Accept).name().to_owned()),
            ("Requests", if federation.signed_requests { "Signed" } else { "Not signed" }.to_owned()),
        ];
        let signing = std::iter::once(("Current", federation.signing.as_slice()));
        let next = federation.next_signing.iter().map(|der| ("Next", der.as_slice()));
        Self {
            domain: federation.domain.clone(),
            brand: federation.brand().to_owned(),
            complete: true,
            details,
            certificates: signing.chain(next).map(|(role, der)| Certificate::of(role, der, now)).collect(),
        }
    }
}

impl Certificate {
    fn of(role: &'static str, der: &[u8], now: i64) -> Self {
        let until = X509Certificate::from_der(der).map(|(_, certificate)| certificate.validity().not_after.timestamp()).unwrap_or_default();
        Self {
            role,
            thumbprint: certificates::thumbprint(der),
            until: readable_time(until).unwrap_or_default(),
            warning: warning(until, now),
        }
    }
}

/// What is to be done about a certificate that ends at `until`.
fn warning(until: i64, now: i64) -> Option<(String, &'static str)> {
    let [soon, sooner, last] = WARNING_DAYS;
    let days = (until - now).div_euclid(DAY_SECONDS);
    let ends = match days {
        0 => "ends today".to_owned(),
        1 => "ends tomorrow".to_owned(),
        _ => format!("ends in {days} days"),
    };
    if until <= now {
        return Some(("has ended: nobody can sign in with it".to_owned(), "bad"));
    }
    match days {
        _ if days < last => Some((format!("{ends}: register the next one now, or nobody can sign in"), "bad")),
        _ if days < sooner => Some((format!("{ends}: register the next one"), "bad")),
        _ if days < soon => Some((format!("{ends}: it is time for the next one"), "warn")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY_SECONDS, warning};

    #[test]
    fn a_certificate_that_ends_is_warned_of_more_and_more() {
        let told = |days: i64, seconds: i64| warning(1_000_000_000 + days * DAY_SECONDS + seconds, 1_000_000_000);
        assert_eq!(told(35, 0), None);
        assert_eq!(told(35, -1), Some(("ends in 34 days: it is time for the next one".to_owned(), "warn")));
        assert_eq!(told(15, 0).map(|(_, class)| class), Some("warn"));
        assert_eq!(told(15, -1).map(|(_, class)| class), Some("bad"));
        assert_eq!(told(5, -1), Some(("ends in 4 days: register the next one now, or nobody can sign in".to_owned(), "bad")));
        assert!(told(0, 1).is_some_and(|(text, _)| text.starts_with("ends today")));
        assert_eq!(told(0, 0), Some(("has ended: nobody can sign in with it".to_owned(), "bad")));
    }
}
