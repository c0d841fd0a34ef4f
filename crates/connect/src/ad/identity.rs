//! Which domain controller this is, and in which state: what makes its answers comparable with those of the last time.

use samesign_engine::ObjectGuid;

use super::error::Fault;
use super::message::Entry;
use super::session::{Session, base_search};

/// A domain controller and its domain, as the session sees them.
///
/// Compared with the last time before anything is deleted: another account, another domain or another history of the same
/// server make absence meaningless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerIdentity {
    /// dnsHostName of the domain controller.
    pub dns_host_name: String,
    /// DN of the domain.
    pub default_naming_context: String,
    /// objectGUID of the domain.
    pub domain_guid: ObjectGuid,
    /// objectSid of the domain (`S-1-5-21-…`).
    pub domain_sid: String,
    /// NetBIOS name of the domain; empty when the account may not read the partitions.
    pub netbios_name: String,
    /// DN of the domain controller's nTDSDSA object.
    pub ds_service_name: String,
    /// invocationId: changes when the directory database is restored. USNs mean nothing across it.
    pub invocation_id: ObjectGuid,
    /// highestCommittedUSN. Lower than before with the same invocationId: the server was rolled back.
    pub highest_committed_usn: u64,
    /// The account as it was configured.
    pub bound_as: String,
}

/// Among the supportedCapabilities of a domain controller that is read-only (MS-ADTS 3.1.1.3.4.3).
const PARTIAL_SECRETS: &[u8] = b"1.2.840.113556.1.4.1920";

/// What a rootDSE says (RFC 4512 5.1, MS-ADTS 3.1.1.3.2), as far as it is needed.
#[derive(Default)]
pub(crate) struct RootDse {
    pub(crate) dns_host_name: String,
    default_naming_context: String,
    configuration: String,
    ds_service_name: String,
    highest_committed_usn: Option<u64>,
    /// Whether it is a read-only domain controller, which holds only the passwords it was allowed to.
    pub(crate) read_only: bool,
}

pub(crate) async fn root_dse(session: &mut Session) -> Result<RootDse, Fault> {
    let wanted = [
        "dnsHostName",
        "defaultNamingContext",
        "configurationNamingContext",
        "dsServiceName",
        "highestCommittedUSN",
        "supportedCapabilities",
    ];
    let mut root = RootDse::default();
    session
        .look(&base_search("", &wanted), |entry| {
            root = RootDse {
                dns_host_name: text(&entry, "dnsHostName"),
                default_naming_context: text(&entry, "defaultNamingContext"),
                configuration: text(&entry, "configurationNamingContext"),
                ds_service_name: text(&entry, "dsServiceName"),
                highest_committed_usn: text(&entry, "highestCommittedUSN").parse().ok(),
                read_only: entry.values("supportedCapabilities").any(|capability| capability == PARTIAL_SECRETS),
            };
        })
        .await?;
    Ok(root)
}

/// highestCommittedUSN as it is now.
pub(crate) async fn highest_committed_usn(session: &mut Session) -> Result<u64, Fault> {
    let root = root_dse(session).await?;
    root.highest_committed_usn.ok_or_else(|| Fault::Lacking { object: "the rootDSE".to_owned(), attribute: "highestCommittedUSN" })
}

/// Reads who the server is. Everything but the NetBIOS name must be readable.
pub(crate) async fn read(session: &mut Session, bound_as: &str) -> Result<ServerIdentity, Fault> {
    let root = root_dse(session).await?;
    complete(session, &root, bound_as).await
}

/// Reads what the rootDSE does not say.
pub(crate) async fn complete(session: &mut Session, root: &RootDse, bound_as: &str) -> Result<ServerIdentity, Fault> {
    let lacking = |attribute| Fault::Lacking { object: "the rootDSE".to_owned(), attribute };
    let named = |value: &str, attribute| if value.is_empty() { Err(lacking(attribute)) } else { Ok(()) };
    named(&root.default_naming_context, "defaultNamingContext")?;
    named(&root.ds_service_name, "dsServiceName")?;
    let highest_committed_usn = root.highest_committed_usn.ok_or_else(|| lacking("highestCommittedUSN"))?;
    let (mut domain_guid, mut domain_sid, mut invocation_id) = (None, None, None);
    session
        .look(&base_search(&root.default_naming_context, &["objectGUID", "objectSid"]), |entry| {
            domain_guid = guid(&entry, "objectGUID");
            domain_sid = entry.values("objectSid").next().and_then(sid);
        })
        .await?;
    session.look(&base_search(&root.ds_service_name, &["invocationId"]), |entry| invocation_id = guid(&entry, "invocationId")).await?;
    let lacking = |object: &str, attribute| Fault::Lacking { object: object.to_owned(), attribute };
    Ok(ServerIdentity {
        netbios_name: netbios_name(session, root).await?,
        domain_guid: domain_guid.ok_or_else(|| lacking(&root.default_naming_context, "objectGUID"))?,
        domain_sid: domain_sid.ok_or_else(|| lacking(&root.default_naming_context, "objectSid"))?,
        invocation_id: invocation_id.ok_or_else(|| lacking(&root.ds_service_name, "invocationId"))?,
        dns_host_name: root.dns_host_name.clone(),
        default_naming_context: root.default_naming_context.clone(),
        ds_service_name: root.ds_service_name.clone(),
        highest_committed_usn,
        bound_as: bound_as.to_owned(),
    })
}

async fn netbios_name(session: &mut Session, root: &RootDse) -> Result<String, Fault> {
    let mut search = base_search(&format!("CN=Partitions,{}", root.configuration), &["nETBIOSName", "nCName"]);
    search.scope = ldap3_proto::proto::LdapSearchScope::OneLevel;
    let mut name = String::new();
    let found = session
        .look(&search, |entry| {
            if text(&entry, "nCName").eq_ignore_ascii_case(&root.default_naming_context) {
                name = text(&entry, "nETBIOSName");
            }
        })
        .await;
    match found {
        Ok(()) | Err(Fault::Refused(_)) => Ok(name),
        Err(fault) => Err(fault),
    }
}

/// The first value as text; empty when there is none.
pub(crate) fn text(entry: &Entry<'_>, name: &str) -> String {
    entry.values(name).next().map(|value| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
}

/// The first value as a GUID.
pub(crate) fn guid(entry: &Entry<'_>, name: &str) -> Option<ObjectGuid> {
    entry.values(name).next().and_then(|value| ObjectGuid::from_slice(value).ok())
}

/// A SID as text (MS-DTYP 2.4.2.1).
pub(crate) fn sid(bytes: &[u8]) -> Option<String> {
    let [revision, count, authority @ ..] = bytes else { return None };
    let (authority, parts) = authority.split_first_chunk::<6>()?;
    if parts.len() != usize::from(*count) * 4 {
        return None;
    }
    let authority = authority.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    let mut out = format!("S-{revision}-{authority}");
    for part in parts.chunks_exact(4) {
        let value = part.iter().rev().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
        out.push_str(&format!("-{value}"));
    }
    Some(out)
}
