//! The directory itself is another one, or an older one.

use super::damage::Damage;
use super::scenario::{Expected, Scenario, Source};
use super::stage::Stage;
use anyhow::Result;

pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "old-backup",
        story: "the domain controller is put back from an old copy",
        source: Source::Domain(60),
        play: old_backup,
    },
    Scenario { name: "other-domain", story: "another domain of the same name answers", source: Source::Domain(60), play: other_domain },
];

/// Since the copy was made one person came, one was disabled and one has another title. Without a look at the USN the first would be
/// deleted later, and the second let in again at once.
fn old_backup(stage: &mut Stage) -> Result<()> {
    stage.domain()?.backup()?;
    stage.change(&["add-user", "ana", "OU=Staff", "displayName=Ana", "userPrincipalName=ana@contoso.example"])?;
    stage.change(&["disable", "u000001", "--", "set", "u000002", "title=Director"])?;
    stage.expect(Expected {
        exit: 0,
        says: &["1 created, 2 updated", "61 in sync"],
        damage: Damage { deleted: 0, disabled: 1, changed: 1 },
    })?;
    stage.remember()?;
    stage.domain()?.restore()?;
    let refused = Expected {
        exit: 3,
        says: &["source-restored: the domain controller's database was put back from an older copy", "change"],
        damage: Damage::NONE,
    };
    stage.expect(refused)?;
    stage.hours_pass(25)?;
    // New changes carry it beyond where it was: that makes nothing better.
    stage.change_each(0..40, |person| ["set", person, "description=new"].map(str::to_owned).to_vec())?;
    let still = Expected { says: &["source-restored:", "noticed in an earlier run"], ..refused };
    stage.expect(still)
}

fn other_domain(stage: &mut Stage) -> Result<()> {
    stage.exchange_the_domain(61)?;
    let held = Expected { exit: 3, says: &["identity-changed:", "or it is another domain"], damage: Damage::NONE };
    stage.expect(held)?;
    stage.hours_pass(25)?;
    stage.expect(held)
}
