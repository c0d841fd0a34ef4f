//! What the wizard writes.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::source::SourceAnswers;
use super::tenant::TenantAnswers;

/// Writes the password file and the configuration; answers their names. Neither overwrites anything.
pub fn save(file: &Path, source: &SourceAnswers, tenant: &TenantAnswers) -> Result<Vec<String>> {
    let folder = std::path::absolute(file)?.parent().map(Path::to_owned).unwrap_or_default();
    let secret = folder.join("secrets").join("ad");
    DirBuilder::new().recursive(true).mode(0o700).create(folder.join("secrets")).context("cannot make the folder of the password")?;
    create(&secret, source.password.expose(), 0o600)?;
    create(file, &configuration(source, tenant, &folder), 0o644).inspect_err(|_| drop(std::fs::remove_file(&secret)))?;
    Ok(vec![file.display().to_string(), secret.display().to_string()])
}

fn create(path: &Path, text: &str, mode: u32) -> Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).with_context(|| format!("cannot write {}", path.display()))
}

/// The whole file, with a word on each table.
pub fn configuration(source: &SourceAnswers, tenant: &TenantAnswers, folder: &Path) -> String {
    let SourceAnswers { domain, servers, user, password: _, ca, include, passwords } = source;
    let TenantAnswers { name, endpoint, ca: tenant_ca, client_id, certificate } = tenant;
    let mut lines = vec![
        "# Written by `samesign init`. Relative paths are relative to this file.".to_owned(),
        String::new(),
        "[source]".to_owned(),
        "kind = \"ad\"".to_owned(),
        format!("domain = {}", quoted(domain)),
    ];
    if !servers.is_empty() {
        lines.push(format!("servers = [{}]    # left out: found by DNS", list(servers)));
    }
    lines.push(format!("user = {}", quoted(user)));
    lines.push("password = { file = \"secrets/ad\" }    # or { credential = \"ad\" } (systemd), { env = \"…\" }".to_owned());
    lines.extend(ca.iter().map(|ca| format!("ca = {}", path(ca, folder))));
    lines.extend([
        String::new(),
        "# Only people in these units take part. They are remembered by objectGUID: a renamed unit stays in scope.".to_owned(),
        "[scope]".to_owned(),
        format!("include = [{}]", list(include)),
        "exclude = []".to_owned(),
        SCOPE_EXAMPLES.to_owned(),
        "[tenant]".to_owned(),
        format!("name = {}", quoted(name)),
    ]);
    lines.extend(endpoint.iter().map(|endpoint| format!("endpoint = {}    # left out: the real Microsoft 365", quoted(endpoint))));
    lines.extend(tenant_ca.iter().map(|ca| format!("ca = {}", path(ca, folder))));
    lines.push(format!("client_id = {}", quoted(client_id)));
    lines.push(format!("certificate = {}", path(certificate, folder)));
    lines.push(MATCHING.to_owned());
    lines
        .push("# The Windows password opens the tenant: docs/guide/passwords.md tells what is sent, and which rights it needs.".to_owned());
    lines.push("[passwords]".to_owned());
    lines.push(format!("enabled = {passwords}"));
    lines.push(REST.to_owned());
    lines.join("\n")
}

const SCOPE_EXAMPLES: &str = "\
# objects = [\"users\", \"groups\", \"contacts\"]    # which classes take part; left out: all three
# filter = \"(!(employeeType=temporary))\"            # of these, only what an LDAP filter matches
# members_of = [\"CN=Office 365 users,OU=Groups,DC=corp,DC=example,DC=com\"]    # of these, only members of one of these groups
";

const MATCHING: &str = "
# How a person finds an existing cloud account: \"dirsync\" (UPN and e-mail address) or \"entra\" (today's rules).
# Taking one over: \"ask\" holds it until a person approves that list, \"allow\" is a standing approval, \"never\" refuses it.
[matching]
policy = \"dirsync\"
adopt = \"ask\"
# anchor = \"objectGUID\"    # or \"ms-DS-ConsistencyGuid\"; fixed at the first run: docs/guide/anchor.md

# A flow of your own overrides, adds or drops one of the tables: docs/guide/scope-and-flows.md.
# [[flow]]
# to = \"department\"
# from = [\"extensionAttribute3\", \"department\"]    # or template = \"{l}, {c}\", value = \"Contoso\", drop = true

# Licences by rule, only ever given.
# [[licence]]
# sku = \"ENTERPRISEPACK\"
# ou = \"OU=Sales,OU=Office365,DC=corp,DC=example,DC=com\"    # or group = \"CN=…\", or both
";

const REST: &str = "
# More deletes or disables than this within 24 hours wait for `samesign approve`.
[guard]
deletes_max = 100
deletes_percent_max = 5
# staging = true    # read and plan, send nothing: a second agent that stands by

# How often the service (`samesign agent run`) looks for changed people, and for changed passwords and disabled people.
[schedule]
objects = \"2m\"
passwords = \"10s\"

[state]
path = \"state.db\"
";

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(texts: &[String]) -> String {
    texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ")
}

/// A path as it stands in the file: relative where it lies below the file's folder.
fn path(path: &Path, folder: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    quoted(&absolute.strip_prefix(folder).unwrap_or(&absolute).display().to_string())
}
