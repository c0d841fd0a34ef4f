//! The catalogue itself, sorted by code.

use super::Entry;
use crate::Severity;

macro_rules! catalogue {
    ($($variant:ident $code:literal $severity:ident $meaning:literal $example:literal $mend:literal;)*) => {
        /// What can be wrong in the data.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Code { $(#[doc = $meaning] $variant,)* }

        /// The catalogue of what a plan and a review find, sorted by code.
        pub const FINDINGS: &[Entry] =
            &[$(Entry { code: $code, severity: Severity::$severity, meaning: $meaning, example: $example, mend: $mend },)*];
    };
}

catalogue! {
    AccountStateUnknown "account-state-unknown" Error
        "nobody knows whether a new user is disabled, for userAccountControl cannot be read; no account is made"
        "the account of [source] may list the user, and not read its userAccountControl"
        "let the account of [source] read userAccountControl";
    AddressInvalid "address-invalid" Warning
        "a value of proxyAddresses is not an address; it is left out"
        "`smtp:ana`, `ana@example.com` without a prefix"
        "correct or remove the value";
    AddressTwoPrimaries "address-two-primaries" Warning
        "proxyAddresses has more than one `SMTP:`; the addresses in the tenant stay as they are"
        "`SMTP:ana@example.com` beside `SMTP:a.ruiz@example.com`"
        "write all but one with a small `smtp:`";
    AddressUnusual "address-unusual" Info
        "an address is not written as the standards have it; it is sent as it is"
        "`smtp:ana..ruiz@example.com`, `x500:/o=[Ex]`"
        "correct it where mail does not arrive";
    AdoptionNotAllowed "adoption-not-allowed" Error
        "a cloud user matches, but taking over existing users is forbidden"
        "`matching.adopt` is \"never\", and ana@example.com exists in the tenant"
        "set `matching.adopt` to \"ask\" or \"allow\", or move the AD user out of the scope";
    AnchorChanged "anchor-changed" Error
        "the anchor of a synchronized object is another one now; the object stays as it is in the tenant"
        "somebody wrote another value into ms-DS-ConsistencyGuid"
        "put the old value back; to move every object to another anchor, use `samesign anchor migrate`";
    AnchorInvalid "anchor-invalid" Error
        "ms-DS-ConsistencyGuid, of which the anchor is made, is no GUID; the object is not synchronized"
        "a value of 12 bytes, or one of zeros alone"
        "write the 16 bytes of a GUID, or clear it";
    AnchorOfAnother "anchor-of-another" Error
        "the anchor belongs to another object, whose cloud object would be taken over; nothing is done"
        "ms-DS-ConsistencyGuid was copied from the account of somebody else"
        "clear it, unless this object is to replace the other one: then clear the mapping in the tenant first";
    DeletedObject "deleted-object" Warning
        "the source shows an object that Active Directory has deleted; it is not synchronized"
        "`CN=ana\\0ADEL:8a1c...`, on a domain controller that has not replicated for too long"
        "remove it for good, or restore it; look for lingering objects on that domain controller";
    DisplayNameMissing "display-name-missing" Warning
        "displayName is blank; the name of the object is used"
        "displayName holds one space"
        "set displayName";
    DnUnreadable "dn-unreadable" Warning
        "the object's DN cannot be read; it is not synchronized"
        "`CN=ana,no type`"
        "rename the object";
    DomainNotPublic "domain-not-public" Info
        "an address or sign-in name ends in a domain that cannot exist on the Internet, so that no tenant can verify it"
        "`smtp:ana@corp.local`"
        "use a domain that you own on the Internet; an internal address that nobody writes to from outside may stay";
    DuplicateAddress "duplicate-address" Error
        "two objects in scope use the same e-mail address"
        "ana has `smtp:info@example.com`, and info@example.com is Bob's sign-in name"
        "change it on all but one of them, then sync again";
    DuplicateAnchor "duplicate-anchor" Error
        "two objects of the source have the same objectGUID, or the same ms-DS-ConsistencyGuid where that is the anchor"
        "an LDIF export in which one object stands twice under two names; a copied account with its ms-DS-ConsistencyGuid"
        "remove all but one of them from the source, or clear ms-DS-ConsistencyGuid on the copies";
    DuplicateNickname "duplicate-nickname" Info
        "two objects in scope have the same mailNickname; the service makes up another one for one of them"
        "mailNickname `ana` on Ana Ruiz and on Ana Ruiz-Vega"
        "give each of them a mailNickname of their own";
    DuplicateOtherAddress "duplicate-other-address" Warning
        "two objects in scope have the same address of another kind than e-mail"
        "`x500:/o=Ex/cn=ana` on a user and on the account that replaced it"
        "keep it with the one who gets the mail, and remove it from the others";
    DuplicateTarget "duplicate-target" Warning
        "two objects in scope forward to the same address in targetAddress"
        "`SMTP:ana@partner.example` on two mail users"
        "keep it with one of them; make the others members of a distribution group, or contacts";
    DuplicateUpn "duplicate-upn" Error
        "two users in scope use the same sign-in name"
        "`ana@example.com` and `ANA@example.com`"
        "change userPrincipalName on all but one of them, then sync again";
    GroupTooLarge "group-too-large" Error
        "a group has more members than the service takes; it is not synchronized, and one that was stays as it is"
        "250,001 members"
        "divide it into several groups, and make these its members";
    GroupTypeMissing "group-type-missing" Warning
        "it cannot be seen whether a group is a security group; it is not synchronized"
        "the reading account may not see groupType"
        "grant the account that reads Active Directory the right to see groupType";
    LookalikeName "lookalike-name" Warning
        "two objects in scope have names that look the same and are not"
        "`ana@example.com` with a Latin a, and with a Cyrillic one"
        "find out which of them is meant, and write the other with the letters of your own script";
    MailInvalid "mail-invalid" Warning
        "mail is not an e-mail address; it is not sent"
        "`ana at example.com`"
        "correct mail or clear it";
    MailNotPrimary "mail-not-primary" Info
        "mail is another address than the primary one in proxyAddresses, which the service shows"
        "mail is a.ruiz@example.com beside `SMTP:ana@example.com`"
        "make both agree";
    ManagerLoop "manager-loop" Warning
        "people are, in a circle, each other's managers"
        "Ana reports to Bob, and Bob to Ana"
        "correct manager of one of them";
    MatchAddressTaken "match-address-taken" Error
        "the sign-in name or an address belongs to another object of the tenant"
        "a shared mailbox of the tenant has ana@example.com as an address"
        "remove it there, or change the attribute in Active Directory";
    MatchAmbiguous "match-ambiguous" Error
        "two cloud users match, or two users match one cloud user; none is guessed"
        "the sign-in name is one cloud user's, the primary address another's"
        "change the names of all but one, then sync again";
    MatchBlocked "match-blocked" Error
        "a cloud object matches, but the tenant's settings forbid that match"
        "the tenant blocks soft matches; or the sign-in name alone matches, in a federated domain"
        "allow that match in the tenant for as long as it takes, or give the AD object other names";
    MatchMailBlank "match-mail-blank" Error
        "a cloud user has the sign-in name, but mail is blank in Active Directory"
        "ana@example.com exists in the tenant; the AD user has no mail"
        "set mail of the AD user to the e-mail address of the cloud user, then sync again";
    MatchMailDiffers "match-mail-differs" Error
        "a cloud user has the sign-in name, but not the address in mail"
        "mail is a.ruiz@example.com; the cloud user has ana@example.com alone"
        "make both agree, then sync again";
    MatchNoMailbox "match-no-mailbox" Error
        "a cloud user matches, but has no subscription or no mailbox"
        "the cloud user ana@example.com has no licence"
        "assign a licence with a mailbox in the tenant, then sync again";
    MatchOtherAnchor "match-other-anchor" Error
        "a cloud user matches, but belongs to another object of a directory"
        "the AD account was made anew, and the cloud user carries the old one's anchor"
        "find that object, and keep one of both";
    MatchOtherClass "match-other-class" Error
        "the address by which the object would be matched belongs to an object of another class"
        "a user's primary address is that of a group of the tenant"
        "remove the address there, or change it in Active Directory";
    MatchPrivileged "match-privileged" Error
        "a cloud user matches, but holds an admin role"
        "ana@example.com is a Global Administrator"
        "remove the role, sync, and assign it again, or give the AD user another sign-in name";
    NameConflictObject "name-conflict-object" Warning
        "a replication conflict renamed the object; it is not synchronized"
        "`CN=ana\\0ACNF:8a1c...`"
        "keep one of both objects, and delete or rename the other";
    NewUserHasMail "new-user-has-mail" Error
        "no cloud user has the sign-in name, but mail is not blank in Active Directory"
        "a new AD user with mail, under the policy \"dirsync\""
        "clear mail of the AD user, or set its sign-in name to that of the cloud user who has the address";
    NicknameInvalid "nickname-invalid" Warning
        "mailNickname cannot be used in the tenant; it is not sent"
        "`.ana`, `ana ruiz`"
        "correct mailNickname";
    PrivilegedProtected "privileged-protected" Warning
        "somebody who holds an admin role in the tenant would be deleted, disabled or renamed; that is not done"
        "the account of a Global Administrator left the scope"
        "take the role from them in the tenant first, or do it there by hand";
    SamAccountInvalid "sam-account-invalid" Warning
        "sAMAccountName is not as Active Directory allows it, and a sign-in name is made of it, or it is a group's"
        "`ana;ruiz` without a userPrincipalName"
        "correct sAMAccountName, or set userPrincipalName";
    SamAccountMissing "sam-account-missing" Warning
        "the object has no sAMAccountName; it is not synchronized"
        "the reading account may not see it"
        "give it one, or grant the account that reads Active Directory the right to see it";
    SourceMissing "source-missing" Warning
        "neither the object nor its tombstone was found; nothing is deleted for that"
        "the reading account lost its right to an OU"
        "look for the object in Active Directory; if it is gone for good, a later run deletes the cloud user";
    SuffixUnverified "suffix-unverified" Warning
        "the sign-in name ends in a domain that the tenant has not verified"
        "`ana@corp.local`"
        "verify the domain in the tenant, or change the suffix; until then the tenant makes up a sign-in name of its own";
    TargetAddressInvalid "target-address-invalid" Warning
        "targetAddress is not an e-mail address"
        "`SMTP:ana partner.example`"
        "correct targetAddress or clear it";
    TextInvisible "text-invisible" Warning
        "a value holds characters that nobody sees; it is sent as it is"
        "a right-to-left override in displayName"
        "write the value anew";
    TextUnreadable "text-unreadable" Warning
        "a value cannot be read as text; the tenant keeps what it has"
        "a title in Latin-1 instead of UTF-8, or with a NUL character"
        "write the value anew";
    TooManyAddresses "too-many-addresses" Warning
        "proxyAddresses has more values than the service surely takes"
        "more than 300 addresses"
        "remove those that are no longer needed";
    TooManyCertificates "too-many-certificates" Warning
        "a certificate attribute has more values than the service takes; the tenant keeps what it has"
        "16 values of userCertificate"
        "remove the expired certificates: 15 values are the most";
    UpnInvalid "upn-invalid" Error
        "the sign-in name cannot be used in the tenant"
        "`jörg@example.com`, `ana ruiz@example.com`"
        "correct userPrincipalName";
    UpnMissing "upn-missing" Error
        "neither userPrincipalName nor sAMAccountName is known"
        "a domain whose DNS name is not known, and a user without userPrincipalName"
        "set userPrincipalName";
    UsageLocationInvalid "usage-location-invalid" Warning
        "the country that makes usageLocation is not two letters; the tenant keeps what it has, and a licence may be refused"
        "`Spain` where `ES` is meant"
        "write the country's two letters (ISO 3166)";
    ValueLong "value-long" Info
        "a value is as long as the service just takes, and longer than other programs do; it is sent as it is"
        "a displayName of 256 characters, a givenName of 64"
        "shorten it where another program cuts or refuses it";
    ValueTooLong "value-too-long" Warning
        "a value is longer than the service takes; it is not sent"
        "a title of 129 characters"
        "shorten it";
}

/// What reading, sending and passwords find, for which the parts that read and send answer.
pub const FINDINGS_ELSEWHERE: &[Entry] = &[
    Entry {
        code: "ad-object-unreadable",
        severity: Severity::Error,
        meaning: "an object of Active Directory cannot be read; it is left out, and nothing is deleted",
        example: "an object that shows no objectGUID",
        mend: "look at the object, and at the rights of the account of [source] on it",
    },
    Entry {
        code: "join-missed",
        severity: Severity::Error,
        meaning: "the service made another object instead of taking over the one that was forecast",
        example: "two accounts of one person in the tenant",
        mend: "compare both in the portal, delete the wrong one there, and run `samesign sync --full`",
    },
    Entry {
        code: "ldif-object-twice",
        severity: Severity::Error,
        meaning: "an objectGUID stands twice in the LDIF file",
        example: "two exports in one file",
        mend: "export again, each object once",
    },
    Entry {
        code: "ldif-password-unreadable",
        severity: Severity::Warning,
        meaning: "a value of unicodePwd in the LDIF file is no NT hash",
        example: "unicodePwd of 15 bytes",
        mend: "export again with unicodePwd as 16 bytes",
    },
    Entry {
        code: "ldif-record-unreadable",
        severity: Severity::Error,
        meaning: "a record of the LDIF file cannot be read; it is left out, and nothing is deleted",
        example: "a line that is not Base64 after `::`",
        mend: "mend the line that is named, or export again",
    },
    Entry {
        code: "licence-no-seats",
        severity: Severity::Error,
        meaning: "a rule gives a licence of which no seat is left",
        example: "the 101st member of a group, of 100 seats",
        mend: "buy more, or take it from somebody else",
    },
    Entry {
        code: "licence-no-usage-location",
        severity: Severity::Warning,
        meaning: "a rule gives a licence to a user whose country the tenant does not know; the service would refuse it",
        example: "msExchUsageLocation is blank, and no flow makes usageLocation of `c`",
        mend: "set msExchUsageLocation, or add a flow: kind = \"user\", to = \"usageLocation\", from = [\"msExchUsageLocation\", \"c\"]",
    },
    Entry {
        code: "licence-refused",
        severity: Severity::Error,
        meaning: "the tenant refused a licence that a rule gives",
        example: "a licence that excludes another one",
        mend: "mend what the tenant's words name",
    },
    Entry {
        code: "licence-unknown",
        severity: Severity::Error,
        meaning: "a rule names a licence that the tenant does not have",
        example: "sku = \"ENTERPRISEPCK\"",
        mend: "mend `sku` in [[licence]], or buy it",
    },
    Entry {
        code: "password-missing",
        severity: Severity::Warning,
        meaning: "the source holds no NT hash for this person",
        example: "an account without a password",
        mend: "set a password, or export with unicodePwd",
    },
    Entry {
        code: "password-object-unknown",
        severity: Severity::Warning,
        meaning: "the tenant has not known the object for more than an hour, so that its password waits",
        example: "the cloud user was deleted for good",
        mend: "look whether it is there, and run `samesign sync --full`",
    },
    Entry {
        code: "password-refused",
        severity: Severity::Error,
        meaning: "the service refused a password; it is asked again every hour",
        example: "password synchronization is off in the tenant",
        mend: "mend what its words name",
    },
    Entry {
        code: "password-unsupported-class",
        severity: Severity::Info,
        meaning: "passwords of inetOrgPerson objects are not synchronized",
        example: "a person of the class inetOrgPerson",
        mend: "give the person a user account, or a password in the tenant",
    },
    Entry {
        code: "password-withheld-privileged",
        severity: Severity::Info,
        meaning: "the password of a privileged account is not sent",
        example: "adminCount is 1",
        mend: "set `privileged = true` in [passwords] if it should be, or clear adminCount on an account that is privileged no more",
    },
    Entry {
        code: "source-incomplete",
        severity: Severity::Warning,
        meaning: "not everything could be read, so nobody is deleted in this run",
        example: "a server that ended the search early",
        mend: "mend what the value names and run `samesign sync` again",
    },
    Entry {
        code: "tenant-admin-role",
        severity: Severity::Error,
        meaning: "the service does not match the object with a cloud user who holds an admin role; tried once a day",
        example: "ExistingAdminRoleConflict",
        mend: "remove the role, sync, and assign it again",
    },
    Entry {
        code: "tenant-anchor-changed",
        severity: Severity::Error,
        meaning: "the service keeps the anchor of the object, which is another one now",
        example: "SourceAnchor attribute has changed",
        mend: "give the object its former ms-DS-ConsistencyGuid back",
    },
    Entry {
        code: "tenant-bad-value",
        severity: Severity::Error,
        meaning: "the service takes no such value",
        example: "IdentityDataValidationFailed",
        mend: "mend the value its words name in Active Directory",
    },
    Entry {
        code: "tenant-federated-domain",
        severity: Severity::Error,
        meaning: "the service does not let a sign-in name go from one federated domain to another",
        example: "FederatedDomainChangeError",
        mend: "give the cloud user an onmicrosoft.com name first, then sync again",
    },
    Entry {
        code: "tenant-group-has-licences",
        severity: Severity::Error,
        meaning: "the service does not delete a group that gives licences",
        example: "GroupWithLicences",
        mend: "remove the licences from the group in the portal",
    },
    Entry {
        code: "tenant-group-too-large",
        severity: Severity::Error,
        meaning: "the group has more members than the service takes",
        example: "MaximumGroupMemberCount",
        mend: "make groups within it",
    },
    Entry {
        code: "tenant-hard-match-blocked",
        severity: Severity::Error,
        meaning: "the tenant blocks take-overs by anchor; tried once a day",
        example: "InvalidHardMatch",
        mend: "switch BlockCloudObjectTakeoverThroughHardMatch off for a while, or delete the cloud user",
    },
    Entry {
        code: "tenant-hard-match-hardened",
        severity: Severity::Error,
        meaning: "the service blocks the take-over of a user who holds an admin role or is mapped to another object; tried once a day",
        example: "hard match is blocked by security hardening",
        mend: "remove the role, or clear onPremisesObjectIdentifier",
    },
    Entry {
        code: "tenant-not-ours",
        severity: Severity::Error,
        meaning: "the object is not synchronized any more, so the service does not delete it",
        example: "DeletingCloudOnlyObjectNotAllowed, error 114",
        mend: "delete it in the portal, or bring it back into the scope",
    },
    Entry {
        code: "tenant-object-too-large",
        severity: Severity::Error,
        meaning: "the object is larger than the service takes",
        example: "LargeObject, ExceededAllowedLength",
        mend: "remove certificates, addresses or the picture, or shorten the value",
    },
    Entry {
        code: "tenant-other-class",
        severity: Severity::Error,
        meaning: "an object of another class has the address in the tenant",
        example: "ObjectTypeMismatch",
        mend: "free the address there, or change it here",
    },
    Entry {
        code: "tenant-quota",
        severity: Severity::Error,
        meaning: "the tenant is full; the run stopped",
        example: "Directory_QuotaExceeded",
        mend: "delete objects for good, or have the quota raised",
    },
    Entry {
        code: "tenant-reference-refused",
        severity: Severity::Error,
        meaning: "an object that this one names is not in the tenant; the rest was stored",
        example: "dn-attributes-failure",
        mend: "mend that object first",
    },
    Entry {
        code: "tenant-refused",
        severity: Severity::Error,
        meaning: "the service refused an object",
        example: "a value that breaks one of its own rules",
        mend: "mend what its words name in Active Directory or in the tenant, then run `samesign sync`",
    },
    Entry {
        code: "tenant-soft-match-refused",
        severity: Severity::Error,
        meaning: "a name of the object belongs to an object with another anchor; tried once a day",
        example: "InvalidSoftMatch",
        mend: "find both owners, and take the name from one",
    },
    Entry {
        code: "tenant-value-not-unique",
        severity: Severity::Error,
        meaning: "another object of the tenant has a value of this one",
        example: "AttributeValueMustBeUnique",
        mend: "take the value from one of both",
    },
    Entry {
        code: "value-parked",
        severity: Severity::Error,
        meaning: "the service stored the object without a value that somebody else has; it gives it by itself once it is free",
        example: "two people with smtp:sales@example.com",
        mend: "keep the value on one of both",
    },
];
