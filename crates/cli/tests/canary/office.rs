//! A tenant, a wiretap before it, and an agent whose source holds passwords; everything that any of them writes is below one folder.

use std::fs::File;
use std::io::ErrorKind;
use std::process::Child;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use samesign_wire::password::{CredentialData, NtHash};
use serde_json::Value;

use crate::assert_nothing;
use crate::common::{Place, Serving};
use crate::domain::Domain;
use crate::hardened::is_root;
use crate::scan::Scan;
use crate::wiretap::Wiretap;

const BASE: &str = "DC=corp,DC=contoso,DC=example";
const TENANT: &str = "contoso.onmicrosoft.com";
/// The one file that may hold NT hashes: the export itself.
const EXPORT: &str = "export.ldif";

/// See the module.
pub struct Office {
    pub place: Place,
    wiretap: Wiretap,
    _serving: Serving,
}

impl Office {
    /// The source is an export with people who have these passwords, each in its order.
    pub fn of_export(passwords: &[String], more: &str) -> Self {
        let office = Self::open(&format!("[source]\nkind = \"ldif\"\npath = \"{EXPORT}\"\n"), &format!("OU=Office365,{BASE}"), more);
        office.place.write(EXPORT, &export(passwords));
        office
    }

    /// The source is the unit Staff of a real domain.
    pub fn of_domain(domain: &Domain, more: &str) -> Self {
        let account = "svc-dirsync";
        let source = format!(
            "[source]\nkind = \"ad\"\ndomain = \"{}\"\nservers = [\"{}\"]\nuser = \"{}\"\npassword = {{ file = \"ad-password\" }}\nca = \"{}\"\n",
            domain.fact("domain"),
            domain.fact("ldaps"),
            domain.account(account, "user"),
            domain.fact("ca"),
        );
        let office = Self::open(&source, &format!("OU=Staff,{}", domain.fact("base_dn")), more);
        office.place.write("ad-password", domain.account(account, "password"));
        office
    }

    fn open(source: &str, unit: &str, more: &str) -> Self {
        let place = Place::new();
        place.succeed(&["tenant", "init", "--data", "tenant", "--name", TENANT, "--domain", "contoso.example"]);
        place.succeed(&["tenant", "sync", "enable", "--data", "tenant"]);
        let serving = place.serve();
        let wiretap = Wiretap::start(&place, &serving);
        let block = place.read("tenant/tenant.toml").replace("https://localhost:8443", &wiretap.url);
        place.write("samesign.toml", &format!("{source}[scope]\ninclude = [\"{unit}\"]\n{block}\n{more}"));
        Self { place, wiretap, _serving: serving }
    }

    /// Runs a command at trace level; what it prints and logs becomes files of the place, to be looked through with the others.
    pub fn trace(&self, arguments: &[&str]) {
        let ended = self.place.run(&[&["--log-level", "trace"], arguments].concat());
        let name = arguments.join("-");
        assert!([0, 4, 5].contains(&ended.code), "{arguments:?}: {ended:?}");
        self.place.write(&format!("printed-{name}"), &ended.stdout);
        self.place.write(&format!("logged-{name}"), &ended.stderr);
    }

    /// Starts the service at trace level.
    pub fn serve(&self) -> Service {
        let file = |name| File::create(self.place.path(name)).unwrap();
        let mut command = self.place.command(&["agent", "run", "--log-level", "trace"]);
        Service { child: command.stdout(file("printed-service")).stderr(file("logged-service")).spawn().expect("the binary runs") }
    }

    /// Waits, a minute at the most.
    pub fn wait_for(&self, what: &str, mut done: impl FnMut() -> bool) {
        for _ in 0..600 {
            if done() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{what}: not within a minute; the service says\n{}", self.place.read("logged-service"));
    }

    /// How many passwords the agent knows to be stored.
    pub fn passwords_synced(&self) -> usize {
        let ended = self.place.run(&["status", "--json"]);
        // The service may not have made its state file yet.
        let status: Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
        status["passwords"]["synced"].as_u64().unwrap_or_default() as usize
    }

    /// How many blobs went by.
    pub fn sent(&self) -> usize {
        self.wiretap.blobs().len()
    }

    /// The blobs of these passwords went by: there was something to leave behind.
    pub fn assert_sent(&self, passwords: &[&str]) {
        let blobs: Vec<CredentialData> = self.wiretap.blobs().iter().map(|blob| CredentialData::parse(blob).unwrap()).collect();
        for password in passwords {
            let hash = NtHash::of_password(password);
            assert!(blobs.iter().any(|blob| blob.matches(&hash)), "{password}");
        }
    }

    /// Logs, state, plans, what was said inside TLS, and the tenant's own files.
    pub fn assert_files_are_clean(&self, canaries: &[&str]) {
        assert_nothing(&Scan::passwords(canaries).folder(self.place.root(), &[EXPORT]));
    }
}

/// A running `samesign agent run`; it is stopped when this value goes.
pub struct Service {
    child: Child,
}

impl Service {
    /// One second after the pass. Only root can look: anyone else, its own user too, must be refused, and that is what is seen then.
    pub fn assert_memory_is_clean(&self, canaries: &[&str]) {
        std::thread::sleep(Duration::from_secs(1));
        let process = self.child.id();
        if !is_root() {
            let refused = File::open(format!("/proc/{process}/mem")).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
            return;
        }
        // What the agent surely holds is found in the same way.
        let (known, bytes) = Scan::text(TENANT).memory(process);
        assert!(known.len() > 1 && bytes > 1 << 20, "{} finds in {bytes} bytes", known.len());
        assert_nothing(&Scan::passwords(canaries).memory(process).0);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn export(passwords: &[String]) -> String {
    let unit = format!("dn: OU=Office365,{BASE}\nobjectClass: organizationalUnit\nobjectGUID:: AAAAAAAAAAAAAAAAAAAAAA==\n\n");
    let person = |(number, password): (usize, &String)| {
        let hash = STANDARD.encode(NtHash::of_password(password).expose());
        format!(
            "dn: CN=person{number},OU=Office365,{BASE}\nobjectClass: user\nobjectGUID: {number:08x}-0000-4000-8000-000000000000\n\
             cn: person{number}\ndisplayName: person{number}\nsAMAccountName: person{number}\n\
             userPrincipalName: person{number}@contoso.example\nuserAccountControl: 512\npwdLastSet: 133800000000000000\n\
             unicodePwd:: {hash}\n\n"
        )
    };
    format!("version: 1\n\n{unit}{}", passwords.iter().enumerate().map(person).collect::<String>())
}
