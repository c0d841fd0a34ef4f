//! The pages of groups, contacts and deleted objects, and the tenant's rules.

use rusqlite::Connection;
use samesign_tenant::directory::groups::NewGroup;
use samesign_tenant::directory::{DirectoryError, Group, User, contacts, groups, members, quarantine, users};
use samesign_tenant::store::{Store, StoreError, organization};
use serde_json::json;

use super::*;

const NOW: i64 = 1_790_000_000;

/// What is deleted now rests for 30 days from now.
fn now() -> i64 {
    samesign_tenant::clock::now().as_second()
}

fn directory<T>(tenant: &Tenant, work: impl FnOnce(&Connection) -> Result<T, DirectoryError>) -> T {
    Store::open(tenant.folder.path()).unwrap().write(work).unwrap()
}

fn add_group(tenant: &Tenant, name: &str, unified: bool) -> Group {
    let new = NewGroup {
        display_name: name.to_owned(),
        nickname: name.to_lowercase(),
        unified,
        mail_enabled: unified,
        security_enabled: !unified,
        ..NewGroup::default()
    };
    directory(tenant, |connection| groups::create(connection, new, NOW))
}

fn add_user(tenant: &Tenant, name: &str) -> User {
    directory(tenant, |connection| {
        let mut user = users::blank(NOW)?;
        user.upn = format!("{}@contoso.example", name.to_lowercase());
        user.display_name = name.to_owned();
        users::insert(connection, user)
    })
}

#[tokio::test]
async fn a_group_shows_its_members_page_by_page() {
    let tenant = Tenant::start().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in().await;
    assert!(browser.get("/portal/groups").await.html.contains("There are no groups yet."));
    let (team, outer, crew) = (add_group(&tenant, "Team", false), add_group(&tenant, "Outer", false), add_group(&tenant, "Crew", true));
    directory(&tenant, |connection| members::add(connection, &outer.id, &team.id));
    for number in 0..120 {
        let user = add_user(&tenant, &format!("User{number:03}"));
        directory(&tenant, |connection| members::add(connection, &team.id, &user.id));
    }
    let list = browser.get("/portal/groups").await.html;
    assert!(list.contains("3 groups") && list.contains("Microsoft 365") && list.contains("crew@contoso.example"), "{list}");
    assert!(browser.get("/portal/groups?q=crew").await.html.contains(&crew.id));
    assert!(!browser.get("/portal/groups?q=crew").await.html.contains(&team.id));
    assert!(browser.get("/portal/groups?status=synced").await.html.contains("No group matches."));

    let (mut path, mut seen) = (Some(format!("/portal/groups/{}", team.id)), Vec::new());
    while let Some(next) = path {
        let html = browser.get(&next).await.html;
        assert!(html.contains("(120)"), "{html}");
        let names = html.split("/portal/users/").skip(1).map(|rest| rest.split('<').next().unwrap().split('>').nth(1).unwrap().to_owned());
        seen.push(names.filter(|name| name.starts_with("User")).collect::<Vec<_>>());
        path = html.find("rel=\"next\" href=\"").map(|at| html[at + 17..].split('"').next().unwrap().replace("&#38;", "&"));
    }
    assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 20]);
    let all = seen.concat();
    assert!(all.is_sorted() && all[119] == "User119", "{all:?}");

    let html = browser.get("/portal/users?q=user007").await.html;
    let page = browser.get(&user_page(&html, "User007")).await.html;
    assert!(page.contains(">Team</a>") && page.contains(">Outer</a>") && page.contains("through another group"), "{page}");
}

#[tokio::test]
async fn a_value_that_waits_names_who_has_it() {
    let tenant = Tenant::start().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in().await;
    let (ana, crew) = (add_user(&tenant, "Ana"), add_group(&tenant, "Crew", true));
    let eve = directory(&tenant, |connection| {
        let mut contact = contacts::blank(NOW)?;
        contact.display_name = "Eve".to_owned();
        contact.synced = Some(true);
        contact.set("companyName", Some(json!("Elsewhere Ltd")));
        contacts::insert(connection, contact)
    });
    for id in [&ana.id, &eve.id] {
        directory(&tenant, |connection| quarantine::park(connection, id, quarantine::ADDRESS, "smtp:crew@contoso.example", NOW));
    }
    for path in ["/portal/users?status=errors", "/portal/contacts?status=errors", "/portal/contacts?q=elsewhere"] {
        assert!(browser.get(path).await.html.contains("Synchronization error"), "{path}");
    }
    for path in [format!("/portal/users/{}", ana.id), format!("/portal/contacts/{}", eve.id)] {
        let html = browser.get(&path).await.html;
        assert!(
            html.contains("<strong>crew@contoso.example</strong>") && html.contains(&format!("/portal/groups/{}\">Crew</a>", crew.id)),
            "{html}"
        );
    }
    let html = browser.get("/portal/synchronization").await.html;
    assert!(html.contains("Values that wait</dt><dd>2:"), "{html}");
}

#[tokio::test]
async fn what_was_deleted_is_restored_or_removed_for_good() {
    let tenant = Tenant::start().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in().await;
    let (ana, ben, mut crew) = (add_user(&tenant, "Ana"), add_user(&tenant, "Ben"), add_group(&tenant, "Crew", true));
    directory(&tenant, |connection| groups::delete(connection, &mut crew, now()));
    for user in [&ana, &ben] {
        let page = format!("/portal/users/{}", user.id);
        let shown = browser.submit(&page, &format!("{page}/delete"), &[]).await;
        assert_eq!(shown.location.as_deref(), Some("/portal/deleted?done=user-deleted"));
        assert_eq!(browser.get(&page).await.status, StatusCode::NOT_FOUND);
    }
    let html = browser.get("/portal/deleted").await.html;
    assert!(html.contains("ana@contoso.example") && !html.contains(&ana.id.replace('-', "")), "{html}");
    assert!(html.contains("Users (2)") && html.contains("Groups (1)"), "{html}");
    let shown = browser.submit("/portal/deleted", &format!("/portal/deleted/{}/restore", ana.id), &[]).await;
    assert_eq!(shown.location.as_deref(), Some("/portal/deleted?done=restored"));
    assert_eq!(browser.get(&format!("/portal/users/{}", ana.id)).await.status, StatusCode::OK);
    let shown = browser.submit("/portal/deleted", &format!("/portal/deleted/{}/remove", ben.id), &[]).await;
    assert_eq!(shown.location.as_deref(), Some("/portal/deleted?done=removed"));
    assert!(browser.get("/portal/deleted").await.html.contains("No deleted user can be restored."));

    let twin = add_group(&tenant, "Crew", true);
    let restore = format!("/portal/deleted/{}/restore", crew.id);
    let shown = browser.submit("/portal/deleted?kind=groups", &restore, &[]).await;
    assert_eq!(shown.status, StatusCode::BAD_REQUEST);
    assert!(shown.html.contains("belongs to another user or group already"), "{}", shown.html);
    let mut twin = twin;
    directory(&tenant, |connection| groups::delete(connection, &mut twin, now()));
    let shown = browser.submit("/portal/deleted?kind=groups", &restore, &[]).await;
    assert_eq!(shown.location.as_deref(), Some("/portal/deleted?kind=groups&done=restored"));
    let own = browser.get(&format!("/portal/users?q={}", "admin")).await.html;
    let page = user_page(&own, "Administrator");
    let refused = browser.submit("/portal/synchronization", &format!("{page}/delete"), &[]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "an administrator does not lock itself out");
}

#[tokio::test]
async fn the_rules_and_the_guard_against_deletion_are_set() {
    let tenant = Tenant::start().await;
    let mut browser = Browser::new(&tenant);
    browser.sign_in().await;
    let page = "/portal/synchronization";
    let load = || Store::open(tenant.folder.path()).unwrap().read(organization::load).map_err(|_: StoreError| ()).unwrap();
    let before = load().sync_features;
    let shown = browser.submit(page, "/portal/synchronization/rules", &[("rule", "BlockSoftMatch"), ("switch", "on")]).await;
    assert_eq!(shown.location.as_deref(), Some("/portal/synchronization?done=feature-on"));
    assert_eq!(load().sync_features, before | 524_288);
    browser.submit(page, "/portal/synchronization/rules", &[("rule", "BlockSoftMatch"), ("switch", "off")]).await;
    assert_eq!(load().sync_features, before);
    browser.submit(page, "/portal/synchronization/rules", &[("rule", "EnableSoftMatchOnUpn"), ("switch", "off")]).await;
    assert_eq!(load().sync_features, before, "once on, it stays on");

    let deletions = "/portal/synchronization/deletions";
    let shown = browser.submit(page, deletions, &[("mode", "enabledForPercentage"), ("threshold", "10")]).await;
    assert_eq!(shown.location.as_deref(), Some("/portal/synchronization?done=deletion-set"));
    assert_eq!((load().deletion_mode.as_str(), load().deletion_threshold), ("enabledForPercentage", 10));
    for (mode, threshold) in [("enabledForPercentage", "101"), ("enabledForCount", "0"), ("sometimes", "5"), ("enabledForCount", "many")] {
        let shown = browser.submit(page, deletions, &[("mode", mode), ("threshold", threshold)]).await;
        assert_eq!(shown.status, StatusCode::BAD_REQUEST, "{mode} {threshold}");
    }
    assert_eq!(load().deletion_threshold, 10);
}
