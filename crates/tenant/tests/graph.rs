//! Graph through real HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod graph_support;

use std::time::Duration;

use graph_support::{Graph, new_user, token};
use serde_json::{Value, json};

#[tokio::test]
async fn a_user_is_made_read_changed_deleted_and_restored() {
    let graph = Graph::start().await;
    let made = graph.post("/users", new_user("ana", json!({"@odata.type": "#microsoft.graph.user", "jobTitle": "Boss"}))).await;
    assert_eq!(made.status, 201);
    let id = made.body["id"].as_str().unwrap().to_owned();
    assert_eq!(made.headers["location"].to_str().unwrap(), graph.tenant.url(&format!("/v1.0/users/{id}")));
    let defaults = [
        "@odata.context",
        "businessPhones",
        "displayName",
        "givenName",
        "id",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
    ];
    let shown = graph.get("/users/ana@contoso.example").await.body;
    let mut names: Vec<_> = shown.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, defaults);

    assert_eq!(graph.patch(&format!("/users/{id}"), json!({"displayName": "Ana Ruiz", "mail": "ana@contoso.example"})).await.status, 204);
    let select = "$select=displayName,mail,proxyAddresses,accountEnabled,onPremisesSyncEnabled,createdDateTime,assignedPlans,identities,passwordProfile";
    let shown = graph.get(&format!("/users/{id}?{select}")).await.body;
    assert_eq!(shown["proxyAddresses"], json!(["SMTP:ana@contoso.example", "smtp:ana@contoso.onmicrosoft.com"]));
    assert_eq!((&shown["onPremisesSyncEnabled"], &shown["passwordProfile"]), (&Value::Null, &Value::Null));

    assert_eq!(graph.delete(&format!("/users/{id}")).await.status, 204);
    assert_eq!(graph.get(&format!("/users/{id}")).await.code(), (404, "Request_ResourceNotFound"));
    let deleted = graph.get("/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName,deletedDateTime").await;
    assert_eq!(deleted.names("id"), [id.as_str()]);
    assert!(deleted.body["value"][0]["deletedDateTime"].is_string());
    assert_eq!(graph.get(&format!("/directory/deletedItems/{id}")).await.status, 200);
    let restored = graph.send("POST", &format!("/directory/deletedItems/{id}/restore"), None, &[]).await;
    assert_eq!((restored.status, &restored.body["userPrincipalName"]), (200, &json!("ana@contoso.example")));
    graph.delete(&format!("/users/{id}")).await;
    assert_eq!(graph.delete(&format!("/directory/deletedItems/{id}")).await.status, 204);
    assert_eq!(graph.delete(&format!("/directory/deletedItems/{id}")).await.code(), (404, "Request_ResourceNotFound"));
}

#[tokio::test]
async fn errors_are_the_services_own() {
    let graph = Graph::start().await;
    let ana = graph.user("ana", json!({"mail": "ana@contoso.example"})).await;
    graph.user("bob", json!({})).await;
    let missing = |name: &str| {
        let mut user = new_user("eve", json!({}));
        user.as_object_mut().unwrap().remove(name);
        user
    };
    let weak = json!({"passwordProfile": {"password": "password"}});
    for (body, target) in [
        (new_user("ana", json!({})), "userPrincipalName"),
        (new_user("eve", json!({"mail": "ana@contoso.example"})), "proxyAddresses"),
        (new_user("eve", json!({"userPrincipalName": "eve@elsewhere.example"})), "userPrincipalName"),
        (new_user("eve", json!({"proxyAddresses": ["SMTP:eve@contoso.example"]})), "proxyAddresses"),
        (missing("displayName"), "displayName"),
        (missing("passwordProfile"), "passwordProfile"),
    ] {
        let refused = graph.post("/users", body).await;
        assert_eq!(refused.code(), (400, "Request_BadRequest"), "{target}");
        assert_eq!(refused.body["error"]["details"][0]["target"], json!(target));
        assert_eq!(refused.body["error"]["innerError"]["request-id"], refused.headers["request-id"].to_str().unwrap());
    }
    assert_eq!(graph.post("/users", new_user("eve", weak)).await.code(), (400, "Request_BadRequest"));
    assert_eq!(graph.get("/users?$filter=nothing eq 'x'").await.code(), (400, "BadRequest"));
    assert_eq!(graph.get("/users?$select=nothing").await.code(), (400, "BadRequest"));
    assert_eq!(graph.get("/users?$select=aboutMe").await.code(), (501, "NotImplemented"));
    assert_eq!(graph.get("/users?$top=1000").await.code(), (400, "Request_UnsupportedQuery"));
    assert_eq!(graph.get("/users?$filter=accountEnabled ne true").await.code(), (400, "Request_UnsupportedQuery"));
    assert_eq!(graph.get("/users/nobody@contoso.example").await.code(), (404, "Request_ResourceNotFound"));
    let url = |path: &str| graph.tenant.url(&format!("/v1.0{path}"));
    assert_eq!(graph.raw("PUT", &url("/users"), None, &[]).await.code(), (405, "Request_BadRequest"));
    assert_eq!(graph.raw("POST", &url("/subscribedSkus"), None, &[]).await.code(), (405, "Request_BadRequest"));
    assert_eq!(graph.raw("GET", &url("/nothing"), None, &[]).await.code(), (400, "BadRequest"));
    assert_eq!(graph.raw("GET", &url("/me"), None, &[]).await.code(), (400, "BadRequest"));
    let traced = graph.raw("GET", &url(&format!("/users/{ana}")), None, &[("client-request-id", "my-own")]).await;
    assert_eq!(traced.headers["client-request-id"], "my-own");
    let bad = graph.tenant.client.post(url("/users")).bearer_auth(&graph.token).body("{").send().await.unwrap();
    assert_eq!(bad.status(), 400);
}

#[tokio::test]
async fn permissions_open_what_they_say() {
    let mut graph = Graph::with(&["User.Read.All"]).await;
    let ids = graph.get("/users?$select=id").await;
    let id = ids.names("id")[0].to_owned();
    for (method, path, body) in [
        ("POST", "/users".to_owned(), Some(new_user("eve", json!({})))),
        ("PATCH", format!("/users/{id}"), Some(json!({"jobTitle": "x"}))),
        ("DELETE", format!("/users/{id}"), None),
        ("POST", format!("/users/{id}/assignLicense"), Some(json!({"addLicenses": [], "removeLicenses": []}))),
        ("GET", "/domains".to_owned(), None),
        ("GET", "/subscribedSkus".to_owned(), None),
    ] {
        let refused = graph.send(method, &path, body, &[]).await;
        assert_eq!(refused.code(), (403, "Authorization_RequestDenied"), "{method} {path}");
    }
    graph.token = token(&graph.tenant, &["Domain.Read.All"]).await;
    assert_eq!(graph.get("/domains").await.status, 200);
    assert_eq!(graph.get("/users").await.code(), (403, "Authorization_RequestDenied"));
    graph.token = "nonsense".to_owned();
    assert_eq!(graph.get("/users").await.code(), (401, "InvalidAuthenticationToken"));
}

#[tokio::test]
async fn lists_are_filtered_sorted_counted_and_paged() {
    let graph = Graph::start().await;
    for (name, department) in [("carla", "HR"), ("bruno", "Sales"), ("Ana", "HR"), ("dora", "Sales")] {
        graph.user(name, json!({"department": department, "usageLocation": "ES", "mail": format!("{name}@contoso.example")})).await;
    }
    let cases = [
        ("$filter=department eq 'hr'&$orderby=displayName&$count=true", vec!["Ana", "carla"]),
        ("$filter=startswith(displayName,'BR')", vec!["bruno"]),
        ("$filter=userPrincipalName eq 'ANA@contoso.example'", vec!["Ana"]),
        ("$filter=proxyAddresses/any(p:p eq 'smtp:dora@contoso.example')", vec!["dora"]),
        ("$filter=proxyAddresses/any(p:startsWith(p,'SMTP:carla@'))", vec!["carla"]),
        ("$filter=displayName in ('dora','Ana')", vec!["Ana", "dora"]),
        ("$filter=(department eq 'HR' or displayName eq 'dora') and usageLocation eq 'ES'", vec!["carla", "Ana", "dora"]),
        ("$filter=endsWith(mail,'@contoso.example') and not(department eq 'HR')&$count=true", vec!["bruno", "dora"]),
        ("$filter=department ne 'HR' and department ne null&$count=true", vec!["bruno", "dora"]),
        ("$filter=onPremisesImmutableId eq null and department eq 'Sales'", vec!["bruno", "dora"]),
        ("$filter=onPremisesSyncEnabled eq true", vec![]),
        ("$filter=displayName eq 'O''Brien'", vec![]),
        ("$filter=department eq 'HR'' or 1 eq 1 --'", vec![]),
    ];
    for (query, expected) in cases {
        let mut found = graph.get_eventual(&format!("/users?{query}")).await;
        let order = query.contains("orderby");
        let mut names = found.names("displayName").into_iter().map(str::to_owned).collect::<Vec<_>>();
        let mut expected: Vec<_> = expected.into_iter().map(str::to_owned).collect();
        if !order {
            names.sort();
            expected.sort();
        }
        assert_eq!(names, expected, "{query}: {}", found.body.take());
    }
    let sorted = graph.get("/users?$orderby=displayName desc&$top=2&$select=displayName").await;
    assert_eq!(sorted.names("displayName"), ["dora", "carla"]);
    let next = graph.follow(&sorted.body["@odata.nextLink"]).await;
    assert_eq!(next.names("displayName"), ["bruno", "Ana"]);
    let last = graph.follow(&next.body["@odata.nextLink"]).await;
    assert_eq!((last.names("displayName"), &last.body["@odata.nextLink"]), (vec!["Administrator"], &Value::Null));

    let counted = graph.get_eventual("/users?$count=true&$top=3").await;
    assert_eq!(counted.body["@odata.count"], 5);
    assert_eq!(graph.follow(&counted.body["@odata.nextLink"]).await.body["@odata.count"], Value::Null, "only the first page counts");
    assert_eq!(graph.get("/users?$count=true").await.body["@odata.count"], Value::Null, "without the header nothing is counted");
    assert_eq!(graph.get_eventual("/users/$count").await.body, 5);
}

#[tokio::test]
async fn paths_are_understood_as_clients_write_them() {
    let graph = Graph::start().await;
    let id = graph.user("ana", json!({})).await;
    for path in [
        "/v1.0//users/ana@contoso.example".to_owned(),
        "/v1.0/users/ana%40contoso.example".to_owned(),
        format!("/v1.0/users/{}", id.to_uppercase()),
        format!("/v1.0/users('{id}')"),
        "/v1.0/users('ana@contoso.example')".to_owned(),
        format!("/v1.0/users/{id}/?%24select=id,displayName"),
    ] {
        let answer = graph.raw("GET", &graph.tenant.url(&path), None, &[]).await;
        assert_eq!((answer.status, answer.body["displayName"].as_str()), (200, Some("ana")), "{path}");
    }
    for path in
        ["/v1.0/users/delta", "/v1.0/users/delta()", "/v1.0/users/microsoft.graph.delta()", "/v1.0//users/microsoft.graph.delta%28%29"]
    {
        let answer = graph.raw("GET", &graph.tenant.url(path), None, &[]).await;
        assert!(answer.body["@odata.deltaLink"].is_string(), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn links_use_the_host_and_port_that_the_client_called() {
    let graph = Graph::start().await;
    graph.user("ana", json!({})).await;
    let port = graph.tenant.server.address().port();
    let url = format!("https://127.0.0.1:{port}/v1.0/users?$top=1");
    let answer = graph.raw("GET", &url, None, &[]).await;
    let link = answer.body["@odata.nextLink"].as_str().unwrap();
    assert!(link.starts_with(&format!("https://127.0.0.1:{port}/v1.0/users?")), "{link}");
    assert_eq!(graph.follow(&answer.body["@odata.nextLink"]).await.status, 200);
}

#[tokio::test]
async fn delta_tells_everything_once_and_then_what_changed() {
    let graph = Graph::start().await;
    for number in 0..5 {
        graph.user(&format!("user{number}"), json!({})).await;
    }
    let mut page = graph.get("/users/delta?$select=displayName,mail,accountEnabled&$top=2").await;
    let mut seen = Vec::new();
    loop {
        assert!(page.body["value"].as_array().unwrap().len() <= 2);
        assert!(page.body["value"].as_array().unwrap().iter().all(|user| user.get("mail").is_none()), "what was never set is left out");
        seen.extend(page.names("displayName").into_iter().map(str::to_owned));
        match &page.body["@odata.nextLink"] {
            Value::Null => break,
            link => page = graph.follow(link).await,
        }
    }
    assert_eq!(seen.len(), 6, "{seen:?}");
    let link = page.body["@odata.deltaLink"].clone();
    let quiet = graph.follow(&link).await;
    assert_eq!(quiet.body["value"], json!([]));

    let find = |name: &str| format!("/users/{name}@contoso.example");
    let ids = graph.get("/users?$select=id,displayName&$orderby=displayName").await;
    let id = |name: &str| ids.body["value"].as_array().unwrap().iter().find(|user| user["displayName"] == name).unwrap()["id"].clone();
    graph.patch(&find("user1"), json!({"jobTitle": "x"})).await;
    graph.patch(&find("user2"), json!({"displayName": "user2"})).await;
    graph.delete(&find("user3")).await;
    graph.delete(&find("user4")).await;
    graph.delete(&format!("/directory/deletedItems/{}", id("user4").as_str().unwrap())).await;
    let mut page = graph.follow(&quiet.body["@odata.deltaLink"]).await;
    let mut changes = page.body["value"].as_array().unwrap().clone();
    while page.body["@odata.nextLink"].is_string() {
        page = graph.follow(&page.body["@odata.nextLink"]).await;
        changes.extend(page.body["value"].as_array().unwrap().iter().cloned());
    }
    let mut told: Vec<_> = changes.iter().map(|change| (change["id"].clone(), change["@removed"]["reason"].clone())).collect();
    told.sort_by_key(|(id, _)| id.to_string());
    let mut expected = vec![(id("user1"), Value::Null), (id("user3"), json!("changed")), (id("user4"), json!("deleted"))];
    expected.sort_by_key(|(id, _)| id.to_string());
    assert_eq!(told, expected, "an edit that changes nothing is not told");

    let latest = graph.get("/users/delta?$deltatoken=latest").await;
    assert_eq!(latest.body["value"], json!([]));
    assert_eq!(graph.follow(&latest.body["@odata.deltaLink"]).await.body["value"], json!([]));
    let gone = graph.get("/users/delta?$deltatoken=nonsense").await;
    assert_eq!(gone.code(), (410, "syncStateNotFound"));
    let again = graph.follow(&json!(gone.headers["location"].to_str().unwrap())).await;
    assert_eq!(again.names("id").len(), 4, "where the error points to, everything is told again");
    let one = graph.get(&format!("/users/delta?$filter=id eq '{}'", id("user1").as_str().unwrap())).await;
    assert_eq!(one.names("id"), [id("user1").as_str().unwrap()]);
}

#[tokio::test]
async fn a_restored_user_is_told_by_delta() {
    let graph = Graph::start().await;
    let id = graph.user("ana", json!({})).await;
    let mut link = graph.get("/users/delta").await.body["@odata.deltaLink"].clone();
    for (method, path, reason) in
        [("DELETE", format!("/users/{id}"), json!("changed")), ("POST", format!("/directory/deletedItems/{id}/restore"), Value::Null)]
    {
        graph.send(method, &path, None, &[]).await;
        let page = graph.follow(&link).await;
        assert_eq!((page.names("id"), &page.body["value"][0]["@removed"]["reason"]), (vec![id.as_str()], &reason));
        link = page.body["@odata.deltaLink"].clone();
    }
}

#[tokio::test]
async fn licences_are_given_shown_and_taken() {
    let graph = Graph::start().await;
    let id = graph.user("ana", json!({})).await;
    let skus = graph.get("/subscribedSkus").await;
    let sku = skus.body["value"].as_array().unwrap().iter().find(|sku| sku["skuPartNumber"] == "O365_BUSINESS_PREMIUM").unwrap().clone();
    assert_eq!((&sku["prepaidUnits"]["enabled"], &sku["consumedUnits"]), (&json!(10_000), &json!(0)));
    let assign = |add: Value, remove: Value| {
        graph.post_owned(format!("/users/{id}/assignLicense"), json!({"addLicenses": add, "removeLicenses": remove}))
    };
    let add = json!([{"skuId": sku["skuId"], "disabledPlans": []}]);
    let refused = assign(add.clone(), json!([])).await;
    assert_eq!(refused.code(), (400, "Request_BadRequest"));
    assert!(refused.body["error"]["message"].as_str().unwrap().contains("usage location"), "{}", refused.body);
    graph.patch(&format!("/users/{id}"), json!({"usageLocation": "ES"})).await;
    assert_eq!(assign(add, json!([])).await.status, 200);
    let shown =
        graph.get(&format!("/users/{id}?$select=mail,assignedLicenses,assignedPlans,provisionedPlans,licenseAssignmentStates")).await.body;
    assert_eq!(shown["assignedLicenses"][0]["skuId"], sku["skuId"]);
    assert!(
        shown["assignedPlans"]
            .as_array()
            .unwrap()
            .iter()
            .any(|plan| plan["service"] == "exchange" && plan["capabilityStatus"] == "Enabled")
    );
    assert_eq!(shown["mail"], "ana@contoso.example", "a mailbox has an address");
    let details = graph.get(&format!("/users/{id}/licenseDetails")).await.body;
    assert_eq!(details["value"][0]["skuPartNumber"], "O365_BUSINESS_PREMIUM");
    assert_eq!(graph.get(&format!("/subscribedSkus/{}", sku["id"].as_str().unwrap())).await.body["consumedUnits"], 1);
    let filter = format!("/users?$filter=assignedLicenses/any(x:x/skuId eq {})", sku["skuId"].as_str().unwrap());
    assert_eq!(graph.get(&filter).await.names("id"), [id.as_str()]);
    assert_eq!(assign(json!([]), json!([sku["skuId"]])).await.status, 200);
    assert_eq!(assign(json!([]), json!([sku["skuId"]])).await.code(), (400, "Request_BadRequest"));
}

#[tokio::test]
async fn managers_and_roles_are_shown() {
    let graph = Graph::start().await;
    let ana = graph.user("ana", json!({})).await;
    let boss = graph.user("boss", json!({})).await;
    assert_eq!(graph.get(&format!("/users/{ana}/manager")).await.code(), (404, "Request_ResourceNotFound"));
    let reference = json!({"@odata.id": graph.tenant.url(&format!("/v1.0/users/{boss}"))});
    assert_eq!(graph.send("PUT", &format!("/users/{ana}/manager/$ref"), Some(reference), &[]).await.status, 204);
    let manager = graph.get(&format!("/users/{ana}/manager")).await.body;
    assert_eq!((&manager["id"], &manager["@odata.type"]), (&json!(boss), &json!("#microsoft.graph.user")));
    assert_eq!(graph.delete(&format!("/users/{ana}/manager/$ref")).await.status, 204);
    assert_eq!(graph.get(&format!("/users/{ana}/manager")).await.status, 404);

    assert_eq!(graph.get(&format!("/users/{ana}/memberOf")).await.body["value"], json!([]));
    let roles = graph.get("/users/admin@contoso.onmicrosoft.com/memberOf").await.body;
    assert_eq!(roles["value"][0]["@odata.type"], "#microsoft.graph.directoryRole");
    assert_eq!(roles["value"][0]["displayName"], "Global Administrator");
}

#[tokio::test]
async fn the_organization_shows_and_switches_synchronization() {
    let graph = Graph::start().await;
    let organization = graph.get("/organization").await.body["value"][0].clone();
    let id = graph.tenant.report.tenant_id.clone();
    assert_eq!((&organization["id"], &organization["onPremisesSyncEnabled"]), (&json!(id), &Value::Null));
    let names: Vec<_> = organization["verifiedDomains"].as_array().unwrap().iter().map(|domain| domain["name"].clone()).collect();
    assert_eq!(names, [json!("contoso.onmicrosoft.com"), json!("contoso.example")]);
    assert_eq!(graph.patch(&format!("/organization/{id}"), json!({"onPremisesSyncEnabled": true})).await.status, 204);
    assert_eq!(graph.get(&format!("/organization/{id}?$select=id,onPremisesSyncEnabled")).await.body["onPremisesSyncEnabled"], true);
    assert_eq!(graph.admin().sync_status().unwrap().state, "on");
    graph.patch(&format!("/organization/{id}"), json!({"onPremisesSyncEnabled": false})).await;
    graph.admin().enable_sync(Duration::from_secs(3_600)).unwrap();
    assert_eq!(graph.get("/organization").await.body["value"][0]["onPremisesSyncEnabled"], true, "enabling shows already");
}

#[tokio::test]
async fn domains_are_listed_added_and_verified() {
    let graph = Graph::start().await;
    let domains = graph.get("/domains").await;
    assert_eq!(domains.names("id"), ["contoso.onmicrosoft.com", "contoso.example"]);
    assert_eq!(graph.post("/domains", json!({"id": "new.example"})).await.status, 201);
    assert_eq!(graph.post("/domains", json!({"id": "new.example"})).await.code(), (400, "Request_BadRequest"));
    assert_eq!(graph.get("/domains/new.example").await.body["isVerified"], false);
    let verified = graph.send("POST", "/domains/new.example/verify", None, &[]).await;
    assert_eq!((verified.status, &verified.body["isVerified"]), (200, &json!(true)));
    assert_eq!(graph.get("/domains/other.example").await.code(), (404, "Request_ResourceNotFound"));
}

#[tokio::test]
async fn a_batch_answers_each_entry() {
    let graph = Graph::start().await;
    let ana = graph.user("ana", json!({})).await;
    let entry = |id: &str, method: &str, url: &str| json!({"id": id, "method": method, "url": url});
    let mut patch = entry("3", "PATCH", &format!("users/{ana}"));
    patch["body"] = json!({"jobTitle": "Boss"});
    patch["headers"] = json!({"Content-Type": "application/json"});
    let mut after = entry("4", "GET", &format!("/users/{ana}?$select=jobTitle"));
    after["dependsOn"] = json!(["3"]);
    let mut never = entry("5", "DELETE", &format!("/users/{ana}"));
    never["dependsOn"] = json!(["2"]);
    let absolute = entry("6", "GET", &graph.tenant.url("/v1.0/users/$count"));
    let answer = graph
        .post(
            "/$batch",
            json!({"requests": [after, never, entry("1", "GET", "/users?$top=1"), entry("2", "GET", "/users/nobody"), patch, absolute]}),
        )
        .await;
    let of = |id: &str| answer.body["responses"].as_array().unwrap().iter().find(|response| response["id"] == id).unwrap();
    let status: Vec<_> = ["1", "2", "3", "4", "5", "6"].iter().map(|id| of(id)["status"].as_u64().unwrap()).collect();
    assert_eq!(status, [200, 404, 204, 200, 424, 400]);
    assert_eq!(of("4")["body"]["jobTitle"], "Boss");
    assert_eq!(of("2")["body"]["error"]["code"], "Request_ResourceNotFound");
    assert_eq!(graph.get(&format!("/users/{ana}")).await.status, 200, "what depends on a failure is not done");

    let twice = json!({"requests": [entry("a", "GET", "/users"), entry("A", "GET", "/users")]});
    let circle = json!({"requests": [{"id": "1", "method": "GET", "url": "/users", "dependsOn": ["1"]}]});
    let many: Vec<_> = (0..21).map(|number| entry(&number.to_string(), "GET", "/users")).collect();
    for body in [twice, circle, json!({"requests": many}), json!({"requests": []}), json!({})] {
        assert_eq!(graph.post("/$batch", body).await.code(), (400, "BadRequest"));
    }
}

#[tokio::test]
async fn a_command_on_the_folder_shows_at_once() {
    let graph = Graph::start().await;
    let before = graph.get("/users").await.names("id").len();
    graph
        .admin()
        .add_user(&samesign_tenant::admin::NewAccount {
            upn: "new@contoso.example".to_owned(),
            display_name: "New".to_owned(),
            ..Default::default()
        })
        .unwrap();
    assert_eq!(graph.get("/users").await.names("id").len(), before + 1);
}
