//! Random bytes, and secrets as text, from the system's generator.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The system's random generator gave nothing, which on Linux happens only when the process may not use it.
#[derive(Debug, thiserror::Error)]
#[error("the system's random generator does not answer: is getrandom(2) allowed in this sandbox?")]
pub struct NoRandom;

/// `N` random bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N], NoRandom> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| NoRandom)?;
    Ok(bytes)
}

/// 256 random bits as text that needs no escaping in a URL, a cookie or a form.
pub fn token() -> Result<String, NoRandom> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<32>()?))
}
