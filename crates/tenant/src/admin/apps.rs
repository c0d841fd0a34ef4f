//! `tenant app`.

use std::path::PathBuf;

use samesign_wire::Secret;

use super::{Admin, AdminError};
use crate::directory::DirectoryError;
use crate::folder::{self, Readers};
use crate::identity::apps::{self, App, ClientType};
use crate::store::organization;
use crate::{certificates, clock, random};

/// By what a new application signs in. A secret is shown once and cannot be printed by accident.
pub enum AppCredential {
    /// A secret, which only the answer to `app add` holds.
    Secret(Secret),
    /// The file with its certificate and key, absolute.
    Certificate(PathBuf),
}

/// An application just registered.
pub struct AddedApp {
    /// Its client id.
    pub client_id: String,
    /// Its credential.
    pub credential: AppCredential,
}

impl Admin {
    /// Registers an application and grants it permissions, with a secret or else with a certificate of its own. People may sign in to
    /// it without that as well, by password, with a device, or through a browser on its own machine, as to one made by
    /// [`Admin::add_public_app`].
    pub fn add_app(&self, name: &str, permissions: &[String], with_secret: bool) -> Result<AddedApp, AdminError> {
        permissions.iter().try_for_each(|permission| check_permission(permission))?;
        let app = App {
            client_id: random::uuid()?,
            object_id: random::uuid()?,
            name: name.to_owned(),
            client_type: ClientType::AllowsPublicFlows,
        };
        let credential = if with_secret { self.add_with_secret(&app, permissions)? } else { self.add_with_certificate(&app, permissions)? };
        Ok(AddedApp { client_id: app.client_id, credential })
    }

    /// Registers an application that holds no credential, as one on a desktop does; answers its client id.
    ///
    /// It may be answered at `http://localhost` with any port, as the service lets such applications, and at `redirects`.
    pub fn add_public_app(&self, name: &str, redirects: &[String]) -> Result<String, AdminError> {
        redirects.iter().try_for_each(|uri| check_redirect(uri))?;
        let app = App { client_id: random::uuid()?, object_id: random::uuid()?, name: name.to_owned(), client_type: ClientType::Public };
        self.register(&app, &[], |connection| {
            Ok(redirects.iter().try_for_each(|uri| apps::add_redirect(connection, &app.client_id, uri))?)
        })?;
        Ok(app.client_id)
    }

    /// Lets an application be answered at one more address, which is compared letter by letter.
    pub fn add_redirect(&self, client_id: &str, uri: &str) -> Result<(), AdminError> {
        check_redirect(uri)?;
        self.change("add redirect", client_id, |connection, _| {
            let app = apps::find(connection, client_id)?.ok_or_else(|| DirectoryError::NotFound { what: client_id.to_owned() })?;
            Ok(apps::add_redirect(connection, &app.client_id, uri)?)
        })
    }

    fn add_with_secret(&self, app: &App, permissions: &[String]) -> Result<AppCredential, AdminError> {
        let secret = Secret::new(random::token()?);
        self.register(app, permissions, |connection| Ok(apps::add_secret(connection, &app.client_id, secret.expose(), clock::now())?))?;
        Ok(AppCredential::Secret(secret))
    }

    fn add_with_certificate(&self, app: &App, permissions: &[String]) -> Result<AppCredential, AdminError> {
        let tenant = self.store.read(organization::load)?;
        let identity = certificates::application(&app.name, &tenant.id, clock::now())?;
        let path = self.folder.root().join(format!("app-{}.pem", app.client_id));
        folder::write_new(&path, identity.to_pem().as_bytes(), Readers::Owner)?;
        let path = std::path::absolute(&path).unwrap_or(path);
        self.register(app, permissions, |connection| {
            Ok(apps::add_certificate(connection, &app.client_id, &identity.certificate_der, clock::now())?)
        })?;
        Ok(AppCredential::Certificate(path))
    }

    fn register(
        &self,
        app: &App,
        permissions: &[String],
        add_credential: impl FnOnce(&rusqlite::Connection) -> Result<(), AdminError>,
    ) -> Result<(), AdminError> {
        self.change("add application", &app.client_id, |connection, _| {
            apps::add(connection, app, clock::now())?;
            apps::add_redirect(connection, &app.client_id, "http://localhost")?;
            add_credential(connection)?;
            permissions.iter().try_for_each(|permission| apps::grant(connection, &app.client_id, permission))?;
            Ok(())
        })
    }
}

/// An address that leads to one place whoever reads it: https, or plain http on this machine, or a scheme of an application's own.
fn check_redirect(uri: &str) -> Result<(), AdminError> {
    let refused = |reason| Err(AdminError::BadRedirect { uri: uri.to_owned(), reason });
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\\\"<>^`{|}*#".contains(&byte);
    let Some((scheme, rest)) = uri.split_once("://") else { return refused("it has no scheme") };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority.split(':').next().unwrap_or_default();
    let scheme_letters =
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte));
    match scheme {
        _ if !uri.bytes().all(plain) => refused("a fragment, a wildcard, blanks and letters outside ASCII are not taken"),
        _ if authority.is_empty() || authority.contains('@') => refused("it needs a host, and no user name before it"),
        "http" if host != "localhost" && host != "127.0.0.1" => refused("http is for localhost alone: use https"),
        "http" | "https" => Ok(()),
        // What a browser would run or open in our own name.
        "javascript" | "data" | "vbscript" | "file" | "blob" | "about" => refused("browsers do not ask anybody at such an address"),
        _ if scheme_letters => Ok(()),
        _ => refused("its scheme is none"),
    }
}

/// Permissions are words joined by dots, two or more. Which of them have an effect is for the endpoints to know.
fn check_permission(permission: &str) -> Result<(), AdminError> {
    let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let well_formed = permission.contains('.') && permission.split('.').all(word);
    if well_formed { Ok(()) } else { Err(AdminError::UnknownPermission { permission: permission.to_owned() }) }
}
