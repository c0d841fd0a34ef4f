//! Looking at single objects and at the tree: the questions of the wizard, of the scope, and of evidence.

use std::collections::HashMap;

use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapFilter, LdapSearchScope};
use samesign_engine::{Kinds, ObjectGuid, SourceObject, fold};

use super::error::Fault;
use super::identity::{ServerIdentity, guid, text};
use super::object::{Partial, class_of};
use super::parts::complete;
use super::read::{attribute_list, filter_of, paged};
use super::session::{Search, Session, base_search};
use crate::source::Container;

/// GUID_DELETED_OBJECTS_CONTAINER_W (MS-ADTS 6.1.1.4).
const DELETED_OBJECTS: &str = "18E2EA80684F11D2B9AA00C04F79F805";

/// A place that can be chosen as scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OuNode {
    /// objectGUID.
    pub guid: ObjectGuid,
    /// distinguishedName.
    pub dn: Box<str>,
    /// Users and inetOrgPersons in it and in everything below it.
    pub users: usize,
}

/// What a direct read by objectGUID found: the evidence that decides over a delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is there, here: a user, a group or a contact.
    Live(SourceObject),
    /// Its tombstone is there.
    Tombstone {
        /// The container it was in, when the tombstone tells.
        last_known_parent: Option<Box<str>>,
    },
    /// Neither. Not evidence: perhaps the account may not see it, or may not list Deleted Objects.
    NotFound,
}

/// `None` for an object that is not there; everything else that goes wrong is a fault.
fn absent<T>(result: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Fault::Refused(refusal)) if refusal.is_absence() => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The container at a base (a DN, or `<GUID=…>`).
pub(crate) async fn container(session: &mut Session, base: &str) -> Result<Option<Container>, Fault> {
    let mut found = None;
    let look = session
        .look(&base_search(base, &["objectGUID"]), |entry| {
            let dn = std::str::from_utf8(entry.dn()).ok();
            found = dn.zip(guid(&entry, "objectGUID")).map(|(dn, guid)| Container { guid, dn: dn.into() });
        })
        .await;
    absent(look).map(|_| found)
}

/// The object of this objectGUID, or its tombstone.
pub(crate) async fn object(session: &mut Session, wanted: ObjectGuid, attributes: &[&str]) -> Result<Found, Fault> {
    at(session, &format!("<GUID={wanted}>"), attributes, vec![LdapControl::ShowDeleted { criticality: true }]).await
}

/// The live object of this DN.
pub(crate) async fn by_dn(session: &mut Session, dn: &str, attributes: &[&str]) -> Result<Option<SourceObject>, Fault> {
    match at(session, dn, attributes, Vec::new()).await? {
        Found::Live(object) => Ok(Some(object)),
        Found::Tombstone { .. } | Found::NotFound => Ok(None),
    }
}

async fn at(session: &mut Session, base: &str, attributes: &[&str], controls: Vec<LdapControl>) -> Result<Found, Fault> {
    let mut search = base_search(base, &[]);
    search.attributes = attribute_list(attributes);
    search.attributes.extend(["isDeleted".to_owned(), "lastKnownParent".to_owned()]);
    search.controls = controls;
    let keep = |name: &str| attributes.iter().any(|asked| asked.eq_ignore_ascii_case(name));
    let mut found = Ok(Found::NotFound);
    let mut partial = None;
    let look = session
        .look(&search, |entry| {
            if text(&entry, "isDeleted").eq_ignore_ascii_case("TRUE") {
                let parent = text(&entry, "lastKnownParent");
                found = Ok(Found::Tombstone { last_known_parent: Some(parent).filter(|parent| !parent.is_empty()).map(Into::into) });
                return;
            }
            let classes: Vec<&[u8]> = entry.values("objectClass").collect();
            if !classes.is_empty() && class_of(&classes).is_none() {
                return;
            }
            match Partial::read(&entry, keep("objectClass")) {
                Ok(read) => partial = Some(read),
                Err(unreadable) => {
                    let attribute = if classes.is_empty() { "objectClass" } else { "objectGUID" };
                    found = Err(Fault::Lacking { object: unreadable.dn, attribute });
                }
            }
        })
        .await;
    if absent(look)?.is_none() {
        return Ok(Found::NotFound);
    }
    match partial {
        Some(mut partial) => {
            complete(session, &mut partial).await?;
            Ok(Found::Live(partial.finish()))
        }
        None => found,
    }
}

/// Whether the account sees the container of the deleted objects (MS-ADTS 6.1.1.4.2), which is found by its well-known GUID.
pub(crate) async fn sees_deleted_objects(session: &mut Session, naming_context: &str) -> Result<bool, Fault> {
    let mut search = base_search(&format!("<WKGUID={DELETED_OBJECTS},{naming_context}>"), &["objectGUID"]);
    search.controls.push(LdapControl::ShowDeleted { criticality: true });
    let mut seen = false;
    let look = session.look(&search, |entry| seen |= guid(&entry, "objectGUID").is_some()).await;
    match look {
        Err(Fault::Refused(_)) => Ok(false),
        look => look.map(|()| seen),
    }
}

/// The domain, its organizational units, and the other containers that hold people, in the order of the tree.
pub(crate) async fn tree(session: &mut Session, identity: &ServerIdentity) -> Result<Vec<OuNode>, Fault> {
    let root = identity.default_naming_context.as_str();
    let counts = count_users(session, root).await?;
    let mut nodes = Vec::new();
    let class = |name: &str| LdapFilter::Equality("objectClass".to_owned(), name.to_owned());
    let places = LdapFilter::Or(vec![class("organizationalUnit"), class("container"), class("builtinDomain"), class("domainDNS")]);
    paged(session, &subtree(root, places, &["objectGUID", "objectClass"]), |entry| {
        let Some((dn, guid)) = std::str::from_utf8(entry.dn()).ok().zip(guid(&entry, "objectGUID")) else { return };
        let users = counts.get(&fold(dn)).copied().unwrap_or_default();
        let always = entry.values("objectClass").any(|class| class.eq_ignore_ascii_case(b"organizationalUnit"));
        if always || users > 0 {
            nodes.push(OuNode { guid, dn: dn.into(), users });
        }
    })
    .await?;
    nodes.sort_by_cached_key(|node| path(&node.dn));
    Ok(nodes)
}

async fn count_users(session: &mut Session, root: &str) -> Result<HashMap<String, usize>, Fault> {
    let people = filter_of(Kinds { users: true, groups: false, contacts: false });
    let mut counts = HashMap::new();
    // "1.1" asks for no attribute at all (RFC 4511 4.5.1.8)
    paged(session, &subtree(root, people, &["1.1"]), |entry| {
        let dn = String::from_utf8_lossy(entry.dn());
        let mut rest: &str = &dn;
        while let Some(above) = parent(rest) {
            *counts.entry(fold(above)).or_default() += 1;
            rest = above;
        }
    })
    .await?;
    Ok(counts)
}

fn subtree(root: &str, filter: LdapFilter, attributes: &[&str]) -> Search {
    let attributes = attributes.iter().map(|name| (*name).to_owned()).collect();
    Search { base: root.to_owned(), scope: LdapSearchScope::Subtree, filter, attributes, controls: Vec::new() }
}

/// The DN without its first component; a comma behind a backslash does not separate (RFC 4514 2.4).
pub(crate) fn parent(dn: &str) -> Option<&str> {
    let mut escaped = false;
    let comma = dn.bytes().position(|byte| {
        let separates = byte == b',' && !escaped;
        escaped = byte == b'\\' && !escaped;
        separates
    })?;
    dn.get(comma + 1..).map(str::trim_start)
}

/// The components of a DN from the root down, folded: the order of the tree.
fn path(dn: &str) -> Vec<String> {
    let mut components = Vec::new();
    let mut rest = Some(dn);
    while let Some(dn) = rest {
        let above = parent(dn);
        let length = above.map_or(dn.len(), |above| dn.len() - above.len());
        components.push(fold(dn.get(..length).unwrap_or(dn).trim_end_matches([',', ' '])));
        rest = above;
    }
    components.reverse();
    components
}
