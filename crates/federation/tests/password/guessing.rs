//! Wrong passwords, many, from everywhere: the account in the domain stays unlocked, and the right person gets in.

use super::*;

const TEN: [&str; 3] = ["lockoutThreshold=10", "lockoutDuration=-18000000000", "lockOutObservationWindow=-18000000000"];

async fn guess(world: &World, name: &str, guesses: usize) -> Vec<Reason> {
    let tries = (0..guesses)
        .map(|number| async move { world.sign_in_from(name, &format!("guess {number}"), stranger(number)).await.unwrap_err().reason });
    futures(tries).await
}

/// All at the same time.
pub async fn futures<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = all.map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|context| {
        for (one, done) in waiting.iter_mut().filter(|(_, done)| done.is_none()) {
            if let std::task::Poll::Ready(value) = one.as_mut().poll(context) {
                *done = Some(value);
            }
        }
        if waiting.iter().all(|(_, done)| done.is_some()) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    waiting.into_iter().map(|(_, done)| done.unwrap()).collect()
}

fn tried(reasons: &[Reason]) -> usize {
    reasons.iter().filter(|reason| matches!(reason, Reason::WrongPassword)).count()
}

#[tokio::test]
async fn a_hundred_wrong_passwords_lock_nobody_out_and_the_right_person_gets_in_at_the_usual_desk() {
    let mut world = World::new("guessing");
    let base = world.domain.fact("base_dn").to_owned();
    world.domain.change(&[&["set", &base], &TEN[..]].concat());
    world.restart();
    let upn = "u000003@contoso.example";
    world.enters(upn, &password_of(3)).await;

    let right = password_of(3);
    let (first, desk) = tokio::join!(guess(&world, upn, 50), world.sign_in(upn, &right));
    desk.unwrap_or_else(|denied| panic!("{:?}", denied.reason));
    let mut second = Vec::new();
    for number in 50..60 {
        second.push(world.sign_in_from(upn, "guess", stranger(number)).await.unwrap_err().reason);
        if number % 3 == 0 {
            world.enters(upn, &password_of(3)).await;
        }
    }
    // Other names of the same person are no other person.
    let third = guess(&world, "CORP\\u000003", 40).await;
    assert_eq!((tried(&first), tried(&second), tried(&third)), (4, 0, 0), "{first:?}");
    assert!(second.iter().chain(&third).all(|reason| matches!(reason, Reason::Locked { .. })), "{third:?}");
    assert!(world.number("u000003", "badPwdCount") < 10);
    assert_eq!(locked(&world, "u000003"), 0);

    let account = world.account(upn).await;
    let shown = world.service.lockout.show(&account, clock::now().as_second()).await.unwrap();
    assert_eq!((shown.unknown, shown.unknown_max, shown.familiar, shown.familiar_max), (4, 4, 0, 4));
    assert_eq!(shown.addresses.first().unwrap().0, DESK.to_string());
    let denied = world.sign_in_from(upn, &password_of(3), stranger(99)).await.unwrap_err();
    assert!(matches!(denied.reason, Reason::Locked { .. }), "the right password is not looked at either");
    world.restart();
    assert!(
        matches!(world.sign_in_from(upn, &password_of(3), stranger(99)).await.unwrap_err().reason, Reason::Locked { .. }),
        "a restart forgets nothing"
    );
    world.enters(upn, &password_of(3)).await;
    world.service.lockout.reset(account.person.guid).await.unwrap();
    world.sign_in_from(upn, &password_of(3), stranger(99)).await.unwrap();
    world.ends_unwritten();
}

/// lockoutTime, which an account that was never locked does not have.
fn locked(world: &World, account: &str) -> i64 {
    let output = Command::new("ldbsearch")
        .arg("-H")
        .arg(Path::new(world.domain.fact("directory")).join("private/sam.ldb"))
        .args([&format!("(sAMAccountName={account})"), "lockoutTime"])
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("dn: CN="), "{shown}");
    shown.lines().find_map(|line| line.strip_prefix("lockoutTime: ")).map_or(0, |value| value.parse().unwrap())
}

#[tokio::test]
async fn the_desk_too_stops_before_the_domain_would_lock_the_account() {
    let mut world = World::new("desk");
    let base = world.domain.fact("base_dn").to_owned();
    world.domain.change(&[&["set", &base], &TEN[..]].concat());
    world.restart();
    world.enters("CORP\\u000003", &password_of(3)).await;
    let mut reasons = guess(&world, "CORP\\u000003", 20).await;
    reasons.extend(
        futures((0..20).map(|number| {
            let world = &world;
            async move { world.refused("CORP\\u000003", &format!("guess {number}")).await }
        }))
        .await,
    );
    assert_eq!(tried(&reasons), 8);
    assert_eq!((world.number("u000003", "badPwdCount"), locked(&world, "u000003")), (8, 0));
    assert!(matches!(world.refused("CORP\\u000003", &password_of(3)).await, Reason::Locked { .. }));
    world.ends_unwritten();
}

#[tokio::test]
async fn what_was_typed_at_other_doors_counts() {
    let mut world = World::new("doors");
    let base = world.domain.fact("base_dn").to_owned();
    world.domain.change(&[&["set", &base], &TEN[..]].concat());
    world.restart();
    let account = world.account("CORP\\u000003").await;
    for _ in 0..9 {
        world.service.directory.check_password(&account, &Secret::new("wrong".to_owned())).await.unwrap();
    }
    let account = world.account("CORP\\u000003").await;
    assert_eq!((account.lockout.threshold, account.lockout.window_seconds, account.lockout.counted), (10, 1_800, 9));
    assert_eq!(tried(&guess(&world, "CORP\\u000003", 5).await), 0, "the tenth would lock the account");
    assert_eq!(locked(&world, "u000003"), 0);
    world.ends_unwritten();
}

#[tokio::test]
async fn password_settings_of_a_group_go_before_the_domains() {
    let mut world = World::new("settings");
    let base = world.domain.fact("base_dn").to_owned();
    world.domain.change(&[&["set", &base], &TEN[..]].concat());
    #[rustfmt::skip]
    world.samba_tool(&[
        "domain", "passwordsettings", "pso", "create", "Strict", "1", "--account-lockout-threshold=5", "--account-lockout-duration=30",
        "--reset-account-lockout-after=20",
    ]);
    world.samba_tool(&["domain", "passwordsettings", "pso", "apply", "Strict", "u000003"]);
    world.restart();
    let (strict, other) = (world.account("CORP\\u000003").await.lockout, world.account("CORP\\u000006").await.lockout);
    assert_eq!(other.threshold, 10);
    assert_eq!(strict.threshold, 3, "the account may not read them, so they are taken to be strict");
    let mut config = config(&world.domain, "ldaps");
    config.user = world.domain.account("Administrator", "user").to_owned();
    config.credential = Credential::Password(Secret::new(world.domain.account("Administrator", "password").to_owned()));
    world.service.directory = Directory::new(config, world.policy.clone(), world.service.store.clone());
    let strict = world.account("CORP\\u000003").await.lockout;
    assert_eq!((strict.threshold, strict.window_seconds), (5, 1_200));
    guess(&world, "CORP\\u000003", 20).await;
    assert_eq!(locked(&world, "u000003"), 0);
    assert!(world.number("u000003", "badPwdCount") >= 1);
    world.ends_unwritten();
}

#[tokio::test]
async fn names_that_nobody_has_are_locked_like_any_other() {
    let world = World::new("nobody");
    let mut reasons = guess(&world, "nobody@contoso.example", 10).await;
    assert_eq!(reasons.iter().filter(|reason| matches!(reason, Reason::UnknownName)).count(), 5);
    assert_eq!(reasons.iter().filter(|reason| matches!(reason, Reason::Locked { .. })).count(), 5, "{reasons:?}");
    // One address, many names.
    world.enters("u000003@contoso.example", &password_of(3)).await;
    reasons = futures((0..60).map(|number| {
        let world = &world;
        async move { world.refused(&format!("nobody {number}@contoso.example"), "guess").await }
    }))
    .await;
    assert_eq!(reasons.iter().filter(|reason| matches!(reason, Reason::TooManyFromHere)).count(), 10, "{reasons:?}");
    assert!(matches!(world.refused("u000006@contoso.example", &password_of(6)).await, Reason::TooManyFromHere));
    world.enters("u000003@contoso.example", &password_of(3)).await;
    world.ends_unwritten();
}
