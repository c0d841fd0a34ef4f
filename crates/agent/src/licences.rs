//! Licences by rule, given once the objects are done. Only ever given: one that an administrator takes back stays so.

use std::collections::{BTreeMap, BTreeSet};

use samesign_connect::entra::EntraError;
use samesign_engine::{Action, Anchor, Finding, LicenceChange, Policy, Severity, Slice, TargetObject, Value};

use crate::agent::Agent;
use crate::apply::Applied;
use crate::error::AgentError;
use crate::planning::Planned;
use crate::state::lease::{LeaseError, renew};
use crate::state::licence::keep_given;
use crate::state::run::{Intent, Outcome, intend, note_outcome};
use crate::turn::Turn;

impl Agent {
    /// Tells the licences of a slice's users by their part numbers, as the rules do; Graph tells them by their ids.
    pub(crate) async fn name_licences(&self, slice: &mut Slice, policy: &Policy) -> Result<(), AgentError> {
        let held = |target: &TargetObject| target.visible.contains_key(LICENCES);
        if policy.rules.licences.is_empty() || !slice.targets.iter().any(held) {
            return Ok(());
        }
        let skus = self.entra()?.subscribed_skus().await?;
        let names: BTreeMap<&str, &str> = skus.iter().map(|sku| (&*sku.sku_id, &*sku.sku_part_number)).collect();
        for value in slice.targets.iter_mut().filter_map(|target| target.visible.get_mut(LICENCES)) {
            let Value::Texts(held) = value else { continue };
            held.iter_mut().for_each(|sku| *sku = names.get(&**sku).map_or_else(|| sku.clone(), |name| (*name).into()));
        }
        Ok(())
    }

    /// Adds to a judged plan which of the licences that the rules give were not given before, to people whose account does not wait;
    /// and what is in the way to its findings.
    pub(crate) fn plan_licences(
        &self,
        planned: &mut Planned,
        (changes, mut findings): (Vec<LicenceChange>, Vec<Finding>),
        policy: &Policy,
    ) -> Result<(), AgentError> {
        let plan = &mut planned.plan;
        plan.findings.append(&mut findings);
        let makes = |action| matches!(action, Action::Create | Action::Join | Action::Restore);
        let held = plan.changes.iter().filter(|change| change.held.is_some() && makes(change.action));
        let waiting: BTreeSet<&Anchor> = held.map(|change| &change.anchor).collect();
        let mut wanted = Vec::new();
        for mut change in changes.into_iter().filter(|change| !waiting.contains(&change.anchor)) {
            let given = self.store.licences_given(&change.anchor)?;
            let by_hand = change.by_rule.iter().filter(|sku| !given.contains(*sku));
            planned.licences_held.extend(by_hand.map(|sku| (change.anchor.clone(), sku.clone())));
            change.add.retain(|sku| !given.contains(sku));
            wanted.extend((!change.add.is_empty()).then_some(change));
        }
        plan.licences = wanted;
        planned.tell_digest(&policy.fingerprint(), &self.store)
    }

    /// Gives them. Whoever cannot get one is owed it, and a finding says why.
    pub(crate) async fn give_licences(&mut self, turn: &mut Turn, planned: &Planned, applied: &mut Applied) -> Result<(), AgentError> {
        if planned.plan.licences.is_empty() {
            return Ok(());
        }
        let ids: BTreeMap<String, String> =
            self.entra()?.subscribed_skus().await?.into_iter().map(|sku| (sku.sku_part_number, sku.sku_id)).collect();
        for change in &planned.plan.licences {
            if self.halt.get() {
                return Err(AgentError::Stopped);
            }
            let target = self.store.link_head(&change.anchor)?.filter(|(_, live)| *live).and_then(|(target, _)| target);
            let Some(target) = target else {
                applied.waiting.insert(change.anchor.clone());
                continue;
            };
            let (owned, unknown): (Vec<&str>, Vec<&str>) = change.add.iter().map(AsRef::as_ref).partition(|sku| ids.contains_key(*sku));
            for sku in unknown {
                applied.findings.push(finding(change, sku, "licence-unknown", UNKNOWN));
                applied.waiting.insert(change.anchor.clone());
            }
            for sku in owned {
                let id = ids.get(sku).map(String::as_str).unwrap_or_default();
                self.give(turn, change, (sku, id), &target, applied).await?;
            }
        }
        Ok(())
    }

    async fn give(
        &mut self,
        turn: &mut Turn,
        change: &LicenceChange,
        (sku, id): (&str, &str),
        target: &str,
        applied: &mut Applied,
    ) -> Result<(), AgentError> {
        let (run, now) = (turn.run, self.clock.now());
        let intent =
            Intent { anchor: change.anchor.clone(), action: "licence", digest: crate::digest::of(&format!("{} {sku}", change.anchor)) };
        let lease = &mut turn.lease;
        let number = self.store.transaction::<_, LeaseError>(|transaction| {
            renew(transaction, lease, now)?;
            Ok(intend(transaction, run, lease.token, std::slice::from_ref(&intent))?)
        })?;
        let outcome = match self.entra()?.assign_licence(target, &[id]).await {
            Ok(()) => Outcome::Done,
            Err(error @ EntraError::Refused { status: 400..=499, .. }) => {
                let words = error.to_string();
                let (code, hint) = if is_without_seats(&words) { ("licence-no-seats", NO_SEATS) } else { ("licence-refused", REFUSED) };
                let refused = finding(change, sku, code, hint);
                let value = if code == "licence-refused" { Some(words.as_str().into()) } else { refused.value.clone() };
                applied.findings.push(Finding { value, ..refused });
                applied.waiting.insert(change.anchor.clone());
                Outcome::Refused(words)
            }
            // The intent stays open; to give it again does no harm.
            Err(error) => return Err(error.into()),
        };
        applied.licences += usize::from(outcome == Outcome::Done);
        self.store.transaction::<_, AgentError>(|transaction| {
            note_outcome(transaction, run, number..=number, &outcome)?;
            if outcome == Outcome::Done {
                keep_given(transaction, &change.anchor, sku)?;
            }
            Ok(())
        })
    }
}

/// What Graph calls the licences that somebody holds.
const LICENCES: &str = "assignedLicenses";

const UNKNOWN: &str = "the tenant has no subscription of this name: mend `sku` in [[licence]], or buy it";
const NO_SEATS: &str = "no seat of this licence is left: buy more, or take it from somebody else; the next sync tries again";
const REFUSED: &str = "the tenant refused the licence: mend what its words name; the next sync tries again";

/// Whether the tenant says that all seats are taken.
fn is_without_seats(words: &str) -> bool {
    let words = words.to_lowercase();
    ["available licenses", "countviolation", "not enough", "no available"].iter().any(|said| words.contains(said))
}

fn finding(change: &LicenceChange, sku: &str, code: &'static str, hint: &str) -> Finding {
    Finding {
        code,
        severity: Severity::Error,
        objects: vec![change.upn.clone()],
        attribute: Some(LICENCES.into()),
        value: Some(sku.into()),
        hint: hint.into(),
    }
}
