//! The federation service as a whole: what it holds, its addresses, and how it is run.

mod answer;
mod asked;
mod doors;
mod entrance;
mod error;
mod failure;
mod pages;
mod parameters;
mod party;
mod pending;
mod published;
mod ring;
mod saml;
mod secret_body;
mod sign_out;
mod trust;
mod visitor;

use std::collections::HashSet;
use std::future::Future;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use jiff::SignedDuration;
use samesign_web::{assets, csrf, headers, server, tls};
use samesign_wire::saml::verify;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

pub use error::FederationError;
pub use party::BadApplication;

use crate::audit::Audit;
use crate::claims::Domains;
use crate::directory::Directory;
use crate::keys::KeyRing;
use crate::lockout::Lockout;
use crate::negotiate::Negotiate;
use crate::session::People;
use crate::store::{Store, StoreError};
use crate::{FederationSettings, clock, metadata};
use party::{Kind, Parties, Party};
use published::Signed;
use ring::Ring;
use visitor::Surroundings;

/// Where everything that browsers ask for goes (AD FS's own path).
const ENTRANCE: &str = metadata::PASSIVE;
/// Where tickets are asked for.
const TICKET: &str = "/adfs/ls/wia";
/// Where passwords are asked for.
const FORM: &str = "/adfs/ls/form";
/// The applications that somebody can start.
const HOME: &str = "/adfs/ls/idpinitiatedsignon";
/// Where the button of the home page goes.
const SIGN_OUT: &str = "/adfs/ls/sign-out";

/// No request has a larger body, in bytes.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// Between two looks at what has run out.
const EXPIRE_EVERY: Duration = Duration::from_secs(60);

/// How far clocks may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Notes of sessions that memory holds, at most.
const NOTED_MAX: usize = 100_000;

/// The service, opened. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Parts>);

/// What its handlers share. It holds the signing key and the password of its account, so it can be neither printed nor copied.
pub struct Parts {
    /// Where browsers reach it.
    origin: String,
    /// What it calls itself to applications.
    entity_id: String,
    domains: Domains,
    surroundings: Surroundings,
    parties: Parties,
    /// How long a session lasts, and how long unused, in seconds.
    session_seconds: i64,
    idle_seconds: i64,
    store: Store,
    directory: Directory,
    lockout: Lockout,
    negotiate: Option<Negotiate>,
    ring: Ring,
    audit: Audit,
    people: People,
    signed: Signed,
    noted: Mutex<HashSet<(String, String)>>,
}

impl Deref for Service {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Service {
    /// Opens keys, database and keytab. Active Directory is asked when somebody signs in, so it need not answer now.
    ///
    /// # Errors
    /// When a file is missing or damaged, or an application of the configuration cannot be used.
    pub fn open(settings: FederationSettings) -> Result<Self, FederationError> {
        let parties = Parties::of(&settings)?;
        let store = Store::open(&settings.folder.join("federation.db"))?;
        let FederationSettings { host, origin, folder, keytab, realms, intranet, proxies, channel_binding, domains, .. } = settings;
        let (session, session_idle, lockout, ad, policy) =
            (settings.session, settings.session_idle, settings.lockout, settings.ad, settings.policy);
        let negotiate = match keytab {
            Some(keytab) => Some(Negotiate::open(&keytab, &host, &realms, channel_binding, store.clone())?),
            None => None,
        };
        Ok(Self(Arc::new(Parts {
            origin,
            entity_id: metadata::entity_id(&host),
            domains: Domains::new(&domains),
            surroundings: Surroundings { host, intranet, proxies },
            parties,
            session_seconds: seconds(session),
            idle_seconds: seconds(session_idle),
            directory: Directory::new(ad, policy, store.clone()),
            lockout: Lockout::new(lockout, store.clone()),
            store,
            negotiate,
            ring: Ring::new(KeyRing::open(&folder)?),
            audit: Audit::in_folder(&folder),
            people: People::default(),
            signed: Signed::default(),
            noted: Mutex::default(),
        })))
    }

    /// Every address of the service, to be called in process or served by [`run`].
    pub fn router(&self) -> Router {
        let pages = Router::new()
            .route("/", get(entrance::home))
            .route(HOME, get(entrance::home))
            .route(ENTRANCE, get(entrance::asked).post(entrance::posted))
            .route("/adfs/ls", get(entrance::asked).post(entrance::posted))
            .route(TICKET, get(doors::ticket))
            .route(FORM, get(doors::form).post(doors::submit))
            .route(SIGN_OUT, post(sign_out::button))
            .layer(middleware::from_fn_with_state(self.clone(), visitor::introduce))
            .with_state(self.clone())
            .merge(assets::router())
            .layer(middleware::from_fn(headers::protect_in_popup));
        let documents = Router::new()
            .route(metadata::PATH, get(published::metadata))
            .route("/federationmetadata/2007-06/federationmetadata.xml", get(published::metadata))
            .route(metadata::MEX, get(published::mex))
            .route(metadata::ACTIVE_2005, post(trust::version_2005))
            .route(metadata::ACTIVE_13, post(trust::version_13))
            .layer(middleware::from_fn_with_state(self.clone(), visitor::introduce))
            .with_state(self.clone());
        Router::new()
            .route("/adfs/probe", get(|| async { "ok\n" }))
            .merge(pages)
            .merge(documents)
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .layer(middleware::from_fn(server::within_time))
    }
}

impl Parts {
    /// Who speaks to a party: to the tenant the federated domain of a person, to everybody else the service.
    fn issuer_for(&self, party: &Party, upn: &str) -> String {
        let domain = self.domains.issuer(upn).filter(|_| party.kind == Kind::Tenant);
        domain.unwrap_or_else(|| self.entity_id.clone())
    }

    /// Notes that a session's person was vouched for to an application. Most sign-ins by a session are to one that was noted
    /// before, and cost no write.
    async fn note(&self, cookie: &str, identifier: &str, note: String) -> Result<(), StoreError> {
        let key = (csrf::token(cookie), format!("{identifier} {note}"));
        let noted = || self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted().contains(&key) {
            return Ok(());
        }
        self.store.note_application(cookie, identifier, &note).await?;
        let mut noted = noted();
        if noted.len() >= NOTED_MAX {
            noted.clear();
        }
        noted.insert(key);
        Ok(())
    }
}

/// Serves until `shutdown` is done. `ready` is told the service's address (its origin) once clients can connect.
///
/// # Errors
/// When it cannot start. Once it serves, it goes on.
pub async fn run(
    settings: FederationSettings,
    ready: impl FnOnce(&str),
    shutdown: impl Future<Output = ()>,
) -> Result<(), FederationError> {
    let (address, certificate) = (settings.listen, settings.certificate.clone());
    let proxies = settings.proxies.clone();
    let service = Service::open(settings)?;
    let identity = tls::follow(&certificate)?;
    let listener = TcpListener::bind(address).await.map_err(|source| FederationError::Listen { address, source })?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(expire(service.store.clone(), EXPIRE_EVERY, stopped.clone()));
    let serving = tokio::spawn(server::serve(listener, identity, service.router(), proxies, stopped));
    ready(&service.origin);
    shutdown.await;
    stop.send_replace(true);
    // A panic in there was reported when it happened; nothing is left to do about it.
    let _ = serving.await;
    Ok(())
}

/// At once, and then again and again, what has run out is forgotten.
async fn expire(store: Store, every: Duration, mut stopped: watch::Receiver<bool>) {
    let mut times = tokio::time::interval(every);
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            _ = times.tick() => {}
        }
        if let Err(error) = store.expire(clock::now().as_second()).await {
            tracing::warn!(error = failure::chain(&error), "what has run out could not be forgotten");
        }
    }
}

/// Reads a query, and the same text as a form, as far as it tells who asks what: for the fuzzer.
pub(crate) fn read_request(text: &str) {
    let form = parameters::Parameters::read(text).ok();
    let asked = [asked::Asked::in_query(text).ok(), form.and_then(|fields| asked::Asked::in_form(&fields).ok())];
    for asked in asked.into_iter().flatten() {
        if let asked::Asked::Saml(message) = asked {
            let _ = (message.request(), verify::request(&message.document, &[]));
        }
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
