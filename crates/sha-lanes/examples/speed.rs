//! How many keys one core derives in a second of its time, with each kernel that it can run and with the crate `pbkdf2`, as one line of JSON each.
//!
//! The clock is wall time on one thread: run it on a machine that has a core free. Argument: seconds for each, 1 when absent.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a measuring program")]

use std::time::{Duration, Instant};

use samesign_sha_lanes::{Job, Kernel, Key};

const ITERATIONS: u32 = 1_000;

fn main() {
    let seconds = std::env::args().nth(1).map_or(1.0, |text| text.parse().unwrap());
    let jobs: Vec<Job> = (0..64).map(|at| Job { password: [at; 64], salt: [at; 10] }).collect();
    let time = Duration::from_secs_f64(seconds);
    for kernel in Kernel::ALL.into_iter().filter(|kernel| kernel.is_here()) {
        tell(&format!("{kernel:?}"), best_rate(|keys| kernel.derive(&jobs, ITERATIONS, keys), jobs.len(), time));
    }
    let crate_alone = |keys: &mut [Key]| {
        for (job, key) in jobs.iter().zip(keys) {
            pbkdf2::pbkdf2_hmac::<sha2::Sha256>(&job.password, &job.salt, ITERATIONS, key);
        }
    };
    tell("crate", best_rate(crate_alone, jobs.len(), time));
}

fn tell(way: &str, keys_per_second: f64) {
    println!("{{\"way\":\"{way}\",\"keys_per_second\":{keys_per_second:.0}}}");
}

/// The best of many short runs: whatever else the core does can only slow a run down.
fn best_rate(way: impl Fn(&mut [Key]), count: usize, time: Duration) -> f64 {
    let mut keys = vec![[0; 32]; count];
    let (begin, mut best) = (Instant::now(), Duration::MAX);
    while begin.elapsed() < time {
        let run = Instant::now();
        way(&mut keys);
        best = best.min(run.elapsed());
    }
    count as f64 / best.as_secs_f64()
}
