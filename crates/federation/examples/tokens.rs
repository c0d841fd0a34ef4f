//! For `cargo xtask bench federation` alone: what a token costs the processor, beside the signature in it, and what a sign-in by
//! form costs beside what it asks of Active Directory. One JSON object comes on stdin, one goes to stdout.
#![allow(clippy::indexing_slicing, reason = "a benchmark fails by panicking")]

use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use rustix::time::{ClockId, clock_gettime};
use samesign_connect::ad::{AdConfig, Credential};
use samesign_engine::{Adopt, Guard, MatchPolicy, Policy, Scope, ScopeOu};
use samesign_federation::directory::Directory;
use samesign_federation::keys::KeyRing;
use samesign_federation::store::Store;
use samesign_federation::{ChannelBinding, FederationSettings, Lockout, Protocol, Service, clock};
use samesign_wire::Secret;
use samesign_wire::saml::Signer;
use serde::Deserialize;
use serde_json::json;
use tower::ServiceExt as _;

type Failure = Box<dyn std::error::Error>;

const HOST: &str = "sts.corp.example.com";
const ASKED: &str = "/adfs/ls/?wa=wsignin1.0&wtrealm=urn%3Afederation%3AMicrosoftOnline&wctx=LoginOptions%3D3%26estsredirect%3D2";
/// Signatures and tokens are measured in turns, so that a machine that slows down slows both.
const TURNS: usize = 20;

#[derive(Deserialize)]
struct Input {
    server: String,
    ca: std::path::PathBuf,
    domain: String,
    user: String,
    password: String,
    units: Vec<String>,
    people: Vec<Human>,
    tokens: usize,
    folder: std::path::PathBuf,
}

#[derive(Deserialize)]
struct Human {
    upn: String,
    password: String,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let input: Input = serde_json::from_reader(std::io::stdin())?;
    let keys = KeyRing::create(&input.folder, HOST, clock::now())?;
    let service = Service::open(settings(&input)?)?;
    let router = service.router();
    let first = input.people.first().ok_or("no people")?;
    let session = sign_in(&router, first).await?;

    let (mut floor, mut issued, mut waits) = (Duration::ZERO, Duration::ZERO, Vec::new());
    let each = input.tokens / TURNS;
    let key = keys.current();
    for _ in 0..TURNS {
        let begun = processor();
        for number in 0..each {
            std::hint::black_box(key.sign(&[u8::try_from(number % 251)?; 600])?);
        }
        floor += processor() - begun;
        let begun = processor();
        for _ in 0..each {
            let watch = clock::now();
            by_session(&router, &session).await?;
            waits.push(clock::now().duration_since(watch).as_micros());
        }
        issued += processor() - begun;
    }
    waits.sort_unstable();

    let directory = Directory::new(active_directory(&input)?, policy(&input.units), Store::open(&input.folder.join("beside.db"))?);
    let (mut forms, mut asked) = (Duration::ZERO, Duration::ZERO);
    for human in &input.people {
        let begun = processor();
        let account = directory.by_name(&human.upn).await?.ok_or("the person is not there")?;
        directory.check_password(&account, &Secret::new(human.password.clone())).await?;
        asked += processor() - begun;
        let begun = processor();
        sign_in(&router, human).await?;
        forms += processor() - begun;
    }
    let per = |total: Duration, count: usize| total.as_secs_f64() * 1_000.0 / count as f64;
    let tokens = each * TURNS;
    println!(
        "{}",
        json!({
            "signature_ms": per(floor, tokens),
            "token_ms": per(issued, tokens),
            "token_p99_ms": waits[waits.len() * 99 / 100] as f64 / 1_000.0,
            "form_ms": per(forms, input.people.len()),
            "directory_ms": per(asked, input.people.len()),
        })
    );
    Ok(())
}

/// Processor time of this process, all threads.
fn processor() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

async fn by_session(router: &Router, session: &str) -> Result<(), Failure> {
    let request = Request::get(ASKED).header(header::HOST, HOST).header(header::COOKIE, session);
    let page = text(call(router, request.body(Body::empty())?).await?, StatusCode::OK).await?;
    if page.contains("wresult") { Ok(()) } else { Err("no token in the answer".into()) }
}

/// The whole way: request, form, password, token. The session's cookie.
async fn sign_in(router: &Router, human: &Human) -> Result<String, Failure> {
    let get = |path: &str| Request::get(path.to_owned()).header(header::HOST, HOST);
    let asked = call(router, get(ASKED).body(Body::empty())?).await?;
    let door = asked.headers().get(header::LOCATION).ok_or("no way to the form")?.to_str()?.to_owned();
    let form = call(router, get(&door).body(Body::empty())?).await?;
    let cookie = cookie(&form)?;
    let page = text(form, StatusCode::OK).await?;
    let fields =
        [("csrf", field(&page, "csrf")?), ("request", field(&page, "request")?), ("name", &human.upn), ("password", &human.password)];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let posted = Request::post("/adfs/ls/form")
        .header(header::HOST, HOST)
        .header(header::COOKIE, cookie)
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = call(router, posted.body(Body::from(body))?).await?;
    let session = self::cookie(&answer)?;
    let page = text(answer, StatusCode::OK).await?;
    if page.contains("wresult") { Ok(session) } else { Err(format!("{} was not signed in", human.upn).into()) }
}

async fn call(router: &Router, request: Request<Body>) -> Result<Response<Body>, Failure> {
    Ok(router.clone().oneshot(request).await?)
}

fn cookie(response: &Response<Body>) -> Result<String, Failure> {
    let set = response.headers().get(header::SET_COOKIE).ok_or("no cookie was set")?.to_str()?;
    Ok(set.split(';').next().unwrap_or_default().to_owned())
}

fn field<'a>(page: &'a str, name: &str) -> Result<&'a str, Failure> {
    let from = page.split_once(&format!("name=\"{name}\" value=\"")).ok_or_else(|| format!("the form has no {name}"))?.1;
    Ok(from.split('"').next().unwrap_or_default())
}

async fn text(response: Response<Body>, expected: StatusCode) -> Result<String, Failure> {
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 1024 * 1024).await?;
    let text = String::from_utf8(body.to_vec())?;
    if status == expected { Ok(text) } else { Err(format!("answered {status}: {text}").into()) }
}

fn settings(input: &Input) -> Result<FederationSettings, Failure> {
    Ok(FederationSettings {
        host: HOST.to_owned(),
        origin: format!("https://{HOST}"),
        listen: "127.0.0.1:0".parse()?,
        certificate: Path::new("unused").to_owned(),
        folder: input.folder.clone(),
        keytab: None,
        realms: Vec::new(),
        intranet: Vec::new(),
        proxies: Vec::new(),
        channel_binding: ChannelBinding::Off,
        domains: input.people.iter().take(1).filter_map(|human| Some(human.upn.split_once('@')?.1.to_lowercase())).collect(),
        tenant_origin: "https://login.example.com".to_owned(),
        protocol: Protocol::WsFederation,
        session: Duration::from_secs(8 * 3_600),
        session_idle: Duration::from_secs(3_600),
        lockout: Lockout::default(),
        applications: Vec::new(),
        ad: active_directory(input)?,
        policy: policy(&input.units),
    })
}

fn active_directory(input: &Input) -> Result<AdConfig, Failure> {
    Ok(AdConfig {
        domain: input.domain.clone(),
        servers: vec![input.server.parse()?],
        user: input.user.clone(),
        credential: Credential::Password(Secret::new(input.password.clone())),
        ca: Some(input.ca.clone()),
        ntlm: false,
    })
}

fn policy(units: &[String]) -> Policy {
    let include =
        units.iter().map(|unit| ScopeOu { configured: unit.as_str().into(), guid: None, current: Some(unit.as_str().into()) }).collect();
    Policy {
        scope: Scope { include, exclude: Vec::new() },
        matching: MatchPolicy::Dirsync,
        adopt: Adopt::Ask,
        guard: Guard { deletes_max: 100, deletes_percent_max: 5 },
        dns_domain: "corp.example.com".into(),
        netbios_domain: None,
        verified_domains: Vec::new(),
        rules: samesign_engine::Rules::default(),
        service: samesign_engine::Service::default(),
    }
}
