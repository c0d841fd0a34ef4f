//! What somebody between the domain controller and us can do, done once each. All of it must be an error.

use super::between::{Between, Sent, untouched};
use super::domain::Domain;
use super::live::{Client, long_call};
use crate::ad::rpc::RpcError;
use crate::ad::sasl::SaslError;

/// Fragments of a connection in order: bind_ack, alter_context_resp (not with NTLM), the answer to the first call, and then
/// a dozen for the second.
const BIND_ACK: usize = 0;
const FIRST_ANSWER: usize = 2;
const IN_A_LONG_ANSWER: usize = 6;

/// Where things are in a sealed response of Kerberos, counted from the end.
const SIGNATURE: usize = 76;
const TRAILER: usize = SIGNATURE + 8;

async fn with(domain: &Domain, ntlm: bool, meddle: impl FnMut(usize, Vec<u8>) -> Sent + Send + 'static) -> Result<(), RpcError> {
    let closed: &[u16] = if ntlm { &[super::between::KERBEROS] } else { &[] };
    let _between = Between::start(domain, closed, meddle).await;
    let mut client = Client::new(domain, "svc-dirsync").through_the_middle();
    client.ntlm = ntlm;
    long_call(&mut client.open().await?).await
}

/// Changes fragment `number`, and nothing else.
fn change(number: usize, mut change: impl FnMut(&mut Vec<u8>) + Send + 'static) -> impl FnMut(usize, Vec<u8>) -> Sent + Send + 'static {
    move |at, mut fragment| {
        if at == number {
            change(&mut fragment);
        }
        untouched(fragment)
    }
}

/// Leaves fragment `number` out, and then mends the sequence numbers, which travel in clear, so that none seems missing.
fn leave_out(number: usize, mend: bool) -> impl FnMut(usize, Vec<u8>) -> Sent + Send + 'static {
    move |at, mut fragment| match at {
        at if at == number => Sent::Fragments(Vec::new()),
        at if at > number && mend => {
            let low = fragment.len() - SIGNATURE + 12;
            let next = u32::from_be_bytes(fragment[low..low + 4].try_into().unwrap()) - 1;
            fragment[low..low + 4].copy_from_slice(&next.to_be_bytes());
            untouched(fragment)
        }
        _ => untouched(fragment),
    }
}

fn twice(number: usize) -> impl FnMut(usize, Vec<u8>) -> Sent + Send + 'static {
    move |at, fragment| if at == number { Sent::Fragments(vec![fragment.clone(), fragment]) } else { untouched(fragment) }
}

fn swapped(number: usize) -> impl FnMut(usize, Vec<u8>) -> Sent + Send + 'static {
    let mut kept = Vec::new();
    move |at, fragment| match at {
        at if at == number => {
            kept = fragment;
            Sent::Fragments(Vec::new())
        }
        at if at == number + 1 => Sent::Fragments(vec![fragment, std::mem::take(&mut kept)]),
        _ => untouched(fragment),
    }
}

/// The same fragment without any protection, its content as whoever forged it likes.
fn unsealed(fragment: &mut Vec<u8>) {
    let length = fragment.len() - TRAILER;
    fragment.truncate(length);
    fragment[8..10].copy_from_slice(&u16::try_from(length).unwrap().to_le_bytes());
    fragment[10..12].copy_from_slice(&[0, 0]);
}

pub async fn every_meddling_is_noticed(domain: &Domain) {
    with(domain, false, |_, fragment| untouched(fragment)).await.unwrap();
    with(domain, true, |_, fragment| untouched(fragment)).await.unwrap();
    order_and_number(domain).await;
    every_part_is_signed(domain).await;
    what_was_agreed_is_kept(domain).await;
    connections_that_break(domain).await;
}

async fn order_and_number(domain: &Domain) {
    let disordered = |result: Result<(), RpcError>| matches!(result, Err(RpcError::Sasl(SaslError::Order)));
    assert!(disordered(with(domain, false, leave_out(IN_A_LONG_ANSWER, false)).await));
    assert!(disordered(with(domain, false, twice(IN_A_LONG_ANSWER)).await));
    assert!(disordered(with(domain, false, swapped(IN_A_LONG_ANSWER)).await));
    let mended = with(domain, false, leave_out(IN_A_LONG_ANSWER, true)).await;
    assert!(matches!(mended, Err(RpcError::Sasl(SaslError::Wrap))), "the number is signed, too: {mended:?}");
    for result in [with(domain, true, leave_out(IN_A_LONG_ANSWER, false)).await, with(domain, true, twice(IN_A_LONG_ANSWER)).await] {
        assert!(matches!(result, Err(RpcError::Sasl(SaslError::Wrap))), "{result:?}");
    }
}

async fn every_part_is_signed(domain: &Domain) {
    let flipped = async |ntlm: bool, what: &str, at: fn(usize) -> usize| {
        let flip = move |fragment: &mut Vec<u8>| {
            let at = at(fragment.len());
            fragment[at] ^= 1;
        };
        let result = with(domain, ntlm, change(IN_A_LONG_ANSWER, flip)).await;
        assert!(matches!(result, Err(RpcError::Sasl(SaslError::Wrap))), "{what}, ntlm {ntlm}: {result:?}");
    };
    for ntlm in [false, true] {
        flipped(ntlm, "alloc_hint", |_| 16).await;
        flipped(ntlm, "the stub", |_| 24).await;
        flipped(ntlm, "the signature", |length| length - 1).await;
    }
    flipped(false, "the padding's length", |length| length - TRAILER + 2).await;
    flipped(false, "a reserved byte of the trailer", |length| length - TRAILER + 3).await;
}

async fn what_was_agreed_is_kept(domain: &Domain) {
    let set = |number: usize, at: fn(usize) -> usize, value: u8| {
        change(number, move |fragment| {
            let at = at(fragment.len());
            fragment[at] = value;
        })
    };
    let unprotected = |result: Result<(), RpcError>| matches!(result, Err(RpcError::Unprotected));
    assert!(unprotected(with(domain, false, set(BIND_ACK, |_| 3, 0x03)).await), "no header signing");
    assert!(unprotected(with(domain, false, change(IN_A_LONG_ANSWER, unsealed)).await), "not sealed");
    assert!(unprotected(with(domain, false, change(FIRST_ANSWER, unsealed)).await), "not sealed from the start");
    assert!(unprotected(with(domain, false, set(IN_A_LONG_ANSWER, |length| length - TRAILER + 1, 5)).await), "signed only");
    assert!(unprotected(with(domain, false, set(IN_A_LONG_ANSWER, |length| length - TRAILER, 10)).await), "another mechanism");
    assert!(unprotected(with(domain, false, set(IN_A_LONG_ANSWER, |length| length - TRAILER + 4, 1)).await), "another context");
    let unexpected = |result: Result<(), RpcError>| matches!(result, Err(RpcError::Unexpected));
    assert!(unexpected(with(domain, false, set(IN_A_LONG_ANSWER, |_| 12, 99)).await), "another call");
    assert!(unexpected(with(domain, false, set(IN_A_LONG_ANSWER, |_| 20, 1)).await), "another presentation context");
    assert!(unexpected(with(domain, false, set(BIND_ACK, |_| 12, 99)).await), "another bind");
}

async fn connections_that_break(domain: &Domain) {
    for (number, kept) in [(BIND_ACK, 20), (FIRST_ANSWER, 0), (IN_A_LONG_ANSWER, 7), (IN_A_LONG_ANSWER, 3_000)] {
        let cut = move |at, mut fragment: Vec<u8>| {
            if at != number {
                return untouched(fragment);
            }
            fragment.truncate(kept);
            Sent::Cut(fragment)
        };
        let result = with(domain, false, cut).await;
        assert!(matches!(result, Err(RpcError::Closed)), "fragment {number} cut after {kept} bytes: {result:?}");
    }
    let garbage = with(domain, false, change(IN_A_LONG_ANSWER, |fragment| fragment[0] = b'H')).await;
    assert!(matches!(garbage, Err(RpcError::Malformed(_))), "{garbage:?}");
}
