use std::path::{Path, PathBuf};

use samesign_agent::connect::ad::OuNode;
use samesign_agent::engine::ObjectGuid;
use samesign_wire::Secret;

use super::source::SourceAnswers;
use super::tenant::TenantAnswers;
use super::tree::tree;
use super::write::{configuration, save};
use crate::config::Config;

fn source() -> SourceAnswers {
    SourceAnswers {
        domain: "corp.example.com".to_owned(),
        servers: vec!["ldaps://dc1.corp.example.com".to_owned()],
        user: "CORP\\svc".to_owned(),
        password: Secret::new("correct \"horse\"".to_owned()),
        ca: None,
        include: vec!["OU=Sales\\, \"North\",DC=corp,DC=example,DC=com".to_owned()],
        passwords: true,
    }
}

fn tenant(folder: &Path) -> TenantAnswers {
    TenantAnswers {
        name: "contoso.onmicrosoft.com".to_owned(),
        endpoint: Some("https://localhost:8443".to_owned()),
        ca: None,
        client_id: "1".to_owned(),
        certificate: folder.join("tenant/agent.pem"),
    }
}

#[test]
fn what_it_writes_is_a_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("tenant")).unwrap();
    std::fs::write(folder.path().join("tenant/agent.pem"), "").unwrap();
    let file = folder.path().join("samesign.toml");
    save(&file, &source(), &tenant(folder.path())).unwrap();
    let config = Config::load(&file).unwrap();
    assert_eq!(config.include, source().include);
    assert!(config.passwords.enabled, "as it was answered");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("certificate = \"tenant/agent.pem\"\n"), "{text}");
    assert!(!text.contains("horse"), "the password does not stand in the configuration");
}

#[test]
fn the_examples_that_it_writes_as_comments_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let text = configuration(&source(), &tenant(folder.path()), folder.path());
    let keys = ["objects", "filter", "members_of", "anchor", "[[flow]]", "to", "from", "[[licence]]", "sku", "ou", "staging"];
    let is_example = |line: &str| line.strip_prefix("# ").is_some_and(|line| keys.contains(&line.split(' ').next().unwrap_or_default()));
    let used: Vec<&str> = text.lines().map(|line| if is_example(line) { &line[2..] } else { line }).collect();
    assert_eq!(used.iter().zip(text.lines()).filter(|(used, line)| used != &line).count(), keys.len(), "{text}");
    let file = folder.path().join("samesign.toml");
    std::fs::write(&file, used.join("\n")).unwrap();
    let config = Config::load_for_state(&file).unwrap();
    assert!(config.staging && config.rules.filter.is_some());
    assert_eq!((config.rules.flows.len(), config.rules.licences.len(), config.rules.members_of.len()), (1, 1, 1));
}

#[test]
fn the_password_is_for_its_owner_and_nothing_is_overwritten() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("samesign.toml");
    save(&file, &source(), &tenant(folder.path())).unwrap();
    let secret = folder.path().join("secrets/ad");
    assert_eq!(std::fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "correct \"horse\"");
    let again = save(&file, &source(), &tenant(folder.path())).unwrap_err();
    assert!(again.to_string().starts_with("cannot write"), "{again}");
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "correct \"horse\"");
}

#[test]
fn a_file_elsewhere_is_named_in_full() {
    let mut answers = tenant(Path::new("/srv"));
    answers.ca = Some(PathBuf::from("/etc/ssl/ca.pem"));
    assert!(configuration(&source(), &answers, Path::new("/etc/samesign")).contains("ca = \"/etc/ssl/ca.pem\""));
}

#[test]
fn the_tree_shows_units_below_their_parents() {
    let unit = |dn: &str, users| OuNode { guid: ObjectGuid::from_bytes([0; 16]), dn: dn.into(), users };
    let units = [
        unit("OU=Sales,OU=Office365,DC=corp,DC=example", 12),
        unit("OU=Archive,DC=corp,DC=example", 3),
        unit("OU=Office365,DC=corp,DC=example", 40),
        unit("DC=corp,DC=example", 55),
    ];
    let rows = tree(&units);
    let lines: Vec<&str> = rows.iter().map(|(line, _)| line.as_str()).collect();
    assert_eq!(
        lines,
        ["corp             55 people", "  Archive         3 people", "  Office365      40 people", "    Sales        12 people"]
    );
    assert_eq!(rows[3].1, "OU=Sales,OU=Office365,DC=corp,DC=example");
}
