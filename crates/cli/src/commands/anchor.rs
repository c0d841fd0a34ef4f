//! `samesign anchor`: the attribute of which anchors are made.

use clap::{Args, Subcommand, ValueEnum};
use samesign_agent::Mode;
use samesign_agent::engine::AnchorAttribute;

use crate::exit::{Exit, Outcome};
use crate::{Global, runtime, screen, session};

/// Look at the attribute of which anchors are made, or move to another one
#[derive(Subcommand)]
pub enum Command {
    Inspect(Inspect),
    Migrate(Migrate),
}

/// Show which attribute is in use, who has a ms-DS-ConsistencyGuid, and of what the tenant's anchors are made
///
/// Changes nothing anywhere.
#[derive(Args)]
pub struct Inspect {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Move to another attribute, when everybody keeps their anchor
///
/// The whole directory is planned under the other attribute first. Unless that shows 0 creates and 0 deletes, and every synchronized object
/// keeps its anchor, nothing is moved and what is in the way is named; then it ends 1. Anchors in the tenant never change.
#[derive(Args)]
pub struct Migrate {
    /// The attribute to move to
    #[arg(long, value_name = "ATTRIBUTE", value_enum)]
    to: Attribute,
    /// Say what would happen, and move nothing
    #[arg(long)]
    rehearse: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The attributes of which an anchor can be made.
#[derive(Clone, Copy, ValueEnum)]
enum Attribute {
    #[value(name = "objectGUID")]
    ObjectGuid,
    #[value(name = "ms-DS-ConsistencyGuid")]
    ConsistencyGuid,
}

impl Command {
    /// Runs the command.
    pub fn run(self, global: &Global) -> Outcome {
        match self {
            Self::Inspect(arguments) => inspect(&arguments, global),
            Self::Migrate(arguments) => migrate(&arguments, global),
        }
    }
}

fn inspect(arguments: &Inspect, global: &Global) -> Outcome {
    let agent = session::open(global, Mode::Read)?;
    let report = runtime::block_on(agent.inspect_anchor())??;
    match arguments.json {
        true => screen::json(&report)?,
        false => screen::data(&report.to_string()),
    }
    Ok(Exit::Done)
}

fn migrate(arguments: &Migrate, global: &Global) -> Outcome {
    let to = match arguments.to {
        Attribute::ObjectGuid => AnchorAttribute::ObjectGuid,
        Attribute::ConsistencyGuid => AnchorAttribute::ConsistencyGuid,
    };
    let mode = if arguments.rehearse { Mode::Read } else { Mode::Write };
    let mut agent = session::open(global, mode)?;
    let report = runtime::block_on(agent.move_anchor(to, arguments.rehearse))??;
    match arguments.json {
        true => screen::json(&report)?,
        false => screen::data(&report.to_string()),
    }
    Ok(if report.is_possible() { Exit::Done } else { Exit::Failed })
}
