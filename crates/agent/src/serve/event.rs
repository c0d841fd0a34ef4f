//! What the service tells while it runs.

use std::fmt;

use crate::report::{PasswordCounts, RunReport};

/// One of the two lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// Whole cycles over all objects.
    Objects,
    /// Changed passwords and disabled people.
    Passwords,
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Objects => "objects",
            Self::Passwords => "passwords",
        })
    }
}

/// One thing that happened in the service, in a form for its log.
#[derive(Clone, Debug)]
pub enum ServiceEvent {
    /// It began.
    Started {
        /// Who it is, as others see it in the lease.
        holder: String,
    },
    /// An object cycle ended.
    Cycle(Box<RunReport>),
    /// The password lane saw that accounts were disabled, enabled or deleted, and planned these.
    Notice(Box<RunReport>),
    /// The password lane sent something, or tried to.
    Passwords {
        /// The run that it is recorded as.
        run: i64,
        /// What became of it.
        counts: PasswordCounts,
    },
    /// A lane failed, and is tried again.
    Failed {
        /// Which.
        lane: Lane,
        /// Why, with its causes, in one line.
        error: String,
        /// The pause before it is tried again, in seconds.
        again_in_seconds: u64,
    },
    /// A lane works again.
    Recovered {
        /// Which.
        lane: Lane,
    },
    /// Another samesign writes to the tenant; the lane waits for it.
    Waiting {
        /// Which.
        lane: Lane,
        /// Who writes.
        holder: String,
    },
    /// It ended.
    Stopped,
}

impl ServiceEvent {
    /// Whether a person should hear of it.
    pub const fn is_failure(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

impl fmt::Display for ServiceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { holder } => write!(f, "started as {holder}"),
            Self::Cycle(report) => write!(f, "{report}"),
            Self::Notice(report) => write!(f, "seen at once, without waiting for the object cycle: {report}"),
            Self::Passwords { run, counts } => write!(f, "run {run}: {counts}"),
            Self::Failed { lane, error, again_in_seconds } => {
                write!(f, "the lane of {lane} failed and is tried again in {again_in_seconds} s: {error}")
            }
            Self::Recovered { lane } => write!(f, "the lane of {lane} works again"),
            Self::Waiting { lane, holder } => write!(f, "the lane of {lane} waits: {holder} is writing to the tenant"),
            Self::Stopped => write!(f, "stopped"),
        }
    }
}
