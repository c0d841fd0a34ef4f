use super::*;

const NOW: i64 = 1_800_000_000;
const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const TEN: AdLockout = AdLockout { threshold: 10, window_seconds: 1_800, counted: 0 };

fn elsewhere(number: u8) -> IpAddr {
    IpAddr::from([198, 51, 100, number])
}

fn person() -> Who {
    Who::person(ObjectGuid::from_bytes([7; 16]))
}

async fn goes(lockout: &Lockout, who: &Who, address: IpAddr, now: i64) -> bool {
    matches!(lockout.may_try(who, address, TEN, now).await.unwrap(), Verdict::Go(_))
}

async fn let_in(lockout: &Lockout, who: &Who, address: IpAddr, now: i64) {
    match lockout.may_try(who, address, TEN, now).await.unwrap() {
        Verdict::Go(tried) => lockout.right(who, tried, address, now).await.unwrap(),
        Verdict::Locked { until } => panic!("locked until {until}"),
    }
}

fn opened(folder: &tempfile::TempDir) -> Lockout {
    Lockout::new(settings::Lockout::default(), Store::open(&folder.path().join("federation.db")).unwrap())
}

#[tokio::test]
async fn strangers_lock_themselves_out_and_not_the_usual_desk_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let lockout = opened(&folder);
    let_in(&lockout, &person(), HERE, NOW).await;
    let mut gone = 0;
    for number in 0..100 {
        gone += usize::from(goes(&lockout, &person(), elsewhere(number), NOW).await);
    }
    assert_eq!(gone, 4);
    drop(lockout);
    let lockout = opened(&folder);
    assert!(!goes(&lockout, &person(), elsewhere(0), NOW + 1_800).await);
    for _ in 0..20 {
        let_in(&lockout, &person(), HERE, NOW + 10).await;
    }
    assert!(!goes(&lockout, &person(), elsewhere(0), NOW + 1_800).await, "who is let in at the desk lets no stranger in");
    for expected in [true, true, true, true, false] {
        assert_eq!(goes(&lockout, &person(), HERE, NOW + 20).await, expected);
    }
    assert!(goes(&lockout, &person(), elsewhere(0), NOW + 20 + 1_801).await);
}

#[tokio::test]
async fn guesses_at_the_same_time_all_count() {
    let folder = tempfile::tempdir().unwrap();
    let lockout = Arc::new(opened(&folder));
    let guesses: Vec<_> = (0..100_u8)
        .map(|number| {
            let lockout = lockout.clone();
            tokio::spawn(async move { goes(&lockout, &person(), elsewhere(number), NOW).await })
        })
        .collect();
    let mut gone = 0;
    for guess in guesses {
        gone += usize::from(guess.await.unwrap());
    }
    assert_eq!(gone, 4);
}

#[tokio::test]
async fn twenty_addresses_are_familiar_and_a_subscriber_of_ipv6_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let lockout = opened(&folder);
    for number in 0..21 {
        let_in(&lockout, &person(), elsewhere(number), NOW + i64::from(number)).await;
    }
    assert!(!lockout.is_familiar(&person(), elsewhere(0), NOW).await.unwrap(), "the oldest has gone");
    assert!(lockout.is_familiar(&person(), elsewhere(1), NOW).await.unwrap());
    let six = |text: &str| text.parse::<IpAddr>().unwrap();
    let_in(&lockout, &person(), six("2001:db8::1"), NOW + 100).await;
    assert!(lockout.is_familiar(&person(), six("2001:db8::ffff:2"), NOW + 100).await.unwrap());
    assert!(!lockout.is_familiar(&person(), six("2001:db8:0:1::1"), NOW + 100).await.unwrap());
    assert!(lockout.is_familiar(&person(), six("::ffff:198.51.100.9"), NOW + 100).await.unwrap(), "the same address in IPv6");
    assert!(!lockout.is_familiar(&person(), elsewhere(9), NOW + 91 * 86_400).await.unwrap(), "not seen for a quarter of a year");
    let other = Who::person(ObjectGuid::from_bytes([8; 16]));
    assert!(!lockout.is_familiar(&other, elsewhere(9), NOW).await.unwrap());
}

#[tokio::test]
async fn a_try_that_was_not_made_is_given_back_and_an_administrator_gives_all_back() {
    let folder = tempfile::tempdir().unwrap();
    let lockout = opened(&folder);
    for _ in 0..20 {
        let Verdict::Go(tried) = lockout.may_try(&person(), HERE, TEN, NOW).await.unwrap() else { panic!("locked") };
        lockout.take_back(&person(), tried).await.unwrap();
    }
    for expected in [true, true, true, true, false] {
        assert_eq!(goes(&lockout, &person(), HERE, NOW).await, expected);
    }
    lockout.reset(ObjectGuid::from_bytes([7; 16])).await.unwrap();
    assert!(goes(&lockout, &person(), HERE, NOW).await);
}

#[tokio::test]
async fn a_name_that_nobody_has_is_counted_and_not_kept_as_it_was_typed() {
    let folder = tempfile::tempdir().unwrap();
    let lockout = opened(&folder);
    let typed = "P4ssword-in-the-wrong-field";
    for expected in [true, true, true, true, false] {
        assert_eq!(goes(&lockout, &lockout.stranger(typed), HERE, NOW).await, expected);
    }
    assert!(!goes(&lockout, &lockout.stranger("p4SSWORD-in-the-wrong-field "), HERE, NOW).await, "case does not make another name");
    assert!(goes(&lockout, &lockout.stranger("another"), HERE, NOW).await);
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(8).any(|window| window.eq_ignore_ascii_case(b"P4ssword")));
    }
    lockout.store.expire(NOW + 31 * 86_400).await.unwrap();
    assert!(goes(&lockout, &lockout.stranger(typed), HERE, NOW).await, "forgotten with time");
}
