//! WS-Trust: what a program asks, and what it is answered.

use jiff::SignedDuration;
use proptest::prelude::*;
use samesign_wire::saml::{Presented, Refusal, Version, saml11};
use samesign_wire::wstrust::{Fault, RequestSecurityToken, Trust, fault, mex, response};

use crate::key::{AUDIENCE, saml11_assertion};
use crate::support::{beginnings, example, keys, now, signer, text};

/// As programs send it, with line breaks and other prefixes than ours.
const REQUEST: &str = r#"<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing"
    xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">
  <s:Header>
    <a:Action s:mustUnderstand="1">http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Issue</a:Action>
    <a:MessageID>urn:uuid:0c8ad4a1-5b0f-4b51-9d0f-2a4f1b6c7d8e</a:MessageID>
    <a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>
    <a:To s:mustUnderstand="1">https://sts.contoso.example/adfs/services/trust/13/usernamemixed</a:To>
    <o:Security s:mustUnderstand="1" xmlns:o="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd">
      <wsu:Timestamp wsu:Id="_0">
        <wsu:Created>2026-11-23T07:20:00Z</wsu:Created>
        <wsu:Expires>2026-11-23T07:30:00Z</wsu:Expires>
      </wsu:Timestamp>
      <o:UsernameToken wsu:Id="user">
        <o:Username>anna.o'brien@contoso.example</o:Username>
        <o:Password> &lt;gülle&gt;&amp;'"  </o:Password>
      </o:UsernameToken>
    </o:Security>
  </s:Header>
  <s:Body>
    <trust:RequestSecurityToken xmlns:trust="http://docs.oasis-open.org/ws-sx/ws-trust/200512">
      <wsp:AppliesTo xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy">
        <a:EndpointReference>
          <a:Address>
            urn:federation:MicrosoftOnline
          </a:Address>
        </a:EndpointReference>
      </wsp:AppliesTo>
      <trust:KeyType>http://docs.oasis-open.org/ws-sx/ws-trust/200512/Bearer</trust:KeyType>
      <trust:RequestType>http://docs.oasis-open.org/ws-sx/ws-trust/200512/Issue</trust:RequestType>
      <trust:TokenType>urn:oasis:names:tc:SAML:1.0:assertion</trust:TokenType>
      <trust:Renewing/>
    </trust:RequestSecurityToken>
  </s:Body>
</s:Envelope>"#;

const PASSWORD: &str = " <gülle>&'\"  ";

/// The answer in WS-Trust 1.3: the envelope, and in it a collection with one answer.
const RESPONSE: &str = r#"
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">
 <s:Header>
  <a:Action xmlns:a="http://www.w3.org/2005/08/addressing" s:mustUnderstand="1">http://docs.oasis-open.org/ws-sx/ws-trust/200512/RSTRC/IssueFinal</a:Action>
  <a:RelatesTo xmlns:a="http://www.w3.org/2005/08/addressing">urn:uuid:0c8ad4a1-5b0f-4b51-9d0f-2a4f1b6c7d8e</a:RelatesTo>
  <o:Security xmlns:o="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd" s:mustUnderstand="1">
   <u:Timestamp xmlns:u="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" u:Id="_0">
    <u:Created>2026-11-23T07:20:00.123Z</u:Created><u:Expires>2026-11-23T07:25:00.123Z</u:Expires>
   </u:Timestamp>
  </o:Security>
 </s:Header>
 <s:Body>
  <trust:RequestSecurityTokenResponseCollection xmlns:trust="http://docs.oasis-open.org/ws-sx/ws-trust/200512">
   <trust:RequestSecurityTokenResponse>
    <trust:Lifetime>
     <wsu:Created xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">2026-11-23T07:20:00.123Z</wsu:Created>
     <wsu:Expires xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">2026-11-23T08:20:00.123Z</wsu:Expires>
    </trust:Lifetime>
    <wsp:AppliesTo xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy">
     <wsa:EndpointReference xmlns:wsa="http://www.w3.org/2005/08/addressing">
      <wsa:Address>urn:federation:MicrosoftOnline</wsa:Address>
     </wsa:EndpointReference>
    </wsp:AppliesTo>
    <trust:RequestedSecurityToken>(assertion)</trust:RequestedSecurityToken>
    <trust:TokenType>urn:oasis:names:tc:SAML:1.0:assertion</trust:TokenType>
    <trust:RequestType>http://docs.oasis-open.org/ws-sx/ws-trust/200512/Issue</trust:RequestType>
    <trust:KeyType>http://docs.oasis-open.org/ws-sx/ws-trust/200512/Bearer</trust:KeyType>
   </trust:RequestSecurityTokenResponse>
  </trust:RequestSecurityTokenResponseCollection>
 </s:Body>
</s:Envelope>"#;

const FAULT: &str = r#"
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">
 <s:Header>
  <a:Action xmlns:a="http://www.w3.org/2005/08/addressing" s:mustUnderstand="1">http://www.w3.org/2005/08/addressing/soap/fault</a:Action>
  <a:RelatesTo xmlns:a="http://www.w3.org/2005/08/addressing">urn:uuid:1</a:RelatesTo>
 </s:Header>
 <s:Body>
  <s:Fault>
   <s:Code>
    <s:Value>s:Sender</s:Value>
    <s:Subcode>
     <s:Value xmlns:c="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd">c:FailedAuthentication</s:Value>
    </s:Subcode>
   </s:Code>
   <s:Reason><s:Text xml:lang="en">The user name or password is wrong, or the account may not sign in.</s:Text></s:Reason>
  </s:Fault>
 </s:Body>
</s:Envelope>"#;

fn older(request: &str) -> String {
    request
        .replace("ws-trust/200512/Bearer", "BEARER")
        .replace("http://docs.oasis-open.org/ws-sx/BEARER", "http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey")
        .replace("http://docs.oasis-open.org/ws-sx/ws-trust/200512", "http://schemas.xmlsoap.org/ws/2005/02/trust")
}

fn refused(document: &str) -> Option<Refusal> {
    RequestSecurityToken::read(document.as_bytes()).err()
}

#[test]
fn a_request_of_either_version_is_read() {
    for (document, trust) in [(REQUEST.to_owned(), Trust::V13), (older(REQUEST), Trust::V2005)] {
        let request = RequestSecurityToken::read(document.as_bytes()).unwrap_or_else(|refusal| panic!("{refusal}: {document}"));
        assert_eq!(request.trust, trust);
        assert_eq!(request.message_id, "urn:uuid:0c8ad4a1-5b0f-4b51-9d0f-2a4f1b6c7d8e");
        assert_eq!(request.applies_to, AUDIENCE);
        assert_eq!(request.username, "anna.o'brien@contoso.example");
        assert_eq!(request.password.expose(), PASSWORD);
        assert_eq!(request.created.unwrap().to_string(), "2026-11-23T07:20:00Z");
        assert_eq!(request.expires.unwrap().to_string(), "2026-11-23T07:30:00Z");
    }
    for beginning in beginnings(REQUEST) {
        assert!(RequestSecurityToken::read(beginning).is_err());
    }
}

#[test]
fn what_may_be_missing_may_be_missing() {
    let start = REQUEST.find("<wsu:Timestamp").unwrap();
    let end = REQUEST.find("<o:UsernameToken").unwrap();
    let bare = format!("{}{}", &REQUEST[..start], &REQUEST[end..]);
    let bare = bare.replace("<a:MessageID>urn:uuid:0c8ad4a1-5b0f-4b51-9d0f-2a4f1b6c7d8e</a:MessageID>", "");
    let request = RequestSecurityToken::read(bare.as_bytes()).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!((request.created, request.expires, request.message_id.as_str()), (None, None, ""));
}

#[test]
fn what_a_request_must_not_be_is_refused_by_name() {
    let value = |what, value: &str| Refusal::Value { what, value: value.to_owned() };
    for (from, to, refusal) in [
        ("2003/05/soap-envelope", "2001/12/soap-envelope", Refusal::Missing("Envelope")),
        ("trust:RequestSecurityToken", "trust:RequestSecurityTokens", Refusal::Missing("RequestSecurityToken")),
        ("200512/RST/Issue", "200512/RST/Renew", value("Action", "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Renew")),
        ("200512/Issue<", "200512/Renew<", value("RequestType", "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Renew")),
        ("200512/Bearer", "200512/PublicKey", value("KeyType", "http://docs.oasis-open.org/ws-sx/ws-trust/200512/PublicKey")),
        ("SAML:1.0:assertion", "SAML:2.0:assertion", value("TokenType", "urn:oasis:names:tc:SAML:2.0:assertion")),
        ("07:20:00Z", "07:20", value("Created", "2026-11-23T07:20")),
        ("<o:Username>anna.o'brien@contoso.example</o:Username>", "<o:Username/>", Refusal::Missing("Username")),
        ("<o:Username>anna.o'brien@contoso.example</o:Username>", "", Refusal::Missing("Username")),
        ("o:UsernameToken", "o:BinarySecurityToken", Refusal::Missing("UsernameToken")),
        ("wsp:AppliesTo", "wsp:Applies", Refusal::Missing("AppliesTo")),
        ("o:Security", "o:Insecurity", Refusal::Missing("Security")),
    ] {
        let changed = REQUEST.replace(from, to);
        assert_ne!(changed, REQUEST, "{from}");
        assert_eq!(refused(&changed), Some(refusal), "{from}");
    }
}

#[test]
fn no_refusal_shows_a_password() {
    for (from, to) in [
        ("</o:Password>", "<x/></o:Password>"),
        (
            "<o:Password>",
            "<o:Password Type=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest\">",
        ),
        ("<o:Password>", "<o:Password/>hunter2<o:Password>"),
        ("<o:Password>", "<o:Nonce>hunter2</o:Nonce><o:Pass>"),
        ("</o:Username>", "</o:Username>hunter2"),
        ("<o:Username>", "hunter2<o:Username>"),
        ("<o:UsernameToken", "hunter2<o:UsernameToken"),
        ("&lt;gülle", "&hunter2;gülle"),
        ("&lt;gülle", "<!-- hunter2 -->gülle"),
        ("</o:Password>", "hunter2"),
    ] {
        let changed = REQUEST.replacen(from, to, 1);
        assert_ne!(changed, REQUEST, "{from}");
        let refusal = refused(&changed).unwrap_or_else(|| panic!("{changed}"));
        let shown = format!("{refusal} {refusal:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("gülle"), "{from}: {shown}");
    }
}

#[test]
fn the_answer_brings_the_token() {
    let token = saml11::write(&saml11_assertion(now()), signer()).unwrap();
    let until = now() + SignedDuration::from_hours(1);
    let answered = "urn:uuid:0c8ad4a1-5b0f-4b51-9d0f-2a4f1b6c7d8e";
    let written = response(Trust::V13, answered, &token, AUDIENCE, now(), until).unwrap();
    assert_eq!(written, example(RESPONSE).replace("(assertion)", &token));
    let older = response(Trust::V2005, answered, &token, AUDIENCE, now(), until).unwrap();
    assert!(older.contains("<s:Body><t:RequestSecurityTokenResponse xmlns:t=\"http://schemas.xmlsoap.org/ws/2005/02/trust\">"), "{older}");
    assert!(older.contains("http://schemas.xmlsoap.org/ws/2005/02/trust/RSTR/Issue</a:Action>"), "{older}");
    for document in [written, older] {
        let (_, rest) = document.split_once("RequestedSecurityToken>").unwrap();
        let cut_out = &rest[..rest.find("</t").unwrap()];
        assert_eq!(cut_out, token, "as MSAL cuts it out");
        let verified = Presented::read(cut_out.as_bytes()).unwrap().verify(&keys()).unwrap();
        assert_eq!((verified.version(), verified.assertion()), (Version::One, &saml11_assertion(now())));
    }
}

#[test]
fn a_fault_says_why() {
    assert_eq!(fault(Trust::V13, Some("urn:uuid:1"), Fault::FailedAuthentication).unwrap(), example(FAULT));
    let written = fault(Trust::V2005, None, Fault::InvalidRequest).unwrap();
    assert!(written.contains(r#"<s:Value xmlns:c="http://schemas.xmlsoap.org/ws/2005/02/trust">c:InvalidRequest</s:Value>"#), "{written}");
    assert!(!written.contains("RelatesTo"), "{written}");
    let odd = fault(Trust::V13, Some("<s:Value>c:\""), Fault::RequestFailed).unwrap();
    assert!(odd.contains(">&lt;s:Value&gt;c:\"</a:RelatesTo>"), "{odd}");
}

#[test]
fn the_service_says_where_programs_ask() {
    let written = mex("https://sts.example/2005?a&b", "https://sts.example/13?\"").unwrap();
    let tree = roxmltree::Document::parse(&written).unwrap();
    let addresses: Vec<_> =
        tree.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2005/08/addressing", "Address"))).collect();
    assert_eq!(
        addresses.iter().map(|node| node.text().unwrap()).collect::<Vec<_>>(),
        ["https://sts.example/2005?a&b", "https://sts.example/13?\""]
    );
    let policies = tree.descendants().filter(|node| node.has_tag_name("PolicyReference")).map(|node| node.attribute("URI").unwrap());
    let utility = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
    for policy in policies {
        let named = tree.descendants().filter(|node| node.attribute((utility, "Id")) == policy.strip_prefix('#'));
        assert_eq!(named.count(), 1, "{policy}");
    }
    assert!(mex("\u{0}", "").is_err());
}

proptest! {
    #[test]
    fn a_password_comes_as_it_was_typed(username in text(), password in text()) {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#13;");
        let document = REQUEST.replace("anna.o'brien@contoso.example", &escape(&username)).replace(" &lt;gülle&gt;&amp;'\"  ", &escape(&password));
        let request = RequestSecurityToken::read(document.as_bytes()).map_err(|refusal| TestCaseError::fail(refusal.to_string()))?;
        prop_assert_eq!(request.username, username);
        prop_assert_eq!(request.password.expose(), password);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(RequestSecurityToken::read(&bytes).is_err());
    }
}
