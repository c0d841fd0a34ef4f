//! A directory with so many groups and contacts, members and deleted objects.

use rusqlite::Connection;
use samesign_tenant::clock;
use samesign_tenant::directory::groups::NewGroup;
use samesign_tenant::directory::{DirectoryError, contacts, groups, members, quarantine, users};
use samesign_tenant::store::Store;
use serde_json::json;

use crate::support::Tenant;

/// Makes `count` groups and contacts, of which the first group holds everybody; `hostile` is the name of the first of each.
pub fn fill(tenant: &Tenant, count: usize, hostile: &str) {
    let store = Store::open(tenant.folder.path()).unwrap();
    store.write(|connection| make(connection, count, hostile)).unwrap();
}

fn make(connection: &Connection, count: usize, hostile: &str) -> Result<(), DirectoryError> {
    let now = clock::now().as_second();
    let (mut everybody, mut first_group) = (Vec::new(), None);
    for number in 0..count {
        let name = |what: &str| if number == 0 { hostile.to_owned() } else { format!("{what} {number:05}") };
        let mut contact = contacts::blank(now)?;
        contact.display_name = name("Contact");
        contact.synced = Some(true);
        contact.mail = Some(format!("contact.number.{number}.with.a.long.address@partner.elsewhere.example"));
        contact.anchor = Some(format!("contact{number}=="));
        contact.set("companyName", Some(json!("Elsewhere Limited Liability Company")));
        everybody.push(contacts::insert(connection, contact)?.reference());
        let mut group = groups::blank(now)?;
        group.display_name = name("Group");
        group.synced = (number % 2 == 0).then_some(true);
        group.description = Some("A group of people who have something in common, told at length".to_owned());
        group.set("onPremisesSamAccountName", Some(json!(format!("group{number}"))));
        group.set("onPremisesDistinguishedName", Some(json!(format!("CN=Group {number},OU=Groups,DC=contoso,DC=example"))));
        let group = groups::insert(connection, group)?;
        everybody.push(group.reference());
        first_group.get_or_insert(group);
    }
    let Some(mut group) = first_group else { return Ok(()) };
    everybody.retain(|object| object.id != group.id);
    let mut user = users::blank(now)?;
    (user.upn, user.display_name) = ("ana@contoso.example".to_owned(), hostile.to_owned());
    let user = users::insert(connection, user)?;
    everybody.push(user.reference());
    members::change(connection, &mut group, &everybody, &[])?;
    members::add_owner(connection, &group, &user)?;
    let taken = "smtp:admin@contoso.onmicrosoft.com";
    for id in [&group.id, &user.id, &everybody.first().map_or_else(String::new, |object| object.id.clone())] {
        quarantine::park(connection, id, quarantine::ADDRESS, taken, now)?;
    }
    for number in 0..count.min(120) {
        let mut user = users::blank(now)?;
        (user.upn, user.display_name) =
            (format!("gone{number}@contoso.example"), if number == 0 { hostile.to_owned() } else { format!("Gone {number}") });
        let mut user = users::insert(connection, user)?;
        users::delete(connection, &mut user, now)?;
    }
    let (display_name, nickname) = (hostile.to_owned(), "crew".to_owned());
    let new = NewGroup { display_name, nickname, unified: true, mail_enabled: true, ..NewGroup::default() };
    let mut crew = groups::create(connection, new, now)?;
    groups::delete(connection, &mut crew, now)
}
