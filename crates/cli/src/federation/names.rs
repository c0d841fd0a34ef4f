//! Names of domains, and of people in them.

/// Whether a domain is another one or below it.
pub fn is_under(name: &str, parent: &str) -> bool {
    let name = name.to_lowercase();
    name.strip_suffix(&parent.to_lowercase()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// What stands after the last `@` of a sign-in name.
pub fn suffix(upn: &str) -> &str {
    upn.rsplit_once('@').map_or("", |(_, suffix)| suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_by_their_parts() {
        for (name, parent, under) in [
            ("contoso.example", "contoso.example", true),
            ("EU.contoso.example", "Contoso.Example", true),
            ("mycontoso.example", "contoso.example", false),
            ("contoso.example.evil", "contoso.example", false),
            ("", "contoso.example", false),
        ] {
            assert_eq!(is_under(name, parent), under, "{name}");
        }
        assert_eq!((suffix("a@b@c.example"), suffix("nobody")), ("c.example", ""));
    }
}
