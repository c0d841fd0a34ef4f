//! Whether the state file is behind the tenant: put back from an old copy, or that of an agent that stood by while another one sent.
//!
//! What such a file takes for confirmed was overwritten since, so its links are rebuilt from the tenant before anything is planned. The
//! tenant tells when it was last synchronized; whatever was sent after this file last took part in anything was sent by somebody else.
//! Not seen: a copy that is no older than [`SLACK`], and one after which nothing but passwords was sent.

use crate::clock::Timestamp;
use crate::error::AgentError;
use crate::holder;
use crate::state::Store;

/// The name under which it is remembered that the last run stood by.
pub const STOOD_BY: &str = "stood by";

/// By so many seconds the clock of the tenant may be ahead of ours.
const SLACK: i64 = 15 * 60;

/// What says that the tenant was sent something of which the state file knows nothing, in words; `None` when nothing does. `last_sync`
/// is when the tenant was last synchronized, as Graph writes it.
pub fn left_behind(store: &Store, last_sync: Option<&str>) -> Result<Option<String>, AgentError> {
    let sent: Option<jiff::Timestamp> = last_sync.and_then(|sent| sent.parse().ok());
    let (Some(sent), Some(known)) = (sent, store.last_active(&holder::name())?) else { return Ok(None) };
    let sent = Timestamp(sent.as_second());
    Ok((sent > known.plus(SLACK))
        .then(|| format!("the tenant was last synchronized at {sent}, and the state file knows of nothing after {known}")))
}

/// Whether the last run stood by: what another agent sent since is not known.
pub fn stood_by(store: &Store) -> Result<bool, AgentError> {
    Ok(store.meta(STOOD_BY)?.is_some_and(|mark| mark == "yes"))
}
