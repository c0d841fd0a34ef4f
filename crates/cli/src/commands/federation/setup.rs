//! `samesign federation setup`.

use anyhow::Context;
use clap::Args;
use samesign_federation::clock;
use samesign_federation::keys::{KeyError, KeyRing};
use samesign_federation::keys_tls::make_tls_certificate;

use crate::config::{Config, Federation};
use crate::exit::{Exit, Failure, Outcome};
use crate::federation::convert::screen as lines;
use crate::federation::preflight::{Check, passes};
use crate::federation::{examine, parts};
use crate::{Global, harden, runtime, screen};

/// Make what the service needs to start, look at the rest, and say what is missing
///
/// Makes the signing key, and a certificate for TLS when none is configured. Then it asks the domain controller, reads the keytab,
/// compares the clocks and the names. It can be run again at any time: what is there stays.
#[derive(Args)]
pub struct Arguments {
    /// Make the certificate for TLS anew, from the service's own authority
    #[arg(long)]
    renew_tls: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    harden::harden();
    let config = Config::load(&global.config)?;
    let federation = config.federation.ok_or_else(|| parts::no_table(global))?;
    let mut checks = vec![keys(&federation)?];
    checks.extend(certificate(&federation, arguments.renew_tls)?);
    checks.push(examine::tls(&federation));
    checks.push(examine::keytab(&federation));
    // Read again: the settings take the table with them.
    let settings = Config::load(&global.config)?.federation_settings()?;
    checks.extend(runtime::block_on(examine::directory(&settings))?);
    match arguments.json {
        true => screen::json(&serde_json::json!({ "ready": passes(&checks), "checks": checks }))?,
        false => screen::data(&lines(&checks)),
    }
    if !global.quiet && !arguments.json {
        screen::note(&next(&federation, passes(&checks)));
    }
    Ok(if passes(&checks) { Exit::Done } else { Exit::Failed })
}

fn keys(federation: &Federation) -> Result<Check, Failure> {
    let keys = match KeyRing::create(&federation.folder, &federation.host, clock::now()) {
        Ok(keys) => {
            let says = format!("made a signing key in {}: {}", keys.path().display(), keys.current().thumbprint());
            return Ok(Check::ok("signing-key", says));
        }
        Err(KeyError::Exists(_)) => KeyRing::open(&federation.folder).context("the signing keys cannot be used")?,
        Err(error) => return Err(anyhow::Error::new(error).context("no signing key was made").into()),
    };
    Ok(examine::signing_key(&keys))
}

/// Makes a certificate where none was named and none is there.
fn certificate(federation: &Federation, renew: bool) -> Result<Option<Check>, Failure> {
    if federation.certificate_named && renew {
        return Err(Failure::usage(
            "`certificate` in [federation] names a certificate of your own",
            "renew that one; --renew-tls is for the one that this command makes",
        ));
    }
    if federation.certificate_named || (federation.certificate.exists() && !renew) {
        return Ok(None);
    }
    make_tls_certificate(&federation.folder, &federation.host, &federation.certificate, clock::now()).context("no certificate was made")?;
    Ok(Some(Check::ok("tls-made", format!("made a certificate for {} in {}", federation.host, federation.certificate.display()))))
}

fn next(federation: &Federation, ready: bool) -> String {
    match ready {
        true => format!(
            "Next:\n  samesign federation run\n  samesign federation test\n  samesign federation convert {} federated --dry-run",
            federation.domains.first().map_or("DOMAIN", String::as_str)
        ),
        false => "mend what is refused, then run this again".to_owned(),
    }
}
