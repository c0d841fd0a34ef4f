//! Reading the tenant: what Graph shows, and what the service last accepted from us.

use std::collections::BTreeMap;

use samesign_connect::entra::{DeltaItem, Entra, EntraError};
use samesign_engine::{Anchor, Link, LinkState, TargetObject};

use crate::convert::confirmed_of;
use crate::error::AgentError;
use crate::progress::{Progress, Step};
use crate::state::Store;

/// What changed in the tenant since the last read.
#[derive(Default)]
pub struct TargetDelta {
    /// Users that are new or have changed.
    pub present: Vec<TargetObject>,
    /// Ids of users now in deletedItems.
    pub soft_deleted: Vec<Box<str>>,
    /// Ids of users gone for good.
    pub gone: Vec<Box<str>>,
    /// Everything was read anew: what is not here is not there.
    pub anew: bool,
    /// Where the next read goes on.
    pub link: String,
}

/// Reads what changed since `link`; everything, when there is none or the service does not know it any more.
pub async fn read_tenant(entra: &Entra, link: Option<&str>, progress: &dyn Progress) -> Result<TargetDelta, EntraError> {
    match changes(entra, link, progress).await {
        Err(EntraError::ResyncRequired) if link.is_some() => changes(entra, None, progress).await,
        read => read,
    }
}

async fn changes(entra: &Entra, link: Option<&str>, progress: &dyn Progress) -> Result<TargetDelta, EntraError> {
    // Graph may tell of one user several times in a round: the last word counts.
    let mut latest: BTreeMap<Box<str>, Option<TargetObject>> = BTreeMap::new();
    let mut soft_deleted = Vec::new();
    let mut take = |item: DeltaItem| {
        match item {
            DeltaItem::Present(user) => latest.insert(user.id.clone(), Some(slim(user))),
            DeltaItem::SoftDeleted(id) => {
                soft_deleted.push(id.clone());
                latest.insert(id, None)
            }
            DeltaItem::Deleted(id) => latest.insert(id, None),
        };
        if latest.len().is_multiple_of(500) {
            progress.at(Step::ReadTenant, latest.len(), None);
        }
    };
    let end = entra.users_delta(link, &mut take).await?;
    let mut delta = TargetDelta { anew: link.is_none(), link: end.link, ..TargetDelta::default() };
    if delta.anew {
        entra.deleted_users(&mut |user| delta.present.push(user)).await?;
    }
    for (id, user) in latest {
        match user {
            Some(user) => delta.present.push(user),
            None if soft_deleted.contains(&id) => delta.soft_deleted.push(id),
            None => delta.gone.push(id),
        }
    }
    Ok(delta)
}

/// What Graph shows of a synchronized user matters for matching alone: its values are compared with what was confirmed.
fn slim(mut user: TargetObject) -> TargetObject {
    if user.synced {
        user.visible.clear();
    }
    user.addresses.shrink_to_fit();
    user
}

/// Rebuilds the links from the service, which returns every synchronized object with the values as they were sent. What we
/// deleted is not among them and is kept.
pub async fn rebuild_links(entra: &Entra, store: &Store) -> Result<BTreeMap<Anchor, Link>, AgentError> {
    let mut links = BTreeMap::new();
    store.links(&mut |link| {
        if link.state == LinkState::Deleted {
            links.insert(link.anchor.clone(), link);
        }
    })?;
    entra
        .read_back(true, &mut |object| {
            let Some(anchor) = object.source_anchor.as_deref().map(Anchor::from_text) else { return };
            let confirmed = confirmed_of(&object.properties);
            let text = |name: &str| match confirmed.get(name) {
                Some(samesign_engine::Value::Text(text)) => text.clone(),
                _ => Box::default(),
            };
            let link = Link {
                kind: crate::convert::kind_of(object.object_type),
                target_id: object.cloud_anchor.as_deref().and_then(crate::convert::target_id_of),
                state: LinkState::Live,
                last_dn: text("onPremisesDistinguishedName"),
                last_upn: text("userPrincipalName"),
                anchor: anchor.clone(),
                confirmed,
            };
            links.insert(anchor, link);
        })
        .await?;
    Ok(links)
}
