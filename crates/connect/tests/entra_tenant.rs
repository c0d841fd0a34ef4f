//! The connector against the real local tenant over TLS: what is sent is there, and a lost reply can be cleared up.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that panics has failed, which is its purpose")]

mod entra_local;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use entra_local::{NAME, Tenant};
use samesign_connect::entra::{DeltaItem, Entra, SendError, SyncState, Url};
use samesign_engine::Anchor;
use samesign_wire::password::{NtHash, derive};
use samesign_wire::provisioning::{
    CredentialChange, CredentialResult, FaultDetail, ObjectType, PropertyValue, ResultCode, SyncObject, SyncOperation, features,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn user(number: u8, operation: SyncOperation, properties: &[(&'static str, &str)]) -> SyncObject {
    SyncObject {
        source_anchor: Some(anchor(number).as_str().to_owned()),
        cloud_anchor: None,
        object_type: ObjectType::User,
        operation,
        properties: properties.iter().map(|(name, value)| ((*name).into(), PropertyValue::Text((*value).to_owned()))).collect(),
    }
}

fn anchor(number: u8) -> Anchor {
    Anchor::of(&samesign_engine::ObjectGuid::from_bytes([number; 16]))
}

fn ana() -> SyncObject {
    user(
        1,
        SyncOperation::Add,
        &[("userPrincipalName", "ana@contoso.example"), ("displayName", "Ana & <Ruiz> 😀"), ("mail", "ana@contoso.example")],
    )
}

#[tokio::test]
async fn synchronization_is_off_then_enabling_then_on() {
    let tenant = Tenant::start().await;
    let entra = tenant.entra();
    assert_eq!(entra.synchronization_state().await.unwrap(), SyncState::Off);
    assert!(
        matches!(entra.provision(&[ana()]).await, Err(SendError::Fault(fault)) if matches!(fault.detail, FaultDetail::AdminWebService { .. }))
    );
    tenant.admin().enable_sync(Duration::from_secs(3600)).unwrap();
    assert_eq!(entra.synchronization_state().await.unwrap(), SyncState::Enabling);
    tenant.admin().enable_sync(Duration::ZERO).unwrap();
    assert_eq!(entra.synchronization_state().await.unwrap(), SyncState::On);
    let organization = entra.organization().await.unwrap();
    assert_eq!(organization.id, entra.company_configuration().await.unwrap().tenant_id);
    assert_eq!(entra.verified_domains().await.unwrap(), [NAME, "contoso.example"]);
    assert!(entra.subscribed_skus().await.unwrap().iter().any(|sku| sku.sku_part_number == "ENTERPRISEPACK"));
}

#[tokio::test]
async fn what_is_sent_is_there_and_is_read_back_as_sent() {
    let tenant = Tenant::start().await;
    tenant.admin().enable_sync(Duration::ZERO).unwrap();
    let entra = tenant.entra();
    let start = entra.users_delta(None, &mut |_| {}).await.unwrap();

    let bad = user(2, SyncOperation::Set, &[("displayName", "nobody")]);
    let results = entra.provision(&[ana(), bad]).await.unwrap();
    assert_eq!(results.iter().map(|result| result.result_code).collect::<Vec<_>>(), [ResultCode::Success, ResultCode::Failure]);
    let mut read_back = Vec::new();
    entra.read_back(true, &mut |object| read_back.push(object)).await.unwrap();
    let [object] = &read_back[..] else { panic!("{read_back:?}") };
    assert_eq!((&object.source_anchor, &object.cloud_anchor), (&ana().source_anchor, &results[0].cloud_anchor));
    assert_eq!(object.property("displayName"), Some(&PropertyValue::Text("Ana & <Ruiz> 😀".to_owned())));
    entra.finalize_export(2, 1).await.unwrap();

    let found = entra.find_by_anchor(&anchor(1)).await.unwrap().unwrap();
    assert_eq!((found.upn.as_ref(), found.synced, found.mail.as_deref()), ("ana@contoso.example", true, Some("ana@contoso.example")));
    assert_eq!(results[0].cloud_anchor.as_deref(), Some(format!("User_{}", found.id).as_str()));
    assert_eq!(entra.find_by_anchor(&anchor(9)).await.unwrap(), None);
    let mut items = Vec::new();
    let end = entra.users_delta(Some(&start.link), &mut |item| items.push(item)).await.unwrap();
    assert_eq!(items, [DeltaItem::Present(found.clone())], "only what changed");

    entra.provision(&[user(1, SyncOperation::Delete, &[])]).await.unwrap();
    assert_eq!(entra.find_by_anchor(&anchor(1)).await.unwrap(), None);
    let mut items = Vec::new();
    entra.users_delta(Some(&end.link), &mut |item| items.push(item)).await.unwrap();
    assert_eq!(items, [DeltaItem::SoftDeleted(found.id.clone())]);
    let mut deleted = Vec::new();
    entra.deleted_users(&mut |user| deleted.push(user)).await.unwrap();
    assert_eq!((deleted.len(), &deleted[0].id, deleted[0].soft_deleted), (1, &found.id, true));
    tenant.server.shutdown().await;
    assert!(matches!(entra.provision(&[ana()]).await, Err(SendError::NotSent(_) | SendError::Unknown(_))));
}

#[tokio::test]
async fn a_password_follows_its_object_and_waits_for_it() {
    let tenant = Tenant::start().await;
    tenant.admin().enable_sync(Duration::ZERO).unwrap();
    let entra = tenant.entra();
    let change = |number: u8| CredentialChange {
        source_anchor: anchor(number).as_str().to_owned(),
        change_date: 1_795_392_907,
        credential_data: derive(&[(NtHash::of_password("Grün 😀"), [number; 10])]).remove(0),
        force_password_change_on_logon: false,
    };
    let refused = entra.provision_credentials(&[change(1)]).await;
    assert!(matches!(refused, Err(SendError::Fault(fault)) if fault.reason.contains("PasswordHashSync")));
    let before = entra.company_configuration().await.unwrap().dirsync_features;
    entra.set_dirsync_features(before | features::PASSWORD_HASH_SYNC).await.unwrap();
    assert_eq!(entra.company_configuration().await.unwrap().dirsync_features, before | features::PASSWORD_HASH_SYNC);

    let early = entra.provision_credentials(&[change(1)]).await.unwrap();
    assert_eq!(early[0].result, CredentialResult::UNKNOWN_ANCHOR);
    entra.provision(&[ana()]).await.unwrap();
    let results = entra.provision_credentials(&[change(2), change(1)]).await.unwrap();
    assert_eq!(
        results.iter().map(|result| result.result).collect::<Vec<_>>(),
        [CredentialResult::UNKNOWN_ANCHOR, CredentialResult::STORED]
    );
    assert!(entra.company_configuration().await.unwrap().is_password_syncing);
    let users = tenant.admin().users().unwrap();
    let ana = users.iter().find(|user| user["userPrincipalName"] == "ana@contoso.example").unwrap();
    assert_eq!(
        (&ana["passwordPolicies"], &ana["lastPasswordChangeDateTime"]),
        (&"DisablePasswordExpiration".into(), &"2026-11-23T00:15:07Z".into())
    );
}

#[tokio::test]
async fn the_first_administrator_holds_a_role_and_a_synced_user_does_not() {
    let tenant = Tenant::start().await;
    tenant.admin().enable_sync(Duration::ZERO).unwrap();
    let entra = tenant.entra();
    entra.provision(&[ana()]).await.unwrap();
    let mut users = Vec::new();
    entra
        .users_delta(None, &mut |item| match item {
            DeltaItem::Present(user) => users.push(user),
            other => panic!("{other:?}"),
        })
        .await
        .unwrap();
    let admin = users.iter().find(|user| user.upn.starts_with("admin@")).unwrap();
    let ids: Vec<&str> = users.iter().map(|user| &*user.id).collect();
    assert_eq!(ids.len(), 2);
    let holders = entra.admin_roles(&ids).await.unwrap();
    assert!(holders.len() == 1 && holders.contains(&admin.id));
}

#[tokio::test]
async fn a_lost_reply_is_cleared_up_by_looking_the_object_up() {
    let tenant = Tenant::start().await;
    tenant.admin().enable_sync(Duration::ZERO).unwrap();
    let proxy = CuttingProxy::start(tenant.server.address()).await;
    let mut config = tenant.config.clone();
    config.endpoint = Some(Url::parse(&format!("https://localhost:{}", proxy.address.port())).unwrap());
    let entra = Entra::new(&config).unwrap();
    entra.company_configuration().await.unwrap();
    assert_eq!(entra.find_by_anchor(&anchor(1)).await.unwrap(), None);
    proxy.cut_next_answer.store(true, Ordering::SeqCst);
    let error = entra.provision(&[ana()]).await.unwrap_err();
    assert!(matches!(error, SendError::Unknown(_)), "{error:?}");
    assert!(!proxy.cut_next_answer.load(Ordering::SeqCst), "the request went through and its answer did not");
    assert!(entra.find_by_anchor(&anchor(1)).await.unwrap().is_some(), "it had been stored");
}

/// Passes bytes on; when told, it closes a connection in the moment in which the server begins to answer.
struct CuttingProxy {
    address: SocketAddr,
    cut_next_answer: Arc<AtomicBool>,
}

impl CuttingProxy {
    async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let cut_next_answer = Arc::new(AtomicBool::new(false));
        let cut = cut_next_answer.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, TcpStream::connect(server).await.unwrap(), cut.clone()));
            }
        });
        Self { address, cut_next_answer }
    }
}

async fn pass(client: TcpStream, server: TcpStream, cut: Arc<AtomicBool>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let there = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
        if cut.swap(false, Ordering::SeqCst) || to_client.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
    there.abort();
}
