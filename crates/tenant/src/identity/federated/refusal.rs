//! Why a service's word for somebody is not taken.

use samesign_wire::saml::verify;

use crate::store::federation::Protocol;

/// Why somebody does not come in by a token. The texts are for the page and for the log; they tell nothing that the service which
/// made the token does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no message, or there are two.
    #[error("the answer of the sign-in service holds no token")]
    Missing,
    /// Nobody is known to have been sent there, or it was too long ago, or that sign-in is over already.
    #[error("this sign-in was not begun here, took longer than ten minutes, or is over already: begin it again")]
    Unsolicited(Protocol),
    /// The browser is another than the one that was sent.
    #[error("this sign-in was begun in another browser: begin it again in this one")]
    OtherBrowser,
    /// The message does not have the form it should have.
    #[error("the answer of the sign-in service cannot be understood")]
    Malformed(Protocol, #[source] verify::Refusal),
    /// The service says that it did not sign the person in.
    #[error("the sign-in service answered that it did not sign you in")]
    Declined(#[source] verify::Refusal),
    /// The token is not signed as it must be, or not by a known key.
    #[error("the token is not signed with a certificate that is registered for the domain")]
    Signature(#[source] verify::Refusal),
    /// No certificate of the domain can be used.
    #[error("no signing certificate of the domain {domain} is valid today: renew it at the sign-in service, then in the domain's settings")]
    NoKey {
        /// The domain.
        domain: String,
    },
    /// No domain has a service of that name, or the domain that was asked has another.
    #[error("no federated domain of this tenant trusts the issuer {issuer:?}")]
    Issuer {
        /// The name, cut.
        issuer: String,
    },
    /// The domain has no settings.
    #[error("the domain {domain} is federated, but its settings are missing")]
    NoSettings {
        /// The domain.
        domain: String,
    },
    /// Something in the token is for somebody else, or missing.
    #[error("the token is not valid here: {0}")]
    Assertion(&'static str),
    /// The token came before.
    #[error("the token was used already")]
    Replayed,
    /// So many tokens are remembered that no more can be.
    #[error("too many sign-ins are under way: try again later")]
    Full,
    /// The token is from another time.
    #[error("the token is outside its valid time: {0}, or the clocks disagree")]
    Time(&'static str),
    /// The name is none of the domain.
    #[error("the token does not name a user of the domain {domain}")]
    Domain {
        /// The domain that the service speaks for.
        domain: String,
    },
    /// Nobody here has this name and this anchor.
    #[error("no user of this tenant has the name and the immutable id of the token: the account may not be synchronized yet")]
    NoUser,
    /// Sign-in is blocked.
    #[error("sign-in of this account is blocked")]
    Disabled,
}

impl Refusal {
    /// The service's number.
    pub const fn code(&self) -> u32 {
        match self {
            Self::Unsolicited(Protocol::WsFed) | Self::Malformed(Protocol::WsFed, _) => 20_012,
            Self::Declined(_) => 20_001,
            Self::Missing | Self::Unsolicited(Protocol::Saml) | Self::Malformed(Protocol::Saml, _) => 50_008,
            Self::Signature(_) => 50_006,
            Self::NoKey { .. } => 50_003,
            Self::Issuer { .. } | Self::NoSettings { .. } => 50_107,
            Self::OtherBrowser | Self::Assertion(_) | Self::Replayed => 50_013,
            Self::Time(_) => 500_133,
            Self::Domain { .. } => 5_000_819,
            Self::NoUser => 51_004,
            Self::Disabled => 50_057,
            Self::Full => 90_033,
        }
    }

    /// Sorts what the verifier refused.
    pub fn of(refusal: verify::Refusal, protocol: Protocol) -> Self {
        use verify::Refusal as Verify;
        match refusal {
            Verify::Status { .. } => Self::Declined(refusal),
            Verify::NoAssertion => Self::Missing,
            Verify::Unsigned
            | Verify::MisplacedSignature
            | Verify::Algorithm(_)
            | Verify::Reference(_)
            | Verify::Digest
            | Verify::Signature
            | Verify::SeveralAssertions
            | Verify::DuplicateId(_)
            | Verify::ForeignId => Self::Signature(refusal),
            other => Self::Malformed(protocol, other),
        }
    }
}
