//! Applications that people sign in to.

use samesign_tenant::AdminError;

use crate::people_support::People;

#[tokio::test]
async fn an_address_that_leads_astray_is_not_registered() {
    let people = People::start().await;
    let admin = people.admin();
    for uri in
        ["https://app.example/in", "https://app.example:8443/in?a=b", "http://localhost:3000/in", "msal1234://auth", "com.example.app://in"]
    {
        admin.add_redirect(&people.client_id, uri).unwrap();
    }
    for uri in [
        "",
        "app.example",
        "https://",
        "https:///in",
        "http://app.example/in",
        "http://localhost.evil.example/in",
        "http://localhost@evil.example/in",
        "https://user@app.example/in",
        "https://app.example/in#fragment",
        "https://*.app.example/in",
        "https://app.example/in put",
        "https://app.example\\in",
        "https://äpp.example/in",
        "javascript://app.example/%0aalert(1)",
        "data://text",
        "HTTPS://app.example/in",
    ] {
        assert!(matches!(admin.add_redirect(&people.client_id, uri), Err(AdminError::BadRedirect { .. })), "{uri}");
        assert!(admin.add_public_app("bad", &[uri.to_owned()]).is_err(), "{uri}");
    }
    assert!(matches!(admin.add_redirect("no such app", "https://app.example/in"), Err(AdminError::Directory(_))));
}
