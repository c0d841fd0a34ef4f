//! The findings: one table of code, severity and meaning. Codes are stable; scripts and runbooks may rely on them.

use crate::{Finding, Severity};

macro_rules! catalogue {
    ($($variant:ident $code:literal $severity:ident $meaning:literal;)*) => {
        /// What can be wrong in the data.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Code { $(#[doc = $meaning] $variant,)* }

        /// The catalogue of findings: code, severity, meaning.
        pub const FINDINGS: &[(&str, Severity, &str)] = &[$(($code, Severity::$severity, $meaning),)*];

        impl Code {
            fn entry(self) -> (&'static str, Severity) {
                match self { $(Self::$variant => ($code, Severity::$severity),)* }
            }
        }
    };
}

catalogue! {
    AddressInvalid       "address-invalid"        Warning "a value of proxyAddresses is not an address; it is left out";
    AddressTwoPrimaries  "address-two-primaries"  Warning "proxyAddresses has more than one `SMTP:`; the addresses in the tenant stay as they are";
    AdoptionNotAllowed   "adoption-not-allowed"   Error   "a cloud user matches, but taking over existing users is forbidden";
    DisplayNameMissing   "display-name-missing"   Warning "displayName is blank; the name of the object is used";
    DnUnreadable         "dn-unreadable"          Warning "the object's DN cannot be read; it is not synchronized";
    DuplicateAddress     "duplicate-address"      Error   "two users in scope use the same e-mail address";
    DuplicateAnchor      "duplicate-anchor"       Error   "two objects of the source have the same objectGUID";
    DuplicateUpn         "duplicate-upn"          Error   "two users in scope use the same sign-in name";
    MailInvalid          "mail-invalid"           Warning "mail is not an e-mail address; it is not sent";
    MatchAddressTaken    "match-address-taken"    Error   "the sign-in name or an address belongs to another object of the tenant";
    MatchAmbiguous       "match-ambiguous"        Error   "two cloud users match, or two users match one cloud user; none is guessed";
    MatchMailBlank       "match-mail-blank"       Error   "a cloud user has the sign-in name, but mail is blank in Active Directory";
    MatchMailDiffers     "match-mail-differs"     Error   "a cloud user has the sign-in name, but not the address in mail";
    MatchNoMailbox       "match-no-mailbox"       Error   "a cloud user matches, but has no subscription or no mailbox";
    MatchOtherAnchor     "match-other-anchor"     Error   "a cloud user matches, but belongs to another object of a directory";
    MatchPrivileged      "match-privileged"       Error   "a cloud user matches, but holds an admin role";
    NameConflictObject   "name-conflict-object"   Warning "a replication conflict renamed the object; it is not synchronized";
    NewUserHasMail       "new-user-has-mail"      Error   "no cloud user has the sign-in name, but mail is not blank in Active Directory";
    SamAccountMissing    "sam-account-missing"    Warning "the object has no sAMAccountName; it is not synchronized";
    SourceMissing        "source-missing"         Warning "neither the object nor its tombstone was found; nothing is deleted for that";
    SuffixUnverified     "suffix-unverified"      Warning "the sign-in name ends in a domain that the tenant has not verified";
    UpnInvalid           "upn-invalid"            Error   "the sign-in name cannot be used in the tenant";
    UpnMissing           "upn-missing"            Error   "neither userPrincipalName nor sAMAccountName is known";
    ValueTooLong         "value-too-long"         Warning "a value is longer than the service takes; it is not sent";
}

impl Code {
    /// The stable code, as it is shown.
    pub fn as_str(self) -> &'static str {
        self.entry().0
    }

    /// A finding of this code about `objects`, the one to be mended first.
    pub fn finding(self, objects: impl IntoIterator<Item = impl Into<Box<str>>>, hint: impl Into<Box<str>>) -> Finding {
        let (code, severity) = self.entry();
        Finding { code, severity, objects: objects.into_iter().map(Into::into).collect(), attribute: None, value: None, hint: hint.into() }
    }
}

/// Names the attribute and the value at fault.
pub(crate) trait At {
    fn at(self, attribute: &str, value: &str) -> Self;
}

impl At for Finding {
    fn at(mut self, attribute: &str, value: &str) -> Self {
        self.attribute = Some(attribute.into());
        self.value = (!value.is_empty()).then(|| value.into());
        self
    }
}
