//! What an administrator does in the tenant behind the agent's back.

use samesign_tenant::context::Context;
use samesign_tenant::directory::{Role, User, roles, synchronization, users};
use samesign_tenant::folder::Folder;
use samesign_tenant::provisioning::release;
use samesign_tenant::store::organization;

use super::World;

impl World {
    pub fn context(&self) -> Context {
        Context::open(&Folder::new(self.data())).expect("the tenant's data")
    }

    /// Switches features of the tenant on or off.
    pub fn switch(&self, features: i32, on: bool) {
        let done = self.context().store.write(|connection| {
            let held = organization::load(connection)?.sync_features;
            synchronization::set_features(connection, if on { held | features } else { held & !features }, "a test", 0)
        });
        done.expect("the tenant's features");
    }

    /// Lets the service look again at what it keeps aside, as it does from time to time.
    pub fn release_parked(&self) {
        release::pass(&self.context().store, now()).expect("a pass");
    }

    /// Deletes a user for good.
    pub fn remove_cloud_user(&self, upn: &str) {
        let done = self.context().store.write(|connection| {
            let mut user = users::find(connection, upn)?;
            users::delete(connection, &mut user, now())?;
            users::purge(connection, &user, now())
        });
        done.expect("deleted");
    }

    pub fn set_anchor(&self, upn: &str, anchor: &str) {
        self.change(upn, |user| user.anchor = Some(anchor.to_owned()));
    }

    /// Makes a user an administrator.
    pub fn give_role(&self, upn: &str) {
        let role = Role::find("User Administrator").or_else(|| Role::all().first()).expect("a role");
        let done = self.context().store.write(|connection| {
            let mut user = users::find(connection, upn)?;
            roles::assign(connection, &mut user, role)
        });
        done.expect("a role");
    }

    fn change(&self, upn: &str, edit: impl FnOnce(&mut User)) {
        let done = self.context().store.write(|connection| {
            let before = users::find(connection, upn)?;
            let mut user = before.clone();
            edit(&mut user);
            users::save(connection, &mut user, &before)
        });
        done.expect("changed");
    }
}

fn now() -> i64 {
    samesign_tenant::clock::now().as_second()
}
