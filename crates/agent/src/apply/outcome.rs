//! What the service said about each object, turned into state and findings.

use std::collections::HashMap;

use samesign_engine::{Action, Anchor, Change, Finding, Link, LinkState, ServiceAttributes, ServiceBlock, Severity, Value, guard};
use samesign_wire::provisioning::{ResultCode, SyncObjectResult};

use super::members::confirm;
use super::refusal::{self, Refusal};
use super::{Applied, Item, Numbers, Sender};
use crate::convert::target_id_of;
use crate::error::AgentError;
use crate::parked::VALUE_PARKED;
use crate::state::blocked::{block, unblock};
use crate::state::guard::note_guard_event;
use crate::state::licence::forget_given;
use crate::state::link::keep_link;
use crate::state::run::{Outcome, note_outcome};
use crate::state::undo::{forget_undone, keep_overwritten};

impl Sender<'_> {
    /// Keeps the outcome of every object of one request, in one transaction.
    pub(super) fn note_results(
        &mut self,
        items: &[Item<'_>],
        numbers: &Numbers,
        results: &[SyncObjectResult],
        applied: &mut Applied,
    ) -> Result<(), AgentError> {
        let by_anchor: HashMap<&str, &SyncObjectResult> =
            results.iter().filter_map(|result| Some((result.source_anchor.as_deref()?, result))).collect();
        let mut links = self.links_before(items)?;
        let (run, now) = (self.run, self.clock.now());
        let mut full = None;
        self.store.transaction::<_, AgentError>(|transaction| {
            note_outcome(transaction, run, numbers.clone(), &Outcome::Done)?;
            for (item, number) in items.iter().zip(numbers.clone()) {
                let (change, anchor) = (item.change, &item.change.anchor);
                match by_anchor.get(anchor.as_str()) {
                    Some(result) if result.result_code == ResultCode::Success => {
                        keep_link(transaction, &link_after(item, links.remove(anchor), result))?;
                        match change.action {
                            Action::Create | Action::Join | Action::Restore => unblock(transaction, anchor)?,
                            Action::Delete => forget_given(transaction, anchor)?,
                            _ => {}
                        }
                        applied.findings.extend(findings_of_success(change, result));
                    }
                    refusal => {
                        let words =
                            refusal.map_or_else(|| "the service did not answer for this object".to_owned(), |result| words_of(result));
                        note_outcome(transaction, run, number..=number, &Outcome::Refused(words.clone()))?;
                        let meaning = applied.refuse(change, &words);
                        if meaning.blocks {
                            block(transaction, anchor, &words, now)?;
                        }
                        if meaning.stops {
                            full = Some(words);
                        }
                        continue;
                    }
                }
                if !item.second && item.members.as_ref().is_none_or(|part| part.last) {
                    keep_overwritten(transaction, run, change)?;
                    if item.approved {
                        forget_undone(transaction, run, change)?;
                    }
                    *applied.done.entry(change.action).or_default() += 1;
                }
                if !item.approved {
                    for event in guard_events(item) {
                        note_guard_event(transaction, now, &event, anchor)?;
                    }
                }
            }
            Ok(())
        })?;
        full.map_or(Ok(()), |words| Err(AgentError::TenantFull(words)))
    }

    /// The links of the objects that may have one. A create of the first pass has none.
    fn links_before<'i>(&self, items: &'i [Item<'_>]) -> Result<HashMap<&'i Anchor, Link>, AgentError> {
        let mut links = HashMap::new();
        for item in items.iter().filter(|item| item.second || item.change.action != Action::Create) {
            if let Some(link) = self.store.link(&item.change.anchor)? {
                links.insert(&item.change.anchor, link);
            }
        }
        Ok(links)
    }

    /// One object, alone in its request, that the service takes for broken.
    pub(super) fn note_refused(
        &mut self,
        items: &[Item<'_>],
        numbers: &Numbers,
        words: &str,
        applied: &mut Applied,
    ) -> Result<(), AgentError> {
        self.note_all(numbers, &Outcome::Refused(words.to_owned()))?;
        for item in items {
            applied.refuse(item.change, words);
        }
        Ok(())
    }

    /// A delete whose reply was lost and whose object is not there any more.
    pub(super) fn note_deleted(&mut self, item: &Item<'_>, numbers: &Numbers, applied: &mut Applied) -> Result<(), AgentError> {
        let link = self.store.link(&item.change.anchor)?;
        let now = self.clock.now();
        self.note_all(numbers, &Outcome::Done)?;
        *applied.done.entry(Action::Delete).or_default() += 1;
        self.store.transaction::<_, AgentError>(|transaction| {
            if let Some(link) = link {
                keep_link(transaction, &Link { state: LinkState::Deleted, ..link })?;
            }
            if !item.approved {
                note_guard_event(transaction, now, "deleted", &item.change.anchor)?;
            }
            Ok(())
        })
    }
}

impl Applied {
    pub(super) fn refuse(&mut self, change: &Change, words: &str) -> &'static Refusal {
        let meaning = refusal::meaning(words);
        self.refused.push(change.anchor.clone());
        self.findings.push(finding(meaning.code, meaning.severity, change, Some(words), meaning.mend));
        meaning
    }
}

/// What of a change the guard counts.
fn guard_events(item: &Item<'_>) -> Vec<String> {
    let change = item.change;
    if let Some(part) = &item.members {
        return (!part.leave.is_empty()).then(|| format!("members-removed:{}", part.leave.len())).into_iter().collect();
    }
    let counted = [("deleted", guard::is_delete(change)), ("disabled", guard::is_disable(change)), ("renamed", guard::is_rename(change))];
    let events = counted.iter().filter(|(_, counts)| *counts).map(|(what, _)| (*what).to_owned());
    events.chain(guard::cleared(change).map(|attribute| format!("cleared:{attribute}"))).collect()
}

/// The link after the service accepted a change: what was sent is what is confirmed.
fn link_after(item: &Item<'_>, before: Option<Link>, result: &SyncObjectResult) -> Link {
    let change = item.change;
    if let (Some(part), Some(mut link)) = (&item.members, before.clone()) {
        confirm(&mut link, part);
        return link;
    }
    let known = before.as_ref().and_then(|link| link.target_id.clone()).or_else(|| change.target_id.clone());
    let starts_anew = matches!(change.action, Action::Create | Action::Join) && !item.second;
    let confirmed = match (before, change.attributes.block()) {
        (None, Some(made)) if item.deferred.is_empty() && !item.second => made.clone(),
        (Some(link), _) if !starts_anew => confirmed_after(item, link.confirmed.to_attributes()),
        _ => confirmed_after(item, ServiceAttributes::new()),
    };
    let last_upn = match confirmed.get("userPrincipalName") {
        Some(Value::Text(upn)) => upn,
        _ => change.upn.clone(),
    };
    Link {
        anchor: change.anchor.clone(),
        kind: change.kind,
        target_id: result.cloud_anchor.as_deref().and_then(target_id_of).or(known),
        last_dn: change.source_dn.clone(),
        last_upn,
        confirmed,
        state: if change.action == Action::Delete { LinkState::Deleted } else { LinkState::Live },
    }
}

/// What is confirmed once these values, or those that were put off, were accepted.
fn confirmed_after(item: &Item<'_>, mut confirmed: ServiceAttributes) -> ServiceBlock {
    for attribute in item.change.attributes.all().iter() {
        let deferred = item.deferred.iter().any(|(name, _)| name == attribute.name);
        if deferred != item.second {
            continue;
        }
        match &attribute.to {
            Some(value) => confirmed.insert(attribute.name.into(), value.clone()),
            None => confirmed.remove(attribute.name),
        };
    }
    confirmed.into()
}

fn findings_of_success(change: &Change, result: &SyncObjectResult) -> Option<Finding> {
    let got = result.cloud_anchor.as_deref().and_then(target_id_of);
    if change.action == Action::Join && got.is_some() && got != change.target_id {
        return Some(finding(
            "join-missed",
            Severity::Error,
            change,
            got.as_deref(),
            "the service made another object instead of taking over the one that was forecast; compare both in the portal, delete the wrong one there, and run `samesign sync --full`",
        ));
    }
    let words = result.error_description.as_deref().filter(|words| !words.is_empty())?;
    Some(finding(
        VALUE_PARKED,
        Severity::Error,
        change,
        Some(words),
        "the service stored the object but parked a value that somebody else has: keep it on one of both; the service gives it to the other by \
         itself, within an hour",
    ))
}

fn finding(code: &'static str, severity: Severity, change: &Change, value: Option<&str>, hint: &str) -> Finding {
    Finding { code, severity, objects: vec![change.source_dn.clone()], attribute: None, value: value.map(Into::into), hint: hint.into() }
}

fn words_of(result: &SyncObjectResult) -> String {
    let parts: Vec<&str> = [result.error_code.as_deref(), result.error_description.as_deref()].into_iter().flatten().collect();
    if parts.is_empty() { "refused without a reason".to_owned() } else { parts.join(": ") }
}
