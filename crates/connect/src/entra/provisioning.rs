//! Calls of the provisioning service: one SOAP message there, one back, every outcome told apart.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use reqwest::{Method, Url};
use samesign_wire::Secret;
use samesign_wire::provisioning::{
    CREDENTIALS_PER_REQUEST_MAX, CompanyConfiguration, CredentialChange, CredentialItem, CredentialResult, Fault, FaultDetail, Request,
    RequestHeader, Response, SyncObject, SyncObjectResult, decode_response, encode_request, names,
};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Entra;
use super::config::host_of;
use super::error::{EntraError, SendError};
use super::http::{Answer, Failure};
use super::identity::uuid;
use super::token::Audience;

/// Where the service has sent us; it stays so for the session.
#[derive(Default)]
pub struct Redirect(Mutex<Option<Url>>);

impl Redirect {
    fn get(&self) -> Option<Url> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, url: Url) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(url);
    }
}

impl Entra {
    /// What the tenant knows and expects of synchronization.
    pub async fn company_configuration(&self) -> Result<CompanyConfiguration, EntraError> {
        match self.call(&Request::GetCompanyConfiguration { include_license_information: false }).await? {
            Response::CompanyConfiguration(configuration) => Ok(configuration),
            _ => Err(self.unexpected("GetCompanyConfiguration")),
        }
    }

    /// Sends objects; one result for each, in their order. Nothing is sent twice: see [`SendError`] for what the caller must do.
    pub async fn provision(&self, objects: &[SyncObject]) -> Result<Vec<SyncObjectResult>, SendError> {
        match self.call(&Request::ProvisionAzureADSyncObjects2(objects.to_vec())).await? {
            Response::Provision(results) => {
                in_order(objects, results, |object| object.source_anchor.as_deref(), |result| result.source_anchor.as_deref())
                    .ok_or_else(|| SendError::Unknown(self.incomplete("ProvisionAzureADSyncObjects2", "object")))
            }
            _ => Err(SendError::Unknown(self.unexpected("ProvisionAzureADSyncObjects2"))),
        }
    }

    /// Sends passwords' hashes; one result for each, in their order. Nothing is sent twice: see [`SendError`] for what the caller must do.
    ///
    /// One request holds at most `CREDENTIALS_PER_REQUEST_MAX`; more is [`SendError::TooLarge`]. Each anchor may occur once, since results are
    /// told apart by it. What was sent is wiped from memory when this returns.
    pub async fn provision_credentials(&self, changes: &[CredentialChange]) -> Result<Vec<CredentialResult>, SendError> {
        if changes.len() > CREDENTIALS_PER_REQUEST_MAX {
            return Err(SendError::TooLarge);
        }
        match self.call(&Request::ProvisionCredentials(changes.iter().map(CredentialItem::from).collect())).await? {
            Response::Credentials(results) => {
                in_order(changes, results, |change| Some(&change.source_anchor), |result| result.source_anchor.as_deref())
                    .ok_or_else(|| SendError::Unknown(self.incomplete("ProvisionCredentials", "password")))
            }
            _ => Err(SendError::Unknown(self.unexpected("ProvisionCredentials"))),
        }
    }

    /// Sets the feature bits of the tenant, all of them at once: start from those that [`Self::company_configuration`] tells.
    pub async fn set_dirsync_features(&self, features: i32) -> Result<(), EntraError> {
        match self.call(&Request::SetCompanyDirsyncFeatures { dirsync_features: features }).await? {
            Response::SetFeatures => Ok(()),
            _ => Err(self.unexpected("SetCompanyDirsyncFeatures")),
        }
    }

    /// Reads the synchronized objects back, with the values as they were sent.
    pub async fn read_back(&self, full: bool, sink: &mut (impl FnMut(SyncObject) + ?Sized)) -> Result<(), EntraError> {
        let mut cookie: Option<Vec<u8>> = None;
        loop {
            let request = Request::ReadBackAzureADSyncObjects {
                include_license_information: false,
                input_cookie: cookie.clone(),
                is_full_sync: full,
            };
            let Response::ReadBack { objects, cookie: next, more } = self.call(&request).await? else {
                return Err(self.unexpected("ReadBackAzureADSyncObjects"));
            };
            objects.into_iter().for_each(&mut *sink);
            if !more {
                return Ok(());
            }
            if next.is_none() || next == cookie {
                let reason = "it says that more follows, but not from where".to_owned();
                return Err(EntraError::Answer { host: self.service_host(), what: "ReadBackAzureADSyncObjects", reason });
            }
            cookie = next;
        }
    }

    /// Ends an export: tells the service how many objects were sent and how many of these it took.
    pub async fn finalize_export(&self, total: usize, successful: usize) -> Result<(), EntraError> {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let request = Request::FinalizeExport { total_exported: count(total), successful_export_count: count(successful) };
        match self.call(&request).await? {
            Response::Finalize => Ok(()),
            _ => Err(self.unexpected("FinalizeExport")),
        }
    }

    /// One call, with the redirects that the service asks for.
    async fn call(&self, request: &Request) -> Result<Response, SendError> {
        let mut redirects = 0;
        loop {
            let fault = match self.exchange(request).await? {
                Ok(response) => return Ok(response),
                Err(fault) => fault,
            };
            match &fault.detail {
                FaultDetail::BindingRedirection { url } if redirects < names::REDIRECTS_MAX => self.follow(url)?,
                _ => return Err(SendError::Fault(fault)),
            }
            redirects += 1;
        }
    }

    fn follow(&self, url: &str) -> Result<(), SendError> {
        let foreign = || SendError::NotSent(EntraError::ForeignHost { url: url.to_owned() });
        let there = Url::parse(url).ok().filter(|there| self.endpoints.may_redirect_to(there)).ok_or_else(foreign)?;
        tracing::debug!(host = host_of(&there), "the provisioning service redirects");
        self.redirect.set(there);
        Ok(())
    }

    /// One message there and one back. A token that is refused is replaced once: the service did nothing with it.
    async fn exchange(&self, request: &Request) -> Result<Result<Response, Fault>, SendError> {
        for first in [true, false] {
            let url = self.redirect.get().unwrap_or_else(|| self.endpoints.provisioning.clone());
            let token = self.token(Audience::Provisioning).await.map_err(SendError::NotSent)?;
            let answer = self.post(&url, request, &token).await?;
            if answer.status == 401 && first {
                self.tokens.refused(Audience::Provisioning, &token).await;
                continue;
            }
            return self.understand(&url, request, &answer);
        }
        Err(SendError::NotSent(self.unexpected("a request")))
    }

    async fn post(&self, url: &Url, request: &Request, token: &Secret) -> Result<Answer, SendError> {
        let tracking_id = uuid().map_err(SendError::NotSent)?;
        let header = RequestHeader::new(url.as_str(), names::APPLICATION_ID_V2, token.clone(), &tracking_id);
        // The message holds the token, so it is wiped as soon as it is sent.
        let body = Bytes::from_owner(Zeroizing::new(encode_request(&header, request)));
        let builder = self
            .http
            .request(Method::POST, url)
            .header("content-type", names::CONTENT_TYPE)
            .header(names::HEADER_APPLICATION_ID, &header.application_id)
            .header(names::HEADER_ACTION, request.operation().name())
            .header(names::HEADER_CLIENT_VERSION, &header.client_version)
            .header(names::HEADER_DIRSYNC_BUILD_NUMBER, &header.dirsync_build_number)
            .header(names::HEADER_FIM_BUILD_NUMBER, &header.fim_build_number)
            .header(names::HEADER_TENANT_ID, tenant_id(token).unwrap_or_else(|| self.tenant.clone()))
            .header(names::HEADER_CLIENT_REQUEST_ID, &tracking_id)
            .body(body);
        self.http.send(url, builder).await.map_err(|failure| match failure {
            Failure::NotSent(error) => SendError::NotSent(error),
            Failure::Lost(error) => SendError::Unknown(error),
        })
    }

    /// What an answer means. Whatever is neither a response nor a fault leaves the outcome open, except a plain refusal.
    fn understand(&self, url: &Url, request: &Request, answer: &Answer) -> Result<Result<Response, Fault>, SendError> {
        let refused = || EntraError::Refused {
            host: host_of(url),
            what: request.operation().name(),
            status: answer.status,
            code: String::new(),
            message: "the provisioning service did not answer; try again later".to_owned(),
        };
        match answer.status {
            200 | 500 => decode_response(request.operation(), &answer.body).map_err(|error| {
                let reason = error.to_string();
                SendError::Unknown(EntraError::Answer { host: host_of(url), what: request.operation().name(), reason })
            }),
            413 => Err(SendError::TooLarge),
            429 => Err(SendError::NotSent(EntraError::Throttled {
                host: host_of(url),
                retry_after: super::retry::wait(1, answer.retry_after.as_deref(), crate::clock::now(), 0),
            })),
            400..=499 => Err(SendError::NotSent(refused())),
            _ => Err(SendError::Unknown(refused())),
        }
    }

    fn service_host(&self) -> String {
        host_of(&self.redirect.get().unwrap_or_else(|| self.endpoints.provisioning.clone()))
    }

    fn unexpected(&self, what: &'static str) -> EntraError {
        EntraError::Answer { host: self.service_host(), what, reason: "it answers another request".to_owned() }
    }

    fn incomplete(&self, what: &'static str, of: &str) -> EntraError {
        EntraError::Answer { host: self.service_host(), what, reason: format!("it does not hold one result for every {of}") }
    }
}

/// The results in the order of what was sent, told apart by anchor. `None` unless there is exactly one for each.
fn in_order<S, R>(
    sent: &[S],
    results: Vec<R>,
    sent_anchor: impl Fn(&S) -> Option<&str>,
    result_anchor: impl Fn(&R) -> Option<&str>,
) -> Option<Vec<R>> {
    if sent.len() != results.len() {
        return None;
    }
    if sent.iter().zip(&results).all(|(sent, result)| sent_anchor(sent) == result_anchor(result)) {
        return Some(results);
    }
    let owned = |anchor: Option<&str>| anchor.map(ToOwned::to_owned);
    let mut by_anchor: HashMap<Option<String>, R> = results.into_iter().map(|result| (owned(result_anchor(&result)), result)).collect();
    sent.iter().map(|sent| by_anchor.remove(&owned(sent_anchor(sent)))).collect()
}

/// The tenant's id out of a token, for a header that the service uses for its logs. Nothing is decided by it.
fn tenant_id(token: &Secret) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        tid: String,
    }
    let claims = Zeroizing::new(URL_SAFE_NO_PAD.decode(token.expose().split('.').nth(1)?).ok()?);
    let Claims { tid } = serde_json::from_slice(&claims).ok()?;
    tid.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-').then_some(tid)
}
