//! What people are called, and what nobody is.

use super::*;

#[tokio::test]
async fn a_person_signs_in_by_every_name_and_by_the_right_password_alone() {
    let world = World::new("names");
    let upn = "u000003@contoso.example";
    for name in [
        upn,
        "U000003@Contoso.EXAMPLE",
        "CORP\\u000003",
        "corp\\U000003",
        "corp.example.com\\u000003",
        "u000003@corp.example.com",
        "u000003@CORP",
    ] {
        let signed_in = world.sign_in(name, &password_of(3)).await.unwrap_or_else(|denied| panic!("{name}: {:?}", denied.reason));
        let person = signed_in.person;
        assert_eq!((&*person.upn, &*person.account, &*person.domain), (upn, "u000003", "CORP"), "{name}");
        assert_eq!(person.guid.to_string(), world.domain.attribute("u000003", "objectGUID"));
        assert_eq!(person.sid, world.domain.attribute("u000003", "objectSid"));
        assert!(person.in_scope && person.display_name.ends_with("000003") && person.mail.is_none());
        assert_eq!(person.anchor, samesign_engine::Anchor::of(&person.guid));
        let same = world.service.directory.by_guid(person.guid).await.unwrap().unwrap();
        assert_eq!(same.person, person);
    }
    // Two wrong ones at most in a row, which lock nobody.
    for wrong in [password_of(4), password_of(3).to_lowercase(), format!("{} ", password_of(3)), "x".repeat(2_000)] {
        let denied = world.sign_in(upn, &wrong).await.unwrap_err();
        assert!(matches!(denied.reason, Reason::WrongPassword), "{:?}", denied.reason);
        assert_eq!(denied.to_string(), "the name or the password is wrong, or the account may not sign in now");
        assert_eq!(denied.person.unwrap().upn, upn);
        world.enters(upn, &password_of(3)).await;
    }
    for blank in ["", " ", "\t \n"] {
        assert!(matches!(world.refused(upn, blank).await, Reason::Blank));
        let account = world.account(upn).await;
        let checked = world.service.directory.check_password(&account, &Secret::new(blank.to_owned())).await.unwrap();
        assert_eq!(checked, samesign_federation::directory::Checked::Wrong);
    }
    nobody_is_called_so(&world).await;
    principals_are_accounts_of_our_realm(&world).await;
    world.ends_unwritten();
}

async fn nobody_is_called_so(world: &World) {
    let base = world.domain.fact("base_dn").to_owned();
    let nobody = [
        "u000003",
        "*",
        "*@contoso.example",
        "u00000*@contoso.example",
        "CORP\\*",
        "CORP\\u00000*",
        "OTHER\\u000003",
        "u000003@other.example",
        "u000003)(objectClass=*",
        "u000003@contoso.example)(|(objectClass=*)",
        "*)(userPrincipalName=*@contoso.example",
        "CORP\\u000003)(cn=*",
        "CORP\\DC1$",
        "DC1$@corp.example.com",
        "CORP\\krbtgt\0",
        "\\2a@contoso.example",
        "CORP\\\\2a",
        "@",
        "\\",
        "@@@",
        "nobody@contoso.example",
        "u000003@contoso.example\0",
        "u000003@contoso.example\nx",
        "ü000003@contoso.example",
        "CORP\\Domain Users",
        &base,
    ];
    for name in nobody {
        assert_eq!(world.service.directory.by_name(name).await.unwrap(), None, "{name:?}");
    }
    for name in ["*@contoso.example", "nobody@contoso.example", "CORP\\u000003)(cn=*"] {
        let denied = world.sign_in_from(name, &password_of(3), stranger(1)).await.unwrap_err();
        assert!(matches!(denied.reason, Reason::UnknownName) && denied.person.is_none(), "{name:?}: {:?}", denied.reason);
    }
}

async fn principals_are_accounts_of_our_realm(world: &World) {
    let directory = &world.service.directory;
    for account in ["u000003", "U000003", "u000003@contoso.example"] {
        let found = directory.by_principal(account, "CORP.EXAMPLE.COM").await.unwrap().unwrap();
        assert_eq!(found.person.account, "u000003");
    }
    for (account, realm) in [
        ("u000003", "OTHER.EXAMPLE.COM"),
        ("u000003", ""),
        ("u00000*", "CORP.EXAMPLE.COM"),
        ("DC1$", "CORP.EXAMPLE.COM"),
        ("", "CORP.EXAMPLE.COM"),
    ] {
        assert_eq!(directory.by_principal(account, realm).await.unwrap(), None, "{account}@{realm}");
    }
}

#[tokio::test]
async fn a_name_with_everything_in_it_is_one_persons() {
    let world = World::new("wild");
    let upn = "o'neill (*)\\2a&|!=<>~,#+\"ä@contoso.example";
    #[rustfmt::skip]
    world.domain.change(&[
        "add-user", "wild", "OU=Office365", "cn=O'Neill, (Ann*) #1 \\ \"x\"", &format!("userPrincipalName={upn}"), "password=Wild-Pw-1!", "--",
        "add-user", "plain", "OU=Office365", "password=Plain-Pw-1!", "displayName=Ana", "mail=ana@contoso.example",
    ]);
    // A backslash is DOMAIN\account; by UPN such a person cannot be meant.
    assert_eq!(world.service.directory.by_name(upn).await.unwrap(), None);
    let signed_in = world.sign_in("CORP\\wild", "Wild-Pw-1!").await.unwrap_or_else(|denied| panic!("{:?}", denied.reason));
    assert_eq!(signed_in.person.upn, upn);
    // Without a UPN the account goes by what synchronization calls it.
    let plain = world.sign_in("CORP\\plain", "Plain-Pw-1!").await.unwrap_or_else(|denied| panic!("{:?}", denied.reason)).person;
    assert_eq!((&*plain.upn, plain.mail.as_deref(), &*plain.display_name), ("plain@corp.example.com", Some("ana@contoso.example"), "Ana"));
    world.ends_unwritten();
}

#[tokio::test]
async fn a_name_that_two_have_is_nobodys() {
    let world = World::new("twins");
    // The directory refuses the second one. Two replicas that have not heard of each other yet each let one in.
    world.put("u000003", "userPrincipalName", "u000006@contoso.example");
    let error = world.service.directory.by_name("u000006@contoso.example").await.unwrap_err().to_string();
    assert!(error.contains("2 accounts have the userPrincipalName \"u000006@contoso.example\""), "{error}");
    let denied = world.sign_in("u000006@contoso.example", &password_of(6)).await.unwrap_err();
    assert!(matches!(denied.reason, Reason::Directory(_)), "{:?}", denied.reason);
    world.enters("CORP\\u000006", &password_of(6)).await;
    // An explicit name goes before one that is made of account and domain.
    world.put("u000003", "userPrincipalName", "u000006@corp.example.com");
    assert_eq!(world.account("u000006@corp.example.com").await.person.account, "u000003");
    assert_eq!(world.account("u000006@CORP").await.person.account, "u000006");
    world.ends_unwritten();
}
