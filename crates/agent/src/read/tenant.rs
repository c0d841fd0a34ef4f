//! Reading the tenant: what Graph shows, and what the service last accepted from us.

use std::collections::{BTreeMap, BTreeSet};

use samesign_connect::entra::{DeltaEnd, DeltaItem, Entra, EntraError};
use samesign_engine::{Anchor, Kind, Link, LinkState, TargetObject, Value};
use samesign_wire::provisioning::SyncObject;

use crate::convert::{confirmed_of, kind_of, target_id_of};
use crate::error::AgentError;
use crate::progress::{Progress, Step};
use crate::state::Store;

/// What changed in the tenant since the last read.
#[derive(Default)]
pub struct TargetDelta {
    /// Objects that are new or have changed.
    pub present: Vec<TargetObject>,
    /// Ids of objects now in deletedItems.
    pub soft_deleted: Vec<Box<str>>,
    /// Ids of objects gone for good.
    pub gone: Vec<Box<str>>,
    /// Of these kinds everything was read anew: what is not here is not there.
    pub anew: BTreeSet<Kind>,
    /// Where the next read of each kind goes on.
    pub links: BTreeMap<Kind, String>,
}

/// Reads what changed since these links; everything of a kind, when there is none or the service does not know it any more.
pub async fn read_tenant(entra: &Entra, links: &BTreeMap<Kind, String>, progress: &dyn Progress) -> Result<TargetDelta, EntraError> {
    let mut delta = TargetDelta::default();
    for kind in [Kind::User, Kind::Group, Kind::Contact] {
        let link = links.get(&kind).map(String::as_str);
        match delta.add(entra, kind, link, progress).await {
            Err(EntraError::ResyncRequired) if link.is_some() => delta.add(entra, kind, None, progress).await?,
            read => read?,
        }
    }
    Ok(delta)
}

impl TargetDelta {
    /// Adds the changes of one kind; nothing, when they cannot be read.
    async fn add(&mut self, entra: &Entra, kind: Kind, link: Option<&str>, progress: &dyn Progress) -> Result<(), EntraError> {
        // Graph may tell of one object several times in a round: the last word counts.
        let mut latest: BTreeMap<Box<str>, Option<TargetObject>> = BTreeMap::new();
        let mut soft_deleted = BTreeSet::new();
        let before = self.present.len();
        let mut take = |item: DeltaItem| {
            match item {
                DeltaItem::Present(object) => {
                    soft_deleted.remove(&object.id);
                    latest.insert(object.id.clone(), Some(slim(object)))
                }
                DeltaItem::SoftDeleted(id) => {
                    soft_deleted.insert(id.clone());
                    latest.insert(id, None)
                }
                DeltaItem::Deleted(id) => {
                    soft_deleted.remove(&id);
                    latest.insert(id, None)
                }
            };
            if latest.len().is_multiple_of(500) {
                progress.at(Step::ReadTenant, before + latest.len(), None);
            }
        };
        let DeltaEnd { link: next } = match kind {
            Kind::User => entra.users_delta(link, &mut take).await?,
            Kind::Group => entra.groups_delta(link, &mut take).await?,
            Kind::Contact => entra.contacts_delta(link, &mut take).await?,
        };
        if link.is_none() {
            self.anew.insert(kind);
            if kind == Kind::User {
                entra.deleted_users(&mut |user| self.present.push(user)).await?;
            }
        }
        self.links.insert(kind, next);
        for (id, object) in latest {
            match object {
                Some(object) => self.present.push(object),
                // Only users come back with their id.
                None if kind == Kind::User && soft_deleted.contains(&id) => self.soft_deleted.push(id),
                None => self.gone.push(id),
            }
        }
        Ok(())
    }
}

/// What Graph shows of a synchronized object matters for matching alone: its values are compared with what was confirmed.
fn slim(mut object: TargetObject) -> TargetObject {
    if object.synced {
        // What a person set by hand a licence rule must know of.
        object.visible.retain(|name, _| ["assignedLicenses", "usageLocation"].contains(&&**name));
    }
    object.addresses.shrink_to_fit();
    object
}

/// Rebuilds the links from the service, which returns every synchronized object with the values as they were sent. What we
/// deleted is not among them and is kept.
pub async fn rebuild_links(entra: &Entra, store: &Store) -> Result<BTreeMap<Anchor, Link>, AgentError> {
    let mut links = BTreeMap::new();
    let mut known_as = BTreeMap::new();
    store.links(&mut |link| {
        known_as.insert(link.anchor.clone(), (link.last_dn.clone(), link.last_upn.clone()));
        if link.state == LinkState::Deleted {
            links.insert(link.anchor.clone(), link);
        }
    })?;
    entra
        .read_back(true, &mut |object| {
            let Some(mut link) = link_of(&object) else { return };
            if let Some((last_dn, last_upn)) = known_as.remove(&link.anchor) {
                // The service keeps the DN of users alone.
                link.last_dn = Some(link.last_dn).filter(|dn| !dn.is_empty()).unwrap_or(last_dn);
                link.last_upn = Some(link.last_upn).filter(|upn| !upn.is_empty()).unwrap_or(last_upn);
            }
            links.insert(link.anchor.clone(), link);
        })
        .await?;
    Ok(links)
}

/// The links of these anchors as the service has them, by one reading back of everything.
pub async fn read_back_links(entra: &Entra, anchors: &BTreeSet<Anchor>) -> Result<BTreeMap<Anchor, Link>, EntraError> {
    let mut links = BTreeMap::new();
    let wanted = |object: &SyncObject| object.source_anchor.as_deref().is_some_and(|anchor| anchors.contains(&Anchor::from_text(anchor)));
    entra
        .read_back(true, &mut |object| links.extend(link_of(&object).filter(|_| wanted(&object)).map(|link| (link.anchor.clone(), link))))
        .await?;
    Ok(links)
}

/// The link that an object of the service makes.
fn link_of(object: &SyncObject) -> Option<Link> {
    let anchor = Anchor::from_text(object.source_anchor.as_deref()?);
    let confirmed = confirmed_of(&object.properties);
    let text = |names: &[&str]| {
        let texts = names.iter().filter_map(|name| match confirmed.get(*name) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        });
        texts.into_iter().next().unwrap_or_default()
    };
    let kind = kind_of(object.object_type);
    let name: &[&str] = if kind == Kind::User { &["userPrincipalName"] } else { &["mail", "displayName", "commonName"] };
    Some(Link {
        kind,
        target_id: object.cloud_anchor.as_deref().and_then(target_id_of),
        state: LinkState::Live,
        last_dn: text(&["onPremisesDistinguishedName"]),
        last_upn: text(name),
        anchor,
        confirmed: confirmed.into(),
    })
}
