use std::collections::BTreeSet;

use super::people::{CHOSEN, CLOUD_ONLY, Cloud, everyone};

#[test]
fn the_company_has_a_hundred_accounts_and_thirty_licences() {
    let people = everyone().unwrap();
    assert_eq!(people.len(), 100);
    assert_eq!(people.iter().filter(|person| person.container().ends_with(CHOSEN)).count(), 74);
    let licensed = people.iter().filter(|person| matches!(person.cloud, Cloud::Licensed | Cloud::Administrator)).count();
    assert_eq!(licensed + CLOUD_ONLY.len(), 30);
}

#[test]
fn names_are_unique_and_managers_exist() {
    let people = everyone().unwrap();
    let accounts: BTreeSet<&str> = people.iter().map(|person| person.account.as_str()).collect();
    let upns: BTreeSet<&str> = people.iter().map(|person| person.upn.as_str()).collect();
    assert_eq!((accounts.len(), upns.len()), (100, 100));
    for person in &people {
        assert!(person.manager.as_deref().is_none_or(|manager| accounts.contains(manager)), "{person:?}");
    }
}

#[test]
fn the_export_is_folded_ascii() {
    let export = super::export::write(&everyone().unwrap());
    assert!(export.is_ascii());
    assert!(export.lines().all(|line| line.len() <= 76));
    assert_eq!(export.matches("\nobjectClass: user\n").count(), 100);
}
