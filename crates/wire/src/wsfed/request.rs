//! What an application asks for through the browser.

use crate::saml::Refusal;
use crate::saml::read::value;

/// A request in the query, or in a form that was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// `wa=wsignin1.0`
    SignIn(SignIn),
    /// `wa=wsignout1.0`: somebody signs out, and every application is to be told.
    SignOut {
        /// Where the browser would like to go afterwards (`wreply`); a wish only.
        reply: Option<String>,
        /// The application that asks (`wtrealm`), where it says so.
        realm: Option<String>,
        /// Goes back unchanged (`wctx`).
        context: Option<String>,
    },
    /// `wa=wsignoutcleanup1.0`: one application is told that somebody signed out.
    SignOutCleanup {
        /// Where the browser would like to go afterwards (`wreply`); a wish only.
        reply: Option<String>,
    },
}

/// A request to say who somebody is (ws-federation-1.2-spec section 13.2.2, MS-MWBF section 2.2.2).
///
/// Parameters that are not listed here are skipped; `wctx` is never looked into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignIn {
    /// Who asks (`wtrealm`), and the audience of the token.
    pub realm: String,
    /// Goes back byte for byte with the answer (`wctx`).
    pub context: Option<String>,
    /// Where the application would like the answer (`wreply`). A wish only: an answer goes nowhere but to an address from the
    /// configuration.
    pub reply: Option<String>,
    /// Who the application thinks it is (`username`), to fill the form.
    pub username: Option<String>,
    /// The same, as OpenID Connect names it (`login_hint`).
    pub login_hint: Option<String>,
    /// How many minutes ago the person may have proved it (`wfresh`); 0 asks to prove it now.
    pub fresh: Option<u32>,
    /// How the person should prove it, a URI (`wauth`).
    pub authentication: Option<String>,
    /// The realm that the person comes from (`whr`).
    pub home_realm: Option<String>,
    /// `prompt`, as OpenID Connect knows it; `login` asks to prove it now.
    pub prompt: Option<String>,
    /// The caller's id for this sign-in in logs (`client-request-id`).
    pub request_id: Option<String>,
}

impl SignIn {
    /// Whether the person has to prove who they are now, whatever session there is (`wfresh=0`, `prompt=login`).
    pub fn asks_anew(&self) -> bool {
        self.fresh == Some(0) || self.prompt.as_deref() == Some("login")
    }

    /// Who the application thinks it is, by either parameter.
    pub fn hint(&self) -> Option<&str> {
        self.username.as_deref().or(self.login_hint.as_deref())
    }

    /// The query of this request, without the question mark.
    pub fn to_query(&self) -> String {
        let fresh = self.fresh.map(|minutes| minutes.to_string());
        let mut query = Query::new("wsignin1.0");
        query.add("wtrealm", Some(&self.realm));
        query.add("wctx", self.context.as_deref());
        query.add("wreply", self.reply.as_deref());
        query.add("username", self.username.as_deref());
        query.add("login_hint", self.login_hint.as_deref());
        query.add("wfresh", fresh.as_deref());
        query.add("wauth", self.authentication.as_deref());
        query.add("whr", self.home_realm.as_deref());
        query.add("prompt", self.prompt.as_deref());
        query.add("client-request-id", self.request_id.as_deref());
        query.finish()
    }
}

impl Request {
    /// Reads a request from the parameters of a query or a form, already decoded.
    ///
    /// # Errors
    /// When `wa` is missing or unknown, a parameter stands there twice, or one has no sensible value.
    pub fn parse(parameters: &[(String, String)]) -> Result<Self, Refusal> {
        let parameters = Parameters(parameters);
        let reply = parameters.get("wreply")?;
        match parameters.get("wa")?.ok_or(Refusal::Missing("wa"))?.as_str() {
            "wsignin1.0" => parameters.sign_in().map(Self::SignIn),
            "wsignout1.0" => {
                let (realm, context) = (parameters.get("wtrealm")?, parameters.get("wctx")?);
                Ok(Self::SignOut { reply, realm, context })
            }
            "wsignoutcleanup1.0" => Ok(Self::SignOutCleanup { reply }),
            other => Err(value("wa", other)),
        }
    }

    /// The query of this request, without the question mark.
    pub fn to_query(&self) -> String {
        match self {
            Self::SignIn(sign_in) => sign_in.to_query(),
            Self::SignOut { reply, realm, context } => {
                let mut query = Query::new("wsignout1.0");
                query.add("wtrealm", realm.as_deref());
                query.add("wreply", reply.as_deref());
                query.add("wctx", context.as_deref());
                query.finish()
            }
            Self::SignOutCleanup { reply } => {
                let mut query = Query::new("wsignoutcleanup1.0");
                query.add("wreply", reply.as_deref());
                query.finish()
            }
        }
    }
}

struct Parameters<'a>(&'a [(String, String)]);

impl Parameters<'_> {
    /// A parameter, if it is there and not empty. Two of one name would let two readers see different requests.
    fn get(&self, name: &'static str) -> Result<Option<String>, Refusal> {
        let mut found = self.0.iter().filter(|(given, _)| given == name).map(|(_, value)| value);
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Err(Refusal::Missing(name)),
            (value, _) => Ok(value.filter(|value| !value.is_empty()).cloned()),
        }
    }

    fn sign_in(&self) -> Result<SignIn, Refusal> {
        let minutes = |text: String| text.parse().map_err(|_| value("wfresh", &text));
        Ok(SignIn {
            realm: self.get("wtrealm")?.ok_or(Refusal::Missing("wtrealm"))?,
            context: self.get("wctx")?,
            reply: self.get("wreply")?,
            username: self.get("username")?,
            login_hint: self.get("login_hint")?,
            fresh: self.get("wfresh")?.map(minutes).transpose()?,
            authentication: self.get("wauth")?,
            home_realm: self.get("whr")?,
            prompt: self.get("prompt")?,
            request_id: self.get("client-request-id")?,
        })
    }
}

struct Query(form_urlencoded::Serializer<'static, String>);

impl Query {
    fn new(action: &str) -> Self {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("wa", action);
        Self(query)
    }

    fn add(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.0.append_pair(name, value);
        }
    }

    fn finish(mut self) -> String {
        self.0.finish()
    }
}
