//! A directory that behaves as a Windows domain controller does where Samba is laxer: pages of at most 1,000 entries, ranges
//! of at most 1,500 values. Every page of people can be tampered with before it is sent.

use std::sync::{Arc, Mutex};

use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapBindResponse, LdapFilter, LdapMsg, LdapOp, LdapPartialAttribute, LdapResultCode, LdapSearchRequest, LdapSearchResultEntry,
};
use samesign_connect::ad::{AdConfig, AdSession, Credential, connect};
use samesign_connect::source::{Known, Read, ReadReport};
use samesign_engine::ObjectGuid;
use samesign_wire::Secret;

use crate::authority::Authority;
use crate::server::{Answer, Opening, Server, encoded, encoded_message, result};

pub const BASE: &str = "OU=Staff,DC=corp,DC=example,DC=com";
const ROOT: &str = "DC=corp,DC=example,DC=com";
const SERVICE: &str = "CN=NTDS Settings,CN=DC1,CN=Servers,CN=Configuration,DC=corp,DC=example,DC=com";
const RANGE_MAX: usize = 1_500;

pub struct Person {
    pub dn: String,
    pub guid: [u8; 16],
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
}

/// A page of people: its number from 0, the messageID, the encoded messages with the result last. What it returns is sent.
type Tamper = Box<dyn FnMut(usize, i32, Vec<Vec<u8>>) -> Answer + Send>;

pub struct Directory {
    pub people: Vec<Person>,
    pub page_max: usize,
    pub tamper: Tamper,
    /// invocationId, once for each time it is asked for; the last one stays.
    pub invocations: Vec<u8>,
    /// Whether it says of itself that it is a read-only domain controller.
    pub read_only: bool,
    /// Every search for people.
    pub searches: Arc<Mutex<Vec<LdapSearchRequest>>>,
    pages: usize,
}

impl Directory {
    pub fn of(people: usize) -> Self {
        let tamper = |_, _, messages: Vec<Vec<u8>>| Answer { bytes: messages.concat(), close: false };
        let people = (0..people).map(Person::number).collect();
        Self {
            people,
            page_max: 1_000,
            tamper: Box::new(tamper),
            invocations: vec![7],
            read_only: false,
            searches: Arc::default(),
            pages: 0,
        }
    }

    pub fn tampered(mut self, tamper: impl FnMut(usize, i32, Vec<Vec<u8>>) -> Answer + Send + 'static) -> Self {
        self.tamper = Box::new(tamper);
        self
    }

    pub fn answer(&mut self, message: LdapMsg) -> Answer {
        let id = message.msgid;
        let bytes = match message.op {
            LdapOp::BindRequest(_) => {
                encoded(id, LdapOp::BindResponse(LdapBindResponse { res: result(LdapResultCode::Success), saslcreds: None }))
            }
            LdapOp::SearchRequest(search) if search.base.eq_ignore_ascii_case(BASE) => return self.page(id, search, &message.ctrl),
            LdapOp::SearchRequest(search) => self.single(id, &search),
            _ => return Answer { bytes: Vec::new(), close: true },
        };
        Answer { bytes, close: false }
    }

    fn page(&mut self, id: i32, search: LdapSearchRequest, controls: &[LdapControl]) -> Answer {
        let Some(LdapControl::SimplePagedResults { size, cookie }) = controls.first() else { panic!("people are read without pages") };
        let first: usize = String::from_utf8(cookie.clone()).unwrap().parse().unwrap_or(0);
        let size = usize::try_from(*size).unwrap().min(self.page_max);
        let last = (first + size).min(self.people.len());
        let mut messages: Vec<Vec<u8>> = self.people[first..last].iter().map(|person| person.entry(id)).collect();
        let cookie = if last < self.people.len() { last.to_string() } else { String::new() };
        messages.push(done(id, LdapResultCode::Success, cookie.as_bytes()));
        self.searches.lock().unwrap().push(search);
        self.pages += 1;
        (self.tamper)(self.pages - 1, id, messages)
    }

    fn single(&mut self, id: i32, search: &LdapSearchRequest) -> Vec<u8> {
        let found = match search.base.as_str() {
            "" => Some(entry(
                id,
                "",
                &[
                    ("dnsHostName", b"dc1.corp.example.com"),
                    ("defaultNamingContext", ROOT.as_bytes()),
                    ("configurationNamingContext", b"CN=Configuration,DC=corp,DC=example,DC=com"),
                    ("dsServiceName", SERVICE.as_bytes()),
                    ("highestCommittedUSN", b"4711"),
                    ("supportedCapabilities", if self.read_only { b"1.2.840.113556.1.4.1920" } else { b"1.2.840.113556.1.4.800" }),
                ],
            )),
            ROOT => Some(entry(id, ROOT, &[("objectGUID", &[1; 16]), ("objectSid", &[1, 1, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0])])),
            SERVICE => Some(entry(id, SERVICE, &[("invocationId", &[self.invocation(); 16])])),
            base => self
                .people
                .iter()
                .find(|person| base == format!("<GUID={}>", person.guid()))
                .map(|person| person.part(id, &search.attrs[0])),
        };
        match found {
            Some(entry) => [entry, done(id, LdapResultCode::Success, b"")].concat(),
            None => done(id, LdapResultCode::NoSuchObject, b""),
        }
    }

    fn invocation(&mut self) -> u8 {
        if self.invocations.len() > 1 { self.invocations.remove(0) } else { self.invocations[0] }
    }
}

impl Person {
    fn number(number: usize) -> Self {
        let mut guid = [0; 16];
        guid[..8].copy_from_slice(&number.to_be_bytes());
        let attributes = vec![("mail".to_owned(), vec![format!("u{number}@example.com").into_bytes()])];
        Self { dn: format!("CN=u{number},{BASE}"), guid, attributes }
    }

    fn guid(&self) -> ObjectGuid {
        ObjectGuid::from_bytes(self.guid)
    }

    fn entry(&self, id: i32) -> Vec<u8> {
        let own =
            [("objectGUID".to_owned(), vec![self.guid.to_vec()]), ("objectClass".to_owned(), vec![b"top".to_vec(), b"user".to_vec()])];
        let attributes = own.into_iter().chain(self.attributes.iter().cloned().map(|(name, values)| ranged(name, &values, 0)));
        let attributes = attributes.map(|(atype, vals)| LdapPartialAttribute { atype, vals }).collect();
        encoded(id, LdapOp::SearchResultEntry(LdapSearchResultEntry { dn: self.dn.clone(), attributes }))
    }

    /// The answer to `attribute;range=N-*`.
    fn part(&self, id: i32, asked: &str) -> Vec<u8> {
        let (name, range) = asked.split_once(";range=").expect("a range is asked for");
        let first = range.trim_end_matches("-*").parse().unwrap();
        let (_, values) = self.attributes.iter().find(|(known, _)| known == name).unwrap();
        let (atype, vals) = ranged(name.to_owned(), values, first);
        let attributes = vec![LdapPartialAttribute { atype, vals }];
        encoded(id, LdapOp::SearchResultEntry(LdapSearchResultEntry { dn: self.dn.clone(), attributes }))
    }
}

fn ranged(name: String, values: &[Vec<u8>], first: usize) -> (String, Vec<Vec<u8>>) {
    if values.len() <= RANGE_MAX {
        return (name, values.to_vec());
    }
    let last = (first + RANGE_MAX).min(values.len());
    let end = if last == values.len() { "*".to_owned() } else { (last - 1).to_string() };
    (format!("{name};range={first}-{end}"), values[first..last].to_vec())
}

fn entry(id: i32, dn: &str, attributes: &[(&str, &[u8])]) -> Vec<u8> {
    let attributes = attributes.iter().map(|(name, value)| LdapPartialAttribute { atype: (*name).to_owned(), vals: vec![value.to_vec()] });
    encoded(id, LdapOp::SearchResultEntry(LdapSearchResultEntry { dn: dn.to_owned(), attributes: attributes.collect() }))
}

pub fn done(id: i32, code: LdapResultCode, cookie: &[u8]) -> Vec<u8> {
    let page = LdapControl::SimplePagedResults { size: 0, cookie: cookie.to_vec() };
    encoded_message(LdapMsg::new_with_ctrls(id, LdapOp::SearchResultDone(result(code)), vec![page]))
}

/// A session with a server that answers from this directory.
pub async fn session(mut directory: Directory) -> AdSession {
    let authority = Authority::new("Test CA");
    let server = Server::start(authority.serve(&["localhost"], |_| {}), Opening::Tls, move |message| directory.answer(message)).await;
    connect(&config(&authority, &[format!("ldaps://localhost:{}", server.port)])).await.unwrap()
}

pub fn config(authority: &Authority, servers: &[String]) -> AdConfig {
    AdConfig {
        domain: "corp.example.com".to_owned(),
        servers: servers.iter().map(|server| server.parse().unwrap()).collect(),
        user: "svc@corp.example.com".to_owned(),
        credential: Credential::Password(Secret::new("secret".to_owned())),
        ca: Some(authority.file()),
        ntlm: false,
    }
}

/// Reads everybody; the GUIDs in the order in which they came.
pub async fn read(directory: Directory) -> (Vec<Read>, ReadReport) {
    let mut session = session(directory).await;
    let mut seen = Vec::new();
    let report = session.read_users(BASE, &["mail", "proxyAddresses"], &Known::new(), &mut |read| seen.push(read)).await;
    (seen, report)
}

/// Whether a search asks for people and not for computers.
pub fn asks_for_people(search: &LdapSearchRequest) -> bool {
    let term = |name: &str, value: &str| LdapFilter::Equality(name.to_owned(), value.to_owned());
    matches!(&search.filter, LdapFilter::And(terms) if terms.contains(&term("objectCategory", "person")) && terms.contains(&term("objectClass", "user")))
}
