//! How many keys one core derives in a second of its time, with our kernel and with the crate `pbkdf2`, as one line of JSON each.
//!
//! The clock is wall time on one thread: run it on a machine that has a core free. Argument: seconds for each, 1 when absent.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a measuring program")]

use std::time::{Duration, Instant};

use samesign_sha_lanes::{Job, Key, derive, derive_portably};

const ITERATIONS: u32 = 1_000;

fn main() {
    let seconds = std::env::args().nth(1).map_or(1.0, |text| text.parse().unwrap());
    let jobs: Vec<Job> = (0..64).map(|at| Job { password: [at; 64], salt: [at; 10] }).collect();
    for (name, way) in [("ours", derive as fn(&[Job], u32, &mut [Key])), ("pbkdf2", derive_portably)] {
        println!("{{\"way\":\"{name}\",\"keys_per_second\":{:.0}}}", best_rate(way, &jobs, Duration::from_secs_f64(seconds)));
    }
}

/// The best of many short runs: whatever else the core does can only slow a run down.
fn best_rate(way: fn(&[Job], u32, &mut [Key]), jobs: &[Job], time: Duration) -> f64 {
    let mut keys = vec![[0; 32]; jobs.len()];
    let (begin, mut best) = (Instant::now(), Duration::MAX);
    while begin.elapsed() < time {
        let run = Instant::now();
        way(jobs, ITERATIONS, &mut keys);
        best = best.min(run.elapsed());
    }
    jobs.len() as f64 / best.as_secs_f64()
}
