mod kdc;

use proptest::prelude::*;
use samesign_connect::ad::service_keys;

use super::message::ApReq;
use super::proof::{Proved, prove};
use super::{Acceptable, TicketRefusal, binding, spnego};
use crate::ChannelBinding;
use kdc::{Forged, HOST, NOW, REALM, gss_checksum, keys, keytab};

const END_POINT: &[u8] = &[0xab; 32];

fn judge(forged: &Forged) -> Result<Proved, TicketRefusal> {
    judge_token(&forged.token(), ChannelBinding::Off, Some(END_POINT))
}

fn judge_token(token: &[u8], binding: ChannelBinding, end_point: Option<&[u8]>) -> Result<Proved, TicketRefusal> {
    let realms = [REALM.to_owned(), "CHILD.EXAMPLE.COM".to_owned()];
    let request = ApReq::read(spnego::read(token)?.ap_req).ok_or(TicketRefusal::Malformed("KRB_AP_REQ"))?;
    prove(&request, &keys(), &Acceptable { host: HOST, realms: &realms, binding }, end_point, NOW)
}

#[track_caller]
fn assert_refused(change: impl FnOnce(&mut Forged), expected: impl Fn(&TicketRefusal) -> bool) {
    let mut forged = Forged::default();
    change(&mut forged);
    let result = judge(&forged);
    assert!(result.as_ref().is_err_and(expected), "{result:?}");
}

fn malformed(refusal: &TicketRefusal) -> bool {
    matches!(refusal, TicketRefusal::Malformed(_))
}

#[test]
fn a_right_ticket_names_its_owner() {
    let proved = judge(&Forged::default()).unwrap();
    assert_eq!((proved.account.as_str(), proved.realm.as_str(), proved.session_key_type), ("ana", REALM, 18));
    let again = judge(&Forged::default()).unwrap();
    assert_ne!(proved.once, again.once, "each authenticator is encrypted with other random bytes");
}

#[test]
fn the_right_key_is_found_by_version_and_without_it() {
    for (version, kind, secret) in [
        (Some(2), 18, vec![2; 32]),
        (Some(7), 18, vec![2; 32]),
        (None, 18, vec![3; 32]),
        (Some(3), 17, vec![1; 16]),
        (Some(3), 18, vec![2; 32]),
    ] {
        judge(&Forged { version, ticket_type: kind, secret, ..Forged::default() }).unwrap();
    }
    assert_refused(|forged| forged.secret = vec![8; 32], |refusal| matches!(refusal, TicketRefusal::Key { version: Some(3), .. }));
    assert_refused(|forged| forged.secret = vec![4; 32], |refusal| matches!(refusal, TicketRefusal::Key { .. }));
}

#[test]
fn only_aes_is_taken() {
    for kind in [1_u8, 3, 16, 19, 23] {
        let secret = vec![5; if kind == 16 { 24 } else { 16 }];
        assert_refused(
            |forged| (forged.ticket_type, forged.secret) = (kind, secret),
            |refusal| matches!(refusal, TicketRefusal::Encryption { encryption_type } if *encryption_type == i64::from(kind)),
        );
        assert_refused(|forged| forged.session_type = kind, |refusal| matches!(refusal, TicketRefusal::Encryption { .. }));
    }
    assert_eq!(judge(&Forged { session_type: 17, ..Forged::default() }).unwrap().session_key_type, 17);
}

#[test]
fn a_ticket_is_for_this_service() {
    let elsewhere: [&'static [&'static str]; 5] = [&["HTTP", "other.localhost"], &["cifs", HOST], &["HTTP"], &["HTTP", HOST, HOST], &[]];
    for service in elsewhere {
        assert_refused(|forged| forged.service = service, |refusal| matches!(refusal, TicketRefusal::Service { .. }));
    }
    judge(&Forged { service: &["http", "STS.LOCALHOST"], ..Forged::default() }).unwrap();
    assert_refused(|forged| forged.options |= 0x4000_0000, malformed);
}

#[test]
fn ticket_and_authenticator_name_the_same_person() {
    assert_refused(|forged| forged.authenticator_client = (1, &["bob"]), malformed);
    assert_refused(|forged| forged.authenticator_realm = "CHILD.EXAMPLE.COM", malformed);
    assert_refused(|forged| forged.client = (1, &["administrator"]), malformed);
}

#[test]
fn the_name_is_that_of_an_account() {
    let names: [kdc::Name; 8] = [
        (1, &["ana", "admin"]),
        (1, &[]),
        (1, &[""]),
        (1, &["ana@contoso.example"]),
        (1, &["CORP\\ana"]),
        (1, &["ana\0"]),
        (10, &["ana@contoso.example"]),
        (10, &["ana"]),
    ];
    for name in names {
        assert_refused(
            |forged| (forged.client, forged.authenticator_client) = (name, name),
            |refusal| matches!(refusal, TicketRefusal::Name { .. }),
        );
    }
}

#[test]
fn only_named_realms_are_believed_and_only_by_a_known_way() {
    let from = |realm: &'static str, transited: &'static str, flags: u32| {
        judge(&Forged { realm, authenticator_realm: realm, transited, flags: 0x40a1_0000 | flags, ..Forged::default() })
    };
    assert_eq!(from("CHILD.EXAMPLE.COM", "", 0).unwrap().realm, "CHILD.EXAMPLE.COM");
    from("CHILD.EXAMPLE.COM", "EVIL.EXAMPLE.COM", 1 << 19).unwrap();
    from(REALM, "EXAMPLE.COM", 0).unwrap();
    for (realm, transited, flags) in [
        ("CHILD.EXAMPLE.COM", "EVIL.EXAMPLE.COM", 0),
        ("EVIL.EXAMPLE.COM", "", 1 << 19),
        ("corp.example.com", "", 0),
        ("CORP.EXAMPLE.COM\0", "", 0),
        ("", "", 0),
    ] {
        let result = from(realm, transited, flags);
        assert!(matches!(result, Err(TicketRefusal::Realm { .. })), "{realm}: {result:?}");
    }
}

#[test]
fn times_are_five_minutes_apart_at_most() {
    for at in [-300, 300] {
        judge(&Forged { at, ..Forged::default() }).unwrap();
    }
    for at in [-301, 301, -1_000_000, 1_000_000] {
        assert_refused(|forged| forged.at = at, |refusal| matches!(refusal, TicketRefusal::Skew { seconds } if *seconds == at));
    }
    judge(&Forged { from: Some(300), until: -300, ..Forged::default() }).unwrap();
    judge(&Forged { from: None, ..Forged::default() }).unwrap();
    let invalid = |refusal: &TicketRefusal| matches!(refusal, TicketRefusal::Validity { .. });
    assert_refused(|forged| forged.from = Some(301), invalid);
    assert_refused(|forged| forged.until = -301, invalid);
    // The last day there is: adding five minutes to it must not be tried.
    assert_refused(|forged| forged.until = 253_402_200_000 - NOW.as_second(), invalid);
    assert_refused(|forged| forged.flags |= 1 << 24, invalid);
}

#[test]
fn a_binding_is_looked_at_as_configured() {
    let (off, when_sent, required) = (ChannelBinding::Off, ChannelBinding::WhenSent, ChannelBinding::Required);
    let right = Some((0x8003, gss_checksum(binding::binding_for_tests(END_POINT))));
    let wrong = Some((0x8003, gss_checksum([7; 16])));
    let none = Some((0x8003, gss_checksum([0; 16])));
    let other_kind = Some((15, gss_checksum([7; 16])));
    let short = Some((0x8003, vec![16, 0, 0, 0, 7, 7]));
    let other_length = Some((0x8003, vec![15; 40]));
    for (checksum, expected) in [
        (&right, [true, true, true]),
        (&wrong, [true, false, false]),
        (&none, [true, true, false]),
        (&None, [true, true, false]),
        (&other_kind, [true, true, false]),
        (&short, [true, false, false]),
        (&other_length, [true, false, false]),
    ] {
        let token = Forged { checksum: checksum.clone(), ..Forged::default() }.token();
        for (binding, expected) in [off, when_sent, required].into_iter().zip(expected) {
            let result = judge_token(&token, binding, Some(END_POINT));
            assert_eq!(result.is_ok(), expected, "{checksum:?} {binding:?}: {result:?}");
        }
        let nothing_to_compare = judge_token(&token, required, None);
        assert!(nothing_to_compare.is_err());
    }
}

#[test]
fn a_binding_is_what_rfc_4121_says() {
    // gss_channel_bindings of no addresses and "tls-server-end-point:" with 32 bytes, digested by another implementation of MD5.
    assert_eq!(
        binding::binding_for_tests(END_POINT),
        [0xca, 0xe6, 0xd9, 0xca, 0x75, 0x31, 0xfe, 0x8a, 0x11, 0xf9, 0x11, 0x71, 0xb8, 0xc9, 0xa3, 0xba]
    );
}

#[test]
fn only_kerberos_as_first_choice_is_taken() {
    let raw = Forged::default().request();
    for token in [&b"NTLMSSP\0\x01\0\0\0"[..], &[0xa1, 0x07, 0x30, 0x05, 0xa0, 0x03, 0x0a, 0x01, 0x00], &raw, &[]] {
        assert!(spnego::read(token).is_err());
    }
    let negoex = spnego::write(&spnego::Initial {
        mechanism: &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x1e],
        token: b"NEGOEXTS",
        ap_req: &[],
    });
    assert!(spnego::read(&negoex).is_err_and(|refusal| malformed(&refusal)));
    let disguised = spnego::write(&spnego::Initial {
        mechanism: &[0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02],
        token: b"NTLMSSP\0\x01\0\0\0",
        ap_req: &[],
    });
    assert!(matches!(spnego::read(&disguised), Err(TicketRefusal::Ntlm)));
}

#[test]
fn a_keytab_gives_only_the_keys_of_the_service() {
    let held: Vec<_> = keys().iter().map(|key| (key.version(), key.encryption_type())).collect();
    assert_eq!(held, [(3, 18), (3, 17), (2, 18)]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keytab");
    std::fs::write(&file, keytab(&[(&["svc-sts"], 1, 18, &[3; 32]), (&["HTTP", HOST], 1, 18, &[3; 31])])).unwrap();
    let Err(error) = service_keys(&file, "HTTP/sts.localhost") else { panic!("a key of the wrong length, and one of the account") };
    assert!(error.to_string().contains("has no AES key for HTTP/sts.localhost; it has: svc-sts@CORP.EXAMPLE.COM (type 18)"), "{error}");
}

proptest! {
    #[test]
    fn nothing_panics_whatever_is_sent(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(judge_token(&bytes, ChannelBinding::WhenSent, None).is_err());
        let _ = ApReq::read(&bytes);
        let _ = super::message::TicketPart::read(&bytes);
        let _ = super::message::Authenticator::read(&bytes);
    }

    /// Bytes changed, cut out or doubled somewhere in a right token: its owner, or nobody.
    #[test]
    fn a_meddled_token_is_its_owners_or_nobodys(at in 0_usize..1_000, change in 1_u8..=255, cut in 0_usize..4, doubled in 0_usize..4) {
        let mut token = Forged::default().token();
        let at = at % token.len();
        token[at] ^= change;
        let piece = token[at..(at + doubled).min(token.len())].to_vec();
        token.splice(at..(at + cut).min(token.len()), piece);
        if let Ok(proved) = judge_token(&token, ChannelBinding::WhenSent, None) {
            prop_assert_eq!((proved.account.as_str(), proved.realm.as_str()), ("ana", REALM));
        }
    }
}
