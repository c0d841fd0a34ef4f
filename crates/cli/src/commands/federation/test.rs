//! `samesign federation test`.

use anyhow::Context;
use clap::Args;
use samesign_federation::FederationSettings;
use samesign_federation::claims::{Dialect, Domains, for_tenant};
use samesign_federation::clock;
use samesign_federation::directory::{Account, AccountState, Directory};
use samesign_federation::lockout::Lockout;
use samesign_federation::store::Store;
use samesign_wire::saml::Signer;

use crate::exit::{Exit, Failure, Outcome};
use crate::federation::convert::{realm_of, screen as lines};
use crate::federation::parts::{self, Parts};
use crate::federation::preflight::{Check, passes};
use crate::federation::{examine, settings};
use crate::{Global, harden, runtime, screen};

/// Look at everything a sign-in needs: keys, certificate, Active Directory, keytab, clocks, the service, the tenant
///
/// Changes nothing and signs nobody in. With --user it also tells what would be said of that person.
#[derive(Args)]
pub struct Arguments {
    /// A person, by sign-in name
    #[arg(long, value_name = "UPN")]
    user: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, global: &Global) -> Outcome {
    harden::harden();
    let parts = Parts::open(global)?;
    let settings = parts::settings(global)?;
    let checks = runtime::block_on(async {
        let mut checks = vec![examine::signing_key(&parts.keys), signs(&parts), examine::tls(&parts.federation)];
        checks.push(examine::keytab(&parts.federation));
        checks.extend(examine::directory(&settings).await);
        checks.push(examine::remote(&parts.federation, &parts.keys).await);
        checks.extend(tenant(&parts).await);
        if let Some(user) = &arguments.user {
            checks.extend(person(settings, user).await?);
        }
        Ok::<_, Failure>(checks)
    })??;
    match arguments.json {
        true => screen::json(&serde_json::json!({ "ok": passes(&checks), "checks": checks }))?,
        false => screen::data(&lines(&checks)),
    }
    Ok(if passes(&checks) { Exit::Done } else { Exit::Failed })
}

/// Whether what the key signs is believed by whoever holds the certificate.
fn signs(parts: &Parts) -> Check {
    const NAME: &str = "signature";
    const MESSAGE: &[u8] = b"samesign federation test";
    let key = parts.keys.current();
    let signed = key.sign(MESSAGE).ok().is_some_and(|signature| key.verifies(MESSAGE, &signature));
    match signed {
        true => Check::ok(NAME, "what the key signs is believed by its certificate"),
        false => Check::refused(NAME, "what the key signs is not believed by its certificate", "restore `keys` from a copy"),
    }
}

/// How each domain stands in the tenant.
async fn tenant(parts: &Parts) -> Vec<Check> {
    const NAME: &str = "tenant";
    let mut checks = Vec::new();
    for domain in &parts.federation.domains {
        let found = parts.entra.federation(domain).await;
        let wanted = settings::wanted(domain, &parts.federation, &parts.keys);
        checks.push(match found {
            Err(error) => Check::refused(
                NAME,
                format!("cannot read how {domain} is federated: {}", crate::federation::remote::chain(&error.into())),
                "the application needs Domain-InternalFederation.ReadWrite.All; see docs/guide/federation-microsoft-365.md",
            ),
            Ok(None) => Check::warning(
                NAME,
                format!("{domain} is managed: its people sign in at the tenant"),
                format!("samesign federation convert {domain} federated --dry-run"),
            ),
            Ok(Some(found)) if found.signing_certificate != wanted.signing_certificate => Check::refused(
                NAME,
                format!(
                    "for {domain} the tenant believes the key {}, and not ours: every sign-in fails",
                    settings::thumbprint(&found.signing_certificate)
                ),
                "after a rotation run its step again; else `samesign federation convert` writes the settings anew",
            ),
            Ok(Some(found)) => match settings::differences(Some(&found), Some(&wanted)).as_slice() {
                [] => Check::ok(NAME, format!("{domain} is federated with this service")),
                differences => Check::warning(
                    NAME,
                    format!("{domain} is federated with this service, but differs: {}", names(differences)),
                    format!("samesign federation convert {domain} federated --dry-run"),
                ),
            },
        });
        checks.extend(realm(parts, domain).await);
    }
    checks
}

fn names(differences: &[(&'static str, String, String)]) -> String {
    differences.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ")
}

/// What the sign-in page does with a name of the domain.
async fn realm(parts: &Parts, domain: &str) -> Option<Check> {
    const NAME: &str = "sign-in-page";
    let says = match realm_of(parts, domain).await {
        Ok(realm) => format!("the tenant's sign-in page takes {domain} for {}", realm.account_type.to_lowercase()),
        Err(error) => {
            let says = format!("the tenant's sign-in page does not tell: {}", crate::federation::remote::chain(&error));
            return Some(Check::warning(NAME, says, "sign in once by hand"));
        }
    };
    Some(Check::ok(NAME, says))
}

/// What would be said of a person.
async fn person(settings: FederationSettings, name: &str) -> Result<Vec<Check>, Failure> {
    const NAME: &str = "person";
    let FederationSettings { folder, ad, policy, lockout, domains, .. } = settings;
    let store = Store::open(&parts::store_of(&folder)).context("the service's database cannot be opened")?;
    let directory = Directory::new(ad, policy, store.clone());
    let Some(account) = directory.by_name(name).await.context("Active Directory cannot be asked")? else {
        return Ok(vec![Check::refused(NAME, format!("Active Directory has nobody called {name}"), "write the userPrincipalName")]);
    };
    let mut checks = vec![standing(&account)];
    checks.push(match for_tenant(&account.person, &Domains::new(&domains), false, Dialect::One) {
        Ok(claims) => Check::ok(
            "claims",
            format!("the tenant is told: UPN {}, ImmutableID {}, issuer {}", account.person.upn, account.person.anchor, claims.issuer),
        ),
        Err(reason) => Check::refused("claims", format!("{name}: {reason}"), "see `samesign explain` for the account"),
    });
    let shown = Lockout::new(lockout, store).show(&account, clock::now().as_second()).await.context("the count cannot be read")?;
    let says = format!(
        "wrong passwords: {} of {} from unknown addresses, {} of {} from familiar ones",
        shown.unknown, shown.unknown_max, shown.familiar, shown.familiar_max
    );
    checks.push(match shown.unknown >= shown.unknown_max || shown.familiar >= shown.familiar_max {
        true => Check::warning("lockout", says, format!("samesign federation lockout reset {name}")),
        false => Check::ok("lockout", says),
    });
    Ok(checks)
}

fn standing(account: &Account) -> Check {
    let says = format!("{}: {}", account.person.dn, account.state);
    match account.state {
        AccountState::Enabled => Check::ok("person", says),
        _ => Check::refused("person", says, "change that in Active Directory"),
    }
}
