//! What the commands of the federation service do beside running it: they look at both sides before they change one.

pub mod acceptor;
pub mod backup;
pub mod convert;
pub mod examine;
pub mod facts;
pub mod names;
pub mod parts;
pub mod people;
pub mod preflight;
pub mod remote;
pub mod rotate;
pub mod settings;
