//! Reading every user, group and contact below a base, with an explicit notion of completeness.
//!
//! INVARIANT: a read is complete only when every page and every range came with result code 0, no reference leads into the
//! base, every entry was understood, and the server is the same at the end as at the beginning. Everything else is
//! [`Completeness::Incomplete`] with the reason; what was read until then has been handed on and stays good.

use std::collections::HashSet;

use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapFilter, LdapSearchScope};
use samesign_engine::{Finding, Kinds};

use super::error::{Chain, Fault, Refusal};
use super::identity::{self, ServerIdentity};
use super::message::Entry;
use super::object::{Partial, Unreadable, digest_of, digest_of_object};
use super::session::{Search, SearchEnd, Session, base_search, succeeded};
use super::{parts, references};
use crate::source::{Completeness, Known, ObjectDigest, Read, ReadReport};

/// Entries per page: what a Windows domain controller gives at most (MaxPageSize).
pub(crate) const PAGE_SIZE: i64 = 1000;

/// Findings about unreadable objects that are kept; beyond, the read is incomplete anyway.
const FINDINGS_MAX: usize = 1000;

/// Attributes that we ask for whether or not the caller does.
const OURS: [&str; 2] = ["objectGUID", "objectClass"];

const NOTHING: Kinds = Kinds { users: false, groups: false, contacts: false };

/// What to read.
pub(crate) struct Wanted<'a> {
    pub(crate) base: &'a str,
    pub(crate) kinds: Kinds,
    pub(crate) attributes: &'a [&'a str],
    /// Only objects with a uSNChanged of at least this.
    pub(crate) since_usn: Option<u64>,
    pub(crate) known: &'a Known,
}

/// Why a read is not complete.
struct Gap(String);

impl From<Fault> for Gap {
    fn from(fault: Fault) -> Self {
        Self(Chain(&fault).to_string())
    }
}

/// Reads the objects of these kinds below the base.
pub(crate) async fn objects<S: FnMut(Read) + ?Sized>(
    session: &mut Session,
    identity: &ServerIdentity,
    wanted: &Wanted<'_>,
    sink: &mut S,
) -> ReadReport {
    let mut reading = Reading::new(wanted, sink);
    let outcome = reading.run(session, identity).await;
    let gap = outcome.err().map(|Gap(reason)| reason).or(reading.gap);
    ReadReport {
        completeness: gap.map_or(Completeness::Complete, Completeness::Incomplete),
        containers: Vec::new(),
        findings: reading.findings,
        objects: reading.objects,
        closed: true,
    }
}

struct Reading<'a, S: ?Sized> {
    wanted: &'a Wanted<'a>,
    keep_class: bool,
    sink: &'a mut S,
    pending: Vec<Partial>,
    findings: Vec<Finding>,
    objects: usize,
    /// The first reason that does not end the read but makes it incomplete.
    gap: Option<String>,
}

impl<'a, S: FnMut(Read) + ?Sized> Reading<'a, S> {
    fn new(wanted: &'a Wanted<'a>, sink: &'a mut S) -> Self {
        let keep_class = wanted.attributes.iter().any(|name| name.eq_ignore_ascii_case("objectClass"));
        Self { wanted, keep_class, sink, pending: Vec::new(), findings: Vec::new(), objects: 0, gap: None }
    }

    async fn run(&mut self, session: &mut Session, identity: &ServerIdentity) -> Result<(), Gap> {
        if self.wanted.kinds == NOTHING {
            return Err(Gap("no class of objects is to be read: check `objects` in [scope]".to_owned()));
        }
        let search = self.search();
        let mut cookie = Vec::new();
        let mut beginnings: HashSet<ObjectDigest> = HashSet::new();
        let mut empty_pages = 0;
        loop {
            let mut first = None;
            let page = LdapControl::SimplePagedResults { size: PAGE_SIZE, cookie };
            let end = session
                .search(&search, Some(page), |entry| {
                    let digest = digest_of(entry.body());
                    first.get_or_insert(digest);
                    self.take(&entry, digest);
                })
                .await?;
            self.check_end(&end, identity)?;
            self.complete_ranges(session).await?;
            if end.cookie.is_empty() {
                break;
            }
            cookie = end.cookie;
            empty_pages = if first.is_none() { empty_pages + 1 } else { 0 };
            if empty_pages > 1 || first.is_some_and(|first| !beginnings.insert(first)) {
                return Err(Gap("the server gives the same page again and again".to_owned()));
            }
        }
        same_server(session, identity).await
    }

    fn search(&self) -> Search {
        let mut filter = filter_of(self.wanted.kinds);
        if let Some(usn) = self.wanted.since_usn {
            filter = LdapFilter::And(vec![filter, LdapFilter::GreaterOrEqual("uSNChanged".to_owned(), usn.to_string())]);
        }
        Search {
            base: self.wanted.base.to_owned(),
            scope: LdapSearchScope::Subtree,
            filter,
            attributes: attribute_list(self.wanted.attributes),
            controls: Vec::new(),
        }
    }

    fn take(&mut self, entry: &Entry<'_>, digest: ObjectDigest) {
        self.objects += 1;
        if let Some(guid) = self.wanted.known.get(&digest) {
            (self.sink)(Read::Unchanged(*guid));
            return;
        }
        match Partial::read(entry, self.keep_class) {
            Ok(partial) if partial.ranged.is_empty() => (self.sink)(Read::Object { object: partial.finish(), digest }),
            Ok(partial) => self.pending.push(partial),
            Err(unreadable) => self.leave_out(&unreadable),
        }
    }

    fn leave_out(&mut self, unreadable: &Unreadable) {
        self.objects -= 1;
        self.gap.get_or_insert_with(|| format!("{} could not be understood: {}", unreadable.dn, unreadable.reason));
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(unreadable.finding());
        }
    }

    fn check_end(&mut self, end: &SearchEnd, identity: &ServerIdentity) -> Result<(), Gap> {
        if let Some(refusal) = Refusal::of(&end.result) {
            let base = self.wanted.base;
            return Err(Gap(if refusal.is_absence() {
                format!("{base} is not there")
            } else {
                format!("reading {base} ended with {refusal}")
            }));
        }
        if let Some(reference) = end.references.iter().find(|reference| references::leads_into(reference, self.wanted.base, identity)) {
            self.gap
                .get_or_insert_with(|| format!("a part of {} is on another server ({reference}), which is not asked", self.wanted.base));
        }
        Ok(())
    }

    /// Fetches the values that did not fit into the entries of this page. An object of which not all can be had is left out:
    /// whoever is not in its member list would else be taken for removed.
    async fn complete_ranges(&mut self, session: &mut Session) -> Result<(), Gap> {
        for mut partial in std::mem::take(&mut self.pending) {
            match parts::complete(session, &mut partial).await {
                Ok(()) => {}
                Err(fault) if fault.is_of_one_object() => {
                    self.objects -= 1;
                    let Gap(reason) = fault.into();
                    self.gap.get_or_insert(reason);
                    continue;
                }
                Err(fault) => return Err(fault.into()),
            }
            let object = partial.finish();
            let digest = digest_of_object(&object);
            (self.sink)(match self.wanted.known.get(&digest) {
                Some(guid) => Read::Unchanged(*guid),
                None => Read::Object { object, digest },
            });
        }
        Ok(())
    }
}

/// What matches the objects of these kinds, and nothing else: no computer, no managed service account.
pub(crate) fn filter_of(kinds: Kinds) -> LdapFilter {
    let equals = |name: &str, value: &str| LdapFilter::Equality(name.to_owned(), value.to_owned());
    let of = |category, class| LdapFilter::And(vec![equals("objectCategory", category), equals("objectClass", class)]);
    let Kinds { users, groups, contacts } = kinds;
    let wanted = [(users, "person", "user"), (groups, "group", "group"), (contacts, "person", "contact")];
    let mut terms: Vec<_> = wanted.into_iter().filter(|(wanted, ..)| *wanted).map(|(_, category, class)| of(category, class)).collect();
    match (terms.pop(), terms.is_empty()) {
        (Some(only), true) => only,
        (last, _) => LdapFilter::Or(terms.into_iter().chain(last).collect()),
    }
}

async fn same_server(session: &mut Session, identity: &ServerIdentity) -> Result<(), Gap> {
    let mut now = None;
    let search = base_search(&identity.ds_service_name, &["invocationId"]);
    session.look(&search, |entry| now = identity::guid(&entry, "invocationId")).await?;
    if now != Some(identity.invocation_id) {
        return Err(Gap("the domain controller's database was exchanged while it was read (its invocationId changed)".to_owned()));
    }
    Ok(())
}

/// What is asked for: the caller's attributes and ours, each once, and never the password.
pub(crate) fn attribute_list(attributes: &[&str]) -> Vec<String> {
    let mut list: Vec<String> = OURS.iter().map(|name| (*name).to_owned()).collect();
    for name in attributes {
        let known = list.iter().any(|listed| listed.eq_ignore_ascii_case(name));
        if !known && !name.eq_ignore_ascii_case("unicodePwd") {
            list.push((*name).to_owned());
        }
    }
    list
}

/// Runs a paged search whose every entry is small; a refusal, a reference or a fault is an error.
pub(crate) async fn paged(session: &mut Session, search: &Search, mut each: impl FnMut(Entry<'_>)) -> Result<(), Fault> {
    let mut cookie = Vec::new();
    let mut seen = HashSet::new();
    loop {
        let mut first = None;
        let page = LdapControl::SimplePagedResults { size: PAGE_SIZE, cookie };
        let end = session
            .search(search, Some(page), |entry| {
                first.get_or_insert_with(|| digest_of(entry.body()));
                each(entry);
            })
            .await?;
        if let Some(refusal) = Refusal::of(&end.result).filter(|_| !succeeded(&end.result)) {
            return Err(Fault::Refused(refusal));
        }
        if end.cookie.is_empty() {
            return Ok(());
        }
        if !seen.insert(first) {
            return Err(Fault::Unexpected);
        }
        cookie = end.cookie;
    }
}
