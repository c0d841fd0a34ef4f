//! A person comes back from the service of a federated domain.
//!
//! Its answer is posted from another site, so it comes without our cookies. What can be judged without them is judged at once, and
//! nothing but what was accepted is kept; then the browser comes again by itself, with its cookies, and it has to be the one that
//! was sent away.

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use rusqlite::Connection;
use samesign_web::session::Cookie;
use samesign_wire::saml::{LogoutResponse, post};
use serde::Deserialize;

use super::error::PageError;
use super::{Destination, departure, farewell, onward};
use crate::clock;
use crate::context::Context;
use crate::directory::User;
use crate::directory::federation::{self, Realm};
use crate::identity::federated::arrivals::{self, Taken};
use crate::identity::federated::tokens::{self, Accepted, Expected, Refused};
use crate::identity::federated::used::{self, Use};
use crate::identity::federated::{REPLY_PATH, Refusal, requests};
use crate::identity::log::{self, Entry};
use crate::identity::sessions::{self, Elsewhere};
use crate::identity::sign_in::Via;
use crate::identity::{addresses, apps};
use crate::origin::Origin;
use crate::random;
use crate::server::Peer;
use crate::store::federation::Protocol;
use crate::store::{StoreError, users};

/// An answer of a sign-in service, still to be judged.
struct Answer {
    protocol: Protocol,
    /// What came back with it unchanged.
    reference: String,
    message: String,
}

/// With what a browser comes for its session.
#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    id: String,
}

/// `POST /login.srf`
pub async fn answer(
    State(context): State<Context>,
    Extension(Origin(origin)): Extension<Origin>,
    peer: Option<Extension<Peer>>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(fields) = form.map_err(|_| PageError::Incomplete)?;
    let answer = Answer::read(fields)?;
    let recipient = format!("{origin}{REPLY_PATH}");
    let address = shown(peer);
    let judge = move |context: &Context| {
        let arrival = take_in(context, &answer, &recipient, &address);
        let unasked = matches!(arrival, Err(PageError::Federation(Refusal::Unsolicited(_))));
        if unasked && answer.ends_sign_out() { Ok(None) } else { arrival.map(Some) }
    };
    Ok(match context.blocking(judge).await?? {
        Some(arrival) => Redirect::to(&format!("/sign-in/arrival?id={arrival}")).into_response(),
        None => super::logout::signed_out(None),
    })
}

/// `GET /sign-in/arrival`
pub async fn enter(
    State(context): State<Context>,
    headers: HeaderMap,
    peer: Option<Extension<Peer>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, PageError> {
    let Query(Asked { id }) = asked.unwrap_or_default();
    let Some(browser) = Cookie::Form.read(&headers) else { return Err(Refusal::OtherBrowser.into()) };
    let before = Cookie::Session.read(&headers);
    let address = shown(peer);
    let (session, sign_out) = (random::token()?, random::token()?);
    let cookies = [Cookie::Session.set(&session), farewell::cookie(&sign_out)];
    let begin = move |context: &Context| {
        let now = clock::now().as_second();
        context.store.write(|connection| -> Result<_, PageError> {
            let (accepted, request) = match arrivals::take(connection, &id, &browser, now)? {
                Taken::Here(accepted, request) => (accepted, request),
                Taken::OtherBrowser(_) => return Ok(Err(Refusal::OtherBrowser)),
                Taken::Nobody => return Ok(Err(Refusal::Unsolicited(Protocol::WsFed))),
            };
            let destination = Destination::parse(&request.destination);
            let Some(user) = still(connection, &accepted)? else { return Ok(Err(Refusal::NoUser)) };
            if let Some(before) = before {
                sessions::end(connection, &before)?;
            }
            let elsewhere = Elsewhere { domain: accepted.domain.clone(), session_index: accepted.session_index.clone() };
            sessions::begin_elsewhere(connection, &session, user.number, &elsewhere, &sign_out, now)?;
            let client = client(connection, &destination)?;
            let (upn, detail) = (&accepted.upn, &accepted.detail());
            let entry =
                Entry { at: now, upn, user: Some(&user.id), client: &client, via: Via::Federation, address: &address, code: 0, detail };
            log::record(connection, &entry)?;
            Ok(Ok(destination))
        })
    };
    let destination = context.blocking(begin).await???;
    let mut response = onward(&destination.fulfilled(), "You are signed in");
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

impl Answer {
    /// One message, by one protocol.
    fn read(fields: Vec<(String, String)>) -> Result<Self, Refusal> {
        let [mut results, mut responses, mut contexts, mut states] = [const { Vec::new() }; 4];
        for (name, value) in fields {
            match name.as_str() {
                "wresult" => results.push(value),
                "SAMLResponse" => responses.push(value),
                "wctx" => contexts.push(value),
                "RelayState" => states.push(value),
                _ => {}
            }
        }
        if contexts.len() > 1 || states.len() > 1 || results.len() + responses.len() != 1 {
            return Err(Refusal::Missing);
        }
        let text = |values: &mut Vec<String>| values.pop().unwrap_or_default();
        match results.pop() {
            Some(message) => {
                let context = text(&mut contexts);
                let reference = departure::reference(&context).unwrap_or_default().to_owned();
                Ok(Self { protocol: Protocol::WsFed, reference, message })
            }
            None => Ok(Self { protocol: Protocol::Saml, reference: text(&mut states), message: text(&mut responses) }),
        }
    }

    /// The message itself.
    fn document(&self) -> Result<Vec<u8>, Refusal> {
        match self.protocol {
            Protocol::WsFed => Ok(self.message.as_bytes().to_vec()),
            Protocol::Saml => post::decode(&self.message).map_err(|refusal| Refusal::of(refusal, Protocol::Saml)),
        }
    }

    /// Whether the service answers that it signed somebody out. It opens nothing, so nothing in it is checked.
    fn ends_sign_out(&self) -> bool {
        self.protocol == Protocol::Saml && self.document().is_ok_and(|document| LogoutResponse::read(&document).is_ok())
    }
}

/// Judges an answer; what is accepted is kept, and the text with which the browser comes for it is answered.
fn take_in(context: &Context, answer: &Answer, recipient: &str, address: &str) -> Result<String, PageError> {
    let now = clock::now();
    let seconds = now.as_second();
    let judged = context.store.read(|connection| -> Result<_, PageError> {
        // The cheapest question first: nothing that nobody asked for is ever taken apart.
        let Some(request) = requests::find(connection, &answer.reference, seconds)? else {
            return Err(Refusal::Unsolicited(answer.protocol).into());
        };
        let expected = Expected {
            protocol: answer.protocol,
            domain: Some(&request.domain),
            recipient,
            request: &departure::request_id(&answer.reference),
            fresh: request.fresh,
        };
        let judged = tokens::judge(connection, &answer.document()?, &expected, now)?;
        let client = client(connection, &Destination::parse(&request.destination))?;
        Ok(match judged {
            Ok(accepted) if used::is_used(connection, &accepted.issuer, &accepted.token)? => (Err(Refusal::Replayed.into()), client),
            judged => (judged, client),
        })
    })?;
    let accepted = match judged {
        (Ok(accepted), _) => accepted,
        (Err(refused), client) => return Err(refuse(context, refused, &client, address)?.into()),
    };
    let kept = context.store.write(|connection| -> Result<_, PageError> {
        Ok(match used::first(connection, &accepted.issuer, &accepted.token, accepted.until, seconds)? {
            Use::First => Ok(arrivals::keep(connection, &answer.reference, &accepted, seconds)?),
            Use::Again => Err(Refusal::Replayed),
            Use::Full => Err(Refusal::Full),
        })
    })?;
    Ok(kept?)
}

/// Writes down a token that was proved to be the service's own, and was not believed all the same.
fn refuse(context: &Context, refused: Refused, client: &str, address: &str) -> Result<Refusal, StoreError> {
    let Refused { refusal, about } = refused;
    let Some((upn, issuer)) = about else { return Ok(refusal) };
    let detail = format!("{issuer}: {refusal}");
    context.store.write(|connection| -> Result<(), StoreError> {
        let user = users::by_upn(connection, &upn)?.filter(User::live).map(|user| user.id);
        let (at, user, code) = (clock::now().as_second(), user.as_deref(), refusal.code());
        log::record(connection, &Entry { at, upn: &upn, user, client, via: Via::Federation, address, code, detail: &detail })
    })?;
    Ok(refusal)
}

/// The user, unless something changed between the token and the browser's coming.
fn still(connection: &Connection, accepted: &Accepted) -> Result<Option<User>, PageError> {
    let Some(user) = users::by_number(connection, accepted.user)?.filter(|user| user.live() && user.enabled) else { return Ok(None) };
    let realm = federation::realm_of_name(connection, &user.upn)?;
    Ok(matches!(realm, Realm::Federated { root, .. } if root == accepted.domain).then_some(user))
}

/// For the sign-in log; a made-up client id is not written there.
pub fn client(connection: &Connection, destination: &Destination) -> Result<String, StoreError> {
    Ok(match destination {
        Destination::Portal => "portal".to_owned(),
        Destination::Device { .. } => "device login".to_owned(),
        Destination::Account => "my account".to_owned(),
        Destination::Authorize { .. } => {
            let app = destination.client_id().map(|id| apps::find(connection, id)).transpose()?.flatten();
            app.map_or_else(|| "my account".to_owned(), |app| app.client_id)
        }
    })
}

fn shown(peer: Option<Extension<Peer>>) -> String {
    peer.map(|Extension(Peer(address))| addresses::network(address).to_string()).unwrap_or_default()
}
