//! The sign-in log: who tried to sign in where, and what came of it.
//!
//! A page is named by the row it begins after, so that it stays the same while new rows arrive at the top.

use std::collections::HashMap;

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::Connection;
use samesign_web::Page;
use serde::Deserialize;

use super::error::PortalError;
use super::guard::SignedIn;
use super::{Section, readable_time, shell};
use crate::context::Context;
use crate::identity::apps;
use crate::identity::log::{self, SignInRow};
use crate::identity::sign_in::Via;
use crate::store::StoreError;

/// Rows on a page.
const ROWS: usize = 50;

/// Which rows.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// Part of a name.
    #[serde(default)]
    q: String,
    /// Older than the row with this number.
    before: Option<i64>,
}

/// One attempt, for people to read.
pub struct Attempted {
    /// When.
    pub at: String,
    /// The same to the second, in UTC.
    pub precisely: String,
    /// The name as it was typed.
    pub upn: String,
    /// Object id of the user, where there was one.
    pub user: Option<String>,
    /// The application by its name, or the page.
    pub client: String,
    /// What the application had itself, where there was no page: `password grant`, `token grant`.
    pub without_page: Option<String>,
    /// From where.
    pub address: String,
    /// What came of it, in words.
    pub outcome: String,
    /// Its colour, which says nothing the words do not say.
    pub class: &'static str,
    /// The service's number; empty: signed in.
    pub code: String,
    /// What else there is to know, such as who vouched for the person.
    pub detail: String,
}

#[derive(Template)]
#[template(path = "portal/sign_ins.html")]
struct SignInsBody {
    q: String,
    rows: Vec<Attempted>,
    searched: bool,
    newest: Option<String>,
    older: Option<String>,
}

/// `GET /portal/sign-ins`
pub async fn show(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, PortalError> {
    let Query(asked) = asked.unwrap_or_default();
    let body = context.blocking(move |context| context.store.read(|connection| body(connection, &asked))).await??;
    Ok(Page { shell: &shell(&signed_in, Section::SignIns), title: "Sign-ins", body }.into_response())
}

fn body(connection: &Connection, asked: &Asked) -> Result<SignInsBody, StoreError> {
    let q = asked.q.trim();
    // One more than a page, to know whether another follows.
    let mut rows = log::search(connection, q, asked.before, ROWS + 1)?;
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let search = address(q);
    let older = rows.last().filter(|_| more).map(|last| format!("{search}&before={}", last.number));
    Ok(SignInsBody {
        q: q.to_owned(),
        rows: Attempted::list(connection, rows)?,
        searched: !q.is_empty(),
        newest: asked.before.map(|_| search),
        older,
    })
}

/// The address of the page with the rows of names that hold `part`.
pub fn address(part: &str) -> String {
    format!("/portal/sign-ins?q={}", utf8_percent_encode(part, NON_ALPHANUMERIC))
}

impl Attempted {
    /// Rows of the log with the names of their applications.
    pub fn list(connection: &Connection, rows: Vec<SignInRow>) -> Result<Vec<Self>, StoreError> {
        let mut names: HashMap<String, String> = HashMap::new();
        for row in &rows {
            if !names.contains_key(&row.client) {
                let name = apps::find(connection, &row.client)?.map_or_else(|| page_name(&row.client), |app| app.name);
                names.insert(row.client.clone(), name);
            }
        }
        Ok(rows.into_iter().map(|row| Self::of(row, &names)).collect())
    }

    fn of(row: SignInRow, names: &HashMap<String, String>) -> Self {
        let SignInRow { number: _, at, upn, user, client, via, address, code, text, detail } = row;
        let mut letters = text.chars();
        let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
        Self {
            at: readable_time(at).unwrap_or_default(),
            precisely: Timestamp::from_second(at).map(|time| time.strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default(),
            upn,
            user,
            client: names.get(&client).cloned().unwrap_or(client),
            without_page: Some(via).filter(|via| [Via::PasswordGrant.name(), Via::TokenGrant.name()].contains(&via.as_str())),
            address,
            outcome: format!("{first}{}", letters.as_str()),
            class: if code == 0 { "good" } else { "bad" },
            code: if code == 0 { String::new() } else { format!("AADSTS{code}") },
            detail,
        }
    }
}

/// What the log calls our own pages, as the pages call themselves.
fn page_name(client: &str) -> String {
    match client {
        "portal" => "Portal".to_owned(),
        "my account" => "My account".to_owned(),
        "device login" => "Device sign-in".to_owned(),
        other => other.to_owned(),
    }
}
