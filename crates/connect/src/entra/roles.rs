//! Who holds an admin role: asked for in batches, for Graph's lists of users do not tell.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::Entra;
use super::config::host_of;
use super::error::EntraError;
use super::graph::Page;
use super::http::escape;
use super::identity::spread;
use super::retry;
use crate::clock;

/// Requests that one batch may hold.
const BATCH: usize = 20;

impl Entra {
    /// Those of `ids` that hold an admin role. One that cannot be asked about is an error: nobody is taken for harmless.
    pub async fn admin_roles(&self, ids: &[&str]) -> Result<BTreeSet<Box<str>>, EntraError> {
        let mut holders = BTreeSet::new();
        for ids in ids.chunks(BATCH) {
            let mut open: Vec<&str> = ids.to_vec();
            let mut tried = 0;
            while !open.is_empty() {
                let answers = self.batch(&open).await?;
                let asked: Vec<String> = answers.iter().filter_map(BatchAnswer::retry_after).map(ToOwned::to_owned).collect();
                open = self.role_answers(&open, answers, &mut holders).await?;
                tried += 1;
                if !open.is_empty() {
                    self.wait(tried, &asked).await?;
                }
            }
        }
        Ok(holders)
    }

    /// Waits before entries of a batch are sent again: as long as the most patient one asks for.
    async fn wait(&self, tried: u32, asked: &[String]) -> Result<(), EntraError> {
        let (now, random) = (clock::now(), spread());
        let waits = asked.iter().map(|asked| retry::wait(tried, Some(asked), now, random));
        let wait = waits.max().unwrap_or_else(|| retry::wait(tried, None, now, random));
        if tried == retry::TRIES_MAX {
            return Err(EntraError::Throttled { host: host_of(&self.endpoints.graph), retry_after: wait });
        }
        tokio::time::sleep(wait).await;
        Ok(())
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
        for BatchAnswer { id, status, body, headers: _ } in answers {
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
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: serde_json::Value,
}

impl BatchAnswer {
    /// What an entry asks for by itself: it is throttled by itself, inside an answer that is well.
    fn retry_after(&self) -> Option<&str> {
        self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after")).map(|(_, value)| value.as_str())
    }
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
