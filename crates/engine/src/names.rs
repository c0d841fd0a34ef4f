//! What a user principal name and an e-mail address may look like (as IdFix has it), and the
//! one name space in which both are compared.

use crate::fold;

/// A UPN has at most this many characters before the `@`.
const UPN_LOCAL_CHARS_MAX: usize = 64;
/// And at most this many after it.
const UPN_DOMAIN_CHARS_MAX: usize = 48;
/// An e-mail address has at most this many characters, a proxy address too (its prefix included).
pub(crate) const ADDRESS_CHARS_MAX: usize = 256;

/// The suffix of the domain that every tenant has from its first day.
pub(crate) const FIRST_DOMAIN: &str = ".onmicrosoft.com";

/// What is wrong with a value, in words that follow "it".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Invalid(&'static str),
    TooLong,
}

/// What is wrong with a user principal name; `None` when nothing is. An apostrophe is legal.
pub(crate) fn upn_fault(upn: &str) -> Option<Fault> {
    let Some((local, domain)) = upn.split_once('@') else {
        return Some(Fault::Invalid("has no `@`"));
    };
    if domain.contains('@') {
        return Some(Fault::Invalid("has more than one `@`"));
    }
    if upn.contains(char::is_whitespace) {
        return Some(Fault::Invalid("holds white space"));
    }
    if local.chars().count() > UPN_LOCAL_CHARS_MAX || domain.chars().count() > UPN_DOMAIN_CHARS_MAX {
        return Some(Fault::TooLong);
    }
    if !local.chars().all(|character| character.is_ascii_alphanumeric() || "!#$'^_`~-.".contains(character)) {
        return Some(Fault::Invalid("holds a character that a sign-in name cannot have"));
    }
    if local.is_empty() || local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Some(Fault::Invalid("is empty before the `@`, or has a dot too many"));
    }
    if !is_domain(domain) {
        return Some(Fault::Invalid("does not end in a domain name"));
    }
    None
}

/// What is wrong with AD's `mail`. Deliberately little: the service takes much, and matching compares the text as it is.
pub(crate) fn mail_fault(mail: &str) -> Option<Fault> {
    let whole = mail.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
    if !whole || mail.contains(|character: char| character.is_whitespace() || character.is_control()) {
        return Some(Fault::Invalid("is not an e-mail address"));
    }
    (mail.chars().count() > ADDRESS_CHARS_MAX).then_some(Fault::TooLong)
}

/// What is wrong with one value of `proxyAddresses`. Only SMTP addresses are looked at closely; X.500 and others are kept
/// as they are.
pub(crate) fn proxy_fault(proxy: &str) -> Option<Fault> {
    let Some((prefix, address)) = proxy.split_once(':') else {
        return Some(Fault::Invalid("has no prefix such as `smtp:`"));
    };
    if prefix.eq_ignore_ascii_case("smtp") && proxy.len() <= ADDRESS_CHARS_MAX && is_everyday_address(address) {
        return None;
    }
    if prefix.is_empty() || address.is_empty() || proxy.contains(char::is_control) {
        return Some(Fault::Invalid("is not an address"));
    }
    if proxy.chars().count() > ADDRESS_CHARS_MAX {
        return Some(Fault::TooLong);
    }
    let bad = |character: char| character.is_whitespace() || "<>();,[]\":".contains(character);
    let whole = || address.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && is_domain(domain));
    (prefix.eq_ignore_ascii_case("smtp") && (address.contains(bad) || !whole())).then_some(Fault::Invalid("is not an e-mail address"))
}

/// What is wrong with an alias. What Graph refuses in mailNickname; and a dot at its beginning, which no address may have.
pub(crate) fn nickname_fault(nickname: &str) -> Option<Fault> {
    if nickname.starts_with('.') {
        return Some(Fault::Invalid("begins with a dot"));
    }
    let bad = |character: char| {
        !character.is_ascii() || character.is_whitespace() || character.is_control() || "@()\\[]\";:<>,".contains(character)
    };
    nickname.contains(bad).then_some(Fault::Invalid("holds a character that an alias cannot have"))
}

/// Whether the text before an `@` is as RFC 5322 (3.2.3) has it: atoms with dots between.
pub(crate) fn is_dot_atom(local: &str) -> bool {
    let legal = |character: char| character.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(character) || !character.is_ascii();
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(legal))
}

/// Endings that the Internet's registries have set aside, or that never were given to anybody: no tenant can verify a domain
/// below them (RFC 6761, 6762, 8375, 9476; ICANN's names that are not delegated).
const NEVER_PUBLIC: &[&str] = &[
    "alt",
    "arpa",
    "corp",
    "domain",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
    "test",
];

/// Whether no domain of that name can exist on the Internet, judged by its last label.
pub(crate) fn is_never_public(domain: &str) -> bool {
    let ending = domain.rsplit('.').next().unwrap_or(domain).to_lowercase();
    // A punycoded ending holds digits and hyphens.
    let letters = ending.starts_with("xn--") || (ending.chars().count() >= 2 && ending.chars().all(char::is_alphabetic));
    !letters || NEVER_PUBLIC.contains(&ending.as_str())
}

/// Nearly every address is of this form, in which nothing can be wrong.
fn is_everyday_address(address: &str) -> bool {
    let local = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    address
        .split_once('@')
        .is_some_and(|(name, domain)| !name.is_empty() && name.bytes().all(local) && domain.is_ascii() && is_domain(domain))
}

/// At least two labels of letters, digits and inner hyphens. Letters of any script, for domains may be internationalized.
fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        let of_letters = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            || label.chars().all(|character| character.is_alphanumeric() || character == '-');
        !label.is_empty() && of_letters && !label.starts_with('-') && !label.ends_with('-')
    };
    domain.contains('.') && domain.split('.').all(label)
}

/// The folded e-mail address of a value of `proxyAddresses`; `None` for X.500, SIP and the like.
pub(crate) fn smtp_address(proxy: &str) -> Option<String> {
    smtp_part(proxy).map(fold)
}

/// The same as it is written.
pub(crate) fn smtp_part(proxy: &str) -> Option<&str> {
    let (prefix, address) = proxy.trim().split_once(':')?;
    (prefix.eq_ignore_ascii_case("smtp") && !address.trim().is_empty()).then_some(address)
}

/// The folded primary address (`SMTP:` in upper case), where there is one.
pub(crate) fn primary_address<'a>(proxies: impl IntoIterator<Item = &'a str>) -> Option<String> {
    primary_part(proxies).map(fold)
}

/// The same as it is written.
pub(crate) fn primary_part<'a>(proxies: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    proxies.into_iter().find_map(|proxy| proxy.trim().strip_prefix("SMTP:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_the_service_takes() {
        for upn in ["ana@example.com", "o'neil@example.com", "a.b-c_d@sub.example.co", "x#1@münchen.example"] {
            assert_eq!(upn_fault(upn), None, "{upn}");
        }
        for proxy in
            ["SMTP:ana@example.com", "smtp:Ana@Example.com", "x500:/o=Ex/ou=A (1)/cn=Ana", "sip:ana@example.com", "X400:C=US;A= ;P=Ex"]
        {
            assert_eq!(proxy_fault(proxy), None, "{proxy}");
        }
    }

    #[test]
    fn names_that_it_refuses() {
        for upn in [
            "ana",
            "@example.com",
            "a@b@c.de",
            "a b@example.com",
            "jörg@example.com",
            "a@example",
            "a..b@example.com",
            ".a@example.com",
            "a+b@example.com",
            "a@-x.com",
        ] {
            assert!(matches!(upn_fault(upn), Some(Fault::Invalid(_))), "{upn}");
        }
        assert_eq!(upn_fault(&format!("{}@example.com", "a".repeat(65))), Some(Fault::TooLong));
        assert_eq!(upn_fault(&format!("a@{}.com", "a".repeat(45))), Some(Fault::TooLong));
        assert_eq!(upn_fault(&format!("{}@{}.com", "a".repeat(64), "a".repeat(44))), None, "113 characters are the most");
        for proxy in ["ana@example.com", "smtp:ana", "smtp:a b@example.com", "smtp:a@b", ":x", "smtp:", "smtp:a@b.c;d", "x500:a\nb"] {
            assert!(proxy_fault(proxy).is_some(), "{proxy}");
        }
        for mail in ["ana", "a@b c", "a@b@c", "@b"] {
            assert!(mail_fault(mail).is_some(), "{mail}");
        }
    }

    #[test]
    fn addresses_are_compared_without_case_and_prefix() {
        assert_eq!(smtp_address(" smtp:Ana@Example.com "), Some("ana@example.com".into()));
        assert_eq!(smtp_address("sip:ana@example.com"), None);
        assert_eq!(primary_address(["smtp:b@x.y", "SMTP:A@x.y"]), Some("a@x.y".into()));
    }
}
