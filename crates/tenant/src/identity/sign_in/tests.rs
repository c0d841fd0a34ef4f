use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;

use samesign_wire::password::{NtHash, derive};

use super::*;
use crate::directory::NewUser;
use crate::folder::Folder;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));
const PASSWORD: &str = "Battery-Staple-1";

struct Stage {
    _folder: tempfile::TempDir,
    context: Context,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        crate::init(folder.path(), "contoso.onmicrosoft.com", &[]).unwrap();
        let context = Context::open(&Folder::new(folder.path())).unwrap();
        Self { _folder: folder, context }
    }

    fn add(&self, alias: &str, change: impl FnOnce(&mut User)) -> User {
        let new = NewUser { upn: upn(alias), display_name: alias.to_owned(), enabled: true, ..NewUser::default() };
        let add = self.context.store.write(|connection| -> Result<_, crate::directory::DirectoryError> {
            let mut user = crate::directory::users::create(connection, new, 0)?;
            change(&mut user);
            users::update(connection, &user)?;
            Ok(user)
        });
        add.unwrap()
    }

    fn cloud(&self, alias: &str, one_time: bool, change: impl FnOnce(&mut User)) -> User {
        let user = self.add(alias, change);
        self.context.store.write(|connection| passwords::set(connection, user.number, PASSWORD, one_time, clock::now())).unwrap();
        user
    }

    fn synced(&self, alias: &str, one_time: bool, change: impl FnOnce(&mut User)) -> User {
        let user = self.add(alias, |user| {
            user.synced = Some(true);
            change(user);
        });
        self.sync(&user, PASSWORD, one_time, 1);
        user
    }

    fn sync(&self, user: &User, password: &str, one_time: bool, changed: i64) {
        let blob = derive(&[(NtHash::of_password(password), [1; 10])]).pop().unwrap();
        let set = |connection: &Connection| passwords::set_synced(connection, user.number, &blob, one_time, changed, 0);
        self.context.store.write(set).unwrap();
    }

    async fn try_from(&self, alias: &str, password: &str, address: IpAddr, via: Via) -> Result<bool, SignInError> {
        let password = Secret::new(password.to_owned());
        let attempt = Attempt { upn: &upn(alias), password, address, client: "test", via };
        sign_in(&self.context, attempt).await.unwrap().map(|signed_in| signed_in.must_change)
    }

    async fn try_here(&self, alias: &str, password: &str) -> Result<bool, SignInError> {
        self.try_from(alias, password, HERE, Via::PasswordGrant).await
    }

    /// How often PBKDF2 and Argon2id ran since the last question.
    fn work(&self) -> [usize; 2] {
        self.context.door.work.each_ref().map(|count| count.swap(0, Ordering::SeqCst))
    }

    async fn lock(&self, alias: &str) {
        for number in 0..10 {
            assert_eq!(self.try_here(alias, &format!("wrong {number}")).await, Err(SignInError::Wrong), "{number}");
        }
        assert!(matches!(self.try_here(alias, PASSWORD).await, Err(SignInError::Locked { wait_seconds: 55..=60 })));
        self.work();
    }

    fn log(&self) -> Vec<log::SignInRow> {
        self.context.store.read(|connection| log::page(connection, None, 1_000)).unwrap()
    }
}

fn upn(alias: &str) -> String {
    if alias.contains('@') { alias.to_owned() } else { format!("{alias}@contoso.onmicrosoft.com") }
}

#[tokio::test]
async fn a_failed_attempt_has_run_both_functions_once_whoever_it_names() {
    let stage = Stage::new();
    stage.cloud("cloud", false, |_| ());
    stage.synced("synced", false, |_| ());
    stage.cloud("blocked", false, |user| user.enabled = false);
    stage.synced("blocked-synced", false, |user| user.enabled = false);
    stage.add("no-password", |_| ());
    stage.synced("deleted", false, |user| user.deleted = Some(5));
    stage.cloud("locked", false, |_| ());
    stage.lock("locked").await;
    stage.lock("nobody-locked").await;
    use SignInError::{Disabled, Wrong};
    for (alias, password, refusal) in [
        ("cloud", "wrong", Wrong),
        ("synced", "wrong", Wrong),
        ("synced", "", Wrong),
        ("blocked", PASSWORD, Disabled),
        ("blocked", "wrong", Wrong),
        ("blocked-synced", PASSWORD, Disabled),
        ("blocked-synced", "wrong", Wrong),
        ("no-password", "", Wrong),
        ("deleted", PASSWORD, Wrong),
        ("nobody", PASSWORD, Wrong),
        ("not a name at all@", PASSWORD, Wrong),
    ] {
        assert_eq!(stage.try_from(alias, password, ELSEWHERE, Via::Page).await, Err(refusal), "{alias} {password}");
        assert_eq!(stage.work(), [1, 1], "{alias} {password}");
    }
    for alias in ["locked", "nobody-locked"] {
        assert!(matches!(stage.try_here(alias, PASSWORD).await, Err(SignInError::Locked { .. })), "{alias}");
        assert_eq!(stage.work(), [1, 1], "{alias}");
    }
}

#[tokio::test]
async fn a_right_synchronized_password_does_without_argon2() {
    let stage = Stage::new();
    stage.synced("synced", false, |_| ());
    // All of Argon2's memory is taken.
    let _taken = stage.context.password_checks.clone().acquire_many_owned(2).await.unwrap();
    assert_eq!(stage.try_here("synced", PASSWORD).await, Ok(false));
    assert_eq!(stage.try_here("SYNCED", PASSWORD).await, Ok(false), "names compare without case");
    assert_eq!(stage.work(), [2, 0]);
}

#[tokio::test]
async fn a_password_that_was_handed_out_is_changed_first() {
    let stage = Stage::new();
    let cloud = stage.cloud("cloud", true, |_| ());
    let synced = stage.synced("synced", true, |_| ());
    assert_eq!(stage.try_here("cloud", PASSWORD).await, Err(SignInError::MustChange { synced: false }));
    assert_eq!(stage.try_here("synced", PASSWORD).await, Err(SignInError::MustChange { synced: true }));
    assert_eq!(stage.try_from("cloud", PASSWORD, HERE, Via::Page).await, Ok(true));
    assert_eq!(stage.try_from("synced", PASSWORD, HERE, Via::Page).await, Ok(true));

    let change = async |user: &User, new: &str| change_password(&stage.context, user, Secret::new(new.to_owned())).await.unwrap();
    assert_eq!(change(&synced, "Another-1").await, Err(ChangeRefused::Synced));
    assert_eq!(change(&cloud, "weak").await, Err(ChangeRefused::Weak));
    assert_eq!(change(&cloud, PASSWORD).await, Err(ChangeRefused::Same));
    assert_eq!(change(&cloud, "Another-1").await, Ok(()));
    assert_eq!(stage.try_here("cloud", "Another-1").await, Ok(false));
    assert_eq!(stage.try_here("cloud", PASSWORD).await, Err(SignInError::Wrong));
}

#[tokio::test]
async fn ten_wrong_passwords_lock_and_a_new_password_or_a_reset_unlocks() {
    let stage = Stage::new();
    let synced = stage.synced("synced", false, |_| ());
    stage.lock("synced").await;
    stage.sync(&synced, "The new one", false, 2);
    assert_eq!(stage.try_here("synced", "The new one").await, Ok(false));
    let cloud = stage.cloud("cloud", false, |_| ());
    stage.lock("cloud").await;
    stage.context.store.write(|connection| lockout::clear(connection, cloud.number)).unwrap();
    assert_eq!(stage.try_here("cloud", PASSWORD).await, Ok(false));
}

#[tokio::test]
async fn one_of_the_last_three_wrong_passwords_again_is_not_counted() {
    for kind in ["synced", "cloud", "nobody"] {
        let stage = Stage::new();
        match kind {
            "synced" => drop(stage.synced(kind, false, |_| ())),
            "cloud" => drop(stage.cloud(kind, false, |_| ())),
            _ => {}
        }
        for number in 0..5 {
            for again in ["old one", "older one", "oldest one"] {
                assert_eq!(stage.try_here(kind, again).await, Err(SignInError::Wrong), "{kind} {number}");
            }
        }
        for number in 0..7 {
            assert_eq!(stage.try_here(kind, &format!("wrong {number}")).await, Err(SignInError::Wrong), "{kind} {number}");
        }
        assert!(matches!(stage.try_here(kind, "old one").await, Err(SignInError::Locked { .. })), "{kind}");
    }
}

#[tokio::test]
async fn a_stranger_does_not_lock_the_user_out_at_home() {
    let stage = Stage::new();
    stage.synced("ana", false, |_| ());
    assert_eq!(stage.try_from("ana", PASSWORD, ELSEWHERE, Via::Page).await, Ok(false));
    stage.lock("ana").await;
    assert_eq!(stage.try_from("ana", PASSWORD, ELSEWHERE, Via::Page).await, Ok(false));
    assert!(matches!(stage.try_here("ana", PASSWORD).await, Err(SignInError::Locked { .. })), "the stranger stays locked");
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_sent_at_the_same_time_all_count() {
    let stage = Stage::new();
    stage.synced("ana", false, |_| ());
    let guesses = (0..30).map(|number| {
        let context = stage.context.clone();
        tokio::spawn(async move {
            let password = Secret::new(format!("guess {number}"));
            let attempt = Attempt { upn: &upn("ana"), password, address: HERE, client: "test", via: Via::Page };
            sign_in(&context, attempt).await.unwrap()
        })
    });
    let guesses: Vec<_> = guesses.collect();
    let mut looked_at = 0;
    for guess in guesses {
        looked_at += usize::from(guess.await.unwrap() == Err(SignInError::Wrong));
    }
    assert_eq!(looked_at, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guess_counts_also_when_the_client_hangs_up_before_the_answer() {
    let stage = Stage::new();
    stage.synced("ana", false, |_| ());
    let taken = stage.context.password_checks.clone().acquire_many_owned(2).await.unwrap();
    let context = stage.context.clone();
    let guess = tokio::spawn(async move {
        let attempt = Attempt { upn: &upn("ana"), password: Secret::default(), address: HERE, client: "test", via: Via::Page };
        drop(sign_in(&context, attempt).await);
    });
    while stage.context.door.work[0].load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    guess.abort();
    assert!(guess.await.unwrap_err().is_cancelled());
    drop(taken);
    // The account's next attempt takes its turn after the abandoned one.
    assert_eq!(stage.try_here("ana", PASSWORD).await, Ok(false));
    let codes: Vec<_> = stage.log().iter().map(|row| row.code).collect();
    assert_eq!(codes, [0, 50126]);
}

#[tokio::test]
async fn an_address_with_many_failures_has_to_wait_and_others_do_not() {
    let stage = Stage::new();
    stage.synced("ana", false, |_| ());
    for number in 0..50 {
        stage.context.door.addresses.failed(HERE, clock::now().as_second() - number);
    }
    stage.context.door.addresses.failed(HERE, clock::now().as_second() + 30);
    assert!(matches!(stage.try_here("ana", PASSWORD).await, Err(SignInError::TooManyFromHere { .. })));
    assert_eq!(stage.work(), [0, 0], "nothing is looked at");
    assert_eq!(stage.try_from("ana", PASSWORD, ELSEWHERE, Via::Page).await, Ok(false));
}

#[tokio::test]
async fn every_attempt_is_written_down() {
    let stage = Stage::new();
    let ana = stage.synced("ana", false, |_| ());
    stage.try_here("ana", PASSWORD).await.unwrap();
    stage.try_from("ana", "wrong", ELSEWHERE, Via::Portal).await.unwrap_err();
    stage.try_here("nobody", "wrong").await.unwrap_err();
    let typed = Attempt { upn: "My-Secret-1", password: Secret::default(), address: HERE, client: "test", via: Via::Page };
    sign_in(&stage.context, typed).await.unwrap().unwrap_err();
    let rows = stage.log();
    let seen: Vec<_> =
        rows.iter().map(|row| (row.upn.as_str(), row.user.as_deref(), row.via.as_str(), row.address.as_str(), row.code)).collect();
    let id = Some(ana.id.as_str());
    assert_eq!(
        seen,
        [
            (log::NOT_A_NAME, None, "page", "192.0.2.1", 50126),
            ("nobody@contoso.onmicrosoft.com", None, "password grant", "192.0.2.1", 50126),
            ("ana@contoso.onmicrosoft.com", id, "portal", "192.0.2.2", 50126),
            ("ana@contoso.onmicrosoft.com", id, "password grant", "192.0.2.1", 0),
        ]
    );
    let older = stage.context.store.read(|connection| log::page(connection, Some(rows[1].number), 1)).unwrap();
    assert_eq!(older, rows[2..3]);
    let found = stage.context.store.read(|connection| log::search(connection, "NOBODY", None, 10)).unwrap();
    assert_eq!(found, rows[1..2]);
    assert_eq!(stage.context.store.read(|connection| log::of_user(connection, &ana.id, 10)).unwrap(), rows[2..]);
}
