//! Scenarios: stories an administrator could read, each with the screen it must give. `UPDATE=1` rewrites the screens.
//!
//! A line is a step; `#` begins a comment. What the steps print stands below `---`. A user is known by a short name, an OU by
//! its path (`Staff/Sales`). The scope is OU=Staff, the domain example.com, unless the story says otherwise.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

mod world;

use std::fs;
use std::path::{Path, PathBuf};

use samesign_engine::{
    Adopt, Anchor, Finding, FindingsScreen, Kind, LinkState, MatchPolicy, Presence, Value, explain, forecast, ldif, mends, review,
};
use world::{World, ou, ou_dn};

// Covers: data.display-name, data.mail, data.alias, data.proxies, data.account, data.target-address, data.upn, data.across
// Covers: data.suggestions, scope.outbound-gate, flow.manager, class.group, class.contact, delete.other, delete.recreated, D19, D20, scope.group-size
#[test]
fn every_scenario_gives_its_screen() {
    let mut files: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 40, "the scenarios are there");
    let wrong: Vec<String> = files.iter().filter_map(|file| check(file)).collect();
    assert!(wrong.is_empty(), "{}\nUPDATE=1 rewrites the screens", wrong.join("\n"));
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

fn check(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).unwrap();
    let (steps, expected) = text.split_once("---\n").unwrap_or((&text, ""));
    let screen = play(steps);
    if screen == expected {
        return None;
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(file, format!("{}---\n{screen}", steps)).unwrap();
        return None;
    }
    Some(format!("{}\nexpected:\n{expected}\ngot:\n{screen}", file.file_name().unwrap().to_string_lossy()))
}

fn play(steps: &str) -> String {
    let mut world = World::default();
    let steps: Vec<&str> = steps.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let prints = |step: &&&str| ["plan", "check", "mends", "explain", "forecast", "links"].contains(&step.split(' ').next().unwrap());
    let several = steps.iter().filter(prints).count() > 1;
    let mut screen = String::new();
    for step in steps {
        let printed = take(&mut world, step);
        if several && prints(&&step) {
            screen.push_str(&format!("> {step}\n"));
        }
        screen.push_str(&printed);
    }
    screen
}

/// Words are parted by blanks; a value in quotation marks may hold some.
fn words(step: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in step.chars() {
        match character {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().unwrap().push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn take(world: &mut World, step: &str) -> String {
    let words = words(step);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["ad", rest @ ..] => in_directory(world, rest, step),
        ["cloud", rest @ ..] => in_tenant(world, rest, step),
        ["policy" | "adopt" | "include" | "include-moved" | "exclude" | "guard" | "domains" | "source", ..] => {
            configure(world, &words, step)
        }
        ["sync"] => return lines(world.sync().iter().map(|refused| format!("refused by the service: {refused}"))),
        ["approve"] => {
            let plan = world.plan();
            return lines(world.apply(&plan, true).iter().map(|refused| format!("refused by the service: {refused}")));
        }
        ["a", "day", "passes"] => world.recent = Default::default(),
        ["lose", "the", "links"] => world.links.clear(),
        ["plan"] => return format!("{}\n", world.plan()),
        ["check"] => return format!("{}", FindingsScreen(&findings(world))),
        ["mends"] => {
            let slice = world.slice();
            let file = ldif(&mends(&slice, &world.policy, &findings(world)));
            return file
                .split_once("\n\n#")
                .and_then(|(_, rest)| rest.split_once("\n\n"))
                .map_or("nothing\n".to_owned(), |(_, mends)| mends.to_owned());
        }
        ["explain", who] => {
            return explain(&world.slice(), &world.policy, who).map_or_else(|| "nobody\n".to_owned(), |known| known.to_string());
        }
        ["forecast"] => return lines(forecast::unmatched(&world.slice(), &world.policy).iter().map(ToString::to_string)),
        ["links"] => return links(world),
        _ => panic!("unknown step: {step}"),
    }
    String::new()
}

/// What `samesign check` shows: what a plan finds, and the review.
fn findings(world: &World) -> Vec<Finding> {
    let mut findings = world.plan().findings;
    findings.extend(review(&world.slice(), &world.policy));
    findings.sort();
    findings
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.map(|line| line + "\n").collect()
}

fn links(world: &World) -> String {
    lines(world.links.iter().map(|link| format!("{} {}", link.last_upn, if link.state == LinkState::Live { "live" } else { "deleted" })))
}

fn pair(word: &str) -> (&str, &str) {
    word.split_once('=').unwrap_or_else(|| panic!("{word} is no name=value"))
}

fn in_directory(world: &mut World, words: &[&str], step: &str) {
    match words {
        ["add", "user", name, ou, rest @ ..] => {
            let account = world.add_account(name, pair(ou).1);
            rest.iter().for_each(|word| account.set(attribute(pair(word).0), pair(word).1));
        }
        ["add", "group", name, ou, rest @ ..] => {
            let account = world.add_group(name, pair(ou).1);
            rest.iter().for_each(|word| set(account, word, name));
        }
        ["add", "contact", name, ou, rest @ ..] => {
            let account = world.add_contact(name, pair(ou).1);
            rest.iter().for_each(|word| set(account, word, name));
        }
        ["add", "users", prefix, count, ou, rest @ ..] => {
            for number in 1..=count.parse::<usize>().unwrap() {
                let account = world.add_account(&format!("{prefix}{number}"), pair(ou).1);
                rest.iter().for_each(|word| account.set(attribute(pair(word).0), pair(word).1));
            }
        }
        ["rename-ou", from, to] => world.accounts.values_mut().for_each(|account| {
            if let Some(rest) = account.ou.strip_prefix(from) {
                account.ou = format!("{to}{rest}");
            }
        }),
        [verb, names, rest @ ..] => {
            for name in expand(names) {
                change_account(world, verb, &name, rest, step);
            }
        }
        _ => panic!("unknown step: {step}"),
    }
}

/// `u1..4` is u1, u2, u3, u4.
fn expand(names: &str) -> Vec<String> {
    let Some((first, last)) = names.split_once("..") else {
        return vec![names.to_owned()];
    };
    let digits = first.find(|character: char| character.is_ascii_digit()).unwrap();
    let (prefix, first) = first.split_at(digits);
    (first.parse::<usize>().unwrap()..=last.parse().unwrap()).map(|number| format!("{prefix}{number}")).collect()
}

fn change_account(world: &mut World, verb: &str, name: &str, rest: &[&str], step: &str) {
    if verb == "delete" {
        let presence = match rest {
            [] => Presence::Deleted,
            ["absent"] => Presence::Absent,
            ["missing"] => Presence::Missing,
            ["long-missing"] => Presence::LongMissing,
            _ => panic!("unknown step: {step}"),
        };
        return world.remove_account(name, presence);
    }
    if verb == "undelete" {
        let gone: Vec<Anchor> = world.gone.keys().cloned().collect();
        let anchor = gone.first().unwrap_or_else(|| panic!("nothing to undelete")).clone();
        world.gone.remove(&anchor);
        world.add_account(name, pair(rest[0]).1).guid = anchor.guid().unwrap();
        return;
    }
    let account = world.accounts.get_mut(name).unwrap_or_else(|| panic!("no account {name}: {step}"));
    match (verb, rest) {
        ("set", rest) => rest.iter().for_each(|word| set(account, word, name)),
        ("join", rest) => account.members.extend(rest.iter().flat_map(|names| expand(names))),
        ("part", rest) => {
            let leave: Vec<String> = rest.iter().flat_map(|names| expand(names)).collect();
            account.members.retain(|member| !leave.contains(member));
        }
        ("move", [ou]) => account.ou = pair(ou).1.to_owned(),
        ("disable", []) => account.set("userAccountControl", "514"),
        ("enable", []) => account.set("userAccountControl", "512"),
        ("rdn", [rdn]) => account.rdn = (*rdn).to_owned(),
        ("twin-of", [other]) => {
            let guid = world.accounts[*other].guid;
            world.accounts.get_mut(name).unwrap().guid = guid;
        }
        _ => panic!("unknown step: {step}"),
    }
}

fn set(account: &mut world::Account, word: &str, name: &str) {
    match pair(word) {
        ("members-made", count) => account.made_members = count.parse().unwrap(),
        ("members", names) => account.members = names.split('|').flat_map(expand).collect(),
        (word, value) => account.set(attribute(word), &value.replace("{name}", name)),
    }
}

fn attribute(word: &str) -> &str {
    match word {
        "upn" => "userPrincipalName",
        "sam" => "sAMAccountName",
        "proxy" => "proxyAddresses",
        "uac" => "userAccountControl",
        other => other,
    }
}

fn in_tenant(world: &mut World, words: &[&str], step: &str) {
    match words {
        ["add", kind @ ("user" | "group" | "contact"), upn, rest @ ..] => {
            let anchors: Vec<(String, Anchor)> =
                world.accounts.iter().map(|(name, account)| (name.clone(), Anchor::of(&account.guid))).collect();
            let target = world.add_target(upn);
            target.kind = match *kind {
                "group" => Kind::Group,
                "contact" => Kind::Contact,
                _ => Kind::User,
            };
            rest.iter().for_each(|word| shape(target, word, &anchors));
        }
        ["set", upn, rest @ ..] => {
            let anchors: Vec<(String, Anchor)> =
                world.accounts.iter().map(|(name, account)| (name.clone(), Anchor::of(&account.guid))).collect();
            let target = world.targets.iter_mut().find(|target| &*target.upn == *upn).unwrap_or_else(|| panic!("no cloud user {upn}"));
            rest.iter().for_each(|word| shape(target, word, &anchors));
        }
        _ => panic!("unknown step: {step}"),
    }
}

fn shape(target: &mut samesign_engine::TargetObject, word: &str, anchors: &[(String, Anchor)]) {
    match word {
        "unlicensed" => (target.licensed, target.mailbox) = (false, false),
        "no-mailbox" => target.mailbox = false,
        "admin" => target.privileged = true,
        "synced" => target.synced = true,
        "deleted" => target.soft_deleted = true,
        word => match pair(word) {
            ("mail", "") => target.mail = None,
            ("mail", mail) => target.mail = Some(mail.into()),
            ("proxy", proxies) => target.addresses = proxies.split('|').map(Into::into).collect(),
            ("anchor-of", name) => target.anchor = anchors.iter().find(|(known, _)| known == name).map(|(_, anchor)| anchor.clone()),
            ("anchor", anchor) => target.anchor = Some(Anchor::from_text(anchor)),
            (name, value) => {
                target.visible.insert(name.into(), Value::Text(value.into()));
            }
        },
    }
}

fn configure(world: &mut World, words: &[&str], step: &str) {
    match words {
        ["policy", "dirsync"] => world.policy.matching = MatchPolicy::Dirsync,
        ["policy", "entra"] => world.policy.matching = MatchPolicy::Entra,
        ["adopt", "ask"] => world.policy.adopt = Adopt::Ask,
        ["adopt", "allow"] => world.policy.adopt = Adopt::Allow,
        ["adopt", "never"] => world.policy.adopt = Adopt::Never,
        ["include", paths @ ..] => world.policy.scope.include = paths.iter().map(|path| ou(path)).collect(),
        ["include-moved", from, to] => {
            let moved = world.policy.scope.include.iter_mut().find(|ou| *ou.configured == *ou_dn(from)).unwrap();
            moved.current = if *to == "nowhere" { None } else { Some(ou_dn(to).into()) };
        }
        ["exclude", paths @ ..] => world.policy.scope.exclude = paths.iter().map(|path| ou(path)).collect(),
        ["guard", "deletes_max", count] => world.policy.guard.deletes_max = count.parse().unwrap(),
        ["guard", "deletes_percent_max", count] => world.policy.guard.deletes_percent_max = count.parse().unwrap(),
        ["domains", domains @ ..] => world.policy.verified_domains = domains.iter().map(|domain| (*domain).into()).collect(),
        ["source", "scope-changed"] => world.recent.scope_changed = true,
        ["source", "rights-changed"] => world.recent.rights_changed = true,
        ["source", "identity-changed"] => world.recent.identity_changed = true,
        ["source", "scope-vanished", path] => world.recent.scope_vanished = vec![ou_dn(path).into()],
        ["source", "scope-emptied", path] => world.recent.scope_emptied = vec![ou_dn(path).into()],
        _ => panic!("unknown step: {step}"),
    }
}
