//! Who is signed in: the person behind the session cookie of a request.

use axum::http::HeaderMap;
use rusqlite::Connection;
use samesign_web::csrf;
use samesign_web::session::Cookie;

use super::error::PageError;
use crate::clock;
use crate::context::Context;
use crate::directory::{User, federation};
use crate::identity::{passwords, sessions};
use crate::store::{organization, users};

/// A person with a session. One session serves every page and every application of a browser.
#[derive(Clone)]
pub struct Person {
    /// The user, as it is now.
    pub user: User,
    /// The token that the session's forms carry.
    pub csrf: String,
    /// The tenant's name, for the head of the page.
    pub tenant_name: String,
    /// The password is to be changed before anything else is allowed.
    pub must_change: bool,
    /// The session lasts on because it is in use.
    extend: bool,
}

/// The person whose session this request belongs to. Looked up each time: who is disabled or deleted is out at once.
pub async fn find(context: &Context, headers: &HeaderMap) -> Result<Option<Person>, PageError> {
    let Some(session) = Cookie::Session.read(headers) else { return Ok(None) };
    let look_up = move |context: &Context| {
        let now = clock::now().as_second();
        let found = context.store.read(|connection| load(connection, &session, now))?;
        if found.as_ref().is_some_and(|person| person.extend) {
            context.store.write(|connection| sessions::extend(connection, &session, now))?;
        }
        Ok(found)
    };
    context.blocking(look_up).await?
}

fn load(connection: &Connection, session: &str, now: i64) -> Result<Option<Person>, PageError> {
    let Some((id, extend)) = sessions::user(connection, session, now)? else { return Ok(None) };
    let Some(user) = users::by_id(connection, &id)?.filter(|user| user.live() && user.enabled) else { return Ok(None) };
    let one_time = passwords::stored(connection, user.number)?.is_some_and(|stored| stored.is_one_time());
    // The password of somebody who signs in elsewhere is not used here, so nobody is asked to change it.
    let must_change = one_time && !federation::realm_of_name(connection, &user.upn)?.is_federated();
    let tenant_name = organization::load(connection)?.name;
    Ok(Some(Person { user, csrf: csrf::token(session), tenant_name, must_change, extend }))
}
