//! A secret that a command takes from stdin: typed unseen on a terminal, or piped.

use std::io::{IsTerminal, Read};
use std::os::fd::AsFd;

use anyhow::{Context, Result, bail};
use samesign_wire::Secret;
use zeroize::{Zeroize, Zeroizing};

/// Far more than any password or key has; whatever is longer is a mistake.
const BYTES_MAX: usize = 64 * 1024;

/// Reads a secret. One line feed at its end is not part of it. On a terminal it asks, and nothing is echoed.
pub fn secret(question: &str) -> Result<Secret> {
    match std::io::stdin().is_terminal() {
        true => ask(question),
        false => read(unbuffered().context("cannot read stdin")?),
    }
}

fn ask(question: &str) -> Result<Secret> {
    let prompt = dialoguer::Password::new().with_prompt(question).allow_empty_password(true).report(false);
    Ok(Secret::new(prompt.interact().context("stopped: nothing was typed")?))
}

/// Stdin without the buffer of the standard library, which nobody wipes.
fn unbuffered() -> std::io::Result<std::fs::File> {
    Ok(std::io::stdin().as_fd().try_clone_to_owned()?.into())
}

fn read(mut from: impl Read) -> Result<Secret> {
    // Made in full at once: a buffer that grows leaves a copy behind.
    let mut bytes = Zeroizing::new(vec![0; BYTES_MAX + 1]);
    let mut filled = 0;
    while let Some(free) = bytes.get_mut(filled..).filter(|free| !free.is_empty()) {
        match from.read(free) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("cannot read stdin"),
        }
    }
    if filled > BYTES_MAX {
        bail!("stdin holds more than {BYTES_MAX} bytes, which is no password: pipe in the password alone");
    }
    bytes.truncate(filled);
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|error| error.into_bytes().zeroize());
    text.map(Secret::new).ok().context("what stdin holds is not UTF-8: give the password in that encoding")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(bytes: &[u8]) -> String {
        read(bytes).map_or_else(|error| format!("error: {error}"), |secret| secret.expose().to_owned())
    }

    #[test]
    fn one_line_feed_is_not_part_of_it() {
        for (given, secret) in [("a\n", "a"), ("a", "a"), ("a\n\n", "a\n"), ("a\r\n", "a\r"), (" a ", " a "), ("", ""), ("\n", "")] {
            assert_eq!(taken(given.as_bytes()), secret, "{given:?}");
        }
    }

    #[test]
    fn what_is_no_password_is_said() {
        assert_eq!(taken(b"\xffsecret"), "error: what stdin holds is not UTF-8: give the password in that encoding");
        assert_eq!(taken(&[b'a'; BYTES_MAX]).len(), BYTES_MAX);
        assert!(taken(&[b'a'; BYTES_MAX + 1]).starts_with("error: stdin holds more than 65536 bytes"));
    }
}
