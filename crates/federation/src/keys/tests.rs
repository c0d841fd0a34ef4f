use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use jiff::{SignedDuration, Timestamp};
use samesign_wire::saml::Signer;
use tempfile::TempDir;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{KeyError, KeyRing, thumbprint_of};
use crate::clock;

const HOST: &str = "sts.corp.example";

fn ring() -> (TempDir, KeyRing) {
    let folder = tempfile::tempdir().unwrap();
    let ring = KeyRing::create(folder.path(), HOST, clock::now()).unwrap();
    (folder, ring)
}

fn named(folder: &Path, thumbprint: &str, kind: &str) -> std::path::PathBuf {
    folder.join("keys").join(format!("{thumbprint}.{kind}.pem"))
}

/// What is wrong, as the administrator reads it.
fn complaint<T>(result: Result<T, KeyError>) -> String {
    result.err().map(|error| error.to_string()).unwrap()
}

fn verifies(certificate: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (_, certificate) = X509Certificate::from_der(certificate).unwrap();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, certificate.public_key().subject_public_key.data.to_vec());
    key.verify(message, signature).is_ok()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_first_key_signs_and_lies_where_only_its_owner_reads_it() {
    let (folder, ring) = ring();
    let key = ring.current();
    let signature = key.sign(b"message").unwrap();
    assert!(verifies(key.certificate_der(), b"message", &signature));
    assert!(!verifies(key.certificate_der(), b"another", &signature));
    assert_eq!(ring.published(), [key.certificate_der().to_vec()]);
    assert_eq!(key.thumbprint(), thumbprint_of(key.certificate_der()));
    let days = key.not_after().duration_since(clock::now()).as_hours() / 24;
    assert!((363..=366).contains(&days), "{days}");

    assert_eq!(mode(&folder.path().join("keys")), 0o700);
    let file = named(folder.path(), key.thumbprint(), "key");
    assert_eq!(mode(&file), 0o600);
    assert!(fs::read_to_string(file).unwrap().starts_with("-----BEGIN PRIVATE KEY-----"));
    let (_, certificate) = X509Certificate::from_der(key.certificate_der()).unwrap();
    assert_eq!(certificate.subject().to_string(), "CN=Token signing - sts.corp.example");

    assert_eq!(KeyRing::open(folder.path()).unwrap().current().thumbprint(), key.thumbprint());
    assert!(complaint(KeyRing::create(folder.path(), HOST, clock::now())).contains("already"));
}

#[test]
fn many_threads_sign_with_one_key() {
    let (_folder, ring) = ring();
    let (key, other) = (ring.current(), ring.current());
    let thread = std::thread::spawn(move || (0..20).map(|turn: u8| other.sign(&[turn]).unwrap()).collect::<Vec<_>>());
    let here: Vec<_> = (0..20).map(|turn: u8| key.sign(&[turn]).unwrap()).collect();
    assert_eq!(thread.join().unwrap(), here);
}

#[test]
fn a_key_is_next_then_current_then_retired_then_forgotten() {
    let (folder, ring) = ring();
    let now = clock::now();
    let first = ring.current();
    assert!(matches!(ring.activate(now), Err(KeyError::NothingStaged)));

    ring.stage(now).unwrap();
    let next = ring.next().unwrap();
    assert_eq!(ring.current().thumbprint(), first.thumbprint());
    assert_eq!(ring.published(), [first.certificate_der().to_vec(), next.clone()]);
    assert!(matches!(ring.stage(now), Err(KeyError::Staged)));

    ring.activate(now).unwrap();
    assert_eq!(ring.current().certificate_der(), next);
    assert_eq!(ring.next(), None);
    assert_eq!(ring.published(), [next.clone(), first.certificate_der().to_vec()]);
    assert!(!named(folder.path(), first.thumbprint(), "key").exists(), "the private half of a retired key is gone");
    let signature = ring.current().sign(b"message").unwrap();
    assert!(verifies(&next, b"message", &signature));

    assert_eq!(ring.retire().unwrap(), 1);
    assert_eq!(ring.published(), [next]);
    assert!(!named(folder.path(), first.thumbprint(), "crt").exists());
    assert_eq!(ring.retire().unwrap(), 0);
}

#[test]
fn a_retired_certificate_is_published_for_a_day() {
    for (hours, published) in [(23, 2), (25, 1)] {
        let (_folder, ring) = ring();
        let then = clock::now() - SignedDuration::from_hours(hours);
        ring.stage(then).unwrap();
        ring.activate(then).unwrap();
        assert_eq!(ring.published().len(), published, "{hours} hours later");
    }
}

#[test]
fn the_running_service_sees_what_the_command_line_changed() {
    let (folder, service) = ring();
    let before = service.current();
    assert!(!service.refresh().unwrap());
    let command = KeyRing::open(folder.path()).unwrap();
    command.stage(clock::now()).unwrap();
    assert!(service.refresh().unwrap());
    assert_eq!(service.next(), command.next());
    command.activate(clock::now()).unwrap();
    assert_eq!(service.current().thumbprint(), before.thumbprint());
    assert!(service.refresh().unwrap());
    assert_eq!(service.current().thumbprint(), command.current().thumbprint());
    assert!(!service.refresh().unwrap());
    assert!(before.sign(b"message").is_ok(), "a sign-in that is under way ends with the key it began with");
}

#[test]
fn an_emergency_leaves_nothing_of_the_old_keys_and_ends_sessions() {
    let (folder, ring) = ring();
    let first = ring.current();
    ring.stage(clock::now()).unwrap();
    ring.activate(clock::now()).unwrap();
    ring.stage(clock::now()).unwrap();
    assert_eq!((ring.published().len(), ring.sessions_since()), (3, None));
    let now: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
    ring.replace(now).unwrap();
    assert_eq!(ring.published(), [ring.current().certificate_der().to_vec()]);
    assert_ne!(ring.current().thumbprint(), first.thumbprint());
    let again = KeyRing::open(folder.path()).unwrap();
    assert_eq!(again.sessions_since(), Some(now));
    let files = fs::read_dir(folder.path().join("keys")).unwrap().count();
    assert_eq!(files, 4, "the new key, its certificate, the ring and the lock");
}

#[test]
fn a_crash_between_the_files_leaves_the_state_before_it() {
    let (folder, ring) = ring();
    let keys = folder.path().join("keys");
    let current = ring.current().thumbprint().to_owned();
    // A key that was written, and nothing names it yet; a manifest that was written, and not renamed.
    let stray = "0".repeat(64);
    fs::copy(named(folder.path(), &current, "key"), named(folder.path(), &stray, "key")).unwrap();
    fs::write(keys.join("ring.json.new"), "{").unwrap();
    fs::write(keys.join("notes.txt"), "the administrator's own").unwrap();
    let again = KeyRing::open(folder.path()).unwrap();
    assert_eq!((again.current().thumbprint(), again.next()), (current.as_str(), None));
    again.stage(clock::now()).unwrap();
    assert!(!named(folder.path(), &stray, "key").exists(), "the next change clears up");
    assert!(!keys.join("ring.json.new").exists());
    assert!(keys.join("notes.txt").exists());
}

#[test]
fn a_private_key_that_others_can_read_is_refused() {
    let (folder, ring) = ring();
    let file = named(folder.path(), ring.current().thumbprint(), "key");
    for open in [0o640, 0o604, 0o622] {
        fs::set_permissions(&file, fs::Permissions::from_mode(open)).unwrap();
        let problem = complaint(KeyRing::open(folder.path()));
        assert!(problem.contains(&format!("(mode {open:04o})")) && problem.contains("chmod 600 "), "{problem}");
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).unwrap();
    KeyRing::open(folder.path()).unwrap();
    fs::set_permissions(folder.path().join("keys"), fs::Permissions::from_mode(0o777)).unwrap();
    assert!(complaint(KeyRing::open(folder.path())).contains("chmod 700 "));
}

#[test]
fn damage_is_named_with_its_file() {
    let (folder, ring) = ring();
    let (_other_folder, other) = self::ring();
    let (thumbprint, manifest) = (ring.current().thumbprint().to_owned(), folder.path().join("keys/ring.json"));
    let (key, certificate) = (named(folder.path(), &thumbprint, "key"), named(folder.path(), &thumbprint, "crt"));
    let foreign_key = fs::read(named(_other_folder.path(), other.current().thumbprint(), "key")).unwrap();
    let foreign_certificate = fs::read(named(_other_folder.path(), other.current().thumbprint(), "crt")).unwrap();
    let elliptic = rcgen::KeyPair::generate().unwrap().serialize_pem().into_bytes();
    let ring_with = |from: &str, to: &str| fs::read_to_string(&manifest).unwrap().replace(from, to).into_bytes();
    let cases = [
        (&key, foreign_key, "does not belong to the certificate beside it"),
        (&key, elliptic, "not RSA"),
        (&key, Vec::new(), "holds no private key"),
        (&key, vec![b'a'; 70_000], "far too large"),
        (&certificate, foreign_certificate, "another certificate than its name says"),
        (&certificate, b"-----BEGIN".to_vec(), "holds no certificate"),
        (&manifest, Vec::new(), "does not say which key is which"),
        (&manifest, ring_with(&thumbprint, "../../etc/shadow"), "does not say which key is which"),
        (&manifest, ring_with("\"format\": 1", "\"format\": 2"), "newer than this program"),
        (&manifest, ring_with(&thumbprint, &"0".repeat(64)), "is missing"),
    ];
    for (file, contents, expected) in cases {
        let sound = fs::read(file).unwrap();
        fs::write(file, contents).unwrap();
        let problem = complaint(KeyRing::open(folder.path()));
        assert!(problem.contains(expected), "{problem}");
        assert!(problem.contains(&folder.path().display().to_string()), "{problem}");
        // The running service keeps the keys it has.
        let _ = ring.refresh();
        assert!(ring.current().sign(b"message").is_ok());
        fs::write(file, sound).unwrap();
    }
    KeyRing::open(folder.path()).unwrap();
    assert!(complaint(KeyRing::open(&folder.path().join("elsewhere"))).contains("samesign federation setup"));
}

#[test]
fn two_commands_do_not_change_keys_at_the_same_time() {
    let (_folder, ring) = ring();
    let lock = ring.folder.lock().unwrap();
    assert!(matches!(ring.stage(clock::now()), Err(KeyError::Busy)));
    drop(lock);
    ring.stage(clock::now()).unwrap();
}

#[test]
fn a_next_key_that_cannot_be_used_is_found_before_it_counts() {
    let (folder, ring) = ring();
    ring.stage(clock::now()).unwrap();
    let next = thumbprint_of(&ring.next().unwrap());
    fs::write(named(folder.path(), &next, "key"), "").unwrap();
    assert!(complaint(ring.activate(clock::now())).contains("holds no private key"));
    let again = KeyRing::open(folder.path()).unwrap();
    assert_eq!(again.current().thumbprint(), ring.current().thumbprint());
}
