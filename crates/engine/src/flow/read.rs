//! The transformations of the table of flows. Each reads one person and gives a value, *clear* or *ignore*.

use std::collections::HashSet;

use crate::catalogue::Code;
use crate::names::{self, Fault};
use crate::person::Person;
use crate::value::Value;

use super::{Flow, Flowed};

/// A transformation.
pub(super) type Read = fn(&Flow, &Person<'_>, &mut Vec<Problem>) -> Flowed;

/// A value that cannot flow, or not as its owner may expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub code: Code,
    pub attribute: &'static str,
    pub value: Box<str>,
    /// What is wrong with it, in words that follow "it".
    pub because: Box<str>,
}

impl Problem {
    fn new(code: Code, attribute: &'static str, value: &str, because: &str) -> Self {
        Self { code, attribute, value: value.into(), because: because.into() }
    }

    pub(super) fn too_long(attribute: &'static str, value: &str, chars_max: usize) -> Self {
        let shown: String = value.chars().take(60).chain(std::iter::once('…')).collect();
        Self::new(Code::ValueTooLong, attribute, &shown, &format!("has more than {chars_max} characters"))
    }

    fn fault(code: Code, attribute: &'static str, value: &str, fault: Fault) -> Self {
        match fault {
            Fault::Invalid(because) => Self::new(code, attribute, value, because),
            // A person without a sign-in name is not synchronized at all, which the warning about lengths would not say.
            Fault::TooLong if code == Code::UpnInvalid => Self::new(code, attribute, value, "is longer than the service takes"),
            Fault::TooLong => Self::new(Code::ValueTooLong, attribute, value, "is longer than the service takes"),
        }
    }
}

const CUT_CHARS: usize = 448;

fn text_value(text: &str) -> Flowed {
    Flowed::Value(Value::Text(text.into()))
}

/// The first value, trimmed.
pub(super) fn text(flow: &Flow, person: &Person<'_>, problems: &mut Vec<Problem>) -> Flowed {
    text_or(Flowed::Clear, flow, person, problems, text_value)
}

/// The first value, trimmed; an absent one leaves the target as it is.
pub(super) fn text_or_ignore(flow: &Flow, person: &Person<'_>, problems: &mut Vec<Problem>) -> Flowed {
    text_or(Flowed::Ignore, flow, person, problems, text_value)
}

/// The first value only, cut to 448 characters.
pub(super) fn text_cut_to_448(flow: &Flow, person: &Person<'_>, problems: &mut Vec<Problem>) -> Flowed {
    let cut = |text: &str| match text.char_indices().nth(CUT_CHARS) {
        Some((end, _)) => text.get(..end).unwrap_or(text).to_owned(),
        None => text.to_owned(),
    };
    text_or(Flowed::Clear, flow, person, problems, |text| text_value(cut(text).trim_end()))
}

/// The first value where it is an alias that the service takes; a faulty one is ignored.
pub(super) fn nickname(flow: &Flow, person: &Person<'_>, problems: &mut Vec<Problem>) -> Flowed {
    if let Some((nickname, fault)) = person.text(flow.ad).and_then(|text| Some((text, names::nickname_fault(text)?))) {
        problems.push(Problem::fault(Code::NicknameInvalid, flow.ad, nickname, fault));
        return Flowed::Ignore;
    }
    text(flow, person, problems)
}

/// The first value, made into what flows; `absent` where there is none. What is there but is no text that can be carried is
/// never read as absent: the target keeps what it has.
fn text_or(absent: Flowed, flow: &Flow, person: &Person<'_>, problems: &mut Vec<Problem>, make: impl FnOnce(&str) -> Flowed) -> Flowed {
    match person.text(flow.ad) {
        Some(text) if !text.contains(cannot_be_carried) => make(text),
        None if person.is_unreadable(flow.ad) => unreadable(flow, person, problems),
        None => absent,
        Some(_) => unreadable(flow, person, problems),
    }
}

/// Characters that no XML message can hold (XML 1.0, section 2.2).
fn cannot_be_carried(character: char) -> bool {
    (character < ' ' && !matches!(character, '\t' | '\n' | '\r')) || matches!(character, '\u{fffe}' | '\u{ffff}')
}

fn unreadable(flow: &Flow, person: &Person<'_>, problems: &mut Vec<Problem>) -> Flowed {
    let value = String::from_utf8_lossy(person.first(flow.ad).unwrap_or_default());
    let because = if person.is_unreadable(flow.ad) { "is not UTF-8" } else { "holds a control character" };
    problems.push(Problem::new(Code::TextUnreadable, flow.ad, &value, because));
    Flowed::Ignore
}

/// A number; an absent or unreadable one leaves the target as it is.
pub(super) fn number_or_ignore(flow: &Flow, person: &Person<'_>, _: &mut Vec<Problem>) -> Flowed {
    person.text(flow.ad).and_then(|text| text.parse().ok()).map_or(Flowed::Ignore, |number| Flowed::Value(Value::Long(number)))
}

/// The value's bytes.
pub(super) fn bytes(flow: &Flow, person: &Person<'_>, _: &mut Vec<Problem>) -> Flowed {
    person.first(flow.ad).filter(|bytes| !bytes.is_empty()).map_or(Flowed::Clear, |bytes| Flowed::Value(Value::Bytes(bytes.into())))
}

/// Enabled unless bit 2 (ACCOUNTDISABLE) is set. What cannot be read is never read as disabled: it is ignored.
pub(super) fn enabled(flow: &Flow, person: &Person<'_>, _: &mut Vec<Problem>) -> Flowed {
    const ACCOUNT_DISABLE: u32 = 2;
    let control = person.text(flow.ad).and_then(|text| text.parse::<u32>().ok());
    control.map_or(Flowed::Ignore, |control| Flowed::Value(Value::Boolean(control & ACCOUNT_DISABLE == 0)))
}

/// displayName, else cn, else the name in the DN: the service takes no user without.
pub(super) fn display_name(flow: &Flow, person: &Person<'_>, problems: &mut Vec<Problem>) -> Flowed {
    if person.is_unreadable(flow.ad) || person.text(flow.ad).is_some_and(|text| text.contains(cannot_be_carried)) {
        return unreadable(flow, person, problems);
    }
    let common_name = person.text("cn").filter(|name| !name.contains(cannot_be_carried));
    if person.text("displayName").is_none() && (person.first("displayName").is_some() || common_name.is_none()) {
        problems.push(Problem::new(Code::DisplayNameMissing, "displayName", "", "is blank"));
    }
    if let Some(name) = person.text("displayName").or(common_name) {
        return text_value(name);
    }
    person.dn().and_then(|dn| dn.rdn_value()).filter(|name| !name.is_empty()).map_or(Flowed::Ignore, |name| text_value(&name))
}

/// The UPN; where it is absent, sAMAccountName at the domain. A faulty one is ignored.
pub(super) fn principal_name(flow: &Flow, person: &Person<'_>, problems: &mut Vec<Problem>) -> Flowed {
    let Some(upn) = person.upn() else {
        if person.is_unreadable(flow.ad) {
            let value = String::from_utf8_lossy(person.first(flow.ad).unwrap_or_default());
            problems.push(Problem::new(Code::UpnInvalid, flow.ad, &value, "is not UTF-8"));
            return Flowed::Ignore;
        }
        problems.push(Problem::new(Code::UpnMissing, flow.ad, "", "is blank, and so is sAMAccountName"));
        return Flowed::Ignore;
    };
    if let Some(fault) = names::upn_fault(&upn) {
        problems.push(Problem::fault(Code::UpnInvalid, flow.ad, &upn, fault));
        return Flowed::Ignore;
    }
    let suffix = upn.split_once('@').map_or("", |(_, suffix)| suffix).to_lowercase();
    if !person.policy.verified_domains.is_empty() && !person.policy.verified_domains.iter().any(|verified| **verified == *suffix) {
        problems.push(Problem::new(Code::SuffixUnverified, flow.ad, &upn, "ends in a domain that the tenant has not verified"));
    }
    text_value(&upn)
}

/// AD's mail, else the UPN: never a clear. A faulty one is ignored.
pub(super) fn mail(flow: &Flow, person: &Person<'_>, problems: &mut Vec<Problem>) -> Flowed {
    let Some(mail) = person.text(flow.ad) else {
        if person.is_unreadable(flow.ad) {
            return unreadable(flow, person, problems);
        }
        return person.upn().filter(|upn| names::upn_fault(upn).is_none()).map_or(Flowed::Ignore, |upn| text_value(&upn));
    };
    match names::mail_fault(mail) {
        Some(fault) => {
            problems.push(Problem::fault(Code::MailInvalid, flow.ad, mail, fault));
            Flowed::Ignore
        }
        None => text_value(mail),
    }
}

/// Every address trimmed, none twice. A faulty address is left out; two primary ones are not decided between.
pub(super) fn addresses(flow: &Flow, person: &Person<'_>, problems: &mut Vec<Problem>) -> Flowed {
    for value in person.unreadable_values(flow.ad) {
        problems.push(Problem::new(Code::AddressInvalid, flow.ad, &String::from_utf8_lossy(value), "is not UTF-8"));
    }
    let mut kept: Vec<Box<str>> = Vec::new();
    // Sorted, `SMTP:` comes before `smtp:`, so that of an address in both forms the primary one stays.
    let mut given: Vec<&str> = person.texts(flow.ad).collect();
    given.sort_unstable();
    let mut known = HashSet::with_capacity(given.len());
    for proxy in given {
        if let Some(fault) = names::proxy_fault(proxy) {
            problems.push(Problem::fault(Code::AddressInvalid, flow.ad, proxy, fault));
        } else if known.insert(proxy.to_lowercase()) {
            kept.push(proxy.into());
        }
    }
    let primaries: Vec<&str> = kept.iter().map(|proxy| &**proxy).filter(|proxy| proxy.starts_with("SMTP:")).collect();
    if primaries.len() > 1 {
        problems.push(Problem::new(
            Code::AddressTwoPrimaries,
            flow.ad,
            &primaries.join(", "),
            "has more than one primary address (`SMTP:`)",
        ));
        return Flowed::Ignore;
    }
    if kept.is_empty() { Flowed::Clear } else { Flowed::Value(Value::Texts(kept.into())) }
}

/// The domain's DNS name; not known, it is ignored.
pub(super) fn dns_domain(_: &Flow, person: &Person<'_>, _: &mut Vec<Problem>) -> Flowed {
    let domain = &*person.policy.dns_domain;
    if domain.is_empty() { Flowed::Ignore } else { text_value(domain) }
}

/// The domain's NetBIOS name; not known, it is ignored.
pub(super) fn netbios_domain(_: &Flow, person: &Person<'_>, _: &mut Vec<Problem>) -> Flowed {
    person.policy.netbios_domain.as_deref().filter(|name| !name.is_empty()).map_or(Flowed::Ignore, text_value)
}

/// The DN as the directory writes it.
pub(super) fn distinguished_name(_: &Flow, person: &Person<'_>, _: &mut Vec<Problem>) -> Flowed {
    text_value(&person.object.dn)
}

/// Another object of the directory.
pub(super) fn reference(flow: &Flow, person: &Person<'_>, problems: &mut Vec<Problem>) -> Flowed {
    text_or(Flowed::Clear, flow, person, problems, |dn| Flowed::Reference(crate::dn_key(dn)))
}

/// A FILETIME as `yyyyMMddHHmmss.0Z`. 0 ("must change") and what is no time leave the target as it is.
pub(super) fn time_or_ignore(flow: &Flow, person: &Person<'_>, _: &mut Vec<Problem>) -> Flowed {
    person.text(flow.ad).and_then(|text| text.parse().ok()).and_then(generalized_time).map_or(Flowed::Ignore, |time| text_value(&time))
}

/// Ticks of 100 ns since 1601 as generalized time.
fn generalized_time(ticks: i64) -> Option<String> {
    const TICKS_PER_SECOND: i64 = 10_000_000;
    const SECONDS_1601_TO_1970: i64 = 11_644_473_600;
    if ticks <= 0 {
        return None;
    }
    let time = jiff::Timestamp::from_second(ticks / TICKS_PER_SECOND - SECONDS_1601_TO_1970).ok()?;
    let time = jiff::tz::Offset::UTC.to_datetime(time);
    let (date, clock) = (time.date(), time.time());
    let (hour, minute, second) = (clock.hour(), clock.minute(), clock.second());
    Some(format!("{:04}{:02}{:02}{hour:02}{minute:02}{second:02}.0Z", date.year(), date.month(), date.day()))
}
