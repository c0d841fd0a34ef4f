//! What was forecast beside what is.

use std::collections::{BTreeMap, BTreeSet};

use samesign_engine::forecast::{ShownNames, ShownUpn, shown_names};
use samesign_engine::{Action, Anchor, Change, Kind, Link, LinkState, Plan, Policy, TargetObject, Value, fold};
use samesign_wire::provisioning::{ResultCode, SyncObjectResult};

use super::cloud::{Cloud, Shown};
use super::convert::target_id_of;
use super::directory::DOMAINS;

/// Every change was done, to the object that was forecast, and without a remark.
pub fn changes(plan: &Plan, results: &[SyncObjectResult], before: &Shown, after: &Shown) -> Result<(), String> {
    plan.changes.iter().zip(results).try_for_each(|(change, result)| done(change, result))?;
    plan.changes.iter().zip(results).try_for_each(|(change, result)| {
        outcome(change, result, before, after).map_err(|difference| {
            format!("{} {} {} ({}): {difference}", change.action.as_str(), change.kind.as_str(), change.upn, change.reason)
        })
    })
}

/// The service has nothing to remark.
fn done(change: &Change, result: &SyncObjectResult) -> Result<(), String> {
    let SyncObjectResult { result_code, error_code, error_description, .. } = result;
    if *result_code == ResultCode::Success && error_description.is_none() {
        return Ok(());
    }
    let Change { action, kind, upn, reason, .. } = change;
    Err(format!(
        "{} {} {upn} ({reason}): the service says {result_code:?} {error_code:?} {error_description:?}",
        action.as_str(),
        kind.as_str()
    ))
}

fn outcome(change: &Change, result: &SyncObjectResult, before: &Shown, after: &Shown) -> Result<(), String> {
    let id = id_of(change, result).ok_or("no id")?;
    let was = before.objects.get(&id).map(|(target, _)| target);
    let is = after.objects.get(&id).map(|(target, _)| target);
    match (change.action, was) {
        (Action::Create, Some(was)) => return Err(format!("{} was taken instead of a new object", was.upn)),
        (Action::Join, _) if change.target_id.as_ref() != Some(&id) => return Err(format!("{id} instead of {:?}", change.target_id)),
        (Action::Restore, _) if change.target_id.as_ref().is_some_and(|wanted| before.objects.contains_key(wanted) && *wanted != id) => {
            return Err(format!("{id} came back instead of {:?}", change.target_id));
        }
        _ => {}
    }
    match (change.action, change.kind, is) {
        (Action::Delete, Kind::User, Some(is)) if is.soft_deleted => Ok(()),
        (Action::Delete, Kind::Group | Kind::Contact, None) => Ok(()),
        (Action::Delete, ..) => Err("it was not deleted".to_owned()),
        (_, _, None) => Err("it is not there".to_owned()),
        (_, _, Some(is)) if is.soft_deleted => Err("it is deleted".to_owned()),
        (_, _, Some(is)) if !is.synced => Err("it is not synchronized".to_owned()),
        (_, _, Some(is)) if is.kind != change.kind => Err(format!("it is a {:?}", is.kind)),
        (_, Kind::User, Some(is)) if is.anchor.as_ref() != Some(&change.anchor) => Err(format!("its anchor is {:?}", is.anchor)),
        (_, _, Some(is)) if !is.parked.is_empty() => Err(format!("values were parked: {:?}", is.parked)),
        _ => Ok(()),
    }
}

/// Sign-in names and addresses are shown as they were forecast.
pub fn names(
    plan: &Plan,
    results: &[SyncObjectResult],
    links: &BTreeMap<Anchor, Link>,
    before: &Shown,
    after: &Shown,
    policy: &Policy,
) -> Result<(), String> {
    for (place, (change, result)) in plan.changes.iter().zip(results).enumerate() {
        // Of an update in two parts the second one is seen.
        let again = plan.changes.iter().skip(place + 1).any(|later| later.anchor == change.anchor && later.action != Action::Member);
        let Some(id) = id_of(change, result).filter(|_| !again) else { continue };
        let was = before.objects.get(&id).map(|(target, _)| target);
        let (Some(shown), Some((is, _))) = (shown_names(change, links.get(&change.anchor), was, policy), after.objects.get(&id)) else {
            continue;
        };
        if let Some(difference) = differs(&shown, is) {
            return Err(format!("{} {} {}: {difference}; forecast {shown:?}", change.action.as_str(), change.kind.as_str(), change.upn));
        }
    }
    Ok(())
}

fn differs(shown: &ShownNames, is: &TargetObject) -> Option<String> {
    let first = |address: &String| address.ends_with(DOMAINS[2]);
    match &shown.upn {
        Some(ShownUpn::Exactly(upn)) if *upn != is.upn => return Some(format!("its UPN is {}", is.upn)),
        Some(ShownUpn::MadeOf(prefix)) => {
            let made = is.upn.to_lowercase();
            let rest = made.strip_suffix(&format!("@{}", DOMAINS[2])).and_then(|local| local.strip_prefix(&**prefix));
            if !rest.is_some_and(|rest| rest.is_empty() || rest.len() == 4 && rest.chars().all(|digit| digit.is_ascii_digit())) {
                return Some(format!("its UPN is {}", is.upn));
            }
        }
        _ => {}
    }
    let smtp =
        |proxy: &str| proxy.split_once(':').filter(|(prefix, _)| prefix.eq_ignore_ascii_case("smtp")).map(|(_, address)| fold(address));
    let mut addresses: BTreeSet<String> = is.addresses.iter().filter_map(|proxy| smtp(proxy)).filter(|address| !first(address)).collect();
    // A mailbox is reached by its sign-in name, too.
    addresses.remove(&fold(&is.upn));
    let mut expected: BTreeSet<String> = shown.addresses.iter().map(ToString::to_string).collect();
    expected.remove(&fold(&is.upn));
    if addresses != expected {
        return Some(format!("its addresses are {:?}", is.addresses));
    }
    let primary = is.addresses.iter().find_map(|proxy| proxy.strip_prefix("SMTP:")).map(fold).filter(|primary| !first(primary));
    (primary.as_deref() != shown.primary.as_deref()).then(|| format!("its addresses are {:?}", is.addresses))
}

/// Whoever is not in the plan is as before.
pub fn untouched(plan: &Plan, results: &[SyncObjectResult], before: &Shown, after: &Shown) -> Result<(), String> {
    let touched: BTreeSet<Box<str>> = plan.changes.iter().zip(results).filter_map(|(change, result)| id_of(change, result)).collect();
    for (id, (target, was)) in before.objects.iter().filter(|(id, _)| !touched.contains(*id)) {
        match after.objects.get(id) {
            None => return Err(format!("{} is not there any more, and was not in the plan", target.upn)),
            Some((_, is)) if is != was && target.parked.is_empty() => {
                return Err(format!("{} was changed, and was not in the plan: {was} {is}", target.upn));
            }
            Some(_) => {}
        }
    }
    let new = after.objects.keys().find(|id| !before.objects.contains_key(*id) && !touched.contains(*id));
    new.map_or(Ok(()), |id| Err(format!("{} appeared, and was not in the plan", after.objects[id].0.upn)))
}

/// Every group has the members that were confirmed, and no others.
pub async fn members(cloud: &Cloud, links: &BTreeMap<Anchor, Link>) -> Result<(), String> {
    for link in links.values().filter(|link| link.kind == Kind::Group && link.state == LinkState::Live) {
        let Some(id) = link.target_id.as_deref() else { continue };
        let expected: BTreeSet<String> = match link.confirmed.get("member") {
            Some(Value::References(anchors)) => anchors
                .iter()
                .filter_map(|anchor| links.get(anchor))
                .filter(|link| link.state == LinkState::Live)
                .filter_map(|link| link.target_id.as_deref())
                .map(str::to_owned)
                .collect(),
            _ => BTreeSet::new(),
        };
        let shown: BTreeSet<String> = cloud.members(id).await.into_iter().collect();
        if shown != expected {
            return Err(format!("{} has the members {shown:?} instead of {expected:?}", link.last_upn));
        }
    }
    Ok(())
}

fn id_of(change: &Change, result: &SyncObjectResult) -> Option<Box<str>> {
    result.cloud_anchor.as_deref().and_then(target_id_of).or_else(|| change.target_id.clone())
}
