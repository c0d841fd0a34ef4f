//! What people do in the directory and in the tenant.

use samesign_engine::{Anchor, Class, Kind, Presence};

use super::Dice;
use crate::world::{self, World};

const USERS: usize = 18;
const GROUPS: usize = 7;
const CONTACTS: usize = 5;
/// Few enough that they clash.
const NAMES: [&str; 14] = ["ana", "bob", "cy", "dan", "eve", "fay", "gus", "hal", "ida", "jo", "kim", "lou", "info", "all"];
const OUS: [&str; 5] = ["Staff", "Staff", "Staff/Sales", "Staff/Guests", "Archive"];

fn address(dice: &mut Dice) -> String {
    format!("{}@example.com", dice.pick(&NAMES))
}

fn maybe_address(dice: &mut Dice, percent: usize) -> String {
    if dice.percent(percent) { address(dice) } else { String::new() }
}

fn proxies(dice: &mut Dice, percent: usize) -> String {
    if !dice.percent(percent) {
        return String::new();
    }
    let first = format!("{}:{}", dice.pick(&["SMTP", "smtp"]), address(dice));
    if dice.percent(20) { format!("{first}|smtp:{}", address(dice)) } else { first }
}

/// The account in a slot: `u3`, `g1`, `c4`.
fn slot(dice: &mut Dice) -> (Class, String) {
    match dice.below(USERS + GROUPS + CONTACTS) {
        user if user < USERS => (Class::User, format!("u{user}")),
        group if group < USERS + GROUPS => (Class::Group, format!("g{}", group - USERS)),
        contact => (Class::Contact, format!("c{}", contact - USERS - GROUPS)),
    }
}

/// One edit in Active Directory.
pub fn directory(world: &mut World, dice: &mut Dice) {
    let (class, name) = slot(dice);
    if !world.accounts.contains_key(&name) {
        return make(world, dice, class, &name);
    }
    match dice.below(10) {
        0 => {
            let how = dice.pick(&[Presence::Deleted, Presence::Deleted, Presence::Absent, Presence::Missing, Presence::LongMissing]);
            world.remove_account(&name, how);
        }
        1 => world.accounts.get_mut(&name).unwrap().ou = dice.pick(&OUS).to_owned(),
        2 if dice.percent(20) => {
            // A whole OU is moved.
            let (from, to) = (dice.pick(&OUS), dice.pick(&OUS));
            world.accounts.values_mut().filter(|account| account.ou == from).for_each(|account| account.ou = to.to_owned());
        }
        3 => come_back(world, dice),
        _ => fill(world, dice, class, &name),
    }
}

fn make(world: &mut World, dice: &mut Dice, class: Class, name: &str) {
    let ou = dice.pick(&OUS);
    match class {
        Class::Group => world.add_group(name, ou),
        Class::Contact => world.add_contact(name, ou),
        Class::User | Class::InetOrgPerson => world.add_account(name, ou),
    };
    fill(world, dice, class, name);
}

/// An object that is gone comes out of the recycle bin.
fn come_back(world: &mut World, dice: &mut Dice) {
    let gone: Vec<Anchor> = world.gone.keys().cloned().collect();
    let free: Vec<String> = (0..USERS).map(|user| format!("u{user}")).filter(|name| !world.accounts.contains_key(name)).collect();
    if gone.is_empty() || free.is_empty() {
        return;
    }
    let anchor = gone[dice.below(gone.len())].clone();
    // Who was a group is no user now.
    if world.links.iter().any(|link| link.anchor == anchor && link.kind != Kind::User) {
        return;
    }
    let name = &free[dice.below(free.len())];
    make(world, dice, Class::User, name);
    world.gone.remove(&anchor);
    world.accounts.get_mut(name).unwrap().guid = anchor.guid().unwrap();
}

fn fill(world: &mut World, dice: &mut Dice, class: Class, name: &str) {
    let others: Vec<String> = world.accounts.values().map(world::Account::dn).collect();
    let other = others[dice.below(others.len())].clone();
    let account = world.accounts.get_mut(name).unwrap();
    account.set("displayName", dice.pick(&["", "Ana Pope", "Bob Ruiz"]));
    account.set("title", if class == Class::Group { "" } else { dice.pick(&["", "Buyer", "Clerk"]) });
    account.set("mailNickname", dice.pick(&["", "", "nick"]));
    account.set("description", dice.pick(&["", "one|two"]));
    match class {
        Class::User | Class::InetOrgPerson => {
            account.set("userPrincipalName", &address(dice));
            account.set("mail", &maybe_address(dice, 25));
            account.set("proxyAddresses", &proxies(dice, 25));
            account.set("manager", if dice.percent(50) { &other } else { "" });
            account.set("publicDelegates", if dice.percent(30) { &other } else { "" });
            account.set("userAccountControl", dice.pick(&["512", "512", "514"]));
        }
        Class::Group => {
            account.set("groupType", dice.pick(&["-2147483646", "-2147483646", "2"]));
            account.set("mail", &maybe_address(dice, 40));
            account.set("proxyAddresses", &proxies(dice, 25));
            account.set("managedBy", if dice.percent(50) { &other } else { "" });
        }
        Class::Contact => {
            account.set("mail", &format!("{name}@partner.example"));
            account.set("proxyAddresses", &proxies(dice, 30));
            account.set("manager", if dice.percent(50) { &other } else { "" });
        }
    }
}

/// Somebody joins a group or leaves it; groups are in each other, and in themselves.
pub fn membership(world: &mut World, dice: &mut Dice) {
    let group = format!("g{}", dice.below(GROUPS));
    let members: Vec<String> = (0..1 + dice.below(4)).map(|_| slot(dice).1).filter(|name| world.accounts.contains_key(name)).collect();
    let leave = dice.percent(30);
    if let Some(group) = world.accounts.get_mut(&group) {
        for member in members {
            if leave {
                group.members.remove(&member);
            } else {
                group.members.insert(member);
            }
        }
    }
}

/// One edit by the tenant's administrator, of what is theirs to edit.
pub fn tenant(world: &mut World, dice: &mut Dice) {
    let of_the_cloud: Vec<usize> = (0..world.targets.len()).filter(|at| !world.targets[*at].synced).collect();
    match dice.below(4) {
        0 if !of_the_cloud.is_empty() => {
            world.targets.remove(of_the_cloud[dice.below(of_the_cloud.len())]);
        }
        1 => {
            // A synchronized user is deleted in the tenant.
            let synced: Vec<usize> =
                (0..world.targets.len()).filter(|at| world.targets[*at].synced && world.targets[*at].kind == Kind::User).collect();
            if !synced.is_empty() && dice.percent(40) {
                world.targets[synced[dice.below(synced.len())]].soft_deleted = true;
            }
        }
        _ => add(world, dice),
    }
}

/// A tenant gives every name once.
fn add(world: &mut World, dice: &mut Dice) {
    let (upn, mail, proxy) = (address(dice), maybe_address(dice, 50), maybe_address(dice, 30));
    let wanted: Vec<&String> = [&upn, &mail, &proxy].into_iter().filter(|name| !name.is_empty()).collect();
    let taken = |target: &samesign_engine::TargetObject| {
        let names = world::target_names(target);
        wanted.iter().any(|name| names.contains(*name))
    };
    if world.targets.iter().any(taken) {
        return;
    }
    let target = world.add_target(&upn);
    target.mail = (!mail.is_empty()).then(|| mail.into());
    target.addresses = (!proxy.is_empty()).then(|| format!("smtp:{proxy}").into()).into_iter().collect();
    target.privileged = dice.percent(10);
    (target.licensed, target.mailbox) = (dice.percent(70), dice.percent(50));
    match dice.below(10) {
        0 => target.kind = Kind::Group,
        1 => target.kind = Kind::Contact,
        2 => (target.synced, target.anchor) = (true, Some(Anchor::from_text("another directory"))),
        _ => {}
    }
}
