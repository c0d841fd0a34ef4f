//! Calls to a real domain controller, and to ones that lie or fall silent.

mod between;
mod crack;
#[path = "../../../../cli/tests/samba/domain.rs"]
mod domain;
mod ldap;
mod live;
mod meddling;
