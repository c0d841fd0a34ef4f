//! Prints how long it takes to plan one changed user in directories of the given sizes: `plan_one 1000 100000`.

use std::error::Error;

use samesign_agent::bench::Directory;

fn main() -> Result<(), Box<dyn Error>> {
    for users in std::env::args().skip(1) {
        let users: u32 = users.parse()?;
        let path = std::env::temp_dir().join(format!("samesign-plan-one-{}-{users}.db", std::process::id()));
        let directory = Directory::make(&path, users)?;
        let mut times = Vec::new();
        let mut changes = 0;
        for round in 0..101_u32 {
            let (time, planned) = directory.plan_one(round.wrapping_mul(7919))?;
            times.push(time);
            changes += planned;
        }
        drop(directory);
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
        }
        times.sort();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        println!("{{\"users\":{users},\"median_us\":{},\"changes\":{changes}}}", median.as_micros());
    }
    Ok(())
}
