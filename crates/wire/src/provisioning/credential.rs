//! One password as it is sent, and the service's answer to it.

use crate::Secret;
use crate::password::CredentialData;

/// Items that one request may hold. A request with more is damaged or hostile.
pub const CREDENTIALS_PER_REQUEST_MAX: usize = 10_000;

/// A password to send (`SyncCredentialsChangeItem`). No `Debug` on purpose: it holds what a password can be guessed from.
///
/// ```compile_fail,E0277
/// fn printed(change: samesign_wire::provisioning::CredentialChange) -> String {
///     format!("{change:?}")
/// }
/// ```
pub struct CredentialChange {
    /// The source's anchor: Base64 of the objectGUID by default. The object must have been sent before.
    pub source_anchor: String,
    /// When the password was changed at the source, Unix seconds. The wire has room for the years 1 to 9999.
    pub change_date: i64,
    /// What the service checks the password with.
    pub credential_data: CredentialData,
    /// Whether the person must choose another password at the next sign-in. The service heeds it only while
    /// [`super::features::USER_FORCE_PASSWORD_CHANGE_ON_LOGON`] is on.
    pub force_password_change_on_logon: bool,
}

/// A password as it travels (`SyncCredentialsChangeItem`): what a client sent, before the service has judged it.
///
/// `WindowsLegacyCredentials` and `WindowsSupplementalCredentials` are for Entra Domain Services alone: written as nil, passed over when read.
///
/// ```compile_fail,E0277
/// fn printed(item: samesign_wire::provisioning::CredentialItem) -> String {
///     format!("{item:?}")
/// }
/// ```
#[derive(Clone)]
pub struct CredentialItem {
    /// The source's anchor.
    pub source_anchor: Option<String>,
    /// The tenant's anchor, `User_<object id>`. Clients give one of the two.
    pub cloud_anchor: Option<String>,
    /// When the password was changed at the source, Unix seconds; parts of a second are dropped, a time without a zone counts as UTC.
    pub change_date: i64,
    /// The text that should be a [`CredentialData`].
    pub credential_data: Secret,
    /// Whether the person must choose another password at the next sign-in.
    pub force_password_change_on_logon: bool,
}

impl From<&CredentialChange> for CredentialItem {
    fn from(change: &CredentialChange) -> Self {
        let CredentialChange { source_anchor, change_date, credential_data, force_password_change_on_logon } = change;
        Self {
            source_anchor: Some(source_anchor.clone()),
            cloud_anchor: None,
            change_date: *change_date,
            credential_data: Secret::new(credential_data.expose().to_owned()),
            force_password_change_on_logon: *force_password_change_on_logon,
        }
    }
}

impl PartialEq for CredentialItem {
    fn eq(&self, other: &Self) -> bool {
        let Self { source_anchor, cloud_anchor, change_date, credential_data, force_password_change_on_logon } = self;
        *source_anchor == other.source_anchor
            && *cloud_anchor == other.cloud_anchor
            && *change_date == other.change_date
            && credential_data.expose() == other.credential_data.expose()
            && *force_password_change_on_logon == other.force_password_change_on_logon
    }
}

/// The service's answer to one password (`SyncCredentialsChangeResult`). Match answers by anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialResult {
    /// The source's anchor, as sent.
    pub source_anchor: Option<String>,
    /// The tenant's anchor, as sent or as found.
    pub cloud_anchor: Option<String>,
    /// [`Self::STORED`], [`Self::UNKNOWN_ANCHOR`], or a refusal that `extended_error_information` explains.
    pub result: i32,
    /// What happened, in the service's words; absent when nothing is to be said.
    pub extended_error_information: Option<String>,
}

impl CredentialResult {
    /// The password is stored.
    pub const STORED: i32 = 0;
    /// No object has that anchor (yet): send it again once the object exists.
    pub const UNKNOWN_ANCHOR: i32 = 2;
}
