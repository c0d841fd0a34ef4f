//! What the service is told by its configuration.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use samesign_connect::ad::AdConfig;
use samesign_engine::Policy;

/// Everything that `[federation]` and the tables beside it say.
///
/// It holds the password of the service's own account in Active Directory (in `ad`), so it can neither be printed nor copied.
pub struct FederationSettings {
    /// The name in every address of the service and in its Kerberos service principal name, `sts.example.com`.
    pub host: String,
    /// Where browsers reach it, `https://sts.example.com`: with a port only when it is not 443.
    pub origin: String,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Certificate chain and key for TLS, one PEM file.
    pub certificate: PathBuf,
    /// Signing keys, database, audit log.
    pub folder: PathBuf,
    /// Key of the service's account; without one there is only the form.
    pub keytab: Option<PathBuf>,
    /// Kerberos realms whose tickets count, upper case.
    pub realms: Vec<String>,
    /// From where Kerberos is asked for before the form.
    pub intranet: Vec<IpNet>,
    /// Proxies whose X-Forwarded-For is believed.
    pub proxies: Vec<IpAddr>,
    /// Whether a ticket has to be bound to the TLS connection.
    pub channel_binding: ChannelBinding,
    /// Domains of the tenant that are federated through this service, lower case. A subdomain inherits from its parent.
    pub domains: Vec<String>,
    /// Where the tenant takes its tokens: `https://login.microsoftonline.com`, or the local tenant's address.
    pub tenant_origin: String,
    /// What a converted domain is told to speak.
    pub protocol: Protocol,
    /// The longest a session lasts.
    pub session: Duration,
    /// The longest a session lasts unused.
    pub session_idle: Duration,
    /// How wrong passwords are counted.
    pub lockout: Lockout,
    /// Applications besides the tenant.
    pub applications: Vec<Application>,
    /// How Active Directory is reached.
    pub ad: AdConfig,
    /// The rules of synchronization: who is in scope, and what the anchor is.
    pub policy: Policy,
}

/// Extended protection (RFC 5929 `tls-server-end-point`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelBinding {
    /// Not looked at: for a service behind a proxy that ends TLS.
    Off,
    /// A binding that was sent has to be right. What was not bound is accepted.
    WhenSent,
    /// Every ticket has to be bound.
    Required,
}

/// What the tenant speaks with the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// WS-Federation and WS-Trust with SAML 1.1 tokens: browsers and Windows alike.
    WsFederation,
    /// SAML 2.0: browsers only.
    Saml,
}

/// Wrong passwords. Stays below Active Directory's own threshold, so that strangers cannot lock an account there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lockout {
    /// Wrong tries from addresses from which the person never signed in before, all of them together.
    pub unknown_tries_max: u32,
    /// Wrong tries from addresses from which the person did.
    pub familiar_tries_max: u32,
    /// How long a wrong try counts.
    pub window: Duration,
}

impl Default for Lockout {
    fn default() -> Self {
        Self { unknown_tries_max: 5, familiar_tries_max: 5, window: Duration::from_secs(30 * 60) }
    }
}

/// An application that trusts the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// What people call it, on the home page.
    pub name: String,
    /// wtrealm or entity id; the audience of its tokens.
    pub identifier: String,
    /// What it speaks.
    pub protocol: ApplicationProtocol,
    /// Where answers may go (`https` only, compared byte for byte); the first is the standard one.
    pub reply: Vec<String>,
    /// Where it is told of a sign-out.
    pub sign_out: Option<String>,
    /// Where a person starts it; without one it is not on the home page.
    pub home: Option<String>,
    /// What names the person.
    pub name_id: NameSource,
    /// PEM file with the certificates of the keys that sign its requests (SAML 2.0). With one, a request that none of them signed is
    /// refused; without, requests need no signature.
    pub certificate: Option<PathBuf>,
}

/// What an application speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationProtocol {
    /// WS-Federation with SAML 1.1.
    WsFederation,
    /// SAML 2.0.
    Saml,
}

/// What names the person in an application's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameSource {
    /// userPrincipalName.
    Upn,
    /// mail; who has none is not vouched for.
    Mail,
    /// The anchor.
    Anchor,
    /// `DOMAIN\account`.
    Account,
}
