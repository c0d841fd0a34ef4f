//! Why a run cannot go on. Problems in the data are findings, not errors.

use samesign_connect::ad::AdError;
use samesign_connect::entra::EntraError;
use samesign_connect::ldif::LdifError;

use crate::state::StateError;
use crate::state::lease::LeaseError;

/// Why a command of the agent failed.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The domain.
    #[error("cannot read Active Directory")]
    Ad(#[from] AdError),
    /// The export file.
    #[error("cannot read the LDIF file")]
    Ldif(#[from] LdifError),
    /// The tenant.
    #[error("cannot work with the tenant")]
    Tenant(#[from] EntraError),
    /// The state file.
    #[error(transparent)]
    State(#[from] StateError),
    /// Someone else writes.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// Synchronization is not on.
    #[error("synchronization is {state} for {tenant}: nothing was written; {advice}")]
    SynchronizationNotOn {
        /// The tenant's name.
        tenant: String,
        /// `off` or `enabling`.
        state: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// A saved plan does not fit the world any more.
    #[error(
        "the world has moved since the plan was made, so nothing of it was sent; make a new one with `samesign plan --out FILE`\n{difference}"
    )]
    PlanMoved {
        /// Which changes differ.
        difference: String,
    },
    /// A saved plan is not one.
    #[error("{path} is not a plan that `samesign plan --out` wrote: {reason}")]
    NotAPlan {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A saved plan takes a run back, which is not a sync's to do.
    #[error("{path} is the plan of an undo: `samesign undo {run}` sends it")]
    PlanOfUndo {
        /// The file.
        path: String,
        /// The run that it takes back.
        run: i64,
    },
    /// The configuration names another anchor attribute than the first run fixed.
    #[error(
        "the anchor is made of {fixed} since the first run, and the configuration says {configured}: nothing was sent; \
         write anchor = \"{fixed}\" in [matching], or see what a move would do with `samesign anchor migrate --to {configured} --rehearse`"
    )]
    AnchorMoved {
        /// The attribute in use.
        fixed: &'static str,
        /// The attribute that is configured.
        configured: &'static str,
    },
    /// No run has that number, or it holds nothing.
    #[error("{0}")]
    NothingToApprove(String),
    /// No run has that number.
    #[error("there is no run {0}")]
    NoSuchRun(i64),
    /// The state file is behind the tenant, so nobody knows what taking a run back would overwrite.
    #[error(
        "the state file is older than the tenant ({0}): nothing was taken back; `samesign sync` reads back what was sent, then try again"
    )]
    LeftBehind(String),
    /// Nothing of a run can be taken back.
    #[error("{}{left}", nothing_to_undo(*.run, *.taken_back))]
    NothingToUndo {
        /// The run.
        run: i64,
        /// The run that took it back.
        taken_back: Option<i64>,
        /// What is left as it is and why, one line each.
        left: String,
    },
    /// No such object.
    #[error("nobody called {0} was found: try the UPN, the mail address, the DN, the objectGUID or the display name")]
    NobodyFound(String),
    /// The objects were done, the passwords were not.
    #[error("the objects are done ({objects}), but passwords could not be sent and are still owed")]
    Passwords {
        /// What was done to objects, in words.
        objects: String,
        /// Why not.
        #[source]
        error: Box<Self>,
    },
    /// The tenant takes no more objects.
    #[error(
        "the tenant takes nothing more, so the run stopped ({0}); delete objects there for good, or have its quota raised, then sync again"
    )]
    TenantFull(String),
    /// Somebody asked us to stop.
    #[error("stopped before everything was sent; the next run goes on")]
    Stopped,
    /// The person said no.
    #[error("stopped: nothing was sent")]
    Declined,
}

fn nothing_to_undo(run: i64, taken_back: Option<i64>) -> String {
    match taken_back {
        Some(by) => format!("run {run} was taken back by run {by} already; nothing more of it can be taken back"),
        None => format!("nothing of run {run} can be taken back"),
    }
}
