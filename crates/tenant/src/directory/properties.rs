//! Every property of a user, a group and a contact: what it holds, who may write it; and how a client's value gets into a user's record.
//!
//! Follows the resource types `user`, `group` and `orgContact` of Microsoft Graph v1.0.

use serde_json::Value;

use super::{DirectoryError, User, names};

/// What a property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text of at most so many characters.
    Text(usize),
    /// A list of texts.
    Texts,
    /// True or false.
    Boolean,
    /// A time, ISO 8601.
    Time,
    /// A structure.
    Object,
    /// A list of structures.
    Objects,
}

/// Who may write a property through Graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The cloud, unless the user is synchronized: then Active Directory alone.
    Mastered,
    /// The cloud, always.
    Cloud,
    /// Nobody.
    ReadOnly,
}

/// A type of object, as Graph names it, and its properties.
#[derive(Debug)]
pub struct Resource {
    /// `user`, `group`, `orgContact`.
    pub name: &'static str,
    /// All of them, the ones shown by default first.
    pub properties: &'static [Property],
}

impl Resource {
    /// The property with this name. The service compares names without case.
    pub fn find(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name.eq_ignore_ascii_case(name))
    }
}

/// Users.
pub static USER: Resource = Resource { name: "user", properties: PROPERTIES };
/// Groups.
pub static GROUP: Resource = Resource { name: "group", properties: GROUP_PROPERTIES };
/// Contacts.
pub static CONTACT: Resource = Resource { name: "orgContact", properties: CONTACT_PROPERTIES };

/// One property of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property {
    /// Graph's name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Who may write it.
    pub access: Access,
    /// Shown when a client selects nothing.
    pub default: bool,
}

/// A limit for texts where the service documents none.
const LONG: usize = 2_048;

const fn mastered(name: &'static str, kind: Kind, default: bool) -> Property {
    Property { name, kind, access: Access::Mastered, default }
}

const fn cloud(name: &'static str, kind: Kind) -> Property {
    Property { name, kind, access: Access::Cloud, default: false }
}

const fn read_only(name: &'static str, kind: Kind) -> Property {
    Property { name, kind, access: Access::ReadOnly, default: false }
}

static PROPERTIES: &[Property] = &[
    Property { name: "id", kind: Kind::Text(36), access: Access::ReadOnly, default: true },
    mastered("businessPhones", Kind::Texts, true),
    mastered("displayName", Kind::Text(256), true),
    mastered("givenName", Kind::Text(64), true),
    mastered("jobTitle", Kind::Text(128), true),
    mastered("mail", Kind::Text(256), true),
    mastered("mobilePhone", Kind::Text(64), true),
    mastered("officeLocation", Kind::Text(LONG), true),
    mastered("preferredLanguage", Kind::Text(LONG), true),
    mastered("surname", Kind::Text(64), true),
    mastered("userPrincipalName", Kind::Text(113), true),
    mastered("accountEnabled", Kind::Boolean, false),
    mastered("mailNickname", Kind::Text(64), false),
    mastered("department", Kind::Text(64), false),
    mastered("companyName", Kind::Text(64), false),
    mastered("city", Kind::Text(128), false),
    mastered("state", Kind::Text(128), false),
    mastered("country", Kind::Text(128), false),
    mastered("postalCode", Kind::Text(40), false),
    mastered("streetAddress", Kind::Text(1_024), false),
    mastered("employeeId", Kind::Text(16), false),
    mastered("employeeType", Kind::Text(LONG), false),
    mastered("employeeHireDate", Kind::Time, false),
    mastered("employeeLeaveDateTime", Kind::Time, false),
    mastered("employeeOrgData", Kind::Object, false),
    mastered("faxNumber", Kind::Text(LONG), false),
    mastered("onPremisesImmutableId", Kind::Text(256), false),
    mastered("onPremisesExtensionAttributes", Kind::Object, false),
    mastered("showInAddressList", Kind::Boolean, false),
    cloud("usageLocation", Kind::Text(2)),
    cloud("otherMails", Kind::Texts),
    cloud("passwordPolicies", Kind::Text(LONG)),
    cloud("passwordProfile", Kind::Object),
    cloud("preferredDataLocation", Kind::Text(LONG)),
    cloud("userType", Kind::Text(16)),
    cloud("ageGroup", Kind::Text(64)),
    cloud("consentProvidedForMinor", Kind::Text(64)),
    read_only("assignedLicenses", Kind::Objects),
    read_only("assignedPlans", Kind::Objects),
    read_only("createdDateTime", Kind::Time),
    read_only("creationType", Kind::Text(64)),
    read_only("deletedDateTime", Kind::Time),
    read_only("externalUserState", Kind::Text(64)),
    read_only("externalUserStateChangeDateTime", Kind::Time),
    read_only("identities", Kind::Objects),
    read_only("imAddresses", Kind::Texts),
    read_only("isManagementRestricted", Kind::Boolean),
    read_only("isResourceAccount", Kind::Boolean),
    read_only("lastPasswordChangeDateTime", Kind::Time),
    read_only("legalAgeGroupClassification", Kind::Text(64)),
    read_only("licenseAssignmentStates", Kind::Objects),
    read_only("onPremisesDistinguishedName", Kind::Text(LONG)),
    read_only("onPremisesDomainName", Kind::Text(LONG)),
    read_only("onPremisesLastSyncDateTime", Kind::Time),
    read_only("onPremisesProvisioningErrors", Kind::Objects),
    read_only("onPremisesSamAccountName", Kind::Text(256)),
    read_only("onPremisesSecurityIdentifier", Kind::Text(256)),
    read_only("onPremisesSyncEnabled", Kind::Boolean),
    read_only("onPremisesUserPrincipalName", Kind::Text(LONG)),
    read_only("provisionedPlans", Kind::Objects),
    read_only("proxyAddresses", Kind::Texts),
    read_only("refreshTokensValidFromDateTime", Kind::Time),
    read_only("securityIdentifier", Kind::Text(256)),
    read_only("serviceProvisioningErrors", Kind::Objects),
    read_only("signInSessionsValidFromDateTime", Kind::Time),
];

/// A group shows nearly everything when nothing is selected.
static GROUP_PROPERTIES: &[Property] = &[
    shown("id", Kind::Text(36)),
    shown("deletedDateTime", Kind::Time),
    shown("classification", Kind::Text(LONG)),
    shown("createdDateTime", Kind::Time),
    shown("description", Kind::Text(1_024)),
    shown("displayName", Kind::Text(256)),
    shown("expirationDateTime", Kind::Time),
    shown("groupTypes", Kind::Texts),
    shown("isAssignableToRole", Kind::Boolean),
    shown("mail", Kind::Text(256)),
    shown("mailEnabled", Kind::Boolean),
    shown("mailNickname", Kind::Text(64)),
    shown("membershipRule", Kind::Text(LONG)),
    shown("membershipRuleProcessingState", Kind::Text(64)),
    shown("onPremisesDomainName", Kind::Text(LONG)),
    shown("onPremisesLastSyncDateTime", Kind::Time),
    shown("onPremisesNetBiosName", Kind::Text(LONG)),
    shown("onPremisesProvisioningErrors", Kind::Objects),
    shown("onPremisesSamAccountName", Kind::Text(256)),
    shown("onPremisesSecurityIdentifier", Kind::Text(256)),
    shown("onPremisesSyncEnabled", Kind::Boolean),
    shown("preferredDataLocation", Kind::Text(LONG)),
    shown("preferredLanguage", Kind::Text(LONG)),
    shown("proxyAddresses", Kind::Texts),
    shown("renewedDateTime", Kind::Time),
    shown("securityEnabled", Kind::Boolean),
    shown("securityIdentifier", Kind::Text(256)),
    shown("serviceProvisioningErrors", Kind::Objects),
    shown("theme", Kind::Text(64)),
    shown("uniqueName", Kind::Text(LONG)),
    shown("visibility", Kind::Text(64)),
    read_only("assignedLabels", Kind::Objects),
    read_only("assignedLicenses", Kind::Objects),
    read_only("hasMembersWithLicenseErrors", Kind::Boolean),
    read_only("isManagementRestricted", Kind::Boolean),
    read_only("licenseProcessingState", Kind::Object),
];

static CONTACT_PROPERTIES: &[Property] = &[
    shown("id", Kind::Text(36)),
    shown("deletedDateTime", Kind::Time),
    shown("addresses", Kind::Objects),
    shown("companyName", Kind::Text(64)),
    shown("department", Kind::Text(64)),
    shown("displayName", Kind::Text(256)),
    shown("givenName", Kind::Text(64)),
    shown("jobTitle", Kind::Text(128)),
    shown("mail", Kind::Text(256)),
    shown("mailNickname", Kind::Text(64)),
    shown("onPremisesLastSyncDateTime", Kind::Time),
    shown("onPremisesProvisioningErrors", Kind::Objects),
    shown("onPremisesSyncEnabled", Kind::Boolean),
    shown("phones", Kind::Objects),
    shown("proxyAddresses", Kind::Texts),
    shown("serviceProvisioningErrors", Kind::Objects),
    shown("surname", Kind::Text(64)),
];

const fn shown(name: &'static str, kind: Kind) -> Property {
    Property { name, kind, access: Access::ReadOnly, default: true }
}

/// Every property of a user.
pub fn all() -> &'static [Property] {
    PROPERTIES
}

/// The property with this name. The service compares names without case.
pub fn find(name: &str) -> Option<&'static Property> {
    PROPERTIES.iter().find(|property| property.name.eq_ignore_ascii_case(name))
}

/// Puts a client's value into the record, checked. Names, addresses and uniqueness are seen to when the user is stored.
pub fn apply(user: &mut User, property: &Property, value: &Value) -> Result<(), DirectoryError> {
    let Property { name, kind, access, default: _ } = property;
    if *access == Access::ReadOnly {
        return Err(DirectoryError::ReadOnly { property: (*name).to_owned() });
    }
    check(name, *kind, value)?;
    match *name {
        "displayName" => user.display_name = required_text("displayName", value)?,
        "userPrincipalName" => user.upn = required_text("userPrincipalName", value)?,
        "accountEnabled" => user.enabled = value.as_bool().unwrap_or_default(),
        "mail" => user.mail = text(value),
        "onPremisesImmutableId" => user.anchor = anchor(value)?,
        "usageLocation" => user.usage_location = Some(usage_location(value)?),
        "onPremisesExtensionAttributes" => merge_extension_attributes(user, value)?,
        // Written by whoever holds the passwords, never kept with the user.
        "passwordProfile" => {}
        "mailNickname" => user.set(name, Some(Value::from(nickname(value)?))),
        "businessPhones" if value.as_array().is_some_and(|phones| phones.len() > 1) => {
            return Err(DirectoryError::invalid(name, &value.to_string(), "one number is taken at most"));
        }
        _ => user.set(name, Some(value.clone()).filter(|value| !is_blank(value))),
    }
    Ok(())
}

/// A location is two letters, as in ISO 3166.
pub fn usage_location(value: &Value) -> Result<String, DirectoryError> {
    let given = value.as_str().unwrap_or_default();
    let letters = given.len() == 2 && given.bytes().all(|byte| byte.is_ascii_alphabetic());
    letters.then(|| given.to_uppercase()).ok_or_else(|| {
        DirectoryError::invalid("usageLocation", given, "two letters of ISO 3166 are needed, such as ES; it cannot be cleared")
    })
}

fn check(name: &str, kind: Kind, value: &Value) -> Result<(), DirectoryError> {
    let fits = match (kind, value) {
        (_, Value::Null) => kind != Kind::Boolean,
        (Kind::Text(max), Value::String(text)) => {
            if text.chars().count() > max {
                return Err(DirectoryError::invalid(name, text, &format!("it is longer than {max} characters")));
            }
            true
        }
        (Kind::Boolean, Value::Bool(_)) | (Kind::Object, Value::Object(_)) | (Kind::Objects, Value::Array(_)) => true,
        (Kind::Texts, Value::Array(values)) => values.iter().all(Value::is_string),
        (Kind::Time, Value::String(text)) => text.parse::<jiff::Timestamp>().is_ok(),
        _ => false,
    };
    fits.then_some(()).ok_or_else(|| DirectoryError::invalid(name, &value.to_string(), "it is of another type"))
}

fn is_blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty()) || value.as_array().is_some_and(Vec::is_empty)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn required_text(property: &'static str, value: &Value) -> Result<String, DirectoryError> {
    text(value).ok_or_else(|| DirectoryError::invalid(property, value.as_str().unwrap_or_default(), "it cannot be cleared"))
}

fn anchor(value: &Value) -> Result<Option<String>, DirectoryError> {
    match text(value) {
        Some(anchor) if anchor.contains(['$', '_']) => {
            Err(DirectoryError::invalid("onPremisesImmutableId", &anchor, "the characters $ and _ are not taken"))
        }
        anchor => Ok(anchor),
    }
}

fn nickname(value: &Value) -> Result<String, DirectoryError> {
    let given = required_text("mailNickname", value)?;
    let refused = |character: char| !character.is_ascii() || "@()\\[]\";:<>, ".contains(character);
    if given.contains(refused) || names::nickname_of(&given).is_empty() {
        return Err(DirectoryError::invalid("mailNickname", &given, "only ASCII without @ ( ) \\ [ ] \" ; : < > , and space is taken"));
    }
    Ok(given)
}

fn merge_extension_attributes(user: &mut User, value: &Value) -> Result<(), DirectoryError> {
    let mut held = user.properties.get("onPremisesExtensionAttributes").and_then(Value::as_object).cloned().unwrap_or_default();
    for (name, value) in value.as_object().into_iter().flatten().filter(|(name, _)| !name.contains('@')) {
        let known = name.strip_prefix("extensionAttribute").and_then(|number| number.parse::<u8>().ok());
        if !known.is_some_and(|number| (1..=15).contains(&number)) {
            return Err(DirectoryError::invalid("onPremisesExtensionAttributes", name, "there is no such attribute"));
        }
        check(name, Kind::Text(1_024), value)?;
        match text(value) {
            Some(text) => held.insert(name.clone(), Value::from(text)),
            None => held.remove(name),
        };
    }
    user.set(
        "onPremisesExtensionAttributes",
        Some(Value::Object(held)).filter(|held| held.as_object().is_some_and(|held| !held.is_empty())),
    );
    Ok(())
}
