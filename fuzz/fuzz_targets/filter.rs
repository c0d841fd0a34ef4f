//! Any text as an LDAP filter: it is read or refused, what is read is printed and read again as the same, and deciding it never panics.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samesign_engine::{AttributesBuilder, Class, Filter, ObjectGuid, SourceObject};

fuzz_target!(|text: &str| {
    let Ok(filter) = Filter::parse(text) else { return };
    assert_eq!(Filter::parse(&filter.to_string()).as_ref(), Ok(&filter));
    let mut attributes = AttributesBuilder::default();
    for (name, value) in
        [("cn", "Ana"), ("userAccountControl", "514"), ("whenCreated", "20260101120000.0Z"), ("manager", "CN=Bob,DC=x"), ("a", text)]
    {
        attributes.add(name, value.as_bytes());
    }
    let guid = ObjectGuid::from_bytes([7; 16]);
    for class in [Class::User, Class::InetOrgPerson, Class::Group, Class::Contact] {
        let object = SourceObject { guid, dn: text.into(), class, attributes: AttributesBuilder::default().build() };
        let _ = filter.matches(&object);
    }
    let _ = filter.matches(&SourceObject { guid, dn: "CN=Ana,DC=x".into(), class: Class::User, attributes: attributes.build() });
    let _ = filter.attributes();
});
