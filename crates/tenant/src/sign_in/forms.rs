//! Forms: taken apart only when a page of ours sent them.

use std::collections::HashMap;

use axum::Form;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue};
use samesign_web::csrf;
use samesign_web::session::Cookie;
use zeroize::Zeroize;

use super::error::PageError;
use crate::origin::Origin;
use crate::random::{self, NoRandom};

/// The fields of a form whose origin was checked. Wiped on drop: passwords come in forms.
#[derive(Clone, Default)]
pub struct Fields(HashMap<String, String>);

impl Fields {
    /// A field that the form must have, without white space at its ends.
    pub fn required(&self, name: &str) -> Result<&str, PageError> {
        self.0.get(name).map(|value| value.trim()).ok_or(PageError::Incomplete)
    }

    /// A field, unless it is absent or blank.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// A field exactly as it was typed: for passwords.
    pub fn exact(&self, name: &str) -> Result<&str, PageError> {
        self.0.get(name).map(String::as_str).ok_or(PageError::Incomplete)
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        self.0.values_mut().for_each(Zeroize::zeroize);
    }
}

/// Takes the form apart, refuses a foreign one, and hands its [`Fields`] on as an extension. `cookie` is the session's, or that of
/// the form of a browser that has no session.
pub async fn check(request: Request, cookie: &str) -> Result<Request, PageError> {
    let origin = request.extensions().get::<Origin>().ok_or(PageError::ForeignForm)?;
    if !csrf::sent_by_us(request.headers(), &origin.0) {
        return Err(PageError::ForeignForm);
    }
    let (parts, body) = request.into_parts();
    let whole = Request::from_parts(parts.clone(), body);
    let Form(fields) = Form::<HashMap<String, String>>::from_request(whole, &()).await.map_err(|_| PageError::Incomplete)?;
    let fields = Fields(fields);
    if !csrf::token_is_right(cookie, fields.exact("csrf").unwrap_or_default()) {
        return Err(PageError::ForeignForm);
    }
    let mut request = Request::from_parts(parts, Body::empty());
    request.extensions_mut().insert(fields);
    Ok(request)
}

/// The same for a browser that need not be signed in.
pub async fn check_open(request: Request) -> Result<(Request, Fields), PageError> {
    let cookie = Cookie::Form.read(request.headers()).ok_or(PageError::ForeignForm)?;
    let request = check(request, &cookie).await?;
    let fields = request.extensions().get::<Fields>().cloned().unwrap_or_default();
    Ok((request, fields))
}

/// The form token for a browser that need not be signed in, and the cookie it goes with.
pub fn open(headers: &HeaderMap) -> Result<(String, HeaderValue), NoRandom> {
    let browser = browser(headers)?;
    Ok((csrf::token(&browser), Cookie::Form.set(&browser)))
}

/// What tells a browser that need not be signed in from every other: the value of the cookie for its forms.
///
/// One that is there already stays, so that a form in another tab still serves.
pub fn browser(headers: &HeaderMap) -> Result<String, NoRandom> {
    Cookie::Form.read(headers).map_or_else(random::token, Ok)
}
