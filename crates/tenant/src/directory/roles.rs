//! Directory roles: the built-in ones, by the service's template ids.

use rusqlite::Connection;

use super::{DirectoryError, User};
use crate::store::{changes, roles, users};

/// A built-in directory role.
#[derive(Debug, PartialEq, Eq)]
pub struct Role {
    /// roleTemplateId.
    pub template: &'static str,
    /// displayName.
    pub name: &'static str,
}

/// The role of a tenant's first administrator.
pub const GLOBAL_ADMINISTRATOR: &str = "Global Administrator";

static ROLES: [Role; 15] = [
    Role { template: "62e90394-69f5-4237-9190-012177145e10", name: GLOBAL_ADMINISTRATOR },
    Role { template: "fe930be7-5e62-47db-91af-98c3a49a38b1", name: "User Administrator" },
    Role { template: "729827e3-9c14-49f7-bb1b-9608f156bbb8", name: "Helpdesk Administrator" },
    Role { template: "4d6ac14f-3453-41d0-bef9-a3e0c569773a", name: "License Administrator" },
    Role { template: "b0f54661-2d74-4c50-afa3-1ec803f12efe", name: "Billing Administrator" },
    Role { template: "29232cdf-9323-42fd-ade2-1d097af3e4de", name: "Exchange Administrator" },
    Role { template: "f28a1f50-f6e7-4571-818b-6a12f2af6b6c", name: "SharePoint Administrator" },
    Role { template: "194ae4cb-b126-40b2-bd5b-6091b380977d", name: "Security Administrator" },
    Role { template: "e8611ab8-c189-46e8-94e1-60213ab1f814", name: "Privileged Role Administrator" },
    Role { template: "7be44c8a-adaf-4e2a-84d6-ab2649e08a13", name: "Privileged Authentication Administrator" },
    Role { template: "c4e39bd9-1100-46d3-8c65-fb160da0071f", name: "Authentication Administrator" },
    Role { template: "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2", name: "Hybrid Identity Administrator" },
    Role { template: "d29b2b05-8046-44ba-8758-1e26182fcf32", name: "Directory Synchronization Accounts" },
    Role { template: "f2ef992c-3afb-46b9-b7cf-a126ee74c451", name: "Global Reader" },
    Role { template: "88d8e3e3-8f55-4a1e-953a-9b9898b8876b", name: "Directory Readers" },
];

impl Role {
    /// The role with this name or template id, in any case.
    pub fn find(name: &str) -> Option<&'static Self> {
        ROLES.iter().find(|role| role.name.eq_ignore_ascii_case(name) || role.template.eq_ignore_ascii_case(name))
    }

    /// Every role known.
    pub fn all() -> &'static [Self] {
        &ROLES
    }
}

/// The roles that a user holds.
pub fn of(connection: &Connection, user: &User) -> Result<Vec<&'static Role>, DirectoryError> {
    Ok(roles::of(connection, user.number)?.iter().filter_map(|template| Role::find(template)).collect())
}

/// Whether a user holds any role, which protects it from being taken over by name.
pub fn holds_any(connection: &Connection, user: &User) -> Result<bool, DirectoryError> {
    Ok(!roles::of(connection, user.number)?.is_empty())
}

/// Gives a user a role. Never refused because the user is synchronized.
pub fn assign(connection: &Connection, user: &mut User, role: &Role) -> Result<(), DirectoryError> {
    roles::assign(connection, user.number, role.template)?;
    touch(connection, user)
}

/// Takes a role away.
pub fn remove(connection: &Connection, user: &mut User, role: &Role) -> Result<(), DirectoryError> {
    if !roles::remove(connection, user.number, role.template)? {
        return Err(DirectoryError::NotFound { what: format!("role assignment {} of {}", role.name, user.upn) });
    }
    touch(connection, user)
}

fn touch(connection: &Connection, user: &mut User) -> Result<(), DirectoryError> {
    user.sequence = changes::next(connection)?;
    Ok(users::update(connection, user)?)
}
