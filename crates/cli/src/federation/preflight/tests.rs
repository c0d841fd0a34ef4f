use samesign_agent::connect::entra::{Domain, DomainFederation};
use samesign_federation::claims::NoClaims;

use super::*;

fn domain(name: &str) -> Domain {
    Domain {
        name: name.to_owned(),
        authentication_type: "Managed".to_owned(),
        is_verified: true,
        is_default: false,
        is_initial: false,
        is_root: true,
    }
}

fn initial() -> Domain {
    Domain { is_initial: true, is_default: true, ..domain("contoso.onmicrosoft.com") }
}

fn now() -> Timestamp {
    "2026-11-23T08:00:00Z".parse().unwrap()
}

/// Everything is as it should be.
fn facts() -> Facts {
    Facts {
        domain: "contoso.example".to_owned(),
        domains: vec![initial(), domain("contoso.example"), domain("other.example")],
        before: None,
        issuers: vec![("other.example".to_owned(), "http://other.example/adfs/services/trust/".to_owned())],
        administrators: vec!["admin@contoso.onmicrosoft.com".to_owned(), "second@contoso.onmicrosoft.com".to_owned()],
        people: 34,
        troubles: Vec::new(),
        now: now(),
    }
}

fn service() -> ServiceFacts {
    ServiceFacts {
        domains: vec!["contoso.example".to_owned()],
        wanted: DomainFederation {
            issuer_uri: "http://contoso.example/adfs/services/trust/".to_owned(),
            signing_certificate: "QUJD".to_owned(),
            ..DomainFederation::default()
        },
        shown: Ok(vec!["WFla".to_owned(), "QUJD".to_owned()]),
        address: "https://sts.contoso.example".to_owned(),
        not_after: now() + SignedDuration::from_hours(24 * 300),
        passwords: true,
    }
}

fn passwords() -> PasswordFacts {
    PasswordFacts { enabled: true, looked: Some(now() - SignedDuration::from_mins(1)), error: None }
}

/// The one check that is not in order, as the person reads it.
fn only(checks: &[Check]) -> String {
    let others: Vec<&Check> = checks.iter().filter(|check| check.verdict != Verdict::Ok).collect();
    let [check] = others.as_slice() else { panic!("one check is not in order: {others:?}") };
    format!("{:?} {}: {} -> {}", check.verdict, check.check, check.says, check.mend.as_deref().unwrap_or_default())
}

fn federated(change: impl FnOnce(&mut Facts, &mut ServiceFacts)) -> String {
    let (mut facts, mut service) = (facts(), service());
    change(&mut facts, &mut service);
    let checks = to_federated(&facts, &service);
    let said = only(&checks);
    assert_eq!(passes(&checks), said.starts_with("Warning"), "{said}");
    said
}

fn managed(change: impl FnOnce(&mut Facts, &mut PasswordFacts)) -> String {
    let (mut facts, mut passwords) = (facts(), passwords());
    change(&mut facts, &mut passwords);
    let checks = to_managed(&facts, &passwords);
    assert!(!passes(&checks));
    only(&checks)
}

#[test]
fn a_sound_domain_passes_both_ways() {
    let checks = to_federated(&facts(), &service());
    assert!(checks.iter().all(|check| check.verdict == Verdict::Ok), "{checks:?}");
    assert_eq!(checks.len(), 9);
    let checks = to_managed(&facts(), &passwords());
    assert!(checks.iter().all(|check| check.verdict == Verdict::Ok), "{checks:?}");
}

#[test]
fn a_domain_that_cannot_be_federated_is_refused() {
    let unverified = federated(|facts, _| facts.domains[1].is_verified = false);
    assert_eq!(unverified, "Refused domain-verified: contoso.example is not verified -> verify it in the tenant's portal first");
    let unknown = federated(|facts, _| drop(facts.domains.remove(1)));
    assert_eq!(
        unknown,
        "Refused domain-verified: the tenant has no domain contoso.example -> it has contoso.onmicrosoft.com, other.example"
    );
    let default = federated(|facts, _| facts.domains[1].is_default = true);
    assert!(default.starts_with("Refused domain-convertible: contoso.example is the tenant's default domain"), "{default}");
    let initial = federated(|facts, _| facts.domains[1].is_initial = true);
    assert!(initial.starts_with("Refused domain-convertible: contoso.example is the tenant's initial domain"), "{initial}");
    let below = federated(|facts, service| {
        facts.domains.push(Domain { is_root: false, ..domain("eu.contoso.example") });
        facts.domain = "eu.contoso.example".to_owned();
        service.domains.push("eu.contoso.example".to_owned());
    });
    assert_eq!(
        below,
        "Refused domain-root: eu.contoso.example is a subdomain of contoso.example and follows it -> convert contoso.example instead"
    );
    let unconfigured = federated(|_, service| service.domains = vec!["other.example".to_owned()]);
    assert!(unconfigured.starts_with("Refused domain-configured: the service does not vouch for people of contoso.example"));
}

#[test]
fn somebody_must_be_left_who_can_undo_it() {
    assert!(federated(|facts, _| facts.administrators.clear()).starts_with("Refused administrator-outside: no Global Administrator"));
    let one = federated(|facts, _| facts.administrators.truncate(1));
    assert!(one.starts_with("Warning administrator-outside: admin@contoso.onmicrosoft.com alone"), "{one}");
}

#[test]
fn people_who_would_be_locked_out_are_named() {
    let said = federated(|facts, _| {
        facts.troubles = vec![
            ("ana@contoso.example".to_owned(), Trouble::CloudOnly),
            ("bob@contoso.example".to_owned(), Trouble::OtherName("bob@corp.local".to_owned())),
            ("eve@contoso.example".to_owned(), Trouble::Refused(NoClaims::OutOfScope)),
        ];
    });
    assert_eq!(
        said,
        "Refused people: 3 of 34 people could not sign in afterwards:\nana@contoso.example: lives in the tenant alone, without an anchor\n\
         bob@contoso.example: the userPrincipalName in Active Directory is bob@corp.local\n\
         eve@contoso.example: the account is not in the scope of synchronization -> give it a name of the onmicrosoft.com domain, or \
         delete it, or make it a person of Active Directory and synchronize"
    );
    let many = federated(|facts, _| facts.troubles = (0..14).map(|number| (format!("u{number}@a"), Trouble::Unknown)).collect());
    assert!(many.contains("u9@a: ") && !many.contains("u10@a") && many.contains("and 4 more"), "{many}");
}

#[test]
fn an_issuer_belongs_to_one_domain() {
    let said = federated(|facts, _| facts.issuers[0].1 = "http://contoso.example/adfs/services/trust/".to_owned());
    assert!(said.starts_with("Refused issuer-free: the issuer http://contoso.example/adfs/services/trust/ belongs to other.example"));
}

#[test]
fn the_service_must_answer_with_the_very_certificate() {
    let silent = federated(|_, service| service.shown = Err("connection refused".to_owned()));
    assert!(silent.starts_with("Refused service-answers: the service does not answer at https://sts.contoso.example: connection refused"));
    let other = federated(|_, service| service.shown = Ok(vec!["WFla".to_owned()]));
    assert!(other.starts_with("Refused service-answers: the service at https://sts.contoso.example signs with another key"), "{other}");
}

#[test]
fn a_certificate_must_last() {
    for (hours, expected) in [(-1, "Refused"), (23, "Refused"), (25, "Warning"), (24 * 35, "Warning")] {
        let said = federated(|_, service| service.not_after = now() + SignedDuration::from_hours(hours));
        assert!(said.starts_with(&format!("{expected} certificate-valid: ")), "{hours} hours: {said}");
    }
}

#[test]
fn without_passwords_in_the_tenant_there_is_a_warning() {
    assert!(federated(|_, service| service.passwords = false).starts_with("Warning password-fallback: "));
}

#[test]
fn a_domain_goes_back_only_with_its_passwords() {
    assert!(managed(|_, passwords| passwords.enabled = false).starts_with("Refused passwords-enabled: "));
    assert!(managed(|_, passwords| passwords.looked = None).starts_with("Refused passwords-recent: no cycle"));
    let old = managed(|_, passwords| passwords.looked = Some(now() - SignedDuration::from_hours(25)));
    assert!(old.starts_with("Refused passwords-recent: changed passwords were last looked for at 2026-11-22T07:00:00Z"), "{old}");
    let failed = managed(|_, passwords| passwords.error = Some("access denied".to_owned()));
    assert!(failed.starts_with("Refused passwords-recent: the last look for changed passwords failed: access denied"));
    let nobody = managed(|facts, _| {
        facts.troubles = vec![("ana@contoso.example".to_owned(), Trouble::NoPassword("no password was ever synchronized".to_owned()))];
    });
    assert!(nobody.starts_with("Refused people: 1 of 34 people could not sign in afterwards:\nana@contoso.example: no password was ever"));
    let below = managed(|facts, _| {
        facts.domains.push(Domain { is_root: false, ..domain("eu.contoso.example") });
        facts.domain = "eu.contoso.example".to_owned();
    });
    assert!(below.starts_with("Refused domain-root: "), "{below}");
}

#[test]
fn a_backup_of_another_service_is_put_back_without_its_answer() {
    let mut service = service();
    service.wanted.passive_sign_in_uri = "https://adfs.old.example/adfs/ls/".to_owned();
    service.shown = Err("not asked".to_owned());
    service.domains.clear();
    let checks = to_another_service(&facts(), &service);
    assert!(passes(&checks), "{checks:?}");
    assert!(only(&checks).contains("https://adfs.old.example/adfs/ls/"));
    let nobody = Facts { administrators: Vec::new(), ..facts() };
    assert!(!passes(&to_another_service(&nobody, &service)));
}
