//! What an application asked for, kept while the person signs in. It lies with the service; the browser carries a random handle.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Parts;
use super::failure::{Cause, Failure};
use crate::session::Kept;
use crate::{Method, random};

/// How long somebody may take to sign in, in seconds.
const LIFE_SECONDS: i64 = 600;

/// A request that waits for its person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending {
    /// What is wanted.
    pub wish: Wish,
    /// Who the application thinks it is.
    pub hint: Option<String>,
    /// How long ago the person may have proved it, in seconds; 0 asks to prove it now.
    pub age_max: Option<i64>,
    /// How the person may prove it.
    pub ways: Ways,
    /// Nothing may be asked of the person.
    pub passive: bool,
    /// One id for everything that belongs to this sign-in.
    pub correlation_id: String,
}

/// How a person may prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ways {
    /// As they like.
    Any,
    /// By a password.
    Password,
    /// By a ticket.
    Ticket,
}

impl Ways {
    /// Whether this is one of them.
    pub fn allow(self, method: Method) -> bool {
        match self {
            Self::Any => true,
            Self::Password => method == Method::Password,
            Self::Ticket => method == Method::Kerberos,
        }
    }
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Wish {
    /// The home page.
    Home,
    /// A token by WS-Federation.
    WsFederation {
        /// The party's identifier.
        party: String,
        /// Where it goes: an address of the configuration.
        reply: String,
        /// Goes back unchanged (`wctx`).
        context: Option<String>,
    },
    /// A token by SAML 2.0.
    Saml {
        /// The party's identifier.
        party: String,
        /// Where it goes: an address of the configuration.
        reply: String,
        /// The request that it answers.
        request: String,
        /// Goes back unchanged.
        relay_state: Option<String>,
        /// The URI of the kind of name that it has.
        name_id_format: String,
    },
}

impl Wish {
    /// The identifier of the party that asked.
    pub fn party(&self) -> Option<&str> {
        match self {
            Self::Home => None,
            Self::WsFederation { party, .. } | Self::Saml { party, .. } => Some(party),
        }
    }
}

impl Pending {
    /// A request for the home page.
    pub fn home(correlation_id: &str) -> Self {
        Self { wish: Wish::Home, hint: None, age_max: None, ways: Ways::Any, passive: false, correlation_id: correlation_id.to_owned() }
    }

    /// Whether a session is young enough. One that is asked to be proved now never is.
    pub fn accepts_age(&self, session: &Kept, now: Timestamp) -> bool {
        self.age_max.is_none_or(|most| now.as_second() - session.at().as_second() < most)
    }

    /// Keeps the request; its handle.
    pub async fn keep(&self, parts: &Parts, now: Timestamp) -> Result<String, Failure> {
        let failed = |cause: Cause| cause.of(&self.correlation_id);
        let handle = random::token().map_err(|error| failed(error.into()))?;
        let json = serde_json::to_string(self).map_err(|error| failed(error.into()))?;
        let until = now.as_second().saturating_add(LIFE_SECONDS);
        parts.store.keep_pending(&handle, &json, until).await.map_err(|error| failed(error.into()))?;
        Ok(handle)
    }

    /// The request behind a handle.
    pub async fn find(parts: &Parts, handle: &str, now: Timestamp, correlation_id: &str) -> Result<Self, Failure> {
        let json = parts.store.pending(handle, now.as_second()).await.map_err(|error| Cause::from(error).of(correlation_id))?;
        Self::read(json, correlation_id)
    }

    /// The same, once: of several who ask one gets it.
    pub async fn take(parts: &Parts, handle: &str, now: Timestamp, correlation_id: &str) -> Result<Self, Failure> {
        let json = parts.store.take_pending(handle, now.as_second()).await.map_err(|error| Cause::from(error).of(correlation_id))?;
        Self::read(json, correlation_id)
    }

    fn read(json: Option<String>, correlation_id: &str) -> Result<Self, Failure> {
        let json = json.ok_or_else(|| Cause::Gone.of(correlation_id))?;
        serde_json::from_str(&json).map_err(|error| Cause::from(error).of(correlation_id))
    }
}
