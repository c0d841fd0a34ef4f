//! An export is damaged, or tells something that is hardly meant.

use super::damage::Damage;
use super::scenario::{Expected, Scenario, Source};
use super::stage::Stage;
use crate::bench::people::{append_group, write_export};
use anyhow::{Context, Result};

pub const SCENARIOS: &[Scenario] = &[
    Scenario { name: "export-cut", story: "an LDIF file is cut in half", source: Source::Export(60), play: cut },
    Scenario { name: "export-cut-between", story: "the same, cut between two people", source: Source::Export(60), play: cut_between },
    Scenario {
        name: "export-cut-late",
        story: "an LDIF file ends within the last but one person",
        source: Source::Export(60),
        play: cut_late,
    },
    Scenario {
        name: "group-emptied",
        story: "a group of 60 members has none in the next export",
        source: Source::Export(60),
        play: emptied,
    },
    Scenario { name: "export-empty", story: "an LDIF file is empty", source: Source::Export(60), play: empty },
];

/// Cut in the middle of an object, the file shows that it is not whole.
fn cut(stage: &mut Stage) -> Result<()> {
    let whole = std::fs::read_to_string(stage.export())?;
    std::fs::write(stage.export(), whole.get(..whole.len() / 2).context("no half")?)?;
    let incomplete =
        Expected { exit: 5, says: &["could not be read completely", "1 of its records", "nobody was deleted"], damage: Damage::NONE };
    stage.expect(incomplete)?;
    stage.hours_pass(25)?;
    stage.expect(incomplete)
}

/// Cut between two objects, it looks whole.
fn cut_between(stage: &mut Stage) -> Result<()> {
    let whole = std::fs::read_to_string(stage.export())?;
    let half = whole.get(..whole.len() / 2).and_then(|half| half.rfind("\n\n")).and_then(|end| whole.get(..end + 2));
    std::fs::write(stage.export(), half.context("no half")?)?;
    let held = Expected { exit: 3, says: &["too-many-deletes:", "30 of 60"], damage: Damage::NONE };
    stage.expect(held)?;
    stage.hours_pass(25)?;
    stage.expect(held)
}

/// Cut within the last lines of an object: what it lacks is not cleared, and whoever comes after is not gone.
fn cut_late(stage: &mut Stage) -> Result<()> {
    let whole = std::fs::read_to_string(stage.export())?;
    let end = whole.find("sAMAccountName: u000058").context("no such person")?;
    std::fs::write(stage.export(), whole.get(..end).context("no such place")?)?;
    let incomplete =
        Expected { exit: 5, says: &["could not be read completely", "1 of its records", "nobody was deleted"], damage: Damage::NONE };
    stage.expect(incomplete)?;
    // Neither one attribute nor one person less.
    let end = whole.find("title: Engineer\ndepartment: Department 19\n").context("no such person")?;
    std::fs::write(stage.export(), whole.get(..end).context("no such place")?)?;
    stage.expect(incomplete)
}

/// Who is in no group any more loses whatever that group gave them.
fn emptied(stage: &mut Stage) -> Result<()> {
    append_group(&stage.export(), 0..60)?;
    stage.expect(Expected { exit: 0, says: &["61 in sync"], damage: Damage::NONE })?;
    write_export(&stage.export(), 60, None)?;
    append_group(&stage.export(), 0..0)?;
    let held = Expected { exit: 3, says: &["members-removed: a group of more than 20 members would lose"], damage: Damage::NONE };
    stage.expect(held)?;
    stage.hours_pass(25)?;
    stage.expect(held)
}

fn empty(stage: &mut Stage) -> Result<()> {
    std::fs::write(stage.export(), "")?;
    let says = &["could not be read completely", "it holds no objects", "nobody was deleted"];
    let held = Expected { exit: 3, says, damage: Damage::NONE };
    stage.expect(held)?;
    stage.hours_pass(25)?;
    stage.expect(held)
}
