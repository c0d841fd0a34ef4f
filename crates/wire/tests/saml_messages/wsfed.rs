//! WS-Federation: requests in a query, the answer in a form.

use jiff::SignedDuration;
use proptest::prelude::*;
use samesign_wire::saml::{Presented, Refusal, Version, saml11};
use samesign_wire::wsfed::{Request, SignIn, response};

use crate::key::{AUDIENCE, saml11_assertion};
use crate::support::{beginnings, example, keys, now, signer};

/// The value of `wresult`, with the assertion where it stands.
const RESPONSE: &str = r#"
<t:RequestSecurityTokenResponse xmlns:t="http://schemas.xmlsoap.org/ws/2005/02/trust">
 <t:Lifetime>
  <wsu:Created xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">2026-11-23T07:20:00.123Z</wsu:Created>
  <wsu:Expires xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">2026-11-23T08:20:00.123Z</wsu:Expires>
 </t:Lifetime>
 <wsp:AppliesTo xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy">
  <wsa:EndpointReference xmlns:wsa="http://www.w3.org/2005/08/addressing">
   <wsa:Address>urn:federation:MicrosoftOnline</wsa:Address>
  </wsa:EndpointReference>
 </wsp:AppliesTo>
 <t:RequestedSecurityToken>(assertion)</t:RequestedSecurityToken>
 <t:TokenType>urn:oasis:names:tc:SAML:1.0:assertion</t:TokenType>
 <t:RequestType>http://schemas.xmlsoap.org/ws/2005/02/trust/Issue</t:RequestType>
 <t:KeyType>http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey</t:KeyType>
</t:RequestSecurityTokenResponse>"#;

/// What Microsoft 365 asks (names shortened): `wctx` goes back byte for byte, unknown parameters are passed over.
const QUERY: &str = "client-request-id=5f0c7c1e&wa=wsignin1.0&wtrealm=urn%3Afederation%3AMicrosoftOnline\
                     &wctx=LoginOptions%3D3%26estsredirect%3D2%26estsrequest%3DrQQ%2Bx%2F%3D%3D&cbcxt=&username=anna%2Bb%40contoso.example\
                     &mkt=&lc=&wfresh=0&wauth=http%3A%2F%2Fschemas.microsoft.com%2Fws%2F2008%2F06%2Fidentity%2Fauthenticationmethod%2Fpassword";

fn parameters(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

#[test]
fn the_request_of_microsoft_365_is_read() {
    let expected = SignIn {
        realm: AUDIENCE.to_owned(),
        context: Some("LoginOptions=3&estsredirect=2&estsrequest=rQQ+x/==".to_owned()),
        username: Some("anna+b@contoso.example".to_owned()),
        fresh: Some(0),
        authentication: Some("http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password".to_owned()),
        request_id: Some("5f0c7c1e".to_owned()),
        ..SignIn::default()
    };
    assert!(expected.asks_anew());
    assert_eq!(expected.hint(), Some("anna+b@contoso.example"));
    assert_eq!(Request::parse(&parameters(QUERY)), Ok(Request::SignIn(expected)));
}

#[test]
fn only_a_fresh_sign_in_is_asked_anew() {
    let sign_in = |query: &str| match Request::parse(&parameters(&format!("wa=wsignin1.0&wtrealm=a{query}"))) {
        Ok(Request::SignIn(sign_in)) => sign_in,
        other => panic!("{other:?}"),
    };
    assert!(!sign_in("").asks_anew());
    assert!(!sign_in("&wfresh=30").asks_anew());
    assert!(!sign_in("&prompt=select_account").asks_anew());
    assert!(sign_in("&prompt=login").asks_anew());
    assert!(sign_in("&wfresh=0").asks_anew());
    assert_eq!(sign_in("&login_hint=b").hint(), Some("b"));
}

#[test]
fn a_sign_out_is_read() {
    let read = |query: &str| Request::parse(&parameters(query));
    let reply = Some("https://portal.contoso.example/".to_owned());
    let out = Request::SignOut { reply: reply.clone(), realm: Some("a".to_owned()), context: None };
    assert_eq!(read("wa=wsignout1.0&wreply=https%3A%2F%2Fportal.contoso.example%2F&wtrealm=a"), Ok(out));
    assert_eq!(read("wa=wsignoutcleanup1.0&wreply=https%3A%2F%2Fportal.contoso.example%2F"), Ok(Request::SignOutCleanup { reply }));
    assert_eq!(read("wa=wsignoutcleanup1.0"), Ok(Request::SignOutCleanup { reply: None }));
}

#[test]
fn what_is_no_request_is_refused_by_name() {
    for (query, refusal) in [
        ("", Refusal::Missing("wa")),
        ("wa=", Refusal::Missing("wa")),
        ("wa=wsignin1.0", Refusal::Missing("wtrealm")),
        ("wa=wsignin1.0&wtrealm=", Refusal::Missing("wtrealm")),
        ("wa=wsignin1.0&wa=wsignout1.0&wtrealm=a", Refusal::Missing("wa")),
        ("wa=wsignin1.0&wtrealm=a&wtrealm=b", Refusal::Missing("wtrealm")),
        ("wa=wsignin1.0&wtrealm=a&wctx=b&wctx=b", Refusal::Missing("wctx")),
        ("wa=wsignin2.0&wtrealm=a", Refusal::Value { what: "wa", value: "wsignin2.0".to_owned() }),
        ("wa=wsignin1.0&wtrealm=a&wfresh=-1", Refusal::Value { what: "wfresh", value: "-1".to_owned() }),
        ("wa=wsignin1.0&wtrealm=a&wfresh=99999999999", Refusal::Value { what: "wfresh", value: "99999999999".to_owned() }),
    ] {
        assert_eq!(Request::parse(&parameters(query)), Err(refusal), "{query}");
    }
}

#[test]
fn the_answer_is_shaped_as_ad_fs_does() {
    let token = saml11::write(&saml11_assertion(now()), signer()).unwrap();
    let written = response(&token, AUDIENCE, now(), now() + SignedDuration::from_hours(1)).unwrap();
    assert_eq!(written, example(RESPONSE).replace("(assertion)", &token));
    let verified = Presented::read(written.as_bytes()).unwrap().verify(&keys()).unwrap();
    assert_eq!((verified.version(), verified.assertion()), (Version::One, &saml11_assertion(now())));
    for beginning in beginnings(&written) {
        assert!(Presented::read(beginning).is_err());
    }
}

fn optional() -> impl Strategy<Value = Option<String>> {
    prop::option::of(any::<String>().prop_filter("an empty parameter is as good as none", |text| !text.is_empty()))
}

proptest! {
    #[test]
    fn a_request_comes_back_as_it_was(
        realm in ".{1,20}",
        hints in (optional(), optional(), optional(), optional(), prop::option::of(any::<u32>())),
        more in (optional(), optional(), optional(), optional()),
    ) {
        let (context, reply, username, login_hint, fresh) = hints;
        let (authentication, home_realm, prompt, request_id) = more;
        let sign_in =
            SignIn { realm, context, reply, username, login_hint, fresh, authentication, home_realm, prompt, request_id };
        let read = Request::parse(&parameters(&sign_in.to_query()));
        prop_assert_eq!(read, Ok(Request::SignIn(sign_in)));
    }

    #[test]
    fn a_sign_out_comes_back_as_it_was(reply in optional(), realm in optional(), context in optional()) {
        let out = Request::SignOut { reply: reply.clone(), realm, context };
        prop_assert_eq!(Request::parse(&parameters(&out.to_query())), Ok(out));
        let cleanup = Request::SignOutCleanup { reply };
        prop_assert_eq!(Request::parse(&parameters(&cleanup.to_query())), Ok(cleanup));
    }
}
