//! A directory that behaves as a Windows domain controller does where Samba is laxer: pages of at most 1,000 entries, ranges
//! of at most 1,500 values. Every page and every part can be tampered with before it is sent.

use std::sync::{Arc, Mutex};

use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapBindResponse, LdapFilter, LdapMsg, LdapOp, LdapPartialAttribute, LdapResultCode, LdapSearchRequest, LdapSearchResultEntry,
};
use samesign_connect::ad::{AdConfig, AdSession, Credential, connect};
use samesign_connect::source::{Known, Read, ReadReport};
use samesign_engine::{Kinds, ObjectGuid};
use samesign_wire::Secret;

use crate::authority::Authority;
use crate::server::{Answer, Opening, Server, encoded, encoded_message, result};

pub const USERS: Kinds = Kinds { users: true, groups: false, contacts: false };
pub const BASE: &str = "OU=Staff,DC=corp,DC=example,DC=com";
const ROOT: &str = "DC=corp,DC=example,DC=com";
const SERVICE: &str = "CN=NTDS Settings,CN=DC1,CN=Servers,CN=Configuration,DC=corp,DC=example,DC=com";

pub struct Person {
    pub dn: String,
    pub guid: [u8; 16],
    pub classes: Vec<&'static str>,
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
}

/// A page of people: its number from 0, the messageID, the encoded messages with the result last. What it returns is sent.
type Tamper = Box<dyn FnMut(usize, i32, Vec<Vec<u8>>) -> Answer + Send>;

/// A part of an attribute's values: its number from 0, and the attributes of the answer. What it leaves of them is sent.
type TamperPart = Box<dyn FnMut(usize, &mut Vec<(String, Vec<Vec<u8>>)>) + Send>;

pub struct Directory {
    pub people: Vec<Person>,
    pub page_max: usize,
    pub range_max: usize,
    pub tamper: Tamper,
    pub tamper_part: TamperPart,
    /// What every object says of its uSNChanged.
    pub usn: u64,
    pub parts: usize,
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
            range_max: 1_500,
            tamper: Box::new(tamper),
            tamper_part: Box::new(|_, _| {}),
            usn: 4_700,
            parts: 0,
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

    pub fn with_parts_tampered(mut self, tamper: impl FnMut(usize, &mut Vec<(String, Vec<Vec<u8>>)>) + Send + 'static) -> Self {
        self.tamper_part = Box::new(tamper);
        self
    }

    /// Adds an object whose `member` has so many values.
    pub fn with_group(mut self, members: usize) -> Self {
        let mut group = Person::number(self.people.len());
        group.classes = vec!["top", "group"];
        group.attributes = vec![("member".to_owned(), (0..members).map(|number| format!("CN=m{number:05},{BASE}").into_bytes()).collect())];
        self.people.push(group);
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
        let mut messages: Vec<Vec<u8>> = self.people[first..last].iter().map(|person| person.entry(id, self.range_max)).collect();
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
            base => self.object(id, base, &search.attrs),
        };
        match found {
            Some(entry) => [entry, done(id, LdapResultCode::Success, b"")].concat(),
            None => done(id, LdapResultCode::NoSuchObject, b""),
        }
    }

    /// One object, or `attribute;range=N-*` of it.
    fn object(&mut self, id: i32, base: &str, attributes: &[String]) -> Option<Vec<u8>> {
        let person = self.people.iter().find(|person| base == format!("<GUID={}>", person.guid()) || base == person.dn)?;
        let Some((name, range)) = attributes[0].split_once(";range=") else { return Some(person.entry(id, self.range_max)) };
        let first = range.trim_end_matches("-*").parse().unwrap();
        let (_, values) = person.attributes.iter().find(|(known, _)| known == name).unwrap();
        assert_eq!(attributes[1..], ["uSNChanged"]);
        let usn = ("uSNChanged".to_owned(), vec![self.usn.to_string().into_bytes()]);
        let mut answer = vec![ranged(name.to_owned(), values, first, self.range_max), usn];
        (self.tamper_part)(self.parts, &mut answer);
        self.parts += 1;
        let attributes = answer.into_iter().map(|(atype, vals)| LdapPartialAttribute { atype, vals }).collect();
        Some(encoded(id, LdapOp::SearchResultEntry(LdapSearchResultEntry { dn: person.dn.clone(), attributes })))
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
        Self { dn: format!("CN=u{number},{BASE}"), guid, classes: vec!["top", "user"], attributes }
    }

    fn guid(&self) -> ObjectGuid {
        ObjectGuid::from_bytes(self.guid)
    }

    fn entry(&self, id: i32, range_max: usize) -> Vec<u8> {
        let classes = self.classes.iter().map(|class| class.as_bytes().to_vec()).collect();
        let own = [("objectGUID".to_owned(), vec![self.guid.to_vec()]), ("objectClass".to_owned(), classes)];
        // Windows names an attribute whose values it gives in parts a second time, plain and without a value.
        let plain = self.attributes.iter().filter(|(_, values)| values.len() > range_max).map(|(name, _)| (name.clone(), Vec::new()));
        let attributes = self.attributes.iter().cloned().map(|(name, values)| ranged(name, &values, 0, range_max));
        let attributes = own.into_iter().chain(plain).chain(attributes).map(|(atype, vals)| LdapPartialAttribute { atype, vals }).collect();
        encoded(id, LdapOp::SearchResultEntry(LdapSearchResultEntry { dn: self.dn.clone(), attributes }))
    }
}

fn ranged(name: String, values: &[Vec<u8>], first: usize, range_max: usize) -> (String, Vec<Vec<u8>>) {
    if values.len() <= range_max {
        return (name, values.to_vec());
    }
    let last = (first + range_max).min(values.len());
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
    session_with(move |message| directory.answer(message)).await
}

/// A session with a server that answers so.
pub async fn session_with(respond: impl FnMut(LdapMsg) -> Answer + Send + 'static) -> AdSession {
    let authority = Authority::new("Test CA");
    let server = Server::start(authority.serve(&["localhost"], |_| {}), Opening::Tls, respond).await;
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
    let report = session.read_objects(BASE, USERS, &["mail", "proxyAddresses"], &Known::new(), &mut |read| seen.push(read)).await;
    (seen, report)
}

/// Whether a search asks for people and not for computers.
pub fn asks_for_people(search: &LdapSearchRequest) -> bool {
    let term = |name: &str, value: &str| LdapFilter::Equality(name.to_owned(), value.to_owned());
    matches!(&search.filter, LdapFilter::And(terms) if terms.contains(&term("objectCategory", "person")) && terms.contains(&term("objectClass", "user")))
}
