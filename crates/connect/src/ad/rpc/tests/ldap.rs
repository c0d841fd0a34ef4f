//! The same somebody before LDAP, which Kerberos seals in the same way. (A message left out of an answer of several is beside
//! the seal itself: Samba sends every answer in one.)

use samesign_wire::Secret;

use super::between::{Between, Sent, address, untouched};
use super::domain::Domain;
use crate::ad::{AdConfig, Credential, USERS, connect};
use crate::source::{Completeness, Known};

/// The first byte of an LDAP message that is not sealed; a sealed one begins with the highest byte of its length.
const BARE: u8 = 0x30;
/// Which sealed message is meddled with: the one with the people. Those before it answer the question who the server is.
const MEDDLED: usize = 7;

/// Reads people while the message with them is replaced by what `meddle` makes of all the sealed ones so far.
async fn with(domain: &Domain, meddle: impl Fn(Vec<Vec<u8>>) -> Vec<Vec<u8>> + Send + 'static) -> Result<(), String> {
    let mut sealed = Vec::new();
    let _between = Between::start(domain, &[], move |_, message| {
        if message[0] == BARE {
            return untouched(message);
        }
        sealed.push(message.clone());
        if sealed.len() == MEDDLED { Sent::Fragments(meddle(sealed.clone())) } else { untouched(message) }
    })
    .await;
    let config = AdConfig {
        domain: domain.fact("domain").to_owned(),
        servers: vec![format!("ldap://{}", address()).parse().unwrap()],
        user: domain.account("svc-samesign", "user").to_owned(),
        credential: Credential::KerberosPassword(Secret::new(domain.account("svc-samesign", "password").to_owned())),
        ca: None,
        ntlm: false,
    };
    let mut session = connect(&config).await.unwrap_or_else(|error| panic!("{error}"));
    let report = session.read_objects(domain.fact("base_dn"), USERS, &["mail"], &Known::new(), &mut |_| {}).await;
    match report.completeness {
        Completeness::Complete => Ok(()),
        Completeness::Incomplete(reason) => Err(reason),
    }
}

pub async fn every_meddling_is_noticed(domain: &Domain) {
    with(domain, |sealed| sealed[MEDDLED - 1..].to_vec()).await.unwrap();
    let said = |result: Result<(), String>, expected: &str| {
        let reason = result.unwrap_err();
        assert!(reason.contains(expected), "{reason}");
    };
    let disordered = "left out, repeated or came out of order";
    said(with(domain, |sealed| vec![sealed[MEDDLED - 1].clone(), sealed[MEDDLED - 1].clone()]).await, disordered);
    said(with(domain, |sealed| sealed[MEDDLED - 2..MEDDLED - 1].to_vec()).await, disordered);
    let altered = |mut sealed: Vec<Vec<u8>>| {
        *sealed[MEDDLED - 1].last_mut().unwrap() ^= 1;
        sealed.split_off(MEDDLED - 1)
    };
    said(with(domain, altered).await, "altered on its way");
}
