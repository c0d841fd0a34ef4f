//! People are taken for one another.

use super::damage::{Damage, People};
use super::scenario::{Expected, Scenario, Source};
use super::stage::Stage;
use anyhow::{Context, Result, ensure};
use serde_json::Value;

pub const SCENARIOS: &[Scenario] =
    &[Scenario { name: "mail-swapped", story: "two people's mail addresses are swapped", source: Source::Domain(60), play: swapped }];

fn swapped(stage: &mut Stage) -> Result<()> {
    let set = |stage: &Stage, who: &str, mail: &str| {
        stage.change(&["set", who, &format!("mail={mail}@contoso.example"), &format!("proxyAddresses=SMTP:{mail}@contoso.example")])
    };
    set(stage, "u000001", "bob")?;
    set(stage, "u000002", "chen")?;
    stage.expect(Expected { exit: 0, says: &["2 updated"], damage: Damage { changed: 2, ..Damage::NONE } })?;
    stage.remember()?;
    let before = stage.people()?;
    set(stage, "u000001", "chen")?;
    set(stage, "u000002", "bob")?;
    // The service gives no address to one while another has it: one of the two gives it up first, which is the third update.
    stage.expect(Expected { exit: 0, says: &["3 updated", "60 in sync"], damage: Damage { changed: 2, ..Damage::NONE } })?;
    let after = stage.people()?;
    for (who, mail) in [("u000001", "chen"), ("u000002", "bob")] {
        let (was, is) = (person(&before, who)?, person(&after, who)?);
        ensure!(was.get("id") == is.get("id"), "{who} is another account than before");
        ensure!(
            is.get("mail").and_then(Value::as_str) == Some(&format!("{mail}@contoso.example")),
            "{who} has the mail {:?}",
            is.get("mail")
        );
    }
    Ok(())
}

fn person<'a>(people: &'a People, who: &str) -> Result<&'a Value> {
    let upn = format!("{who}@contoso.example");
    people
        .values()
        .find(|user| user.get("userPrincipalName").is_some_and(|name| *name == *upn))
        .with_context(|| format!("{upn} is not there"))
}
