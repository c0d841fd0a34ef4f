//! The agent: reads both sides, plans, applies, records. The one writer of the tenant.
//!
//! A run reads like this: [`read`](mod@read) both directories into values, keep them in the [`state`] store, cut the world down
//! to the slice that matters ([`world`]), let the engine plan it, apply what the guard lets through ([`apply`]), record.
//! Deciding is the engine's; this crate carries values between it and the world.
#![forbid(unsafe_code)]

mod agent;
mod anchor;
mod apply;
mod behind;
#[doc(hidden)]
pub mod bench;
mod check;
mod clock;
mod convert;
mod digest;
mod error;
mod holder;
mod keep;
mod licences;
mod parked;
mod passwords;
mod plan_file;
mod planning;
mod progress;
mod read;
mod report;
mod rollback;
mod run;
mod serve;
mod settings;
mod state;
mod turn;
mod undo;
mod why;
mod world;

/// The connectors, whose configuration is part of [`Settings`].
pub use samesign_connect as connect;
/// The engine, whose plans, findings and screens commands show.
pub use samesign_engine as engine;

pub use agent::{Agent, Approve};
pub use anchor::{AnchorMove, AnchorReport, KindAnchors};
pub use check::{CheckReport, Join, Readiness};
pub use clock::{Clock, SystemClock, Timestamp};
pub use error::AgentError;
pub use plan_file::PlanFile;
pub use progress::{Progress, Silent, Step};
pub use report::{PasswordCounts, PasswordStatus, PlanReport, RunDetail, RunReport, RunSummary, ServiceStatus, Status, chain};
pub use run::SyncOptions;
pub use serve::{Lane, ServiceEvent};
pub use settings::{Batch, Passwords, Rule, Schedule, Select, Settings, Source};
pub use state::finding::OpenFinding;
pub use state::{Mode, StateError};
pub use undo::UndoPlan;
