//! The provisioning service over real TLS, from the token to the answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod support;

use samesign_tenant::Admin;
use samesign_wire::Secret;
use samesign_wire::provisioning::{
    Fault, FaultDetail, ObjectType, Operation, PropertyValue, Request, RequestHeader, Response, ResultCode, SyncObject, SyncOperation,
    decode_response, encode_request, names,
};
use support::{GRAPH_SCOPE, SYNC_SCOPE, Tenant};

async fn call(tenant: &Tenant, token: &str, request: &Request) -> (u16, Result<Response, Fault>) {
    let url = tenant.url(names::PATH);
    let header = RequestHeader::new(&url, names::APPLICATION_ID_V2, Secret::new(token.to_owned()), "4c7dbb02-9ba9-4a4b-9a3b-3c7ab9e76c5e");
    let (status, bytes) = post(tenant, names::CONTENT_TYPE, encode_request(&header, request)).await;
    (status, decode_response(request.operation(), &bytes).unwrap())
}

async fn post(tenant: &Tenant, content_type: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
    let request = tenant.client.post(tenant.url(names::PATH)).header("content-type", content_type).body(body);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
}

fn error_code(fault: Result<Response, Fault>) -> String {
    match fault {
        Err(Fault { detail: FaultDetail::AdminWebService { error_code, .. }, .. }) => error_code,
        other => panic!("no fault of the service: {other:?}"),
    }
}

const CONFIGURATION: Request = Request::GetCompanyConfiguration { include_license_information: false };

#[tokio::test]
async fn an_application_with_the_role_reads_the_configuration_and_provisions() {
    let tenant = Tenant::start().await;
    let token = tenant.agent_token(SYNC_SCOPE).await;
    let (status, response) = call(&tenant, &token, &CONFIGURATION).await;
    let Ok(Response::CompanyConfiguration(configuration)) = response else { panic!("{response:?}") };
    assert_eq!((status, configuration.tenant_id.as_str(), configuration.is_dirsyncing), (200, tenant.report.tenant_id.as_str(), false));

    let object = SyncObject {
        source_anchor: Some("3q2+7wAAAAAAAAAAAAAAAA==".to_owned()),
        cloud_anchor: None,
        object_type: ObjectType::User,
        operation: SyncOperation::Add,
        properties: vec![
            ("userPrincipalName".into(), PropertyValue::Text("ana@contoso.example".to_owned())),
            ("displayName".into(), PropertyValue::Text("Ana <Ruiz> & \"Vega\" \u{1f642}".to_owned())),
            ("accountEnabled".into(), PropertyValue::Boolean(true)),
        ],
    };
    let add = Request::ProvisionAzureADSyncObjects2(vec![object]);
    let (status, response) = call(&tenant, &token, &add).await;
    assert_eq!((status, error_code(response).as_str()), (500, "DirSyncNotActivated"));

    let admin = Admin::open(tenant.folder.path()).unwrap();
    admin.enable_sync(std::time::Duration::ZERO).unwrap();
    let (status, response) = call(&tenant, &token, &add).await;
    let Ok(Response::Provision(results)) = response else { panic!("{response:?}") };
    assert_eq!((status, results.len(), results[0].result_code), (200, 1, ResultCode::Success), "{results:?}");
    let users = admin.users().unwrap();
    let ana = users.iter().find(|user| user["userPrincipalName"] == "ana@contoso.example").unwrap();
    assert_eq!(ana["displayName"], "Ana <Ruiz> & \"Vega\" \u{1f642}");
    assert_eq!(ana["onPremisesSyncEnabled"], true);
}

#[tokio::test]
async fn a_token_for_something_else_or_none_is_a_fault() {
    let tenant = Tenant::start().await;
    let graph = tenant.agent_token(GRAPH_SCOPE).await;
    for token in ["", "x.y.z", &graph] {
        let (status, response) = call(&tenant, token, &CONFIGURATION).await;
        assert_eq!((status, error_code(response).as_str()), (500, "InvalidToken"));
    }
}

#[tokio::test]
async fn an_application_without_the_role_is_refused() {
    let tenant = Tenant::start().await;
    let admin = Admin::open(tenant.folder.path()).unwrap();
    let app = admin.add_app("reader", &["User.Read.All".to_owned()], true).unwrap();
    let samesign_tenant::admin::AppCredential::Secret(secret) = &app.credential else { panic!("a secret was asked for") };
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", app.client_id.as_str()),
        ("client_secret", secret.expose()),
        ("scope", SYNC_SCOPE),
    ];
    let (status, body) = tenant.token(&form).await;
    assert_eq!(status, 200, "{body}");
    let (status, response) = call(&tenant, body["access_token"].as_str().unwrap(), &CONFIGURATION).await;
    assert_eq!((status, error_code(response).as_str()), (500, "AccessDenied"));
}

#[tokio::test]
async fn what_is_not_a_message_is_answered_and_the_server_lives_on() {
    let tenant = Tenant::start().await;
    let (status, bytes) = post(&tenant, names::CONTENT_TYPE, b"not binary xml".to_vec()).await;
    let fault = decode_response(Operation::GetCompanyConfiguration, &bytes).unwrap();
    assert_eq!((status, error_code(fault).as_str()), (500, "InvalidRequest"));
    assert_eq!(post(&tenant, "text/xml", b"<a/>".to_vec()).await.0, 415);
    assert_eq!(post(&tenant, names::CONTENT_TYPE, vec![0; 17 * 1024 * 1024]).await.0, 413);
    let token = tenant.agent_token(SYNC_SCOPE).await;
    assert_eq!(call(&tenant, &token, &CONFIGURATION).await.0, 200);
}
