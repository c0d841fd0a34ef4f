//! Reading both sides into values. Nothing is kept here: `plan` throws the values away, `sync` keeps them.

mod chosen;
mod delta;
mod source;
mod tenant;

pub use delta::SourceDelta;
pub use source::{ATTRIBUTES, Extent, outermost_scope, read_noticed, read_source};
pub use tenant::{TargetDelta, read_back_links, read_tenant, rebuild_links};
