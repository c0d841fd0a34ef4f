//! Programs with a name and a password.

use reqwest::Method;

use crate::browser::Page;
use crate::rig::{Rig, SUFFIX, TENANT, password, upn};

const V2005: &str = "http://schemas.xmlsoap.org/ws/2005/02/trust";
const V13: &str = "http://docs.oasis-open.org/ws-sx/ws-trust/200512";

/// What MSAL sends.
fn envelope(trust: &str, audience: &str, name: &str, password: &str) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let (key, kind) = match trust {
        V13 => (format!("{V13}/Bearer"), "13"),
        _ => ("http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey".to_owned(), "2005"),
    };
    format!(
        "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' xmlns:wsa='http://www.w3.org/2005/08/addressing' \
         xmlns:wsu='http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd'><s:Header>\
         <wsa:Action s:mustUnderstand='1'>{trust}/RST/Issue</wsa:Action><wsa:MessageID>urn:uuid:1</wsa:MessageID>\
         <wsa:ReplyTo><wsa:Address>http://www.w3.org/2005/08/addressing/anonymous</wsa:Address></wsa:ReplyTo>\
         <wsa:To s:mustUnderstand='1'>https://sts.localhost/adfs/services/trust/{kind}/usernamemixed</wsa:To>\
         <wsse:Security s:mustUnderstand='1' xmlns:wsse='http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'>\
         <wsse:UsernameToken wsu:Id='UnPwSecTok'><wsse:Username>{}</wsse:Username><wsse:Password>{}</wsse:Password></wsse:UsernameToken>\
         </wsse:Security></s:Header><s:Body><wst:RequestSecurityToken xmlns:wst='{trust}'>\
         <wsp:AppliesTo xmlns:wsp='http://schemas.xmlsoap.org/ws/2004/09/policy'><wsa:EndpointReference><wsa:Address>{audience}</wsa:Address>\
         </wsa:EndpointReference></wsp:AppliesTo><wst:KeyType>{key}</wst:KeyType><wst:RequestType>{trust}/Issue</wst:RequestType>\
         </wst:RequestSecurityToken></s:Body></s:Envelope>",
        escape(name),
        escape(password)
    )
}

async fn ask(rig: &Rig, version: &str, body: String) -> Page {
    let mut program = rig.browser();
    let address = format!("/adfs/services/trust/{version}/usernamemixed");
    let request = program.request(Method::POST, &address).body(body).header("content-type", "application/soap+xml; charset=utf-8");
    program.take(request).await
}

/// A program signs a person in for the tenant.
pub async fn sign_in(rig: &Rig, number: usize) -> Page {
    ask(rig, "13", envelope(V13, TENANT, &upn(number), &password(number))).await
}

pub async fn a_program_gets_a_token_for_a_password(rig: &Rig) {
    for (version, trust) in [("2005", V2005), ("13", V13)] {
        let answer = ask(rig, version, envelope(trust, TENANT, &upn(3), &password(3))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.header("content-type").starts_with("application/soap+xml") && answer.body.contains("TokenType"), "{answer:?}");
        // As MSAL cuts it out.
        let start = answer.body.find("<saml:Assertion").unwrap();
        let end = answer.body.find("</saml:Assertion>").unwrap() + "</saml:Assertion>".len();
        let assertion = rig.verified(&answer.body[start..end]);
        assert_eq!((assertion.audience.as_str(), assertion.issuer), (TENANT, format!("http://{SUFFIX}/adfs/services/trust/")));
        assert_eq!(assertion.name_id.value, rig.anchor("u000003"));
    }
}

pub async fn whoever_gets_none_is_told_as_ad_fs_tells(rig: &Rig) {
    let fault = async |version: &str, body: String, expected: &str| {
        let answer = ask(rig, version, body).await;
        assert_eq!(answer.status, 500, "{answer:?}");
        assert!(answer.body.contains("Fault") && answer.body.contains(expected), "{expected}: {answer:?}");
        assert!(!answer.body.contains("saml:Assertion"));
    };
    fault("13", envelope(V13, TENANT, &upn(33), "wrong-password"), "FailedAuthentication").await;
    fault("13", envelope(V13, TENANT, "nobody@contoso.example", "wrong-password"), "FailedAuthentication").await;
    fault("13", envelope(V13, TENANT, &upn(33), ""), "").await;
    fault("13", envelope(V13, "urn:stranger", &upn(3), &password(3)), "RequestFailed").await;
    fault("13", envelope(V13, TENANT, &upn(4), &password(4)), "RequestFailed").await;
    assert!(rig.last_denial().contains("not in the scope"), "{}", rig.last_denial());
    fault("2005", envelope(V13, TENANT, &upn(3), &password(3)), "InvalidRequest").await;
    fault("13", "<!DOCTYPE x><x/>".to_owned(), "InvalidRequest").await;
    fault("13", String::new(), "InvalidRequest").await;
    // The lock is the form's: after as many wrong passwords here the right one opens nothing there.
    for _ in 0..10 {
        ask(rig, "13", envelope(V13, TENANT, &upn(36), "wrong-password")).await;
    }
    let mut browser = rig.browser();
    let refused = rig.sign_in(&mut browser, 36).await;
    assert!(refused.asks() && refused.status == 401, "{refused:?}");
}
