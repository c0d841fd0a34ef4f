//! Ids and one-time secrets from the system's generator.

pub use samesign_web::random::{NoRandom, bytes, token};

/// 128 random bits as an XML name: an underscore and 32 hexadecimal digits.
pub fn xml_id() -> Result<String, NoRandom> {
    Ok(format!("_{:032x}", u128::from_be_bytes(bytes()?)))
}
