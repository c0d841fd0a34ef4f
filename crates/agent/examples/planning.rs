//! What planning one changed person costs at two sizes of directory, as JSON: `{"small_us":…,"large_us":…}`.
//!
//! `cargo xtask bench` runs it; the folder for the state files is its argument.

use std::path::Path;
use std::time::Instant;

use samesign_agent::rehearsal::Rehearsal;

const SMALL: usize = 1_000;
const LARGE: usize = 100_000;
const REPEATS: usize = 201;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("name a folder for the state files")?;
    let small = middle_microseconds(Path::new(&folder), SMALL)?;
    let large = middle_microseconds(Path::new(&folder), LARGE)?;
    println!("{{\"small_us\":{small:.1},\"large_us\":{large:.1}}}");
    Ok(())
}

fn middle_microseconds(folder: &Path, people: usize) -> Result<f64, Box<dyn std::error::Error>> {
    let state = tempfile::Builder::new().prefix("planning").suffix(".db").tempfile_in(folder)?;
    let rehearsal = Rehearsal::fill(state.path(), people)?;
    let mut spent = Vec::with_capacity(REPEATS);
    for repeat in 0..REPEATS {
        // Another person each time, so that the same rows are not measured over and over.
        let number = repeat * 7919 % people;
        #[allow(clippy::disallowed_methods)]
        let begun = Instant::now();
        let changes = rehearsal.plan_one_changed(number)?;
        spent.push(begun.elapsed());
        if changes != 1 {
            return Err(format!("one person changed, the plan holds {changes} changes").into());
        }
    }
    spent.sort();
    Ok(spent.get(REPEATS / 2).map_or(0.0, |middle| middle.as_secs_f64() * 1e6))
}
