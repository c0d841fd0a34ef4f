//! Who is vouched to: the tenant, and the applications of the configuration. Where an answer goes is decided here and nowhere else.

use std::path::Path;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use samesign_web::headers::Origin;
use samesign_wire::saml::{AskedFormat, NameIdFormat, VerifyingKey};

use crate::claims::{self, TENANT};
use crate::{Application, ApplicationProtocol, FederationSettings, NameSource};

/// Somebody who trusts the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Party {
    /// What people call it.
    pub name: String,
    /// How it calls itself, and the audience of its tokens.
    pub identifier: String,
    /// Which claims it gets.
    pub kind: Kind,
    /// Where answers may go; the first is the standard one. INVARIANT: not empty, each has an [`Origin`].
    reply: Vec<String>,
    /// Where it is told of a sign-out.
    pub sign_out: Option<String>,
    /// Where a person starts it.
    pub home: Option<String>,
    /// Keys that sign its requests; none where its requests need no signature.
    pub signers: Vec<VerifyingKey>,
    /// Where answers are sent on to stands nowhere in the configuration: Microsoft 365 redirects to whatever was asked for.
    wanders: bool,
}

/// Kinds of parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The tenant: it speaks both protocols, so that a domain can be converted from one to the other while people sign in.
    Tenant,
    /// An application.
    Application {
        /// What it speaks.
        protocol: ApplicationProtocol,
        /// What names the person.
        name_id: NameSource,
    },
}

/// An address that stands in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReplyAddress {
    /// The whole address.
    pub url: String,
    /// Which sites the answer may come to on its way; empty when that is not known.
    ///
    /// Browsers hold `form-action` against the redirects after a form as well (seen with Chromium), so that the other addresses of
    /// the application are among them.
    pub way: Vec<Origin>,
}

/// A table `[[federation.application]]` that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the application {application} cannot be used: {reason}")]
pub struct BadApplication {
    /// Its name.
    pub application: String,
    /// What is wrong, and what to do.
    pub reason: String,
}

/// Everybody who trusts the service.
#[derive(Clone, Debug)]
pub(crate) struct Parties(Vec<Party>);

impl Parties {
    /// The tenant first, then the applications as they stand in the configuration.
    pub fn of(settings: &FederationSettings) -> Result<Self, BadApplication> {
        let mut parties = vec![Party::tenant(&settings.tenant_origin)?];
        for application in &settings.applications {
            let party = Party::application(application)?;
            if parties.iter().any(|known| known.identifier == party.identifier) {
                return Err(party.bad(format!("the identifier {} is taken by another application", party.identifier)));
            }
            parties.push(party);
        }
        Ok(Self(parties))
    }

    /// The one that calls itself so, byte for byte, and speaks this protocol.
    pub fn find(&self, identifier: &str, protocol: ApplicationProtocol) -> Option<&Party> {
        self.0.iter().find(|party| party.identifier == identifier && party.speaks(protocol))
    }

    /// The one that calls itself so.
    pub fn named(&self, identifier: &str) -> Option<&Party> {
        self.0.iter().find(|party| party.identifier == identifier)
    }

    /// Those that a person can start from the home page: name and address.
    pub fn at_home(&self) -> Vec<(&str, &str)> {
        self.0.iter().filter_map(|party| Some((party.name.as_str(), party.home.as_deref()?))).collect()
    }

    /// Whether an address after a sign-out stands in the configuration: as an address for answers, for sign-outs, or to start from.
    pub fn know_address(&self, url: &str) -> bool {
        self.0.iter().any(|party| party.addresses().any(|known| known == url))
    }
}

impl Party {
    fn tenant(origin: &str) -> Result<Self, BadApplication> {
        let microsoft = origin == "https://login.microsoftonline.com";
        let home = if microsoft { "https://www.microsoft365.com/".to_owned() } else { format!("{origin}/") };
        let login = format!("{origin}/login.srf");
        let party = Self {
            name: "Microsoft 365".to_owned(),
            identifier: TENANT.to_owned(),
            kind: Kind::Tenant,
            reply: vec![login.clone()],
            sign_out: Some(login),
            home: Some(home),
            signers: Vec::new(),
            wanders: microsoft,
        };
        party.checked()
    }

    fn application(application: &Application) -> Result<Self, BadApplication> {
        let Application { name, identifier, protocol, reply, sign_out, home, name_id, certificate } = application.clone();
        let kind = Kind::Application { protocol, name_id };
        let party = Self { name, identifier, kind, reply, sign_out, home, signers: Vec::new(), wanders: false }.checked()?;
        match certificate {
            None => Ok(party),
            Some(_) if protocol == ApplicationProtocol::WsFederation => {
                Err(party.bad("`certificate` is for requests of SAML 2.0, and WS-Federation signs none: leave it out".to_owned()))
            }
            Some(path) => match signers(&path) {
                Ok(signers) => Ok(Self { signers, ..party }),
                Err(reason) => Err(party.bad(format!("`certificate` names {}, {reason}", path.display()))),
            },
        }
    }

    fn checked(self) -> Result<Self, BadApplication> {
        if self.identifier.trim().is_empty() {
            return Err(self.bad("`identifier` is empty: write the wtrealm or entity id that it sends".to_owned()));
        }
        if self.reply.is_empty() {
            return Err(self.bad("`reply` is empty: write where it takes tokens".to_owned()));
        }
        let wrong = self.addresses().find(|url| Origin::of(url).is_none()).cloned();
        match wrong {
            Some(url) => Err(self.bad(format!("{url} is not an https address without a user name in it"))),
            None => Ok(self),
        }
    }

    fn addresses(&self) -> impl Iterator<Item = &String> {
        self.reply.iter().chain(&self.sign_out).chain(&self.home)
    }

    fn bad(&self, reason: String) -> BadApplication {
        let application = if self.name.is_empty() { self.identifier.clone() } else { self.name.clone() };
        BadApplication { application, reason }
    }

    fn speaks(&self, asked: ApplicationProtocol) -> bool {
        match self.kind {
            Kind::Tenant => true,
            Kind::Application { protocol, .. } => protocol == asked,
        }
    }

    /// What kind of name an answer of SAML 2.0 has when this kind is asked for (saml-core-2.0-os section 3.4.1.1); `None` when it can
    /// have no such name.
    pub fn name_id_format(&self, asked: Option<&AskedFormat>) -> Option<NameIdFormat> {
        let asked = match asked {
            None => NameIdFormat::Unspecified,
            Some(AskedFormat::Known(format)) => *format,
            Some(AskedFormat::Other(_)) => return None,
        };
        match self.kind {
            Kind::Tenant => [NameIdFormat::Unspecified, NameIdFormat::Persistent].contains(&asked).then_some(NameIdFormat::Persistent),
            Kind::Application { name_id, .. } => claims::granted(name_id, asked),
        }
    }

    /// Where the answer goes. `wish` is an address from the request: it can choose among those of the configuration, and nothing
    /// else; `None` when it names another.
    pub fn reply_address(&self, wish: Option<&str>) -> Option<ReplyAddress> {
        let url = match wish {
            Some(wish) => self.reply.iter().find(|reply| *reply == wish)?,
            None => self.reply.first()?,
        };
        let way = if self.wanders { Vec::new() } else { self.addresses().filter_map(|url| Origin::of(url)).collect() };
        Some(ReplyAddress { url: url.clone(), way })
    }
}

/// The keys of the certificates in a PEM file: all of them count, so that an application can change its key.
fn signers(path: &Path) -> Result<Vec<VerifyingKey>, String> {
    let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = certificates.map_err(|error| format!("which cannot be read as PEM: {error}"))?;
    let keys: Result<Vec<_>, _> = certificates.iter().map(|der| VerifyingKey::from_certificate(der)).collect();
    match keys {
        Ok(keys) if keys.is_empty() => Err("which holds no certificate: export it from the application as PEM".to_owned()),
        Ok(keys) => Ok(keys),
        Err(refusal) => Err(format!("where {refusal}: let the application sign with such a key")),
    }
}

#[cfg(test)]
mod tests;
