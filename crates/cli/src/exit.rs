//! How a command ends: the exit codes that scripts rely on, and the one place that prints a failure.

use std::process::ExitCode;

use crate::config::ConfigError;

/// The exit codes. Stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed: nothing more is promised.
    Failed = 1,
    /// The command line or the configuration is at fault.
    Usage = 2,
    /// The guard holds something back until a person approves it.
    Held = 3,
    /// `plan --exit-code`: changes are pending.
    Pending = 4,
    /// Done, with findings of severity error.
    Findings = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command failed, and what can be done.
pub struct Failure {
    exit: Exit,
    error: anyhow::Error,
    hint: Option<String>,
}

impl Failure {
    /// A failure of the request itself, which the same command line would meet again.
    pub fn usage(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, error: anyhow::Error::msg(problem.into()), hint: Some(hint.into()) }
    }

    /// As [`Failure::usage`], for an error that gives its own advice.
    pub fn usage_error(error: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Usage, error: error.into(), hint: None }
    }

    /// Prints the failure to stderr: what happened, why, what to do. Answers the exit code.
    pub fn report(&self) -> Exit {
        let mut lines = vec![format!("error: {}", self.error)];
        lines.extend(self.error.chain().skip(1).map(|cause| format!("  because: {cause}")));
        lines.extend(self.hint.iter().map(|hint| format!("  hint: {hint}")));
        crate::screen::note(&lines.join("\n"));
        self.exit
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let hint = Some(error.mend().to_owned());
        Self { exit: Exit::Usage, error: error.into(), hint }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self { exit: Exit::Failed, error, hint: None }
    }
}

/// What every command answers.
pub type Outcome = Result<Exit, Failure>;
