//! Opening the agent for a command.

use samesign_agent::{Agent, AgentError, Mode, Source};

use crate::Global;
use crate::config::Config;
use crate::exit::Failure;
use crate::progress;

/// Opens the agent with everything: source, tenant, state.
pub fn open(global: &Global, mode: Mode) -> Result<Agent, Failure> {
    Ok(Agent::open(Config::load(&global.config)?.settings()?, mode, progress::shown(global.quiet))?)
}

/// Opens the agent for the preflight, and names the source if passwords are to be read from it.
pub fn open_to_check(global: &Global) -> Result<(Agent, Option<Source>), Failure> {
    let config = Config::load(&global.config)?;
    let passwords_from = config.passwords.enabled.then(|| config.connector()).transpose()?;
    Ok((Agent::open(config.settings()?, Mode::Read, progress::shown(global.quiet))?, passwords_from))
}

/// Opens the agent for the service. Answers the line that says what it will do, too.
pub fn open_service(global: &Global) -> Result<(Agent, String), Failure> {
    let config = Config::load(&global.config)?;
    let ready = format!("agent ready: {}", config.intent());
    Ok((Agent::open(config.settings()?, Mode::Write, progress::shown(true))?, ready))
}

/// Opens the agent for a question that the state file answers.
pub fn open_state(global: &Global, mode: Mode) -> Result<Agent, Failure> {
    let config = Config::load_for_state(&global.config)?;
    Ok(Agent::open(config.settings_for_state(), mode, progress::shown(true))?)
}

impl From<AgentError> for Failure {
    fn from(error: AgentError) -> Self {
        match error {
            AgentError::NotAPlan { .. } | AgentError::PlanOfUndo { .. } | AgentError::AnchorMoved { .. } => Self::usage_error(error),
            AgentError::NoSuchRun(_) => Self::usage(error.to_string(), "`samesign runs` lists them"),
            error => Self::from(anyhow::Error::new(error)),
        }
    }
}
