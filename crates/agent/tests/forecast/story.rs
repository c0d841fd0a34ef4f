//! A pair told for a person, when one is played alone.

use samesign_engine::Plan;

use super::cloud::Shown;
use super::directory::Directory;

pub fn tell(directory: &Directory, before: &Shown, plan: &Plan) {
    let policy = &directory.policy;
    println!("\n== {:?} {:?} {:?} {:?}", policy.matching, policy.adopt, policy.rules.anchor, policy.service);
    for entry in &directory.entries {
        println!("  {:?} {} {}", entry.class, entry.dn(), directory.anchor(entry));
        for (name, values) in &entry.attributes {
            let values: Vec<String> = values.iter().map(|value| String::from_utf8_lossy(value).escape_default().to_string()).collect();
            println!("      {name}: {}", values.join(" | "));
        }
    }
    directory.bin.iter().for_each(|entry| println!("  deleted: {} {}", entry.dn(), directory.anchor(entry)));
    tell_tenant("the tenant", before);
    println!("-- plan\n{plan}");
}

pub fn tell_tenant(when: &str, shown: &Shown) {
    println!("-- {when}");
    for (target, _) in shown.objects.values() {
        println!(
            "  {:?} {} {} mail {:?} {:?} anchor {:?}{}{}{}{} parked {:?}",
            target.kind,
            target.id,
            target.upn,
            target.mail,
            target.addresses,
            target.anchor,
            if target.synced { " synced" } else { "" },
            if target.licensed { " licensed" } else { "" },
            if target.privileged { " privileged" } else { "" },
            if target.soft_deleted { " DELETED" } else { "" },
            target.parked,
        );
    }
}
