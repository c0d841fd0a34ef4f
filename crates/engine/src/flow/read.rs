//! The transformations of the table of flows. Each reads one person and gives a value, *clear* or *ignore*.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::block::Given;
use crate::catalogue::Code;
use crate::names::{self, Fault};
use crate::person::Person;
use crate::value::Value;

use super::{Flow, Flowed};

/// A transformation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// The first value, trimmed.
    Text,
    /// The same; an absent one leaves the target as it is.
    TextOrIgnore,
    /// The same where it is a country of two letters, in capitals.
    Country,
    /// The first value only, cut to 448 characters.
    CutTo448,
    /// Every value, trimmed, none twice.
    Texts,
    /// displayName, else cn, else the name in the DN.
    DisplayName,
    /// The first value where it is an alias that the service takes.
    Nickname,
    /// The same, else cn where that can be an alias.
    NicknameOrCommonName,
    /// The first value where it is an e-mail address.
    Mail,
    /// The same, else the sign-in name.
    MailOrPrincipalName,
    /// The sign-in name; where it is absent, sAMAccountName at the domain.
    PrincipalName,
    /// Every address trimmed, none twice.
    Addresses,
    /// A number.
    Number,
    /// The same; an absent one leaves the target as it is.
    NumberOrIgnore,
    /// TRUE or FALSE.
    Boolean,
    /// Whether bit 2 (ACCOUNTDISABLE) is not set.
    Enabled,
    /// Whether the sign bit of groupType is set.
    SecurityEnabled,
    /// A FILETIME as generalized time.
    TimeOrIgnore,
    /// The first value's bytes.
    Bytes,
    /// Every value's bytes, of 15 values at most.
    Certificates,
    /// Another object of the directory.
    Reference,
    /// Several other objects.
    References,
    /// objectGUID as text.
    Identifier,
    /// The domain's DNS name.
    DnsDomain,
    /// The domain's NetBIOS name.
    NetBiosDomain,
    /// The DN as the directory writes it.
    DistinguishedName,
}

impl Read {
    /// Whether the row's source is an attribute that can be asked for.
    pub const fn is_asked_for(self) -> bool {
        !matches!(self, Self::Identifier | Self::DnsDomain | Self::NetBiosDomain | Self::DistinguishedName)
    }

    /// Whether there may be a value though the row's attribute is absent, or a finding because it is.
    pub const fn needs_more_than_its_attribute(self) -> bool {
        let falls_back = matches!(self, Self::DisplayName | Self::NicknameOrCommonName | Self::MailOrPrincipalName | Self::PrincipalName);
        falls_back || !self.is_asked_for()
    }

    /// What an absent attribute gives, for rows that need nothing else.
    pub const fn of_nothing<'a>(self) -> Flowed<'a> {
        match self {
            Self::TextOrIgnore | Self::Country | Self::NumberOrIgnore | Self::Enabled | Self::SecurityEnabled | Self::TimeOrIgnore => {
                Flowed::Ignore
            }
            _ => Flowed::Clear,
        }
    }

    /// What the row gives of a person.
    pub fn read<'a>(self, flow: &Flow, person: &Person<'a>, problems: &mut Vec<Problem>) -> Flowed<'a> {
        match self {
            Self::Text | Self::TextOrIgnore => text_or(self.of_nothing(), flow, person, problems, text_value),
            Self::Country => text_or(Flowed::Ignore, flow, person, problems, text_value).checked_country(flow, problems),
            Self::CutTo448 => text_or(Flowed::Clear, flow, person, problems, |text| text_value(cut(text).trim_end())),
            Self::Texts => texts(flow, person, problems),
            Self::DisplayName => display_name(flow, person, problems),
            Self::Nickname => nickname(flow, person, problems),
            Self::NicknameOrCommonName => nickname_or_common_name(flow, person, problems),
            Self::Mail => mail(flow, person, problems),
            Self::MailOrPrincipalName => mail_or_principal_name(flow, person, problems),
            Self::PrincipalName => principal_name(flow, person, problems),
            Self::Addresses => addresses(flow, person, problems),
            Self::Number => number(flow, person).map_or_else(|| unless_there(flow, person), |number| value(Value::Long(number))),
            Self::NumberOrIgnore => number(flow, person).map_or(Flowed::Ignore, |number| value(Value::Long(number))),
            Self::Boolean => boolean(flow, person),
            Self::Enabled => enabled(flow, person),
            Self::SecurityEnabled => security_enabled(person),
            Self::TimeOrIgnore => time_or_ignore(flow, person),
            Self::Bytes => bytes(flow, person),
            Self::Certificates => certificates(flow, person, problems),
            Self::Reference => text_or(Flowed::Clear, flow, person, problems, |dn| Flowed::Reference(crate::dn_key(dn))),
            Self::References => references(flow, person),
            Self::Identifier => made_text(person.object.guid.to_string()),
            Self::DnsDomain => dns_domain(person),
            Self::NetBiosDomain => netbios_domain(person),
            Self::DistinguishedName => text_value(&person.object.dn),
        }
    }
}

impl Flowed<'_> {
    /// The service takes usageLocation as a country of two letters (ISO 3166-1) only.
    fn checked_country(self, flow: &Flow, problems: &mut Vec<Problem>) -> Self {
        match self {
            Self::Value(Given::Text(text)) if text.len() != 2 || !text.bytes().all(|letter| letter.is_ascii_alphabetic()) => {
                problems.push(Problem::new(Code::UsageLocationInvalid, flow.ad, &text, "is not two letters (ISO 3166)"));
                Self::Ignore
            }
            Self::Value(Given::Text(text)) => made_text(text.to_ascii_uppercase()),
            other => other,
        }
    }
}

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
    pub(super) fn new(code: Code, attribute: &'static str, value: &str, because: &str) -> Self {
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
/// The service takes no more certificates of one object.
const CERTIFICATES_MAX: usize = 15;

fn cut(text: &str) -> &str {
    text.char_indices().nth(CUT_CHARS).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

fn text_value(text: &str) -> Flowed<'_> {
    Flowed::Value(Given::Text(Cow::Borrowed(text)))
}

fn made_text<'a>(text: String) -> Flowed<'a> {
    Flowed::Value(Given::Text(Cow::Owned(text)))
}

const fn value<'a>(value: Value) -> Flowed<'a> {
    Flowed::Value(Given::Value(value))
}

/// The first value where it is an alias that the service takes; a faulty one is ignored.
fn nickname<'a>(flow: &Flow, person: &Person<'a>, problems: &mut Vec<Problem>) -> Flowed<'a> {
    if let Some((nickname, fault)) = person.text(flow.ad).and_then(|text| Some((text, names::nickname_fault(text)?))) {
        problems.push(Problem::fault(Code::NicknameInvalid, flow.ad, nickname, fault));
        return Flowed::Ignore;
    }
    text_or(Flowed::Clear, flow, person, problems, text_value)
}

/// The alias, else cn. A common name that cannot be an alias is none's fault: the service makes an alias of the address.
fn nickname_or_common_name<'a>(flow: &Flow, person: &Person<'a>, problems: &mut Vec<Problem>) -> Flowed<'a> {
    let common_name = || person.text("cn").filter(|name| names::nickname_fault(name).is_none() && name.len() <= flow.chars_max);
    match nickname(flow, person, problems) {
        Flowed::Clear => common_name().map_or(Flowed::Clear, text_value),
        other => other,
    }
}

/// Every value, trimmed, none twice. Where one cannot be read, the target keeps what it has.
fn texts<'a>(flow: &Flow, person: &Person<'a>, problems: &mut Vec<Problem>) -> Flowed<'a> {
    let bad = person.raw(flow.ad).find(|value| std::str::from_utf8(value).map_or(true, holds_what_cannot_be_carried));
    if let Some(bad) = bad {
        problems.push(Problem::new(
            Code::TextUnreadable,
            flow.ad,
            &String::from_utf8_lossy(bad),
            "is not UTF-8, or holds a control character",
        ));
        return Flowed::Ignore;
    }
    let mut texts: Vec<&str> = person.texts(flow.ad).collect();
    texts.sort_unstable();
    texts.dedup();
    if texts.is_empty() { Flowed::Clear } else { Flowed::Value(Given::Texts(texts)) }
}

/// The first value, made into what flows; `absent` where there is none. What is there but is no text that can be carried is
/// never read as absent: the target keeps what it has.
fn text_or<'a>(
    absent: Flowed<'a>,
    flow: &Flow,
    person: &Person<'a>,
    problems: &mut Vec<Problem>,
    make: impl FnOnce(&'a str) -> Flowed<'a>,
) -> Flowed<'a> {
    match person.text(flow.ad) {
        Some(text) if !holds_what_cannot_be_carried(text) => make(text),
        None if person.is_unreadable(flow.ad) => unreadable(flow, person, problems),
        None => absent,
        Some(_) => unreadable(flow, person, problems),
    }
}

/// Whether a text holds a character that no message can hold.
fn holds_what_cannot_be_carried(text: &str) -> bool {
    // Every such character begins with a byte below a blank, or with that of the last ones of the plane.
    text.bytes().any(|byte| byte < b' ' || byte == 0xef) && text.contains(cannot_be_carried)
}

/// Characters that no XML message can hold (XML 1.0, section 2.2).
fn cannot_be_carried(character: char) -> bool {
    (character < ' ' && !matches!(character, '\t' | '\n' | '\r')) || matches!(character, '\u{fffe}' | '\u{ffff}')
}

fn unreadable<'a>(flow: &Flow, person: &Person<'a>, problems: &mut Vec<Problem>) -> Flowed<'a> {
    let value = String::from_utf8_lossy(person.first(flow.ad).unwrap_or_default());
    let because = if person.is_unreadable(flow.ad) { "is not UTF-8" } else { "holds a control character" };
    problems.push(Problem::new(Code::TextUnreadable, flow.ad, &value, because));
    Flowed::Ignore
}

fn number(flow: &Flow, person: &Person<'_>) -> Option<i64> {
    person.text(flow.ad).and_then(|text| text.parse().ok())
}

/// A value that cannot be read is never read as absent.
fn unless_there<'a>(flow: &Flow, person: &Person<'_>) -> Flowed<'a> {
    if person.first(flow.ad).is_some_and(|value| !value.is_empty()) { Flowed::Ignore } else { Flowed::Clear }
}

fn boolean<'a>(flow: &Flow, person: &Person<'_>) -> Flowed<'a> {
    match person.text(flow.ad) {
        Some(text) if text.eq_ignore_ascii_case("TRUE") => value(Value::Boolean(true)),
        Some(text) if text.eq_ignore_ascii_case("FALSE") => value(Value::Boolean(false)),
        _ => unless_there(flow, person),
    }
}

/// The value's bytes.
fn bytes<'a>(flow: &Flow, person: &Person<'_>) -> Flowed<'a> {
    person.first(flow.ad).filter(|bytes| !bytes.is_empty()).map_or(Flowed::Clear, |bytes| value(Value::Bytes(bytes.into())))
}

/// Every certificate; with more than the service takes, the target keeps what it has.
fn certificates<'a>(flow: &Flow, person: &Person<'a>, problems: &mut Vec<Problem>) -> Flowed<'a> {
    let count = person.raw(flow.ad).count();
    if count > CERTIFICATES_MAX {
        let because = format!("has more than {CERTIFICATES_MAX} values");
        problems.push(Problem::new(Code::TooManyCertificates, flow.ad, &format!("{count} values"), &because));
        return Flowed::Ignore;
    }
    let values: Box<[Box<[u8]>]> = person.raw(flow.ad).filter(|bytes| !bytes.is_empty()).map(Into::into).collect();
    if values.is_empty() { Flowed::Clear } else { value(Value::BytesList(values)) }
}

/// Enabled unless bit 2 (ACCOUNTDISABLE) is set. What cannot be read is never read as disabled: it is ignored.
fn enabled<'a>(flow: &Flow, person: &Person<'_>) -> Flowed<'a> {
    const ACCOUNT_DISABLE: u32 = 2;
    let control = person.text(flow.ad).and_then(|text| text.parse::<u32>().ok());
    control.map_or(Flowed::Ignore, |control| value(Value::Boolean(control & ACCOUNT_DISABLE == 0)))
}

/// A group with the sign bit of groupType is a security group. Unknown, it is ignored.
fn security_enabled<'a>(person: &Person<'_>) -> Flowed<'a> {
    person.is_security_group().map_or(Flowed::Ignore, |security| value(Value::Boolean(security)))
}

/// Other objects of the directory.
fn references<'a>(flow: &Flow, person: &Person<'_>) -> Flowed<'a> {
    let keys: Vec<String> = person.texts(flow.ad).map(crate::dn_key).collect();
    if keys.is_empty() { Flowed::Clear } else { Flowed::References(keys) }
}

/// displayName, else cn, else the name in the DN: the service takes no user without.
fn display_name<'a>(flow: &Flow, person: &Person<'a>, problems: &mut Vec<Problem>) -> Flowed<'a> {
    if person.is_unreadable(flow.ad) || person.text(flow.ad).is_some_and(holds_what_cannot_be_carried) {
        return unreadable(flow, person, problems);
    }
    let common_name = person.text("cn").filter(|name| !holds_what_cannot_be_carried(name));
    if person.text("displayName").is_none() && (person.first("displayName").is_some() || common_name.is_none()) {
        problems.push(Problem::new(Code::DisplayNameMissing, "displayName", "", "is blank"));
    }
    if let Some(name) = person.text("displayName").or(common_name) {
        return text_value(name);
    }
    person.dn().and_then(|dn| dn.rdn_value()).filter(|name| !name.is_empty()).map_or(Flowed::Ignore, made_text)
}

/// The UPN; where it is absent, sAMAccountName at the domain. A faulty one is ignored.
fn principal_name<'a>(flow: &Flow, person: &Person<'a>, problems: &mut Vec<Problem>) -> Flowed<'a> {
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
    let suffix = upn.split_once('@').map_or("", |(_, suffix)| suffix);
    if !person.policy.verified_domains.is_empty() && !is_among(suffix, &person.policy.verified_domains) {
        problems.push(Problem::new(Code::SuffixUnverified, flow.ad, &upn, "ends in a domain that the tenant has not verified"));
    }
    Flowed::Value(Given::Text(upn))
}

/// Whether a domain is one of these, which are folded.
fn is_among(domain: &str, folded: &[Box<str>]) -> bool {
    if domain.is_ascii() {
        return folded.iter().any(|known| known.eq_ignore_ascii_case(domain));
    }
    let domain = domain.to_lowercase();
    folded.iter().any(|known| **known == *domain)
}

/// AD's mail, else the UPN: never a clear. A faulty one is ignored.
fn mail_or_principal_name<'a>(flow: &Flow, person: &Person<'a>, problems: &mut Vec<Problem>) -> Flowed<'a> {
    match mail(flow, person, problems) {
        Flowed::Clear => {
            person.upn().filter(|upn| names::upn_fault(upn).is_none()).map_or(Flowed::Ignore, |upn| Flowed::Value(Given::Text(upn)))
        }
        other => other,
    }
}

/// AD's mail. A faulty one is ignored.
fn mail<'a>(flow: &Flow, person: &Person<'a>, problems: &mut Vec<Problem>) -> Flowed<'a> {
    let Some(mail) = person.text(flow.ad) else {
        return if person.is_unreadable(flow.ad) { unreadable(flow, person, problems) } else { Flowed::Clear };
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
fn addresses<'a>(flow: &Flow, person: &Person<'a>, problems: &mut Vec<Problem>) -> Flowed<'a> {
    for value in person.unreadable_values(flow.ad) {
        problems.push(Problem::new(Code::AddressInvalid, flow.ad, &String::from_utf8_lossy(value), "is not UTF-8"));
    }
    // Sorted, `SMTP:` comes before `smtp:`, so that of an address in both forms the primary one stays.
    let mut given: Vec<&str> = person.texts(flow.ad).collect();
    given.sort_unstable();
    given.retain(|proxy| {
        let fault = names::proxy_fault(proxy);
        problems.extend(fault.map(|fault| Problem::fault(Code::AddressInvalid, flow.ad, proxy, fault)));
        fault.is_none()
    });
    let kept = each_once(given);
    let primaries: Vec<&str> = kept.iter().copied().filter(|proxy| proxy.starts_with("SMTP:")).collect();
    if primaries.len() > 1 {
        problems.push(Problem::new(
            Code::AddressTwoPrimaries,
            flow.ad,
            &primaries.join(", "),
            "has more than one primary address (`SMTP:`)",
        ));
        return Flowed::Ignore;
    }
    if kept.is_empty() { Flowed::Clear } else { Flowed::Value(Given::Texts(kept)) }
}

/// The first of all that differ in capitals alone.
fn each_once(mut texts: Vec<&str>) -> Vec<&str> {
    match texts.as_slice() {
        [] | [_] => {}
        [one, other] if one.is_ascii() && other.is_ascii() && !one.eq_ignore_ascii_case(other) => {}
        several => {
            let mut known = HashSet::with_capacity(several.len());
            texts.retain(|text| known.insert(text.to_lowercase()));
        }
    }
    texts
}

/// The domain's DNS name; not known, it is ignored.
fn dns_domain<'a>(person: &Person<'a>) -> Flowed<'a> {
    let domain = &*person.policy.dns_domain;
    if domain.is_empty() { Flowed::Ignore } else { text_value(domain) }
}

/// The domain's NetBIOS name; not known, it is ignored.
fn netbios_domain<'a>(person: &Person<'a>) -> Flowed<'a> {
    person.policy.netbios_domain.as_deref().filter(|name| !name.is_empty()).map_or(Flowed::Ignore, text_value)
}

/// A FILETIME as `yyyyMMddHHmmss.0Z`. 0 ("must change") and what is no time leave the target as it is.
fn time_or_ignore<'a>(flow: &Flow, person: &Person<'_>) -> Flowed<'a> {
    person.text(flow.ad).and_then(|text| text.parse().ok()).and_then(generalized_time).map_or(Flowed::Ignore, made_text)
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
