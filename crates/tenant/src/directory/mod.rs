//! The rules of the directory: what may be stored, what is refused and with which of the service's errors.
//!
//! Every operation works inside a transaction of [`crate::store::Store`] and takes the time as Unix seconds. It knows no protocol:
//! [`crate::graph`] and [`crate::provisioning`] translate.

pub mod acceleration;
pub mod addresses;
mod catalogue;
mod claims;
pub mod contacts;
pub mod domains;
mod error;
pub mod extensions;
pub mod federation;
pub mod groups;
pub mod licensing;
pub mod members;
mod names;
pub mod objects;
pub mod properties;
pub mod quarantine;
pub mod quota;
pub mod roles;
pub mod setup;
pub mod synced;
pub mod synchronization;
pub mod users;

pub use catalogue::{ServicePlan, Sku, skus};
pub use error::DirectoryError;
pub use names::{domain_of, is_upn_usable, nickname_of};
pub use roles::Role;
pub use synchronization::SyncState;
pub use users::{Edit, NewUser, RESTORABLE_SECONDS};

pub use crate::store::contacts::Contact;
pub use crate::store::groups::Group;
pub use crate::store::objects::{ObjectKind, ObjectRef};
pub use crate::store::users::User;
