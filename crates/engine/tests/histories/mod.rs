//! Random histories of a directory and a tenant, of up to thirty objects: users, groups in each other and in themselves, contacts;
//! made, changed, moved, deleted and brought back, while the tenant's administrator works too and requests get lost.
//!
//! A history is made of its number alone. `SAMESIGN_HISTORY=17` plays only the seventeenth, `SAMESIGN_HISTORIES=10000` so many.

mod edit;
mod promises;

use samesign_engine::{MatchPolicy, plan};

use crate::world::{self, World};

/// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough to be surprised by.
pub struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

/// Tells which history it was when a promise is broken.
struct Numbered(u64);

impl Drop for Numbered {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("history {}: SAMESIGN_HISTORY={} plays it alone", self.0, self.0);
        }
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

// Covers: D18, D19
#[test]
fn random_histories_keep_every_promise() {
    if let Some(alone) = number("SAMESIGN_HISTORY") {
        return play(alone);
    }
    let count = number("SAMESIGN_HISTORIES").unwrap_or(1_000);
    let workers = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    std::thread::scope(|threads| {
        for worker in 0..workers {
            threads.spawn(move || (worker..count).step_by(workers as usize).for_each(play));
        }
    });
}

fn play(number: u64) {
    let _numbered = Numbered(number);
    let mut dice = Dice(number);
    let mut world = World::default();
    world.policy.matching = if dice.percent(50) { MatchPolicy::Entra } else { MatchPolicy::Dirsync };
    if dice.percent(30) {
        world.policy.scope.exclude = vec![world::ou("Staff/Guests")];
    }
    for _ in 0..dice.below(6) {
        edit::tenant(&mut world, &mut dice);
    }
    for _ in 0..3 {
        for _ in 0..5 + dice.below(20) {
            event(&mut world, &mut dice);
        }
        promises::of_a_plan(&world, &mut dice);
    }
    promises::of_a_slice(&mut world, &mut dice);
    promises::of_rest(&mut world);
}

fn event(world: &mut World, dice: &mut Dice) {
    match dice.below(20) {
        0..=13 => edit::directory(world, dice),
        14 => edit::tenant(world, dice),
        15..=16 => drop(sync(world)),
        17 => {
            // Some requests get lost, or are held.
            let mut plan = plan(&world.slice(), &world.policy);
            plan.changes.retain(|_| dice.percent(80));
            world.apply(&plan, true);
        }
        _ => edit::membership(world, dice),
    }
}

/// Sends everything, as if a person had approved it.
pub fn sync(world: &mut World) -> Vec<String> {
    let plan = plan(&world.slice(), &world.policy);
    world.apply(&plan, true)
}
