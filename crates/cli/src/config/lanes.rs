//! The tables of the two lanes: whose passwords are synchronized, and how often the service looks.

use std::time::Duration;

use samesign_agent::{Passwords, Rule, Schedule, Select};
use toml::Spanned;

use super::file::{Interval, PasswordsTable, ScheduleTable, SelectTable};
use super::problem::mend_of_value;
use super::{Checker, ConfigError};

/// An object cycle asks both directories what changed; without a pause between two of them a slow one would never rest.
const OBJECTS_MIN: Duration = Duration::from_secs(10);
/// A look for changed passwords is one small request to a domain controller, but it is one.
const PASSWORDS_MIN: Duration = Duration::from_secs(1);
/// Attributes that no rule may name: a rule compares and shows the value.
const SECRET_ATTRIBUTES: [&str; 5] = ["unicodePwd", "dBCSPwd", "ntPwdHistory", "lmPwdHistory", "supplementalCredentials"];

impl Checker<'_> {
    pub(super) fn passwords(&self, table: PasswordsTable) -> Result<Passwords, ConfigError> {
        let PasswordsTable { enabled, privileged, select } = table;
        Ok(Passwords { enabled, privileged, select: select.map(|select| self.select(&select)).transpose()? })
    }

    fn select(&self, table: &Spanned<SelectTable>) -> Result<Select, ConfigError> {
        let SelectTable { attribute, include, exclude } = table.get_ref();
        let attribute = attribute.trim();
        let refuse = |problem: &str| self.fault(table, problem, mend_of_value(Some("passwords.select")));
        if !is_attribute_name(attribute) {
            return Err(refuse("`attribute` must be the LDAP name of an attribute"));
        }
        if SECRET_ATTRIBUTES.iter().any(|secret| secret.eq_ignore_ascii_case(attribute)) {
            return Err(refuse("`attribute` names a secret, which is never read for a rule"));
        }
        let (value, rule) = match (include, exclude) {
            (Some(value), None) => (value, Rule::Include),
            (None, Some(value)) => (value, Rule::Exclude),
            (Some(_), Some(_)) => return Err(refuse("must hold `include` or `exclude`, not both")),
            (None, None) => return Err(refuse("must hold `include` or `exclude`")),
        };
        match value.trim() {
            "" => Err(refuse("must compare the attribute with a value that is not empty")),
            value => Ok(Select { attribute: attribute.to_owned(), value: value.to_owned(), rule }),
        }
    }

    pub(super) fn schedule(&self, table: ScheduleTable) -> Result<Schedule, ConfigError> {
        let ScheduleTable { objects, passwords } = table;
        let shortest = |interval: &Spanned<Interval>, least: Duration, mend: &str| match interval.get_ref().0 >= least {
            true => Ok(interval.get_ref().0),
            false => Err(self.fault(interval, format!("is shorter than {} s", least.as_secs()), mend)),
        };
        Ok(Schedule {
            objects: shortest(
                &objects,
                OBJECTS_MIN,
                "write 10s or longer: each cycle asks both directories, and changed passwords and disabled people do not wait for it",
            )?,
            passwords: shortest(&passwords, PASSWORDS_MIN, "write 1s or longer: each look is a request to a domain controller")?,
        })
    }
}

/// An attribute's name as LDAP writes one (RFC 4512, section 1.4: `descr`).
fn is_attribute_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
}
