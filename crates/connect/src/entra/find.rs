//! Finding single objects of the tenant again: what became of an object whose reply was lost.

use std::collections::{BTreeMap, BTreeSet};

use samesign_engine::{Anchor, Kind, TargetObject};
use samesign_wire::provisioning::ObjectType;

use super::Entra;
use super::error::EntraError;
use super::http::escape;
use super::user::{GraphUser, SELECT};

impl Entra {
    /// The live user that carries this anchor.
    pub async fn find_by_anchor(&self, anchor: &Anchor) -> Result<Option<TargetObject>, EntraError> {
        let filter = format!("onPremisesImmutableId eq '{}'", anchor.as_str().replace('\'', "''"));
        let url = self.graph("users", &format!("$select={SELECT}&$filter={}", escape(&filter)));
        let mut found = Vec::new();
        self.pages(url, "a user by its anchor", &mut |user: GraphUser| found.push(user)).await?;
        let user = found.pop();
        match found.is_empty() {
            true => Ok(user.map(|user| user.into_target(false))),
            false => Err(EntraError::AnchorTwice { anchor: anchor.to_string() }),
        }
    }

    /// Graph's id of the live object that the service keeps under this anchor. A user is asked for by its anchor; Graph shows
    /// no anchor of groups and contacts, so for these the service reads back everything: see [`Self::find_all_synced`].
    pub async fn find_synced(&self, kind: Kind, anchor: &Anchor) -> Result<Option<Box<str>>, EntraError> {
        match kind {
            Kind::User => Ok(self.find_by_anchor(anchor).await?.map(|user| user.id)),
            Kind::Group | Kind::Contact => {
                let mut found = self.find_all_synced(kind, &BTreeSet::from([anchor.clone()])).await?;
                Ok(found.remove(anchor))
            }
        }
    }

    /// Graph's ids of all of these that the service keeps, by one reading back of everything that is synchronized.
    pub async fn find_all_synced(&self, kind: Kind, anchors: &BTreeSet<Anchor>) -> Result<BTreeMap<Anchor, Box<str>>, EntraError> {
        let mut found = BTreeMap::new();
        if anchors.is_empty() {
            return Ok(found);
        }
        self.read_back(true, &mut |object| {
            let anchor = object.source_anchor.as_deref().map(Anchor::from_text).filter(|anchor| anchors.contains(anchor));
            let id = object.cloud_anchor.as_deref().and_then(|anchor| anchor.split_once('_')).map(|(_, id)| id.into());
            if let (Some(anchor), Some(id), true) = (anchor, id, object.object_type == type_of(kind)) {
                found.insert(anchor, id);
            }
        })
        .await?;
        Ok(found)
    }
}

const fn type_of(kind: Kind) -> ObjectType {
    match kind {
        Kind::User => ObjectType::User,
        Kind::Group => ObjectType::Group,
        Kind::Contact => ObjectType::Contact,
    }
}
