//! How Active Directory compares the values of an attribute. Only what differs from text is listed; of an attribute that is in no
//! list, values that are numbers on both sides are ordered as numbers.

/// How values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// Without case; several blanks are one.
    Text,
    /// Like text; ordered as numbers where both are.
    Unknown,
    /// As numbers.
    Number,
    /// As moments.
    Time,
    /// As distinguished names.
    Name,
    /// Byte by byte.
    Bytes,
    /// An objectGUID, as escaped bytes or as it is usually written.
    Guid,
    /// objectClass: a class and all that it is derived from.
    Class,
    /// objectCategory, by the class's name or the DN of its schema object.
    Category,
}

const NUMBERS: &[&str] = &[
    "accountexpires",
    "admincount",
    "badpasswordtime",
    "badpwdcount",
    "codepage",
    "countrycode",
    "grouptype",
    "instancetype",
    "lastlogoff",
    "lastlogon",
    "lastlogontimestamp",
    "lockouttime",
    "logoncount",
    "mdbstoragequota",
    "ms-ds-user-account-control-computed",
    "msds-supportedencryptiontypes",
    "msds-user-account-control-computed",
    "msexchrecipientdisplaytype",
    "msexchrecipienttypedetails",
    "msexchremoterecipienttype",
    "primarygroupid",
    "pwdlastset",
    "samaccounttype",
    "systemflags",
    "useraccountcontrol",
    "usnchanged",
    "usncreated",
];

const TIMES: &[&str] = &["msexchwhenmailboxcreated", "whenchanged", "whencreated"];

const NAMES: &[&str] = &[
    "altrecipient",
    "assistant",
    "authorig",
    "directreports",
    "distinguishedname",
    "homemdb",
    "managedby",
    "managedobjects",
    "manager",
    "member",
    "msexchcomanagedbylink",
    "publicdelegates",
    "secretary",
    "seealso",
];

const BYTES: &[&str] = &[
    "jpegphoto",
    "logonhours",
    "ms-ds-consistencyguid",
    "msds-keycredentiallink",
    "msexchmailboxguid",
    "objectsid",
    "sidhistory",
    "thumbnailphoto",
    "usercertificate",
    "usersmimecertificate",
];

/// Text that may look like a number.
const TEXTS: &[&str] = &[
    "employeeid",
    "employeenumber",
    "facsimiletelephonenumber",
    "homephone",
    "ipphone",
    "mobile",
    "pager",
    "physicaldeliveryofficename",
    "postalcode",
    "postofficebox",
    "streetaddress",
    "telephonenumber",
];

/// Back links and calculated attributes that tell of group membership.
const MEMBERSHIP: &[&str] = &["ismemberofdl", "memberof", "tokengroups", "tokengroupsglobalanduniversal", "tokengroupsnogcacceptable"];

/// What may never be asked for: passwords and keys.
const SECRETS: &[&str] = &[
    "currentvalue",
    "dbcspwd",
    "initialauthincoming",
    "initialauthoutgoing",
    "lmpwdhistory",
    "ms-mcs-admpwd",
    "msds-executescriptpassword",
    "msds-groupmsamembership",
    "msds-managedpassword",
    "msfve-keypackage",
    "msfve-recoverypassword",
    "mslaps-encrypteddsrmpassword",
    "mslaps-encrypteddsrmpasswordhistory",
    "mslaps-encryptedpassword",
    "mslaps-encryptedpasswordhistory",
    "mslaps-password",
    "mssfu30password",
    "ntpwdhistory",
    "os400password",
    "priorvalue",
    "supplementalcredentials",
    "trustauthincoming",
    "trustauthoutgoing",
    "unicodepwd",
    "unixuserpassword",
    "userpassword",
];

/// How the values of an attribute compare. The name in lower case.
pub(super) fn of(attribute: &str) -> Syntax {
    let listed = |list: &[&str]| list.contains(&attribute);
    match attribute {
        "objectclass" => Syntax::Class,
        "objectcategory" => Syntax::Category,
        "objectguid" => Syntax::Guid,
        _ if listed(NUMBERS) => Syntax::Number,
        _ if listed(TIMES) => Syntax::Time,
        _ if listed(NAMES) => Syntax::Name,
        _ if listed(BYTES) => Syntax::Bytes,
        _ if listed(TEXTS) || crate::source_attributes().iter().any(|known| known.eq_ignore_ascii_case(attribute)) => Syntax::Text,
        _ => Syntax::Unknown,
    }
}

/// Whether an attribute tells which groups an object is in. In any case.
pub(crate) fn is_membership(attribute: &str) -> bool {
    MEMBERSHIP.iter().any(|known| known.eq_ignore_ascii_case(attribute))
}

/// Whether an attribute holds a password or a key: neither a filter nor a flow may ask for it. In any case.
pub(crate) fn is_secret(attribute: &str) -> bool {
    SECRETS.iter().any(|secret| secret.eq_ignore_ascii_case(attribute))
}
