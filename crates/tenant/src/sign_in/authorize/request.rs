//! What an application asks for, read in the order in which it may be trusted: first who it is and where it may be answered, and
//! only then everything whose faults are told to it there.

use rusqlite::Connection;

use super::super::error::PageError;
use super::answer::{Answer, Mode, Trouble};
use crate::clock;
use crate::context::Context;
use crate::directory::User;
use crate::identity::apps::{self, App, ClientType};
use crate::identity::codes::{self, NewCode};
use crate::oauth::{Scope, Version};
use crate::store::{StoreError, fold, organization};

/// Longest value of a parameter that is kept until the application redeems its code, in bytes.
const KEPT_BYTES_MAX: usize = 2_048;
/// Base64url of a SHA-256 without padding, in characters (RFC 7636 section 4.2).
const CHALLENGE_LENGTH: usize = 43;

/// When a person is to be asked something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// When nobody is signed in.
    WhenNeeded,
    /// Never: the application wants an error instead.
    Never,
    /// The password, in any case.
    SignIn,
    /// Which account, in any case.
    Choose,
}

/// A request in good order.
pub struct Request {
    /// Where the answer goes.
    pub answer: Answer,
    /// The application's name, as its administrator gave it.
    pub app_name: String,
    /// What to ask the person.
    pub prompt: Prompt,
    login_hint: Option<String>,
    client_id: String,
    redirect_uri: String,
    scope: String,
    nonce: Option<String>,
    code_challenge: Option<String>,
}

/// A request that gets no code.
pub enum Rejected {
    /// To be shown to the person: nobody knows whose request it is.
    Shown {
        /// The service's number.
        code: u32,
        /// For whoever maintains the application.
        text: String,
    },
    /// To be told to the application.
    Told {
        /// Where.
        answer: Box<Answer>,
        /// What.
        trouble: Trouble,
    },
}

/// The parameters of a query or a form, in order.
pub fn parameters(encoded: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded.as_bytes()).into_owned().collect()
}

impl Request {
    /// Reads a request to the endpoint of `tenant`, on a server that was called as `origin`.
    pub fn read(
        context: &Context,
        tenant: &str,
        version: Version,
        origin: &str,
        parameters: Vec<(String, String)>,
    ) -> Result<Result<Self, Rejected>, PageError> {
        let given = Given(parameters);
        let verified = context.store.read(|connection| verify(connection, tenant, &given))?;
        Ok(verified.and_then(|(app, redirect_uri)| {
            let answer = given.answer(&redirect_uri, version);
            let scope = given.check_form().and_then(|()| given.scope(version, origin, tenant, &app));
            let read = scope.and_then(|scope| given.request(app, redirect_uri, scope, answer.clone()));
            read.map_err(|trouble| Rejected::Told { answer: Box::new(answer), trouble })
        }))
    }

    /// Whether the application expects this person, or anyone.
    pub fn may_be(&self, user: &User) -> bool {
        self.login_hint.as_deref().is_none_or(|hint| fold(hint) == fold(&user.upn))
    }

    /// What the code for this person will stand for.
    pub fn into_code(self, user: &User) -> (Answer, NewCode) {
        let Self { answer, app_name: _, prompt: _, login_hint: _, client_id, redirect_uri, scope, nonce, code_challenge } = self;
        (answer, NewCode { client_id, redirect_uri, user: user.number, scope, nonce, code_challenge })
    }
}

/// Who asks, and whether it may be answered where it says.
fn verify(connection: &Connection, tenant: &str, given: &Given) -> Result<Result<(App, String), Rejected>, PageError> {
    let shown = |code, text: String| Ok(Err(Rejected::Shown { code, text }));
    if let Some(name) = given.repeated(&["client_id", "redirect_uri"]) {
        return shown(9_000_411, format!("The request is not properly formatted. The parameter '{name}' is duplicated."));
    }
    if !is_own_authority(connection, tenant)? {
        return shown(90_002, format!("Tenant '{tenant}' not found."));
    }
    let Some(client_id) = given.get("client_id") else {
        return shown(900_144, "The request must contain the following parameter: 'client_id'.".to_owned());
    };
    let Some(app) = apps::find(connection, client_id)? else {
        return shown(700_016, format!("Application with identifier '{client_id}' was not found in the directory."));
    };
    let Some(redirect_uri) = given.get("redirect_uri") else {
        return shown(900_971, "No reply address provided: the request must contain the parameter 'redirect_uri'.".to_owned());
    };
    if !apps::redirect_is_registered(connection, &app, redirect_uri)? {
        let text = format!("The redirect URI '{redirect_uri}' does not match the redirect URIs configured for the application.");
        return shown(50_011, text);
    }
    let redirect_uri = redirect_uri.to_owned();
    Ok(Ok((app, redirect_uri)))
}

/// Whether the name in the path is ours: the tenant's id, one of its verified domains, or a name for any tenant of an organization.
fn is_own_authority(connection: &Connection, name: &str) -> Result<bool, StoreError> {
    let any = ["common", "organizations"].iter().any(|any| any.eq_ignore_ascii_case(name));
    let own = any || organization::load(connection)?.id.eq_ignore_ascii_case(name);
    Ok(own || organization::domain(connection, name)?.is_some_and(|domain| domain.verified))
}

/// The parameters as given. What is not known is ignored.
struct Given(Vec<(String, String)>);

impl Given {
    /// A parameter, unless it is absent or empty.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The first of these that occurs more than once.
    fn repeated<'a>(&self, names: &[&'a str]) -> Option<&'a str> {
        names.iter().find(|name| self.0.iter().filter(|(given, _)| given == *name).count() > 1).copied()
    }

    fn answer(&self, redirect_uri: &str, version: Version) -> Answer {
        Answer {
            redirect_uri: redirect_uri.to_owned(),
            mode: self.get("response_mode").and_then(Mode::parse).unwrap_or(Mode::Query),
            state: self.get("state").map(str::to_owned),
            version,
            with_client_info: self.get("client_info") == Some("1"),
        }
    }

    fn request(&self, app: App, redirect_uri: String, scope: String, answer: Answer) -> Result<Request, Trouble> {
        Ok(Request {
            answer,
            prompt: self.prompt()?,
            login_hint: self.get("login_hint").map(|hint| hint.trim().to_owned()).filter(|hint| !hint.is_empty()),
            redirect_uri,
            scope,
            nonce: self.get("nonce").map(str::to_owned),
            code_challenge: self.code_challenge(&app)?,
            app_name: app.name,
            client_id: app.client_id,
        })
    }

    fn check_form(&self) -> Result<(), Trouble> {
        const ONCE: [&str; 10] = [
            "response_type",
            "response_mode",
            "scope",
            "resource",
            "state",
            "nonce",
            "prompt",
            "code_challenge",
            "code_challenge_method",
            "login_hint",
        ];
        if let Some(name) = self.repeated(&ONCE) {
            let text = format!("The request is not properly formatted. The parameter '{name}' is duplicated.");
            return Err(Trouble::invalid_request(9_000_411, text));
        }
        match self.get("response_type") {
            Some("code") => {}
            Some(other) => return Err(Trouble::unsupported_response_type(other)),
            None => return Err(Trouble::missing("response_type")),
        }
        if let Some(mode) = self.get("response_mode").filter(|mode| Mode::parse(mode).is_none()) {
            let text = format!("The provided value for the input parameter 'response_mode' is not allowed: '{mode}'.");
            return Err(Trouble::invalid_request(70_007, text));
        }
        if self.get("request").is_some() || self.get("request_uri").is_some() {
            return Err(Trouble::request_not_supported());
        }
        let long = ["nonce", "scope"].into_iter().find(|name| self.get(name).is_some_and(|value| value.len() > KEPT_BYTES_MAX));
        match long {
            Some(name) => Err(Trouble::invalid_request(90_014, format!("The parameter '{name}' is too long."))),
            None => Ok(()),
        }
    }

    fn prompt(&self) -> Result<Prompt, Trouble> {
        // Of several wishes the one that asks for most counts; `consent` was given by the administrator for everyone.
        let wishes: Vec<&str> = self.get("prompt").unwrap_or_default().split_ascii_whitespace().collect();
        match wishes.as_slice() {
            [] => Ok(Prompt::WhenNeeded),
            ["none"] => Ok(Prompt::Never),
            wishes if wishes.iter().any(|wish| !matches!(*wish, "login" | "select_account" | "consent" | "create")) => {
                Err(Trouble::invalid_request(90_023, format!("Unsupported 'prompt' value '{}'.", wishes.join(" "))))
            }
            wishes if wishes.contains(&"login") => Ok(Prompt::SignIn),
            wishes if wishes.contains(&"select_account") => Ok(Prompt::Choose),
            _ => Ok(Prompt::WhenNeeded),
        }
    }

    /// The first generation names a resource where the second has a scope.
    fn scope(&self, version: Version, origin: &str, tenant: &str, app: &App) -> Result<String, Trouble> {
        let scope = match (version, self.get("scope"), self.get("resource")) {
            (Version::One, _, Some(resource)) => format!("openid profile offline_access {resource}/.default"),
            (Version::One, None, None) => "openid profile".to_owned(),
            (_, Some(scope), _) => scope.to_owned(),
            (Version::Two, None, _) => return Err(Trouble::missing("scope")),
        };
        Scope::parse(&scope, origin, tenant, app).map_err(|refused| Trouble::scope(&refused))?;
        Ok(scope)
    }

    /// `S256` alone: `plain` protects from nobody who sees the request. An application that holds a credential may do without.
    fn code_challenge(&self, app: &App) -> Result<Option<String>, Trouble> {
        let Some(challenge) = self.get("code_challenge") else {
            return if app.client_type == ClientType::Public { Err(Trouble::missing("code_challenge")) } else { Ok(None) };
        };
        if self.get("code_challenge_method") != Some("S256") {
            let text = "The parameter 'code_challenge_method' must be 'S256'.";
            return Err(Trouble::invalid_request(501_491, text.to_owned()));
        }
        let url_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if challenge.len() != CHALLENGE_LENGTH || !challenge.bytes().all(url_safe) {
            return Err(Trouble::invalid_request(501_491, "Invalid size of the parameter 'code_challenge'.".to_owned()));
        }
        Ok(Some(challenge.to_owned()))
    }
}

/// Makes the code.
pub fn issue(context: &Context, new: &NewCode) -> Result<String, PageError> {
    Ok(context.store.write(|connection| codes::issue(connection, new, clock::now().as_second()))?)
}
