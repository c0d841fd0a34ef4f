//! A password's NT hash is as good as the password. After everything the agent does with one, it must be nowhere: not in a log at trace level, the
//! state, a plan, what was said to the tenant, the tenant's own files, nor the agent's memory.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
mod hardened;
mod planted;
mod scan;
mod wiretap;

use std::fs::File;
use std::process::Child;
use std::time::Duration;

use common::{Place, Serving};
use samesign_wire::password::{CredentialData, NtHash};
use scan::{Find, Scan};
use wiretap::Wiretap;

const BASE: &str = "DC=corp,DC=contoso,DC=example";
/// The first, one in the middle and the last of the export: what one leaves behind, the next may overwrite.
const CANARIES: [(usize, &str); 3] = [(0, "Canary-Ferreira-1"), (200, "Kanarienvogel 200 ü"), (PEOPLE - 1, "canarino?!299")];
/// More than one batch, and enough for every core to have a share of a batch.
const PEOPLE: usize = 300;
/// The one file that holds NT hashes: the export itself.
const EXPORT: &str = "export.ldif";

#[test]
fn one_sync_leaves_no_hash_behind() {
    let office = Office::open("[passwords]\nenabled = true\n");
    office.trace(&["plan", "--out", "plan.json", "--json"]);
    office.trace(&["sync", "--yes", "--json"]);
    office.assert_all_sent();
    office.trace(&["sync", "--full", "--yes", "--log-format", "json"]);
    office.trace(&["status", "--json"]);
    office.trace(&["explain", "person0@contoso.example"]);
    assert_nothing(&canaries().folder(office.place.root(), &[EXPORT]));
}

#[test]
fn the_service_keeps_no_hash_in_files_or_memory() {
    let office = Office::open("[passwords]\nenabled = true\n[schedule]\nobjects = \"1h\"\npasswords = \"1h\"\n");
    let service = office.serve();
    wait_for("every password is sent", || office.passwords_synced() == PEOPLE);
    office.assert_all_sent();
    std::thread::sleep(Duration::from_secs(1));
    assert_nothing(&canaries().folder(office.place.root(), &[EXPORT]));
    service.assert_memory_is_clean();
}

/// A tenant, a wiretap before it, and an export with passwords.
struct Office {
    place: Place,
    wiretap: Wiretap,
    _serving: Serving,
}

impl Office {
    fn open(more: &str) -> Self {
        let place = Place::new();
        place.succeed(&["tenant", "init", "--data", "tenant", "--name", "contoso.onmicrosoft.com", "--domain", "contoso.example"]);
        place.succeed(&["tenant", "sync", "enable", "--data", "tenant"]);
        let serving = place.serve();
        let wiretap = Wiretap::start(&place, &serving);
        let block = place.read("tenant/tenant.toml").replace("https://localhost:8443", &wiretap.url);
        let source = format!("[source]\nkind = \"ldif\"\npath = \"{EXPORT}\"\n[scope]\ninclude = [\"OU=Office365,{BASE}\"]\n");
        place.write("samesign.toml", &format!("{source}{block}\n{more}"));
        place.write(EXPORT, &export());
        Self { place, wiretap, _serving: serving }
    }

    /// Runs a command at trace level; what it prints and logs becomes files of the place, to be looked through with the others.
    fn trace(&self, arguments: &[&str]) {
        let ended = self.place.run(&[&["--log-level", "trace"], arguments].concat());
        let name = arguments.join("-");
        assert!([0, 4, 5].contains(&ended.code), "{arguments:?}: {ended:?}");
        self.place.write(&format!("printed-{name}"), &ended.stdout);
        self.place.write(&format!("logged-{name}"), &ended.stderr);
    }

    fn serve(&self) -> Service {
        let file = |name| File::create(self.place.path(name)).unwrap();
        let mut command = self.place.command(&["agent", "run", "--log-level", "trace"]);
        Service { child: command.stdout(file("printed-service")).stderr(file("logged-service")).spawn().expect("the binary runs") }
    }

    /// How many passwords the agent knows to be stored.
    fn passwords_synced(&self) -> usize {
        let ended = self.place.run(&["status", "--json"]);
        // The service may not have made its state file yet.
        let status: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
        status["passwords"]["synced"].as_u64().unwrap_or_default() as usize
    }

    /// Everybody's blob went by, the canaries' among them: there was something to leave behind.
    fn assert_all_sent(&self) {
        let blobs: Vec<CredentialData> = self.wiretap.blobs().iter().map(|blob| CredentialData::parse(blob).unwrap()).collect();
        assert_eq!(blobs.len(), PEOPLE);
        for (_, password) in CANARIES {
            let hash = NtHash::of_password(password);
            assert!(blobs.iter().any(|blob| blob.matches(&hash)), "{password}");
        }
    }
}

/// A running `samesign agent run`; it is stopped when this value goes.
struct Service {
    child: Child,
}

impl Service {
    fn assert_memory_is_clean(&self) {
        let process = self.child.id();
        // What the agent surely holds is found in the same way.
        let (known, bytes) = Scan::text("contoso.onmicrosoft.com").memory(process);
        assert!(known.len() > 1 && bytes > 1 << 20, "{} finds in {bytes} bytes", known.len());
        assert_nothing(&canaries().memory(process).0);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn canaries() -> Scan {
    Scan::passwords(&CANARIES.map(|(_, password)| password))
}

fn assert_nothing(finds: &[Find]) {
    assert!(finds.is_empty(), "{} finds, the first of them {:#?}", finds.len(), &finds[..finds.len().min(12)]);
}

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..600 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{what}: not within a minute");
}

fn export() -> String {
    use base64::Engine as _;
    let unit = format!("dn: OU=Office365,{BASE}\nobjectClass: organizationalUnit\nobjectGUID:: AAAAAAAAAAAAAAAAAAAAAA==\n\n");
    let person = |number: usize| {
        let canary = CANARIES.iter().find(|(at, _)| *at == number).map(|(_, password)| (*password).to_owned());
        let hash = NtHash::of_password(&canary.unwrap_or_else(|| format!("password {number}")));
        let hash = base64::engine::general_purpose::STANDARD.encode(hash.expose());
        format!(
            "dn: CN=person{number},OU=Office365,{BASE}\nobjectClass: user\nobjectGUID: {number:08x}-0000-4000-8000-000000000000\n\
             cn: person{number}\ndisplayName: person{number}\nsAMAccountName: person{number}\n\
             userPrincipalName: person{number}@contoso.example\nuserAccountControl: 512\npwdLastSet: 133800000000000000\n\
             unicodePwd:: {hash}\n\n"
        )
    };
    format!("version: 1\n\n{unit}{}", (0..PEOPLE).map(person).collect::<String>())
}
