//! The forecast is what the tenant does: thousands of awkward pairs of directories are planned by the engine, sent to the tenant as the
//! bytes of its own protocol, read back through Graph, and compared object by object.
//!
//! A pair is made of its number alone, which every failure prints: `FORECAST_PAIR=<number>` plays that one, and tells the story;
//! `FORECAST_PAIRS=<count>` plays fewer or more of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod cloud;
mod compare;
#[allow(dead_code, unused_imports, reason = "the agent uses all of it; here it makes the messages")]
#[path = "../../src/convert.rs"]
mod convert;
mod dice;
mod directory;
mod play;
mod story;
mod tables;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use cloud::Template;

/// How many pairs of directories are played.
const PAIRS: u64 = 2_000;
/// Each worker has a tenant of its own.
const WORKERS: usize = 2;

// Covers: match.only-new, match.hard, match.hard-blocked, match.hard-role, match.hard-other-object, match.soft-blocked, match.soft-smtp,
// Covers: match.soft-upn, match.soft-order, match.soft-other-anchor, match.soft-role, match.soft-other-class, match.soft-federated,
// Covers: match.soft-stamps, match.create, match.group, match.contact, match.group-without-mail
#[test]
fn the_tenant_does_what_was_forecast() {
    let template = Template::new();
    if let Some(number) = std::env::var("FORECAST_PAIR").ok().and_then(|number| number.parse().ok()) {
        let played = runtime().block_on(play::pair(&template.copy(), number, true));
        played.unwrap_or_else(|difference| panic!("pair {number}: {difference}"));
        return;
    }
    let pairs = std::env::var("FORECAST_PAIRS").ok().and_then(|pairs| pairs.parse().ok()).unwrap_or(PAIRS);
    let next = AtomicU64::new(0);
    let (tally, failures) = std::thread::scope(|scope| {
        let worker = || {
            let (mut tally, mut failures) = (play::Tally::default(), Vec::new());
            let (cloud, runtime) = (template.copy(), runtime());
            while let Some(number) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < pairs) {
                let played = AssertUnwindSafe(|| runtime.block_on(play::pair(&cloud, number, false)));
                match catch_unwind(played).unwrap_or_else(|_| Err("it panicked".to_owned())) {
                    Ok(seen) => tally.add(seen),
                    Err(difference) => failures.push((number, difference)),
                }
            }
            (tally, failures)
        };
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(worker)).collect();
        let (mut tally, mut failures) = (play::Tally::default(), Vec::new());
        for (seen, failed) in workers.into_iter().map(|worker| worker.join().expect("a worker")) {
            tally.add(seen);
            failures.extend(failed);
        }
        (tally, failures)
    });
    let mut failures = failures;
    failures.sort();
    let first: Vec<String> = failures.iter().take(12).map(|(number, difference)| format!("pair {number}: {difference}")).collect();
    println!("{tally}");
    assert!(failures.is_empty(), "{} of {pairs} pairs differ; FORECAST_PAIR=<number> tells more\n{}", failures.len(), first.join("\n"));
    if pairs >= PAIRS {
        tally.ensure_variety();
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
