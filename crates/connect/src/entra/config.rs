//! Which tenant, and where its services are.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use samesign_wire::provisioning::names;

use super::error::EntraError;

/// The tenant and the application that works there. The private key itself is in the file.
#[derive(Clone, Debug)]
pub struct EntraConfig {
    /// The tenant's id, its `onmicrosoft.com` name or a verified domain.
    pub tenant: String,
    /// A local tenant; `None` is the real service.
    pub endpoint: Option<Url>,
    /// A PEM file with the authorities to trust; `None` trusts those of the system.
    pub ca: Option<PathBuf>,
    /// The application's client id.
    pub client_id: String,
    /// A PEM file with the application's certificate and its RSA key.
    pub certificate: PathBuf,
    /// How long a connection may take to open.
    pub connect_timeout: Duration,
    /// How long a request may take in all. Must be shorter than the agent's lease.
    pub request_timeout: Duration,
}

impl EntraConfig {
    /// The real service, with the authorities of the system and the default times (10 seconds, 6 minutes).
    pub fn new(tenant: &str, client_id: &str, certificate: PathBuf) -> Self {
        Self {
            tenant: tenant.to_owned(),
            endpoint: None,
            ca: None,
            client_id: client_id.to_owned(),
            certificate,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(360),
        }
    }
}

/// The addresses of one tenant's services.
pub struct Endpoints {
    pub token: Url,
    /// Ends in `/v1.0/`.
    pub graph: Url,
    pub provisioning: Url,
    /// Whether this is the local tenant on this very machine, which no proxy can reach.
    pub loopback: bool,
}

impl Endpoints {
    pub fn of(config: &EntraConfig) -> Result<Self, EntraError> {
        let Some(endpoint) = &config.endpoint else {
            return Ok(Self {
                token: joined(&parsed("https://login.microsoftonline.com")?, &[&config.tenant, "oauth2", "v2.0", "token"])?,
                graph: parsed("https://graph.microsoft.com/v1.0/")?,
                provisioning: parsed(&format!("https://{}{}", names::HOST, names::PATH))?,
                loopback: false,
            });
        };
        let plain = endpoint.query().is_none() && endpoint.fragment().is_none() && endpoint.username().is_empty();
        if endpoint.scheme() != "https" || !endpoint.has_host() || !plain || endpoint.password().is_some() {
            return Err(EntraError::Endpoint { endpoint: without_user(endpoint) });
        }
        Ok(Self {
            token: joined(endpoint, &[&config.tenant, "oauth2", "v2.0", "token"])?,
            graph: joined(endpoint, &["v1.0", ""])?,
            provisioning: joined(endpoint, &[names::PATH.trim_start_matches('/')])?,
            loopback: is_loopback(endpoint),
        })
    }

    /// Whether the provisioning service may send us to `url`: over https, and to a host beside the configured one.
    ///
    /// INVARIANT: the request carries a token that can rewrite the whole tenant, so no answer may lead it elsewhere.
    pub fn may_redirect_to(&self, url: &Url) -> bool {
        let (Some(here), Some(there)) = (self.provisioning.host_str(), url.host_str()) else { return false };
        let plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
        let beside = parent_domain(here).is_some_and(|parent| parent_domain(there) == Some(parent));
        plain && (here == there || beside)
    }

    /// Whether `url` is in this tenant's Graph: same scheme, host, port and version.
    pub fn is_graph(&self, url: &Url) -> bool {
        url.origin() == self.graph.origin() && url.path().starts_with(self.graph.path())
    }
}

/// Host and port, to name in messages.
pub fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// `adminwebservice.microsoftonline.com` -> `microsoftonline.com`. An address or a bare name has none.
fn parent_domain(host: &str) -> Option<&str> {
    let address = host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok();
    host.split_once('.').map(|(_, parent)| parent).filter(|parent| !address && parent.contains('.'))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn parsed(text: &str) -> Result<Url, EntraError> {
    Url::parse(text).map_err(|_| EntraError::Endpoint { endpoint: text.to_owned() })
}

fn joined(base: &Url, segments: &[&str]) -> Result<Url, EntraError> {
    let mut url = base.clone();
    url.path_segments_mut().map_err(|()| EntraError::Endpoint { endpoint: without_user(base) })?.pop_if_empty().extend(segments);
    Ok(url)
}

fn without_user(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), host_of(url), url.path())
}
