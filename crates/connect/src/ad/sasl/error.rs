//! Why Kerberos or NTLM failed, in words for the person who must mend it.

/// Kerberos or NTLM failed.
#[derive(Debug, thiserror::Error)]
pub enum SaslError {
    /// The account name cannot be used.
    #[error("\"{0}\" is not an account name: write account@domain")]
    User(String),
    /// The key distribution centre cannot be reached.
    #[error(
        "cannot reach the Kerberos service (port 88) of the domain controller: open the port; \
         `ntlm = true` in [source] would allow NTLM instead"
    )]
    Kdc(#[source] std::io::Error),
    /// A ticket of another realm would be needed.
    #[error("the account or the service is in another Kerberos realm ({0}), which is not supported: use an account of this domain")]
    OtherRealm(String),
    /// The Kerberos service does not know the service principal name.
    #[error(
        "the Kerberos service does not know the domain controller by this name: see that its host name in DNS and its \
         servicePrincipalName agree; `ntlm = true` in [source] would allow NTLM instead"
    )]
    Principal,
    /// KRB_AP_ERR_SKEW.
    #[error(
        "the clock of this computer and that of the domain controller differ by more than Kerberos allows (5 minutes): set both by NTP"
    )]
    Skew,
    /// The ticket is not encrypted with AES; the number is its encryption type (RFC 3961 8).
    #[error(
        "the Kerberos service answered with encryption type {0}, which is not AES and no longer safe: allow AES in \
         msDS-SupportedEncryptionTypes of the account and of the domain controller, then set the password again"
    )]
    Weak(u64),
    /// The account was refused; another domain controller would only count it towards a lockout.
    #[error("{0}")]
    Credentials(&'static str),
    /// The package refused; the text is what it or the server said.
    #[error("{0}")]
    Refused(String),
    /// A sealed message that is not one, or whose signature is wrong.
    #[error("a sealed message is malformed or was altered on its way")]
    Wrap,
    /// A sealed message was left out, repeated or came out of order.
    #[error("a sealed message was left out, repeated or came out of order: somebody may be tampering with the connection")]
    Order,
}

impl SaslError {
    /// Whether Kerberos itself cannot be had here, as opposed to an account that it refuses: then, and only where the
    /// configuration allows it, NTLM may be tried.
    pub(super) fn is_absence(&self) -> bool {
        matches!(self, Self::Kdc(_) | Self::Principal | Self::Skew)
    }
}

/// What the server itself answered instead of a token: error-code of a KRB-ERROR (RFC 4120 7.5.9).
pub(super) fn answered(code: u32) -> SaslError {
    match code {
        37 => SaslError::Skew,
        code => SaslError::Refused(format!("Kerberos failed: the domain controller did not take our ticket (error {code} of RFC 4120)")),
    }
}

/// What `sspi` says, in our words where an administrator can do something about it (the texts are those of RFC 4120 7.5.9).
pub(super) fn refused(error: &sspi::Error) -> SaslError {
    let said = &error.description;
    let known = |text: &str| said.starts_with(text);
    if known("pre-authentication information was invalid") {
        return SaslError::Credentials("the password (or the key in the keytab) is wrong: set it again, and export the keytab anew");
    }
    if known("client not found in Kerberos database") {
        return SaslError::Credentials("there is no such account: check `user` in [source]");
    }
    if known("clients credentials have been revoked") {
        return SaslError::Credentials("the account is disabled, expired or locked out");
    }
    if known("password has expired") {
        return SaslError::Credentials("the password has expired: set a new one, best one that never expires");
    }
    if known("KDC has no support for encryption type") {
        return SaslError::Credentials(
            "the account has no AES key: set its password again (an old one has none), and allow AES in msDS-SupportedEncryptionTypes",
        );
    }
    if known("server not found in Kerberos database") {
        return SaslError::Principal;
    }
    if known("clock skew too great") {
        return SaslError::Skew;
    }
    let (text, _data) = said.split_once(". Additional error").unwrap_or((said, ""));
    SaslError::Refused(format!("Kerberos failed: {text}"))
}
