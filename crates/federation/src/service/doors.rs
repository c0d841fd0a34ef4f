//! Where people prove who they are: by a Kerberos ticket that the browser brings, or by a name and a password.

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use samesign_web::session::Cookie;
use samesign_web::{Notice, NoticeKind, csrf};
use samesign_wire::Secret;
use serde::Deserialize;

use super::answer::{self, Proven};
use super::entrance;
use super::failure::{Cause, Failure, chain};
use super::pages::{SignInPage, with_cookie};
use super::pending::Pending;
use super::secret_body::SecretBody;
use super::visitor::Visitor;
use super::{FORM, Service};
use crate::audit::{Entry, Event, foreign, method_name};
use crate::directory::AccountState;
use crate::password::{self, Denied, Reason};
use crate::session::{Kept, may_go_on};
use crate::{Method, SignedIn, clock, random};

/// A longer token of a browser is not looked at, in bytes of Base64: tickets of people in very many groups have 48 KiB.
const TOKEN_BYTES_MAX: usize = 64 * 1024;

/// Which request waits.
#[derive(Default, Deserialize)]
pub(super) struct Handle {
    #[serde(default)]
    request: String,
}

/// `GET /adfs/ls/wia`: asks the browser for a ticket. Whoever has none finds the form in the very same answer.
pub(super) async fn ticket(
    State(service): State<Service>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Query(Handle { request }): Query<Handle>,
) -> Result<Response, Failure> {
    let pending = Pending::find(&service, &request, clock::now(), &visitor.correlation_id).await?;
    let door = Door { service: &service, visitor: &visitor, headers: &headers, request: &request, pending: &pending };
    if let Some(answer) = door.by_session().await? {
        return Ok(answer);
    }
    let Some(negotiate) = entrance::takes_ticket(&service, &visitor, &pending) else {
        return Ok(Redirect::to(&format!("{FORM}?request={request}")).into_response());
    };
    let Some(token) = offered(&headers) else {
        return Ok(negotiate_header(door.form(None, StatusCode::UNAUTHORIZED)?, None));
    };
    let end_point = visitor.end_point.as_deref();
    let ticket = match negotiate.sign_in(&token, end_point, clock::now()).await {
        Ok(ticket) => ticket,
        Err(refusal) => {
            door.denied(None, chain(&refusal))?;
            return Ok(negotiate_header(door.form(None, StatusCode::UNAUTHORIZED)?, None));
        }
    };
    let answer = door.by_ticket(&ticket.account, &ticket.realm).await?;
    Ok(negotiate_header(answer, Some(&ticket.reply)))
}

/// `GET /adfs/ls/form`
pub(super) async fn form(
    State(service): State<Service>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Query(Handle { request }): Query<Handle>,
) -> Result<Response, Failure> {
    let pending = Pending::find(&service, &request, clock::now(), &visitor.correlation_id).await?;
    let door = Door { service: &service, visitor: &visitor, headers: &headers, request: &request, pending: &pending };
    match door.by_session().await? {
        Some(answer) => Ok(answer),
        None => door.form(None, StatusCode::OK),
    }
}

/// `POST /adfs/ls/form`
pub(super) async fn submit(
    State(service): State<Service>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    SecretBody(body): SecretBody,
) -> Result<Response, Failure> {
    let failed = |cause: Cause| cause.of(&visitor.correlation_id);
    let fields = entrance::form(&headers, &body).map_err(failed)?;
    let cookie = Cookie::FederationForm.read(&headers).ok_or_else(|| failed(Cause::ForeignForm))?;
    let ours = csrf::sent_by_us(&headers, &service.origin);
    if !ours || !csrf::token_is_right(&cookie, fields.one("csrf").unwrap_or_default()) {
        return Err(failed(Cause::ForeignForm));
    }
    let request = fields.one("request").unwrap_or_default().to_owned();
    let pending = Pending::find(&service, &request, clock::now(), &visitor.correlation_id).await?;
    let door = Door { service: &service, visitor: &visitor, headers: &headers, request: &request, pending: &pending };
    let name = fields.one("name").unwrap_or_default().trim().to_owned();
    let password = Secret::new(fields.one("password").unwrap_or_default().to_owned());
    drop((fields, body));
    let signed_in = password::sign_in(&service.directory, &service.lockout, &name, password, visitor.address, clock::now()).await;
    match signed_in {
        Ok(signed_in) => door.enter(signed_in).await,
        Err(denied) => door.refuse(&name, denied),
    }
}

/// The token that a browser offers.
fn offered(headers: &HeaderMap) -> Option<Vec<u8>> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let fits = scheme.eq_ignore_ascii_case("Negotiate") && token.len() <= TOKEN_BYTES_MAX;
    STANDARD.decode(token).ok().filter(|_| fits)
}

/// Asks for a token, or brings the service's own.
fn negotiate_header(mut response: Response, reply: Option<&[u8]>) -> Response {
    let text = match reply {
        Some(reply) => format!("Negotiate {}", STANDARD.encode(reply)),
        None => "Negotiate".to_owned(),
    };
    if let Ok(value) = HeaderValue::try_from(text) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

/// One visit at a door.
struct Door<'a> {
    service: &'a Service,
    visitor: &'a Visitor,
    headers: &'a HeaderMap,
    request: &'a str,
    pending: &'a Pending,
}

impl Door<'_> {
    fn failed(&self, cause: impl Into<Cause>) -> Failure {
        cause.into().of(&self.pending.correlation_id)
    }

    /// The answer by a session, for which the request is used up.
    async fn by_session(&self) -> Result<Option<Response>, Failure> {
        let answer = answer::by_session(self.service, self.visitor, self.headers, self.pending).await?;
        if answer.is_some() {
            self.take().await?;
        }
        Ok(answer)
    }

    /// Uses the request up: of several who try, one goes on.
    async fn take(&self) -> Result<Pending, Failure> {
        Pending::take(self.service, self.request, clock::now(), &self.pending.correlation_id).await
    }

    /// Somebody brought a good ticket.
    async fn by_ticket(&self, account: &str, realm: &str) -> Result<Response, Failure> {
        let now = clock::now();
        let found = self.service.directory.by_principal(account, realm).await.map_err(|error| self.failed(error))?;
        let Some(found) = found.filter(|found| may_go_on(found.state)) else {
            let name = format!("{account}@{realm}");
            self.denied(Some(name), "the ticket's account is gone or may not sign in".to_owned())?;
            return self.form(None, StatusCode::OK);
        };
        let signed_in = SignedIn { person: found.person.clone(), method: Method::Kerberos, at: now };
        if !answer::is_expected(self.service, self.pending, &signed_in).await? {
            let text = format!("You are signed in to this computer as {}. Sign in here with the other account.", signed_in.person.upn);
            return self.form(Some(Notice { kind: NoticeKind::Warning, text }), StatusCode::OK);
        }
        self.service.people.note(found, now);
        self.enter(signed_in).await
    }

    /// Begins a session in place of the one that the browser may have had, and answers the request: none outlives a sign-in, so
    /// that nobody can wait inside one that was planted.
    async fn enter(&self, signed_in: SignedIn) -> Result<Response, Failure> {
        let pending = self.take().await?;
        let now = clock::now();
        let index = random::xml_id().map_err(|error| self.failed(error))?;
        let session = Kept::new(&signed_in.person, signed_in.method, signed_in.at, index);
        let cookie = random::token().map_err(|error| self.failed(error))?;
        let json = serde_json::to_string(&session).map_err(|error| self.failed(error))?;
        let entry = Entry {
            who: Some(foreign(&signed_in.person.upn)),
            guid: Some(signed_in.person.guid.to_string()),
            method: Some(method_name(signed_in.method)),
            ..Entry::new(now, Event::SignIn, &pending.correlation_id, self.visitor.address)
        };
        self.service.audit.write(&entry).map_err(|error| self.failed(error))?;
        let until = now.as_second().saturating_add(self.service.session_seconds);
        let begun = self.service.store.begin_session(&cookie, signed_in.person.guid, &json, now.as_second(), until).await;
        begun.map_err(|error| self.failed(error))?;
        self.replace_session(&cookie, &signed_in).await?;
        let proven = Proven { signed_in: SignedIn { at: session.at(), ..signed_in }, session, cookie };
        let answer = answer::to_application(self.service, self.visitor, &pending, &proven).await;
        // The sign-in counts even where the application is not answered: the next one is.
        let answer = answer.unwrap_or_else(IntoResponse::into_response);
        Ok(with_cookie(answer, Cookie::FederationSession.set(&proven.cookie)))
    }

    /// The session before ends. If it was the same person's, its applications are told when this one ends.
    async fn replace_session(&self, cookie: &str, signed_in: &SignedIn) -> Result<(), Failure> {
        let Some(before) = Cookie::FederationSession.read(self.headers) else { return Ok(()) };
        let store = &self.service.store;
        let applications = store.applications_of(&before).await.map_err(|error| self.failed(error))?;
        let ended = store.end_session(&before).await.map_err(|error| self.failed(error))?;
        let same =
            ended.and_then(|json| serde_json::from_str::<Kept>(&json).ok()?.guid()).is_some_and(|guid| guid == signed_in.person.guid);
        for (identifier, json) in applications.into_iter().filter(|_| same) {
            store.note_application(cookie, &identifier, &json).await.map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    /// The form again, with what the person may be told.
    fn refuse(&self, name: &str, denied: Denied) -> Result<Response, Failure> {
        let who = denied.person.as_ref().map_or_else(|| name.to_owned(), |person| person.upn.clone());
        self.denied(Some(who), chain(&denied.reason))?;
        let (text, status) = match &denied.reason {
            // Only somebody who knows the password gets here.
            Reason::State(AccountState::PasswordExpired | AccountState::MustChange) => (
                "Your password has to be changed before you can sign in. Change it on a computer of your organization, then come back.",
                StatusCode::FORBIDDEN,
            ),
            _ if denied.is_outage() => {
                ("Signing in does not work at the moment. Try again in a few minutes.", StatusCode::SERVICE_UNAVAILABLE)
            }
            _ => (
                "The name or the password is wrong, or the account may not sign in now. After several tries, wait half an hour.",
                StatusCode::UNAUTHORIZED,
            ),
        };
        if denied.is_outage() {
            tracing::error!(correlation_id = self.pending.correlation_id, error = chain(&denied.reason), "a sign-in failed");
        }
        self.form_for(name, Some(Notice { kind: NoticeKind::Refused, text: text.to_owned() }), status)
    }

    fn form(&self, notice: Option<Notice>, status: StatusCode) -> Result<Response, Failure> {
        self.form_for(self.pending.hint.as_deref().unwrap_or_default(), notice, status)
    }

    fn form_for(&self, name: &str, notice: Option<Notice>, status: StatusCode) -> Result<Response, Failure> {
        let party = self.pending.wish.party().and_then(|identifier| self.service.parties.named(identifier));
        let page = SignInPage {
            request: self.request,
            application: party.map(|party| party.name.as_str()),
            name,
            domain: self.service.domains.first().unwrap_or("example.com"),
            notice,
        };
        page.answer(self.headers, status).map_err(|error| self.failed(error))
    }

    fn denied(&self, who: Option<String>, reason: String) -> Result<(), Failure> {
        let entry = Entry {
            who: who.map(|who| foreign(&who)),
            application: self.pending.wish.party().map(str::to_owned),
            reason: Some(reason),
            ..Entry::new(clock::now(), Event::Deny, &self.pending.correlation_id, self.visitor.address)
        };
        self.service.audit.write(&entry).map_err(|error| self.failed(error))
    }
}
