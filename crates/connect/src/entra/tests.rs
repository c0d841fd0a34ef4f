//! What must hold inside the connector. What it does against a tenant is in `tests/entra.rs`.

use reqwest::Url;

use super::config::{Endpoints, EntraConfig};
use super::error::EntraError;

fn endpoints(endpoint: Option<&str>) -> Result<Endpoints, EntraError> {
    let mut config = EntraConfig::new("contoso.onmicrosoft.com", "app", "agent.pem".into());
    config.endpoint = endpoint.map(|endpoint| Url::parse(endpoint).unwrap());
    Endpoints::of(&config)
}

#[test]
fn the_services_are_where_they_should_be() {
    let real = endpoints(None).unwrap();
    assert_eq!(real.token.as_str(), "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token");
    assert_eq!(real.graph.as_str(), "https://graph.microsoft.com/v1.0/");
    assert_eq!(real.provisioning.as_str(), "https://adminwebservice.microsoftonline.com/provisioningservice.svc");
    assert!(!real.loopback);
    for written in ["https://localhost:8443", "https://localhost:8443/"] {
        let local = endpoints(Some(written)).unwrap();
        assert_eq!(local.token.as_str(), "https://localhost:8443/contoso.onmicrosoft.com/oauth2/v2.0/token");
        assert_eq!(local.graph.as_str(), "https://localhost:8443/v1.0/");
        assert_eq!(local.provisioning.as_str(), "https://localhost:8443/provisioningservice.svc");
        assert!(local.loopback);
    }
    for bad in ["http://localhost:8443", "https://user@localhost", "https://u:p@localhost", "https://localhost/?a=b", "data:text/plain,x"] {
        let error = endpoints(Some(bad)).err().unwrap().to_string();
        assert!(error.contains("must be an https address") && !error.contains("u:p"), "{error}");
    }
}

#[test]
fn a_redirect_may_only_lead_to_a_host_beside_ours() {
    let table = [
        (None, "https://adminwebservice-s1-co2.microsoftonline.com/provisioningservice.svc", true),
        (None, "https://microsoftonline.com/provisioningservice.svc", false),
        (None, "https://adminwebservice.microsoftonline.com.attacker.example/provisioningservice.svc", false),
        (None, "http://adminwebservice.microsoftonline.com/provisioningservice.svc", false),
        (None, "https://adminwebservice.microsoftonline.com@attacker.example/", false),
        (None, "https://x:y@adminwebservice.microsoftonline.com/", false),
        (None, "https://a.b.microsoftonline.com/", false),
        (Some("https://localhost:8443"), "https://localhost:9443/other.svc", true),
        (Some("https://localhost:8443"), "https://attacker.localhost/", false),
        (Some("https://127.0.0.1:8443"), "https://127.0.0.1:9443/", true),
        (Some("https://127.0.0.1:8443"), "https://10.0.0.1:8443/", false),
        (Some("https://192.168.0.1"), "https://10.168.0.1/", false),
        (Some("https://tenant.example.com"), "https://other.example.com/", true),
        (Some("https://example.com"), "https://attacker.com/", false),
    ];
    for (endpoint, url, expected) in table {
        assert_eq!(endpoints(endpoint).unwrap().may_redirect_to(&Url::parse(url).unwrap()), expected, "{endpoint:?} -> {url}");
    }
}

#[test]
fn a_link_must_be_of_our_graph() {
    let local = endpoints(Some("https://localhost:8443")).unwrap();
    for (link, expected) in [
        ("https://localhost:8443/v1.0/users/delta?$deltatoken=x", true),
        ("https://localhost:9443/v1.0/users/delta", false),
        ("http://localhost:8443/v1.0/users/delta", false),
        ("https://localhost:8443/v1.0/../provisioningservice.svc", false),
        ("https://localhost.attacker.example:8443/v1.0/users", false),
        ("https://localhost:8443@attacker.example/v1.0/users", false),
    ] {
        assert_eq!(local.is_graph(&Url::parse(link).unwrap()), expected, "{link}");
    }
}

#[test]
fn what_graph_shows_becomes_a_target_user() {
    let user: super::user::GraphUser = serde_json::from_str(
        r##"{"@odata.type":"#microsoft.graph.user","id":"1","userPrincipalName":"ana@example.com","mail":"ana@example.com","displayName":"Ana",
        "proxyAddresses":["smtp:b@example.com","SMTP:ana@example.com"],"onPremisesImmutableId":"AAAA","onPremisesSyncEnabled":true,
        "jobTitle":null,"city":"","businessPhones":["1"],"accountEnabled":false,"unknown":{"a":[1]},
        "assignedLicenses":[{"skuId":"x","disabledPlans":[]}],
        "assignedPlans":[{"service":"SharePoint","capabilityStatus":"Enabled"},{"service":"exchange","capabilityStatus":"Enabled","servicePlanId":"p"}],
        "onPremisesExtensionAttributes":{"extensionAttribute1":"x","extensionAttribute2":null}}"##,
    )
    .unwrap();
    let user = user.into_target(false);
    assert!(user.synced && user.licensed && user.mailbox && !user.privileged && !user.soft_deleted);
    let visible = serde_json::to_string(&user.visible).unwrap();
    let expected = r#"{"accountEnabled":false,"assignedLicenses":["x"],"businessPhones":"1","displayName":"Ana","extensionAttribute1":"x","mail":"ana@example.com","proxyAddresses":["SMTP:ana@example.com","smtp:b@example.com"],"userPrincipalName":"ana@example.com"}"#;
    assert_eq!(visible, expected);
    let mailbox = |json: &str| serde_json::from_str::<super::user::GraphUser>(json).unwrap().into_target(true).mailbox;
    assert!(!mailbox(r#"{"id":"1","mail":"a@b","assignedPlans":[{"service":"exchange","capabilityStatus":"Enabled"}]}"#), "no licence");
    assert!(!mailbox(
        r#"{"id":"1","mail":"","assignedLicenses":[{}],"assignedPlans":[{"service":"exchange","capabilityStatus":"Enabled"}]}"#
    ));
    assert!(!mailbox(
        r#"{"id":"1","mail":"a@b","assignedLicenses":[{}],"assignedPlans":[{"service":"exchange","capabilityStatus":"Deleted"}]}"#
    ));
}
