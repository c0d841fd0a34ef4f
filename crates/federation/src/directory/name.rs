//! What someone types for a name, and what the directory is asked for.

use samesign_connect::ad::ServerIdentity;
use samesign_engine::{SourceObject, fold};

/// The longest name that is looked for, in bytes: no account has one of this length.
const LENGTH_MAX: usize = 1_024;

/// A name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// `local@suffix`: a userPrincipalName, or an account and the name of its domain.
    Principal(String),
    /// `DOMAIN\account`.
    Domain { domain: String, account: String },
    /// An account of this domain.
    Account(String),
}

/// One attribute and what it must be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) attribute: &'static str,
    pub(super) value: String,
}

impl Name {
    /// `None` for what can be nobody's name.
    pub(super) fn parse(typed: &str) -> Option<Self> {
        let typed = plausible(typed)?;
        match typed.split_once('\\') {
            Some((domain, account)) if !domain.is_empty() && !account.is_empty() => {
                Some(Self::Domain { domain: domain.to_owned(), account: account.to_owned() })
            }
            Some(_) => None,
            None => typed
                .rsplit_once('@')
                .filter(|(local, suffix)| !local.is_empty() && !suffix.is_empty())
                .map(|_| Self::Principal(typed.to_owned())),
        }
    }

    /// A principal's name of our own realm: an account, or an enterprise name.
    pub(super) fn principal(name: &str) -> Option<Self> {
        let name = plausible(name)?;
        Some(if name.contains('@') { Self::Principal(name.to_owned()) } else { Self::Account(name.to_owned()) })
    }

    /// What to ask for, in order: what answers first is meant. An explicit name goes before one that is made of account and domain
    /// (MS-ADTS 5.1.1.1.1).
    pub(super) fn questions(&self, server: &ServerIdentity, domain: &str) -> Vec<Question> {
        let is_ours = |name: &str| {
            let name = fold(name);
            name == fold(domain.trim_end_matches('.')) || (!server.netbios_name.is_empty() && name == fold(&server.netbios_name))
        };
        let account = |value: &str| Question { attribute: "sAMAccountName", value: value.to_owned() };
        match self {
            Self::Account(name) => vec![account(name)],
            Self::Domain { domain, account: name } => is_ours(domain).then(|| account(name)).into_iter().collect(),
            Self::Principal(name) => {
                let implicit = name.rsplit_once('@').filter(|(_, suffix)| is_ours(suffix)).map(|(local, _)| account(local));
                let explicit = Question { attribute: "userPrincipalName", value: name.clone() };
                std::iter::once(explicit).chain(implicit).collect()
            }
        }
    }
}

impl Question {
    /// Whether the object has exactly that value, but for case.
    pub(super) fn is_answered_by(&self, object: &SourceObject) -> bool {
        object.attributes.texts(&self.attribute.to_ascii_lowercase()).any(|value| fold(value) == fold(&self.value))
    }
}

fn plausible(typed: &str) -> Option<&str> {
    let typed = typed.trim();
    (!typed.is_empty() && typed.len() <= LENGTH_MAX && !typed.chars().any(char::is_control)).then_some(typed)
}

#[cfg(test)]
mod tests;
