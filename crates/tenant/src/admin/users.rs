//! `tenant user` and `tenant licence`.

use rusqlite::Connection;
use samesign_wire::Secret;
use serde_json::Value;

use super::{Admin, AdminError};
use crate::clock;
use crate::directory::{NewUser, Role, User, licensing, roles, users};
use crate::identity::passwords;

/// Users read at once; a list of any length is put together from pages.
const PAGE_ROWS: usize = 1_000;

/// A cloud user to be made. Holds a password, so it cannot be printed.
#[derive(Default)]
pub struct NewAccount {
    /// userPrincipalName, in a verified domain.
    pub upn: String,
    /// displayName.
    pub display_name: String,
    /// mail.
    pub mail: Option<String>,
    /// usageLocation; required with a licence.
    pub usage_location: Option<String>,
    /// Part number of a licence to give.
    pub licence: Option<String>,
    /// Name of a directory role to give.
    pub role: Option<String>,
    /// The password; without one the user cannot sign in until one is set.
    pub password: Option<Secret>,
}

impl Admin {
    /// Makes a cloud user with all that was asked for, or nothing at all. Answers the user as Graph shows it.
    pub fn add_user(&self, account: &NewAccount) -> Result<Value, AdminError> {
        let role = account.role.as_deref().map(find_role).transpose()?;
        if account.password.as_ref().is_some_and(|password| !passwords::is_strong(password.expose())) {
            return Err(AdminError::WeakPassword);
        }
        self.change("add user", &account.upn, |connection, now| {
            let mut user = users::create(connection, new_user(account), now)?;
            if let Some(role) = role {
                roles::assign(connection, &mut user, role)?;
            }
            if let Some(sku) = &account.licence {
                licensing::assign(connection, &mut user, sku, &[], now)?;
            }
            if let Some(password) = &account.password {
                passwords::set(connection, user.number, password.expose(), false, clock::now())?;
            }
            Ok(shown(&user))
        })
    }

    /// Every live user as Graph shows it, in the order in which they were made.
    pub fn users(&self) -> Result<Vec<Value>, AdminError> {
        self.store.read(list)
    }

    /// Gives a licence by its part number.
    pub fn assign_licence(&self, upn: &str, sku: &str) -> Result<(), AdminError> {
        self.change("assign licence", upn, |connection, now| {
            let mut user = users::find(connection, upn)?;
            Ok(licensing::assign(connection, &mut user, sku, &[], now)?)
        })
    }

    /// Takes a licence away.
    pub fn remove_licence(&self, upn: &str, sku: &str) -> Result<(), AdminError> {
        self.change("remove licence", upn, |connection, _| {
            let mut user = users::find(connection, upn)?;
            Ok(licensing::remove(connection, &mut user, sku)?)
        })
    }
}

fn new_user(account: &NewAccount) -> NewUser {
    let NewAccount { upn, display_name, mail, usage_location, licence: _, role: _, password: _ } = account;
    NewUser {
        upn: upn.clone(),
        display_name: display_name.clone(),
        mail: mail.clone(),
        usage_location: usage_location.clone(),
        enabled: true,
        ..NewUser::default()
    }
}

fn find_role(name: &str) -> Result<&'static Role, AdminError> {
    let unknown = || AdminError::UnknownRole { role: name.to_owned(), known: Role::all().iter().map(|role| role.name).collect() };
    Role::find(name).ok_or_else(unknown)
}

fn list(connection: &Connection) -> Result<Vec<Value>, AdminError> {
    use crate::store::users::{Order, Query, Shelf, after, list};
    let mut shown_users = Vec::new();
    let mut next = None;
    loop {
        let query = Query { shelf: Shelf::Live, condition: None, order: Order::Created, after: next.as_ref(), rows_max: PAGE_ROWS };
        let page = list(connection, &query)?;
        shown_users.extend(page.iter().map(shown));
        match page.last() {
            Some(last) if page.len() == PAGE_ROWS => next = Some(after(last, Order::Created)),
            _ => return Ok(shown_users),
        }
    }
}

fn shown(user: &User) -> Value {
    let mut shown = user.properties.clone();
    let licences: Vec<Value> =
        user.licences.iter().map(|licence| serde_json::json!({"skuId": licence.sku, "disabledPlans": licence.disabled})).collect();
    let columns = [
        ("id", Value::from(user.id.as_str())),
        ("userPrincipalName", Value::from(user.upn.as_str())),
        ("displayName", Value::from(user.display_name.as_str())),
        ("mail", Value::from(user.mail.as_deref())),
        ("accountEnabled", Value::from(user.enabled)),
        ("usageLocation", Value::from(user.usage_location.as_deref())),
        ("onPremisesSyncEnabled", Value::from(user.synced)),
        ("onPremisesImmutableId", Value::from(user.anchor.as_deref())),
        ("assignedLicenses", Value::from(licences)),
    ];
    shown.extend(columns.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(shown)
}
