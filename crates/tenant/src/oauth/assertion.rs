//! Client assertions: a JWT by which an application proves that it holds the key of a registered certificate (RFC 7523).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use rusqlite::Connection;
use serde::Deserialize;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::error::{Refusal, SignInError};
use super::keys::signature_only;
use crate::identity::apps;

/// How far a client's clock may be off, in seconds.
const LEEWAY_SECONDS: f64 = 300.0;

/// The longest an assertion may last, in seconds: it is remembered that long so that it serves once.
const LIFETIME_SECONDS_MAX: f64 = 86_400.0;

#[derive(Clone, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    // Times are numbers that may have a fraction (RFC 7519, NumericDate).
    exp: f64,
    nbf: Option<f64>,
    jti: String,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Who an assertion says it is from, before anything is proved: lets a request do without `client_id`.
pub fn claimed_client(assertion: &str) -> Option<String> {
    jsonwebtoken::dangerous::insecure_decode_claims::<Claims>(assertion).ok().map(|claims| claims.sub)
}

/// Checks signature, parties, times and single use. `audiences` are the accepted values of `aud`, the advertised one first.
pub fn verify(connection: &Connection, client_id: &str, assertion: &str, audiences: &[String], now: Timestamp) -> Result<(), Refusal> {
    let claims = check_signature(connection, client_id, assertion)?;
    check_parties(&claims, client_id, audiences)?;
    check_times(&claims, now)?;
    // Beyond its own end an assertion is accepted for the leeway, so it is remembered for longer than that.
    let forget_at = (claims.exp + 2.0 * LEEWAY_SECONDS).ceil() as i64;
    let fresh = apps::spend_assertion(connection, client_id, &claims.jti, forget_at, now.as_second())?;
    if fresh { Ok(()) } else { Err(SignInError::assertion_replayed().into()) }
}

fn check_signature(connection: &Connection, client_id: &str, assertion: &str) -> Result<Claims, Refusal> {
    let unreadable = |_| SignInError::assertion_signature("it is not a signed JWT");
    let header = jsonwebtoken::decode_header(assertion).map_err(unreadable)?;
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::PS256) {
        return Err(SignInError::assertion_signature("its algorithm must be PS256 or RS256").into());
    }
    let candidates = apps::certificates(connection, client_id, thumbprint(&header).as_deref())?;
    if candidates.is_empty() {
        return Err(SignInError::assertion_signature("no certificate with that thumbprint is registered").into());
    }
    let mut reason = "the signature does not match the registered certificate";
    for certificate in &candidates {
        match check_with(certificate, header.alg, assertion) {
            Ok(claims) => return Ok(claims),
            Err(why) => reason = why,
        }
    }
    Err(SignInError::assertion_signature(reason).into())
}

fn check_with(certificate: &[u8], algorithm: Algorithm, assertion: &str) -> Result<Claims, &'static str> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| "the registered certificate cannot be read")?;
    if parsed.public_key().parsed().is_ok_and(|key| !matches!(key, x509_parser::public_key::PublicKey::RSA(_))) {
        return Err("the registered certificate does not hold an RSA key");
    }
    let key = DecodingKey::from_rsa_der(&parsed.public_key().subject_public_key.data);
    match jsonwebtoken::decode::<Claims>(assertion, &key, &signature_only(&[algorithm])) {
        Ok(token) => Ok(token.claims),
        Err(error) => Err(match error.kind() {
            jsonwebtoken::errors::ErrorKind::Json(_) => "it must hold iss, sub, aud, exp and jti",
            _ => "the signature does not match the registered certificate",
        }),
    }
}

/// The thumbprint the client names: `x5t#S256`, else `x5t`, else that of the first certificate in `x5c`.
fn thumbprint(header: &Header) -> Option<String> {
    let named = header.x5t_s256.as_ref().or(header.x5t.as_ref());
    if let Some(text) = named {
        return Some(text.trim_end_matches('=').to_owned());
    }
    let first = header.x5c.as_ref()?.first()?;
    Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, &STANDARD.decode(first).unwrap_or_default())))
}

fn check_parties(claims: &Claims, client_id: &str, audiences: &[String]) -> Result<(), SignInError> {
    if !claims.iss.eq_ignore_ascii_case(client_id) || !claims.sub.eq_ignore_ascii_case(client_id) {
        return Err(SignInError::assertion_signature("its iss and sub must both be the client id"));
    }
    let known = |audience: &String| audiences.iter().any(|accepted| accepted.eq_ignore_ascii_case(audience));
    let meant_for_us = match &claims.aud {
        Audience::One(audience) => known(audience),
        Audience::Many(several) => several.iter().any(known),
    };
    let advertised = audiences.first().map_or("the token endpoint", String::as_str);
    if meant_for_us { Ok(()) } else { Err(SignInError::assertion_audience(advertised)) }
}

fn check_times(claims: &Claims, now: Timestamp) -> Result<(), SignInError> {
    let now = now.as_second() as f64;
    if !claims.exp.is_finite() || claims.exp + LEEWAY_SECONDS < now {
        return Err(SignInError::assertion_time("it has expired"));
    }
    if claims.exp > now + LIFETIME_SECONDS_MAX + LEEWAY_SECONDS {
        return Err(SignInError::assertion_time("it may last for a day at most"));
    }
    match claims.nbf {
        Some(start) if start.is_nan() || start > now + LEEWAY_SECONDS => {
            Err(SignInError::assertion_time("it is not valid yet: compare the clocks"))
        }
        _ => Ok(()),
    }
}
