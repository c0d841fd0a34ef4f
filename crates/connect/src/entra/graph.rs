//! Reads of Microsoft Graph v1.0: users, their changes, and what the tenant is. Nothing is written through Graph.

use std::collections::BTreeSet;

use reqwest::{Method, Url};
use samesign_engine::{Anchor, TargetUser};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::config::host_of;
use super::error::EntraError;
use super::http::{Answer, escape};
use super::identity::spread;
use super::token::Audience;
use super::user::{GraphUser, SELECT};
use super::{Entra, Recorded, retry};
use crate::clock;

/// Users per page, as many as Graph gives.
const PAGE: &str = "999";
/// Requests that one batch may hold.
const BATCH: usize = 20;

/// One step of a delta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeltaItem {
    /// The user is there, and is now so.
    Present(TargetUser),
    /// The user with this id is in deletedItems.
    SoftDeleted(Box<str>),
    /// The user with this id is gone for good.
    Deleted(Box<str>),
}

/// How a delta ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaEnd {
    /// Where the next read goes on. Holds good for seven days.
    pub link: String,
}

/// The tenant as Graph describes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    /// The tenant's id.
    pub id: String,
    /// The name that people see.
    pub display_name: Option<String>,
    /// Whether synchronization is switched on: `None` never was.
    pub on_premises_sync_enabled: Option<bool>,
    /// When the last synchronization ended, as Graph writes it.
    pub on_premises_last_sync_date_time: Option<String>,
    /// The domains that are verified.
    #[serde(default)]
    pub verified_domains: Vec<VerifiedDomain>,
}

/// A domain of the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedDomain {
    /// The domain's name.
    pub name: String,
    /// The `onmicrosoft.com` domain that came with the tenant.
    #[serde(default)]
    pub is_initial: bool,
    /// The domain that new users get.
    #[serde(default)]
    pub is_default: bool,
}

/// A subscription of the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscribedSku {
    /// The SKU's id.
    pub sku_id: String,
    /// The SKU's name, such as `ENTERPRISEPACK`.
    pub sku_part_number: String,
    /// Seats in use.
    #[serde(default)]
    pub consumed_units: i64,
}

/// Whether the tenant takes objects from Active Directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncState {
    /// Not switched on.
    Off,
    /// Switched on, but the provisioning service does not take objects yet. May last for up to 72 hours.
    Enabling,
    /// In effect.
    On,
}

impl SyncState {
    /// `off`, `enabling` or `on`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Enabling => "enabling",
            Self::On => "on",
        }
    }
}

#[derive(Deserialize)]
struct Page<T> {
    value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    next_link: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    delta_link: Option<String>,
}

impl Entra {
    /// The tenant itself.
    pub async fn organization(&self) -> Result<Organization, EntraError> {
        let url = self.graph("organization", "$select=id,displayName,onPremisesSyncEnabled,onPremisesLastSyncDateTime,verifiedDomains");
        let mut found = None;
        self.pages(url, "the organization", &mut |organization| found = Some(organization)).await?;
        found.ok_or_else(|| self.answer("the organization", "it is empty".to_owned()))
    }

    /// Whether objects may be sent. The switch shows in Graph at once; the provisioning service follows in its own time.
    pub async fn synchronization_state(&self) -> Result<SyncState, EntraError> {
        if self.organization().await?.on_premises_sync_enabled != Some(true) {
            return Ok(SyncState::Off);
        }
        let active = self.company_configuration().await?.is_dirsyncing;
        Ok(if active { SyncState::On } else { SyncState::Enabling })
    }

    /// The names of the tenant's verified domains.
    pub async fn verified_domains(&self) -> Result<Vec<String>, EntraError> {
        Ok(self.organization().await?.verified_domains.into_iter().map(|domain| domain.name).collect())
    }

    /// The tenant's subscriptions.
    pub async fn subscribed_skus(&self) -> Result<Vec<SubscribedSku>, EntraError> {
        let mut skus = Vec::new();
        self.pages(self.graph("subscribedSkus", ""), "the subscriptions", &mut |sku| skus.push(sku)).await?;
        Ok(skus)
    }

    /// Every user (without a link) or what changed since `link`. One user may come more than once: the last word counts.
    ///
    /// [`EntraError::ResyncRequired`]: the link is too old or of another tenant; call again without one.
    pub async fn users_delta(&self, link: Option<&str>, sink: &mut (impl FnMut(DeltaItem) + ?Sized)) -> Result<DeltaEnd, EntraError> {
        let first = match link {
            None => self.graph("users/delta", &format!("$select={SELECT}")),
            Some(link) => Url::parse(link).ok().filter(|link| self.endpoints.is_graph(link)).ok_or(EntraError::ResyncRequired)?,
        };
        let end = self.pages(first, "the changes of users", &mut |user: GraphUser| sink(delta_item(user))).await?;
        let end = end.ok_or_else(|| self.answer("the changes of users", "it ends without a delta link".to_owned()))?;
        Ok(DeltaEnd { link: end.into() })
    }

    /// The users in deletedItems.
    pub async fn deleted_users(&self, sink: &mut (impl FnMut(TargetUser) + ?Sized)) -> Result<(), EntraError> {
        let url = self.graph("directory/deletedItems/microsoft.graph.user", &format!("$select={SELECT}&$top={PAGE}"));
        self.pages(url, "the deleted users", &mut |user: GraphUser| sink(user.into_target(true))).await?;
        Ok(())
    }

    /// The live user that carries this anchor.
    pub async fn find_by_anchor(&self, anchor: &Anchor) -> Result<Option<TargetUser>, EntraError> {
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

    /// Those of `ids` that hold an admin role. One that cannot be asked about is an error: nobody is taken for harmless.
    pub async fn admin_roles(&self, ids: &[&str]) -> Result<BTreeSet<Box<str>>, EntraError> {
        let mut holders = BTreeSet::new();
        for ids in ids.chunks(BATCH) {
            let mut open: Vec<&str> = ids.to_vec();
            let mut tried = 0;
            while !open.is_empty() {
                tried += 1;
                let answers = self.batch(&open).await?;
                open = self.role_answers(&open, answers, &mut holders).await?;
                if !open.is_empty() && tried == retry::TRIES_MAX {
                    return Err(EntraError::Throttled {
                        host: host_of(&self.endpoints.graph),
                        retry_after: retry::wait(tried, None, clock::now(), 0),
                    });
                }
                if !open.is_empty() {
                    tokio::time::sleep(retry::wait(tried, None, clock::now(), spread())).await;
                }
            }
        }
        Ok(holders)
    }

    /// Takes the answers of one batch; returns the ids that must be asked about again.
    async fn role_answers<'a>(
        &self,
        asked: &[&'a str],
        answers: Vec<BatchAnswer>,
        holders: &mut BTreeSet<Box<str>>,
    ) -> Result<Vec<&'a str>, EntraError> {
        const WHAT: &str = "the admin roles of a user";
        let mut open = asked.to_vec();
        for BatchAnswer { id, status, body } in answers {
            let Some(user) = id.parse().ok().and_then(|index: usize| asked.get(index).copied()) else { continue };
            if retry::is_later(status) {
                continue;
            }
            // A user who has gone meanwhile holds no role.
            if status != 404 && status != 200 {
                return Err(self.refused(WHAT, status, &serde_json::to_vec(&body).unwrap_or_default()));
            }
            open.retain(|id| *id != user);
            if status == 404 {
                continue;
            }
            let page: Page<Member> = serde_json::from_value(body).map_err(|error| self.answer(WHAT, error.to_string()))?;
            let mut is_holder = page.value.iter().any(Member::is_role);
            if let Some(next) = page.next_link {
                let next = self.own_link(&next)?;
                self.pages(next, WHAT, &mut |member: Member| is_holder |= member.is_role()).await?;
            }
            if is_holder {
                holders.insert(user.into());
            }
        }
        Ok(open)
    }

    /// Asks for the memberships of up to 20 users at once. The ids of the requests are places in `users`.
    async fn batch(&self, users: &[&str]) -> Result<Vec<BatchAnswer>, EntraError> {
        const WHAT: &str = "the admin roles of users";
        let requests = users.iter().enumerate().map(|(index, user)| BatchRequest {
            id: index.to_string(),
            method: "GET",
            url: format!("/users/{}/memberOf?$select=id", escape(user)),
        });
        let body = serde_json::to_vec(&Batch { requests: requests.collect() }).map_err(|error| EntraError::Setup(error.to_string()))?;
        let answer = self.ask(Method::POST, &self.graph("$batch", ""), WHAT, Some(body)).await?;
        let batch: BatchAnswers = serde_json::from_slice(&answer.body).map_err(|error| self.answer(WHAT, error.to_string()))?;
        Ok(batch.responses)
    }

    /// Reads page after page; the delta link, where the last page has one.
    async fn pages<T: DeserializeOwned>(
        &self,
        first: Url,
        what: &'static str,
        sink: &mut (impl FnMut(T) + ?Sized),
    ) -> Result<Option<Url>, EntraError> {
        let mut url = first;
        loop {
            let answer = self.ask(Method::GET, &url, what, None).await?;
            let page: Page<T> = serde_json::from_slice(&answer.body).map_err(|error| self.answer(what, error.to_string()))?;
            page.value.into_iter().for_each(&mut *sink);
            let Some(next) = page.next_link else {
                return page.delta_link.map(|link| self.own_link(&link)).transpose();
            };
            let next = self.own_link(&next)?;
            if next == url {
                return Err(self.answer(what, "its next page is itself".to_owned()));
            }
            url = next;
        }
    }

    /// One request that may be repeated, repeated as the service asks for.
    async fn ask(&self, method: Method, url: &Url, what: &'static str, body: Option<Vec<u8>>) -> Result<Answer, EntraError> {
        let mut tried = 0;
        let mut token_replaced = false;
        loop {
            let token = self.token(Audience::Graph).await?;
            let mut request = self.http.request(method.clone(), url).bearer_auth(token.expose()).header("accept", "application/json");
            if let Some(body) = &body {
                request = request.header("content-type", "application/json").body(body.clone());
            } else if url.path().ends_with("/delta") {
                request = request.header("prefer", format!("odata.maxpagesize={PAGE}"));
            }
            if let Some(recorder) = &self.recorder {
                recorder(&Recorded { method: method.as_str(), url: url.as_str(), body: body.as_deref() });
            }
            let answer = self.http.send(url, request).await.map_err(|failure| failure.into_error())?;
            match answer.status {
                200 => return Ok(answer),
                401 if !token_replaced => {
                    token_replaced = true;
                    self.tokens.refused(Audience::Graph, &token).await;
                }
                status if retry::is_later(status) => {
                    tried += 1;
                    let retry_after = retry::wait(tried, answer.retry_after.as_deref(), clock::now(), spread());
                    if tried == retry::TRIES_MAX {
                        return Err(EntraError::Throttled { host: host_of(url), retry_after });
                    }
                    tokio::time::sleep(retry_after).await;
                }
                status => return Err(self.refused(what, status, &answer.body)),
            }
        }
    }

    fn refused(&self, what: &'static str, status: u16, body: &[u8]) -> EntraError {
        let GraphError { error: GraphErrorBody { code, message } } = serde_json::from_slice(body).unwrap_or_default();
        let resync =
            ["syncStateNotFound", "resyncRequired", "Directory_ExpiredPageToken"].iter().any(|known| known.eq_ignore_ascii_case(&code));
        if status == 410 || resync {
            return EntraError::ResyncRequired;
        }
        EntraError::Refused { host: host_of(&self.endpoints.graph), what, status, code, message }
    }

    fn answer(&self, what: &'static str, reason: String) -> EntraError {
        EntraError::Answer { host: host_of(&self.endpoints.graph), what, reason }
    }

    /// A link of an answer. The token goes with it, so it must be of this very Graph.
    fn own_link(&self, link: &str) -> Result<Url, EntraError> {
        let foreign = || EntraError::ForeignHost { url: link.to_owned() };
        Url::parse(link).ok().filter(|link| self.endpoints.is_graph(link)).ok_or_else(foreign)
    }

    fn graph(&self, path: &str, query: &str) -> Url {
        let mut url = self.endpoints.graph.clone();
        url.set_path(&format!("{}{path}", self.endpoints.graph.path()));
        url.set_query((!query.is_empty()).then_some(query));
        url
    }
}

fn delta_item(user: GraphUser) -> DeltaItem {
    match &user.removed {
        None => DeltaItem::Present(user.into_target(false)),
        Some(removed) if &*removed.reason == "deleted" => DeltaItem::Deleted(user.id),
        Some(_) => DeltaItem::SoftDeleted(user.id),
    }
}

#[derive(Serialize)]
struct Batch {
    requests: Vec<BatchRequest>,
}

#[derive(Serialize)]
struct BatchRequest {
    id: String,
    method: &'static str,
    url: String,
}

#[derive(Deserialize)]
struct BatchAnswers {
    responses: Vec<BatchAnswer>,
}

#[derive(Deserialize)]
struct BatchAnswer {
    id: String,
    status: u16,
    #[serde(default)]
    body: serde_json::Value,
}

#[derive(Deserialize)]
struct Member {
    #[serde(rename = "@odata.type")]
    class: Option<Box<str>>,
}

impl Member {
    fn is_role(&self) -> bool {
        self.class.as_deref().is_some_and(|class| class.ends_with("directoryRole"))
    }
}

#[derive(Deserialize, Default)]
struct GraphError {
    error: GraphErrorBody,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct GraphErrorBody {
    code: String,
    message: String,
}
