//! `samesign federation lockout`.

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use samesign_federation::directory::{Account, Directory};
use samesign_federation::lockout::{Lockout, Shown};
use samesign_federation::store::Store;
use samesign_federation::{FederationSettings, clock};
use serde_json::json;

use crate::exit::{Exit, Failure, Outcome};
use crate::federation::parts;
use crate::{Global, runtime, screen};

/// Look at the wrong passwords that were counted for a person, or forget them
#[derive(Subcommand)]
pub enum Command {
    /// Show what is counted, and from where the person is known
    Show(Who),
    /// Forget it: the person may try again at once
    Reset(Who),
}

/// Who.
#[derive(Args)]
pub struct Who {
    /// The sign-in name, or DOMAIN\account
    #[arg(value_name = "UPN")]
    upn: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Runs the command.
    pub fn run(self, global: &Global) -> Outcome {
        let (Self::Show(who) | Self::Reset(who)) = &self;
        let FederationSettings { folder, ad, policy, lockout, .. } = parts::settings(global)?;
        let store = Store::open(&parts::store_of(&folder)).context("the service's database cannot be opened")?;
        let directory = Directory::new(ad, policy, store.clone());
        let lockout = Lockout::new(lockout, store);
        let (account, shown) = runtime::block_on(async {
            let account = account(&directory, &who.upn).await?;
            if matches!(self, Self::Reset(_)) {
                lockout.reset(account.person.guid).await.context("the count cannot be forgotten")?;
            }
            let shown = lockout.show(&account, clock::now().as_second()).await.context("the count cannot be read")?;
            Ok::<_, Failure>((account, shown))
        })??;
        match who.json {
            true => screen::json(&as_json(&account, &shown))?,
            false => screen::data(&story(&account, &shown)),
        }
        Ok(Exit::Done)
    }
}

async fn account(directory: &Directory, name: &str) -> Result<Account, Failure> {
    let found = directory.by_name(name).await.context("Active Directory cannot be asked")?;
    found.ok_or_else(|| {
        Failure::usage(format!("Active Directory has nobody called {name}"), "write the userPrincipalName, or DOMAIN\\account")
    })
}

fn as_json(account: &Account, shown: &Shown) -> serde_json::Value {
    let addresses = shown.addresses.iter().map(|(address, at)| json!({ "address": address, "last": time(*at) }));
    json!({
        "upn": account.person.upn,
        "account": account.state.to_string(),
        "unknown": { "wrong": shown.unknown, "max": shown.unknown_max },
        "familiar": { "wrong": shown.familiar, "max": shown.familiar_max },
        "until": shown.until.map(time),
        "addresses": addresses.collect::<Vec<_>>(),
    })
}

fn story(account: &Account, shown: &Shown) -> String {
    let locked = |wrong, max| if wrong >= max { "  locked" } else { "" };
    let mut lines = vec![
        format!("{}: {} in Active Directory", account.person.upn, account.state),
        format!(
            "wrong passwords from unknown addresses   {} of {}{}",
            shown.unknown,
            shown.unknown_max,
            locked(shown.unknown, shown.unknown_max)
        ),
        format!(
            "wrong passwords from familiar addresses  {} of {}{}",
            shown.familiar,
            shown.familiar_max,
            locked(shown.familiar, shown.familiar_max)
        ),
    ];
    lines.extend(shown.until.map(|until| format!("forgotten at {}", time(until))));
    lines.extend(shown.addresses.iter().map(|(address, at)| format!("familiar  {address}  last on {}", time(*at))));
    lines.join("\n")
}

fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}
