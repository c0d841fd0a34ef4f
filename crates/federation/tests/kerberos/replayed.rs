//! Tokens that are sent again: at once, many at a time, and after a restart.

use std::sync::Arc;

use samesign_federation::negotiate::TicketRefusal;

use crate::stage::{Service, Stage};

const TOKENS: usize = 20;
const REPLAYS: usize = 100_000;
const AT_ONCE: usize = 64;

pub async fn nothing_gets_in_twice(stage: &Stage) {
    let tokens = Arc::new(std::mem::take(&mut stage.client("u000009", TOKENS, None).tokens));
    let service = Arc::new(stage.service());
    // Every token many times, all at once: each gets in exactly once.
    let first = accepted(&service, &tokens, TOKENS * AT_ONCE).await;
    assert_eq!(first, TOKENS);
    assert_eq!(accepted(&service, &tokens, REPLAYS / 2).await, 0);
    drop(service);
    let restarted = Arc::new(stage.service());
    assert_eq!(accepted(&restarted, &tokens, REPLAYS / 2).await, 0, "after a restart");
}

/// Sends the tokens in turn, `count` times in all, and says how often somebody got in.
async fn accepted(service: &Arc<Service>, tokens: &Arc<Vec<Vec<u8>>>, count: usize) -> usize {
    let senders = (0..AT_ONCE).map(|sender| {
        let (service, tokens) = (service.clone(), tokens.clone());
        tokio::spawn(async move {
            let mut accepted = 0;
            for number in (sender..count).step_by(AT_ONCE) {
                match service.sign_in(&tokens[number % tokens.len()]).await {
                    Ok(_) => accepted += 1,
                    Err(TicketRefusal::Replayed) => {}
                    Err(other) => panic!("{other}"),
                }
            }
            accepted
        })
    });
    let mut sum = 0;
    for sender in senders.collect::<Vec<_>>() {
        sum += sender.await.unwrap();
    }
    sum
}
