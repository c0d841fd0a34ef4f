//! Addresses that look like a registered one, and are not: none of them is ever answered.

use super::app::{SmallApp, add_person};
use crate::browsing::Browser;
use crate::support::Tenant;

const REGISTERED: &str = "https://app.example/callback";

/// What parsers of URLs disagree about, in every part of the address.
fn corpus() -> Vec<String> {
    let hosts = [
        "app.example@evil.example",
        "app.example:443@evil.example",
        "user:password@app.example",
        "app.example:443",
        "app.example:444",
        "app.example:",
        "app.example.",
        "APP.EXAMPLE",
        "app.example.evil.example",
        "evil-app.example",
        "app.example%2eevil.example",
        "app.example%00.evil.example",
        "app.example%0d%0a.evil.example",
        "app.example\\.evil.example",
        "app.example\\@evil.example",
        "evil.example\\app.example",
        "evil.example#app.example",
        "evil.example?app.example",
        "evil.example%23.app.example",
        "\u{430}pp.example",
        "xn--pp-6kc.example",
        "app\u{3002}example",
        "\u{ff41}pp.example",
        "app.exam\u{200b}ple",
        "[::ffff:7f00:1]",
        "2130706433",
        "",
    ];
    let paths = [
        "",
        "/",
        "/Callback",
        "/callback/",
        "/callback//",
        "//callback",
        "/./callback",
        "/x/../callback",
        "/callback/..",
        "/callback/../evil",
        "/callback%2f",
        "/callback%2f..%2fevil",
        "/callback%252f..%252fevil",
        "/%63allback",
        "/callback%00",
        "/callback%20",
        "/callback\\",
        "\\callback",
        "/callback;x",
        "/callback?",
        "/callback?x=1",
        "/callback#",
        "/callback#x",
        "/callback%23x",
        "/callback%3fx",
        "/callback@evil.example",
        "/callback\t",
        "/callback\n",
        "/callback\r\nLocation: https://evil.example",
        "/callback ",
        "/callback\u{2028}",
        "/callbackevil",
        "/callback.evil.example",
        "/callback\u{0}",
        "/callba\u{441}k",
        "/callback*",
        "/*",
        "/callback,https://evil.example",
        "/callback https://evil.example",
    ];
    let schemes = [
        "http:",
        "HTTPS:",
        "https:/",
        "https:",
        "",
        "/",
        "//",
        "\\\\",
        "javascript:",
        "javascript://",
        "data:text/html,",
        "https:///",
        "https:\\\\",
        " https://",
        "\thttps://",
        "\nhttps://",
        "view-source:https://",
        "blob:https://",
        "file://",
        "ftp://",
        "ws://",
        "app:",
        "javascript:alert(1)//https://",
    ];
    let mut corpus: Vec<String> = hosts.iter().flat_map(|host| ["/callback", ""].map(|path| format!("https://{host}{path}"))).collect();
    for (host, path) in hosts.iter().flat_map(|host| paths.iter().map(move |path| (host, path))) {
        corpus.push(format!("https://{host}{path}"));
    }
    corpus.extend(paths.iter().map(|path| format!("https://app.example{path}")));
    corpus.extend(schemes.iter().map(|scheme| format!("{scheme}app.example/callback")));
    corpus.extend(
        ["*", "null", "https://*", "https://*.example/callback", "https://localhost:8443/callback", "https://127.0.0.1/callback"]
            .map(String::from),
    );
    corpus.extend(["http://localhost.evil.example:80/", "http://localhost:80@evil.example/", "http://localhost:0x50/"].map(String::from));
    corpus
}

#[tokio::test]
async fn no_address_but_the_registered_one_is_ever_answered() {
    let tenant = Tenant::start().await;
    add_person(&tenant, "ana@contoso.example");
    let app = SmallApp::register(&tenant, REGISTERED, true);
    let mut browser = Browser::new(&tenant);
    browser.type_password("account", "ana@contoso.example", super::app::PASSWORD).await;
    assert!(browser.get(&app.request(&[])).await.onward().starts_with(REGISTERED), "the registered one is");
    let corpus = corpus();
    assert!(corpus.len() >= 500, "{}", corpus.len());
    for address in corpus.iter().filter(|address| !address.is_empty() && *address != REGISTERED) {
        // A request with a fault, and one in order: neither says anything to a stranger.
        for more in [("response_type", "code"), ("response_type", "fly")] {
            let shown = browser.get(&app.request(&[("redirect_uri", address), more])).await;
            assert_eq!((shown.status.as_u16(), &shown.location), (400, &None), "{address:?}");
            assert!(shown.html.contains("AADSTS50011") && !shown.html.contains("http-equiv"), "{address:?}: {}", shown.html);
        }
    }
    let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.example%2F", app.request(&[]));
    let shown = browser.get(&twice).await;
    assert!(shown.location.is_none() && shown.html.contains("AADSTS9000411"), "{}", shown.html);
    for (name, code) in [("client_id", "AADSTS900144"), ("redirect_uri", "AADSTS900971")] {
        let shown = browser.get(&app.request(&[(name, "")])).await;
        assert!(shown.location.is_none() && shown.html.contains(code), "{name}: {}", shown.html);
    }
    let unknown = browser.get(&app.request(&[("client_id", "00000000-0000-0000-0000-000000000000")])).await;
    assert!(unknown.location.is_none() && unknown.html.contains("AADSTS700016"));
}

#[tokio::test]
async fn an_application_on_a_desktop_may_listen_at_any_port_of_its_own_machine() {
    let tenant = Tenant::start().await;
    add_person(&tenant, "ana@contoso.example");
    let desktop = SmallApp::register(&tenant, "http://localhost", true);
    let web = SmallApp::register(&tenant, "http://localhost/", false);
    let mut browser = Browser::new(&tenant);
    browser.type_password("account", "ana@contoso.example", super::app::PASSWORD).await;
    for address in ["http://localhost", "http://localhost:8400", "http://localhost:1"] {
        let shown = browser.get(&desktop.request(&[("redirect_uri", address)])).await;
        assert!(shown.onward().starts_with(&format!("{address}?code=")), "{address}");
    }
    for address in
        ["http://localhost:0", "http://localhost:99999", "http://localhost:80evil", "http://localhost:8400/other", "https://localhost"]
    {
        let shown = browser.get(&desktop.request(&[("redirect_uri", address)])).await;
        assert!(shown.location.is_none() && shown.html.contains("AADSTS50011"), "{address}");
    }
    let shown = browser.get(&web.request(&[("redirect_uri", "http://localhost:8400/")])).await;
    assert!(shown.location.is_none(), "one on a server has a port of its own");
}
