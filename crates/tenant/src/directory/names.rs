//! Which names the service takes, and how it makes its own.

/// Characters before the `@` of a UPN besides letters and digits.
const UPN_PUNCTUATION: &str = "'.-_!#^~";
const LOCAL_MAX: usize = 64;
const DOMAIN_MAX: usize = 48;

/// Why a UPN is not usable as it is; `None` when it is. Whether its domain is verified is not asked here.
pub fn upn_fault(upn: &str) -> Option<&'static str> {
    let Some((local, domain)) = upn.split_once('@') else { return Some("it has no @") };
    let legal = |character: char| character.is_ascii_alphanumeric() || UPN_PUNCTUATION.contains(character);
    let checks = [
        (local.is_empty(), "nothing stands before the @"),
        (domain.is_empty(), "nothing stands after the @"),
        (local.len() > LOCAL_MAX, "more than 64 characters stand before the @"),
        (domain.len() > DOMAIN_MAX, "more than 48 characters stand after the @"),
        (!local.chars().all(legal), "letters, digits and ' . - _ ! # ^ ~ alone may stand before the @"),
        (local.ends_with('.') || local.starts_with('.'), "a dot may stand neither first nor right before the @"),
        (!is_domain(domain), "what stands after the @ is no domain name"),
    ];
    checks.into_iter().find(|(faulty, _)| *faulty).map(|(_, reason)| reason)
}

/// Whether a UPN has the form the service takes.
pub fn is_upn_usable(upn: &str) -> bool {
    upn_fault(upn).is_none()
}

/// Whether a text has the form of a domain name with at least two labels.
pub fn is_domain(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.contains('.') && name.split('.').all(label)
}

/// Whether an address has the form `local@domain` without white space.
pub fn is_address(address: &str) -> bool {
    address.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && is_domain(domain))
        && !address.chars().any(|character| character.is_whitespace() || "<>()[];,\"".contains(character))
}

/// What stands after the last `@`, in lower case.
pub fn domain_of(name: &str) -> Option<String> {
    name.rsplit_once('@').map(|(_, domain)| domain.to_lowercase())
}

/// A mailNickname made of a name: what stands before the `@`, without the characters that a nickname may not hold.
pub fn nickname_of(name: &str) -> String {
    let local = name.split_once('@').map_or(name, |(local, _)| local);
    let legal = |character: &char| character.is_ascii_alphanumeric() || ".-_!#^~'".contains(*character);
    let nickname: String = local.chars().filter(legal).take(LOCAL_MAX).collect();
    nickname.trim_matches('.').to_owned()
}
