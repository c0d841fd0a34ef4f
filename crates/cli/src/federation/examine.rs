//! Looks at everything that the service needs, one thing after the other, and says what to type where something is missing.

use jiff::{SignedDuration, Timestamp};
use samesign_agent::connect::ad::{self, service_keys};
use samesign_federation::keys::KeyRing;
use samesign_federation::keys_tls::{authority_in, describe};
use samesign_federation::negotiate::ACCEPTOR;
use samesign_federation::{FederationSettings, clock};

use super::preflight::Check;
use super::remote::{Client, chain};
use super::settings;
use crate::config::Federation;

/// Kerberos gives and takes no ticket when clocks differ by more than five minutes; this leaves room.
const CLOCK: SignedDuration = SignedDuration::from_mins(2);
/// Days before the end of a certificate on which it is spoken of.
const SOON: i64 = 35;

/// Whether the domain controller lets the service's account in, and whether the clocks agree.
pub async fn directory(settings: &FederationSettings) -> Vec<Check> {
    const NAME: &str = "directory";
    let mut session = match ad::connect(&settings.ad).await {
        Ok(session) => session,
        Err(error) => {
            return vec![Check::refused(
                NAME,
                format!("Active Directory does not answer: {}", chain(&error.into())),
                "see [source] in the configuration; `samesign check` tests it as well",
            )];
        }
    };
    let server = session.server().to_owned();
    let time = session.time().await;
    session.close().await;
    let bound = Check::ok(NAME, format!("{server} lets {} in", settings.ad.user));
    let told = match time {
        Ok(time) => clocks(time, clock::now(), &server),
        Err(error) => Check::warning("clock", format!("{server} does not tell its time: {error}"), "compare the clocks by hand"),
    };
    vec![bound, told]
}

fn clocks(theirs: Timestamp, ours: Timestamp, server: &str) -> Check {
    const NAME: &str = "clock";
    let apart = theirs.duration_since(ours).abs();
    match apart <= CLOCK {
        true => Check::ok(NAME, format!("the clock agrees with that of {server} within {} s", apart.as_secs() + 1)),
        false => Check::refused(
            NAME,
            format!("the clock differs from that of {server} by {} s, so that no ticket and no token would be valid", apart.as_secs()),
            "let both follow the same time servers: `timedatectl set-ntp true`",
        ),
    }
}

/// Whether there is a key with which tickets can be read.
pub fn keytab(settings: &Federation) -> Check {
    const NAME: &str = "kerberos";
    let Some(keytab) = &settings.keytab else {
        return Check::warning(
            NAME,
            "no keytab is configured: everybody gets the form, also who is signed in to the domain",
            format!("make one, then set `keytab` and `intranet` in [federation]\n{}", account(settings)),
        );
    };
    let principal = format!("HTTP/{}", settings.host);
    match service_keys(keytab, &principal) {
        Err(error) => Check::refused(NAME, chain(&error.into()), account(settings)),
        Ok(keys) if !keys.iter().any(|key| settings.realms.contains(&key.realm().to_uppercase())) => {
            let realms: Vec<&str> = keys.iter().map(|key| key.realm()).collect();
            let mend = format!("set realms = {realms:?} if that is right, or export the keytab from the other domain");
            Check::refused(NAME, format!("{} has keys of {}, and {:?} counts", keytab.display(), realms.join(", "), settings.realms), mend)
        }
        Ok(keys) => {
            let newest = keys.iter().map(|key| key.version()).max().unwrap_or_default();
            let file = keytab.display();
            Check::ok(NAME, format!("{file} holds AES keys of {principal}, the newest of version {newest}; {ACCEPTOR} reads tickets"))
        }
    }
}

/// How an account with that name and a keytab is made, to be typed as it stands.
fn account(settings: &Federation) -> String {
    let Federation { host, realms, .. } = settings;
    let realm = realms.first().map_or("CORP.EXAMPLE.COM", String::as_str);
    let file = settings.keytab.as_ref().map_or("sts.keytab".to_owned(), |keytab| keytab.display().to_string());
    [
        "on a Samba domain controller:".to_owned(),
        "    samba-tool user create svc-sts --random-password".to_owned(),
        "    samba-tool user setexpiry svc-sts --noexpiry".to_owned(),
        "    net ads enctypes set svc-sts 24 -U Administrator -S 127.0.0.1".to_owned(),
        "    samba-tool user setpassword svc-sts --random-password".to_owned(),
        format!("    samba-tool spn add HTTP/{host} svc-sts"),
        format!("    samba-tool domain exportkeytab {file} --principal=HTTP/{host}"),
        "on a Windows domain controller:".to_owned(),
        "    New-ADUser svc-sts -Enabled $true -PasswordNeverExpires $true -KerberosEncryptionType AES128,AES256 `".to_owned(),
        "        -AccountPassword (Read-Host -AsSecureString)".to_owned(),
        format!(
            "    ktpass /princ HTTP/{host}@{realm} /mapuser svc-sts /crypto AES256-SHA1 /ptype KRB5_NT_PRINCIPAL +rndPass /out sts.keytab"
        ),
        format!("then bring the file to {file}, readable by the service's user alone (chmod 600)"),
    ]
    .join("\n")
}

/// Whether browsers will believe that this is the host.
pub fn tls(settings: &Federation) -> Check {
    const NAME: &str = "tls";
    let file = settings.certificate.display();
    let Some(described) = describe(&settings.certificate) else {
        return Check::refused(
            NAME,
            format!("{file} holds no certificate"),
            "`samesign federation setup` makes one; better is one from the authority that your browsers trust: name it with `certificate`",
        );
    };
    if !described.is_for(&settings.host) {
        let names = described.names.join(", ");
        return Check::refused(
            NAME,
            format!("the certificate in {file} is for {names}, not for {}", settings.host),
            "get one for that name, or correct `host` in [federation]",
        );
    }
    let days = described.not_after.duration_since(clock::now()).as_hours().div_euclid(24);
    let until = described.not_after.strftime("%Y-%m-%d");
    match (days, settings.certificate_named) {
        (..1, _) => Check::refused(NAME, format!("the certificate in {file} ended on {until}"), "renew it"),
        (1..=SOON, true) => Check::warning(NAME, format!("the certificate in {file} ends on {until}"), "renew it"),
        (1..=SOON, false) => {
            Check::warning(NAME, format!("the certificate in {file} ends on {until}"), "run `samesign federation setup --renew-tls`")
        }
        (_, true) => Check::ok(NAME, format!("the certificate in {file} is for {} until {until}", settings.host)),
        (_, false) => Check::warning(
            NAME,
            format!("the certificate in {file} is of our own authority, which no browser trusts by itself"),
            format!(
                "let browsers trust {} (for a rehearsal), or name one of your own with `certificate` in [federation]",
                authority_in(&settings.folder).display()
            ),
        ),
    }
}

/// Whether the key that signs will do so for long enough.
pub fn signing_key(keys: &KeyRing) -> Check {
    const NAME: &str = "signing-key";
    let key = keys.current();
    let days = key.not_after().duration_since(clock::now()).as_hours().div_euclid(24);
    let says = format!("the signing key {} is valid until {}", key.thumbprint(), key.not_after().strftime("%Y-%m-%d"));
    let staged = keys.next().is_some();
    match (days, staged) {
        (..1, _) => Check::refused(NAME, format!("{says}: the tenant believes it no more"), "`samesign federation rotate-key --emergency`"),
        (1..=5, _) => Check::refused(NAME, says, "at once: `samesign federation rotate-key stage`, then `activate`"),
        (6..=SOON, false) => Check::warning(NAME, says, "begin with `samesign federation rotate-key stage`"),
        (6..=SOON, true) => Check::warning(NAME, says, "the next key is staged: `samesign federation rotate-key activate`"),
        _ => Check::ok(NAME, says),
    }
}

/// Whether the service answers from outside, with the certificates of this folder.
pub async fn remote(settings: &Federation, keys: &KeyRing) -> Check {
    const NAME: &str = "service";
    let client = Client::new(&[&authority_in(&settings.folder)], &settings.host, Some(settings.listen));
    let published: Vec<String> = keys.published().iter().map(|certificate| settings::base64(certificate)).collect();
    let shown = match client {
        Ok(client) => client.certificates(&settings.origin, &published).await,
        Err(error) => Err(error),
    };
    match shown {
        Err(error) => Check::refused(
            NAME,
            format!("{} does not answer: {}", settings.origin, chain(&error)),
            "start it with `samesign federation run`; look at name, port, firewall and certificate",
        ),
        Ok(shown) => match published.iter().find(|certificate| !shown.contains(certificate)) {
            None => Check::ok(NAME, format!("{} answers, and its metadata names the keys of this folder", settings.origin)),
            Some(missing) => Check::refused(
                NAME,
                format!("the metadata of {} does not name the key {}", settings.origin, settings::thumbprint(missing)),
                "another service at that address, or one that could not read the keys again: see its log",
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::preflight::Verdict;

    #[test]
    fn clocks_may_differ_by_two_minutes() {
        let now: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        for (seconds, verdict) in
            [(0, Verdict::Ok), (120, Verdict::Ok), (-120, Verdict::Ok), (121, Verdict::Refused), (-121, Verdict::Refused)]
        {
            let check = clocks(now + SignedDuration::from_secs(seconds), now, "dc1");
            assert_eq!(check.verdict, verdict, "{seconds}: {}", check.says);
        }
    }
}
