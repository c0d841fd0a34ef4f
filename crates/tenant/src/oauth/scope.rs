//! What an application asks to do in a person's name, and what of it is consented.
//!
//! Consented for every application: `openid`, `profile`, `email`, `offline_access` and Graph's `User.Read`. An administrator cannot
//! consent to more here, so everything else is refused as the service refuses what nobody consented to.

use super::error::SignInError;
use super::resource::Resource;
use crate::identity::apps::App;

/// The one permission of Graph that is consented.
const USER_READ: &str = "User.Read";

/// A scope of a sign-in, read and allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// An ID token is wanted.
    pub openid: bool,
    /// The person's name may be told.
    pub profile: bool,
    /// The person's address may be told.
    pub email: bool,
    /// A refresh token is wanted.
    pub offline: bool,
    /// Graph's `User.Read` is wanted, alone or as all that is consented.
    user_read: bool,
    /// What was asked of Graph, as it was written.
    asked: Vec<String>,
}

impl Scope {
    /// Reads a scope. `origin`: a client that was told this server as its Graph names scopes by that address.
    pub fn parse(text: &str, origin: &str, tenant: &str, app: &App) -> Result<Self, SignInError> {
        let mut scope = Self::default();
        for word in text.split_ascii_whitespace() {
            match word {
                "openid" => scope.openid = true,
                "profile" => scope.profile = true,
                "email" => scope.email = true,
                "offline_access" => scope.offline = true,
                other => scope.add(other, origin, tenant, app)?,
            }
        }
        Ok(scope)
    }

    fn add(&mut self, word: &str, origin: &str, tenant: &str, app: &App) -> Result<(), SignInError> {
        let (resource, name) = word.rsplit_once('/').unwrap_or((Resource::Graph.audience(), word));
        let own = resource.trim_end_matches('/').eq_ignore_ascii_case(origin).then_some(Resource::Graph);
        match own.or_else(|| Resource::parse(resource)) {
            None => return Err(SignInError::unknown_resource(resource, tenant)),
            Some(Resource::Graph) if name == ".default" || name.eq_ignore_ascii_case(USER_READ) => {}
            Some(_) => return Err(SignInError::not_consented(app, word)),
        }
        self.user_read = true;
        if name == ".default" {
            let all = word.strip_suffix(".default").map(|prefix| format!("{prefix}{USER_READ}"));
            all.into_iter().for_each(|all| self.keep(&all));
        }
        self.keep(word);
        Ok(())
    }

    fn keep(&mut self, word: &str) {
        if !self.asked.iter().any(|known| known == word) {
            self.asked.push(word.to_owned());
        }
    }

    /// `scope` of the answer: what was asked for, as it was written, for clients look their tokens up by it. That a refresh token was
    /// given is seen by the token.
    pub fn granted(&self) -> String {
        let Self { openid, profile, email, offline: _, user_read: _, asked } = self;
        let own = [(*openid, "openid"), (*profile, "profile"), (*email, "email")];
        let own = own.into_iter().filter_map(|(wanted, name)| wanted.then_some(name));
        own.chain(asked.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
    }

    /// The same with `offline_access`, to be read again when a refresh token comes back.
    pub fn granted_with_offline(&self) -> String {
        let granted = self.granted();
        if self.offline { format!("offline_access {granted}").trim_end().to_owned() } else { granted }
    }

    /// `scp` of the access token: what Graph goes by.
    pub fn permissions(&self) -> String {
        let Self { openid, profile, email, offline: _, user_read, asked: _ } = self;
        let all = [(*openid, "openid"), (*profile, "profile"), (*user_read, USER_READ), (*email, "email")];
        all.into_iter().filter_map(|(wanted, name)| wanted.then_some(name)).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://localhost:8443";

    fn parse(text: &str) -> Result<Scope, u32> {
        let app = App {
            client_id: "client".to_owned(),
            object_id: "object".to_owned(),
            name: "name".to_owned(),
            client_type: crate::identity::apps::ClientType::Public,
        };
        Scope::parse(text, ORIGIN, "contoso", &app).map_err(|error| error.code)
    }

    #[test]
    fn what_was_asked_is_given_back_as_it_was_written() {
        for (asked, granted, permissions) in [
            ("User.Read openid profile offline_access", "openid profile User.Read", "openid profile User.Read"),
            ("user.read", "user.read", "User.Read"),
            ("https://graph.microsoft.com/User.Read openid", "openid https://graph.microsoft.com/User.Read", "openid User.Read"),
            (
                "https://graph.microsoft.com/.default email",
                "email https://graph.microsoft.com/User.Read https://graph.microsoft.com/.default",
                "User.Read email",
            ),
            ("https://localhost:8443/User.Read User.Read User.Read", "https://localhost:8443/User.Read User.Read", "User.Read"),
            ("openid", "openid", "openid"),
            ("", "", ""),
        ] {
            let scope = parse(asked).unwrap();
            assert_eq!((scope.granted().as_str(), scope.permissions().as_str()), (granted, permissions), "{asked}");
        }
    }

    #[test]
    fn what_nobody_consented_to_is_refused() {
        for (asked, code) in [
            ("User.Read.All", 65001),
            ("User.Read Mail.Read", 65001),
            ("https://graph.microsoft.com/User.ReadWrite", 65001),
            ("https://graph.windows.net/.default", 65001),
            ("6bf85cfa-ac8a-4be5-b5de-425a0d0dc016/.default", 65001),
            ("https://vault.azure.net/.default", 500_011),
            ("https://evil.example/User.Read", 500_011),
            ("https://graph.microsoft.com.evil.example/User.Read", 500_011),
            ("/User.Read", 500_011),
        ] {
            assert_eq!(parse(asked), Err(code), "{asked}");
        }
    }
}
