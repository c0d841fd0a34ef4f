//! What a portal page answers when it cannot do its work: the same as every other page.

pub use crate::sign_in::error::PageError as PortalError;
