//! Directory extensions: what is sent of the tenant's own schema is kept, shown to whoever asks for it, and read back.

use samesign_wire::provisioning::PropertyValue;
use serde_json::json;

use crate::tenant::*;

const COST: &str = "extension_0123456789abcdef0123456789ABCDEF_costCentre";
const SHIFT: &str = "extension_0123456789abcdef0123456789ABCDEF_shift_2";

#[test]
fn a_directory_extension_is_kept_and_shown_where_it_is_asked_for() {
    let tenant = Tenant::new();
    let id = tenant.stored(user("1==", "ana@contoso.example", &[(COST, text(" R&D <7> ")), (SHIFT, PropertyValue::Integer(3))]));
    let group_id = tenant.stored(group("2==", "Staff", &[(COST, text("all"))]));
    let contact_id = tenant.stored(contact("3==", "x@y.example", &[(COST, text("outside"))]));
    let shown = |path: &str| tenant.get(path)[COST].clone();
    assert_eq!(tenant.get(&format!("/users/{id}?$select=id,{COST},{SHIFT}"))[SHIFT], 3);
    assert_eq!(shown(&format!("/users/{id}?$select={COST}")), "R&D <7>");
    assert_eq!(shown(&format!("/groups/{group_id}?$select={COST}")), "all");
    assert_eq!(shown(&format!("/contacts/{contact_id}?$select={COST}")), "outside");
    let list = tenant.get(&format!("/users?$select=id,{COST}"));
    let found = list["value"].as_array().unwrap().iter().find(|found| found["id"] == *id).unwrap();
    assert_eq!(found[COST], "R&D <7>");
    // Nobody who does not ask sees it, and what is not set is left out.
    assert_eq!(tenant.get(&format!("/users/{id}")).get(COST), None);
    assert_eq!(tenant.get(&format!("/groups/{group_id}?$select={SHIFT}")).get(SHIFT), None);
    // Active Directory masters it.
    let (status, refused) = tenant.graph("PATCH", &format!("/users/{id}"), Some(&json!({COST: "mine"})));
    assert_eq!(status, 400, "{refused}");
    // Changed, left alone, and cleared.
    tenant.stored(set("1==", &[(COST, text("R&D 8"))]));
    tenant.stored(set("1==", &[("title", text("Boss"))]));
    assert_eq!(shown(&format!("/users/{id}?$select={COST}")), "R&D 8");
    tenant.stored(set("1==", &[(COST, PropertyValue::Nil)]));
    assert_eq!(tenant.get(&format!("/users/{id}?$select={COST},{SHIFT}")).get(COST), None);
    assert_eq!(tenant.get(&format!("/users/{id}?$select={COST},{SHIFT}"))[SHIFT], 3);
}

#[test]
fn the_cloud_writes_the_extensions_of_its_own_users() {
    let tenant = Tenant::new();
    let body = json!({"accountEnabled": true, "displayName": "Bob", "mailNickname": "bob", "userPrincipalName": "bob@contoso.example",
        "passwordProfile": {"password": "Correct-Horse-9"}, COST: "7"});
    let (status, made) = tenant.graph("POST", "/users", Some(&body));
    assert_eq!(status, 201, "{made}");
    let path = format!("/users/{}", made["id"].as_str().unwrap());
    let shown = || tenant.get(&format!("{path}?$select={COST}")).get(COST).cloned();
    assert_eq!(shown(), Some(json!("7")));
    let patch = |value: serde_json::Value| tenant.graph("PATCH", &path, Some(&json!({COST: value}))).0;
    assert_eq!((patch(json!("8")), shown()), (204, Some(json!("8"))));
    for refused in [json!("x".repeat(257)), json!({"a": 1})] {
        assert_eq!((patch(refused), shown()), (400, Some(json!("8"))));
    }
    assert_eq!((patch(json!(null)), shown()), (204, None));
    // Another form of name is no extension.
    assert_eq!(tenant.graph("PATCH", &path, Some(&json!({"extension_0123_x": "1"}))).0, 400);
    for number in 0..=100 {
        let name = format!("extension_0123456789abcdef0123456789abcdef_n{number}");
        let status = tenant.graph("PATCH", &path, Some(&json!({name: "x"}))).0;
        assert_eq!(status, if number < 100 { 204 } else { 400 }, "{number}");
    }
}
