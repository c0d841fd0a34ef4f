//! Who calls: the identity that a bearer token proved.

use std::collections::BTreeSet;

/// The caller of a protected endpoint, taken from an access token that this tenant signed and that is still valid.
///
/// Requests carry it as an axum extension. Handlers decide by it, never by anything the request itself claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The application that holds the token (its client id, a UUID in lower case).
    pub client_id: String,
    /// The signed-in user's object id; `None` when the application acts as itself.
    pub user_id: Option<String>,
    /// Application permissions (`roles` of the token), or delegated ones (`scp`) when there is a user.
    pub permissions: BTreeSet<String>,
}

impl Caller {
    /// Whether any one of `accepted` was granted. Names compare exactly, as the service does.
    pub fn may(&self, accepted: &[&str]) -> bool {
        accepted.iter().any(|permission| self.permissions.contains(*permission))
    }
}
