use std::time::Duration;

use samesign_agent::engine::{AnchorAttribute, Empty, Kind, Kinds, LicenceRule, Make, OwnFlow};
use samesign_agent::{Rule, Select};

use super::*;

const WHOLE: &str = r#"
[source]
kind = "ad"
domain = "corp.example.com"
servers = ["ldaps://dc1.corp.example.com", "ldap://dc2.corp.example.com"]
user = "svc-samesign@corp.example.com"
password = { credential = "ad" }
ca = "ad-ca.pem"

[scope]
include = ["OU=Office365,DC=corp,DC=example,DC=com"]
exclude = []

[tenant]
name = "contoso.onmicrosoft.com"
endpoint = "https://localhost:8443"
ca = "tenant/ca.pem"
client_id = "11111111-2222-3333-4444-555555555555"
certificate = "secrets/agent.pem"

[matching]
policy = "entra"
adopt = "never"

[passwords]
enabled = true
privileged = true
select = { attribute = "adminDescription", include = "PHSIncluded" }

[guard]
deletes_max = 7
deletes_percent_max = 3

[schedule]
objects = "3h"
passwords = "30s"

[state]
path = "state.db"
"#;

const SMALL: &str = "[source]\nkind = \"ldif\"\npath = \"export.ldif\"\n\n[tenant]\nname = \"c.onmicrosoft.com\"\nclient_id = \"1\"\ncertificate = \"a.pem\"\n";

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("/etc/samesign/samesign.toml"), text, Files::NotAsked)
}

/// What the person sees, for a small configuration to which `more` is added.
fn fault(text: &str) -> String {
    let error = parse(text).expect_err("this configuration is at fault");
    format!("{error} -> {}", error.mend())
}

#[test]
fn every_documented_table_is_accepted() {
    let config = parse(WHOLE).unwrap();
    let Source::Ad(source) = &config.source else { panic!("the source is a domain controller") };
    assert_eq!(
        source.servers.iter().map(|server| (server.host.as_str(), server.port)).collect::<Vec<_>>(),
        [("dc1.corp.example.com", 636), ("dc2.corp.example.com", 389)]
    );
    assert_eq!(source.ca.as_deref(), Some(Path::new("/etc/samesign/ad-ca.pem")));
    assert_eq!(config.guard, Guard { deletes_max: 7, deletes_percent_max: 3 });
    assert_eq!(config.schedule, Schedule { objects: Duration::from_secs(10_800), passwords: Duration::from_secs(30) });
    assert_eq!((config.matching, config.adopt), (MatchPolicy::Entra, Adopt::Never));
    let select = Select { attribute: "adminDescription".to_owned(), value: "PHSIncluded".to_owned(), rule: Rule::Include };
    assert_eq!(config.passwords, Passwords { enabled: true, privileged: true, select: Some(select) });
    assert_eq!(config.state, Path::new("/etc/samesign/state.db"));
}

#[test]
fn what_is_left_out_takes_the_documented_value() {
    let config = parse(SMALL).unwrap();
    assert_eq!((config.matching, config.adopt), (MatchPolicy::Dirsync, Adopt::Ask));
    assert_eq!(config.passwords, Passwords { enabled: false, privileged: false, select: None });
    assert!(config.include.is_empty() && config.tenant.endpoint.is_none());
    assert_eq!(config.guard, Guard { deletes_max: 100, deletes_percent_max: 5 });
    assert_eq!(config.schedule, Schedule { objects: Duration::from_secs(120), passwords: Duration::from_secs(10) });
}

#[test]
fn tables_may_stand_in_any_order() {
    let (source, tenant) = SMALL.split_once("\n\n").unwrap();
    assert!(parse(&format!("{tenant}\n{source}\n")).is_ok());
}

#[test]
fn a_fault_names_file_line_key_and_mend() {
    let cases = [
        ("[scope]\ninclde = []\n", "/etc/samesign/samesign.toml:10: `scope.inclde`: unknown key -> did you mean `include`?"),
        (
            "[guard]\ndeletes_max = \"many\"\n",
            "/etc/samesign/samesign.toml:10: `guard.deletes_max`: invalid type: string \"many\", expected a whole number -> write it like this: deletes_max = 100",
        ),
        (
            "[guard]\ndeletes_percent_max = 500\n",
            "/etc/samesign/samesign.toml:10: `guard.deletes_percent_max`: is more than 100 per cent -> write a share between 0 and 100",
        ),
        (
            "[schedule]\nobjects = \"soon\"\n",
            "/etc/samesign/samesign.toml:10: `schedule.objects`: `soon` is not a positive length of time such as `10s`, `2m` or `3h` -> write it like this: objects = \"2m\"",
        ),
        (
            "[matching]\nadopt = \"yes\"\n",
            "/etc/samesign/samesign.toml:10: `matching.adopt`: unknown variant `yes`, expected one of `ask`, `allow`, `never` -> write it like this: adopt = \"ask\"    # or \"allow\", \"never\"",
        ),
        (
            "[scope]\ninclude = [\n  \"Office365\",\n]\n",
            "/etc/samesign/samesign.toml:11: `scope.include`: `Office365` is not a distinguished name -> write it like this: include = [\"OU=Office365,DC=corp,DC=example,DC=com\"]",
        ),
        (
            "[state]\npostgres = \"postgresql://db\"\n",
            "/etc/samesign/samesign.toml:10: `state.postgres`: state in PostgreSQL is not supported yet -> use path = \"state.db\"",
        ),
        (
            "[dashboard]\n",
            "/etc/samesign/samesign.toml:9: `dashboard`: unknown key -> remove it, or use one of: source, scope, tenant, matching, flow, licence, passwords, guard, schedule, state, federation",
        ),
    ];
    for (more, expected) in cases {
        assert_eq!(fault(&format!("{SMALL}{more}")), expected);
    }
}

#[test]
fn a_choice_of_passwords_is_by_one_value_of_one_attribute() {
    let rule = |table: &str| format!("{SMALL}[passwords]\nenabled = true\nselect = {table}\n");
    let config = parse(&rule("{ attribute = \"adminDescription\", exclude = \"PHSFiltered\" }")).unwrap();
    assert_eq!(config.passwords.select.map(|select| (select.value, select.rule)), Some(("PHSFiltered".to_owned(), Rule::Exclude)));
    for (table, problem) in [
        ("{ attribute = \"a\", include = \"x\", exclude = \"y\" }", "must hold `include` or `exclude`, not both"),
        ("{ attribute = \"a\" }", "must hold `include` or `exclude`"),
        ("{ attribute = \"a\", include = \" \" }", "must compare the attribute with a value that is not empty"),
        ("{ attribute = \"\", include = \"x\" }", "`attribute` must be the LDAP name of an attribute"),
        ("{ attribute = \"a)(b=*\", include = \"x\" }", "`attribute` must be the LDAP name of an attribute"),
        ("{ attribute = \"UNICODEPWD\", include = \"x\" }", "`attribute` names a secret, which is never read for a rule"),
    ] {
        let expected = format!(
            "/etc/samesign/samesign.toml:11: `passwords.select`: {problem} -> write it like this: \
             select = {{ attribute = \"adminDescription\", include = \"PHSIncluded\" }}    # or exclude = \"PHSFiltered\""
        );
        assert_eq!(fault(&rule(table)), expected);
    }
    assert_eq!(
        fault(&rule("{ attribute = \"a\", includes = \"x\" }")),
        "/etc/samesign/samesign.toml:11: `passwords.select.includes`: unknown key -> did you mean `include`?"
    );
}

#[test]
fn rules_narrow_the_scope_and_shape_what_flows() {
    let rules = "[scope]\nobjects = [\"users\", \"groups\"]\nfilter = \"(!(employeeType=temporary))\"\nmembers_of = [\"CN=All,DC=corp\"]\n\
                 [matching]\nanchor = \"ms-DS-ConsistencyGuid\"\n\
                 [[flow]]\nto = \"department\"\nfrom = [\"extensionAttribute3\", \"department\"]\nempty = \"ignore\"\n\
                 [[flow]]\nkind = \"group\"\nto = \"info\"\ndrop = true\n\
                 [[licence]]\nsku = \"ENTERPRISEPACK\"\nou = \"OU=Sales,DC=corp\"\ngroup = \"CN=Licensed,DC=corp\"\n\
                 [guard]\nstaging = true\n";
    let config = parse(&format!("{SMALL}{rules}")).unwrap();
    assert!(config.staging && config.rules.filter.is_some());
    assert_eq!(config.rules.kinds, Kinds { users: true, groups: true, contacts: false });
    assert_eq!(config.rules.members_of, ["CN=All,DC=corp".into()]);
    assert_eq!(config.rules.anchor, AnchorAttribute::ConsistencyGuid);
    let department = OwnFlow {
        kind: Kind::User,
        to: "department".into(),
        make: Make::First(vec!["extensionAttribute3".into(), "department".into()]),
        empty: Empty::Ignore,
    };
    let info = OwnFlow { kind: Kind::Group, to: "info".into(), make: Make::Drop, empty: Empty::Clear };
    assert_eq!(config.rules.flows, [department, info]);
    let licence =
        LicenceRule { sku: "ENTERPRISEPACK".into(), ou: Some("OU=Sales,DC=corp".into()), group: Some("CN=Licensed,DC=corp".into()) };
    assert_eq!(config.rules.licences, [licence]);
    let plain = parse(SMALL).unwrap();
    assert_eq!((plain.rules, plain.staging), (Rules::default(), false));
}

#[test]
fn a_fault_of_a_rule_names_line_key_and_mend() {
    let filter = "-> write it like this: filter = \"(!(employeeType=temporary))\"";
    let cases = [
        (
            "[scope]\nobjects = []\n",
            "10: `scope.objects`: names no class of objects -> write it like this: objects = [\"users\", \"groups\", \"contacts\"]",
        ),
        (
            "[scope]\nobjects = [\"computers\"]\n",
            "10: `scope.objects`: unknown variant `computers`, expected one of `users`, `groups`, `contacts` -> write it like this: objects = [\"users\", \"groups\", \"contacts\"]",
        ),
        (
            "[scope]\nmembers_of = [\"Everyone\"]\n",
            "10: `scope.members_of`: `Everyone` is not a distinguished name -> write it like this: members_of = [\"CN=Office 365 users,OU=Groups,DC=corp,DC=example,DC=com\"]",
        ),
        (
            "[matching]\nanchor = \"mail\"\n",
            "10: `matching.anchor`: unknown variant `mail`, expected `objectGUID` or `ms-DS-ConsistencyGuid` -> write it like this: anchor = \"objectGUID\"    # or \"ms-DS-ConsistencyGuid\"",
        ),
        (
            "[guard]\nstaging = 1\n",
            "10: `guard.staging`: invalid type: integer `1`, expected a boolean -> write it like this: staging = false",
        ),
        (
            "[[licence]]\nsku = \"ENTERPRISEPACK\"\n",
            "9: `licence`: must say who gets it, with `ou` or `group` -> write it like this: sku = \"ENTERPRISEPACK\" and `ou`, `group`, or both",
        ),
        ("[[licence]]\nou = \"OU=Sales,DC=corp\"\n", "9: `licence.sku`: is missing -> write it like this: sku = \"ENTERPRISEPACK\""),
        (
            "[[licence]]\nsku = \"E3\"\nou = \"Sales\"\n",
            "11: `licence.ou`: `Sales` is not a distinguished name -> write it like this: ou = \"OU=Sales,OU=Office365,DC=corp,DC=example,DC=com\"",
        ),
        ("[[flow]]\nfrom = [\"title\"]\n", "9: `flow.to`: is missing -> write it like this: to = \"department\""),
        ("[[flow]]\nto = \"department\"\nform = [\"title\"]\n", "11: `flow.form`: unknown key -> did you mean `from`?"),
        (
            "[[flow]]\nto = \"department\"\nfrom = []\n",
            "11: `flow.from`: names no attribute -> write it like this: from = [\"extensionAttribute3\", \"department\"]    # the first that has a value",
        ),
        (
            "[[flow]]\nto = \"department\"\ndrop = false\n",
            "11: `flow.drop`: is false, and nothing else says what flows -> write drop = true",
        ),
        (
            "[[flow]]\nto = \"department\"\ndrop = true\nempty = \"clear\"\n",
            "12: `flow.empty`: stands beside `drop`, which leaves the tenant's value alone -> remove `empty`",
        ),
    ];
    for (more, expected) in cases {
        assert_eq!(fault(&format!("{SMALL}{more}")), format!("/etc/samesign/samesign.toml:{expected}"));
    }
    let broken = fault(&format!("{SMALL}[scope]\nfilter = \"(cn=\"\n"));
    assert!(
        broken.starts_with("/etc/samesign/samesign.toml:10: `scope.filter`: is no filter: at character ") && broken.ends_with(filter),
        "{broken}"
    );
    let two = "[[flow]]\nto = \"department\"\nvalue = \"a\"\nfrom = [\"title\"]\n";
    assert!(fault(&format!("{SMALL}{two}")).contains(":9: `flow`: must hold exactly one of from, template, value, drop"));
    let twice = "[[flow]]\nto = \"department\"\nvalue = \"a\"\n[[flow]]\nto = \"department\"\nvalue = \"b\"\n";
    assert!(fault(&format!("{SMALL}{twice}")).contains(":12: `flow.to`: `department` of a user has a flow above"));
    let unknown = fault(&format!("{SMALL}[[flow]]\nto = \"departmant\"\nvalue = \"a\"\n"));
    assert!(unknown.contains(":9: `flow`: ") && unknown.contains("department"), "the nearest target is named: {unknown}");
}

#[test]
fn the_service_gives_the_directories_a_rest() {
    let config = parse(&format!("{SMALL}[schedule]\nobjects = \"10s\"\npasswords = \"1s\"\n")).unwrap();
    assert_eq!(config.schedule, Schedule { objects: Duration::from_secs(10), passwords: Duration::from_secs(1) });
    assert_eq!(
        fault(&format!("{SMALL}[schedule]\nobjects = \"9s\"\n")),
        "/etc/samesign/samesign.toml:10: `schedule.objects`: is shorter than 10 s -> write 10s or longer: each cycle asks both directories, \
         and changed passwords and disabled people do not wait for it"
    );
    assert_eq!(
        fault(&format!("{SMALL}[schedule]\npasswords = \"500ms\"\n")),
        "/etc/samesign/samesign.toml:10: `schedule.passwords`: is shorter than 1 s -> write 1s or longer: each look is a request to a domain controller"
    );
}

#[test]
fn what_is_reserved_says_so() {
    let several = SMALL.replace("[source]", "[[source]]");
    assert_eq!(
        fault(&several),
        "/etc/samesign/samesign.toml:1: `source`: several sources are not supported yet -> keep one [source] table; use one configuration file for each tenant"
    );
    let domains = SMALL.replace("path =", "domains = [\"a.example\"]\npath =");
    assert_eq!(
        fault(&domains),
        "/etc/samesign/samesign.toml:3: `source.domains`: several domains are not supported yet -> name the one domain with `domain`"
    );
}

#[test]
fn what_is_missing_is_named_at_its_table() {
    assert_eq!(
        fault(&SMALL.replace("client_id = \"1\"\n", "")),
        "/etc/samesign/samesign.toml:5: `tenant.client_id`: is missing -> write it like this: client_id = \"00000000-0000-0000-0000-000000000000\""
    );
    assert_eq!(
        fault(&SMALL.replace("kind = \"ldif\"\n", "")),
        "/etc/samesign/samesign.toml:1: `source.kind`: is missing -> write it like this: kind = \"ad\"    # or \"ldif\""
    );
    assert!(fault("[source]\nkind = \"ldif\"\npath = \"x\"\n").starts_with("/etc/samesign/samesign.toml: the table [tenant] is missing"));
}

#[test]
fn a_key_of_the_other_kind_is_refused() {
    let mixed = SMALL.replace("path =", "user = \"a@b\"\npath =");
    assert_eq!(
        fault(&mixed),
        "/etc/samesign/samesign.toml:3: `source.user`: belongs to kind = \"ad\" -> remove `user`, or set kind = \"ad\""
    );
}

#[test]
fn a_password_has_one_place() {
    let two = WHOLE.replace("{ credential = \"ad\" }", "{ credential = \"ad\", env = \"AD\" }");
    assert!(fault(&two).contains("`source.password`: must name exactly one of file, env, credential"), "{}", fault(&two));
    let plain = WHOLE.replace("{ credential = \"ad\" }", "\"hunter2\"");
    assert!(fault(&plain).contains("`source.password`"), "{}", fault(&plain));
    assert!(!fault(&plain).contains("hunter2"), "a password that stands in the file is not repeated: {}", fault(&plain));
}

#[test]
fn addresses_are_checked() {
    let plain = WHOLE.replace("https://localhost:8443", "http://localhost:8443");
    assert!(fault(&plain).contains("samesign.toml:16: `tenant.endpoint`: is not an https address"), "{}", fault(&plain));
    let server = WHOLE.replace("ldaps://dc1", "gopher://dc1");
    assert!(
        fault(&server).contains("samesign.toml:5: `source.servers`: `gopher://dc1.corp.example.com` is not a server address"),
        "{}",
        fault(&server)
    );
}

#[test]
fn a_secret_is_read_from_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ad");
    std::fs::write(&file, "correct horse\n").unwrap();
    assert!(SecretPlace::File(file.clone()).read().unwrap().expose() == "correct horse");
    std::fs::write(&file, "\n").unwrap();
    assert!(SecretPlace::File(file).read().is_err_and(|error| error.to_string().ends_with("is empty")));
    let error = SecretPlace::Environment("SAMESIGN_TEST_UNSET".to_owned()).read().err().unwrap();
    assert_eq!(error.to_string(), "the environment variable SAMESIGN_TEST_UNSET is not set");
}

#[test]
fn a_broken_line_is_named() {
    assert!(fault("[source]\nkind = \"ldif\n").starts_with("/etc/samesign/samesign.toml:2: "), "{}", fault("[source]\nkind = \"ldif\n"));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("samesign.toml");
    std::fs::write(&file, SMALL).unwrap();
    let error = Config::load(&file).unwrap_err().to_string();
    assert!(error.contains("samesign.toml:3: `source.path`: cannot read") && error.contains("export.ldif"), "{error}");
    assert!(Config::load_for_state(&file).is_ok());
}
