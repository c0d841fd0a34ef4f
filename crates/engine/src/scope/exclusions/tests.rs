use super::*;
use crate::policy::{Adopt, Guard, MatchPolicy, Policy, Scope, ScopeOu};
use crate::scope::Area;
use crate::{AttributesBuilder, ObjectGuid, SourceObject};

const DN: &str = "CN=it,OU=Staff,DC=x";

fn ask_named(dn: &str, class: Class, attributes: &[(&str, &str)]) -> Answer {
    let policy = Policy {
        scope: Scope {
            include: vec![ScopeOu { configured: "OU=Staff,DC=x".into(), guid: None, current: Some("OU=Staff,DC=x".into()) }],
            exclude: Vec::new(),
        },
        matching: MatchPolicy::Dirsync,
        adopt: Adopt::Ask,
        guard: Guard::default(),
        dns_domain: "x".into(),
        netbios_domain: None,
        verified_domains: Vec::new(),
        rules: crate::Rules::default(),
        service: crate::Service::default(),
    };
    let mut builder = AttributesBuilder::default();
    attributes.iter().for_each(|(name, value)| builder.add(name, value.as_bytes()));
    let object = SourceObject { guid: ObjectGuid::from_bytes([1; 16]), dn: dn.into(), class, attributes: builder.build() };
    let person = Person::new(&object, &policy);
    Area::new(&policy, None).ask(&person, person.dn().as_ref())
}

/// An object of that class which takes part, changed; a value of `-` takes an attribute away.
fn ask(class: Class, changed: &[(&'static str, &'static str)]) -> Answer {
    let ordinary: &[(&str, &str)] = match class {
        Class::User | Class::InetOrgPerson => &[("sAMAccountName", "ana")],
        Class::Group => &[("sAMAccountName", "all"), ("groupType", "-2147483646")],
        Class::Contact => &[("mail", "pia@x.y")],
    };
    let kept = ordinary.iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
    let attributes: Vec<(&str, &str)> = kept.chain(changed.iter().filter(|(_, value)| *value != "-")).copied().collect();
    ask_named(DN, class, &attributes)
}

#[track_caller]
fn is_out(class: Class, changed: &[(&'static str, &'static str)], because: &str) {
    match ask(class, changed) {
        Answer::Out(reason) => assert!(reason.contains(because), "{changed:?}: {reason}"),
        other => panic!("{changed:?} gives {other:?}"),
    }
}

#[track_caller]
fn is_in(class: Class, changed: &[(&'static str, &'static str)]) {
    let answer = ask(class, changed);
    assert!(matches!(answer, Answer::In(_)), "{changed:?} gives {answer:?}");
}

// Covers: scope.user-critical, scope.user-sync-account, scope.user-support, scope.user-system-mailbox, scope.user-cas
// Covers: scope.user-recipient-type, scope.user-description, scope.linked-mailbox, scope.system-account
#[test]
fn users_that_the_system_made() {
    is_in(Class::User, &[]);
    is_out(Class::User, &[("isCriticalSystemObject", "TRUE")], "isCriticalSystemObject");
    for account in ["AAD_1", "aad_1", "MSOL_1"] {
        is_out(Class::User, &[("sAMAccountName", account)], "synchronization service");
    }
    for account in ["SUPPORT_388945a0", "krbtgt", "krbtgt_AzureAD", "gmsa$"] {
        is_out(Class::User, &[("sAMAccountName", account)], "of the system");
    }
    is_out(Class::User, &[("mailNickname", "SystemMailbox{1}")], "of Exchange itself");
    is_out(Class::User, &[("mailNickname", "CAS_{1}")], "of Exchange itself");
    is_out(Class::User, &[("sAMAccountName", "CAS_{1}")], "of Exchange (CAS_)");
    is_in(Class::User, &[("sAMAccountName", "CAS_x")]);
    for bit in ["4096", "8192", "16384", "4194304", "8388608", "16777216", "536870912"] {
        is_out(Class::User, &[("msExchRecipientTypeDetails", bit)], "of Exchange itself");
    }
    for other in ["1", "2147483648", "many"] {
        is_in(Class::User, &[("msExchRecipientTypeDetails", other)]);
    }
    is_out(Class::User, &[("msExchRecipientTypeDetails", "2")], "linked mailbox");
    is_out(Class::User, &[("adminDescription", "User_x")], "adminDescription");
    is_in(Class::User, &[("adminDescription", "Group_x")]);
    is_in(Class::InetOrgPerson, &[("adminDescription", "User_x")]);
}

// Covers: scope.user-no-account
#[test]
fn a_user_without_an_account_name_is_faulty_not_gone() {
    for class in [Class::User, Class::InetOrgPerson] {
        assert!(matches!(ask(class, &[("sAMAccountName", "-")]), Answer::Faulty(Code::SamAccountMissing, _)));
    }
    is_in(Class::Group, &[("sAMAccountName", "-")]);
}

// Covers: scope.privileged-member
#[test]
fn an_administrator_of_the_domain_takes_part() {
    is_in(Class::User, &[("adminCount", "1"), ("memberOf", "CN=Domain Admins,CN=Users,DC=x")]);
}

// Covers: scope.user-conflict, scope.group-conflict, scope.contact-conflict, D20
#[test]
fn conflicting_and_deleted_objects_are_faulty_whatever_their_class() {
    for class in [Class::User, Class::InetOrgPerson, Class::Group, Class::Contact] {
        let all = [("sAMAccountName", "it"), ("groupType", "-2147483646"), ("mail", "it@x.y")];
        let conflict = ask_named(r"CN=it\0ACNF:8a1c,OU=Staff,DC=x", class, &all);
        assert!(matches!(conflict, Answer::Faulty(Code::NameConflictObject, _)), "{class:?}: {conflict:?}");
        let deleted = ask_named(r"CN=it\0ADEL:8a1c,OU=Staff,DC=x", class, &all);
        assert!(matches!(deleted, Answer::Faulty(Code::DeletedObject, _)), "{class:?}: {deleted:?}");
        assert!(matches!(ask_named(DN, class, &all), Answer::In(_)), "{class:?}");
        let below = ask_named(r"CN=it,OU=a\0ACNF:8a1c,OU=Staff,DC=x", class, &all);
        assert!(matches!(below, Answer::In(_)), "only the object itself counts");
    }
}

// Covers: scope.group-critical, scope.group-coexistence, scope.group-role, scope.group-description, scope.group-distribution
#[test]
fn groups_that_the_system_made() {
    is_in(Class::Group, &[]);
    is_out(Class::Group, &[("isCriticalSystemObject", "TRUE")], "isCriticalSystemObject");
    is_out(Class::Group, &[("sAMAccountName", "msol_ad_sync_richcoexistence")], "synchronization service");
    is_out(Class::Group, &[("msExchRecipientTypeDetails", "1073741824")], "role group");
    is_in(Class::Group, &[("msExchRecipientTypeDetails", "4096")]);
    is_out(Class::Group, &[("adminDescription", "Group_x")], "Group_");
    is_in(Class::Group, &[("adminDescription", "User_x")]);
    is_out(Class::Group, &[("groupType", "2")], "distribution group");
    is_out(Class::Group, &[("groupType", "8")], "distribution group");
    is_in(Class::Group, &[("groupType", "2"), ("mail", "all@x.y")]);
    is_in(Class::Group, &[("groupType", "2147483656")]);
}

#[test]
fn a_group_of_unknown_type_is_faulty_unless_it_has_mail() {
    for unknown in ["-", "many"] {
        assert!(matches!(ask(Class::Group, &[("groupType", unknown)]), Answer::Faulty(Code::GroupTypeMissing, _)));
        is_in(Class::Group, &[("groupType", unknown), ("mail", "all@x.y")]);
    }
}

// Covers: scope.group-size
#[test]
fn a_group_of_too_many_members_is_frozen() {
    let names: Vec<String> = (0..250_001).map(|number| format!("CN={number}")).collect();
    let ask = |count: usize| {
        let members = names.iter().take(count).map(|name| ("member", name.as_str()));
        ask_named(DN, Class::Group, &members.chain([("groupType", "-2147483646")]).collect::<Vec<_>>())
    };
    assert!(matches!(ask(250_000), Answer::In(_)));
    assert!(matches!(ask(250_001), Answer::Faulty(Code::GroupTooLarge, _)));
}

// Covers: scope.contact-critical, scope.contact-msol, scope.contact-cas, scope.contact-no-mail
#[test]
fn contacts_that_the_system_made() {
    is_in(Class::Contact, &[]);
    is_out(Class::Contact, &[("isCriticalSystemObject", "TRUE")], "isCriticalSystemObject");
    is_out(Class::Contact, &[("displayName", "Pia (MSOL)"), ("msExchHideFromAddressLists", "TRUE")], "(MSOL)");
    is_in(Class::Contact, &[("displayName", "Pia (MSOL)"), ("msExchHideFromAddressLists", "FALSE")]);
    is_in(Class::Contact, &[("displayName", "Pia"), ("msExchHideFromAddressLists", "TRUE")]);
    is_out(Class::Contact, &[("mailNickname", "CAS_{1}")], "CAS_");
    is_in(Class::Contact, &[("mailNickname", "CAS_1")]);
    is_out(Class::Contact, &[("mail", "-")], "not mail-enabled");
}

// Covers: scope.mail-enabled
#[test]
fn what_makes_an_object_mail_enabled() {
    let list = ("groupType", "2");
    for (mail, proxy, group, contact) in [
        ("all@x.y", "-", true, true),
        ("all", "-", false, false),
        ("-", "SMTP:all@x.y", true, true),
        ("-", "smtp:all@x.y", true, true),
        ("-", "SMTP:all", false, false),
        ("-", "X500:/o=Ex/cn=all@x", false, false),
        // A group with addresses, none of them for SMTP, has no mail whatever `mail` says.
        ("all@x.y", "X500:/o=Ex/cn=all", false, true),
    ] {
        let is_in = |class, changed: &[(&'static str, &'static str)]| matches!(ask(class, changed), Answer::In(_));
        assert_eq!(is_in(Class::Group, &[list, ("mail", mail), ("proxyAddresses", proxy)]), group, "group {mail} {proxy}");
        assert_eq!(is_in(Class::Contact, &[("mail", mail), ("proxyAddresses", proxy)]), contact, "contact {mail} {proxy}");
    }
}
