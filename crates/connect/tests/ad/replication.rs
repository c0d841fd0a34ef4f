//! Passwords by replication from a real domain controller, which is changed with Samba's own tools.

use std::collections::BTreeMap;
use std::process::Command;

use samesign_connect::ad::{AdConfig, AdError, Changes, Credential, Fault, Replicated, Replication, Watermark, connect, replicate};
use samesign_engine::ObjectGuid;
use samesign_wire::Secret;
use samesign_wire::password::NtHash;

use super::authority::Authority;
use super::directory::{self, Directory};
use super::domain::Domain;
use super::peers::{self, Hashes};
use super::server::{Opening, Server};

const PEOPLE: usize = 1_000;
/// All sorts of characters in the passwords: spaces, umlauts, emoji, up to 127 of them.
const KIND: &str = "wild";

#[tokio::test]
async fn passwords_are_replicated_from_a_real_domain_controller() {
    let domain = Domain::start("replication", PEOPLE, KIND);
    let mut replication = replication(&domain, "svc-dirsync").await;
    let everything = the_whole_domain_is_read_and_each_hash_is_that_of_the_password(&domain, &mut replication).await;
    nothing_comes_when_nothing_changed(&mut replication, &everything.watermark).await;
    let watermark = exactly_what_changed_comes(&domain, &mut replication, &everything).await;
    single_objects_are_read(&domain, &mut replication, &everything).await;
    another_session_goes_on_from_a_stored_watermark(&domain, &watermark).await;
    another_history_is_read_without_repeating_what_is_known(&mut replication, &watermark).await;
    impossible_watermarks_are_refused(&mut replication, &watermark).await;
    missing_rights_are_told_with_the_command_that_gives_them(&domain).await;
    assert_eq!(domain.writes(), "", "the source is never written");
    a_domain_controller_that_goes_away_is_told(domain, &mut replication, &watermark).await;
}

struct Everything {
    watermark: Watermark,
    hashes: Hashes,
    /// By account name.
    people: BTreeMap<String, ObjectGuid>,
}

async fn the_whole_domain_is_read_and_each_hash_is_that_of_the_password(domain: &Domain, replication: &mut Replication) -> Everything {
    let (mut hashes, mut watermark, mut calls, mut objects) = (Hashes::new(), Watermark::start(), 0, 0);
    loop {
        let changes = replication.changes(&watermark).await.unwrap();
        assert_eq!(replication.opened(), hashes.len() as u64, "nothing is decrypted by reading");
        objects += changes.objects.len();
        open_all(replication, &changes, &mut hashes);
        (watermark, calls) = (changes.watermark, calls + 1);
        if !changes.more {
            break;
        }
    }
    assert!(calls <= 4, "{objects} objects in a handful of calls, not {calls}");
    assert_eq!(hashes, peers::samba(domain), "as Samba's own library reads its database");
    assert_eq!(hashes, peers::impacket(domain), "as impacket reads it");
    let mut people = BTreeMap::new();
    for (number, password) in domain.passwords(PEOPLE, KIND).iter().enumerate() {
        let account = format!("u{number:06}");
        let expected = hex(&NtHash::of_password(password));
        let guid = hashes.iter().find(|(_, hash)| **hash == expected).map(|(guid, _)| *guid);
        people.insert(account.clone(), guid.unwrap_or_else(|| panic!("the hash of {account} was not read")));
    }
    assert_eq!(people["u000007"], domain.attribute("u000007", "objectGUID").parse().unwrap());
    Everything { watermark, hashes, people }
}

async fn nothing_comes_when_nothing_changed(replication: &mut Replication, watermark: &Watermark) {
    let changes = replication.changes(watermark).await.unwrap();
    assert_eq!((changes.objects.len(), changes.more), (0, false));
}

async fn exactly_what_changed_comes(domain: &Domain, replication: &mut Replication, everything: &Everything) -> Watermark {
    let newest = "Ein neues Kennwört 🔑 ";
    #[rustfmt::skip]
    domain.change(&[
        "password", "u000001", "Old-Pw-1!", "--", "password", "u000001", newest, "--", "password", "u000002", "Second-Pw-2!",
        "--", "disable", "u000003", "--", "delete", "u000004", "--", "move", "u000005", "OU=Other",
        "--", "set", "u000006", "displayName=Nobody Else", "--", "set", "u000007", "pwdLastSet=0",
    ]);
    let changes = replication.changes(&everything.watermark).await.unwrap();
    let by_account = |account: &str| changes.objects.iter().find(|object| object.guid == everything.people[account]);
    let changed: Vec<_> =
        everything.people.iter().filter(|(account, _)| by_account(account).is_some()).map(|(account, _)| &**account).collect();
    assert_eq!(changed, ["u000001", "u000002", "u000003", "u000004", "u000007"]);
    assert_eq!(changes.objects.len(), changed.len(), "and nobody else");

    let twice = by_account("u000001").unwrap().password.as_ref().unwrap();
    assert_eq!((twice.version, by_account("u000002").unwrap().password.as_ref().unwrap().version), (3, 2), "how often it was set");
    assert!(hash_of(replication, by_account("u000001").unwrap()) == hex(&NtHash::of_password(newest)), "only the newest is there");
    let disabled = by_account("u000003").unwrap();
    assert_eq!(disabled.account_control.map(|control| control & 2), Some(2));
    assert!(disabled.password.is_none() && !disabled.deleted);
    let deleted = by_account("u000004").unwrap();
    assert!(deleted.deleted && deleted.password.as_ref().is_some_and(|password| password.sealed.is_none()), "a tombstone has no password");
    let must_change = by_account("u000007").unwrap();
    assert_eq!((must_change.password_last_set, must_change.password.is_none()), (Some(0), true));

    let mut now = everything.hashes.clone();
    now.remove(&deleted.guid);
    open_all(replication, &changes, &mut now);
    assert_eq!(now, peers::samba(domain), "the increment makes of the old state the new one");
    assert_eq!(now, peers::impacket(domain));
    nothing_comes_when_nothing_changed(replication, &changes.watermark).await;
    changes.watermark
}

async fn single_objects_are_read(domain: &Domain, replication: &mut Replication, everything: &Everything) {
    let unchanged = replication.object(everything.people["u000010"]).await.unwrap().unwrap();
    assert_eq!(hash_of(replication, &unchanged), everything.hashes[&unchanged.guid]);
    assert!(unchanged.account_control.is_some() && unchanged.password_last_set.is_some());
    let changed = replication.object(everything.people["u000002"]).await.unwrap().unwrap();
    assert_eq!(hash_of(replication, &changed), hex(&NtHash::of_password("Second-Pw-2!")));
    let deleted = replication.object(everything.people["u000004"]).await.unwrap().unwrap();
    assert!(deleted.deleted && deleted.password.as_ref().is_none_or(|password| password.sealed.is_none()));
    let unit = domain.attribute(&format!("OU=Office365,{}", domain.fact("base_dn")), "objectGUID").parse().unwrap();
    assert!(replication.object(unit).await.unwrap().is_none(), "a unit has nothing that is asked for");
    assert!(replication.object(ObjectGuid::from_bytes([7; 16])).await.unwrap().is_none(), "an object that never was");
}

async fn another_session_goes_on_from_a_stored_watermark(domain: &Domain, watermark: &Watermark) {
    let mut second = replication(domain, "svc-dirsync").await;
    let stored = Watermark::from_bytes(&watermark.to_bytes()).unwrap();
    assert_eq!(second.changes(&stored).await.unwrap().objects.len(), 0);
    domain.change(&["password", "u000020", "Twentieth-Pw-20!"]);
    let changes = second.changes(&stored).await.unwrap();
    assert_eq!(changes.objects.len(), 1);
    assert_eq!(hash_of(&mut second, &changes.objects[0]), hex(&NtHash::of_password("Twentieth-Pw-20!")));
    let [object] = &changes.objects[..] else { panic!() };
    let mut third = replication(domain, "svc-dirsync").await;
    let foreign = third.open(object.password.as_ref().unwrap().sealed.as_ref().unwrap());
    assert!(matches!(foreign, Err(AdError::Secret { .. })), "sealed for the session it came over");
    second.close().await;
}

/// Where the parts of a stored watermark lie: magic, domain, invocationId, USNs.
const DOMAIN: usize = 8;
const INVOCATION_ID: usize = DOMAIN + 16;
const USN: usize = INVOCATION_ID + 16;

async fn another_history_is_read_without_repeating_what_is_known(replication: &mut Replication, watermark: &Watermark) {
    let mut bytes = watermark.to_bytes();
    bytes[INVOCATION_ID..USN].copy_from_slice(&[0x99; 16]);
    let elsewhere = Watermark::from_bytes(&bytes).unwrap();
    let changes = replication.changes(&elsewhere).await.unwrap();
    // What happened after that watermark (u000020), and nothing before it: the up-to-dateness vector covers it.
    assert_eq!(changes.objects.iter().filter(|object| object.password.is_some()).count(), 1);
    assert!(!changes.more);
    nothing_comes_when_nothing_changed(replication, &changes.watermark).await;
}

async fn impossible_watermarks_are_refused(replication: &mut Replication, watermark: &Watermark) {
    let mut bytes = watermark.to_bytes();
    bytes[USN + 16..USN + 24].copy_from_slice(&9_000_000_i64.to_le_bytes());
    match replication.changes(&Watermark::from_bytes(&bytes).unwrap()).await.err().unwrap() {
        AdError::RolledBack { expected: 9_000_000, found, .. } => assert!(found > 3_000 && found < 9_000_000, "{found}"),
        other => panic!("{other:?}"),
    }
    let mut bytes = watermark.to_bytes();
    bytes[DOMAIN] ^= 1;
    let error = replication.changes(&Watermark::from_bytes(&bytes).unwrap()).await.err().unwrap();
    assert!(matches!(error, AdError::WatermarkRefused { .. }), "{error:?}");
    assert!(replication.changes(watermark).await.is_ok(), "the session is as good as before");
}

async fn missing_rights_are_told_with_the_command_that_gives_them(domain: &Domain) {
    let mut plain = replication(domain, "svc-samesign").await;
    let error = plain.changes(&Watermark::start()).await.err().unwrap();
    assert!(matches!(error, AdError::Rights { .. }), "{error:?}");
    let said = error.to_string();
    let account = domain.account("svc-samesign", "user");
    for part in [account, domain.fact("base_dn"), "Replicating Directory Changes All", "CORP\\svc-samesign:CA;"] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    let one = plain.object(domain.attribute("u000030", "objectGUID").parse().unwrap()).await.err().unwrap();
    assert!(matches!(one, AdError::Rights { .. }), "{one:?}");

    let command = said.lines().find_map(|line| line.trim().strip_prefix("Samba:")).unwrap().trim();
    let command = format!("{command} --configfile='{}' -H '{}/private/sam.ldb'", domain.fact("smb_conf"), domain.fact("directory"));
    let given = Command::new("sh").args(["-c", &command]).output().unwrap();
    assert!(given.status.success(), "{command}\n{}", String::from_utf8_lossy(&given.stderr));
    let mut config = config(domain, "svc-samesign");
    config.servers = vec![domain.fact("ldap").parse().unwrap()];
    config.credential = Credential::Keytab(domain.account("svc-samesign", "keytab").into());
    let mut entitled = replicate(&config).await.unwrap_or_else(|error| panic!("{error}"));
    let changes = entitled.changes(&Watermark::start()).await.unwrap_or_else(|error| panic!("after {command}: {error}"));
    let mut hashes = Hashes::new();
    open_all(&mut entitled, &changes, &mut hashes);
    let all = peers::samba(domain);
    assert!(hashes.len() > 500 && hashes.iter().all(|(guid, hash)| all[guid] == *hash), "by a keytab as by a password");
}

async fn a_domain_controller_that_goes_away_is_told(domain: Domain, replication: &mut Replication, watermark: &Watermark) {
    let mut config = config(&domain, "svc-dirsync");
    // The certificate goes with it.
    config.credential = Credential::KerberosPassword(Secret::new(domain.account("svc-dirsync", "password").to_owned()));
    drop(domain);
    let error = replication.changes(watermark).await.err().unwrap();
    assert!(matches!(error, AdError::Session { fault: Fault::Rpc(_), .. }), "{error:?}");
    let error = replicate(&config).await.err().unwrap().to_string();
    assert!(error.contains("no domain controller of corp.example.com can be used") && error.contains("cannot connect"), "{error}");
}

#[tokio::test]
async fn a_read_only_domain_controller_is_left_for_the_next_one() {
    let authority = Authority::new("Test CA");
    let mut servers = Vec::new();
    for read_only in [true, false] {
        let mut directory = Directory::of(0);
        directory.read_only = read_only;
        let server = Server::start(authority.serve(&["localhost"], |_| {}), Opening::Tls, move |message| directory.answer(message)).await;
        servers.push(format!("ldaps://localhost:{}", server.port));
    }
    let config = directory::config(&authority, &servers);
    let error = replicate(&config).await.err().unwrap().to_string();
    let lines: Vec<_> = error.lines().map(str::trim).collect();
    let [_, first, second] = lines[..] else { panic!("{error}") };
    assert!(first.starts_with(&format!("{}: it is a read-only domain controller", servers[0])), "{error}");
    // The other could be written to, but nothing replicates there.
    assert!(second.starts_with(&format!("{}: cannot reach the RPC endpoint mapper", servers[1])), "{error}");
    let session = connect(&config).await.unwrap();
    assert_eq!(session.server(), servers[0], "for reading the directory it is as good as any other");
}

fn hash_of(replication: &mut Replication, object: &Replicated) -> String {
    let sealed = object.password.as_ref().and_then(|password| password.sealed.as_ref()).expect("a password");
    hex(&replication.open(sealed).unwrap())
}

fn open_all(replication: &mut Replication, changes: &Changes, hashes: &mut Hashes) {
    for object in &changes.objects {
        if object.password.as_ref().is_some_and(|password| password.sealed.is_some()) {
            hashes.insert(object.guid, hash_of(replication, object));
        }
    }
}

fn hex(hash: &NtHash) -> String {
    hash.expose().iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn replication(domain: &Domain, account: &str) -> Replication {
    replicate(&config(domain, account)).await.unwrap_or_else(|error| panic!("{error}"))
}

/// A simple bind for the directory; replication itself turns the password into a Kerberos ticket.
fn config(domain: &Domain, account: &str) -> AdConfig {
    AdConfig {
        domain: domain.fact("domain").to_owned(),
        servers: vec![domain.fact("ldaps").parse().unwrap()],
        user: domain.account(account, "user").to_owned(),
        credential: Credential::Password(Secret::new(domain.account(account, "password").to_owned())),
        ca: Some(domain.fact("ca").into()),
        ntlm: false,
    }
}

/// The agent's tasks move between threads.
#[allow(dead_code)]
fn sessions_may_move_between_threads(config: &AdConfig, replication: &mut Replication, watermark: &Watermark) {
    fn must_be_send<T: Send>(_: T) {}
    must_be_send(replicate(config));
    must_be_send(replication.changes(watermark));
    must_be_send(samesign_connect::ad::connect(config));
}
