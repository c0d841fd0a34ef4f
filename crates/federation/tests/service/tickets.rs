//! Sign-in by Kerberos, as curl does it.

use std::path::Path;
use std::process::Command;

use crate::rig::{DESK, HOME, HOST, LISTEN, Rig, TENANT, query, tenant_request, upn};

pub async fn a_ticket_is_asked_for_inside_only_and_counts_for_its_owner(rig: &Rig) {
    let mut desk = rig.browser_at(DESK);
    let asked = desk.follow(&rig.ls(&tenant_request("x"))).await;
    assert_eq!((asked.status, asked.header("www-authenticate")), (401, "Negotiate"));
    assert!(asked.asks(), "whoever has no ticket finds the form in the same answer: {asked:?}");
    let ntlm = "Negotiate TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAA=";
    let request = desk.request(reqwest::Method::GET, &asked.url).header("authorization", ntlm);
    let refused = desk.take(request).await;
    assert!(refused.status == 401 && refused.asks() && rig.last_denial().contains("NTLM"), "{refused:?}");
    let mut home = rig.browser_at(HOME);
    let form = home.follow(&rig.ls(&tenant_request("x"))).await;
    assert_eq!((form.status, form.header("www-authenticate")), (200, ""), "nobody outside is asked for a ticket");
    let anew = query(&[("wa", "wsignin1.0"), ("wtrealm", TENANT), ("wfresh", "0")]);
    assert_eq!(desk.follow(&rig.ls(&anew)).await.status, 200, "who must prove it anew is asked for a password");

    let ticket = rig.folder.path().join("u000009.ticket");
    rig.domain.run(&["ticket", "u000009", &ticket.to_string_lossy()]);
    let answer = curl(rig, &ticket, &rig.ls(&tenant_request("x"))).await;
    assert!(answer.contains("name=\"wresult\""), "{answer}");
    let page = crate::browser::Page { status: 200, url: String::new(), headers: Default::default(), body: answer };
    let assertion = rig.verified(&page.field("wresult").unwrap());
    assert_eq!(assertion.name_id.value, rig.anchor("u000009"));
    assert_eq!(assertion.authentication.method, samesign_wire::saml::AuthenticationMethod::Windows);
    assert!(assertion.attributes.iter().any(|claim| claim.name.ends_with("insidecorporatenetwork") && claim.values == ["true"]));
    // The application expects somebody else: nobody is vouched for in their place.
    let expected = query(&[("wa", "wsignin1.0"), ("wtrealm", TENANT), ("username", &upn(3))]);
    let answer = curl(rig, &ticket, &rig.ls(&expected)).await;
    assert!(!answer.contains("wresult") && answer.contains("signed in to this computer as u000009"), "{answer}");
    let own = query(&[("wa", "wsignin1.0"), ("wtrealm", TENANT), ("login_hint", "CORP\\U000009")]);
    assert!(curl(rig, &ticket, &rig.ls(&own)).await.contains("wresult"), "by any of one's names");
}

async fn curl(rig: &Rig, ticket: &Path, url: &str) -> String {
    let port = rig.origin.rsplit(':').next().unwrap();
    let mut command = Command::new("curl");
    command.args(["-sS", "-k", "-L", "--negotiate", "-u", ":", "--interface", DESK, "--resolve", &format!("{HOST}:{port}:{LISTEN}")]);
    command.arg("-b").arg("").arg(url);
    command.env("KRB5_CONFIG", rig.domain.fact("krb5_conf")).env("KRB5CCNAME", format!("FILE:{}", ticket.display()));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
