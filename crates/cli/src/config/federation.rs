//! The table of the federation service and those of its applications.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use ipnet::IpNet;
use samesign_agent::connect::entra::Url;
use samesign_agent::engine::{Policy, Scope, ScopeOu, Service};
use samesign_federation::{Application, ApplicationProtocol, ChannelBinding, FederationSettings, Lockout, NameSource, Protocol};
use toml::Spanned;

use super::file::{ApplicationTable, Binding, FederationTable, Interval, LockoutTable, PersonName, TokenProtocol};
use super::problem::mend_of_value;
use super::{Checker, Config, ConfigError, Files, Source, Tenant, span};

/// The entity id of Microsoft 365, which is an application without being configured.
const TENANT_IDENTIFIER: &str = "urn:federation:MicrosoftOnline";
/// Where the real service takes its tokens.
const REAL_ORIGIN: &str = "https://login.microsoftonline.com";
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 443);

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);
const TRIES: RangeInclusive<u32> = 1..=100;

/// How the federation service is set up.
#[derive(Debug)]
pub struct Federation {
    /// The name in its addresses and its Kerberos service principal name.
    pub host: String,
    /// Where browsers reach it.
    pub origin: String,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Certificate chain and key for TLS.
    pub certificate: PathBuf,
    /// Whether that file was named, or is the one that `federation setup` makes.
    pub certificate_named: bool,
    /// Signing keys, database, audit log.
    pub folder: PathBuf,
    /// Key of its account.
    pub keytab: Option<PathBuf>,
    /// Realms whose tickets count, upper case.
    pub realms: Vec<String>,
    /// From where Kerberos is asked for.
    pub intranet: Vec<IpNet>,
    /// Proxies whose X-Forwarded-For is believed.
    pub proxies: Vec<IpAddr>,
    /// Whether tickets have to be bound.
    pub channel_binding: ChannelBinding,
    /// Federated domains, lower case.
    pub domains: Vec<String>,
    /// Where the tenant takes its tokens.
    pub tenant_origin: String,
    /// What the tenant speaks.
    pub protocol: Protocol,
    /// The longest session.
    pub session: Duration,
    /// The longest unused session.
    pub session_idle: Duration,
    /// How wrong passwords are counted.
    pub lockout: Lockout,
    /// Applications besides the tenant.
    pub applications: Vec<Application>,
}

impl Config {
    /// What the federation service takes. Fetches the password of the account that reads Active Directory.
    pub fn federation_settings(self) -> Result<FederationSettings> {
        let policy = self.policy();
        let (federation, source) = match (self.federation, self.source) {
            (Some(federation), Source::Ad(source)) => (federation, source),
            _ => anyhow::bail!("the configuration holds no table [federation]"),
        };
        let ad = source.to_connector().context("the service cannot read Active Directory")?;
        Ok(FederationSettings {
            host: federation.host,
            origin: federation.origin,
            listen: federation.listen,
            certificate: federation.certificate,
            folder: federation.folder,
            keytab: federation.keytab,
            realms: federation.realms,
            intranet: federation.intranet,
            proxies: federation.proxies,
            channel_binding: federation.channel_binding,
            domains: federation.domains,
            tenant_origin: federation.tenant_origin,
            protocol: federation.protocol,
            session: federation.session,
            session_idle: federation.session_idle,
            lockout: federation.lockout,
            applications: federation.applications,
            ad,
            policy,
        })
    }

    /// The rules of synchronization as far as a file can tell them: who is in scope, and what the anchor is.
    fn policy(&self) -> Policy {
        let here = |ou: &String| ScopeOu { configured: ou.as_str().into(), guid: None, current: Some(ou.as_str().into()) };
        let dns_domain = match &self.source {
            Source::Ad(source) => source.domain.to_lowercase(),
            Source::Ldif(_) => String::new(),
        };
        Policy {
            scope: Scope { include: self.include.iter().map(here).collect(), exclude: self.exclude.iter().map(here).collect() },
            matching: self.matching,
            adopt: self.adopt,
            guard: self.guard,
            dns_domain: dns_domain.into(),
            netbios_domain: None,
            verified_domains: Vec::new(),
            rules: self.rules.clone(),
            service: Service::default(),
        }
    }
}

impl Checker<'_> {
    pub(super) fn federation(&self, table: Spanned<FederationTable>, source: &Source, tenant: &Tenant) -> Result<Federation, ConfigError> {
        let Source::Ad(ad) = source else {
            let mend = "set kind = \"ad\" in [source]: passwords and tickets are checked by a domain controller, which a file is not";
            return Err(self.fault(&table, "needs Active Directory itself", mend));
        };
        let FederationTable {
            host,
            origin,
            listen,
            certificate,
            folder,
            keytab,
            realms,
            intranet,
            proxies,
            channel_binding,
            domains,
            protocol,
            session,
            session_idle,
            lockout,
            application,
        } = table.into_inner();
        let host = self.host(host)?;
        let listen = listen.map_or(Ok(DEFAULT_LISTEN), |listen| self.listen(&listen))?;
        let folder = self.resolve(&folder);
        let (longest, idle) = self.sessions(&session, session_idle.as_ref())?;
        if let (Some(keytab), true) = (&keytab, intranet.is_empty()) {
            let mend = "name your own networks, from where browsers are asked for a ticket: intranet = [\"10.0.0.0/8\"]";
            return Err(self.fault(keytab, "is never used: no network is in `intranet`", mend));
        }
        Ok(Federation {
            origin: origin.map_or_else(|| Ok(origin_of(&host, listen)), |origin| self.origin(&origin))?,
            listen,
            certificate_named: certificate.is_some(),
            certificate: certificate.map_or_else(|| Ok(folder.join("tls.pem")), |path| self.of_federation(&path))?,
            keytab: keytab.map(|path| self.of_federation(&path)).transpose()?,
            realms: self.realms(realms, &ad.domain)?,
            intranet: intranet.iter().map(|network| self.network(network)).collect::<Result<_, _>>()?,
            proxies: proxies.iter().map(|proxy| self.proxy(proxy)).collect::<Result<_, _>>()?,
            channel_binding: match channel_binding {
                Binding::Off => ChannelBinding::Off,
                Binding::WhenSent => ChannelBinding::WhenSent,
                Binding::Required => ChannelBinding::Required,
            },
            domains: self.domains(domains)?,
            tenant_origin: tenant.endpoint.as_ref().map_or_else(|| REAL_ORIGIN.to_owned(), |url| url.origin().ascii_serialization()),
            protocol: match protocol {
                TokenProtocol::Wsfed => Protocol::WsFederation,
                TokenProtocol::Saml => Protocol::Saml,
            },
            session: longest,
            session_idle: idle,
            lockout: self.lockout(lockout)?,
            applications: self.applications(&application)?,
            host,
            folder,
        })
    }

    /// A file that only the federation service needs.
    fn of_federation(&self, path: &Spanned<PathBuf>) -> Result<PathBuf, ConfigError> {
        match self.files {
            Files::OfFederationToo => self.existing(path),
            Files::MustExist | Files::NotAsked => Ok(self.resolve(path.get_ref())),
        }
    }

    fn host(&self, host: Option<Spanned<String>>) -> Result<String, ConfigError> {
        let host = host.ok_or_else(|| self.missing("federation.host"))?;
        let name = host.get_ref().to_lowercase();
        match is_dns_name(&name) && name.parse::<IpAddr>().is_err() {
            true => Ok(name),
            false => Err(self.fault(&host, "is not the DNS name of a host", mend_of_value(Some("federation.host")))),
        }
    }

    fn listen(&self, listen: &Spanned<String>) -> Result<SocketAddr, ConfigError> {
        let address: SocketAddr = listen
            .get_ref()
            .parse()
            .map_err(|_| self.fault(listen, "is not an address and a port", mend_of_value(Some("federation.listen"))))?;
        match address.port() {
            0 => Err(self.fault(listen, "has no fixed port, which the tenant has to know", mend_of_value(Some("federation.listen")))),
            _ => Ok(address),
        }
    }

    fn origin(&self, origin: &Spanned<String>) -> Result<String, ConfigError> {
        let url = https(origin.get_ref()).filter(|url| url.path() == "/" && url.query().is_none());
        let url = url.ok_or_else(|| {
            self.fault(origin, "is not an https address without path and query", mend_of_value(Some("federation.origin")))
        })?;
        Ok(url.origin().ascii_serialization())
    }

    fn realms(&self, realms: Option<Spanned<Vec<Spanned<String>>>>, domain: &str) -> Result<Vec<String>, ConfigError> {
        let Some(realms) = realms else { return Ok(vec![domain.to_uppercase()]) };
        if realms.get_ref().is_empty() {
            return Err(self.fault(
                &realms,
                "names no realm, so that no ticket would count",
                "leave it out: the realm of `source.domain` counts",
            ));
        }
        realms.into_inner().into_iter().map(|realm| self.realm(realm)).collect()
    }

    fn realm(&self, realm: Spanned<String>) -> Result<String, ConfigError> {
        match is_dns_name(&realm.get_ref().to_lowercase()) {
            true => Ok(realm.get_ref().to_uppercase()),
            false => Err(self.fault(&realm, "is not a Kerberos realm", mend_of_value(Some("federation.realms")))),
        }
    }

    fn network(&self, network: &Spanned<String>) -> Result<IpNet, ConfigError> {
        let text = network.get_ref();
        let parsed = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        let parsed = parsed.map_err(|_| self.fault(network, "is not a network", mend_of_value(Some("federation.intranet"))))?;
        match parsed.prefix_len() {
            0 => Err(self.fault(network, "is the whole internet", "name your own networks: whoever comes from there counts as inside")),
            _ => Ok(parsed.trunc()),
        }
    }

    fn proxy(&self, proxy: &Spanned<String>) -> Result<IpAddr, ConfigError> {
        proxy.get_ref().parse().map_err(|_| self.fault(proxy, "is not an address", mend_of_value(Some("federation.proxies"))))
    }

    fn domains(&self, domains: Option<Spanned<Vec<Spanned<String>>>>) -> Result<Vec<String>, ConfigError> {
        let domains = domains.ok_or_else(|| self.missing("federation.domains"))?;
        if domains.get_ref().is_empty() {
            return Err(self.fault(&domains, "names no domain, so that nobody could sign in", mend_of_value(Some("federation.domains"))));
        }
        let mut names: Vec<String> = Vec::new();
        for domain in domains.get_ref() {
            let name = self.domain(domain)?;
            if let Some(parent) = names.iter().find(|known| is_below(&name, known)) {
                let problem = format!("`{name}` stands beside `{parent}`, from which it inherits");
                return Err(self.fault(domain, problem, "name the parent alone: a subdomain has no settings of its own"));
            }
            names.push(name);
        }
        match names.iter().find(|name| names.iter().any(|other| other != *name && is_below(name, other))) {
            Some(child) => {
                let problem = format!("`{child}` stands beside its parent, from which it inherits");
                Err(self.fault(&domains, problem, "name the parent alone: a subdomain has no settings of its own"))
            }
            None => Ok(names),
        }
    }

    fn domain(&self, domain: &Spanned<String>) -> Result<String, ConfigError> {
        let name = domain.get_ref().to_lowercase();
        if !is_dns_name(&name) || !name.contains('.') {
            return Err(self.fault(domain, format!("`{name}` is not a domain"), mend_of_value(Some("federation.domains"))));
        }
        match is_below(&name, "onmicrosoft.com") {
            true => Err(self.fault(
                domain,
                format!("`{name}` is a domain that Microsoft keeps: it cannot be federated"),
                "name a domain of your own that is verified in the tenant",
            )),
            false => Ok(name),
        }
    }

    fn sessions(&self, longest: &Spanned<Interval>, idle: Option<&Spanned<Interval>>) -> Result<(Duration, Duration), ConfigError> {
        let session = self.within(longest, 5 * MINUTE..=DAY)?;
        let Some(idle) = idle else { return Ok((session, session.min(60 * MINUTE))) };
        Ok((session, self.within(idle, MINUTE..=session)?))
    }

    fn within(&self, length: &Spanned<Interval>, bounds: RangeInclusive<Duration>) -> Result<Duration, ConfigError> {
        let value = length.get_ref().0;
        match bounds.contains(&value) {
            true => Ok(value),
            false => {
                let mend = format!("write a length of time from {:#} to {:#}", span(*bounds.start()), span(*bounds.end()));
                Err(self.fault(length, format!("is {:#}", span(value)), mend))
            }
        }
    }

    fn lockout(&self, table: LockoutTable) -> Result<Lockout, ConfigError> {
        let LockoutTable { unknown_tries_max, familiar_tries_max, window } = table;
        let defaults = Lockout::default();
        let tries = |given: Option<Spanned<u32>>, default| match given {
            None => Ok(default),
            Some(tries) if TRIES.contains(tries.get_ref()) => Ok(*tries.get_ref()),
            Some(tries) => {
                let mend = format!("write a number from {} to {}", TRIES.start(), TRIES.end());
                Err(self.fault(&tries, format!("is {}", tries.get_ref()), mend))
            }
        };
        Ok(Lockout {
            unknown_tries_max: tries(unknown_tries_max, defaults.unknown_tries_max)?,
            familiar_tries_max: tries(familiar_tries_max, defaults.familiar_tries_max)?,
            window: window.map_or(Ok(defaults.window), |window| self.within(&window, MINUTE..=DAY))?,
        })
    }

    fn applications(&self, tables: &[Spanned<ApplicationTable>]) -> Result<Vec<Application>, ConfigError> {
        let mut applications: Vec<Application> = Vec::with_capacity(tables.len());
        for table in tables {
            let application = self.application(table)?;
            let taken =
                application.identifier == TENANT_IDENTIFIER || applications.iter().any(|known| known.identifier == application.identifier);
            if taken {
                let problem = format!("`{}` is the identifier of another application", application.identifier);
                return Err(self.fault_in(table, "federation.application.identifier", &problem));
            }
            applications.push(application);
        }
        Ok(applications)
    }

    fn application(&self, table: &Spanned<ApplicationTable>) -> Result<Application, ConfigError> {
        let ApplicationTable { name, identifier, protocol, reply, sign_out, home, name_id, certificate } = table.get_ref();
        let text = |value: &Option<Spanned<String>>, key: &str| {
            let text = value.as_ref().map(|value| value.get_ref().trim()).filter(|text| !text.is_empty());
            text.map(str::to_owned).ok_or_else(|| self.fault_in(table, key, "is missing"))
        };
        if reply.is_empty() {
            return Err(self.fault_in(table, "federation.application.reply", "names no address, so that no answer could go anywhere"));
        }
        let address = |value: &Spanned<String>, key| match https(value.get_ref()) {
            Some(_) => Ok(value.get_ref().clone()),
            None => Err(self.fault(value, format!("`{}` is not an https address", value.get_ref()), mend_of_value(Some(key)))),
        };
        if let (Some(certificate), TokenProtocol::Wsfed) = (certificate, protocol) {
            let mend = "leave it out, or set protocol = \"saml\": WS-Federation signs no requests";
            return Err(self.fault(certificate, "is never used", mend));
        }
        let optional = |value: &Option<Spanned<String>>, key| value.as_ref().map(|value| address(value, key)).transpose();
        Ok(Application {
            name: text(name, "federation.application.name")?,
            identifier: text(identifier, "federation.application.identifier")?,
            protocol: match protocol {
                TokenProtocol::Wsfed => ApplicationProtocol::WsFederation,
                TokenProtocol::Saml => ApplicationProtocol::Saml,
            },
            reply: reply.iter().map(|reply| address(reply, "federation.application.reply")).collect::<Result<_, _>>()?,
            sign_out: optional(sign_out, "federation.application.sign_out")?,
            home: optional(home, "federation.application.home")?,
            name_id: match name_id {
                PersonName::Upn => NameSource::Upn,
                PersonName::Mail => NameSource::Mail,
                PersonName::Anchor => NameSource::Anchor,
                PersonName::Account => NameSource::Account,
            },
            certificate: certificate.as_ref().map(|path| self.of_federation(path)).transpose()?,
        })
    }
}

fn origin_of(host: &str, listen: SocketAddr) -> String {
    match listen.port() {
        443 => format!("https://{host}"),
        port => format!("https://{host}:{port}"),
    }
}

/// An https address that a token may be sent to: with a host, without user, password and fragment.
fn https(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (url.scheme() == "https" && url.has_host() && plain).then_some(url)
}

/// Whether a domain is another one or below it.
fn is_below(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Letters, digits, hyphens and dots between them, in lower case (RFC 1123, section 2.1).
fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        let sound = label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        sound && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}
