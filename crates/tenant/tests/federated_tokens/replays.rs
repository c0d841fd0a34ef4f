//! A token serves once, and so does what the browser comes with, and so does an application's code: 100,000 replays of 1,000 of
//! each, half of them after a restart. A fifth goes through HTTP; the rest asks the store, which is what decides there.

use std::sync::Arc;

use samesign_tenant::clock;
use samesign_tenant::identity::codes::{self, CodeRefusal, NewCode, Redemption};
use samesign_tenant::identity::federated::arrivals::{self, Taken};
use samesign_tenant::identity::federated::used::{self, Use};
use samesign_tenant::store::federation::Protocol;

use super::*;

const TOKENS: usize = 1_000;
/// Rounds over all of them through HTTP, with what each came with: before a restart, and after.
const ROUNDS: usize = 4;
/// Rounds in which a thief begins a sign-in of their own, so that nothing but the token's id tells.
const OWN_ROUNDS: usize = 2;
/// Rounds that ask the store, for tokens, for what the browser comes with, and for codes.
const STORE_ROUNDS: usize = 14;

struct Spent {
    token: String,
    code: String,
    wresult: String,
    /// The form it came in.
    answer: String,
    away: Away,
    arrival: String,
}

/// Every answer is a refusal: how many there were.
async fn replay(service: &Service, spent: &[Spent]) -> usize {
    let mut refused = 0;
    for _ in 0..ROUNDS {
        for spent in spent {
            let answer = post_encoded(service, spent.answer.clone()).await;
            let again = service.call("GET", &spent.arrival, &[("cookie", &spent.away.cookie)], Vec::new()).await;
            assert_eq!([answer.0, again.0], [400, 400]);
            refused += 2;
        }
    }
    let own = begin(service).await;
    for Spent { wresult, .. } in spent {
        let stolen = encoded(&[("wresult", wresult), ("wctx", &own.wctx)]);
        for _ in 0..OWN_ROUNDS {
            assert_eq!(post_encoded(service, stolen.clone()).await.0, 400);
            refused += 1;
        }
    }
    refused + ask_store(service, spent)
}

fn ask_store(service: &Service, spent: &[Spent]) -> usize {
    let mut refused = 0;
    for _ in 0..STORE_ROUNDS {
        for Spent { token, code, arrival, away, .. } in spent {
            let now = clock::now().as_second();
            let browser = away.cookie.split_once('=').unwrap().1;
            let id = arrival.split_once("id=").unwrap().1;
            let asked = service.store().write(|connection| -> Result<_, StoreError> {
                Ok((
                    used::first(connection, &issuer("fed.example"), token, now + 600, now)?,
                    arrivals::take(connection, id, browser, now)?,
                    codes::redeem(connection, &redemption(code), now)?,
                ))
            });
            assert_eq!(asked.unwrap(), (Use::Again, Taken::Nobody, Err(CodeRefusal::Used)));
            refused += 3;
        }
    }
    refused
}

fn redemption(code: &str) -> Redemption<'_> {
    Redemption { code, client_id: "app", redirect_uri: "https://app.example/in", code_verifier: None, public: false }
}

/// Codes of an application that were redeemed. In one transaction: how each is made is not what is tried here.
fn spend_codes(service: &Service) -> Vec<String> {
    let now = clock::now().as_second();
    let (client_id, redirect_uri) = ("app".to_owned(), "https://app.example/in".to_owned());
    let new = NewCode { client_id, redirect_uri, user: 1, scope: "openid".to_owned(), nonce: None, code_challenge: None };
    let spend = |connection: &rusqlite::Connection| -> Result<_, StoreError> {
        let codes: Vec<String> = (0..TOKENS).map(|_| codes::issue(connection, &new, now).unwrap()).collect();
        for code in &codes {
            assert!(codes::redeem(connection, &redemption(code), now)?.is_ok());
        }
        Ok(codes)
    };
    service.store().write(spend).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_taken_twice_not_even_after_a_restart() {
    let folder = folder(Protocol::WsFed);
    let service = open(folder.path());
    let mut spent = Vec::new();
    for code in spend_codes(&service) {
        let away = begin(&service).await;
        let assertion = assertion(ANA, ANCHOR);
        let wresult = wresult(&assertion, &KEYS[0]);
        let answer = encoded(&[("wresult", &wresult), ("wctx", &away.wctx)]);
        let arrival = header(&post_encoded(&service, answer.clone()).await, "location").unwrap().to_owned();
        assert_eq!(service.call("GET", &arrival, &[("cookie", &away.cookie)], Vec::new()).await.0, 303);
        spent.push(Spent { token: assertion.id, code, wresult, answer, away, arrival });
    }
    assert_eq!([count(&service, "session"), count(&service, "used_token")], [TOKENS as i64; 2]);
    let spent = Arc::new(spent);
    let mut refused = 0;
    let mut service = service;
    for _ in 0..2 {
        let halves = [0, 1].map(|half| {
            let (service, spent) = (service.clone(), spent.clone());
            tokio::spawn(async move { replay(&service, &spent[half * TOKENS / 2..(half + 1) * TOKENS / 2]).await })
        });
        for half in halves {
            refused += half.await.unwrap();
        }
        drop(service);
        service = open(folder.path());
    }
    assert!(refused >= 100_000, "{refused}");
    assert_eq!(
        [count(&service, "session"), count(&service, "used_token"), count(&service, "federated_arrival")],
        [TOKENS as i64, TOKENS as i64, 0]
    );
}

#[tokio::test]
async fn of_many_who_bring_one_token_at_once_one_comes_in() {
    let folder = folder(Protocol::WsFed);
    let service = open(folder.path());
    let wresult = wresult(&assertion(ANA, ANCHOR), &KEYS[0]);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (service, wresult) = (service.clone(), wresult.clone());
        tasks.spawn(async move {
            let away = begin(&service).await;
            post(&service, &[("wresult", &wresult), ("wctx", &away.wctx)]).await.0
        });
    }
    let mut taken = 0;
    while let Some(status) = tasks.join_next().await {
        taken += usize::from(status.unwrap() == 303);
    }
    assert_eq!(taken, 1);
}

#[tokio::test]
async fn a_full_memory_takes_no_further_token() {
    use samesign_tenant::identity::federated::used::{ROWS_MAX, Use, first};
    let folder = folder(Protocol::WsFed);
    let service = open(folder.path());
    let first = |token: &str, until, now| service.store().write(|connection| first(connection, "i", token, until, now)).unwrap();
    assert_eq!([first("a", 100, 0), first("a", 100, 0), first("b", 100, 0)], [Use::First, Use::Again, Use::First]);
    let fill = |rows: i64| {
        let set: Result<_, StoreError> =
            service.store().write(|connection| Ok(connection.execute("UPDATE used_token_count SET rows = ?1", [rows])?));
        set.unwrap();
    };
    fill(ROWS_MAX);
    assert_eq!([first("c", 200, 50), first("a", 200, 50)], [Use::Full, Use::Again]);
    // Room comes when what was used could not be shown any more.
    assert_eq!([first("c", 200, 101), first("a", 200, 101)], [Use::First, Use::First]);
}
