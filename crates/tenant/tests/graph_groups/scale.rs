//! Many groups, and one with very many members: what a request reads must not grow with them.

use samesign_tenant::directory::{ObjectKind, ObjectRef, members, users};

use super::*;

const GROUPS: usize = 10_000;
const MEMBERS: usize = 250_000;

/// Counts rows that SQLite looked at, instead of measuring time.
#[tokio::test]
async fn a_page_of_a_group_of_250_000_members_and_ten_more_read_no_more_than_they_need() {
    let graph = Graph::start().await;
    let team = graph.group("team", json!({})).await;
    let come = graph.directory(|connection| {
        // As users::insert leaves them, but in one statement: the users are only there to be members.
        connection.execute(
            "INSERT INTO user (id, upn, upn_key, display_name, display_name_key, enabled, created, sequence, properties)
             WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
             SELECT printf('00000000-0000-4000-8000-%012d', n), printf('user%d@contoso.example', n), printf('user%d@contoso.example', n),
                 printf('user %d', n), printf('user %d', n), 1, 0, n, '{}' FROM numbers",
            [i64::try_from(MEMBERS).unwrap()],
        )?;
        let mut users = connection.prepare("SELECT number, id FROM user ORDER BY number")?;
        let members_of = |row: &rusqlite::Row<'_>| Ok(ObjectRef { kind: ObjectKind::User, number: row.get(0)?, id: row.get(1)? });
        let come: Vec<ObjectRef> = users.query_map([], members_of)?.collect::<Result<_, _>>()?;
        let mut group = groups::find(connection, &team)?;
        members::change(connection, &mut group, &come, &[])?;
        for number in 0..GROUPS {
            let mut group = groups::blank(NOW)?;
            group.display_name = format!("group {number}");
            groups::insert(connection, group)?;
        }
        Ok(come.len())
    });
    let store = Store::open(graph.tenant.folder.path()).unwrap();
    let steps = |work: &dyn Fn(&Connection)| {
        store
            .write(|connection| {
                let steps = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
                let counter = steps.clone();
                // Called for every hundredth step of SQLite's machine.
                connection
                    .progress_handler(100, Some(move || counter.fetch_add(100, std::sync::atomic::Ordering::Relaxed) == usize::MAX))?;
                work(connection);
                connection.progress_handler(0, None::<fn() -> bool>)?;
                Ok::<_, DirectoryError>(steps.load(std::sync::atomic::Ordering::Relaxed))
            })
            .unwrap()
    };
    let group = graph.directory(|connection| groups::find(connection, &team));
    let first = steps(&|connection| {
        assert_eq!(members::page(connection, &group, None, None, 100).unwrap().len(), 100);
    });
    let middle = steps(&|connection| {
        let after = members::page(connection, &group, None, None, 1).unwrap()[0];
        let after = members::Position { number: after.number + 200_000, ..after };
        assert_eq!(members::page(connection, &group, None, Some(after), 100).unwrap().len(), 100);
    });
    let ten = steps(&|connection| {
        let come: Vec<_> = (0..10)
            .map(|number| {
                let mut user = users::blank(NOW).unwrap();
                user.upn = format!("late{number}@contoso.example");
                users::insert(connection, user).unwrap().reference()
            })
            .collect();
        assert_eq!(members::change(connection, &mut group.clone(), &come, &[]).unwrap(), 10);
    });
    for (what, steps) in [("the first page", first), ("a page in the middle", middle), ("ten members more", ten)] {
        assert!(steps < 20_000, "{what} took {steps} steps");
    }

    assert_eq!(graph.get(&format!("/groups/{team}/members?$top=999&$select=id")).await.names("id").len(), 999);
    assert_eq!(graph.get_eventual(&format!("/groups/{team}/members/$count")).await.body, json!(come + 10));
    let page = graph.get("/groups?$top=999&$orderby=displayName").await;
    assert_eq!(page.names("id").len(), 999);
    let listed = steps(&|connection| {
        let query = samesign_tenant::store::listing::Query {
            shelf: samesign_tenant::store::listing::Shelf::Live,
            condition: None,
            order: samesign_tenant::store::listing::Order::DisplayName,
            after: Some(&samesign_tenant::store::listing::After { key: "group 5".to_owned(), number: 0 }),
            rows_max: 100,
        };
        assert_eq!(samesign_tenant::store::groups::list(connection, &query).unwrap().len(), 100);
    });
    assert!(listed < 20_000, "a page of groups took {listed} steps");
}
