use jiff::{SignedDuration, Timestamp};

use super::bearer::{Claims, LIFETIME_SECONDS, caller};
use super::keys::TokenKey;
use super::resource::{Resource, SYNCHRONIZE};
use crate::context::Context;
use crate::folder::Folder;
use crate::identity::apps::{App, ClientType};

fn tenant() -> (tempfile::TempDir, Context) {
    let dir = tempfile::tempdir().unwrap();
    crate::init(dir.path(), "contoso.onmicrosoft.com", &[]).unwrap();
    let context = Context::open(&Folder::new(dir.path())).unwrap();
    (dir, context)
}

fn token(key: &TokenKey, tenant: &str, now: Timestamp) -> String {
    let app = App {
        client_id: "client".to_owned(),
        object_id: "object".to_owned(),
        name: "name".to_owned(),
        client_type: ClientType::Confidential,
    };
    let roles = vec!["User.Read.All".to_owned()];
    key.sign(&Claims::for_app(tenant, &app, Resource::Graph, roles, true, "uti".to_owned(), now)).unwrap()
}

#[test]
fn a_token_is_good_from_its_first_second_to_its_last() {
    let (_dir, context) = tenant();
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let token = token(&context.token_key, &context.tenant_id, now);
    let at = |seconds| caller(&context, &token, &[Resource::Graph], now + SignedDuration::from_secs(seconds));
    let good = at(0).unwrap();
    assert_eq!((good.client_id.as_str(), good.user_id.as_deref(), good.may(&["User.Read.All"])), ("client", None, true));
    assert!(at(LIFETIME_SECONDS - 1).is_some());
    assert!(at(LIFETIME_SECONDS).is_none());
    assert!(at(-1).is_none());
}

#[test]
fn a_token_of_another_tenant_key_or_resource_is_none() {
    let (_dir, context) = tenant();
    let (_other_dir, other) = tenant();
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let check = |token: &str, resource| caller(&context, token, &[resource], now).is_some();
    assert!(check(&token(&context.token_key, &context.tenant_id, now), Resource::Graph));
    assert!(!check(&token(&context.token_key, &context.tenant_id, now), Resource::Synchronization));
    assert!(!check(&token(&context.token_key, &other.tenant_id, now), Resource::Graph));
    assert!(!check(&token(&other.token_key, &context.tenant_id, now), Resource::Graph));
}

#[test]
fn resources_are_known_by_every_name_clients_use() {
    for name in [
        "https://graph.microsoft.com",
        "https://graph.microsoft.com/",
        "HTTPS://Graph.Microsoft.com",
        "00000003-0000-0000-c000-000000000000",
    ] {
        assert_eq!(Resource::parse(name), Some(Resource::Graph), "{name}");
    }
    for name in ["6bf85cfa-ac8a-4be5-b5de-425a0d0dc016", "api://6bf85cfa-ac8a-4be5-b5de-425a0d0dc016"] {
        assert_eq!(Resource::parse(name), Some(Resource::Synchronization), "{name}");
    }
    assert_eq!(Resource::parse("https://graph.windows.net"), Some(Resource::OldGraph));
    for name in ["", "https://", "https://graph.microsoft.com.evil.example", "https://vault.azure.net"] {
        assert_eq!(Resource::parse(name), None, "{name}");
    }
    assert!(!Resource::Graph.offers(SYNCHRONIZE) && Resource::Synchronization.offers(SYNCHRONIZE));
}
