//! Passwords from Active Directory: which are taken, which win, what Graph shows of them.

use samesign_wire::Secret;
use samesign_wire::password::{CredentialData, NtHash, derive};
use samesign_wire::provisioning::{CredentialItem, CredentialResult};

use super::*;
use crate::identity::passwords;

/// A minute before [`NOW`].
const CHANGED: i64 = NOW - 60;

fn blob(password: &str) -> CredentialData {
    derive(&[(NtHash::of_password(password), [7; 10])]).remove(0)
}

fn item(anchor: &str, password: &str) -> CredentialItem {
    CredentialItem {
        source_anchor: Some(anchor.to_owned()),
        cloud_anchor: None,
        change_date: CHANGED,
        credential_data: Secret::new(blob(password).expose().to_owned()),
        force_password_change_on_logon: false,
    }
}

impl Tenant {
    /// With synchronization of objects and passwords on, and these features besides; Ana is synchronized as `1==`, Bob as `2==`.
    fn with_passwords(features: i32) -> Self {
        let tenant = Self::new();
        tenant.set_features(bits::PASSWORD_HASH_SYNC | features);
        tenant.send(vec![add("1==", "ana@contoso.example", &[]), add("2==", "bob@contoso.example", &[])]);
        tenant
    }

    fn set_features(&self, dirsync_features: i32) {
        assert_eq!(self.handle(&Request::SetCompanyDirsyncFeatures { dirsync_features }), Ok(Response::SetFeatures));
    }

    fn send_passwords(&self, batch: Vec<CredentialItem>) -> Vec<CredentialResult> {
        match self.handle(&Request::ProvisionCredentials(batch)) {
            Ok(Response::Credentials(results)) => results,
            other => panic!("{other:?}"),
        }
    }

    /// Whether this is the password of the user, and whether it must be changed; `None`: it is not.
    fn opens(&self, anchor: &str, password: &str) -> Option<bool> {
        let user = self.by_anchor(anchor).unwrap();
        let stored = self.store.read(|connection| passwords::stored(connection, user.number)).unwrap();
        let right = passwords::check_blob(stored.as_ref(), &Secret::new(password.to_owned()));
        right.then(|| stored.unwrap().is_one_time())
    }

    fn is_password_syncing(&self) -> bool {
        match self.handle(&Request::GetCompanyConfiguration { include_license_information: false }) {
            Ok(Response::CompanyConfiguration(configuration)) => configuration.is_password_syncing,
            other => panic!("{other:?}"),
        }
    }

    fn audited(&self) -> Vec<String> {
        let read = |connection: &rusqlite::Connection| {
            let mut statement = connection.prepare("SELECT action FROM audit WHERE action LIKE '%password%' ORDER BY number")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok::<_, DirectoryError>(rows.collect::<Result<_, _>>()?)
        };
        self.store.read(read).unwrap()
    }
}

fn code_of(answer: Result<Response, Fault>) -> String {
    match answer {
        Err(Fault { detail: FaultDetail::AdminWebService { error_code, .. }, .. }) => error_code,
        other => panic!("no fault of the service: {other:?}"),
    }
}

#[test]
fn a_password_is_stored_and_shown_as_changed() {
    let tenant = Tenant::with_passwords(0);
    assert!(!tenant.is_password_syncing(), "none came yet");
    let ana = tenant.by_anchor("1==").unwrap();
    let results = tenant.send_passwords(vec![item("1==", "Grün 😀 Pa$$w0rd")]);
    let expected = CredentialResult {
        source_anchor: Some("1==".to_owned()),
        cloud_anchor: Some(format!("User_{}", ana.id)),
        result: CredentialResult::STORED,
        extended_error_information: None,
    };
    assert_eq!(results, [expected]);
    assert_eq!(tenant.opens("1==", "Grün 😀 Pa$$w0rd"), Some(false));
    assert_eq!(tenant.opens("1==", "Grün 😀 Pa$$w0re"), None);
    assert_eq!(tenant.opens("2==", "Grün 😀 Pa$$w0rd"), None, "Bob has no password");
    let after = tenant.by_anchor("1==").unwrap();
    assert_eq!(after.text("passwordPolicies"), Some("DisablePasswordExpiration"));
    assert_eq!(after.text("lastPasswordChangeDateTime"), Some("2027-01-15T07:59:00Z"));
    assert!(after.sequence > ana.sequence, "delta tells it");
    assert!(tenant.is_password_syncing());
    assert_eq!(tenant.audited(), ["password synchronized"]);

    tenant.send_passwords(vec![item("1==", "Grün 😀 Pa$$w0rd")]);
    assert_eq!(tenant.by_anchor("1==").unwrap().sequence, after.sequence, "the same once more changes nothing that Graph shows");
    tenant.set_features(0);
    assert!(!tenant.is_password_syncing());
}

#[test]
fn every_password_gets_an_answer_of_its_own() {
    let tenant = Tenant::with_passwords(0);
    let cloud = tenant.cloud("cloud@contoso.example", None);
    let edit = json!({"onPremisesImmutableId": "4=="});
    tenant.store.write(|connection| users::edit(connection, &mut users::find(connection, &cloud.id)?, edit.as_object().unwrap())).unwrap();
    tenant.send(vec![add("5==", "gone@contoso.example", &[])]);
    tenant.send(vec![object(SyncOperation::Delete, "5==", &[])]);
    let bob = tenant.by_anchor("2==").unwrap();
    let by_id = |id: &str| CredentialItem { source_anchor: None, cloud_anchor: Some(id.to_owned()), ..item("", "right") };
    let with = |data: &str| CredentialItem { credential_data: Secret::new(data.to_owned()), ..item("1==", "") };
    let sha = blob("right").expose().replace("PPH1_MD4", "PPH2_SHA");
    let table = [
        (item("9==", "right"), 2, "No object has the anchor 9==."),
        (item("4==", "right"), 2, "cloud@contoso.example is not synchronized"),
        (by_id(&format!("User_{}", cloud.id)), 2, "cloud@contoso.example is not synchronized"),
        (item("5==", "right"), 2, "5== is deleted"),
        (by_id("User_none"), 2, "User_none"),
        (by_id("none"), 2, "none"),
        (CredentialItem { source_anchor: None, ..item("", "right") }, 1, "neither a SourceAnchor nor a CloudAnchor"),
        (with(""), 1, "CredentialData cannot be used: the password blob does not begin"),
        (with(&sha), 1, "CredentialData cannot be used: the password blob does not begin"),
        (with("v1;PPH1_MD4,00,1000,00;"), 1, "CredentialData cannot be used: the salt"),
        (item("1==", "right"), 0, ""),
        (by_id(&format!("User_{}", bob.id)), 0, ""),
    ];
    let results = tenant.send_passwords(table.iter().map(|(item, _, _)| item.clone()).collect());
    assert_eq!(results.len(), table.len());
    for (result, (item, code, words)) in results.iter().zip(&table) {
        assert_eq!((result.result, &result.source_anchor), (*code, &item.source_anchor), "{result:?}");
        let told = result.extended_error_information.as_deref().unwrap_or_default();
        assert!(told.contains(words) && told.is_empty() == words.is_empty(), "{told} should hold {words}");
    }
    assert!(results.iter().all(|result| !format!("{result:?}").contains(blob("right").expose())));
    assert_eq!((tenant.opens("1==", "right"), tenant.opens("2==", "right")), (Some(false), Some(false)));
}

// Covers: password.order
#[test]
fn an_older_password_never_replaces_a_newer_one() {
    let tenant = Tenant::with_passwords(0);
    let at = |password: &str, change_date: i64| CredentialItem { change_date, ..item("1==", password) };
    let results = tenant.send_passwords(vec![at("first", CHANGED), at("third", CHANGED + 20), at("second", CHANGED + 10)]);
    assert!(results.iter().all(|result| result.result == CredentialResult::STORED), "{results:?}");
    assert_eq!((tenant.opens("1==", "third"), tenant.opens("1==", "second")), (Some(false), None));
    assert_eq!(tenant.by_anchor("1==").unwrap().text("lastPasswordChangeDateTime"), Some("2027-01-15T07:59:20Z"));
    assert_eq!(tenant.audited(), ["password synchronized", "password synchronized", "older password put aside"]);
    tenant.send_passwords(vec![at("at once", CHANGED + 20)]);
    assert_eq!(tenant.opens("1==", "at once"), Some(false), "two changes within one second count in the order in which they came");
}

#[test]
fn a_clock_that_ran_ahead_keeps_no_later_password_out() {
    let tenant = Tenant::with_passwords(0);
    tenant.send_passwords(vec![CredentialItem { change_date: NOW + 1_000_000, ..item("1==", "from the future") }]);
    assert_eq!(tenant.opens("1==", "from the future"), Some(false));
    tenant.send_passwords(vec![CredentialItem { change_date: NOW, ..item("1==", "today") }]);
    assert_eq!(tenant.opens("1==", "today"), Some(false));
}

#[test]
fn nothing_is_taken_while_passwords_are_not_synchronized() {
    let tenant = Tenant::new();
    tenant.send(vec![add("1==", "ana@contoso.example", &[])]);
    let request = || Request::ProvisionCredentials(vec![item("1==", "right")]);
    let refused = tenant.handle(&request());
    assert_eq!(code_of(refused), "PasswordHashSyncNotActivated");
    assert_eq!(tenant.opens("1==", "right"), None);
    tenant.set_features(bits::PASSWORD_HASH_SYNC);
    tenant.send_passwords(vec![item("1==", "right")]);
    assert_eq!(tenant.opens("1==", "right"), Some(false));
    tenant.store.write(synchronization::disable).unwrap();
    assert_eq!(code_of(tenant.handle(&request())), "DirSyncNotActivated");
}

#[test]
fn must_change_at_next_logon_follows_only_while_its_feature_is_on() {
    let must_change = |password: &str| CredentialItem { force_password_change_on_logon: true, ..item("1==", password) };
    let tenant = Tenant::with_passwords(0);
    tenant.send_passwords(vec![must_change("given")]);
    assert_eq!(tenant.opens("1==", "given"), Some(false));
    tenant.set_features(bits::PASSWORD_HASH_SYNC | bits::USER_FORCE_PASSWORD_CHANGE_ON_LOGON);
    tenant.send_passwords(vec![must_change("given")]);
    assert_eq!(tenant.opens("1==", "given"), Some(true));
    tenant.send_passwords(vec![item("1==", "chosen")]);
    assert_eq!(tenant.opens("1==", "chosen"), Some(false), "the person has chosen another in Active Directory");
}

// Covers: password.expiry
#[test]
fn the_mark_against_expiry_comes_and_goes_with_the_policy() {
    let tenant = Tenant::with_passwords(0);
    let edit = json!({"passwordPolicies": "DisableStrongPassword"});
    let change = |connection: &rusqlite::Connection| {
        let mut ana = rows::by_anchor(connection, "1==")?.unwrap();
        users::edit(connection, &mut ana, edit.as_object().unwrap())
    };
    tenant.store.write(change).unwrap();
    let policies = |anchor: &str| tenant.by_anchor(anchor).unwrap().text("passwordPolicies").map(str::to_owned);
    let both = || vec![item("1==", "right"), item("2==", "right")];
    for _ in 0..2 {
        tenant.send_passwords(both());
        assert_eq!(policies("1==").as_deref(), Some("DisablePasswordExpiration, DisableStrongPassword"));
        assert_eq!(policies("2==").as_deref(), Some("DisablePasswordExpiration"));
    }
    tenant.set_features(bits::PASSWORD_HASH_SYNC | bits::CLOUD_PASSWORD_POLICY_FOR_PASSWORD_SYNCED_USERS);
    assert_eq!(policies("2==").as_deref(), Some("DisablePasswordExpiration"), "nothing changes before the next password");
    tenant.send_passwords(both());
    assert_eq!((policies("1==").as_deref(), policies("2==")), (Some("DisableStrongPassword"), None));
}

#[test]
fn a_change_of_the_features_is_recorded() {
    let tenant = Tenant::with_passwords(0);
    tenant.set_features(bits::PASSWORD_HASH_SYNC);
    let read = |connection: &rusqlite::Connection| {
        let mut statement = connection.prepare("SELECT actor, detail FROM audit WHERE action = 'set synchronization features'")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok::<Vec<(String, String)>, DirectoryError>(rows.collect::<Result<_, _>>()?)
    };
    let expected = ("test".to_owned(), "8248 to 8209".to_owned());
    assert_eq!(tenant.store.read(read).unwrap(), [expected], "the same again is no change");
}
