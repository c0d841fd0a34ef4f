//! Connectors: code that talks to one directory. They read values and send values; they decide nothing.
#![forbid(unsafe_code)]

pub mod ad;
mod clock;
pub mod entra;
pub mod ldif;
pub mod source;
