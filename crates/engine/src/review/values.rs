//! The rules about one object's own values.

use crate::catalogue::{At, Code};
use crate::person::Person;
use crate::plan::Kind;
use crate::subject::Findings;
use crate::{fold, names};

/// An object with more addresses may be larger than the service takes.
const ADDRESSES_MAX: usize = 300;
/// sAMAccountName of a user (MS-SAMR 3.1.1.6).
const SAM_ACCOUNT_CHARS_MAX: usize = 20;
/// Of any other object.
const OTHER_ACCOUNT_CHARS_MAX: usize = 256;
const TARGET_ADDRESS_CHARS_MAX: usize = 255;
/// What other programs take, where the service takes a character more.
const LONG: [(&str, usize); 2] = [("displayName", 255), ("givenName", 63)];

pub(super) fn review(person: &Person<'_>, findings: &mut Findings) {
    let mut found = |code: Code, attribute: &str, value: &str, because: &str| {
        findings.insert(code.finding([&*person.object.dn], format!("it {because}: {}", code.mend())).at(attribute, value));
    };
    addresses(person, &mut found);
    match person.kind() {
        Kind::User => sign_in_name(person, &mut found),
        Kind::Group => account_name(person, OTHER_ACCOUNT_CHARS_MAX, &mut found),
        Kind::Contact => {}
    }
    lengths(person, &mut found);
    target_address(person, &mut found);
    mail(person, &mut found);
    invisible(person, &mut found);
}

/// Code, attribute, value, and what is wrong in words that follow "it".
type Found<'f> = dyn FnMut(Code, &str, &str, &str) + 'f;

fn addresses(person: &Person<'_>, found: &mut Found<'_>) {
    const ATTRIBUTE: &str = "proxyAddresses";
    let mut count = 0_usize;
    for proxy in person.texts(ATTRIBUTE) {
        count += 1;
        // What is no address at all is found by the plan.
        if names::proxy_fault(proxy).is_some() {
            continue;
        }
        if let Some(because) = unusual(proxy) {
            found(Code::AddressUnusual, ATTRIBUTE, proxy, because);
        }
        if smtp_domain(proxy).is_some_and(|domain| !is_verified(person, domain) && names::is_never_public(domain)) {
            found(Code::DomainNotPublic, ATTRIBUTE, proxy, "ends in a domain that cannot exist on the Internet");
        }
    }
    if count > ADDRESSES_MAX {
        found(Code::TooManyAddresses, ATTRIBUTE, &format!("{count} values"), &format!("has more than {ADDRESSES_MAX} values"));
    }
}

fn smtp_domain(proxy: &str) -> Option<&str> {
    let (prefix, address) = proxy.split_once(':')?;
    prefix.eq_ignore_ascii_case("smtp").then(|| address.split_once('@').map(|(_, domain)| domain)).flatten()
}

fn is_verified(person: &Person<'_>, domain: &str) -> bool {
    let domain = fold(domain);
    person.policy.verified_domains.iter().any(|verified| **verified == domain)
}

/// What is unusual about an address that is sent.
fn unusual(proxy: &str) -> Option<&'static str> {
    let (prefix, address) = proxy.split_once(':')?;
    match prefix.to_ascii_lowercase().as_str() {
        "smtp" => address
            .split_once('@')
            .filter(|(local, _)| !names::is_dot_atom(local))
            .map(|_| "has a dot too many, or a character that no address has before the `@`"),
        "x400" | "x500" => address.contains(['[', ']', '"', '\'']).then_some("holds one of the characters [ ] \" '"),
        _ => address
            .contains(|character: char| character.is_whitespace() || "<>(),[]\":".contains(character))
            .then_some("holds white space, or one of the characters : < > ( ) , [ ] \""),
    }
}

fn sign_in_name(person: &Person<'_>, found: &mut Found<'_>) {
    if let Some(upn) = person.text("userPrincipalName") {
        // Where the verified domains are known, the plan finds every suffix that is not among them.
        let domain = upn.split_once('@').map(|(_, domain)| domain).filter(|_| names::upn_fault(upn).is_none());
        if person.policy.verified_domains.is_empty() && domain.is_some_and(names::is_never_public) {
            found(Code::DomainNotPublic, "userPrincipalName", upn, "ends in a domain that cannot exist on the Internet");
        }
        return;
    }
    account_name(person, SAM_ACCOUNT_CHARS_MAX, found);
}

fn account_name(person: &Person<'_>, chars_max: usize, found: &mut Found<'_>) {
    let Some(account) = person.text("sAMAccountName") else { return };
    if account.chars().count() > chars_max {
        found(Code::SamAccountInvalid, "sAMAccountName", account, &format!("has more than {chars_max} characters"));
    } else if account.contains(|character: char| character.is_control() || "\\\"|,/[]:<>+=;?*".contains(character)) {
        found(Code::SamAccountInvalid, "sAMAccountName", account, "holds one of the characters \\ \" | , / [ ] : < > + = ; ? *");
    }
}

fn lengths(person: &Person<'_>, found: &mut Found<'_>) {
    for (attribute, chars_max) in LONG {
        let Some(text) = person.text(attribute).filter(|text| text.len() > chars_max) else { continue };
        // Longer still, it is not sent, and the plan finds it.
        if text.chars().count() == chars_max + 1 {
            found(Code::ValueLong, attribute, text, &format!("has more than {chars_max} characters"));
        }
    }
}

fn target_address(person: &Person<'_>, found: &mut Found<'_>) {
    const ATTRIBUTE: &str = "targetAddress";
    let Some(target) = person.text(ATTRIBUTE) else { return };
    let because = match target.split_once(':') {
        _ if target.chars().count() > TARGET_ADDRESS_CHARS_MAX => Some("has more than 255 characters"),
        _ if target.contains(|character: char| character.is_whitespace() || "\\<>();,[]\"".contains(character)) => {
            Some("holds white space, or one of the characters \\ < > ( ) ; , [ ] \"")
        }
        None => Some("has no prefix such as `SMTP:`"),
        Some((prefix, _)) if !prefix.eq_ignore_ascii_case("smtp") => None,
        Some((_, address))
            if names::proxy_fault(target).is_some() || !address.split_once('@').is_some_and(|(local, _)| names::is_dot_atom(local)) =>
        {
            Some("is not an e-mail address")
        }
        Some(_) => None,
    };
    match because {
        Some(because) => found(Code::TargetAddressInvalid, ATTRIBUTE, target, because),
        None if smtp_domain(target).is_some_and(|domain| !is_verified(person, domain) && names::is_never_public(domain)) => {
            found(Code::DomainNotPublic, ATTRIBUTE, target, "ends in a domain that cannot exist on the Internet");
        }
        None => {}
    }
}

/// The service shows the primary address as `mail`, whatever `mail` says (MailMatch).
fn mail(person: &Person<'_>, found: &mut Found<'_>) {
    let Some(mail) = person.text("mail").filter(|mail| names::mail_fault(mail).is_none()) else { return };
    let primaries: Vec<&str> = person.texts("proxyAddresses").filter(|proxy| proxy.starts_with("SMTP:")).collect();
    if let [proxy] = primaries.as_slice()
        && let Some(primary) = names::primary_address([*proxy]).filter(|primary| *primary != fold(mail))
    {
        found(Code::MailNotPrimary, "mail", mail, &format!("is not the primary address in proxyAddresses ({primary})"));
    }
}

/// Bidirectional overrides, zero-width spaces and byte order marks. Joiners and direction marks belong to some scripts.
fn invisible(person: &Person<'_>, found: &mut Found<'_>) {
    for (name, values) in person.all() {
        let Some(attribute) = crate::source_attributes().iter().find(|known| known.eq_ignore_ascii_case(name)) else { continue };
        let bad = |value: &[u8]| {
            value.iter().any(|byte| *byte >= 0xe2) && std::str::from_utf8(value).is_ok_and(|text| text.contains(is_invisible))
        };
        for value in values.filter(|value| bad(value)) {
            found(Code::TextInvisible, attribute, &String::from_utf8_lossy(value), "holds characters that nobody sees");
        }
    }
}

pub(crate) fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
