//! Addresses that look like a registered one, and are not: no token goes to any of them.

use crate::rig::{BOARD, BOARD_REPLY, Rig, TENANT, TENANT_ORIGIN, WIKI, WIKI_REPLY, query};
use crate::saml::{redirected, request};

pub async fn no_answer_goes_where_the_configuration_does_not_say(rig: &Rig) {
    let mut browser = rig.browser();
    rig.sign_in(&mut browser, 3).await;
    let (mut tried, mut refused) = (0, 0);
    for (number, address) in corpus("board.example", "signin").into_iter().enumerate() {
        // The tenant has one address, and gets its answer there whatever its request says.
        let asked = query(&[("wa", "wsignin1.0"), ("wtrealm", BOARD), ("wreply", &address)]);
        let answer = browser.get(&rig.ls(&asked)).await;
        // An empty parameter is one that is not there.
        assert!(answer.status == 400 || address.is_empty() && answer.form().0 == BOARD_REPLY, "{address:?}: {answer:?}");
        (tried, refused) = (tried + 1, refused + usize::from(answer.status == 400));
        if number % 10 == 0 {
            let asked = query(&[("wa", "wsignin1.0"), ("wtrealm", TENANT), ("wreply", &address)]);
            assert_eq!(browser.get(&rig.ls(&asked)).await.form().0, format!("{TENANT_ORIGIN}/login.srf"));
        }
    }
    assert!(tried >= 500 && refused + 1 >= tried, "{refused} of {tried}");
    for address in corpus("wiki.example", "acs").into_iter().filter(|address| !address.is_empty() && !address.contains('\0')) {
        let mut asked = request(WIKI);
        asked.acs_url = Some(address.clone());
        let answer = browser.get(&redirected(rig, &asked, None)).await;
        assert_eq!(answer.status, 400, "{address:?}");
    }
    let right = query(&[("wa", "wsignin1.0"), ("wtrealm", BOARD), ("wreply", BOARD_REPLY)]);
    assert_eq!(browser.get(&rig.ls(&right)).await.form().0, BOARD_REPLY);
    let mut right = request(WIKI);
    right.acs_url = Some(WIKI_REPLY.to_owned());
    assert_eq!(browser.get(&redirected(rig, &right, None)).await.form().0, WIKI_REPLY);
}

/// What parsers of URLs disagree about, in every part of `https://HOST/PATH`.
pub fn corpus(host: &str, path: &str) -> Vec<String> {
    let hosts = [
        "HOST@evil.example",
        "HOST:443@evil.example",
        "user:password@HOST",
        "HOST:443",
        "HOST:444",
        "HOST:",
        "HOST.",
        "HOST.evil.example",
        "evil-HOST",
        "HOST%2eevil.example",
        "HOST%00.evil.example",
        "HOST%0d%0a.evil.example",
        "HOST\\.evil.example",
        "HOST\\@evil.example",
        "evil.example\\HOST",
        "evil.example#HOST",
        "evil.example?HOST",
        "evil.example%23.HOST",
        "\u{430}HOST",
        "[::ffff:7f00:1]",
        "2130706433",
        "",
    ];
    let paths = [
        "",
        "/",
        "/PATH/",
        "/PATH//",
        "//PATH",
        "/./PATH",
        "/x/../PATH",
        "/PATH/..",
        "/PATH/../evil",
        "/PATH%2f",
        "/PATH%2f..%2fevil",
        "/PATH%252f..%252fevil",
        "/PATH%00",
        "/PATH%20",
        "/PATH\\",
        "\\PATH",
        "/PATH;x",
        "/PATH?",
        "/PATH?x=1",
        "/PATH#",
        "/PATH#x",
        "/PATH@evil.example",
        "/PATH\t",
        "/PATH\n",
        "/PATH\r\nLocation: https://evil.example",
        "/PATH ",
        "/PATH\u{2028}",
        "/PATHevil",
        "/PATH*",
        "/*",
        "/PATH,https://evil.example",
        "/PATH https://evil.example",
    ];
    let schemes = [
        "http://",
        "HTTPS://",
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
        "javascript:alert(1)//https://",
    ];
    let filled = |text: &str| text.replace("HOST", host).replace("PATH", path);
    let mut corpus: Vec<String> = Vec::new();
    for name in hosts {
        corpus.push(filled(&format!("https://{name}/PATH")));
        corpus.extend(paths.iter().map(|end| filled(&format!("https://{name}{end}"))));
    }
    corpus.extend(paths.iter().map(|end| filled(&format!("https://HOST{end}"))));
    corpus.extend(schemes.iter().map(|scheme| filled(&format!("{scheme}HOST/PATH"))));
    corpus.extend(["*", "null", "https://*", "https://*.example/x", ""].map(str::to_owned));
    corpus.push(filled("https://HOST/PATH").to_uppercase());
    corpus
}
