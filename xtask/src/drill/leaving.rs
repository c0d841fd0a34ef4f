//! Many people leave: at once, hour by hour, or by being disabled.

use super::damage::Damage;
use super::scenario::{Expected, Scenario, Source};
use super::stage::Stage;
use anyhow::Result;

pub const SCENARIOS: &[Scenario] = &[
    Scenario { name: "44-of-60-deleted", story: "44 of 60 users are deleted", source: Source::Domain(60), play: most_deleted },
    Scenario { name: "all-disabled", story: "all users are disabled", source: Source::Domain(60), play: all_disabled },
    Scenario { name: "4-percent-an-hour", story: "4 % of the users are deleted every hour", source: Source::Domain(200), play: drip },
];

fn most_deleted(stage: &mut Stage) -> Result<()> {
    stage.change_each(0..44, |person| ["delete", person].map(str::to_owned).to_vec())?;
    let held = Expected { exit: 3, says: &["too-many-deletes:", "44 of 60"], damage: Damage::NONE };
    stage.expect(held)?;
    stage.hours_pass(25)?;
    stage.expect(held)
}

/// One in 50 was disabled before.
fn all_disabled(stage: &mut Stage) -> Result<()> {
    stage.change_each(0..60, |person| ["disable", person].map(str::to_owned).to_vec())?;
    let held = Expected { exit: 3, says: &["too-many-disables:", "59 of 60"], damage: Damage::NONE };
    stage.expect(held)?;
    stage.hours_pass(25)?;
    stage.expect(held)
}

/// The first eight are within 5 per cent in 24 hours, which is what a person leaving looks like. The next eight are not, and nobody
/// becomes harmless by waiting: the day is a rolling one.
fn drip(stage: &mut Stage) -> Result<()> {
    const AN_HOUR: usize = 8;
    let delete = |person: &str| ["delete", person].map(str::to_owned).to_vec();
    // Nobody's manager: the first of ten is that.
    let team = |hour: usize| hour * 10 + 1..hour * 10 + 1 + AN_HOUR;
    let rightly = Damage { deleted: AN_HOUR, ..Damage::NONE };
    stage.change_each(team(0), delete)?;
    stage.expect(Expected { exit: 0, says: &["8 deleted", "192 in sync"], damage: rightly })?;
    for hour in 1..4 {
        stage.hours_pass(1)?;
        stage.change_each(team(hour), delete)?;
        stage.expect(Expected { exit: 3, says: &["too-many-deletes:", "after 8 in the last 24 hours"], damage: rightly })?;
    }
    Ok(())
}
