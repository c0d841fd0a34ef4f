//! What can go wrong with the tenant, in words that say who must act.

use std::path::PathBuf;
use std::time::Duration;

use samesign_wire::provisioning::{Fault, FaultDetail};

/// Why the tenant could not be asked, or what its answer means.
#[derive(Debug, thiserror::Error)]
pub enum EntraError {
    /// The configured endpoint cannot be used.
    #[error("`tenant.endpoint` is {endpoint}: it must be an https address without user, query or fragment")]
    Endpoint {
        /// As configured.
        endpoint: String,
    },
    /// A file of the configuration cannot be read.
    #[error("cannot read {}: check `tenant.{key}` and the file's permissions", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The configuration key that names it.
        key: &'static str,
        /// What the system says.
        #[source]
        error: std::io::Error,
    },
    /// A file of the configuration does not hold what it should.
    #[error("{} {problem}: {mend}", path.display())]
    FileContent {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
        /// What to do.
        mend: &'static str,
    },
    /// The application's certificate is past its end.
    #[error("the application's certificate in {} expired at {expired}: make a new one and register it at the application", path.display())]
    CertificateExpired {
        /// The file.
        path: PathBuf,
        /// The end of its time.
        expired: String,
    },
    /// TLS could not be set up, or the system gives no random numbers.
    #[error("cannot set up encryption on this machine: {0}")]
    Setup(String),
    /// Nobody answers at the host.
    #[error("cannot reach {host}: check `tenant.endpoint`, the network and, where one is needed, the proxy")]
    Unreachable {
        /// The host and port.
        host: String,
        /// What happened.
        #[source]
        error: reqwest::Error,
    },
    /// The host did not prove that it is the tenant.
    #[error("{host} is not trusted: {reason}")]
    Untrusted {
        /// The host and port.
        host: String,
        /// What is wrong with its certificate, and what to do.
        reason: String,
    },
    /// The connection broke, or the answer did not come in time.
    #[error("the connection to {host} broke before the answer was complete")]
    Broken {
        /// The host and port.
        host: String,
        /// What happened.
        #[source]
        error: reqwest::Error,
    },
    /// Sign-in as the application was refused.
    #[error("the tenant refused to sign in the application ({code}): {advice}; the tenant says: {description}")]
    SignIn {
        /// `AADSTS700016`, or the OAuth error.
        code: String,
        /// What to do.
        advice: &'static str,
        /// In the service's words.
        description: String,
    },
    /// The service asked us to slow down, again and again.
    #[error("{host} asks to slow down: try again in {} s", retry_after.as_secs())]
    Throttled {
        /// The host and port.
        host: String,
        /// The last wait it asked for.
        retry_after: Duration,
    },
    /// The delta link is too old, or of another tenant: read everything anew.
    #[error("the tenant does not know the delta link any more: everything is read anew")]
    ResyncRequired,
    /// The service refused.
    #[error("{host} refused {what} with {status} {code}: {message}")]
    Refused {
        /// The host and port.
        host: String,
        /// What was asked, without values.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// The service's own code.
        code: String,
        /// In the service's words.
        message: String,
    },
    /// The provisioning service refused the whole request.
    #[error("the provisioning service refused the request: {}", fault_text(.0))]
    Fault(Fault),
    /// The answer cannot be understood.
    #[error("the answer of {host} to {what} cannot be understood: {reason}")]
    Answer {
        /// The host and port.
        host: String,
        /// What was asked, without values.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The answer sends us to a host where a token must not go.
    #[error("the tenant points to {url}, which is not one of its own hosts: nothing was sent there; check `tenant.endpoint`")]
    ForeignHost {
        /// Where it points to.
        url: String,
    },
    /// One anchor, two users.
    #[error("the tenant has more than one user with onPremisesImmutableId {anchor}: clear it on all but one")]
    AnchorTwice {
        /// The anchor.
        anchor: String,
    },
}

/// Why the objects of a request are not known to be stored.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Nothing was sent, or the service said that it did nothing: it may be sent again.
    #[error("nothing was sent")]
    NotSent(#[source] EntraError),
    /// The request went out and no whole answer came: look every object up by its anchor before anything is sent again.
    #[error("it is not known what the tenant has stored")]
    Unknown(#[source] EntraError),
    /// The service refused the whole request.
    #[error("the provisioning service refused the request: {}", fault_text(.0))]
    Fault(Fault),
    /// The request is larger than the service takes: send fewer objects at once.
    #[error("the request is larger than the tenant takes")]
    TooLarge,
}

impl From<SendError> for EntraError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::NotSent(error) | SendError::Unknown(error) => error,
            SendError::Fault(fault) => Self::Fault(fault),
            SendError::TooLarge => Self::Refused {
                host: "the provisioning service".to_owned(),
                what: "a request",
                status: 413,
                code: String::new(),
                message: "the request is too large".to_owned(),
            },
        }
    }
}

fn fault_text(fault: &Fault) -> String {
    match &fault.detail {
        FaultDetail::AdminWebService { error_code, message } => format!("{error_code}: {message}"),
        FaultDetail::BindingRedirection { .. } => "it sends us from host to host without end".to_owned(),
        FaultDetail::None => fault.reason.clone(),
    }
}
