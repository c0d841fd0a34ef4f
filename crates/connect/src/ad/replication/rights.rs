//! What to do when the account may not replicate.

use std::fmt;

use ldap3_proto::proto::{LdapFilter, LdapSearchScope};

use crate::ad::identity::{ServerIdentity, sid};
use crate::ad::session::{Search, Session};

/// The control access right *Replicating Directory Changes* (DS-Replication-Get-Changes, MS-ADTS 5.1.3.2.1).
const GET_CHANGES: &str = "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2";
/// The control access right *Replicating Directory Changes All* (DS-Replication-Get-Changes-All), which passwords need.
const GET_CHANGES_ALL: &str = "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2";

/// The rights that an account needs and does not have. Shown, it tells the commands that give them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingRights {
    /// The account as it was configured.
    pub account: String,
    /// `DOMAIN\account`.
    pub(super) logon_name: String,
    /// objectSid of the account, where it could be found.
    pub(super) sid: Option<String>,
    /// DN of the domain.
    pub naming_context: String,
}

/// Describes what is missing. Whatever cannot be found out is left for the administrator to fill in.
pub(super) async fn missing(directory: &mut Session, identity: &ServerIdentity) -> MissingRights {
    let account = account_name(&identity.bound_as);
    let netbios = if identity.netbios_name.is_empty() { "DOMAIN" } else { &identity.netbios_name };
    MissingRights {
        account: identity.bound_as.clone(),
        logon_name: format!("{netbios}\\{account}"),
        sid: sid_of(directory, identity, account).await,
        naming_context: identity.default_naming_context.clone(),
    }
}

/// The sAMAccountName in `account@domain`, `DOMAIN\account` or `account`.
pub(super) fn account_name(user: &str) -> &str {
    let user = user.rsplit_once('\\').map_or(user, |(_, account)| account);
    user.split_once('@').map_or(user, |(account, _)| account)
}

async fn sid_of(directory: &mut Session, identity: &ServerIdentity, account: &str) -> Option<String> {
    let equals = |name: &str, value: &str| LdapFilter::Equality(name.to_owned(), value.to_owned());
    let search = Search {
        base: identity.default_naming_context.clone(),
        scope: LdapSearchScope::Subtree,
        filter: LdapFilter::Or(vec![equals("userPrincipalName", &identity.bound_as), equals("sAMAccountName", account)]),
        attributes: vec!["objectSid".to_owned()],
        controls: Vec::new(),
    };
    let mut found = Vec::new();
    directory.look(&search, |entry| found.extend(entry.values("objectSid").next().and_then(sid))).await.ok()?;
    // Two accounts could be meant: better none than the wrong one.
    found.pop().filter(|_| found.is_empty())
}

impl fmt::Display for MissingRights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, logon_name, sid, naming_context } = self;
        let sid = sid.as_deref().unwrap_or("SID-OF-THE-ACCOUNT");
        writeln!(
            f,
            "the account {account} may not replicate passwords: give it Replicating Directory Changes and Replicating Directory \
             Changes All on {naming_context}"
        )?;
        for right in ["Replicating Directory Changes", "Replicating Directory Changes All"] {
            writeln!(f, "  Windows:  dsacls \"{naming_context}\" /G \"{logon_name}:CA;{right}\"")?;
        }
        write!(
            f,
            "  Samba:    samba-tool dsacl set --objectdn=\"{naming_context}\" \
             --sddl=\"(OA;;CR;{GET_CHANGES};;{sid})(OA;;CR;{GET_CHANGES_ALL};;{sid})\""
        )
    }
}
