//! MIT Kerberos takes the keytab's place from the environment of the process, so that the test runs in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use samesign_federation::ChannelBinding;
use samesign_federation::negotiate::{Gssapi, Negotiate, NegotiateError};
use samesign_federation::store::Store;

/// Where the child finds the keytab of its stage.
const KEYTAB: &str = "SAMESIGN_TEST_KEYTAB";

/// Runs this test once more where the environment names a keytab, and answers `true` when it has passed there; `false` where it does.
pub fn was_run_there(test: &str) -> bool {
    if std::env::var_os(KEYTAB).is_some() {
        return false;
    }
    let folder = tempfile::tempdir().unwrap();
    let keytab = folder.path().join("sts.keytab");
    // A folder for temporary files of its own, to see that the library leaves none there.
    let temporary = folder.path().join("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([test, "--exact", "--nocapture"]).env(KEYTAB, &keytab).envs(Gssapi::environment(&keytab));
    // No configuration of Kerberos: a service needs none.
    child.env("KRB5_CONFIG", folder.path().join("none")).env("TMPDIR", &temporary);
    assert!(child.status().unwrap().success(), "it has failed there: see above");
    let left: Vec<_> = std::fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("rcache")), "a replay cache of the library: {left:?}");
    true
}

pub fn keytab() -> PathBuf {
    std::env::var_os(KEYTAB).unwrap().into()
}

/// A keytab that the library would not look into is refused at the start, and the text says what has to be set.
pub fn another_keytab_is_refused(folder: &Path, right: &Path) {
    let other = folder.join("elsewhere.keytab");
    std::fs::copy(right, &other).unwrap();
    let store = Store::open(&folder.join("other.db")).unwrap();
    let Err(error) = Negotiate::open(&other, crate::stage::HOST, &[], ChannelBinding::Off, store) else { panic!("opened") };
    assert!(matches!(&error, NegotiateError::Environment { name: "KRB5_KTNAME", .. }), "{error}");
    assert!(error.to_string().contains(&format!("KRB5_KTNAME has to be FILE:{}", other.display())), "{error}");
}
