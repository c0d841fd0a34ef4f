//! The service in one process is the whole service.

use serde_json::json;

use crate::tenant::{Tenant, user};

#[test]
fn what_is_sent_in_wire_bytes_is_shown_by_graph() {
    let tenant = Tenant::new();
    let id = tenant.stored(user("1==", "ana@contoso.example", &[]));
    assert_eq!(tenant.user(&id)["userPrincipalName"], "ana@contoso.example");
    assert_eq!(tenant.configuration().tenant_id, tenant.id());
    assert_eq!(tenant.graph("GET", "/nothing", None).0, 400);
    let (status, answer) = tenant.graph("PATCH", &format!("/users/{id}"), Some(&json!({"jobTitle": "x"})));
    assert_eq!(status, 400, "mastered on-premises: {answer}");
}
