//! The organizational unit is emptied, renamed or moved, or a filter leaves everybody out.

use super::damage::Damage;
use super::scenario::{Expected, Scenario, Source};
use super::stage::Stage;
use anyhow::Result;

pub const SCENARIOS: &[Scenario] = &[
    Scenario { name: "ou-emptied", story: "a script moves everyone out of the unit", source: Source::Domain(60), play: emptied },
    Scenario { name: "ou-renamed", story: "the unit is renamed", source: Source::Domain(60), play: renamed },
    Scenario { name: "ou-moved", story: "the unit is moved below another one", source: Source::Domain(60), play: moved },
    Scenario { name: "filter-nobody", story: "a filter is set that matches nobody", source: Source::Domain(60), play: filtered },
    Scenario { name: "ou-deleted", story: "the unit is deleted with everyone in it", source: Source::Domain(60), play: deleted },
];

fn emptied(stage: &mut Stage) -> Result<()> {
    stage.change_each(0..60, |person| ["move", person, "OU=Other"].map(str::to_owned).to_vec())?;
    stage.expect(Expected {
        exit: 3,
        says: &["scope-empty: an OU of the scope that held objects reads none", "OU=Staff"],
        damage: Damage::NONE,
    })?;
    // It does not become true by being seen twice.
    stage.hours_pass(25)?;
    stage.expect(Expected {
        exit: 3,
        says: &["scope-empty: an OU of the scope that held objects reads none", "OU=Staff"],
        damage: Damage::NONE,
    })
}

fn renamed(stage: &mut Stage) -> Result<()> {
    stage.change(&["rename", "OU=Staff", "OU=People"])?;
    stage.expect(Expected { exit: 0, says: &["60 updated", "60 in sync"], damage: Damage::NONE })
}

fn moved(stage: &mut Stage) -> Result<()> {
    stage.change(&["move", "OU=Staff", "OU=Other"])?;
    stage.expect(Expected { exit: 0, says: &["60 updated", "60 in sync"], damage: Damage::NONE })
}

fn filtered(stage: &mut Stage) -> Result<()> {
    stage.filter("(department=A department that nobody is in)")?;
    let held = Expected { exit: 3, says: &["scope-changed:"], damage: Damage::NONE };
    stage.expect(held)?;
    stage.hours_pass(25)?;
    stage.expect(held)?;
    // What it would have done is said, too.
    stage.expect(Expected { exit: 3, says: &["too-many-deletes:", "60 of 60"], damage: Damage::NONE })
}

fn deleted(stage: &mut Stage) -> Result<()> {
    stage.change(&["delete", "OU=Staff", "--recursive"])?;
    stage.expect(Expected { exit: 3, says: &["scope-vanished: an OU of the scope could not be found", "OU=Staff"], damage: Damage::NONE })
}
