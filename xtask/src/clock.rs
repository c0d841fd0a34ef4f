//! The one place of this crate that reads a clock.

use std::time::{Duration, Instant};

/// A running stop watch.
pub struct Watch(Instant);

impl Watch {
    #[allow(clippy::disallowed_methods)]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Where the time of a long command went, phase by phase.
#[derive(Default)]
pub struct Phases(Vec<(&'static str, Duration)>);

impl Phases {
    pub fn time<T>(&mut self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let watch = Watch::start();
        let result = work();
        self.0.push((name, watch.elapsed()));
        result
    }

    pub fn report(&self) {
        eprintln!("\nwhere the time went:");
        for (name, spent) in &self.0 {
            eprintln!("  {name:<28} {:>7.1} s", spent.as_secs_f64());
        }
    }
}
