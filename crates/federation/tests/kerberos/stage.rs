//! A domain with a service's account, people with tickets, and the service's side of it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use samesign_federation::ChannelBinding;
use samesign_federation::clock;
use samesign_federation::negotiate::{Negotiate, Ticket, TicketRefusal};
use samesign_federation::store::Store;

use crate::domain::Domain;

/// The name in the service's principal: one that every resolver knows to be this computer.
pub const HOST: &str = "sts.localhost";
pub const REALM: &str = "CORP.EXAMPLE.COM";
const ACCOUNT: &str = "svc-sts";

pub struct Stage {
    pub domain: Domain,
    folder: tempfile::TempDir,
}

impl Stage {
    pub fn start() -> Self {
        let stage = Self { domain: Domain::start("kerberos", 12, "real"), folder: tempfile::tempdir().unwrap() };
        stage.set_password("Serve-Pw-1!");
        stage
    }

    /// Gives the service's account a password, the first or another, and exports its keys.
    pub fn set_password(&self, password: &str) {
        self.domain.run(&["service", ACCOUNT, HOST, &self.keytab().to_string_lossy(), "--password", password]);
    }

    /// The same, but the old keytab stays.
    pub fn set_password_only(&self, password: &str) {
        let other = self.path("other.keytab");
        self.domain.run(&["service", ACCOUNT, HOST, &other.to_string_lossy(), "--password", password]);
    }

    #[cfg(not(feature = "gssapi"))]
    pub fn keytab(&self) -> PathBuf {
        self.path("sts.keytab")
    }

    #[cfg(feature = "gssapi")]
    pub fn keytab(&self) -> PathBuf {
        crate::environment::keytab()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Signs a person in and has a client make tokens with the ticket.
    pub fn client(&self, who: &str, tokens: usize, binding: Option<&[u8]>) -> Client {
        self.client_as(who, tokens, binding, "")
    }

    /// The same, with further lines in the client's `[libdefaults]`.
    pub fn client_as(&self, who: &str, tokens: usize, binding: Option<&[u8]>, defaults: &str) -> Client {
        let cache = self.ticket(who);
        let configuration = self.path("krb5.conf");
        let text = std::fs::read_to_string(self.domain.fact("krb5_conf")).unwrap();
        std::fs::write(&configuration, text.replace("[libdefaults]\n", &format!("[libdefaults]\n{defaults}\n"))).unwrap();
        Client::start(&configuration, &cache, tokens, binding)
    }

    /// A person's ticket in a file.
    pub fn ticket(&self, who: &str) -> PathBuf {
        let cache = self.path(&format!("{who}.cache"));
        self.domain.run(&["ticket", who, &cache.to_string_lossy()]);
        cache
    }

    pub fn service(&self) -> Service {
        self.service_with(&[REALM], ChannelBinding::Off)
    }

    pub fn service_with(&self, realms: &[&str], binding: ChannelBinding) -> Service {
        let realms: Vec<String> = realms.iter().map(|realm| (*realm).to_owned()).collect();
        let store = Store::open(&self.path("federation.db")).unwrap();
        Service { negotiate: Negotiate::open(&self.keytab(), HOST, &realms, binding, store).unwrap() }
    }
}

pub struct Service {
    pub negotiate: Negotiate,
}

impl Service {
    pub async fn sign_in(&self, token: &[u8]) -> Result<Ticket, TicketRefusal> {
        self.sign_in_at(token, clock::now()).await
    }

    pub async fn sign_in_at(&self, token: &[u8], now: Timestamp) -> Result<Ticket, TicketRefusal> {
        self.negotiate.sign_in(token, None, now).await
    }
}

/// `client.py`.
pub struct Client {
    process: Child,
    answers: ChildStdin,
    said: BufReader<ChildStdout>,
    pub tokens: Vec<Vec<u8>>,
}

impl Client {
    fn start(configuration: &Path, cache: &Path, tokens: usize, binding: Option<&[u8]>) -> Self {
        let binding: String = binding.map_or_else(|| "-".to_owned(), |bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect());
        let mut process = Command::new("/usr/bin/python3")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kerberos/client.py"))
            .args([HOST, &tokens.to_string(), &binding])
            .env("KRB5_CONFIG", configuration)
            .env("KRB5CCNAME", format!("FILE:{}", cache.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = process.stdin.take().unwrap();
        let mut client = Self { answers, said: BufReader::new(process.stdout.take().unwrap()), process, tokens: Vec::new() };
        client.tokens = (0..tokens).map(|_| STANDARD.decode(client.line()).unwrap()).collect();
        client
    }

    /// What the client says to the service's answer to its last token.
    pub fn hear(&mut self, reply: &[u8]) -> String {
        writeln!(self.answers, "{}", STANDARD.encode(reply)).unwrap();
        self.line()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "run this through `cargo xtask test`, which installs python3-gssapi");
        line.trim_end().to_owned()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
