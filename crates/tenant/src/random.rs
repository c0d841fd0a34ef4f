//! Ids and one-time secrets from the system's generator.

pub use samesign_web::random::{NoRandom, bytes, token};

/// A random UUID (version 4), lower case with dashes.
pub fn uuid() -> Result<String, NoRandom> {
    let mut number = u128::from_be_bytes(bytes()?);
    number = (number & !(0xf << 76)) | (0x4 << 76);
    number = (number & !(0x3 << 62)) | (0x2 << 62);
    let digits = format!("{number:032x}");
    let (a, rest) = digits.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    Ok(format!("{a}-{b}-{c}-{d}-{e}"))
}

/// A code a person reads from one screen and types at another: nine capitals and digits without look-alikes, 44 bits.
pub fn user_code() -> Result<String, NoRandom> {
    draw(b"ABCDEFGHJKLMNPQRSTUVWXYZ2345678", 9)
}

/// A one-time password a person can type: 20 characters without look-alikes, with a dash after each five.
///
/// 20 draws of 31 characters are 99 bits. It holds lower case, digits and dashes and starts with a capital, so it
/// meets the service's rule of three character classes.
pub fn one_time_password() -> Result<String, NoRandom> {
    let mut password = String::from("P");
    for _ in 0..4 {
        password.push('-');
        password.push_str(&draw(b"abcdefghijkmnpqrstuvwxyz2345678", 5)?);
    }
    Ok(password)
}

fn draw(alphabet: &[u8; 31], length: usize) -> Result<String, NoRandom> {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let [byte] = bytes::<1>()?;
        // 248 is the largest multiple of 31 in a byte: what lies above would favour the first letters.
        let character = (byte < 248).then(|| alphabet.get(usize::from(byte % 31))).flatten();
        text.extend(character.map(|character| char::from(*character)));
    }
    Ok(text)
}
