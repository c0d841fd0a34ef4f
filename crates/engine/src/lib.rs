//! What should change in the tenant, and why.
//!
//! This crate decides and does nothing else: values go in (a [`Slice`] of what is known and a [`Policy`]), values come
//! out (a [`Plan`] with its findings). It has no clock, no randomness, no file, no socket and no async, so every decision
//! can be repeated from its input.
#![forbid(unsafe_code)]

mod attributes;
mod block;
mod catalogue;
mod diff;
mod digest;
mod dn;
mod duplicates;
mod edits;
mod encode;
mod explain;
mod filter;
mod flow;
pub mod forecast;
pub mod guard;
mod identity;
mod join;
mod keys;
mod licences;
mod mend;
mod names;
mod order;
mod person;
mod plan;
mod planning;
mod policy;
mod removal;
mod review;
mod scope;
mod screen;
mod slice;
mod subject;
mod value;
mod world;

pub use attributes::{Attributes, AttributesBuilder, Values};
pub use block::ServiceBlock;
pub use catalogue::{Entry, FINDINGS, FINDINGS_ELSEWHERE, findings_document};
pub use digest::{ChangeDigest, plan_digest};
pub use dn::{Dn, DnError, dn_key};
pub use edits::Edits;
pub use encode::{DecodeError, decode, encode};
pub use explain::{ExplainedAttribute, ExplainedMembers, Explanation, LeftOut, explain};
pub use filter::{Filter, FilterError};
pub use flow::{is_reference, source_attributes};
pub use identity::{Anchor, ObjectGuid, ParseGuidError, anchor_of, fold};
pub use keys::{keys, link_keys, target_keys};
pub use licences::{LicenceChange, licences};
pub use mend::{Edit, Mend, ldif, mends};
pub use order::in_safe_order;
pub use plan::{Action, AttributeChange, Change, Finding, Kind, Plan, Severity, Verdict};
pub use planning::plan;
pub use policy::{
    Adopt, AnchorAttribute, Empty, Guard, Kinds, LicenceRule, Make, MatchPolicy, OwnFlow, Policy, Rules, Scope, ScopeOu, Service,
};
pub use review::review;
pub use scope::{in_scope, in_scope_among};
pub use screen::{AllChanges, ChangesScreen, FindingsScreen};
pub use slice::{Class, Link, LinkState, Parked, Presence, Recent, Slice, SourceObject, TargetObject};
pub use value::{ServiceAttributes, ServiceName, Value};
