//! The tenant's side of a pair: a real tenant without a socket. It is set up as an administrator would, gets its own protocol's bytes,
//! and is read through Graph.

use std::collections::BTreeMap;

use samesign_engine::{Anchor, Kind, Parked, Policy, TargetObject, Value};
use samesign_tenant::Admin;
use samesign_tenant::directory::{DirectoryError, NewUser, Role, contacts, domains, groups, licensing, roles, users};
use samesign_tenant::in_process::Service;
use samesign_tenant::store::organization;
use samesign_wire::Secret;
use samesign_wire::provisioning::{
    PropertyValue, Request, RequestHeader, Response, SyncObject, SyncObjectResult, SyncOperation, decode_response, encode_request,
    features, names,
};
use serde_json::{Value as Json, json};

use super::dice::Dice;
use super::directory::{DOMAINS, Directory, cloud_name as name};
use super::tables::Tables;

const GRAPH: &str = "https://graph.microsoft.com";
const USER: &str = "id,userPrincipalName,mail,proxyAddresses,onPremisesImmutableId,onPremisesSyncEnabled,assignedLicenses,assignedPlans,\
displayName,accountEnabled,mailNickname,onPremisesProvisioningErrors";
const GROUP: &str = "id,displayName,mail,proxyAddresses,onPremisesSyncEnabled,mailNickname,groupTypes,securityEnabled,mailEnabled,\
onPremisesProvisioningErrors";
const CONTACT: &str = "id,displayName,mail,proxyAddresses,onPremisesSyncEnabled,mailNickname,onPremisesProvisioningErrors";

/// A new tenant, of which every worker gets a copy.
pub struct Template {
    folder: tempfile::TempDir,
    client_id: String,
}

impl Template {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("tenant");
        let made = samesign_tenant::init(&data, DOMAINS[2], &[DOMAINS[0].to_owned(), DOMAINS[1].to_owned()]).expect("a new tenant");
        let admin = Admin::open(&data).expect("the tenant's folder");
        admin.enable_sync(std::time::Duration::ZERO).expect("synchronization on");
        drop(admin);
        let service = Service::open(&data).expect("the tenant");
        service.store().write(|connection| domains::set_federated(connection, DOMAINS[1], true, 0).map(drop)).expect("a federated domain");
        Self { folder, client_id: made.agent.client_id }
    }

    /// A tenant of one's own, which is as new at the beginning of every pair.
    pub fn copy(&self) -> Cloud {
        let folder = tempfile::tempdir().expect("a folder");
        for file in std::fs::read_dir(self.folder.path().join("tenant")).expect("the template") {
            let file = file.expect("a file");
            std::fs::copy(file.path(), folder.path().join(file.file_name())).expect("a copy");
        }
        Cloud::open(folder, &self.client_id)
    }
}

/// What Graph shows of everything.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// Live objects and users in deletedItems, by id: as the engine takes them, and as they are.
    pub objects: BTreeMap<Box<str>, (TargetObject, Json)>,
}

pub struct Cloud {
    service: Service,
    graph: String,
    provisioning: Secret,
    new: Tables,
    _folder: tempfile::TempDir,
}

impl Cloud {
    fn open(folder: tempfile::TempDir, client_id: &str) -> Self {
        let service = Service::open(folder.path()).expect("the tenant");
        let token = |resource| service.token(client_id, resource).expect("a token");
        let (graph, provisioning) = (format!("Bearer {}", token(GRAPH)), Secret::new(token(names::RESOURCE_ID)));
        let new = service.store().read(|connection| Ok::<_, DirectoryError>(Tables::read(connection))).expect("the tables");
        Self { service, graph, provisioning, new, _folder: folder }
    }

    /// A new tenant with the switches of a policy, and its own share of cloud objects.
    pub async fn begin(&self, directory: &Directory, dice: &mut Dice) {
        assert!(
            self.edit(|connection| {
                self.new.restore(connection);
                Ok(())
            }),
            "the tenant is as new"
        );
        self.switch(&directory.policy, dice);
        self.fill(directory, dice).await;
    }

    fn edit(&self, work: impl FnOnce(&rusqlite::Connection) -> Result<(), DirectoryError>) -> bool {
        self.service.store().write(work).is_ok()
    }

    fn switch(&self, policy: &Policy, dice: &mut Dice) {
        let mut bits = features::SYNCHRONIZE_UPN_FOR_MANAGED_USERS;
        let resilient = !dice.one_in(4);
        for (on, bit) in [
            (policy.service.soft_match_on_upn, features::ENABLE_SOFT_MATCH_ON_UPN),
            (policy.service.soft_match_blocked, features::BLOCK_SOFT_MATCH),
            (policy.service.hard_match_blocked, features::BLOCK_HARD_MATCH_TAKEOVER),
            (resilient, features::DUPLICATE_UPN_RESILIENCY | features::DUPLICATE_PROXY_ADDRESS_RESILIENCY),
        ] {
            bits |= if on { bit } else { 0 };
        }
        assert!(self.edit(|connection| Ok(organization::set_sync_features(connection, bits)?)), "the switches are set");
    }

    /// Users, groups and contacts of the cloud and of another directory. What the tenant refuses is not there.
    async fn fill(&self, directory: &Directory, dice: &mut Dice) {
        for _ in 0..dice.below(7) {
            match dice.below(8) {
                0 => self.add_group(dice),
                1 => self.add_contact(dice),
                2 => self.add_foreign(dice).await,
                _ => self.add_user(directory, dice),
            }
        }
    }

    /// A user made by an administrator, perhaps with a licence, a role, an anchor of somebody, or deleted again.
    pub fn add_user(&self, directory: &Directory, dice: &mut Dice) {
        let upn = name(dice);
        let mail = [None, None, Some(upn.clone()), Some(name(dice))][dice.below(4)].clone();
        let (licensed, privileged, deleted) = (dice.one_in(2), dice.one_in(6), dice.one_in(7));
        let anchor = dice.one_in(4).then(|| directory.entries.get(dice.below(directory.entries.len()))).flatten();
        let anchor = anchor.map(|entry| directory.anchor(entry));
        self.edit(|connection| {
            let more = anchor.iter().map(|anchor| ("onPremisesImmutableId".to_owned(), json!(anchor.as_str()))).collect();
            let new = NewUser {
                display_name: format!("{upn} in the cloud"),
                upn,
                mail,
                usage_location: Some("ES".to_owned()),
                enabled: true,
                properties: more,
            };
            let mut user = users::create(connection, new, 1)?;
            if licensed {
                licensing::assign(connection, &mut user, "O365_BUSINESS_PREMIUM", &[], 1)?;
            }
            if privileged {
                roles::assign(connection, &mut user, Role::find("User Administrator").expect("a role"))?;
            }
            if deleted { users::delete(connection, &mut user, samesign_tenant::clock::now().as_second()) } else { Ok(()) }
        });
    }

    fn add_group(&self, dice: &mut Dice) {
        let nickname = name(dice).split('@').next().unwrap_or_default().to_owned();
        let unified = !dice.one_in(3);
        self.edit(|connection| {
            let new = groups::NewGroup {
                display_name: format!("The group {nickname}"),
                nickname,
                unified,
                mail_enabled: unified,
                security_enabled: !unified,
                ..groups::NewGroup::default()
            };
            groups::create(connection, new, 1).map(drop)
        });
    }

    fn add_contact(&self, dice: &mut Dice) {
        let address = name(dice);
        self.edit(|connection| {
            let mut contact = contacts::blank(1)?;
            contact.display_name = format!("The contact {address}");
            contact.set("proxyAddresses", Some(json!([format!("SMTP:{address}")])));
            contact.mail = Some(address);
            contacts::insert(connection, contact).map(drop)
        });
    }

    /// A user of another directory.
    async fn add_foreign(&self, dice: &mut Dice) {
        let upn = name(dice);
        let text = |text: &str| PropertyValue::Text(text.to_owned());
        let object = SyncObject {
            source_anchor: Some(format!("Zm9yZWlnbiA{}==", dice.below(1000))),
            cloud_anchor: None,
            object_type: samesign_wire::provisioning::ObjectType::User,
            operation: SyncOperation::Add,
            properties: vec![
                ("userPrincipalName".into(), text(&upn)),
                ("displayName".into(), text("Somebody of another directory")),
                ("mail".into(), text(&upn)),
                ("accountEnabled".into(), PropertyValue::Boolean(true)),
            ],
        };
        self.provision(vec![object]).await;
    }

    /// Gives a role to a user by id.
    pub fn promote(&self, id: &str) {
        self.edit(|connection| {
            let mut user = users::find(connection, id)?;
            roles::assign(connection, &mut user, Role::find("User Administrator").expect("a role"))
        });
    }

    /// Sends objects in one request, as bytes.
    pub async fn provision(&self, objects: Vec<SyncObject>) -> Vec<SyncObjectResult> {
        let tracking = "00000000-0000-0000-0000-000000000001";
        let header =
            RequestHeader::new("https://localhost/provisioningservice.svc", names::APPLICATION_ID_V2, self.provisioning.clone(), tracking);
        let request = Request::ProvisionAzureADSyncObjects2(objects);
        let headers = [("content-type", names::CONTENT_TYPE)];
        let (status, _, body) = self.service.call("POST", names::PATH, &headers, encode_request(&header, &request)).await;
        match decode_response(request.operation(), &body) {
            Ok(Ok(Response::Provision(results))) => results,
            other => panic!("the tenant answered {status} {other:?}"),
        }
    }

    /// Everything that Graph shows.
    pub async fn read(&self) -> Shown {
        let mut shown = Shown::default();
        let sets = [
            ("users", USER, Kind::User, false),
            ("directory/deletedItems/microsoft.graph.user", USER, Kind::User, true),
            ("groups", GROUP, Kind::Group, false),
            ("contacts", CONTACT, Kind::Contact, false),
        ];
        for (set, select, kind, deleted) in sets {
            for object in self.get(&format!("/v1.0/{set}?$select={select}&$top=999")).await {
                let target = target(&object, kind, deleted);
                shown.objects.insert(target.id.clone(), (target, object));
            }
        }
        let users = shown.objects.values_mut().map(|(target, _)| target).filter(|target| target.kind == Kind::User);
        self.service
            .store()
            .read(|connection| {
                for target in users {
                    let user = samesign_tenant::store::users::by_id(connection, &target.id)?;
                    target.privileged = user.map(|user| roles::holds_any(connection, &user)).transpose()?.unwrap_or_default();
                }
                Ok::<_, DirectoryError>(())
            })
            .expect("the roles");
        shown
    }

    /// The ids of a group's members.
    pub async fn members(&self, id: &str) -> Vec<String> {
        let members = self.get(&format!("/v1.0/groups/{id}/members?$select=id&$top=999")).await;
        members.iter().filter_map(|member| member["id"].as_str()).map(str::to_owned).collect()
    }

    async fn get(&self, path: &str) -> Vec<Json> {
        let headers = [("authorization", self.graph.as_str())];
        let (status, _, body) = self.service.call("GET", path, &headers, Vec::new()).await;
        let json: Json = serde_json::from_slice(&body).unwrap_or_default();
        assert!(status == 200 && json["@odata.nextLink"].is_null(), "{path}: {status} {json}");
        json["value"].as_array().cloned().unwrap_or_default()
    }
}

fn target(object: &Json, kind: Kind, deleted: bool) -> TargetObject {
    let text = |name: &str| object[name].as_str().filter(|text| !text.is_empty());
    let list = |name: &str| object[name].as_array().cloned().unwrap_or_default();
    let licensed = !list("assignedLicenses").is_empty();
    let exchange = |plan: &Json| plan["service"] == "exchange" && plan["capabilityStatus"] == "Enabled";
    let mail: Option<Box<str>> = text("mail").map(Into::into);
    let visible = ["displayName", "mailNickname"].iter().filter_map(|name| Some(((*name).into(), Value::Text(text(name)?.into()))));
    TargetObject {
        id: text("id").expect("an id").into(),
        kind,
        upn: match kind {
            Kind::User => text("userPrincipalName").unwrap_or_default().into(),
            _ => mail.clone().unwrap_or_else(|| text("displayName").unwrap_or_default().into()),
        },
        mailbox: licensed && mail.is_some() && list("assignedPlans").iter().any(exchange),
        mail,
        addresses: list("proxyAddresses").iter().filter_map(Json::as_str).map(Into::into).collect(),
        anchor: text("onPremisesImmutableId").map(Anchor::from_text),
        synced: object["onPremisesSyncEnabled"] == true,
        licensed,
        privileged: false,
        soft_deleted: deleted,
        visible: visible.collect(),
        parked: list("onPremisesProvisioningErrors")
            .iter()
            .map(|error| Parked {
                property: error["propertyCausingError"].as_str().unwrap_or_default().into(),
                value: error["value"].as_str().unwrap_or_default().into(),
            })
            .collect(),
    }
}
