use std::path::Path;
use std::time::Duration;

use samesign_federation::{ApplicationProtocol, ChannelBinding, Lockout, NameSource, Protocol};

use super::{Config, ConfigError, Federation, Files};

const BASE: &str = r#"
[source]
kind = "ad"
domain = "corp.example.com"
user = "svc@corp.example.com"
password = { env = "NONE" }
[scope]
include = ["OU=Office365,DC=corp,DC=example,DC=com"]
[tenant]
name = "c.onmicrosoft.com"
client_id = "1"
certificate = "a.pem"
"#;

const WHOLE: &str = r#"
[federation]
host = "STS.example.com"
origin = "https://sts.example.com:8444"
listen = "127.0.0.100:8444"
certificate = "secrets/sts.pem"
folder = "fs"
keytab = "secrets/sts.keytab"
realms = ["corp.example.com", "EU.EXAMPLE.COM"]
intranet = ["10.1.2.3/8", "192.0.2.7", "fd00::/8"]
proxies = ["192.0.2.10"]
channel_binding = "required"
domains = ["Example.com", "example.org"]
protocol = "saml"
session = "4h"
session_idle = "30m"
lockout = { unknown_tries_max = 3, familiar_tries_max = 7, window = "10m" }

[[federation.application]]
name = "Wiki"
identifier = "https://wiki.example.com/"
protocol = "saml"
reply = ["https://wiki.example.com/acs", "https://wiki.example.com/acs2"]
sign_out = "https://wiki.example.com/logout"
home = "https://wiki.example.com/"
name_id = "mail"
certificate = "secrets/wiki.pem"

[[federation.application]]
name = "Desk"
identifier = "urn:desk"
reply = ["https://desk.example.com/"]
"#;

const SMALL: &str = "[federation]\nhost = \"sts.example.com\"\ndomains = [\"example.com\"]\n";

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("/etc/samesign/samesign.toml"), text, Files::NotAsked)
}

fn federation(text: &str) -> Federation {
    parse(&format!("{BASE}{text}")).unwrap().federation.unwrap()
}

/// What the person sees when `line` is added to the small table, without the file's name.
fn fault(line: &str) -> String {
    let text = format!("{BASE}{SMALL}{line}\n");
    let error = parse(&text).expect_err(line);
    format!("{error} -> {}", error.mend()).replace("/etc/samesign/samesign.toml:", "")
}

#[test]
fn every_key_is_read() {
    let federation = federation(WHOLE);
    assert_eq!(federation.host, "sts.example.com");
    assert_eq!(federation.origin, "https://sts.example.com:8444");
    assert_eq!(federation.listen.to_string(), "127.0.0.100:8444");
    assert_eq!(federation.certificate, Path::new("/etc/samesign/secrets/sts.pem"));
    assert_eq!(federation.folder, Path::new("/etc/samesign/fs"));
    assert_eq!(federation.keytab.as_deref(), Some(Path::new("/etc/samesign/secrets/sts.keytab")));
    assert_eq!(federation.realms, ["CORP.EXAMPLE.COM", "EU.EXAMPLE.COM"]);
    assert_eq!(federation.intranet.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.0/8", "192.0.2.7/32", "fd00::/8"]);
    assert_eq!(federation.proxies.iter().map(ToString::to_string).collect::<Vec<_>>(), ["192.0.2.10"]);
    assert_eq!((federation.channel_binding, federation.protocol), (ChannelBinding::Required, Protocol::Saml));
    assert_eq!(federation.domains, ["example.com", "example.org"]);
    assert_eq!((federation.session, federation.session_idle), (Duration::from_secs(4 * 3600), Duration::from_secs(1800)));
    let lockout = Lockout { unknown_tries_max: 3, familiar_tries_max: 7, window: Duration::from_secs(600) };
    assert_eq!(federation.lockout, lockout);
    let [wiki, desk] = &federation.applications[..] else { panic!("two applications") };
    assert_eq!((wiki.name.as_str(), wiki.protocol, wiki.name_id), ("Wiki", ApplicationProtocol::Saml, NameSource::Mail));
    assert_eq!(wiki.reply, ["https://wiki.example.com/acs", "https://wiki.example.com/acs2"]);
    assert_eq!(wiki.sign_out.as_deref(), Some("https://wiki.example.com/logout"));
    assert_eq!((desk.protocol, desk.name_id, &desk.home), (ApplicationProtocol::WsFederation, NameSource::Upn, &None));
    assert_eq!(wiki.certificate.as_deref(), Some(Path::new("/etc/samesign/secrets/wiki.pem")));
    assert_eq!(desk.certificate, None);
}

#[test]
fn what_is_left_out_takes_the_documented_value() {
    let federation = federation(SMALL);
    assert_eq!(federation.origin, "https://sts.example.com");
    assert_eq!(federation.listen.to_string(), "0.0.0.0:443");
    assert_eq!(federation.certificate, Path::new("/etc/samesign/federation/tls.pem"));
    assert_eq!(federation.realms, ["CORP.EXAMPLE.COM"]);
    assert_eq!(federation.tenant_origin, "https://login.microsoftonline.com");
    assert_eq!((federation.session, federation.session_idle), (Duration::from_secs(8 * 3600), Duration::from_secs(3600)));
    assert_eq!((federation.channel_binding, federation.protocol), (ChannelBinding::WhenSent, Protocol::WsFederation));
    assert!(federation.keytab.is_none() && federation.intranet.is_empty() && federation.applications.is_empty());
    assert_eq!(federation.lockout, Lockout::default());
    assert!(parse(BASE).unwrap().federation.is_none());
}

#[test]
fn the_port_and_the_local_tenant_show_in_the_addresses() {
    assert_eq!(federation(&format!("{SMALL}listen = \"127.0.0.1:8444\"\n")).origin, "https://sts.example.com:8444");
    let local = BASE.replace("[tenant]\n", "[tenant]\nendpoint = \"https://localhost:8443/\"\n");
    assert_eq!(parse(&format!("{local}{SMALL}")).unwrap().federation.unwrap().tenant_origin, "https://localhost:8443");
}

#[test]
fn each_fault_names_its_line_key_and_mend() {
    let cases = [
        ("listen = \"443\"", "16: `federation.listen`: is not an address and a port -> write it like this: listen = \"0.0.0.0:443\""),
        (
            "listen = \"127.0.0.1:0\"",
            "16: `federation.listen`: has no fixed port, which the tenant has to know -> write it like this: listen = \"0.0.0.0:443\"",
        ),
        (
            "origin = \"https://sts.example.com/adfs\"",
            "16: `federation.origin`: is not an https address without path and query -> write it like this: origin = \"https://sts.example.com\"",
        ),
        (
            "origin = \"http://sts.example.com\"",
            "16: `federation.origin`: is not an https address without path and query -> write it like this: origin = \"https://sts.example.com\"",
        ),
        (
            "keytab = \"k\"",
            "16: `federation.keytab`: is never used: no network is in `intranet` -> name your own networks, from where browsers are asked for a ticket: intranet = [\"10.0.0.0/8\"]",
        ),
        (
            "realms = []",
            "16: `federation.realms`: names no realm, so that no ticket would count -> leave it out: the realm of `source.domain` counts",
        ),
        ("realms = [\"a b\"]", "16: `federation.realms`: is not a Kerberos realm -> write it like this: realms = [\"CORP.EXAMPLE.COM\"]"),
        (
            "intranet = [\"10.0.0.0/33\"]",
            "16: `federation.intranet`: is not a network -> write it like this: intranet = [\"10.0.0.0/8\", \"192.168.0.0/16\"]",
        ),
        (
            "intranet = [\"::/0\"]",
            "16: `federation.intranet`: is the whole internet -> name your own networks: whoever comes from there counts as inside",
        ),
        ("proxies = [\"proxy\"]", "16: `federation.proxies`: is not an address -> write it like this: proxies = [\"192.0.2.10\"]"),
        (
            "channel_binding = \"on\"",
            "16: `federation.channel_binding`: unknown variant `on`, expected one of `off`, `when-sent`, `required` -> write it like this: channel_binding = \"when-sent\"    # or \"off\", \"required\"",
        ),
        (
            "protocol = \"oidc\"",
            "16: `federation.protocol`: unknown variant `oidc`, expected `wsfed` or `saml` -> write it like this: protocol = \"wsfed\"    # or \"saml\"",
        ),
        ("session = \"25h\"", "16: `federation.session`: is 25h -> write a length of time from 5m to 24h"),
        ("session = \"1m\"", "16: `federation.session`: is 1m -> write a length of time from 5m to 24h"),
        ("session = \"1h\"\nsession_idle = \"2h\"", "17: `federation.session_idle`: is 2h -> write a length of time from 1m to 1h"),
        ("lockout = { unknown_tries_max = 0 }", "16: `federation.lockout.unknown_tries_max`: is 0 -> write a number from 1 to 100"),
        ("lockout = { familiar_tries_max = 101 }", "16: `federation.lockout.familiar_tries_max`: is 101 -> write a number from 1 to 100"),
        ("lockout = { window = \"10s\" }", "16: `federation.lockout.window`: is 10s -> write a length of time from 1m to 24h"),
        ("hosts = \"a\"", "16: `federation.hosts`: unknown key -> did you mean `host`?"),
        (
            "[[federation.application]]\nidentifier = \"urn:a\"\nreply = [\"https://a/\"]",
            "16: `federation.application.name`: is missing -> write it like this: name = \"Wiki\"",
        ),
        (
            "[[federation.application]]\nname = \"A\"\nreply = [\"https://a/\"]",
            "16: `federation.application.identifier`: is missing -> write it like this: identifier = \"https://wiki.example.com/\"",
        ),
        (
            "[[federation.application]]\nname = \"A\"\nidentifier = \"urn:a\"",
            "16: `federation.application.reply`: names no address, so that no answer could go anywhere -> write it like this: reply = [\"https://wiki.example.com/saml/acs\"]",
        ),
        (
            "[[federation.application]]\nname = \"A\"\nidentifier = \"urn:a\"\nreply = [\"http://a/\"]",
            "19: `federation.application.reply`: `http://a/` is not an https address -> write it like this: reply = [\"https://wiki.example.com/saml/acs\"]",
        ),
        (
            "[[federation.application]]\nname = \"A\"\nidentifier = \"urn:a\"\nreply = [\"https://a/\"]\nhome = \"javascript:alert(1)\"",
            "20: `federation.application.home`: `javascript:alert(1)` is not an https address -> write it like this: home = \"https://wiki.example.com/\"",
        ),
        (
            "[[federation.application]]\nname = \"A\"\nidentifier = \"urn:federation:MicrosoftOnline\"\nreply = [\"https://a/\"]",
            "16: `federation.application.identifier`: `urn:federation:MicrosoftOnline` is the identifier of another application -> write it like this: identifier = \"https://wiki.example.com/\"",
        ),
        (
            "[[federation.application]]\nname = \"A\"\nidentifier = \"urn:a\"\nreply = [\"https://a/\"]\ncertificate = \"a.pem\"",
            "20: `federation.application.certificate`: is never used -> leave it out, or set protocol = \"saml\": WS-Federation signs no requests",
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(fault(line), expected);
    }
}

#[test]
fn host_and_domains_are_needed_and_have_to_be_names() {
    let fault = |table: &str| {
        let error = parse(&format!("{BASE}{table}")).expect_err(table);
        format!("{error} -> {}", error.mend()).replace("/etc/samesign/samesign.toml:", "")
    };
    let with = |domains: &str| fault(&format!("[federation]\nhost = \"sts.example.com\"\ndomains = {domains}\n"));
    assert_eq!(
        fault("[federation]\ndomains = [\"example.com\"]\n"),
        "13: `federation.host`: is missing -> write it like this: host = \"sts.example.com\""
    );
    assert_eq!(
        fault("[federation]\nhost = \"sts.example.com\"\n"),
        "13: `federation.domains`: is missing -> write it like this: domains = [\"example.com\"]"
    );
    for host in ["https://sts.example.com", "sts.example.com:443", "192.0.2.1", "sts..example", "-sts.example", "", "stß.example"] {
        let said = fault(&format!("[federation]\nhost = \"{host}\"\ndomains = [\"example.com\"]\n"));
        assert!(said.starts_with("14: `federation.host`: is not the DNS name of a host"), "{said}");
    }
    assert!(with("[]").contains("names no domain, so that nobody could sign in"));
    assert!(with("[\"example\"]").contains("`example` is not a domain"));
    assert!(with("[\"contoso.onmicrosoft.com\"]").contains("is a domain that Microsoft keeps: it cannot be federated"));
    for both in ["[\"example.com\", \"eu.example.com\"]", "[\"eu.example.com\", \"example.com\"]"] {
        assert!(with(both).contains("`eu.example.com` stands beside"), "{}", with(both));
    }
    assert!(with("[\"example.com\", \"EXAMPLE.com\"]").contains("stands beside"));
    let apart = format!("{BASE}[federation]\nhost = \"sts.example.com\"\ndomains = [\"example.com\", \"myexample.com\"]\n");
    assert_eq!(parse(&apart).unwrap().federation.unwrap().domains.len(), 2);
}

#[test]
fn a_file_of_people_cannot_check_passwords() {
    let ldif = "[source]\nkind = \"ldif\"\npath = \"a.ldif\"\n[tenant]\nname = \"c\"\nclient_id = \"1\"\ncertificate = \"a.pem\"\n";
    let error = parse(&format!("{ldif}{SMALL}")).unwrap_err();
    assert!(error.to_string().contains("needs Active Directory itself"), "{error}");
}

#[test]
fn its_files_are_asked_for_by_its_own_commands_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samesign.toml");
    std::fs::write(folder.path().join("a.pem"), "").unwrap();
    std::fs::write(&path, format!("{BASE}{SMALL}keytab = \"none.keytab\"\nintranet = [\"10.0.0.0/8\"]\n")).unwrap();
    Config::load(&path).unwrap();
    let error = Config::load_for_federation(&path).unwrap_err();
    assert!(error.to_string().contains(":16: `federation.keytab`: cannot read "), "{error}");
}

#[test]
fn the_service_gets_the_rules_of_synchronization() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "a password\n").unwrap();
    let base = BASE.replace("{ env = \"NONE\" }", "{ file = \"secret\" }");
    let matching = "[matching]\nanchor = \"ms-DS-ConsistencyGuid\"\n";
    let config = Config::parse(&folder.path().join("samesign.toml"), &format!("{base}{matching}{SMALL}"), Files::NotAsked).unwrap();
    let settings = config.federation_settings().unwrap();
    assert_eq!(settings.policy.rules.anchor, samesign_agent::engine::AnchorAttribute::ConsistencyGuid);
    assert_eq!(settings.policy.scope.include[0].current.as_deref(), Some("OU=Office365,DC=corp,DC=example,DC=com"));
    assert_eq!((settings.ad.domain.as_str(), &*settings.policy.dns_domain), ("corp.example.com", "corp.example.com"));
}
