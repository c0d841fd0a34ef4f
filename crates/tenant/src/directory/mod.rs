//! The rules of the directory: what may be stored, what is refused and with which of the service's errors.
//!
//! Every operation works inside a transaction of [`crate::store::Store`] and takes the time as Unix seconds. It knows no protocol:
//! [`crate::graph`] and [`crate::provisioning`] translate.

pub mod addresses;
mod catalogue;
pub mod domains;
mod error;
pub mod licensing;
mod names;
pub mod properties;
pub mod roles;
pub mod setup;
pub mod synchronization;
pub mod users;

pub use catalogue::{ServicePlan, Sku, skus};
pub use error::DirectoryError;
pub use names::{is_upn_usable, nickname_of};
pub use roles::Role;
pub use synchronization::SyncState;
pub use users::{Edit, NewUser};

pub use crate::store::users::User;
