//! Programs: where they are told to go, and the token they bring back.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use samesign_tenant::Admin;
use samesign_tenant::store::federation::Protocol;
use samesign_wire::saml::saml11;
use serde_json::{Value, json};

use super::*;

async fn json_of(service: &Service, path: &str) -> Value {
    serde_json::from_slice(&service.call("GET", path, &[], Vec::new()).await.2).unwrap()
}

async fn bring(service: &Service, client: &str, assertion: &str) -> (u16, Value) {
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:saml1_1-bearer"),
        ("client_id", client),
        ("assertion", assertion),
        ("scope", "openid profile offline_access User.Read"),
        ("client_info", "1"),
    ];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let answer = service.call("POST", "/common/oauth2/v2.0/token", &[("content-type", "application/x-www-form-urlencoded")], body).await;
    (answer.0, serde_json::from_slice(&answer.2).unwrap())
}

#[tokio::test]
async fn userrealm_tells_where_a_domain_signs_in() {
    let folder = folder(Protocol::WsFed);
    let service = open(folder.path());
    for name in ["ana@fed.example", "nobody@FED.example", "x@hr.fed.example"] {
        let told = json_of(&service, &format!("/common/userrealm/{name}?api-version=1.0")).await;
        assert_eq!((&told["account_type"], &told["federation_protocol"]), (&json!("Federated"), &json!("WSTrust")), "{name}");
        assert_eq!(told["federation_metadata_url"], "https://sts.fed.example/adfs/services/trust/mex");
        assert_eq!(told["federation_active_auth_url"], "https://sts.fed.example/adfs/services/trust/2005/usernamemixed");
        assert_eq!((&told["ver"], &told["cloud_audience_urn"]), (&json!("1.0"), &json!(AUDIENCE)));
    }
    let told = json_of(&service, "/common/userrealm/ana@fed.example?api-version=2.1").await;
    assert_eq!((&told["NameSpaceType"], &told["FederationBrandName"]), (&json!("Federated"), &json!("Service of fed.example")));
    let asked = parameters(told["AuthURL"].as_str().unwrap());
    assert_eq!((asked["wa"].as_str(), asked["wtrealm"].as_str(), asked["username"].as_str()), ("wsignin1.0", AUDIENCE, ANA));
    for (name, kind) in [("x@contoso.example", "Managed"), ("x@elsewhere.example", "Unknown"), ("x@notfed.example", "Unknown")] {
        assert_eq!(json_of(&service, &format!("/common/userrealm/{name}")).await["account_type"], kind);
        assert_eq!(json_of(&service, &format!("/common/userrealm/{name}?api-version=2.0")).await["NameSpaceType"], kind);
    }
}

#[tokio::test]
async fn a_token_that_a_program_brings_is_taken_once() {
    let folder = folder(Protocol::WsFed);
    let client = Admin::open(folder.path()).unwrap().add_public_app("desk", &[]).unwrap();
    let service = open(folder.path());
    let token = |assertion| saml11::write(&assertion, &KEYS[0]).unwrap();
    let brought = STANDARD.encode(token(assertion(ANA, ANCHOR)));
    let (status, body) = bring(&service, &client, &brought).await;
    assert_eq!(status, 200, "{body}");
    assert!(["access_token", "refresh_token", "id_token", "client_info"].iter().all(|name| body[name].is_string()), "{body}");
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body["id_token"].as_str().unwrap().split('.').nth(1).unwrap()).unwrap()).unwrap();
    assert_eq!(claims["preferred_username"], ANA);
    assert!(!claims["amr"].to_string().contains("mfa"), "{claims}");
    let refused = async |brought: &str| {
        let (status, body) = bring(&service, &client, brought).await;
        assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")), "{body}");
        body["error_codes"][0].as_u64().unwrap()
    };
    assert_eq!(refused(&brought).await, 50_013);
    // The other alphabet of Base64, without padding.
    assert_eq!(bring(&service, &client, &URL_SAFE_NO_PAD.encode(token(assertion(ANA, ANCHOR)))).await.0, 200);
    let mut other = assertion(ANA, ANCHOR);
    other.audience = "urn:other".to_owned();
    assert_eq!(refused(&STANDARD.encode(token(other))).await, 50_013);
    let mut cross = assertion("admin@contoso.onmicrosoft.com", ANCHOR);
    cross.issuer = issuer("fed.example");
    assert_eq!(refused(&STANDARD.encode(token(cross))).await, 5_000_819);
    assert_eq!(refused(&STANDARD.encode(token(assertion(ANA, "AAAA")))).await, 51_004);
    assert_eq!(refused(&STANDARD.encode(saml11::write(&assertion(ANA, ANCHOR), &KEYS[1]).unwrap())).await, 50_006);
    assert_eq!(refused(&STANDARD.encode(token(assertion("x@elsewhere.example", ANCHOR)))).await, 50_107);
    assert_eq!(refused("no Base64!").await, 50_008);
    // A token that came in by the browser does not come in here as well.
    let shared = assertion(ANA, ANCHOR);
    let away = begin(&service).await;
    assert_eq!(post(&service, &[("wresult", &wresult(&shared, &KEYS[0])), ("wctx", &away.wctx)]).await.0, 303);
    assert_eq!(refused(&STANDARD.encode(token(shared))).await, 50_013);
}

#[tokio::test]
async fn services_are_told_who_we_are() {
    let folder = folder(Protocol::Saml);
    let service = open(folder.path());
    for path in ["/federationmetadata/2007-06/federationmetadata.xml", "/federationmetadata/saml20/federationmetadata.xml"] {
        let answer = service.call("GET", path, &[], Vec::new()).await;
        let document = String::from_utf8(answer.2.clone()).unwrap();
        assert_eq!((answer.0, header(&answer, "content-type")), (200, Some("application/samlmetadata+xml")));
        assert!(document.contains(&format!("entityID=\"{AUDIENCE}\"")) && document.contains("https://localhost/login.srf"), "{document}");
        assert!(document.contains("SignatureValue"));
    }
}
