//! What is read of the tenant's objects through Microsoft Graph v1.0: users, groups, contacts, and their changes.

use reqwest::Url;
use samesign_engine::TargetObject;
use serde::de::DeserializeOwned;

use super::Entra;
use super::error::EntraError;
use super::group::{GraphContact, GraphGroup, SELECT_CONTACT, SELECT_GROUP};
use super::user::{GraphUser, Removed, SELECT};

/// Users per page, as many as Graph gives.
const PAGE: &str = "999";

/// One step of a delta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeltaItem {
    /// The object is there, and is now so.
    Present(TargetObject),
    /// The object with this id is in deletedItems.
    SoftDeleted(Box<str>),
    /// The object with this id is gone for good.
    Deleted(Box<str>),
}

/// How a delta ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaEnd {
    /// Where the next read goes on. Holds good for seven days.
    pub link: String,
}

impl Entra {
    /// Every user (without a link) or what changed since `link`. One user may come more than once: the last word counts.
    ///
    /// [`EntraError::ResyncRequired`]: the link is too old or of another tenant; call again without one.
    pub async fn users_delta(&self, link: Option<&str>, sink: &mut (impl FnMut(DeltaItem) + ?Sized)) -> Result<DeltaEnd, EntraError> {
        let what = "the changes of users";
        self.delta("users", SELECT, link, what, &mut |user: GraphUser| {
            sink(match user.removed {
                Some(removed) => gone(user.id, &removed),
                None => DeltaItem::Present(user.into_target(false)),
            });
        })
        .await
    }

    /// As [`Self::users_delta`], for groups of every kind. Their members are not asked for.
    pub async fn groups_delta(&self, link: Option<&str>, sink: &mut (impl FnMut(DeltaItem) + ?Sized)) -> Result<DeltaEnd, EntraError> {
        let what = "the changes of groups";
        self.delta("groups", SELECT_GROUP, link, what, &mut |group: GraphGroup| {
            sink(match group.removed {
                Some(removed) => gone(group.id, &removed),
                None => DeltaItem::Present(group.into_target()),
            });
        })
        .await
    }

    /// As [`Self::users_delta`], for contacts.
    pub async fn contacts_delta(&self, link: Option<&str>, sink: &mut (impl FnMut(DeltaItem) + ?Sized)) -> Result<DeltaEnd, EntraError> {
        let what = "the changes of contacts";
        self.delta("contacts", SELECT_CONTACT, link, what, &mut |contact: GraphContact| {
            sink(match contact.removed {
                Some(removed) => gone(contact.id, &removed),
                None => DeltaItem::Present(contact.into_target()),
            });
        })
        .await
    }

    /// The users in deletedItems.
    pub async fn deleted_users(&self, sink: &mut (impl FnMut(TargetObject) + ?Sized)) -> Result<(), EntraError> {
        let url = self.graph("directory/deletedItems/microsoft.graph.user", &format!("$select={SELECT}&$top={PAGE}"));
        self.pages(url, "the deleted users", &mut |user: GraphUser| sink(user.into_target(true))).await?;
        Ok(())
    }

    async fn delta<T: DeserializeOwned>(
        &self,
        set: &str,
        select: &str,
        link: Option<&str>,
        what: &'static str,
        sink: &mut (impl FnMut(T) + ?Sized),
    ) -> Result<DeltaEnd, EntraError> {
        let start = self.graph(&format!("{set}/delta"), &format!("$select={select}"));
        let first = match link {
            None => start,
            // A link of one set answers with objects of that set, which are not these.
            Some(link) => Url::parse(link)
                .ok()
                .filter(|link| self.endpoints.is_graph(link) && link.path() == start.path())
                .ok_or(EntraError::ResyncRequired)?,
        };
        let end = self.pages(first, what, sink).await?;
        let end = end.ok_or_else(|| self.answer(what, "it ends without a delta link".to_owned()))?;
        Ok(DeltaEnd { link: end.into() })
    }
}

fn gone(id: Box<str>, removed: &Removed) -> DeltaItem {
    if &*removed.reason == "deleted" { DeltaItem::Deleted(id) } else { DeltaItem::SoftDeleted(id) }
}
