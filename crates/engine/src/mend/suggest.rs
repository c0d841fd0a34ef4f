//! Which value follows from what is there. IdFix's suggestions, checked again for what they would clash with.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Edit;
use super::taken::Taken;
use crate::person::Person;
use crate::review::is_invisible;
use crate::{Finding, flow, fold, names};

/// The steps, or why there are none.
type Suggestion = Result<Vec<Edit>, Box<str>>;

/// What mends a finding about a person.
pub(super) fn edits(finding: &Finding, person: &Person<'_>, taken: &mut Taken) -> Suggestion {
    match finding.code {
        "address-invalid" => address(finding, person, taken),
        "address-two-primaries" => one_primary(person),
        "display-name-missing" => display_name(person),
        "mail-invalid" => mail(person, taken),
        "mail-not-primary" => primary_mail(person, taken),
        "match-mail-blank" => mail_of_match(finding, person, taken),
        "new-user-has-mail" => no_mail(finding, person),
        "nickname-invalid" => nickname(person, taken),
        "suffix-unverified" => verified_suffix(person, taken),
        "text-invisible" => visible(finding, person, taken),
        "upn-invalid" => sign_in_name(person, taken),
        "value-too-long" => shorter(finding, person),
        _ => Err(decide(finding)),
    }
}

fn decide(finding: &Finding) -> Box<str> {
    format!("a person must decide: {}", finding.hint).into()
}

fn clash(value: &str) -> Box<str> {
    format!("`{value}` would follow, but somebody has it: choose another value").into()
}

fn nothing_follows() -> Box<str> {
    "no good value follows from what is there: choose one".into()
}

fn replace(attribute: &'static str, value: &str) -> Vec<Edit> {
    vec![Edit::Replace(attribute, value.as_bytes().into())]
}

/// The value as the directory holds it, white space included.
fn raw<'a>(person: &Person<'a>, attribute: &str, text: &str) -> Option<&'a [u8]> {
    person.raw(attribute).find(|value| String::from_utf8_lossy(value).trim() == text.trim())
}

/// An address without a prefix gets one, where it is one; everything else is removed.
fn address(finding: &Finding, person: &Person<'_>, taken: &mut Taken) -> Suggestion {
    const ATTRIBUTE: &str = "proxyAddresses";
    let text = finding.value.as_deref().unwrap_or_default();
    let Some(value) = raw(person, ATTRIBUTE, text) else { return Err(decide(finding)) };
    let delete = Edit::Delete(ATTRIBUTE, value.into());
    let prefixed = format!("smtp:{}", text.trim());
    if text.contains(':') || names::proxy_fault(&prefixed).is_some() {
        return Ok(vec![delete]);
    }
    if !taken.take(text, person, None) {
        return Err(clash(&prefixed));
    }
    Ok(vec![delete, Edit::Add(ATTRIBUTE, prefixed.into_bytes().into())])
}

/// The one that `mail` names stays primary.
fn one_primary(person: &Person<'_>) -> Suggestion {
    const ATTRIBUTE: &str = "proxyAddresses";
    let primaries: Vec<&str> =
        person.texts(ATTRIBUTE).filter(|proxy| proxy.starts_with("SMTP:") && names::proxy_fault(proxy).is_none()).collect();
    let mail = person.text("mail").map(fold);
    let Some(kept) = primaries.iter().find(|proxy| names::smtp_address(proxy) == mail && mail.is_some()) else {
        return Err("mail names none of them: write all but one with a small `smtp:`".into());
    };
    let mut edits = Vec::new();
    for proxy in primaries.iter().filter(|proxy| *proxy != kept) {
        let (Some(value), Some(address)) = (raw(person, ATTRIBUTE, proxy), proxy.strip_prefix("SMTP:")) else { continue };
        edits.push(Edit::Delete(ATTRIBUTE, value.into()));
        edits.push(Edit::Add(ATTRIBUTE, format!("smtp:{address}").into_bytes().into()));
    }
    Ok(edits)
}

fn display_name(person: &Person<'_>) -> Suggestion {
    let name = person.text("cn").map(str::to_owned).or_else(|| person.dn().and_then(|dn| dn.rdn_value().map(|name| name.to_string())));
    name.filter(|name| !name.trim().is_empty()).map(|name| replace("displayName", &name)).ok_or_else(nothing_follows)
}

/// Without white space and what nobody sees.
fn mail(person: &Person<'_>, taken: &mut Taken) -> Suggestion {
    let given = person.text("mail").unwrap_or_default();
    let mended: String =
        given.chars().filter(|character| !character.is_whitespace() && !character.is_control() && !is_invisible(*character)).collect();
    if names::mail_fault(&mended).is_some() || mended == given {
        return Err(nothing_follows());
    }
    if taken.take(&mended, person, None) { Ok(replace("mail", &mended)) } else { Err(clash(&mended)) }
}

fn primary_mail(person: &Person<'_>, taken: &mut Taken) -> Suggestion {
    let primary = person.texts("proxyAddresses").find_map(|proxy| proxy.strip_prefix("SMTP:")).ok_or_else(nothing_follows)?;
    if taken.take(primary, person, None) { Ok(replace("mail", primary)) } else { Err(clash(primary)) }
}

/// The address that the cloud user with the same sign-in name shows.
fn mail_of_match(finding: &Finding, person: &Person<'_>, taken: &mut Taken) -> Suggestion {
    let upn = finding.objects.get(1).map(|upn| &**upn).unwrap_or_default();
    let Some(mail) = taken.mail_of(upn) else { return Err(decide(finding)) };
    if taken.take(&mail, person, Some(upn)) { Ok(replace("mail", &mail)) } else { Err(clash(&mail)) }
}

/// Where nobody has the address, the person is new, and the sign-in name becomes the address.
fn no_mail(finding: &Finding, person: &Person<'_>) -> Suggestion {
    match (finding.objects.len(), person.raw("mail").next()) {
        (1, Some(value)) => Ok(vec![Edit::Delete("mail", value.into())]),
        _ => Err(decide(finding)),
    }
}

fn nickname(person: &Person<'_>, taken: &mut Taken) -> Suggestion {
    let given = person.text("mailNickname").unwrap_or_default();
    let mended: String = latin(given.trim_start_matches('.'))
        .filter(|character| names::nickname_fault(character.encode_utf8(&mut [0; 4])).is_none() || *character == '.')
        .collect();
    let mended = mended.trim_start_matches('.');
    if mended.is_empty() || names::nickname_fault(mended).is_some() {
        return Err(nothing_follows());
    }
    if taken.take_nickname(mended, person) { Ok(replace("mailNickname", mended)) } else { Err(clash(mended)) }
}

/// The same name at the tenant's own domain, where it has one only.
fn verified_suffix(person: &Person<'_>, taken: &mut Taken) -> Suggestion {
    let own: Vec<&str> =
        person.policy.verified_domains.iter().map(|domain| &**domain).filter(|domain| !domain.ends_with(".onmicrosoft.com")).collect();
    let [domain] = own.as_slice() else {
        return Err("the tenant has not exactly one domain of its own: choose the suffix".into());
    };
    let upn = person.upn().ok_or_else(nothing_follows)?;
    let local = upn.split_once('@').map_or("", |(local, _)| local);
    take_upn(format!("{local}@{domain}"), person, taken)
}

fn sign_in_name(person: &Person<'_>, taken: &mut Taken) -> Suggestion {
    let upn = person.upn().ok_or_else(nothing_follows)?;
    let (local, domain) = upn.rsplit_once('@').ok_or_else(nothing_follows)?;
    let legal: String = latin(local).filter(|character| character.is_ascii_alphanumeric() || "!#$'^_`~-.".contains(*character)).collect();
    let local = legal.split('.').filter(|atom| !atom.is_empty()).collect::<Vec<_>>().join(".");
    let domain: String = domain.chars().filter(|character| !character.is_whitespace()).collect();
    take_upn(format!("{local}@{domain}"), person, taken)
}

fn take_upn(upn: String, person: &Person<'_>, taken: &mut Taken) -> Suggestion {
    if names::upn_fault(&upn).is_some() {
        return Err(nothing_follows());
    }
    if taken.take(&upn, person, None) { Ok(replace("userPrincipalName", &upn)) } else { Err(clash(&upn)) }
}

/// Without the characters that nobody sees.
fn visible(finding: &Finding, person: &Person<'_>, taken: &mut Taken) -> Suggestion {
    let name = finding.attribute.as_deref().unwrap_or_default();
    let Some(attribute) = crate::source_attributes().iter().find(|known| ***known == *name).copied() else { return Err(decide(finding)) };
    let given = finding.value.as_deref().unwrap_or_default();
    let Some(value) = raw(person, attribute, given) else { return Err(decide(finding)) };
    let mended: String = given.chars().filter(|character| !is_invisible(*character)).collect();
    let mended = mended.trim();
    let address = names::smtp_address(mended).or_else(|| ["mail", "userPrincipalName"].contains(&attribute).then(|| fold(mended)));
    if address.is_some_and(|address| !taken.take(&address, person, None)) {
        return Err(clash(mended));
    }
    let delete = Edit::Delete(attribute, value.into());
    Ok(if mended.is_empty() { vec![delete] } else { vec![delete, Edit::Add(attribute, mended.as_bytes().into())] })
}

/// Names are not shortened: whose they are would be a guess.
fn shorter(finding: &Finding, person: &Person<'_>) -> Suggestion {
    let name = finding.attribute.as_deref().unwrap_or_default();
    let known = crate::source_attributes().iter().find(|known| ***known == *name && !flow::NAMES.contains(known)).copied();
    let (Some(attribute), Some(chars_max)) = (known, flow::chars_max(name)) else { return Err(decide(finding)) };
    if attribute == "mailNickname" || attribute == "msExchUsageLocation" {
        return Err(decide(finding));
    }
    let cut: String = person.text(attribute).unwrap_or_default().chars().take(chars_max).collect();
    if cut.trim().is_empty() { Err(nothing_follows()) } else { Ok(replace(attribute, cut.trim())) }
}

/// Letters as they are written where only a to z are to be had: ä as ae, é as e.
fn latin(text: &str) -> impl Iterator<Item = char> + '_ {
    let written = |character: char| match character {
        'ä' | 'æ' => "ae",
        'ö' | 'œ' => "oe",
        'ü' => "ue",
        'Ä' | 'Æ' => "Ae",
        'Ö' | 'Œ' => "Oe",
        'Ü' => "Ue",
        'ß' => "ss",
        'ø' => "o",
        'Ø' => "O",
        'ł' => "l",
        'Ł' => "L",
        _ => "",
    };
    text.nfc().flat_map(move |character| {
        let known = written(character);
        let plain = known.is_empty().then(|| std::iter::once(character).nfd().filter(|part| !is_combining_mark(*part)));
        known.chars().chain(plain.into_iter().flatten())
    })
}
