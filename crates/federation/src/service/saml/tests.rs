use samesign_wire::saml::{AuthnRequest, Comparison};

use super::{ANY, Ways, ways};

const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
const KERBEROS: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:Kerberos";
const WINDOWS: &str = "urn:federation:authentication:windows";
const CARD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI";

fn asked(comparison: Comparison, classes: &[&str]) -> Option<Ways> {
    ways(&AuthnRequest {
        id: "_1".to_owned(),
        issued_at: jiff::Timestamp::UNIX_EPOCH,
        issuer: "urn:wiki".to_owned(),
        destination: None,
        acs_url: None,
        name_id_format: None,
        force_authn: false,
        is_passive: false,
        subject: None,
        context_classes: classes.iter().map(|class| (*class).to_owned()).collect(),
        comparison,
    })
}

#[test]
fn a_person_proves_it_by_a_way_that_the_application_accepts_or_not_at_all() {
    for (comparison, classes, expected) in [
        (Comparison::Exact, [].as_slice(), Some(Ways::Any)),
        (Comparison::Exact, &[PASSWORD], Some(Ways::Password)),
        (Comparison::Exact, &[PASSWORD, CARD], Some(Ways::Password)),
        (Comparison::Exact, &[KERBEROS], Some(Ways::Ticket)),
        (Comparison::Exact, &[WINDOWS, PASSWORD], Some(Ways::Any)),
        (Comparison::Exact, &[ANY, CARD], Some(Ways::Any)),
        (Comparison::Exact, &[CARD], None),
        // A client certificate is no password.
        (Comparison::Exact, &["urn:ietf:rfc:2246"], None),
        (Comparison::Exact, &["http://schemas.microsoft.com/claims/multipleauthn"], None),
        (Comparison::Minimum, &[PASSWORD], Some(Ways::Any)),
        (Comparison::Minimum, &[CARD], None),
        (Comparison::Maximum, &[PASSWORD], Some(Ways::Password)),
        (Comparison::Better, &[PASSWORD], None),
    ] {
        assert_eq!(asked(comparison, classes), expected, "{comparison:?} {classes:?}");
    }
}
