//! A tenant in this process, spoken to in wire bytes and in Graph's JSON.

use std::borrow::Cow;
use std::path::Path;
use std::sync::LazyLock;

use rusqlite::Connection;
use samesign_tenant::directory::{Contact, DirectoryError, Group, contacts, domains, groups, licensing, members, quarantine, roles, users};
use samesign_tenant::in_process::Service;
use samesign_tenant::{Admin, InitReport};
use samesign_wire::Secret;
use samesign_wire::provisioning::{
    CompanyConfiguration, Fault, FaultDetail, ObjectType, PropertyValue, ReferenceChange, ReferenceKind, ReferenceOperation, Request,
    RequestHeader, Response, ResultCode, SyncObject, SyncObjectResult, SyncOperation, decode_response, encode_request, names,
};
use serde_json::{Value, json};
use tempfile::TempDir;

const GRAPH: &str = "https://graph.microsoft.com";

/// Making keys takes long: every test works on a copy of this one.
static MADE: LazyLock<(TempDir, InitReport)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let report = samesign_tenant::init(folder.path(), "contoso.onmicrosoft.com", &["contoso.example".to_owned()]).unwrap();
    Admin::open(folder.path()).unwrap().enable_sync(std::time::Duration::ZERO).unwrap();
    (folder, report)
});

pub struct Tenant {
    pub service: Service,
    _folder: TempDir,
    runtime: tokio::runtime::Runtime,
    sync_token: String,
    graph_token: String,
}

impl Tenant {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(MADE.0.path(), folder.path());
        let service = Service::open(folder.path()).unwrap();
        let agent = &MADE.1.agent.client_id;
        let writer = Admin::open(folder.path()).unwrap().add_app("writer", &WRITER.map(str::to_owned), false).unwrap();
        let sync_token = service.token(agent, names::RESOURCE_ID).unwrap();
        let graph_token = service.token(&writer.client_id, GRAPH).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { service, _folder: folder, runtime, sync_token, graph_token }
    }

    pub fn id(&self) -> &str {
        &MADE.1.tenant_id
    }

    /// One request to the provisioning service, encoded and decoded.
    pub fn ask(&self, request: &Request) -> Result<Response, Fault> {
        let url = format!("https://localhost{}", names::PATH);
        let message_id = samesign_tenant::random::uuid().unwrap();
        let header = RequestHeader::new(&url, names::APPLICATION_ID_V2, Secret::new(self.sync_token.clone()), &message_id);
        let body = encode_request(&header, request);
        let call = self.service.call("POST", names::PATH, &[("content-type", names::CONTENT_TYPE)], body);
        let (status, _, bytes) = self.runtime.block_on(call);
        let answer = decode_response(request.operation(), &bytes).unwrap();
        assert_eq!(status, if answer.is_ok() { 200 } else { 500 });
        answer
    }

    pub fn send(&self, batch: Vec<SyncObject>) -> Vec<SyncObjectResult> {
        match self.ask(&Request::ProvisionAzureADSyncObjects2(batch)) {
            Ok(Response::Provision(results)) => results,
            other => panic!("{other:?}"),
        }
    }

    pub fn send_one(&self, object: SyncObject) -> SyncObjectResult {
        let mut results = self.send(vec![object]);
        assert_eq!(results.len(), 1);
        results.remove(0)
    }

    /// Sends an object that must be stored as it is, and answers its id.
    pub fn stored(&self, object: SyncObject) -> String {
        let result = self.send_one(object);
        assert_eq!((result.result_code, &result.error_description), (ResultCode::Success, &None), "{result:?}");
        id_of(&result)
    }

    /// Sends an object that must be stored with something put aside, and answers the description.
    pub fn altered(&self, object: SyncObject) -> String {
        let result = self.send_one(object);
        assert_eq!((result.result_code, &result.error_code), (ResultCode::Success, &None), "{result:?}");
        result.error_description.expect("a description says what was put aside")
    }

    /// Sends an object that must be refused: the name of the error and its words.
    pub fn refused(&self, object: SyncObject) -> (String, String) {
        let result = self.send_one(object);
        assert_eq!(result.result_code, ResultCode::Failure, "{result:?}");
        (result.error_code.unwrap(), result.error_description.unwrap())
    }

    pub fn configuration(&self) -> CompanyConfiguration {
        match self.ask(&Request::GetCompanyConfiguration { include_license_information: false }) {
            Ok(Response::CompanyConfiguration(configuration)) => configuration,
            other => panic!("{other:?}"),
        }
    }

    pub fn features(&self, bits: i32) {
        assert_eq!(self.ask(&Request::SetCompanyDirsyncFeatures { dirsync_features: bits }), Ok(Response::SetFeatures));
    }

    pub fn finish_export(&self) {
        assert_eq!(self.ask(&Request::FinalizeExport { total_exported: 1, successful_export_count: 1 }), Ok(Response::Finalize));
    }

    pub fn read_back(&self) -> Vec<SyncObject> {
        let request = Request::ReadBackAzureADSyncObjects { include_license_information: false, input_cookie: None, is_full_sync: true };
        match self.ask(&request) {
            Ok(Response::ReadBack { objects, more: false, .. }) => objects,
            other => panic!("{other:?}"),
        }
    }

    /// One request to Graph: status and body.
    pub fn graph(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let authorization = format!("Bearer {}", self.graph_token);
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let body = body.map(Value::to_string).unwrap_or_default();
        let (status, _, bytes) = self.runtime.block_on(self.service.call(method, &format!("/v1.0{path}"), &headers, body));
        (status, if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() })
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.graph("GET", path, None);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub fn change(&self, method: &str, path: &str, body: &Value) {
        let (status, answer) = self.graph(method, path, Some(body));
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
    }

    /// A user with every property that tests look at.
    pub fn user(&self, id: &str) -> Value {
        self.get(&format!(
            "/users/{id}?$select=id,userPrincipalName,mail,mailNickname,proxyAddresses,accountEnabled,displayName,jobTitle,department,\
             usageLocation,onPremisesSyncEnabled,onPremisesImmutableId,onPremisesUserPrincipalName,onPremisesLastSyncDateTime,\
             onPremisesProvisioningErrors,assignedLicenses"
        ))
    }

    /// A user of the cloud, and its id.
    pub fn cloud_user(&self, upn: &str, more: &Value) -> String {
        let mut body = json!({
            "accountEnabled": true, "displayName": upn, "mailNickname": upn.split('@').next(), "userPrincipalName": upn,
            "passwordProfile": {"password": "Correct-Horse-7", "forceChangePasswordNextSignIn": false},
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, answer) = self.graph("POST", "/users", Some(&body));
        assert_eq!(status, 201, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    /// A user of the cloud with a mail address.
    pub fn cloud_mail_user(&self, upn: &str, mail: &str) -> String {
        self.cloud_user(upn, &json!({ "mail": mail }))
    }

    pub fn make_administrator(&self, id: &str) {
        self.write(|connection| {
            let role = roles::Role::find(roles::GLOBAL_ADMINISTRATOR).unwrap();
            roles::assign(connection, &mut users::find(connection, id)?, role)
        });
    }

    pub fn remove_administrator(&self, id: &str) {
        self.write(|connection| {
            let role = roles::Role::find(roles::GLOBAL_ADMINISTRATOR).unwrap();
            roles::remove(connection, &mut users::find(connection, id)?, role)
        });
    }

    /// Gives a user Office 365 E3, which has a mailbox.
    pub fn license(&self, id: &str) {
        let work = |connection: &Connection| licensing::assign(connection, &mut users::find(connection, id)?, "ENTERPRISEPACK", &[], 0);
        self.write(work);
    }

    pub fn verify_domain(&self, name: &str) {
        self.write(|connection| {
            domains::add(connection, name, 0)?;
            domains::verify(connection, name, 0)
        });
    }

    /// A verified domain whose users sign in elsewhere.
    pub fn federate(&self, name: &str) {
        self.verify_domain(name);
        self.write(|connection| domains::set_federated(connection, name, true, 0));
    }

    /// What waits for an object: `UserPrincipalName ana@contoso.example`.
    pub fn parked(&self, id: &str) -> Vec<String> {
        let parked = self.read(|connection| quarantine::parked_of(connection, id));
        let mut parked: Vec<_> = parked.iter().map(|parked| format!("{} {}", parked.property, parked.value)).collect();
        parked.sort();
        parked
    }

    pub fn group(&self, id: &str) -> Group {
        self.read(|connection| groups::find(connection, id))
    }

    pub fn contact(&self, id: &str) -> Contact {
        self.read(|connection| contacts::find(connection, id))
    }

    /// Ids of the members of a group, sorted.
    pub fn members(&self, group: &str) -> Vec<String> {
        let members = self.read(|connection| members::of(connection, group));
        let mut ids: Vec<_> = members.into_iter().map(|member| member.id).collect();
        ids.sort();
        ids
    }

    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, DirectoryError>) -> T {
        self.service.store().read(work).unwrap()
    }

    pub fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T, DirectoryError>) -> T {
        self.service.store().write(work).unwrap()
    }

    /// Lets time pass for what is in deletedItems.
    pub fn age_deleted(&self, days: i64) {
        let sql = "UPDATE user SET deleted = deleted - ?1 WHERE deleted IS NOT NULL";
        self.sql(sql, [days * 24 * 60 * 60]);
    }

    pub fn sql(&self, sql: &str, bound: impl rusqlite::Params) {
        self.write(|connection| Ok(connection.execute(sql, bound)?));
    }
}

const WRITER: [&str; 9] = [
    "User.ReadWrite.All",
    "Group.ReadWrite.All",
    "OrgContact.Read.All",
    "Directory.ReadWrite.All",
    "Domain.ReadWrite.All",
    "Organization.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
    "LicenseAssignment.ReadWrite.All",
    "OnPremDirectorySynchronization.ReadWrite.All",
];

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

pub fn id_of(result: &SyncObjectResult) -> String {
    result.cloud_anchor.as_deref().and_then(|anchor| anchor.split_once('_')).map(|(_, id)| id.to_owned()).unwrap()
}

pub fn text(value: &str) -> PropertyValue {
    PropertyValue::Text(value.to_owned())
}

pub fn texts(values: &[&str]) -> PropertyValue {
    PropertyValue::Texts(values.iter().map(|value| (*value).to_owned()).collect())
}

pub fn object(object_type: ObjectType, operation: SyncOperation, anchor: &str, properties: &[(&'static str, PropertyValue)]) -> SyncObject {
    SyncObject {
        source_anchor: Some(anchor.to_owned()),
        cloud_anchor: None,
        object_type,
        operation,
        properties: properties.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect(),
    }
}

/// A new user with a UPN and a name, and more.
pub fn user(anchor: &str, upn: &str, more: &[(&'static str, PropertyValue)]) -> SyncObject {
    let mut properties =
        vec![("userPrincipalName", text(upn)), ("displayName", text(upn)), ("accountEnabled", PropertyValue::Boolean(true))];
    properties.extend(more.iter().cloned());
    object(ObjectType::User, SyncOperation::Add, anchor, &properties)
}

pub fn set(anchor: &str, properties: &[(&'static str, PropertyValue)]) -> SyncObject {
    object(ObjectType::User, SyncOperation::Set, anchor, properties)
}

pub fn delete(anchor: &str) -> SyncObject {
    object(ObjectType::User, SyncOperation::Delete, anchor, &[])
}

/// A new security group with a name, and more.
pub fn group(anchor: &str, name: &str, more: &[(&'static str, PropertyValue)]) -> SyncObject {
    let mut properties = vec![("displayName", text(name)), ("SecurityEnabled", PropertyValue::Boolean(true))];
    properties.extend(more.iter().cloned());
    object(ObjectType::Group, SyncOperation::Add, anchor, &properties)
}

/// Members that come and go, by the source's anchors.
pub fn change_members(anchor: &str, come: &[&str], go: &[&str]) -> SyncObject {
    let change = |operation| move |anchor: &&str| ReferenceChange { anchor: (*anchor).to_owned(), kind: ReferenceKind::Source, operation };
    let come = come.iter().map(change(ReferenceOperation::Add));
    let changes = come.chain(go.iter().map(change(ReferenceOperation::Remove))).collect();
    object(ObjectType::Group, SyncOperation::Set, anchor, &[("member", PropertyValue::References(changes))])
}

/// A new contact with a name and an address, and more.
pub fn contact(anchor: &str, mail: &str, more: &[(&'static str, PropertyValue)]) -> SyncObject {
    let mut properties = vec![("displayName", text(mail)), ("mail", text(mail))];
    properties.extend(more.iter().cloned());
    object(ObjectType::Contact, SyncOperation::Add, anchor, &properties)
}

/// Name and words of the service's own fault.
pub fn fault(answer: Result<Response, Fault>) -> (String, String) {
    match answer {
        Err(Fault { detail: FaultDetail::AdminWebService { error_code, message }, .. }) => (error_code, message),
        other => panic!("no fault of the service: {other:?}"),
    }
}
