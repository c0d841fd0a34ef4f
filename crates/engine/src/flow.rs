//! Attribute flow: which attribute of Active Directory becomes which attribute of the service, and how.
//!
//! A flow has three outcomes: a value, *clear* (the target's value is removed) and *ignore* (the target keeps what it has).
//! A value that the service would refuse is ignored and becomes a finding.

mod read;

use crate::person::Person;
use crate::value::Value;

pub(crate) use read::Problem;
use read::Read;

/// One row of the table of flows.
pub(crate) struct Flow {
    /// The attribute of Active Directory, as its schema writes it; for constants, what they are made of.
    pub ad: &'static str,
    /// The attribute at the provisioning service.
    pub service: &'static str,
    /// The property of Graph where it shows; empty where Graph does not show it.
    pub graph: &'static str,
    /// The most characters that the service takes; 0 where it names no limit.
    chars_max: usize,
    /// Makes the value.
    read: Read,
}

const fn flow(ad: &'static str, service: &'static str, graph: &'static str, chars_max: usize, read: Read) -> Flow {
    Flow { ad, service, graph, chars_max, read }
}

/// The users' flows, sorted by the service's name. `manager` needs the plan itself: its value is resolved in `diff`.
#[rustfmt::skip]
pub(crate) const USER_FLOWS: &[Flow] = &[
    //   Active Directory              provisioning service            Graph                          chars   transformation
    flow("description",                "Description",                  "",                                0,  read::text_cut_to_448),
    flow("userAccountControl",         "accountEnabled",               "accountEnabled",                  0,  read::enabled),
    flow("mailNickname",               "alias",                        "mailNickname",                   64,  read::nickname),
    flow("l",                          "city",                         "city",                          128,  read::text),
    flow("cn",                         "commonName",                   "",                                0,  read::text),
    flow("company",                    "company",                      "companyName",                    64,  read::text),
    flow("co",                         "country",                      "country",                       128,  read::text),
    flow("countryCode",                "countryCode",                  "",                                0,  read::number_or_ignore),
    flow("c",                          "countryLetterCode",            "",                                0,  read::text),
    flow("department",                 "department",                   "department",                     64,  read::text),
    flow("displayName",                "displayName",                  "displayName",                   256,  read::display_name),
    flow("DC= of the domain",          "dnsDomainName",                "onPremisesDomainName",            0,  read::dns_domain),
    flow("employeeID",                 "employeeId",                   "employeeId",                      0,  read::text),
    flow("employeeType",               "employeeType",                 "employeeType",                    0,  read::text),
    flow("extensionAttribute1",        "extensionAttribute1",          "extensionAttribute1",          1024,  read::text),
    flow("extensionAttribute10",       "extensionAttribute10",         "extensionAttribute10",         1024,  read::text),
    flow("extensionAttribute11",       "extensionAttribute11",         "extensionAttribute11",         1024,  read::text),
    flow("extensionAttribute12",       "extensionAttribute12",         "extensionAttribute12",         1024,  read::text),
    flow("extensionAttribute13",       "extensionAttribute13",         "extensionAttribute13",         1024,  read::text),
    flow("extensionAttribute14",       "extensionAttribute14",         "extensionAttribute14",         1024,  read::text),
    flow("extensionAttribute15",       "extensionAttribute15",         "extensionAttribute15",         1024,  read::text),
    flow("extensionAttribute2",        "extensionAttribute2",          "extensionAttribute2",          1024,  read::text),
    flow("extensionAttribute3",        "extensionAttribute3",          "extensionAttribute3",          1024,  read::text),
    flow("extensionAttribute4",        "extensionAttribute4",          "extensionAttribute4",          1024,  read::text),
    flow("extensionAttribute5",        "extensionAttribute5",          "extensionAttribute5",          1024,  read::text),
    flow("extensionAttribute6",        "extensionAttribute6",          "extensionAttribute6",          1024,  read::text),
    flow("extensionAttribute7",        "extensionAttribute7",          "extensionAttribute7",          1024,  read::text),
    flow("extensionAttribute8",        "extensionAttribute8",          "extensionAttribute8",          1024,  read::text),
    flow("extensionAttribute9",        "extensionAttribute9",          "extensionAttribute9",          1024,  read::text),
    flow("facsimileTelephoneNumber",   "facsimileTelephoneNumber",     "faxNumber",                       0,  read::text),
    flow("givenName",                  "givenName",                    "givenName",                      64,  read::text),
    flow("info",                       "info",                         "",                                0,  read::text_cut_to_448),
    flow("pwdLastSet",                 "lastPasswordChangeTimestamp",  "",                                0,  read::time_or_ignore),
    flow("mail",                       "mail",                         "mail",                          256,  read::mail),
    flow("manager",                    "manager",                      "",                                0,  read::reference),
    flow("mobile",                     "mobile",                       "mobilePhone",                    64,  read::text),
    flow("nETBIOSName of the domain",  "netBiosName",                  "",                                0,  read::netbios_domain),
    flow("objectSid",                  "onPremiseSecurityIdentifier",  "onPremisesSecurityIdentifier",    0,  read::bytes),
    flow("distinguishedName",          "onPremisesDistinguishedName",  "onPremisesDistinguishedName",     0,  read::distinguished_name),
    flow("sAMAccountName",             "onPremisesSamAccountName",     "onPremisesSamAccountName",        0,  read::text),
    flow("physicalDeliveryOfficeName", "physicalDeliveryOfficeName",   "officeLocation",                  0,  read::text),
    flow("postOfficeBox",              "postOfficeBox",                "",                                0,  read::text_cut_to_448),
    flow("postalCode",                 "postalCode",                   "postalCode",                     40,  read::text),
    flow("preferredLanguage",          "preferredLanguage",            "preferredLanguage",               0,  read::text),
    flow("proxyAddresses",             "proxyAddresses",               "proxyAddresses",                  0,  read::addresses),
    flow("st",                         "state",                        "state",                         128,  read::text),
    flow("streetAddress",              "streetAddress",                "streetAddress",                1024,  read::text),
    flow("sn",                         "surname",                      "surname",                        64,  read::text),
    flow("telephoneNumber",            "telephoneNumber",              "businessPhones",                  0,  read::text),
    flow("title",                      "title",                        "jobTitle",                      128,  read::text),
    flow("url",                        "url",                          "",                                0,  read::text_cut_to_448),
    flow("msExchUsageLocation",        "usageLocation",                "usageLocation",                   2,  read::text_or_ignore),
    flow("userPrincipalName",          "userPrincipalName",            "userPrincipalName",               0,  read::principal_name),
];

/// What the rules look at beside the flows; `adminCount` is for the rules about passwords, `targetAddress` for the review of
/// the data, and no plan follows from them.
const RULES_NEED: &[&str] = &["adminCount", "adminDescription", "isCriticalSystemObject", "msExchRecipientTypeDetails", "targetAddress"];

/// Flows whose source is not an attribute that can be asked for.
const NOT_ASKED: &[&str] = &["dnsDomainName", "netBiosName", "onPremisesDistinguishedName"];

/// The attributes of Active Directory to ask for, as its schema writes them: those of the flows and those that the rules look
/// at. Never `unicodePwd`. `distinguishedName` and `objectGUID` are not repeated here.
pub fn source_attributes() -> &'static [&'static str] {
    static NAMES: std::sync::LazyLock<Vec<&'static str>> = std::sync::LazyLock::new(|| {
        let flows = USER_FLOWS.iter().filter(|flow| !NOT_ASKED.contains(&flow.service)).map(|flow| flow.ad);
        let mut names: Vec<_> = flows.chain(RULES_NEED.iter().copied()).collect();
        names.sort_unstable();
        names
    });
    &NAMES
}

/// The table's own copy of a service name.
pub(crate) fn known_service_name(name: &str) -> Option<&'static str> {
    by_service_name(name).map(|flow| flow.service)
}

/// The most characters that the service takes of an attribute of Active Directory; `None` where it names no limit.
pub(crate) fn chars_max(ad: &str) -> Option<usize> {
    USER_FLOWS.iter().find(|flow| flow.ad == ad).map(|flow| flow.chars_max).filter(|chars_max| *chars_max > 0)
}

/// The flow that fills an attribute of the service.
pub(crate) fn by_service_name(name: &str) -> Option<&'static Flow> {
    let at = USER_FLOWS.binary_search_by(|flow| flow.service.cmp(name)).ok()?;
    USER_FLOWS.get(at)
}

/// What one flow gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flowed {
    /// The value to have.
    Value(Value),
    /// No value to have.
    Clear,
    /// Whatever the target has.
    Ignore,
    /// The object at this DN, by its key; resolved when it is known what the plan makes of that object.
    Reference(String),
}

/// What a person should be at the service: every flow with what it gave, in the order of the table.
pub(crate) struct Desired {
    pub flows: Vec<(&'static Flow, Flowed)>,
    pub problems: Vec<Problem>,
}

impl Desired {
    /// The value that flows to an attribute of the service.
    pub fn value(&self, service: &str) -> Option<&Value> {
        let at = self.flows.binary_search_by(|(flow, _)| flow.service.cmp(service)).ok()?;
        match self.flows.get(at) {
            Some((_, Flowed::Value(value))) => Some(value),
            _ => None,
        }
    }

    /// The text that flows to an attribute of the service.
    pub fn text(&self, service: &str) -> Option<&str> {
        match self.value(service) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// The attributes by which objects couple, sorted. They are called alike on both sides.
pub(crate) const NAMES: [&str; 3] = ["mail", "proxyAddresses", "userPrincipalName"];

/// What a person should be at the service, with the problems in the data.
pub(crate) fn desired(person: &Person<'_>) -> Desired {
    flowing(person, USER_FLOWS.iter())
}

/// The same for the names alone: all that is needed to know who is who.
pub(crate) fn desired_names(person: &Person<'_>) -> Desired {
    flowing(person, NAMES.iter().filter_map(|name| by_service_name(name)))
}

fn flowing(person: &Person<'_>, flows: impl Iterator<Item = &'static Flow>) -> Desired {
    let mut problems = Vec::new();
    let flows = flows.map(|flow| (flow, within_limit(flow, (flow.read)(flow, person, &mut problems), &mut problems))).collect();
    Desired { flows, problems }
}

fn within_limit(flow: &Flow, flowed: Flowed, problems: &mut Vec<Problem>) -> Flowed {
    match flowed {
        Flowed::Value(Value::Text(text)) if flow.chars_max > 0 && text.len() > flow.chars_max && text.chars().count() > flow.chars_max => {
            problems.push(Problem::too_long(flow.ad, &text, flow.chars_max));
            Flowed::Ignore
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
