//! What can go wrong between us and a domain controller, in words for the person who must mend it.

use std::error::Error;
use std::fmt;
use std::io;

use ldap3_proto::proto::{LdapResult, LdapResultCode};
use samesign_wire::drsr::DrsrError;
use samesign_wire::drsr::secrets::SecretError;

use super::ber::DecodeError;
use super::keytab::KeytabError;
use super::replication::MissingRights;
use super::rpc::RpcError;
use super::sasl::SaslError;
use super::tls::{TlsRefusal, TrustError};
use super::transport::SILENCE_TIMEOUT;

/// Active Directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AdError {
    /// The trusted certificates cannot be had.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The keytab cannot be used.
    #[error(transparent)]
    Keytab(#[from] KeytabError),
    /// The password is empty or white space. It was not sent: a domain controller would take it for an anonymous bind.
    #[error("the password of {user} is empty: check `password` in [source]")]
    BlankPassword {
        /// The account.
        user: String,
    },
    /// DNS does not tell the domain controllers.
    #[error("cannot find the domain controllers of {domain} in DNS ({reason}): check `domain` in [source], or name them in `servers`")]
    Dns {
        /// The domain.
        domain: String,
        /// What the resolver said.
        reason: String,
    },
    /// No domain controller could be used.
    #[error("no domain controller of {domain} can be used{}", listed(attempts))]
    NoServer {
        /// The domain.
        domain: String,
        /// Every one that was tried, in order.
        attempts: Vec<Attempt>,
    },
    /// The account was refused. No other domain controller was asked: each would count it towards a lockout.
    #[error("{server} refused the account {user}: {reason}")]
    Credentials {
        /// The domain controller.
        server: String,
        /// The account.
        user: String,
        /// Why, and what to do.
        reason: String,
    },
    /// A session that had begun failed.
    #[error("{server} failed to answer")]
    Session {
        /// The domain controller.
        server: String,
        /// How.
        #[source]
        fault: Fault,
    },
    /// The account may not replicate.
    #[error("{server}: {rights}")]
    Rights {
        /// The domain controller.
        server: String,
        /// What is missing, and how it is given.
        rights: MissingRights,
    },
    /// One password cannot be decrypted. The session is as good as before.
    #[error("a password that {server} sent cannot be decrypted")]
    Secret {
        /// The domain controller.
        server: String,
        /// Why.
        #[source]
        reason: SecretError,
    },
    /// The domain controller does not go on from our watermark. It says nothing about who is there: everything must be read anew.
    #[error("{server} does not go on from where the last replication ended ({reason}): everything is read again from the start")]
    WatermarkRefused {
        /// The domain controller.
        server: String,
        /// Why.
        reason: String,
    },
    /// The domain controller was set back to an old state, without its directory knowing it (a snapshot, a copied disk).
    #[error(
        "{server} was set back to an old state: it is at change {found} of a history of which we have read up to {expected}. Do not read from          it: remove it from the domain and make it anew, and name another domain controller in `servers` meanwhile"
    )]
    RolledBack {
        /// The domain controller.
        server: String,
        /// The USN up to which we had read.
        expected: u64,
        /// Its highestCommittedUSN now.
        found: u64,
    },
}

/// A domain controller that was tried, and why it cannot be used.
#[derive(Debug)]
pub struct Attempt {
    /// Its address.
    pub server: String,
    /// What it said.
    pub refusal: ServerRefusal,
}

fn listed(attempts: &[Attempt]) -> String {
    attempts.iter().map(|attempt| format!("\n  {}: {}", attempt.server, Chain(&attempt.refusal))).collect()
}

/// An error with everything that led to it, on one line.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

/// Why one domain controller cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ServerRefusal {
    /// No connection.
    #[error("cannot connect")]
    Unreachable(#[source] io::Error),
    /// TLS did not come about.
    #[error(transparent)]
    Tls(#[from] TlsRefusal),
    /// StartTLS was refused.
    #[error("it does not offer StartTLS ({0}): give it a certificate, or use ldaps://")]
    StartTls(Refusal),
    /// Something was sent in the clear after the agreement to begin TLS: somebody on the way may have put it there.
    #[error("bytes came in the clear after StartTLS was agreed: somebody may be tampering with the connection")]
    Injected,
    /// Kerberos or NTLM failed.
    #[error(transparent)]
    Sasl(#[from] SaslError),
    /// The account was refused; asking another server would only count towards a lockout.
    #[error("the account was refused: {0}")]
    Credentials(String),
    /// The bind was refused for a reason that is the server's own.
    #[error("it refused the bind: {0}")]
    Bind(Refusal),
    /// It is not what was configured.
    #[error("{0}")]
    Wrong(String),
    /// A read-only domain controller was to replicate passwords.
    #[error("it is a read-only domain controller, which does not give passwords away: name one that can be written to in `servers`")]
    ReadOnly,
    /// Replication could not begin.
    #[error(transparent)]
    Rpc(RpcError),
    /// The session failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why a session failed. What was read before is still good; it is only not complete.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[from] io::Error),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The server owes an answer.
    #[error("the server said nothing for {} seconds", SILENCE_TIMEOUT.as_secs())]
    Silent,
    /// What came is not LDAP.
    #[error("the server sent bytes that are not LDAP")]
    Malformed(#[from] DecodeError),
    /// The server announced that it ends the session (RFC 4511 4.4.1).
    #[error("the server ended the session: {0}")]
    Notice(Refusal),
    /// An answer to a question that was not asked.
    #[error("the server answered something that was not asked")]
    Unexpected,
    /// The answer is a refusal.
    #[error("{0}")]
    Refused(Refusal),
    /// A call of replication failed.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// Replication was refused, or its answer cannot be read.
    #[error(transparent)]
    Replication(#[from] DrsrError),
    /// An object that must be there lacks something that must be in it.
    #[error("{object} shows no {attribute}: the account needs the right to read it")]
    Lacking {
        /// The object.
        object: String,
        /// The attribute.
        attribute: &'static str,
    },
    /// The parts of an attribute do not make a whole.
    #[error("{object}: the server does not give all values of {attribute}, whose parts do not follow each other")]
    Parts {
        /// The object.
        object: String,
        /// The attribute.
        attribute: String,
    },
    /// An object was changed again and again while its values were fetched in parts.
    #[error("{object} was changed while the values of {attribute} were read: the next read will have them")]
    Changing {
        /// The object.
        object: String,
        /// The attribute.
        attribute: String,
    },
}

impl Fault {
    /// Whether only one object is affected, and the session goes on.
    pub(crate) fn is_of_one_object(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Lacking { .. } | Self::Parts { .. } | Self::Changing { .. })
    }
}

impl From<RpcError> for ServerRefusal {
    fn from(error: RpcError) -> Self {
        match error {
            RpcError::Sasl(SaslError::Credentials(reason)) => Self::Credentials(reason.to_owned()),
            error => Self::Rpc(error),
        }
    }
}

/// An LDAP result other than success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// resultCode (RFC 4511 4.1.9).
    pub code: i64,
    name: &'static str,
    /// diagnosticMessage, control characters removed.
    pub text: String,
}

impl Refusal {
    /// `None` when the result is success.
    pub(crate) fn of(result: &LdapResult) -> Option<Self> {
        let code = result.code.clone();
        if code == LdapResultCode::Success {
            return None;
        }
        let text: String = result.message.chars().filter(|c| !c.is_control()).take(300).collect();
        Some(Self { name: name(&code), code: code as i64, text: text.trim().to_owned() })
    }

    /// A notice (RFC 4511 4.4) that calls itself a success.
    pub(crate) fn unnamed(result: &LdapResult) -> Self {
        Self { code: 0, name: "notice", text: result.message.chars().filter(|c| !c.is_control()).take(300).collect() }
    }

    /// The object that was asked for is not there (noSuchObject), or cannot be (invalidDNSyntax).
    pub(crate) fn is_absence(&self) -> bool {
        matches!(self.code, 32 | 34)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.code)?;
        if self.text.is_empty() { Ok(()) } else { write!(f, ", \"{}\"", self.text) }
    }
}

/// The names of RFC 4511 appendix A; the ones that a domain controller uses.
fn name(code: &LdapResultCode) -> &'static str {
    match code {
        LdapResultCode::OperationsError => "operationsError",
        LdapResultCode::ProtocolError => "protocolError",
        LdapResultCode::TimeLimitExceeded => "timeLimitExceeded",
        LdapResultCode::SizeLimitExceeded => "sizeLimitExceeded",
        LdapResultCode::AuthMethodNotSupported => "authMethodNotSupported",
        LdapResultCode::StrongerAuthRequired => "strongerAuthRequired",
        LdapResultCode::Referral => "referral",
        LdapResultCode::AdminLimitExceeded => "adminLimitExceeded",
        LdapResultCode::UnavailableCriticalExtension => "unavailableCriticalExtension",
        LdapResultCode::ConfidentialityRequired => "confidentialityRequired",
        LdapResultCode::NoSuchAttribute => "noSuchAttribute",
        LdapResultCode::NoSuchObject => "noSuchObject",
        LdapResultCode::InvalidDNSyntax => "invalidDNSyntax",
        LdapResultCode::InappropriateAuthentication => "inappropriateAuthentication",
        LdapResultCode::InvalidCredentials => "invalidCredentials",
        LdapResultCode::InsufficentAccessRights => "insufficientAccessRights",
        LdapResultCode::Busy => "busy",
        LdapResultCode::Unavailable => "unavailable",
        LdapResultCode::UnwillingToPerform => "unwillingToPerform",
        LdapResultCode::Other => "other",
        _ => "result",
    }
}

/// The Windows error after `data` in the message of a refused bind, in hexadecimal, lower case; empty when there is none.
pub(crate) fn credential_code(text: &str) -> String {
    let data = text.split("data ").nth(1).and_then(|rest| rest.split([',', ' ', '\0']).next());
    data.unwrap_or_default().to_ascii_lowercase()
}

/// Why a domain controller refused an account: what the Windows error after `data` in its message means, in hexadecimal.
pub(crate) fn why_credentials(text: &str) -> String {
    let words = match credential_code(text).as_str() {
        "525" => "there is no such account: check `user` in [source]",
        "52e" => "the user name or the password is wrong: check `user` and `password` in [source]",
        "530" => "the account may not sign in at this hour: change its logon hours",
        "531" => "the account may not sign in from this computer: change its \"Log On To\" list",
        "532" => "the password has expired: set a new one, best one that never expires",
        "533" => "the account is disabled: enable it",
        "568" => "the account is in too many groups",
        "701" => "the account has expired: extend it",
        "773" => "the password must be changed at the next sign-in: clear that flag on the account",
        "775" => "the account is locked out: unlock it, and see what else uses an old password",
        _ => "the user name or the password is wrong, or the account may not sign in",
    };
    if text.is_empty() { words.to_owned() } else { format!("{words} (it said \"{text}\")") }
}
