//! Requests to Microsoft Graph: repeated as the service asks for, page after page, only ever to this tenant's own Graph.

use reqwest::{Method, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::config::host_of;
use super::error::EntraError;
use super::http::Answer;
use super::identity::spread;
use super::token::Audience;
use super::{Entra, Recorded, retry};
use crate::clock;

/// Users per page of a delta, as many as Graph gives.
const PAGE_PREFERENCE: &str = "odata.maxpagesize=999";

#[derive(Deserialize)]
pub struct Page<T> {
    pub value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    pub next_link: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    delta_link: Option<String>,
}

impl Entra {
    /// Reads page after page; the delta link, where the last page has one.
    pub(super) async fn pages<T: DeserializeOwned>(
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
    pub(super) async fn ask(&self, method: Method, url: &Url, what: &'static str, body: Option<Vec<u8>>) -> Result<Answer, EntraError> {
        let mut tried = 0;
        let mut token_replaced = false;
        loop {
            let token = self.token(Audience::Graph).await?;
            let mut request = self.http.request(method.clone(), url).bearer_auth(token.expose()).header("accept", "application/json");
            if let Some(body) = &body {
                request = request.header("content-type", "application/json").body(body.clone());
            } else if url.path().ends_with("/delta") {
                request = request.header("prefer", PAGE_PREFERENCE);
            }
            if let Some(recorder) = &self.recorder {
                recorder(&Recorded { method: method.as_str(), url: url.as_str(), body: body.as_deref() });
            }
            let answer = self.http.send(url, request).await.map_err(|failure| failure.into_error())?;
            match answer.status {
                200 | 201 | 204 => return Ok(answer),
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

    pub(super) fn refused(&self, what: &'static str, status: u16, body: &[u8]) -> EntraError {
        let GraphError { error: GraphErrorBody { code, message } } = serde_json::from_slice(body).unwrap_or_default();
        let resync =
            ["syncStateNotFound", "resyncRequired", "Directory_ExpiredPageToken"].iter().any(|known| known.eq_ignore_ascii_case(&code));
        if status == 410 || resync {
            return EntraError::ResyncRequired;
        }
        EntraError::Refused { host: host_of(&self.endpoints.graph), what, status, code, message }
    }

    pub(super) fn answer(&self, what: &'static str, reason: String) -> EntraError {
        EntraError::Answer { host: host_of(&self.endpoints.graph), what, reason }
    }

    /// A link of an answer. The token goes with it, so it must be of this very Graph.
    pub(super) fn own_link(&self, link: &str) -> Result<Url, EntraError> {
        let foreign = || EntraError::ForeignHost { url: link.to_owned() };
        Url::parse(link).ok().filter(|link| self.endpoints.is_graph(link)).ok_or_else(foreign)
    }

    pub(super) fn graph(&self, path: &str, query: &str) -> Url {
        let mut url = self.endpoints.graph.clone();
        url.set_path(&format!("{}{path}", self.endpoints.graph.path()));
        url.set_query((!query.is_empty()).then_some(query));
        url
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
