//! A local tenant for one test, looked at through Graph with a client that is not ours.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::domain::Domain;

pub const TENANT: &str = "contoso.onmicrosoft.com";
const SELECT: &str = "id,userPrincipalName,displayName,givenName,surname,mail,jobTitle,department,companyName,city,accountEnabled,\
                      onPremisesSyncEnabled,onPremisesImmutableId,onPremisesDistinguishedName,onPremisesSamAccountName";

pub struct Tenant {
    server: Child,
    folder: tempfile::TempDir,
    pub endpoint: String,
    token: String,
}

impl Tenant {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("tenant");
        tenant(&data, &["init"], &["--name", TENANT, "--domain", "contoso.example"]);
        tenant(&data, &["sync", "enable"], &[]);
        let app = tenant(
            &data,
            &["app", "add"],
            &[
                "--name",
                "reader",
                "--permission",
                "User.Read.All",
                "--permission",
                "Group.Read.All",
                "--permission",
                "OrgContact.Read.All",
                "--secret",
                "--json",
            ],
        );
        let app: Value = serde_json::from_str(&app).unwrap();
        let mut server =
            samesign(&["tenant", "run", "--listen", "127.0.0.1:0", "--data"]).arg(&data).stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let endpoint = ready.trim().strip_prefix("tenant ready on ").expect("the tenant is ready").to_owned();
        let mut started = Self { server, folder, endpoint, token: String::new() };
        started.token = started.sign_in(&app);
        started
    }

    /// Points samesign from `units` of the domain to this tenant, reading as `account`; `more` are further tables.
    pub fn configure(&self, domain: &Domain, units: &[&str], account: &str, more: &str) -> Agent {
        let home = self.folder.path();
        std::fs::write(home.join("ad-password"), domain.account(account, "password")).unwrap();
        let include: Vec<String> = units.iter().map(|unit| format!("{unit},{}", domain.fact("base_dn"))).collect();
        let mut connection: toml::Table = toml::from_str(&std::fs::read_to_string(self.data().join("tenant.toml")).unwrap()).unwrap();
        connection["tenant"]["endpoint"] = self.endpoint.clone().into();
        let config = home.join("samesign.toml");
        let text = format!(
            "[source]\nkind = \"ad\"\ndomain = \"{}\"\nservers = [\"{}\"]\nuser = \"{}\"\npassword = {{ file = \"ad-password\" }}\n\
             ca = \"{}\"\n\n[scope]\ninclude = {include:?}\n\n{}\n{more}",
            domain.fact("domain"),
            domain.fact("ldaps"),
            domain.account(account, "user"),
            domain.fact("ca"),
            toml::to_string(&connection).unwrap(),
        );
        std::fs::write(&config, text).unwrap();
        Agent { config }
    }

    /// Everyone whom synchronization brought, by userPrincipalName.
    pub fn synced(&self) -> BTreeMap<String, Value> {
        let all = self.list(&format!("/v1.0/users?$select={SELECT}&$top=200"));
        all.into_iter().filter(|user| user["onPremisesSyncEnabled"] == true).map(|user| (text(&user["userPrincipalName"]), user)).collect()
    }

    /// The members of a group by its displayName: people by userPrincipalName, others by displayName.
    pub fn members(&self, group: &str) -> BTreeSet<String> {
        let groups = self.list("/v1.0/groups?$select=id,displayName");
        let group = groups.iter().find(|found| found["displayName"] == group).unwrap_or_else(|| panic!("no group {group}: {groups:?}"));
        let members = self.list(&format!("/v1.0/groups/{}/members", text(&group["id"])));
        members
            .iter()
            .map(|member| member["userPrincipalName"].as_str().map_or_else(|| text(&member["displayName"]), str::to_owned))
            .collect()
    }

    /// The ids in the recycle bin.
    pub fn deleted(&self) -> Vec<String> {
        self.list("/v1.0/directory/deletedItems/microsoft.graph.user?$select=id").iter().map(|user| text(&user["id"])).collect()
    }

    /// A link that answers with what changed after now.
    pub fn changes_from_now(&self) -> String {
        text(&self.get("/v1.0/users/delta?$deltatoken=latest")["@odata.deltaLink"])
    }

    pub fn list(&self, first: &str) -> Vec<Value> {
        let (mut found, mut next) = (Vec::new(), Some(first.to_owned()));
        while let Some(link) = next {
            let page = self.get(&link);
            found.extend(page["value"].as_array().unwrap_or_else(|| panic!("{link} answered {page}")).iter().cloned());
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
        found
    }

    fn get(&self, link: &str) -> Value {
        let url = if link.starts_with('/') { format!("{}{link}", self.endpoint) } else { link.to_owned() };
        self.curl(&["-H", &format!("Authorization: Bearer {}", self.token), &url])
    }

    fn sign_in(&self, app: &Value) -> String {
        let form = |name: &str| format!("{name}={}", app[name].as_str().unwrap());
        let url = format!("{}/{TENANT}/oauth2/v2.0/token", self.endpoint);
        let scope = "scope=https://graph.microsoft.com/.default";
        let (client, secret) = (form("client_id"), form("secret").replacen("secret", "client_secret", 1));
        let answer = self.curl(&[
            "-d",
            "grant_type=client_credentials",
            "-d",
            &client,
            "--data-urlencode",
            &secret,
            "--data-urlencode",
            scope,
            &url,
        ]);
        answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
    }

    fn curl(&self, arguments: &[&str]) -> Value {
        let output = Command::new("curl").args(["-sS", "-g", "--cacert"]).arg(self.data().join("ca.pem")).args(arguments).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("curl: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// The folder of the tenant's data.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("tenant")
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

pub struct Agent {
    pub config: PathBuf,
}

impl Agent {
    /// The changes that a sync would make.
    pub fn plan(&self) -> Vec<Value> {
        let output = self.run(&["plan", "--json"]);
        let plan: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        assert_eq!(plan["verdict"], "proceed", "{plan}");
        plan["changes"].as_array().unwrap().clone()
    }

    pub fn sync(&self) {
        let output = self.run(&["sync", "--yes"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }

    /// What a sync says of itself.
    pub fn report(&self) -> Value {
        let output = self.run(&["sync", "--yes", "--json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    }

    fn run(&self, arguments: &[&str]) -> Output {
        samesign(arguments).arg("--config").arg(&self.config).stdin(Stdio::null()).output().unwrap()
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

/// Runs a command of the tenant on its folder.
pub fn tenant(data: &Path, verb: &[&str], rest: &[&str]) -> String {
    let output = samesign(&["tenant"]).args(verb).arg("--data").arg(data).args(rest).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

pub fn samesign(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_samesign"));
    command.args(arguments);
    command
}
