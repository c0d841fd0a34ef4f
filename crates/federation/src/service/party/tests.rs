use super::*;
use crate::NameSource;

fn application(reply: &[&str]) -> Application {
    Application {
        name: "Wiki".to_owned(),
        identifier: "https://wiki.example/".to_owned(),
        protocol: ApplicationProtocol::Saml,
        reply: reply.iter().map(|&reply| reply.to_owned()).collect(),
        sign_out: None,
        home: None,
        name_id: NameSource::Upn,
        certificate: None,
    }
}

#[test]
fn an_answer_goes_to_an_address_of_the_configuration_only() {
    let party = Party::application(&application(&["https://wiki.example/acs", "https://wiki.example/acs2"])).unwrap();
    let url = |wish| party.reply_address(wish).map(|reply| reply.url);
    assert_eq!(url(None).as_deref(), Some("https://wiki.example/acs"));
    assert_eq!(url(Some("https://wiki.example/acs2")).as_deref(), Some("https://wiki.example/acs2"));
    for wish in ["https://wiki.example/ACS", "https://wiki.example/acs/", "https://wiki.example/acs?x", "https://evil.example/acs", ""] {
        assert_eq!(url(Some(wish)), None, "{wish}");
    }
}

#[test]
fn a_page_with_a_token_knows_every_site_it_may_lead_to() {
    let elsewhere = Application { home: Some("https://app.example/".to_owned()), ..application(&["https://broker.example/acs"]) };
    let way = Party::application(&elsewhere).unwrap().reply_address(None).unwrap().way;
    assert_eq!(way, ["https://broker.example/", "https://app.example/"].map(|url| Origin::of(url).unwrap()));
    let way = |origin| Party::tenant(origin).unwrap().reply_address(None).unwrap().way;
    assert!(way("https://login.microsoftonline.com").is_empty());
    assert!(way("https://localhost:8443").iter().all(|site| Some(site) == Origin::of("https://localhost:8443").as_ref()));
}

#[test]
fn a_configuration_that_would_send_tokens_in_the_clear_is_refused() {
    for reply in
        ["http://wiki.example/acs", "javascript:alert(1)", "//wiki.example", "https://user@wiki.example/", "https://*.example/", ""]
    {
        assert!(Party::application(&application(&[reply])).is_err(), "{reply}");
    }
    assert!(Party::application(&application(&[])).is_err());
    let clear_home = Application { home: Some("http://wiki.example/".to_owned()), ..application(&["https://wiki.example/acs"]) };
    assert!(Party::application(&clear_home).unwrap_err().to_string().contains("http://wiki.example/"));
}

#[test]
fn an_application_that_signs_has_a_certificate_that_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wiki.pem");
    let with = |protocol| {
        let application = Application { certificate: Some(path.clone()), protocol, ..application(&["https://wiki.example/acs"]) };
        Party::application(&application).map_err(|error| error.to_string())
    };
    let reason = |error: Result<Party, String>| error.unwrap_err();
    assert!(reason(with(ApplicationProtocol::Saml)).contains("wiki.pem, which cannot be read"), "missing");
    std::fs::write(&path, "no certificate").unwrap();
    assert!(reason(with(ApplicationProtocol::Saml)).contains("holds no certificate"));
    let weak = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let pem = |key: &rcgen::KeyPair| rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(key).unwrap().pem();
    std::fs::write(&path, pem(&weak)).unwrap();
    assert!(reason(with(ApplicationProtocol::Saml)).contains("no RSA key"));
    let key = || rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    std::fs::write(&path, pem(&key()) + &pem(&key())).unwrap();
    assert_eq!(with(ApplicationProtocol::Saml).unwrap().signers.len(), 2, "the key before and the key after");
    assert!(reason(with(ApplicationProtocol::WsFederation)).contains("leave it out"));
}
