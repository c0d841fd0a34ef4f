//! All of Single Sign-On on one computer: a domain with people, a tenant they are synchronized to, and the federation service
//! between the two, each a program of its own as an administrator runs it.
//!
//! Other test programs stand on it too (`#[path]`): `domain` and `tenant` beside it are those of `tests/samba`.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::domain::Domain;
use crate::tenant::{Agent, TENANT, Tenant, samesign};

/// The service's name: one that every resolver and every browser knows to be this computer.
pub const HOST: &str = "sts.localhost";
/// The domain of people's names, which is federated.
pub const SUFFIX: &str = "contoso.example";
/// The unit that is synchronized; of the testbed's people every third, from the first on, is in it.
const UNIT: &str = "OU=Office365";
/// Reads the directory, and password hashes too, so that the way back to a managed domain is open.
const READER: &str = "svc-dirsync";
const SERVICE_ACCOUNT: &str = "svc-sts";

pub struct Stage {
    pub domain: Domain,
    pub tenant: Tenant,
    pub agent: Agent,
    /// Where browsers reach the federation service.
    pub origin: String,
    service: Option<Child>,
}

impl Stage {
    /// Everything up and synchronized; the domain is still managed. `more` is added to the configuration: keys of `[federation]` first,
    /// then tables, of applications for instance.
    pub fn start(name: &str, people: usize, more: &str) -> Self {
        let domain = Domain::start(name, people, "real");
        let tenant = Tenant::start();
        let port = free_port();
        let text = format!(
            "[passwords]\nenabled = true\n\n[federation]\nhost = \"{HOST}\"\nlisten = \"127.0.0.1:{port}\"\nkeytab = \"sts.keytab\"\n\
             intranet = [\"127.0.0.0/8\"]\ndomains = [\"{SUFFIX}\"]\n{more}"
        );
        let agent = tenant.configure(&domain, &[UNIT], READER, &text);
        let mut stage = Self { domain, tenant, agent, origin: format!("https://{HOST}:{port}"), service: None };
        let keytab = stage.path("sts.keytab");
        stage.domain.run(&["service", SERVICE_ACCOUNT, HOST, &keytab.to_string_lossy()]);
        stage.agent.sync();
        stage.succeed(&["federation", "setup"]);
        // The default domain cannot be federated.
        crate::tenant::tenant(&stage.tenant.data(), &["domain", "default"], &[TENANT]);
        stage.serve();
        stage
    }

    /// Starts the federation service, for instance after [`Stage::stop`].
    pub fn serve(&mut self) {
        let mut command = self.command(&["federation", "run"]);
        let mut service = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(service.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert_eq!(ready.trim(), format!("federation ready on {}", self.origin));
        self.service = Some(service);
    }

    /// Stops the federation service at once, as a crash does.
    pub fn stop(&mut self) {
        let mut service = self.service.take().expect("it runs");
        service.kill().unwrap();
        service.wait().unwrap();
    }

    /// Takes the domain to `federated` or `managed`.
    pub fn convert(&self, to: &str) {
        self.succeed(&["federation", "convert", SUFFIX, to, "--yes"]);
    }

    /// Runs a command of samesign with the stage's configuration, which must succeed; what it printed.
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command of samesign with the stage's configuration.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = samesign(arguments);
        command.arg("--config").arg(&self.agent.config).stdin(Stdio::null()).current_dir(self.folder());
        command
    }

    /// The folder of the configuration, in which every file of the stage lies.
    pub fn folder(&self) -> &Path {
        self.agent.config.parent().unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Signs a person in at the domain: the file of the ticket.
    pub fn ticket(&self, who: &str) -> PathBuf {
        let cache = self.path(&format!("{who}.ticket"));
        self.domain.run(&["ticket", who, &cache.to_string_lossy()]);
        cache
    }

    /// Sets what a Kerberos client of this domain needs to know; without a ticket it has none.
    pub fn as_client(&self, command: &mut Command, ticket: Option<&Path>) {
        let nothing = self.path("nobody.ticket");
        command.env("KRB5_CONFIG", self.domain.fact("krb5_conf"));
        command.env("KRB5CCNAME", format!("FILE:{}", ticket.unwrap_or(&nothing).display()));
    }

    /// What curl gets from an address, as a browser would: with redirects, cookies in a jar, a ticket where there is one.
    pub fn curl(&self, ticket: Option<&Path>, jar: &Path, arguments: &[&str]) -> Page {
        let mut command = Command::new("curl");
        command.args(["-sS", "-g", "-k", "--location-trusted", "--negotiate", "-u", ":", "-w", "\n%{http_code} %{url_effective}"]);
        command.arg("-b").arg(jar).arg("-c").arg(jar).args(arguments);
        self.as_client(&mut command, ticket);
        let output = command.output().unwrap();
        assert!(output.status.success(), "curl {arguments:?}: {}", told(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, end) = text.rsplit_once('\n').unwrap();
        let (status, url) = end.split_once(' ').unwrap();
        Page { status: status.parse().unwrap(), url: url.to_owned(), body: body.to_owned() }
    }

    /// A person of the testbed who is synchronized, by number among those.
    pub fn person(number: usize) -> Person {
        Person(number * 3)
    }

    /// `Managed` or `Federated`, as the tenant has the domain.
    pub fn authentication_type(&self) -> String {
        self.domain_fact("authentication_type").as_str().unwrap().to_owned()
    }

    /// What `tenant domain list` says of the domain.
    pub fn domain_fact(&self, name: &str) -> Value {
        let listed = crate::tenant::tenant(&self.tenant.data(), &["domain", "list"], &["--json"]);
        let domains: Vec<Value> = serde_json::from_str(&listed).unwrap();
        let found = domains.iter().find(|domain| domain["name"] == SUFFIX).unwrap_or_else(|| panic!("{listed}"));
        found[name].clone()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(mut service) = self.service.take() {
            let _ = service.kill();
            let _ = service.wait();
        }
    }
}

/// A person of the testbed.
#[derive(Clone, Copy)]
pub struct Person(usize);

impl Person {
    /// sAMAccountName.
    pub fn account(self) -> String {
        format!("u{:06}", self.0)
    }

    /// userPrincipalName.
    pub fn upn(self) -> String {
        format!("{}@{SUFFIX}", self.account())
    }

    pub fn password(self) -> String {
        format!("Pw-{:06}-Xy9!", self.0)
    }
}

/// Where curl arrived.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub url: String,
    pub body: String,
}

impl Page {
    /// The address and the fields of the page's only form, as a browser's script would send it.
    pub fn form(&self) -> (String, Vec<(String, String)>) {
        let forms: Vec<&str> = self.body.split("<form").skip(1).collect();
        assert_eq!(forms.len(), 1, "{self:?}");
        let inside = forms[0].split("</form>").next().unwrap();
        let action = attribute(inside.split('>').next().unwrap(), "action").unwrap_or_default();
        let inputs = inside.split("<input").skip(1).map(|input| input.split('>').next().unwrap());
        let fields = inputs.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default())));
        (action, fields.collect())
    }

    /// What curl is to be told to send the page's form: to the address, with its fields as they are.
    pub fn submit(&self) -> Vec<String> {
        let (action, fields) = self.form();
        let sent = fields.into_iter().flat_map(|(name, value)| ["--data-urlencode".to_owned(), format!("{name}={value}")]);
        sent.chain([self.absolute(&action)]).collect()
    }

    fn absolute(&self, address: &str) -> String {
        if address.starts_with("https://") {
            return address.to_owned();
        }
        let origin = self.url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        format!("{origin}{address}")
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, after) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescape(after.split_once('"')?.0))
}

/// The entities that our pages write.
fn unescape(text: &str) -> String {
    let pairs =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain)).replace("&amp;", "&")
}

fn told(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A port that nobody listens on: the service's address has to be known before it starts.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
