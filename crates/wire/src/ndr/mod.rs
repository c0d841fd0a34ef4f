//! Network Data Representation (C706 chapter 14, MS-RPCE 2.2.4): how parameters of remote procedure calls lie in bytes.
//!
//! The little-endian transfer syntax of 32 bits only, without NDR64. Structures are read in two passes, as they lie: first
//! their fixed parts with the referents' ids in place of pointers, then what the pointers lead to, in the same order.

mod decoder;
mod encoder;

#[cfg(test)]
mod tests;

pub use decoder::{Decoder, NdrError};
pub use encoder::Encoder;
