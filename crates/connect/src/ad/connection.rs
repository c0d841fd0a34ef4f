//! From a configuration to a bound session: which servers, in which order, and what each of them said.

use std::net::IpAddr;

use ldap3_proto::proto::{LdapExtendedRequest, LdapOp};

use super::address::{self, Protection, ServerAddress};
use super::credential::{Credential, is_blank};
use super::error::{AdError, Attempt, Fault, Refusal, ServerRefusal};
use super::identity::{self, ServerIdentity};
use super::keytab::{self, Key};
use super::sasl::Proof;
use super::session::Session;
use super::tls::Trust;
use super::transport::{HANDSHAKE_TIMEOUT, Transport};
use super::{AdConfig, bind};

/// StartTLS (RFC 4511 4.14).
const START_TLS: &str = "1.3.6.1.4.1.1466.20037";

/// Servers found by DNS that are tried before giving up: a forest may have hundreds.
const FOUND_MAX: usize = 8;

/// What is loaded once and used for every server.
pub(crate) struct Means<'a> {
    config: &'a AdConfig,
    trust: Option<Trust>,
    key: Option<Key>,
}

/// A server of the right domain, with a session to it.
pub(crate) struct Reached {
    pub(crate) session: Session,
    pub(crate) identity: ServerIdentity,
    pub(crate) address: IpAddr,
    /// Whether it is a read-only domain controller.
    pub(crate) read_only: bool,
}

/// Tries the servers one after the other.
pub(crate) async fn open(config: &AdConfig) -> Result<(Session, String, ServerIdentity), AdError> {
    let (reached, server) = first(config, async |means, server| means.reach(server).await).await?;
    Ok((reached.session, server, reached.identity))
}

/// What `attempt` gives with the first server that it succeeds with, and that server's address as it was configured or found.
pub(crate) async fn first<T>(
    config: &AdConfig,
    attempt: impl AsyncFn(&Means<'_>, &ServerAddress) -> Result<T, ServerRefusal>,
) -> Result<(T, String), AdError> {
    let means = Means::prepare(config)?;
    let mut attempts = Vec::new();
    for server in servers(config).await? {
        let name = server.to_string();
        let refusal = match tokio::time::timeout(4 * HANDSHAKE_TIMEOUT, attempt(&means, &server)).await {
            Ok(Ok(success)) => return Ok((success, name)),
            Ok(Err(ServerRefusal::Credentials(reason))) => {
                return Err(AdError::Credentials { server: name, user: config.user.clone(), reason });
            }
            Ok(Err(refusal)) => refusal,
            Err(_) => Fault::Silent.into(),
        };
        tracing::warn!(server = %name, reason = %super::error::Chain(&refusal), "domain controller left out");
        attempts.push(Attempt { server: name, refusal });
    }
    Err(AdError::NoServer { domain: config.domain.clone(), attempts })
}

pub(crate) async fn servers(config: &AdConfig) -> Result<Vec<ServerAddress>, AdError> {
    if !config.servers.is_empty() {
        return Ok(config.servers.clone());
    }
    let unknown = |reason| AdError::Dns { domain: config.domain.clone(), reason };
    let mut found = address::discover(&config.domain).await.map_err(unknown)?;
    if found.is_empty() {
        return Err(unknown("it names none".to_owned()));
    }
    found.truncate(FOUND_MAX);
    Ok(found)
}

impl<'a> Means<'a> {
    fn prepare(config: &'a AdConfig) -> Result<Self, AdError> {
        let blank = || AdError::BlankPassword { user: config.user.clone() };
        match &config.credential {
            Credential::Password(password) if is_blank(password) => Err(blank()),
            Credential::KerberosPassword(password) if is_blank(password) => Err(blank()),
            Credential::Password(_) => Ok(Self { config, trust: Some(Trust::load(config.ca.as_deref())?), key: None }),
            Credential::KerberosPassword(_) => Ok(Self { config, trust: None, key: None }),
            Credential::Keytab(path) => Ok(Self { config, trust: None, key: Some(keytab::load(path, &config.user)?) }),
        }
    }

    pub(crate) fn config(&self) -> &AdConfig {
        self.config
    }

    /// Connects, proves who we are, and asks who it is.
    pub(crate) async fn reach(&self, server: &ServerAddress) -> Result<Reached, ServerRefusal> {
        let (mut session, address) = self.session(server).await?;
        let root = identity::root_dse(&mut session).await?;
        let identity = identity::complete(&mut session, &root, &self.config.user).await?;
        belongs(&identity, &self.config.domain)?;
        Ok(Reached { session, identity, address, read_only: root.read_only })
    }

    /// What proves the account to Kerberos.
    pub(crate) fn proof(&self) -> Result<Proof<'_>, ServerRefusal> {
        match (&self.config.credential, &self.key) {
            (Credential::Password(password) | Credential::KerberosPassword(password), _) => {
                Ok(Proof::Password { user: &self.config.user, password })
            }
            (Credential::Keytab(_), Some(key)) => Ok(Proof::Key(key)),
            (Credential::Keytab(_), None) => Err(ServerRefusal::Wrong("nothing to prove the account with".to_owned())),
        }
    }

    async fn session(&self, server: &ServerAddress) -> Result<(Session, IpAddr), ServerRefusal> {
        match (&self.config.credential, &self.trust) {
            (Credential::Password(password), Some(trust)) => {
                let (mut session, address) = secured(server, trust).await?;
                bind::simple(&mut session, &self.config.user, password).await?;
                Ok((session, address))
            }
            _ => self.sealed(server, &self.proof()?).await,
        }
    }

    /// Kerberos seals the session itself, on the port without TLS: domain controllers refuse to seal twice.
    async fn sealed(&self, server: &ServerAddress, proof: &Proof<'_>) -> Result<(Session, IpAddr), ServerRefusal> {
        let port = if server.protection == Protection::Ldaps { 389 } else { server.port };
        let (socket, address) = Transport::connect(&server.host, port).await.map_err(ServerRefusal::Unreachable)?;
        let mut session = Session::new(Transport::Bare(socket));
        let host = identity::root_dse(&mut session).await?.dns_host_name.to_lowercase();
        // The name comes unprotected: it may only choose among the hosts of this domain, which must then prove to be it.
        if !host.ends_with(&format!(".{}", self.config.domain.to_lowercase())) {
            return Err(ServerRefusal::Wrong(format!("it calls itself \"{host}\", which is not a host of {}", self.config.domain)));
        }
        let kdc = address.ip();
        let mut session = bind::sealed(session, proof, &self.config.domain, &host, kdc, self.config.ntlm).await?;
        let now = identity::root_dse(&mut session).await?.dns_host_name;
        now.eq_ignore_ascii_case(&host).then_some((session, kdc)).ok_or(ServerRefusal::Injected)
    }
}

/// A session inside TLS.
pub(crate) async fn secured(server: &ServerAddress, trust: &Trust) -> Result<(Session, IpAddr), ServerRefusal> {
    let (socket, address) = Transport::connect(&server.host, server.port).await.map_err(ServerRefusal::Unreachable)?;
    let socket = match server.protection {
        Protection::Ldaps => socket,
        Protection::StartTls => {
            let mut session = Session::new(Transport::Bare(socket));
            start_tls(&mut session).await?;
            match session.into_transport() {
                Some(Transport::Bare(socket)) => socket,
                _ => return Err(ServerRefusal::Injected),
            }
        }
    };
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, trust.secure(socket, &server.host)).await {
        Ok(stream) => Ok((Session::new(Transport::Tls(Box::new(stream?))), address.ip())),
        Err(_) => Err(Fault::Silent.into()),
    }
}

async fn start_tls(session: &mut Session) -> Result<(), ServerRefusal> {
    let request = LdapExtendedRequest { name: START_TLS.to_owned(), value: None };
    let id = session.send(LdapOp::ExtendedRequest(request), Vec::new()).await?;
    match session.answer(id).await?.op {
        LdapOp::ExtendedResponse(response) => Refusal::of(&response.res).map_or(Ok(()), |refusal| Err(ServerRefusal::StartTls(refusal))),
        _ => Err(Fault::Unexpected.into()),
    }
}

/// Whether the server serves the domain that was configured: a foreign one would make everybody absent.
fn belongs(identity: &ServerIdentity, domain: &str) -> Result<(), ServerRefusal> {
    let context: Vec<String> = domain.trim_end_matches('.').split('.').map(|label| format!("DC={label}")).collect();
    if identity.default_naming_context.eq_ignore_ascii_case(&context.join(",")) {
        return Ok(());
    }
    Err(ServerRefusal::Wrong(format!("it serves {}, not {domain}: check `domain` in [source]", identity.default_naming_context)))
}
