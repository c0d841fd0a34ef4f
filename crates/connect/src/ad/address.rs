//! How a domain controller is named in the configuration, and how it is found in DNS when none is.

use std::fmt;
use std::str::FromStr;

use hickory_resolver::proto::rr::RData;
use hickory_resolver::{Resolver, TokioResolver};

/// How the session gets its protection. There is no third way: plain LDAP does not exist here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// `ldaps://`: TLS from the first byte, port 636.
    Ldaps,
    /// `ldap://`: StartTLS before anything else, port 389.
    StartTls,
}

/// A domain controller named in `servers`: `ldaps://host[:port]` or `ldap://host[:port]` (StartTLS).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// TLS at once, or StartTLS.
    pub protection: Protection,
    /// A DNS name or an IP address (IPv6 without brackets). The certificate must be for it.
    pub host: String,
    /// As given, else 636 or 389.
    pub port: u16,
}

/// The text is not `ldaps://host[:port]` or `ldap://host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not a server address: write \"ldaps://dc1.corp.example.com\", or \"ldap://…\" for StartTLS, with \":port\" where needed"
)]
pub struct AddressError(String);

impl FromStr for ServerAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError(text.to_owned());
        let (scheme, rest) = text.trim().split_once("://").ok_or_else(wrong)?;
        let protection = match scheme.to_ascii_lowercase().as_str() {
            "ldaps" => Protection::Ldaps,
            "ldap" => Protection::StartTls,
            _ => return Err(wrong()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(rest).ok_or_else(wrong)?;
        let plausible = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte));
        let port = match port {
            Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?,
            None => protection.port(),
        };
        plausible.then(|| Self { protection, host: host.to_owned(), port }).ok_or_else(wrong)
    }
}

fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        return Some((host, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) }));
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => Some((host, Some(port))),
        Some(_) => None,
        None => Some((text, None)),
    }
}

impl Protection {
    fn port(self) -> u16 {
        match self {
            Self::Ldaps => 636,
            Self::StartTls => 389,
        }
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.protection == Protection::Ldaps { "ldaps" } else { "ldap" };
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{scheme}://{open}{}{close}", self.host)?;
        if self.port != self.protection.port() { write!(f, ":{}", self.port) } else { Ok(()) }
    }
}

/// The domain controllers of a domain by DNS (`_ldap._tcp.dc._msdcs.DOMAIN`), best first: by priority, then weight.
pub(crate) async fn discover(domain: &str) -> Result<Vec<ServerAddress>, String> {
    let resolver = Resolver::builder_tokio().and_then(|builder| builder.build()).map_err(|error| error.to_string())?;
    ask(&resolver, domain).await
}

pub(crate) async fn ask(resolver: &TokioResolver, domain: &str) -> Result<Vec<ServerAddress>, String> {
    let name = format!("_ldap._tcp.dc._msdcs.{}.", domain.trim_end_matches('.'));
    let answer = resolver.srv_lookup(name.as_str()).await.map_err(|error| error.to_string())?;
    let records = answer.answers().iter().filter_map(|record| match &record.data {
        RData::SRV(record) => Some(record),
        _ => None,
    });
    let mut found: Vec<(u16, u16, String)> = records
        .map(|record| (record.priority, u16::MAX - record.weight, record.target.to_utf8().trim_end_matches('.').to_lowercase()))
        .filter(|(.., host)| !host.is_empty())
        .collect();
    found.sort();
    let mut hosts = Vec::new();
    for (.., host) in found {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    Ok(hosts.into_iter().map(|host| ServerAddress { protection: Protection::Ldaps, host, port: 636 }).collect())
}
