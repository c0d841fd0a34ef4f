//! How far a long run is: a bar for a person, a line now and then for a log.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use samesign_agent::{Progress, Silent, Step};

use crate::{clock, screen};

/// What takes no longer is not worth a bar.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a log is told.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Progress as it suits whoever looks: nobody, a terminal, a log.
pub fn shown(quiet: bool) -> Box<dyn Progress> {
    match (quiet, screen::can_draw()) {
        (true, _) => Box::new(Silent),
        (false, true) => Box::new(Bar { began: clock::now(), drawn: Mutex::default() }),
        (false, false) => Box::new(Lines { told: Mutex::new(clock::now()) }),
    }
}

fn name(step: Step) -> &'static str {
    match step {
        Step::ReadSource => "reading the source",
        Step::ReadTenant => "reading the tenant",
        Step::Plan => "planning",
        Step::Send => "sending",
    }
}

struct Bar {
    began: Instant,
    drawn: Mutex<Option<(Step, ProgressBar)>>,
}

impl Progress for Bar {
    fn at(&self, step: Step, done: usize, total: Option<usize>) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.as_ref().is_some_and(|(before, _)| *before != step)
            && let Some((_, bar)) = drawn.take()
        {
            bar.finish_and_clear();
        }
        if drawn.is_none() && self.began.elapsed() < PATIENCE {
            return;
        }
        let (_, bar) = drawn.get_or_insert_with(|| (step, bar(step)));
        if let Some(total) = total {
            bar.set_length(total as u64);
        }
        bar.set_position(done as u64);
        if total == Some(done) {
            bar.finish_and_clear();
        }
    }
}

fn bar(step: Step) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{msg:<20} {wide_bar} {human_pos}/{human_len}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.with_message(name(step))
}

struct Lines {
    told: Mutex<Instant>,
}

impl Progress for Lines {
    fn at(&self, step: Step, done: usize, total: Option<usize>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() < LINE_EVERY {
            return;
        }
        *told = clock::now();
        let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
        screen::note(&format!("{}: {done}{of}", name(step)));
    }
}
