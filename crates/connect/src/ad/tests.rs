//! Bytes that a server, a file or a configuration may give us, and what becomes of them.

mod dns;
mod hostile;
mod texts;

use ldap3_proto::LdapCodec;
use ldap3_proto::proto::{LdapMsg, LdapOp, LdapPartialAttribute, LdapResult, LdapResultCode, LdapSearchResultEntry};
use tokio_util::codec::Encoder as _;

pub(super) const GUID: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

pub(super) fn encoded(id: i32, op: LdapOp) -> Vec<u8> {
    let mut bytes = bytes::BytesMut::new();
    LdapCodec::default().encode(LdapMsg::new(id, op), &mut bytes).unwrap();
    bytes.to_vec()
}

pub(super) fn entry(attributes: &[(&str, &[&[u8]])]) -> Vec<u8> {
    let attributes = attributes.iter().map(|(name, values)| LdapPartialAttribute {
        atype: (*name).to_owned(),
        vals: values.iter().map(|value| value.to_vec()).collect(),
    });
    let dn = "CN=Ana Ruiz,OU=Staff,DC=corp,DC=example,DC=com".to_owned();
    encoded(7, LdapOp::SearchResultEntry(LdapSearchResultEntry { dn, attributes: attributes.collect() }))
}

pub(super) fn result(code: LdapResultCode, message: &str) -> LdapResult {
    LdapResult { code, matcheddn: String::new(), message: message.to_owned(), referral: Vec::new() }
}
