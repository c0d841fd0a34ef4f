//! One pair of directories, from its first run to the day when nothing is left to do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use samesign_engine::{Action, Anchor, Change, Kind, Link, LinkState, Plan, ServiceAttributes, Slice, Value, plan};
use samesign_wire::provisioning::{ResultCode, SyncObject, SyncObjectResult};

use super::cloud::{Cloud, Shown};
use super::compare;
use super::convert::{member_object, reference_object, sync_object, target_id_of};
use super::dice::Dice;
use super::directory::{Directory, Entry};
use super::story;

const RUNS: usize = 3;
/// A chain of names that are given up and taken is at an end after so many runs.
const AGAIN_MAX: usize = 4;

/// What came to pass, to see that the pairs are as awkward as they should be.
#[derive(Default)]
pub struct Tally {
    changes: BTreeMap<(&'static str, &'static str), usize>,
    findings: BTreeMap<&'static str, usize>,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        other.changes.into_iter().for_each(|(what, count)| *self.changes.entry(what).or_default() += count);
        other.findings.into_iter().for_each(|(what, count)| *self.findings.entry(what).or_default() += count);
    }

    fn note(&mut self, plan: &Plan) {
        plan.changes.iter().for_each(|change| *self.changes.entry((change.action.as_str(), change.kind.as_str())).or_default() += 1);
        plan.findings.iter().for_each(|finding| *self.findings.entry(finding.code).or_default() += 1);
    }

    /// Every way in which both sides can meet must have been tried.
    pub fn ensure_variety(&self) {
        let changes = [("create", "user"), ("join", "user"), ("update", "user"), ("restore", "user"), ("delete", "user")];
        let findings = [
            "anchor-changed",
            "anchor-of-another",
            "duplicate-address",
            "duplicate-anchor",
            "duplicate-upn",
            "match-address-taken",
            "match-ambiguous",
            "match-blocked",
            "match-mail-differs",
            "match-no-mailbox",
            "match-other-anchor",
            "match-privileged",
            "privileged-protected",
            "suffix-unverified",
        ];
        for what in changes {
            assert!(self.changes.get(&what).is_some_and(|count| *count >= 20), "too few of {what:?}");
        }
        for code in findings {
            assert!(self.findings.get(code).is_some_and(|count| *count >= 5), "too few of {code}");
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.changes.iter().try_for_each(|((action, kind), count)| writeln!(f, "{count:6} {action} {kind}"))?;
        self.findings.iter().try_for_each(|(code, count)| writeln!(f, "{count:6} {code}"))
    }
}

/// Plays a pair. The error says where the forecast and the tenant part.
pub async fn pair(cloud: &Cloud, number: u64, told: bool) -> Result<Tally, String> {
    let mut dice = Dice::new(number);
    let mut directory = Directory::new(&mut dice, number);
    cloud.begin(&directory, &mut dice).await;
    let mut player = Player { cloud, links: BTreeMap::new(), tally: Tally::default(), told };
    for run in 0..RUNS {
        // Whoever waited for a name that another gave up follows in the next run.
        let mut again = 0;
        while player.run(&directory).await.map_err(|difference| format!("run {run}, {again} times again: {difference}"))? {
            again += 1;
            if again > AGAIN_MAX {
                return Err(format!("run {run}: there is no end to it"));
            }
        }
        directory.live_on(&mut dice);
        player.meddle(&directory, &mut dice).await;
    }
    Ok(player.tally)
}

struct Player<'a> {
    cloud: &'a Cloud,
    links: BTreeMap<Anchor, Link>,
    tally: Tally,
    told: bool,
}

impl Player<'_> {
    /// Plans, sends what was planned, and compares. Answers whether there was anything to do.
    async fn run(&mut self, directory: &Directory) -> Result<bool, String> {
        let before = self.cloud.read().await;
        let plan = plan(&self.slice(directory, &before), &directory.policy);
        if self.told {
            story::tell(directory, &before, &plan);
        }
        self.tally.note(&plan);
        if plan.changes.is_empty() {
            return Ok(false);
        }
        let links = self.links.clone();
        let results = self.send(&plan).await?;
        let after = self.cloud.read().await;
        if self.told {
            story::tell_tenant("afterwards", &after);
        }
        compare::changes(&plan, &results, &before, &after)?;
        compare::names(&plan, &results, &links, &before, &after, &directory.policy)?;
        compare::untouched(&plan, &results, &before, &after)?;
        compare::members(self.cloud, &self.links).await?;
        Ok(true)
    }

    fn slice(&self, directory: &Directory, shown: &Shown) -> Slice {
        Slice {
            source: directory.entries.iter().map(Entry::object).collect(),
            gone: directory.gone(self.links.values()),
            targets: shown.objects.values().map(|(target, _)| target.clone()).collect(),
            links: self.links.values().cloned().collect(),
            references: BTreeMap::new(),
            chosen: None,
            from_directory: false,
        }
    }

    /// What happens in the tenant between two runs: a new user, or somebody gets a role.
    async fn meddle(&self, directory: &Directory, dice: &mut Dice) {
        if dice.one_in(3) {
            self.cloud.add_user(directory, dice);
        }
        let live: Vec<&Link> = self.links.values().filter(|link| link.state == LinkState::Live && link.kind == Kind::User).collect();
        if !live.is_empty() && dice.one_in(5) {
            let link = live[dice.below(live.len())];
            link.target_id.as_deref().into_iter().for_each(|id| self.cloud.promote(id));
        }
    }

    /// Sends every change as the agent does: references to objects that are not there yet follow afterwards.
    async fn send(&mut self, plan: &Plan) -> Result<Vec<SyncObjectResult>, String> {
        let objects: Vec<SyncObject> = plan.changes.iter().map(|change| self.message(change)).collect();
        let mut results = Vec::new();
        if !objects.is_empty() {
            results = self.cloud.provision(objects).await;
        }
        if results.len() != plan.changes.len() {
            return Err(format!("{} results for {} changes", results.len(), plan.changes.len()));
        }
        let mut later = Vec::new();
        for (change, result) in plan.changes.iter().zip(&results) {
            if result.result_code == ResultCode::Success {
                later.extend(self.absent(change).map(|absent| reference_object(change, &absent)));
                self.remember(change, result);
            }
        }
        if !later.is_empty() {
            let refused = self.cloud.provision(later).await.into_iter().find(|result| result.result_code != ResultCode::Success);
            if let Some(result) = refused {
                return Err(format!("a reference was refused: {:?} {:?}", result.error_code, result.error_description));
            }
        }
        Ok(results)
    }

    fn message(&self, change: &Change) -> SyncObject {
        let members = |value: Option<&Value>| match value {
            Some(Value::References(anchors)) => anchors.to_vec(),
            _ => Vec::new(),
        };
        match (change.action, change.attributes.of_known().first()) {
            (Action::Member, Some(edit)) => member_object(change, &members(edit.to.as_ref()), &members(edit.from.as_deref())),
            _ => sync_object(change, &|anchor| self.is_live(anchor)),
        }
    }

    fn is_live(&self, anchor: &Anchor) -> bool {
        self.links.get(anchor).is_some_and(|link| link.state == LinkState::Live)
    }

    fn absent(&self, change: &Change) -> Option<Vec<(samesign_engine::ServiceName, Anchor)>> {
        let edits = change.attributes.all();
        let references = edits.iter().filter(|_| change.action != Action::Member).filter_map(|edit| match &edit.to {
            Some(Value::Reference(anchor)) => Some((edit.name.into(), anchor.clone())),
            _ => None,
        });
        let references: Vec<_> = references.collect();
        (!references.is_empty()).then_some(references)
    }

    /// What the service accepted is confirmed.
    fn remember(&mut self, change: &Change, result: &SyncObjectResult) {
        let before = self.links.remove(&change.anchor);
        let anew = matches!(change.action, Action::Create | Action::Join);
        let mut confirmed = before.as_ref().filter(|_| !anew).map_or_else(ServiceAttributes::new, |link| link.confirmed.to_attributes());
        if change.action == Action::Member {
            let mut members: BTreeSet<Anchor> = match confirmed.get("member") {
                Some(Value::References(members)) => members.iter().cloned().collect(),
                _ => BTreeSet::new(),
            };
            for edit in change.attributes.all().iter() {
                if let Some(Value::References(leave)) = edit.from.as_deref() {
                    members.retain(|anchor| !leave.contains(anchor));
                }
                if let Some(Value::References(come)) = &edit.to {
                    members.extend(come.iter().cloned());
                }
            }
            confirmed.remove("member");
            if !members.is_empty() {
                confirmed.insert("member".into(), Value::References(members.into_iter().collect()));
            }
        } else {
            for edit in change.attributes.all().iter() {
                match &edit.to {
                    Some(value) => confirmed.insert(edit.name.into(), value.clone()),
                    None => confirmed.remove(edit.name),
                };
            }
        }
        let known = before.and_then(|link| link.target_id).or_else(|| change.target_id.clone());
        let link = Link {
            anchor: change.anchor.clone(),
            kind: change.kind,
            target_id: result.cloud_anchor.as_deref().and_then(target_id_of).or(known),
            last_dn: change.source_dn.clone(),
            last_upn: match confirmed.get("userPrincipalName") {
                Some(Value::Text(upn)) => upn.clone(),
                _ => change.upn.clone(),
            },
            confirmed: confirmed.into(),
            state: if change.action == Action::Delete { LinkState::Deleted } else { LinkState::Live },
        };
        self.links.insert(change.anchor.clone(), link);
    }
}
