//! `samesign passwords`: the password blob, for support and for test vectors.

use anyhow::Context;
use clap::{Args, Subcommand};
use samesign_wire::password::{NtHash, Salt, derive};
use zeroize::Zeroizing;

use crate::exit::{Exit, Failure, Outcome};
use crate::{harden, screen, stdin};

/// Look at the form in which passwords reach the tenant
#[derive(Subcommand)]
pub enum Command {
    Hash(Hash),
}

/// Print the blob of a password: what is sent to the tenant, and all that is sent
///
/// Reads the password on stdin, or asks for it on a terminal without showing it. One line feed at its end is not part of it. The blob is a salted
/// PBKDF2 digest of the NT hash; one can guess passwords against it, so treat it as a secret.
#[derive(Args)]
pub struct Hash {
    /// Read the NT hash instead of the password: 32 hexadecimal digits
    #[arg(long)]
    nt_hash: bool,
    /// Take this salt instead of a random one: 20 hexadecimal digits
    #[arg(long, value_name = "HEX", value_parser = parse_salt)]
    salt: Option<Salt>,
}

impl Command {
    /// Runs the command.
    pub fn run(self, quiet: bool) -> Outcome {
        harden::harden();
        let Self::Hash(Hash { nt_hash, salt }) = self;
        let hash = if nt_hash { read_hash()? } else { hash_of_password(quiet)? };
        let salt = match salt {
            Some(salt) => salt,
            None => random_salt()?,
        };
        let blobs = derive(&[(hash, salt)]);
        screen::data(blobs.first().context("no blob was made")?.expose());
        Ok(Exit::Done)
    }
}

fn hash_of_password(quiet: bool) -> anyhow::Result<NtHash> {
    let password = stdin::secret("Password")?;
    if password.is_empty() && !quiet {
        screen::note("there is no password on stdin: this is the blob of the empty one");
    }
    Ok(NtHash::of_password(password.expose()))
}

fn read_hash() -> Result<NtHash, Failure> {
    let digits = stdin::secret("NT hash")?;
    let mut bytes = Zeroizing::new([0; 16]);
    let hash = decode(digits.expose().trim(), &mut *bytes).and_then(|()| NtHash::from_slice(&*bytes));
    hash.ok_or_else(|| {
        let given = digits.expose().trim().len();
        Failure::usage(
            format!("an NT hash is 32 hexadecimal digits, and stdin holds {given} characters that are not that"),
            "give the hash as `samba-tool` and `secretsdump` print it, without a name before it; leave out --nt-hash to give the password",
        )
    })
}

fn parse_salt(text: &str) -> Result<Salt, String> {
    let mut salt = Salt::default();
    decode(text, &mut salt)
        .map(|()| salt)
        .ok_or_else(|| format!("a salt is 20 hexadecimal digits (10 bytes), and this is {}", counted(text)))
}

fn counted(text: &str) -> String {
    match text.chars().find(|letter| !letter.is_ascii_hexdigit()) {
        Some(letter) => format!("no hexadecimal number: `{}` is in it", letter.escape_default()),
        None => format!("{} digits long", text.len()),
    }
}

/// Fills the bytes from exactly as many digits as they need.
fn decode(digits: &str, bytes: &mut [u8]) -> Option<()> {
    let needed = 2 * bytes.len();
    (digits.len() == needed && base16ct::mixed::decode(digits, bytes).is_ok()).then_some(())
}

fn random_salt() -> anyhow::Result<Salt> {
    let mut salt = Salt::default();
    getrandom::fill(&mut salt).context("the operating system gives no random bytes for a salt")?;
    Ok(salt)
}
