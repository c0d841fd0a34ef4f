//! Contacts: the list, and one of them. They are mastered in Active Directory, so there is nothing to change here.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use rusqlite::Connection;
use samesign_web::Page;

use super::error::PortalError;
use super::guard::SignedIn;
use super::list::{Asked, Choice, Found, Place};
use super::related::{self, Holding, Link, Waiting};
use super::status::Status;
use super::{Section, readable_time, shell};
use crate::context::Context;
use crate::directory::objects::{self, Object};
use crate::directory::{Contact, ObjectKind, contacts};

struct Row {
    id: String,
    display_name: String,
    mail: String,
    company: String,
    status: Status,
}

#[derive(Template)]
#[template(path = "portal/contacts.html")]
struct ContactsBody {
    q: String,
    status: String,
    choices: Vec<Choice>,
    rows: Vec<Row>,
    searched: bool,
    place: Place,
}

#[derive(Template)]
#[template(path = "portal/contact.html")]
struct ContactBody {
    display_name: String,
    mail: String,
    status: Status,
    waiting: Vec<Waiting>,
    source: Vec<(&'static str, String)>,
    details: Vec<(&'static str, String)>,
    groups: Vec<Holding>,
    more_groups: usize,
}

/// `GET /portal/contacts`
pub async fn list(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, PortalError> {
    let Query(asked) = asked.unwrap_or_default();
    let question = asked.clone();
    let find = move |context: &Context| context.store.read(|connection| question.find(connection, ObjectKind::Contact));
    let Found { objects, place } = context.blocking(find).await??;
    let body = ContactsBody {
        choices: asked.choices(ObjectKind::Contact),
        searched: asked.searched(),
        status: asked.status.name().to_owned(),
        q: asked.q,
        rows: objects.into_iter().filter_map(row).collect(),
        place,
    };
    Ok(Page { shell: &shell(&signed_in, Section::Contacts), title: "Contacts", body }.into_response())
}

/// `GET /portal/contacts/{id}`
pub async fn show(
    State(context): State<Context>,
    Extension(signed_in): Extension<SignedIn>,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let body = context.blocking(move |context| context.store.read(|connection| body(connection, &id))).await??;
    let title = body.display_name.clone();
    Ok(Page { shell: &shell(&signed_in, Section::Contacts), title: &title, body }.into_response())
}

fn row(object: Object) -> Option<Row> {
    let Object::Contact(contact) = object else { return None };
    Some(Row {
        company: contact.text("companyName").unwrap_or_default().to_owned(),
        status: Status::from(contact.synced, &contact.parked),
        mail: contact.mail.unwrap_or_default(),
        id: contact.id,
        display_name: contact.display_name,
    })
}

fn body(connection: &Connection, id: &str) -> Result<ContactBody, PortalError> {
    let contact = contacts::find(connection, id)?;
    let (groups, more_groups) = related::groups_of(connection, &contact.reference())?;
    Ok(ContactBody {
        status: Status::from(contact.synced, &contact.parked),
        waiting: related::waiting(connection, &contact.parked)?,
        source: source(&contact),
        details: details(connection, &contact)?,
        groups,
        more_groups,
        mail: contact.mail.unwrap_or_default(),
        display_name: contact.display_name,
    })
}

fn source(contact: &Contact) -> Vec<(&'static str, String)> {
    let texts = [("Distinguished name", "onPremisesDistinguishedName"), ("Last synchronized", "onPremisesLastSyncDateTime")];
    let found = texts.into_iter().filter_map(|(label, name)| contact.text(name).map(|text| (label, text.to_owned())));
    found.chain(contact.anchor.clone().map(|anchor| ("Anchor", anchor))).collect()
}

fn details(connection: &Connection, contact: &Contact) -> Result<Vec<(&'static str, String)>, PortalError> {
    let texts = [
        ("First name", "givenName"),
        ("Last name", "surname"),
        ("Job title", "jobTitle"),
        ("Department", "department"),
        ("Company", "companyName"),
        ("Office", "officeLocation"),
        ("Mobile", "mobilePhone"),
        ("City", "city"),
        ("Country", "country"),
    ];
    let mut details: Vec<(&'static str, String)> = Vec::new();
    details.extend(contact.mail.clone().map(|mail| ("E-mail", mail)));
    details.extend(texts.into_iter().filter_map(|(label, name)| contact.text(name).map(|text| (label, text.to_owned()))));
    details.extend(contact.texts("businessPhones").first().map(|number| ("Telephone", (*number).to_owned())));
    if let Some(manager) = contacts::manager_of(connection, contact)? {
        let manager = objects::by_number(connection, manager.kind, manager.number)?;
        details.extend(manager.map(|manager| ("Manager", Link::to(&manager).name)));
    }
    details.extend(super::user::other_addresses(&contact.addresses()).map(|text| ("Other addresses", text)));
    details.extend(readable_time(contact.created).map(|time| ("Created", time)));
    details.push(("Object id", contact.id.clone()));
    Ok(details)
}
