//! A domain controller that restarts, is away, or is not the one it should be: nobody is let in by mistake, and nothing stays broken.

use super::*;

#[tokio::test]
async fn a_restart_of_the_domain_controller_is_not_noticed_afterwards() {
    let world = World::new("restart");
    world.enters("u000003@contoso.example", &password_of(3)).await;
    // A backup stops it and starts it again.
    world.domain.run(&["backup"]);
    world.enters("u000003@contoso.example", &password_of(3)).await;
    assert!(matches!(world.refused("u000003@contoso.example", "wrong").await, Reason::WrongPassword));
    world.ends_unwritten();
}

#[tokio::test]
async fn without_a_domain_controller_nobody_is_let_in_and_nothing_is_counted() {
    let mut world = World::new("away");
    world.enters("u000003@contoso.example", &password_of(3)).await;
    let account = world.account("u000003@contoso.example").await;
    let mut away = config(&world.domain, "ldaps");
    away.servers = vec!["ldaps://127.0.0.70:9".parse().unwrap()];
    world.service.directory = Directory::new(away, world.policy.clone(), world.service.store.clone());
    for _ in 0..20 {
        let denied = world.sign_in("u000003@contoso.example", &password_of(3)).await.unwrap_err();
        assert!(denied.is_outage() && matches!(denied.reason, Reason::Directory(_)));
    }
    let error = world.service.directory.check_password(&account, &Secret::new(password_of(3))).await.unwrap_err();
    assert!(!error.was_asked(), "{error}");
    world.restart();
    world.enters("u000003@contoso.example", &password_of(3)).await;
}

#[tokio::test]
async fn the_password_goes_through_tls_to_a_server_that_is_trusted_or_nowhere() {
    let mut world = World::new("tls");
    for server in ["ldaps", "ldap"] {
        world.service.directory = Directory::new(config(&world.domain, server), world.policy.clone(), world.service.store.clone());
        world.enters("u000003@contoso.example", &password_of(3)).await;
    }
    // Kerberos seals the searches, and passwords still go through TLS.
    let mut sealed = config(&world.domain, "ldap");
    sealed.credential = Credential::Keytab(world.domain.account("svc-samesign", "keytab").into());
    world.service.directory = Directory::new(sealed, world.policy.clone(), world.service.store.clone());
    world.enters("u000003@contoso.example", &password_of(3)).await;
    let account = world.account("u000003@contoso.example").await;

    let mut untrusted = config(&world.domain, "ldaps");
    untrusted.ca = None;
    let directory = Directory::new(untrusted, world.policy.clone(), world.service.store.clone());
    let error = directory.check_password(&account, &Secret::new(password_of(3))).await.unwrap_err();
    assert!(!error.was_asked(), "{error}");
    assert!(directory.by_name("u000003@contoso.example").await.is_err());
    world.ends_unwritten();
}

#[tokio::test]
async fn the_first_domain_controller_is_dead_and_the_next_one_serves() {
    let mut world = World::new("next");
    let mut config = config(&world.domain, "ldaps");
    config.servers.insert(0, "ldaps://127.0.0.70:9".parse().unwrap());
    world.service.directory = Directory::new(config, world.policy.clone(), world.service.store.clone());
    world.enters("u000003@contoso.example", &password_of(3)).await;
    assert!(matches!(world.refused("u000003@contoso.example", "wrong").await, Reason::WrongPassword));
}

#[tokio::test]
async fn hundreds_sign_in_at_the_same_time() {
    let world = World::new("many");
    let people = (0..30).filter(|number| number % 50 != 49);
    let all = people.cycle().take(300).map(|number| {
        let world = &world;
        async move { world.sign_in(&format!("u{number:06}@contoso.example"), &password_of(number)).await.err().map(|denied| denied.reason) }
    });
    let failed: Vec<_> = guessing::futures(all).await.into_iter().flatten().collect();
    assert!(failed.is_empty(), "{failed:?}");
}
