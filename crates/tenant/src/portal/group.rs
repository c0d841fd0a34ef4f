//! One group: its members page by page, who masters it, in which groups it is.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use rusqlite::Connection;
use samesign_web::Page;
use serde::Deserialize;

use super::error::PortalError;
use super::groups::kind_of;
use super::guard::SignedIn;
use super::related::{self, Holding, Link, Waiting};
use super::status::Status;
use super::{Section, grouped, readable_time, shell};
use crate::context::Context;
use crate::directory::members::{self, Position};
use crate::directory::objects::{self, Object};
use crate::directory::{Group, ObjectKind, Sku, groups};

/// Members on a page.
const ROWS: usize = 50;

/// Where the list of members goes on: the kind and the number of the last one seen.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    kind: Option<ObjectKind>,
    after: Option<i64>,
}

struct Member {
    href: String,
    name: String,
    detail: String,
    kind: &'static str,
}

#[derive(Template)]
#[template(path = "portal/group.html")]
struct GroupBody {
    id: String,
    display_name: String,
    kind: &'static str,
    mail: String,
    status: Status,
    synced: bool,
    waiting: Vec<Waiting>,
    members: Vec<Member>,
    member_count: String,
    first: bool,
    next: Option<String>,
    source: Vec<(&'static str, String)>,
    details: Vec<(&'static str, String)>,
    owners: Vec<Link>,
    groups: Vec<Holding>,
    more_groups: usize,
    licences: Vec<&'static str>,
}

/// `GET /portal/groups/{id}`
pub async fn show(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Path(id): Path<String>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, PortalError> {
    let Query(asked) = asked.unwrap_or_default();
    let body = context.blocking(move |context| context.store.read(|connection| body(connection, &id, &asked))).await??;
    let title = body.display_name.clone();
    Ok(Page { shell: &shell(&signed_in, Section::Groups), title: &title, body }.into_response())
}

fn body(connection: &Connection, id: &str, asked: &Asked) -> Result<GroupBody, PortalError> {
    let group = groups::find(connection, id)?;
    let after = asked.kind.zip(asked.after).map(|(kind, number)| Position { kind, number });
    let mut found = members::page(connection, &group, None, after, ROWS + 1)?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let next = found.last().filter(|_| more).map(|last| format!("/portal/groups/{id}?kind={}&after={}", last.kind.name(), last.number));
    let owners = members::owners(connection, &group)?.into_iter().map(|owner| Link::to(&Object::User(Box::new(owner)))).collect();
    let (holdings, more_groups) = related::groups_of(connection, &group.reference())?;
    Ok(GroupBody {
        kind: kind_of(&group),
        status: Status::from(group.synced, &group.parked),
        synced: group.synced == Some(true),
        waiting: related::waiting(connection, &group.parked)?,
        members: objects::at(connection, &found)?.iter().map(member).collect(),
        member_count: grouped(members::count(connection, &group, None)?),
        first: after.is_none(),
        next,
        source: source(&group),
        details: details(&group),
        owners,
        groups: holdings,
        more_groups,
        licences: group.licences.iter().filter_map(|licence| Sku::find(&licence.sku)).map(|sku| sku.title).collect(),
        mail: group.mail.unwrap_or_default(),
        id: group.id,
        display_name: group.display_name,
    })
}

fn member(object: &Object) -> Member {
    let Link { href, name } = Link::to(object);
    let (detail, kind) = match object {
        Object::User(user) => (user.upn.clone(), "User"),
        Object::Group(group) => (group.mail.clone().unwrap_or_default(), "Group"),
        Object::Contact(contact) => (contact.mail.clone().unwrap_or_default(), "Contact"),
    };
    Member { href, name, detail, kind }
}

/// Where a synchronized group comes from.
fn source(group: &Group) -> Vec<(&'static str, String)> {
    let texts = [
        ("Distinguished name", "onPremisesDistinguishedName"),
        ("Domain", "onPremisesDomainName"),
        ("Account name", "onPremisesSamAccountName"),
        ("Security identifier", "onPremisesSecurityIdentifier"),
        ("Last synchronized", "onPremisesLastSyncDateTime"),
    ];
    let found = texts.into_iter().filter_map(|(label, name)| group.text(name).map(|text| (label, text.to_owned())));
    found.chain(group.anchor.clone().map(|anchor| ("Anchor", anchor))).collect()
}

fn details(group: &Group) -> Vec<(&'static str, String)> {
    let mut details: Vec<(&'static str, String)> = Vec::new();
    details.extend(group.description.clone().map(|text| ("Description", text)));
    details.extend(group.mail.clone().map(|text| ("E-mail", text)));
    details.extend(group.nickname.clone().map(|text| ("Alias", text)));
    details.extend(super::user::other_addresses(&group.addresses()).map(|text| ("Other addresses", text)));
    details.extend(readable_time(group.created).map(|time| ("Created", time)));
    details.push(("Object id", group.id.clone()));
    details
}
