//! The account that reads loses rights, or another one reads.

use super::damage::Damage;
use super::scenario::{Expected, Scenario, Source};
use super::stage::{READER, STAFF, Stage};
use anyhow::Result;

pub const SCENARIOS: &[Scenario] = &[
    Scenario { name: "unit-unreadable", story: "the reader may no longer read the unit", source: Source::Domain(60), play: unit },
    Scenario {
        name: "attributes-unreadable",
        story: "the reader may no longer read two attributes",
        source: Source::Domain(60),
        play: attributes,
    },
    Scenario {
        name: "success-no-entries",
        story: "the reader may not list the unit: success, no entries",
        source: Source::Domain(60),
        play: nothing,
    },
    Scenario { name: "small-unit", story: "the same where three people are the whole company", source: Source::Domain(3), play: nothing },
    Scenario { name: "other-reader", story: "another account reads, which sees less", source: Source::Domain(60), play: other_reader },
];

fn unit(stage: &mut Stage) -> Result<()> {
    stage.change(&["deny", STAFF, READER, "read"])?;
    stays(
        stage,
        Expected { exit: 3, says: &["scope-empty: an OU of the scope that held objects reads none", "OU=Staff"], damage: Damage::NONE },
    )
}

fn attributes(stage: &mut Stage) -> Result<()> {
    stage.change(&["deny", STAFF, READER, "department", "title"])?;
    stays(stage, Expected { exit: 3, says: &["rights-changed: less of the source can be read", "department, title"], damage: Damage::NONE })
}

fn nothing(stage: &mut Stage) -> Result<()> {
    stage.change(&["deny", STAFF, READER, "list"])?;
    stays(
        stage,
        Expected { exit: 3, says: &["scope-empty: an OU of the scope that held objects reads none", "OU=Staff"], damage: Damage::NONE },
    )
}

fn other_reader(stage: &mut Stage) -> Result<()> {
    stage.change(&["deny", STAFF, "svc-plain", "list"])?;
    stage.read_as("svc-plain")?;
    stays(stage, Expected { exit: 3, says: &["identity-changed: another account reads the source", "svc-plain"], damage: Damage::NONE })
}

/// Neither at once nor after a day.
fn stays(stage: &mut Stage, expected: Expected) -> Result<()> {
    stage.expect(expected)?;
    stage.hours_pass(25)?;
    stage.expect(expected)
}
