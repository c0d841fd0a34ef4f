//! Who we are to the domain controller.

use std::path::PathBuf;

use samesign_wire::Secret;

/// How the account proves itself. Holds secrets, so it can be neither printed nor compared.
pub enum Credential {
    /// A simple bind over TLS.
    Password(Secret),
    /// Kerberos with this password; the session is signed and sealed by Kerberos.
    KerberosPassword(Secret),
    /// Kerberos with a key of this keytab file; the session is signed and sealed by Kerberos.
    Keytab(PathBuf),
}

/// Whether a password may be sent at all.
///
/// INVARIANT: a simple bind with an empty password succeeds as anonymous (RFC 4513 5.1.2): it must never be sent.
pub(crate) fn is_blank(password: &Secret) -> bool {
    password.expose().trim().is_empty()
}
