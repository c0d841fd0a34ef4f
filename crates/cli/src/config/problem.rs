//! What is wrong with a configuration file: the file, the line, the key, and the mend.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

/// One fault in the configuration.
#[derive(Debug)]
pub struct ConfigError {
    file: PathBuf,
    line: Option<usize>,
    key: Option<String>,
    problem: String,
    mend: String,
}

impl ConfigError {
    /// A fault of the file as a whole.
    pub fn whole(file: &Path, problem: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, key: None, problem: problem.into(), mend: mend.into() }
    }

    /// Names the key where the place alone does not tell it.
    pub fn name_key(&mut self, key: &str) {
        self.key = Some(key.to_owned());
    }

    /// What to do about it, in one sentence.
    pub fn mend(&self) -> &str {
        &self.mend
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))?;
        self.key.as_ref().map_or(Ok(()), |key| write!(f, ": `{key}`"))?;
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for ConfigError {}

/// A configuration file's name and text, to say where a fault is.
pub struct Text<'a> {
    pub file: &'a Path,
    pub text: &'a str,
}

impl Text<'_> {
    /// A fault at a place of the file.
    pub fn fault(&self, span: Range<usize>, problem: impl Into<String>, mend: impl Into<String>) -> ConfigError {
        let key = DeTable::parse(self.text).ok().and_then(|document| key_at(document.get_ref(), &span));
        ConfigError { file: self.file.into(), line: Some(self.line(span.start)), key, problem: problem.into(), mend: mend.into() }
    }

    /// A fault that the TOML reader found.
    pub fn refused(&self, error: &toml::de::Error) -> ConfigError {
        let span = error.span().unwrap_or(0..0);
        let said = error.message().lines().next().unwrap_or("not TOML");
        let mut fault = self.fault(span, "", "");
        if let Some(name) = said.strip_prefix("missing field ") {
            let key = [fault.key.as_deref().unwrap_or_default(), name.trim_matches('`')].join(".");
            return ConfigError { problem: "is missing".to_owned(), mend: mend_of_value(Some(&key)), key: Some(key), ..fault };
        }
        let unknown = said.strip_prefix("unknown field ").and_then(|rest| rest.split_once(", "));
        (fault.problem, fault.mend) = match unknown {
            Some((name, expected)) => ("unknown key".to_owned(), mend_of_unknown(name.trim_matches('`'), expected)),
            None => {
                (fault.key.as_deref().map_or_else(|| said.to_owned(), |key| wrong_value(key, said)), mend_of_value(fault.key.as_deref()))
            }
        };
        fault
    }

    /// The line of an offset, counted from 1.
    fn line(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }
}

/// The dotted key whose name or value lies at `span`, the deepest one.
fn key_at(table: &DeTable<'_>, span: &Range<usize>) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let below = match value.get_ref() {
            DeValue::Table(inner) => key_at(inner, span).map(|below| format!("{}.{below}", key.get_ref())),
            DeValue::Array(items) => {
                let below = items.iter().filter_map(|item| item.get_ref().as_table()).find_map(|inner| key_at(inner, span));
                below.map(|below| format!("{}.{below}", key.get_ref()))
            }
            _ => None,
        };
        let here = || (touches(&key.span(), span) || touches(&value.span(), span)).then(|| key.get_ref().to_string());
        below.or_else(here)
    })
}

/// INVARIANT: a value at `source.password` is never repeated. Whoever wrote the password itself there must not find it in a log.
fn wrong_value(key: &str, said: &str) -> String {
    match key {
        "source.password" => "must say where the password is kept, not what it is".to_owned(),
        _ => said.replace("expected usize", "expected a whole number").replace("expected struct ", "expected the table "),
    }
}

fn touches(place: &Range<usize>, span: &Range<usize>) -> bool {
    place.start <= span.start && span.start < place.end.max(place.start + 1)
}

fn mend_of_unknown(name: &str, expected: &str) -> String {
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    let nearest = known.iter().map(|key| (strsim::jaro_winkler(name, key), key)).max_by(|(a, _), (b, _)| a.total_cmp(b));
    match nearest {
        Some((likeness, key)) if likeness > 0.8 => format!("did you mean `{key}`?"),
        _ => format!("remove it, or use one of: {}", known.join(", ")),
    }
}

/// How each key is written. The one place that holds an example per key.
const EXAMPLES: &[(&str, &str)] = &[
    ("source.kind", "kind = \"ad\"    # or \"ldif\""),
    ("source.domain", "domain = \"corp.example.com\""),
    ("source.servers", "servers = [\"ldaps://dc1.corp.example.com\"]"),
    ("source.user", "user = \"svc-samesign@corp.example.com\""),
    ("source.password", "password = { file = \"secrets/ad\" }"),
    ("source.keytab", "keytab = \"secrets/ad.keytab\""),
    ("source.ca", "ca = \"ad-ca.pem\""),
    ("source.ntlm", "ntlm = false"),
    ("source.path", "path = \"export.ldif\""),
    ("scope.include", "include = [\"OU=Office365,DC=corp,DC=example,DC=com\"]"),
    ("scope.exclude", "exclude = []"),
    ("scope.objects", "objects = [\"users\", \"groups\", \"contacts\"]"),
    ("scope.filter", "filter = \"(!(employeeType=temporary))\""),
    ("scope.members_of", "members_of = [\"CN=Office 365 users,OU=Groups,DC=corp,DC=example,DC=com\"]"),
    ("tenant.name", "name = \"contoso.onmicrosoft.com\""),
    ("tenant.endpoint", "endpoint = \"https://localhost:8443\""),
    ("tenant.ca", "ca = \"tenant/ca.pem\""),
    ("tenant.client_id", "client_id = \"00000000-0000-0000-0000-000000000000\""),
    ("tenant.certificate", "certificate = \"secrets/agent.pem\""),
    ("matching.policy", "policy = \"dirsync\"    # or \"entra\""),
    ("matching.adopt", "adopt = \"ask\"    # or \"allow\", \"never\""),
    ("matching.anchor", "anchor = \"objectGUID\"    # or \"ms-DS-ConsistencyGuid\""),
    ("flow.kind", "kind = \"user\"    # or \"group\", \"contact\""),
    ("flow.to", "to = \"department\""),
    ("flow.from", "from = [\"extensionAttribute3\", \"department\"]    # the first that has a value"),
    ("flow.template", "template = \"{givenName} {sn}\""),
    ("flow.value", "value = \"Contoso\""),
    ("flow.drop", "drop = true"),
    ("flow.empty", "empty = \"clear\"    # or \"ignore\""),
    ("flow", "to = \"department\" and one of: from = [\"extensionAttribute3\"], template = \"{l}, {c}\", value = \"Contoso\", drop = true"),
    ("licence.sku", "sku = \"ENTERPRISEPACK\""),
    ("licence.ou", "ou = \"OU=Sales,OU=Office365,DC=corp,DC=example,DC=com\""),
    ("licence.group", "group = \"CN=Licensed,OU=Office365,DC=corp,DC=example,DC=com\""),
    ("licence", "sku = \"ENTERPRISEPACK\" and `ou`, `group`, or both"),
    ("passwords.enabled", "enabled = true"),
    ("passwords.privileged", "privileged = false"),
    ("passwords.select", "select = { attribute = \"adminDescription\", include = \"PHSIncluded\" }    # or exclude = \"PHSFiltered\""),
    ("guard.deletes_max", "deletes_max = 100"),
    ("guard.deletes_percent_max", "deletes_percent_max = 5"),
    ("guard.staging", "staging = false"),
    ("schedule.objects", "objects = \"2m\""),
    ("schedule.passwords", "passwords = \"10s\""),
    ("state.path", "path = \"state.db\""),
    ("federation.host", "host = \"sts.example.com\""),
    ("federation.origin", "origin = \"https://sts.example.com\""),
    ("federation.listen", "listen = \"0.0.0.0:443\""),
    ("federation.certificate", "certificate = \"secrets/sts.pem\""),
    ("federation.folder", "folder = \"federation\""),
    ("federation.keytab", "keytab = \"secrets/sts.keytab\""),
    ("federation.realms", "realms = [\"CORP.EXAMPLE.COM\"]"),
    ("federation.intranet", "intranet = [\"10.0.0.0/8\", \"192.168.0.0/16\"]"),
    ("federation.proxies", "proxies = [\"192.0.2.10\"]"),
    ("federation.channel_binding", "channel_binding = \"when-sent\"    # or \"off\", \"required\""),
    ("federation.domains", "domains = [\"example.com\"]"),
    ("federation.protocol", "protocol = \"wsfed\"    # or \"saml\""),
    ("federation.session", "session = \"8h\""),
    ("federation.session_idle", "session_idle = \"1h\""),
    ("federation.lockout", "lockout = { unknown_tries_max = 5, familiar_tries_max = 5, window = \"30m\" }"),
    ("federation.application.name", "name = \"Wiki\""),
    ("federation.application.identifier", "identifier = \"https://wiki.example.com/\""),
    ("federation.application.protocol", "protocol = \"saml\"    # or \"wsfed\""),
    ("federation.application.reply", "reply = [\"https://wiki.example.com/saml/acs\"]"),
    ("federation.application.sign_out", "sign_out = \"https://wiki.example.com/saml/logout\""),
    ("federation.application.home", "home = \"https://wiki.example.com/\""),
    ("federation.application.name_id", "name_id = \"upn\"    # or \"mail\", \"anchor\", \"account\""),
    ("federation.application.certificate", "certificate = \"secrets/wiki.pem\""),
];

/// How the key is written, as advice.
pub fn mend_of_value(key: Option<&str>) -> String {
    let example = key.and_then(|key| {
        EXAMPLES.iter().find(|(known, _)| *known == key || key.strip_prefix(known).is_some_and(|rest| rest.starts_with('.')))
    });
    match example {
        Some((_, example)) => format!("write it like this: {example}"),
        None => "mend that line; docs/guide/first-sync.md shows a whole file".to_owned(),
    }
}
