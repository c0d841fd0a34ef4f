use super::*;
use crate::block::Given;
use crate::flow::{desired, desired_names};
use crate::{Class, ObjectGuid, SourceObject, Value};

const EXTENSION: &str = "extension_0123456789abcdef0123456789ABCDEF_costCentre";

fn own(to: &str, make: Make) -> OwnFlow {
    OwnFlow { kind: Kind::User, to: to.into(), make, empty: Empty::Clear }
}

fn first(names: &[&str]) -> Make {
    Make::First(names.iter().map(|name| Box::from(*name)).collect())
}

fn template(text: &str) -> Make {
    Make::Template(text.into())
}

/// What flows of Ana with these attributes and flows.
fn flowing(flows: &[OwnFlow], attributes: &[(&str, &str)]) -> Desired<'static> {
    let mut policy = crate::scope::tests::policy(&["DC=x"], &[]);
    policy.rules.flows = flows.to_vec();
    let mut builder = AttributesBuilder::default();
    for (name, value) in [("sAMAccountName", "ana"), ("userPrincipalName", "ana@x.y"), ("cn", "Ana"), ("sn", "Ruiz"), ("givenName", "Ana")]
    {
        if !attributes.iter().any(|(given, _)| *given == name) {
            builder.add(name, value.as_bytes());
        }
    }
    attributes.iter().for_each(|(name, value)| builder.add(name, value.as_bytes()));
    let object =
        SourceObject { guid: ObjectGuid::from_bytes([1; 16]), dn: "CN=Ana,DC=x".into(), class: Class::User, attributes: builder.build() };
    let whole = desired(&Person::new(&object, &policy)).with_every_flow(Kind::User);
    assert!(whole.flows.windows(2).all(|pair| pair[0].0.service < pair[1].0.service), "sorted, none twice");
    for (flow, flowed) in desired_names(&Person::new(&object, &policy)).flows {
        assert_eq!(whole.flows.iter().find(|(other, _)| other.service == flow.service).map(|(_, flowed)| flowed), Some(&flowed));
    }
    Desired { flows: whole.flows.into_iter().map(|(flow, flowed)| (flow, flowed.on_its_own())).collect(), problems: whole.problems }
}

fn flowed(flow: &OwnFlow, attributes: &[(&str, &str)]) -> (Flowed<'static>, Vec<(&'static str, &'static str)>) {
    let mut desired = flowing(std::slice::from_ref(flow), attributes);
    let at = desired.flows.iter().position(|(row, _)| *row.service == *flow.to).unwrap_or_else(|| panic!("{} has no row", flow.to));
    let problems = desired.problems.iter().map(|problem| (problem.code.as_str(), problem.attribute)).collect();
    (desired.flows.swap_remove(at).1, problems)
}

fn text(text: &str) -> Flowed<'static> {
    value(Value::Text(text.into()))
}

fn value(value: Value) -> Flowed<'static> {
    Flowed::Value(Given::Value(value))
}

#[test]
fn the_first_attribute_with_a_value_flows_as_the_row_demands() {
    let department = own("department", first(&["departmentNumber", "department"]));
    assert_eq!(flowed(&department, &[("departmentNumber", " 42 "), ("department", "Sales")]).0, text("42"));
    assert_eq!(flowed(&department, &[("departmentNumber", "  "), ("department", "Sales")]).0, text("Sales"));
    assert_eq!(
        flowed(&department, &[("departmentNumber", &"x".repeat(65))]),
        (Flowed::Ignore, vec![("value-too-long", "departmentNumber")])
    );
    let addresses = own("proxyAddresses", first(&["otherMailbox"]));
    let given = [("otherMailbox", "smtp:b@x.y"), ("otherMailbox", "SMTP:a@x.y"), ("proxyAddresses", "SMTP:c@x.y")];
    assert_eq!(flowed(&addresses, &given).0, value(Value::Texts(["SMTP:a@x.y".into(), "smtp:b@x.y".into()].into())));
    let enabled = own("accountEnabled", first(&["employeeType"]));
    assert_eq!(flowed(&enabled, &[("employeeType", "false"), ("userAccountControl", "512")]).0, value(Value::Boolean(false)));
    assert_eq!(flowed(&enabled, &[("employeeType", "perhaps"), ("userAccountControl", "514")]).0, Flowed::Ignore, "never guessed");
    let manager = own("manager", first(&["secretary"]));
    assert_eq!(flowed(&manager, &[("secretary", "CN=Bob,DC=X")]).0, Flowed::Reference("cn=bob,dc=x".into()));
}

#[test]
fn what_is_blank_clears_or_is_ignored() {
    let title = |empty| OwnFlow { empty, ..own("title", first(&["personalTitle"])) };
    assert_eq!(flowed(&title(Empty::Clear), &[("title", "Buyer")]).0, Flowed::Clear);
    assert_eq!(flowed(&title(Empty::Ignore), &[("title", "Buyer")]).0, Flowed::Ignore);
    for never in ["mail", "displayName", "accountEnabled", "userPrincipalName"] {
        assert_eq!(flowed(&own(never, first(&["personalTitle"])), &[("title", "Buyer")]).0, Flowed::Ignore, "{never} is never cleared");
    }
    assert_eq!(flowed(&own("title", Make::Drop), &[("title", "Buyer")]).0, Flowed::Ignore);
    let problems = flowed(&own("mail", Make::Drop), &[("mail", "no address")]).1;
    assert_eq!(problems, [], "what does not flow is nobody's fault");
}

#[test]
fn templates_are_filled_or_give_nothing() {
    let filled = |text: &str, attributes: &[(&str, &str)]| match flowed(&own("displayName", template(text)), attributes).0 {
        Flowed::Value(given) => given.into_value().to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!(filled("{sn}, {givenName}", &[]), "Ruiz, Ana");
    assert_eq!(filled("{givenName:first(1):lower}{SN:lower}", &[]), "aruiz");
    assert_eq!(filled("{sn:upper} {{{department|'no } department'}}}", &[]), "Ignore", "a brace within quotes is not read");
    assert_eq!(filled("{sn:upper} {{{department|'nowhere: at all'}}}", &[]), "RUIZ {nowhere: at all}");
    assert_eq!(filled("{department|title|sn}", &[("title", "Buyer")]), "Buyer");
    assert_eq!(filled("{sn} {department}", &[]), "Ignore", "one is missing: nothing, which never clears a display name");
    assert_eq!(filled("{distinguishedName}", &[]), "CN=Ana,DC=x");
    assert_eq!(filled("{objectGUID}", &[]), "01010101-0101-0101-0101-010101010101");
    assert_eq!(filled("{sn:first(99)}é", &[]), "Ruizé");
}

/// The sign-in name may be another attribute; then the real one goes along, and faults are told of the attribute that holds them.
// Covers: name.alternate
#[test]
fn another_attribute_may_become_the_sign_in_name() {
    let alternate = own("userPrincipalName", first(&["mail"]));
    let given = [("mail", "ana.ruiz@x.y"), ("userPrincipalName", "ana@corp.local")];
    let desired = flowing(std::slice::from_ref(&alternate), &given);
    assert_eq!(desired.text("userPrincipalName"), Some("ana.ruiz@x.y"));
    assert_eq!(desired.text("onPremisesUserPrincipalName"), Some("ana@corp.local"));
    assert_eq!(flowing(&[], &given).text("onPremisesUserPrincipalName"), None);
    assert!(flowed(&alternate, &[("mail", "no name")]).1.contains(&("upn-invalid", "mail")));
    assert_eq!(flowed(&alternate, &[("title", "Buyer")]), (Flowed::Ignore, vec![("upn-missing", "mail")]));
    assert_eq!(flowed(&alternate, &[("mail", "a@x.y"), ("userPrincipalName", "no name")]).1, [], "nobody signs in with that one");
}

// Covers: flow.custom
#[test]
fn a_directory_extension_takes_250_characters() {
    let extension = own(EXTENSION, first(&["departmentNumber"]));
    assert_eq!(extension.check(), Ok(()));
    assert_eq!(flowed(&extension, &[("departmentNumber", &"é".repeat(250))]).0, text(&"é".repeat(250)));
    assert_eq!(
        flowed(&extension, &[("departmentNumber", &"é".repeat(251))]),
        (Flowed::Ignore, vec![("value-too-long", "departmentNumber")])
    );
    assert_eq!(flowed(&extension, &[("title", "Buyer")]).0, Flowed::Clear);
    assert_eq!(crate::flow::known_service_name(EXTENSION), Some(EXTENSION), "a plan file can name it");
    for wrong in [
        "extension_0123_x",
        "extension_0123456789abcdef0123456789abcdeg_x",
        "extension_0123456789abcdef0123456789abcdef_",
        "extension_0123456789abcdef0123456789abcdef_a b",
    ] {
        assert!(own(wrong, first(&["title"])).check().is_err_and(|error| error.contains("32 hexadecimal")), "{wrong}");
    }
    let many = |count: usize| (0..count).map(|at| own(&format!("{EXTENSION}{at}"), first(&["title"]))).collect::<Vec<_>>();
    assert_eq!(Rules { flows: many(100), ..Rules::default() }.check_flows(), Ok(()));
    assert!(Rules { flows: many(101), ..Rules::default() }.check_flows().is_err_and(|error| error.contains("takes 100")));
}

#[test]
fn a_country_makes_the_usage_location() {
    let location = own("usageLocation", first(&["msExchUsageLocation", "c"]));
    assert_eq!(flowed(&location, &[("c", "de")]).0, text("DE"));
    assert_eq!(flowed(&location, &[("c", "DE"), ("msExchUsageLocation", "ES")]).0, text("ES"));
    assert_eq!(flowed(&location, &[("c", "D1")]), (Flowed::Ignore, vec![("usage-location-invalid", "c")]));
    assert_eq!(flowed(&OwnFlow { empty: Empty::Ignore, ..location.clone() }, &[("title", "Buyer")]).0, Flowed::Ignore);
}

#[test]
fn what_cannot_be_used_is_refused_with_what_to_write() {
    let group = |to: &str| OwnFlow { kind: Kind::Group, ..own(to, first(&["info"])) };
    for (flow, words) in [
        (own("departement", first(&["title"])), "did you mean `department`?"),
        (own("jobTitle", first(&["title"])), "no attribute `jobTitle`"),
        (own("sourceAnchor", first(&["title"])), "cannot be changed"),
        (own("onPremiseSecurityIdentifier", Make::Drop), "cannot be changed"),
        (own("userPrincipalName", Make::Drop), "cannot be dropped"),
        (own("title", first(&[])), "names no attribute"),
        (own("title", first(&["unicodePwd"])), "never read"),
        (own("title", template("{ms-Mcs-AdmPwd}")), "never read"),
        (own("title", first(&["memberOf"])), "scope.members_of"),
        (own("title", first(&["two words"])), "no attribute's name"),
        (own("title", template("{sn")), "no closing"),
        (own("title", template("sn}")), "no opening brace"),
        (own("title", template("{sn:reverse}")), "no filter"),
        (own("title", template("{}")), "no attribute's name"),
        (own("title", Make::Constant(" ".into())), "is empty"),
        (own("department", Make::Constant("x".repeat(65).into())), "takes 64"),
        (own("accountEnabled", Make::Constant("yes".into())), "true or false"),
        (group("member"), "members are not a flow"),
        (group("usageLocation"), "of a group"),
    ] {
        assert!(flow.check().is_err_and(|error| error.contains(words)), "{flow:?}: {:?}", flow.check());
    }
    for flow in
        [own("accountEnabled", Make::Constant("False".into())), own("mail", Make::Drop), group("info"), own("title", template("{{x}}"))]
    {
        assert_eq!(flow.check(), Ok(()), "{flow:?}");
    }
    let twice = Rules { flows: vec![own("title", Make::Drop), own("title", first(&["info"]))], ..Rules::default() };
    assert!(twice.check_flows().is_err_and(|error| error.contains("two flows")));
}

#[test]
fn what_the_rules_look_at_is_asked_for_and_no_secret() {
    let mut rules = Rules { filter: crate::Filter::parse("(&(roomNumber=*)(title=*))").ok(), ..Rules::default() };
    rules.flows = vec![
        own("title", template("{personalTitle} {sn|departmentNumber|'x'} {objectGUID}")),
        own("info", first(&["RoomNumber", "unicodePwd", "distinguishedName"])),
    ];
    assert_eq!(rules.attributes(), ["departmentnumber", "personaltitle", "roomnumber"].map(Box::from));
    assert_eq!(Rules::default().attributes(), []);
}

#[test]
fn names_and_references_that_own_flows_make_couple_objects() {
    let mut policy = crate::scope::tests::policy(&["DC=x"], &[]);
    policy.rules.flows = vec![own("mail", first(&["otherMailbox"])), own("manager", first(&["secretary"])), own("title", first(&["info"]))];
    let mut builder = AttributesBuilder::default();
    [("otherMailbox", "A@x.y"), ("secretary", "CN=Bob,DC=X"), ("info", "Buyer")]
        .iter()
        .for_each(|(name, value)| builder.add(name, value.as_bytes()));
    let object =
        SourceObject { guid: ObjectGuid::from_bytes([1; 16]), dn: "CN=Ana,DC=x".into(), class: Class::User, attributes: builder.build() };
    let keys = crate::keys(&object, &policy);
    assert!(["name:a@x.y", "ref:cn=bob,dc=x"].iter().all(|key| keys.iter().any(|known| known == key)), "{keys:?}");
    assert!(!keys.iter().any(|key| key.contains("buyer")));
}
