//! A tenant with people who sign in, and an application without credentials that they sign in to.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use rusqlite::Connection;
use samesign_tenant::admin::{Admin, AppCredential, NewAccount};
use samesign_tenant::directory::{DirectoryError, User, users};
use samesign_tenant::identity::passwords;
use samesign_tenant::store::{Store, StoreError};
use samesign_tenant::{clock, random};
use samesign_wire::Secret;
use samesign_wire::password::{NtHash, derive};
use serde_json::Value;

use crate::support::Tenant;

/// Everyone's password, where a test does not say another.
pub const PASSWORD: &str = "Bäckerei & 🔑 zu";

pub struct People {
    pub tenant: Tenant,
    /// The application.
    pub client_id: String,
}

impl People {
    pub async fn start() -> Self {
        let tenant = Tenant::start().await;
        let client_id = Admin::open(tenant.folder.path()).unwrap().add_public_app("desk", &["https://app.example/in".to_owned()]).unwrap();
        Self { tenant, client_id }
    }

    pub fn admin(&self) -> Admin {
        Admin::open(self.tenant.folder.path()).unwrap()
    }

    /// An application with a secret.
    pub fn confidential(&self) -> (String, Secret) {
        let app = self.admin().add_app("server", &[], true).unwrap();
        let AppCredential::Secret(secret) = app.credential else { panic!("a secret was asked for") };
        (app.client_id, secret)
    }

    pub fn store<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> T {
        Store::open(self.tenant.folder.path()).unwrap().write(work).unwrap()
    }

    /// Changes a user's row as a synchronization may.
    pub fn change(&self, upn: &str, change: impl FnOnce(&mut User)) {
        let store = Store::open(self.tenant.folder.path()).unwrap();
        let save = store.write(|connection| -> Result<(), DirectoryError> {
            let mut user = users::find(connection, upn)?;
            let before = user.clone();
            change(&mut user);
            users::save(connection, &mut user, &before)
        });
        save.unwrap();
    }

    /// A user of Active Directory with a synchronized password; answers the object id.
    pub fn synced(&self, upn: &str, password: &str) -> String {
        let id = self.account(upn, None);
        self.change(upn, |user| user.synced = Some(true));
        self.sync(upn, password, false, 1);
        id
    }

    /// Brings a password as a synchronization does. `changed`: Unix seconds.
    pub fn sync(&self, upn: &str, password: &str, one_time: bool, changed: i64) {
        let blob = derive(&[(NtHash::of_password(password), [9; 10])]).pop().unwrap();
        let number = self.number(upn);
        self.store(|connection| passwords::set_synced(connection, number, &blob, one_time, changed, clock::now().as_second()));
    }

    /// A cloud user; answers the object id.
    pub fn cloud(&self, upn: &str, password: &str, one_time: bool) -> String {
        let id = self.account(upn, Some("Something-0"));
        let number = self.number(upn);
        self.store(|connection| {
            passwords::set(connection, number, password, one_time, clock::now()).unwrap();
            Ok(())
        });
        id
    }

    pub fn number(&self, upn: &str) -> i64 {
        self.store(|connection| Ok(samesign_tenant::store::users::by_upn(connection, upn)?.unwrap().number))
    }

    fn account(&self, upn: &str, password: Option<&str>) -> String {
        let password = password.map(|password| Secret::new(password.to_owned()));
        let display_name = "Zoë Ruiz".to_owned();
        let added = self.admin().add_user(&NewAccount { upn: upn.to_owned(), display_name, password, ..NewAccount::default() }).unwrap();
        added["id"].as_str().unwrap().to_owned()
    }

    /// What the token endpoint answers to the public application: status and body.
    pub async fn token(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let form: Vec<_> = [("client_id", self.client_id.as_str())].into_iter().chain(form.iter().copied()).collect();
        self.tenant.token(&form).await
    }

    /// A sign-in with a password.
    pub async fn by_password(&self, upn: &str, password: &str, scope: &str) -> (u16, Value) {
        self.token(&[("grant_type", "password"), ("username", upn), ("password", password), ("scope", scope)]).await
    }

    /// A name that nobody has.
    pub fn nobody() -> String {
        format!("{}@contoso.example", random::uuid().unwrap())
    }
}
