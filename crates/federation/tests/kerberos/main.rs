//! Sign-in by tickets of a real domain controller, made by MIT's client: one test, because a domain takes seconds to start.
//!
//! The same scenarios for both acceptors: with the feature `gssapi` it is MIT's that judges. Where they differ, the test says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![forbid(unsafe_code)]

mod browser;
#[path = "../../../cli/tests/samba/domain.rs"]
mod domain;
#[cfg(feature = "gssapi")]
mod environment;
mod meddled;
mod replayed;
mod stage;

use jiff::{SignedDuration, Timestamp};
use samesign_federation::negotiate::TicketRefusal;
use samesign_federation::{ChannelBinding, clock};
use stage::{REALM, Stage};

/// NEGOTIATE_MESSAGE of NTLM (MS-NLMP 2.2.1.1), the least one.
const NTLM: &[u8] = b"NTLMSSP\0\x01\0\0\0\x07\x82\x08\xa2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

#[tokio::test(flavor = "multi_thread")]
async fn tickets_of_a_real_domain_let_their_owners_in_once_and_nobody_else() {
    #[cfg(feature = "gssapi")]
    if environment::was_run_there("tickets_of_a_real_domain_let_their_owners_in_once_and_nobody_else") {
        return;
    }
    let stage = Stage::start();
    #[cfg(feature = "gssapi")]
    environment::another_keytab_is_refused(&stage.path(""), &stage.keytab());
    the_owner_of_a_ticket_gets_in_once_and_knows_with_whom_it_speaks(&stage).await;
    another_realm_does_not_get_in(&stage).await;
    a_clock_that_is_off_is_told(&stage).await;
    ntlm_does_not_get_in(&stage).await;
    a_binding_has_to_be_that_of_the_connection(&stage).await;
    meddled::no_changed_byte_lets_anybody_in(&stage).await;
    replayed::nothing_gets_in_twice(&stage).await;
    browser::curl_signs_in(&stage).await;
    keys_of_older_versions_open_tickets(&stage).await;
    a_key_of_an_old_password_opens_nothing_until_the_keytab_is_exported(&stage).await;
    rc4_does_not_get_in(&stage).await;
}

async fn the_owner_of_a_ticket_gets_in_once_and_knows_with_whom_it_speaks(stage: &Stage) {
    let (service, mut client) = (stage.service(), stage.client("u000003", 1, None));
    let token = client.tokens[0].clone();
    let ticket = service.sign_in(&token).await.unwrap();
    assert_eq!((ticket.account.as_str(), ticket.realm.as_str()), ("u000003", REALM));
    assert_eq!(client.hear(&ticket.reply), "complete");
    assert!(matches!(service.sign_in(&token).await, Err(TicketRefusal::Replayed)));
    assert!(matches!(stage.service().sign_in(&token).await, Err(TicketRefusal::Replayed)), "also not after a restart");
}

async fn another_realm_does_not_get_in(stage: &Stage) {
    let service = stage.service_with(&["OTHER.EXAMPLE.COM", "corp.example.com"], ChannelBinding::Off);
    let client = stage.client("u000003", 1, None);
    let refusal = service.sign_in(&client.tokens[0]).await.unwrap_err();
    assert!(matches!(&refusal, TicketRefusal::Realm { realm } if realm == REALM), "{refusal}");
}

async fn a_clock_that_is_off_is_told(stage: &Stage) {
    let (service, client, now) = (stage.service(), stage.client("u000003", 1, None), clock::now());
    for (seconds, expected) in [(301, -301), (-302, 302), (86_400, -86_400)] {
        let refusal = service.sign_in_at(&client.tokens[0], moved(now, seconds)).await.unwrap_err();
        // A second may pass between the token and `now`.
        assert!(matches!(refusal, TicketRefusal::Skew { seconds } if (expected - 2..=expected).contains(&seconds)), "{refusal}");
    }
    service.sign_in_at(&client.tokens[0], moved(now, 290)).await.unwrap();
}

async fn ntlm_does_not_get_in(stage: &Stage) {
    let service = stage.service();
    for token in [NTLM.to_vec(), in_spnego(NTLM)] {
        let refusal = service.sign_in(&token).await.unwrap_err();
        assert!(matches!(refusal, TicketRefusal::Ntlm), "{refusal}");
    }
}

async fn a_binding_has_to_be_that_of_the_connection(stage: &Stage) {
    let end_point = [0x5a; 32];
    let named = [b"tls-server-end-point:".as_slice(), &end_point].concat();
    let other = [b"tls-server-end-point:".as_slice(), &[7; 32]].concat();
    let (required, when_sent, off) = (ChannelBinding::Required, ChannelBinding::WhenSent, ChannelBinding::Off);
    let cases = [
        (required, Some(&named), true),
        (required, Some(&other), false),
        (required, None, false),
        (when_sent, Some(&named), true),
        (when_sent, Some(&other), false),
        (when_sent, None, true),
        (off, Some(&other), true),
    ];
    for (binding, sent, expected) in cases {
        let service = stage.service_with(&[REALM], binding);
        let client = stage.client("u000004", 1, sent.map(Vec::as_slice));
        let result = service.negotiate.sign_in(&client.tokens[0], Some(&end_point), clock::now()).await;
        assert!(matches!((&result, expected), (Ok(_), true) | (Err(TicketRefusal::Binding), false)), "{binding:?} {sent:?}: {result:?}");
    }
    let service = stage.service_with(&[REALM], required);
    let client = stage.client("u000004", 1, Some(&named));
    let result = service.negotiate.sign_in(&client.tokens[0], None, clock::now()).await;
    assert!(matches!(result, Err(TicketRefusal::Binding)), "nothing to compare it with: {result:?}");
}

async fn keys_of_older_versions_open_tickets(stage: &Stage) {
    // The ticket is made with the old key, and presented when the keytab has the new one too.
    let (before, old) = (stage.client("u000005", 1, None), std::fs::read(stage.keytab()).unwrap());
    stage.set_password("Serve-Pw-2!");
    let new = std::fs::read(stage.keytab()).unwrap();
    std::fs::write(stage.keytab(), [old.as_slice(), &new[2..]].concat()).unwrap();
    let after = stage.client("u000006", 1, None);
    for (who, token) in [("u000005", &before.tokens[0]), ("u000006", &after.tokens[0])] {
        assert_eq!(stage.service().sign_in(token).await.unwrap().account, who);
    }
    stage.domain.change(&["set", "svc-sts", "msDS-SupportedEncryptionTypes=8"]);
    a_session_key_of_aes_128_is_answered_by_who_can(stage).await;
    stage.domain.change(&["set", "svc-sts", "msDS-SupportedEncryptionTypes=24"]);
}

/// `sspi` answers with AES-256 whatever the session key is, so that it must not answer here; MIT Kerberos does it right.
async fn a_session_key_of_aes_128_is_answered_by_who_can(stage: &Stage) {
    let mut client = stage.client("u000007", 1, None);
    let result = stage.service().sign_in(&client.tokens[0]).await;
    if cfg!(feature = "gssapi") {
        assert_eq!(client.hear(&result.unwrap().reply), "complete");
    } else {
        assert!(matches!(result, Err(TicketRefusal::SessionKey)), "{result:?}");
    }
}

async fn a_key_of_an_old_password_opens_nothing_until_the_keytab_is_exported(stage: &Stage) {
    let service = stage.service();
    stage.set_password_only("Serve-Pw-3!");
    let client = stage.client("u000003", 1, None);
    let refusal = service.sign_in(&client.tokens[0]).await.unwrap_err();
    assert!(matches!(&refusal, TicketRefusal::Key { .. }), "{refusal}");
    assert!(refusal.to_string().contains("export the keytab again"), "{refusal}");
    let old = std::fs::read(stage.keytab()).unwrap();
    std::fs::write(stage.keytab(), b"half").unwrap();
    assert!(matches!(service.sign_in(&client.tokens[0]).await, Err(TicketRefusal::Key { .. })), "the old keys stay");
    std::fs::write(stage.keytab(), old).unwrap();
    stage.set_password("Serve-Pw-3!");
    let client = stage.client("u000003", 3, None);
    service.sign_in(&client.tokens[0]).await.unwrap();
    // MIT Kerberos reads the file itself at each sign-in, so that the keys read before do not help while it is half written.
    let whole = std::fs::read(stage.keytab()).unwrap();
    std::fs::write(stage.keytab(), b"half").unwrap();
    let result = service.sign_in(&client.tokens[1]).await;
    if cfg!(feature = "gssapi") {
        assert!(matches!(&result, Err(TicketRefusal::Acceptor(why)) if why.contains("cannot use the keytab")), "{result:?}");
    } else {
        assert!(result.is_ok(), "{result:?}");
    }
    std::fs::write(stage.keytab(), whole).unwrap();
    service.sign_in(&client.tokens[2]).await.unwrap();
}

async fn rc4_does_not_get_in(stage: &Stage) {
    stage.domain.change(&["set", "svc-sts", "msDS-SupportedEncryptionTypes=4"]);
    let client = stage.client_as("u000003", 1, None, "  allow_rc4 = true\n  allow_weak_crypto = true");
    let refusal = stage.service().sign_in(&client.tokens[0]).await.unwrap_err();
    assert!(matches!(refusal, TicketRefusal::Encryption { encryption_type: 23 }), "{refusal}");
}

/// A NegTokenInit that offers NTLM alone (RFC 4178 4.2.1).
fn in_spnego(token: &[u8]) -> Vec<u8> {
    let element = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
    let mechanisms = element(0xa0, &element(0x30, &element(0x06, &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a])));
    let init = element(0xa0, &element(0x30, &[mechanisms, element(0xa2, &element(0x04, token))].concat()));
    element(0x60, &[element(0x06, &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x02]), init].concat())
}

fn moved(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}
