//! Which sign-in name and addresses the tenant will show of an object, which need not be those that were sent.

use std::collections::BTreeSet;

use crate::names::{FIRST_DOMAIN, smtp_address};
use crate::plan::{Action, Change, Kind};
use crate::policy::Policy;
use crate::slice::{Link, TargetObject};
use crate::{Value, fold, names};

/// The names of an object as Graph will show them once a change was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownNames {
    /// Of a user: the sign-in name.
    pub upn: Option<ShownUpn>,
    /// The primary e-mail address, folded. `None`: no address, or one that the service makes up in the tenant's first domain.
    pub primary: Option<Box<str>>,
    /// Every e-mail address, folded, but those in the tenant's first domain, of which the service makes up one by itself.
    pub addresses: BTreeSet<Box<str>>,
}

/// A sign-in name as the service stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShownUpn {
    /// As it was sent, or as it was.
    Exactly(Box<str>),
    /// The service makes one up in the tenant's first domain, because the suffix is not verified: with this before the `@`, folded, and
    /// perhaps digits after it.
    MadeOf(Box<str>),
}

/// The names that the tenant will show of the object of a change. `link`: what was confirmed of it before. `target`: what the tenant
/// shows of it before. `None` for a change that leaves no names, or does not touch any.
pub fn shown_names(change: &Change, link: Option<&Link>, target: Option<&TargetObject>, policy: &Policy) -> Option<ShownNames> {
    if matches!(change.action, Action::Delete | Action::Member | Action::Password) {
        return None;
    }
    let sent = Sent { change, link: link.filter(|_| !matches!(change.action, Action::Create | Action::Join)) };
    let user = change.kind == Kind::User;
    let upn = if user { shown_upn(&sent, target, policy) } else { None };
    let mailbox = user && target.is_some_and(|target| target.mailbox || (target.licensed && target.mail.is_none()));
    let usable = |address: &String| !mailbox || is_verified(address, policy);
    let mail = sent.text("mail").map(|mail| fold(&mail));
    let listed = listed(&sent, target, mail.as_deref());
    let first = listed.iter().find_map(|proxy| proxy.trim().strip_prefix("SMTP:")).map(fold).filter(usable);
    // A mailbox needs an address, if it must be the sign-in name.
    let fallback = match &upn {
        Some(ShownUpn::Exactly(upn)) if mailbox => Some(fold(upn)).filter(|upn| is_verified(upn, policy)),
        _ => None,
    };
    let primary = first.or_else(|| mail.clone().filter(usable)).or(fallback);
    let all = listed.iter().filter_map(|proxy| smtp_address(proxy)).chain(mail).filter(usable).chain(primary.clone());
    let own = |address: &str| !address.ends_with(FIRST_DOMAIN);
    Some(ShownNames {
        upn,
        primary: primary.filter(|primary| own(primary)).map(Into::into),
        addresses: all.filter(|address| own(address)).map(Into::into).collect(),
    })
}

/// What the service has of an object after the change.
struct Sent<'a> {
    change: &'a Change,
    link: Option<&'a Link>,
}

impl<'a> Sent<'a> {
    fn value(&self, name: &str) -> Option<Value> {
        match self.change.attributes.of(&[name]).next() {
            Some(edit) => edit.into_owned().to,
            None => self.link.and_then(|link| link.confirmed.get(name)),
        }
    }

    fn text(&self, name: &str) -> Option<Box<str>> {
        match self.value(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether Active Directory ever said something about an attribute.
    fn was_told(&self, name: &str) -> bool {
        self.change.attributes.of(&[name]).next().is_some() || self.value(name).is_some()
    }
}

/// The list that addresses are made of: the one sent; where none ever was, what the cloud has, less what came of an earlier mail.
fn listed(sent: &Sent<'_>, target: Option<&TargetObject>, mail: Option<&str>) -> Vec<Box<str>> {
    match sent.value("proxyAddresses") {
        Some(Value::Texts(proxies)) => return proxies.to_vec(),
        _ if sent.was_told("proxyAddresses") => return Vec::new(),
        _ => {}
    }
    let before = match sent.link.and_then(|link| link.confirmed.get("mail")) {
        Some(Value::Text(before)) => Some(fold(&before)).filter(|before| Some(before.as_str()) != mail),
        _ => None,
    };
    let held = target.map(|target| target.addresses.as_slice()).unwrap_or_default();
    let stays = |proxy: &str| before.is_none() || smtp_address(proxy) != before;
    held.iter()
        .filter(|proxy| stays(proxy))
        .map(|proxy| if mail.is_some() { proxy.replacen("SMTP:", "smtp:", 1).into() } else { proxy.clone() })
        .collect()
}

fn shown_upn(sent: &Sent<'_>, target: Option<&TargetObject>, policy: &Policy) -> Option<ShownUpn> {
    let changes = sent.change.attributes.of(&["userPrincipalName"]).next().is_some();
    if let Some(target) = target.filter(|target| !changes && !target.soft_deleted) {
        return Some(ShownUpn::Exactly(target.upn.clone()));
    }
    let upn = sent.text("userPrincipalName")?;
    if is_verified(&upn, policy) && names::upn_fault(&upn).is_none() {
        return Some(ShownUpn::Exactly(upn));
    }
    let held =
        target.and_then(|target| target.addresses.iter().filter_map(|proxy| smtp_address(proxy)).find(|held| held.ends_with(FIRST_DOMAIN)));
    let local = |name: &str| fold(name.split('@').next().unwrap_or(name));
    let shown = target.and_then(|target| match target.visible.get("mailNickname") {
        Some(Value::Text(nickname)) => Some(nickname.clone()),
        _ => None,
    });
    let primary = match sent.value("proxyAddresses") {
        Some(Value::Texts(proxies)) => names::primary_address(proxies.iter().map(|proxy| &**proxy)),
        _ => None,
    };
    let nickname = sent.text("alias").or(shown).map(|name| fold(&name));
    let nickname = nickname.or(primary).or_else(|| sent.text("mail").map(|mail| fold(&mail))).unwrap_or_else(|| fold(&upn));
    // Digits follow where the name itself is taken, others each time.
    let made = local(&nickname);
    let held = held.map(|held| local(&held)).filter(|held| !held.starts_with(&made));
    Some(ShownUpn::MadeOf(held.unwrap_or(made).into()))
}

fn is_verified(name: &str, policy: &Policy) -> bool {
    let domain = name.rsplit_once('@').map(|(_, domain)| fold(domain)).unwrap_or_default();
    policy.verified_domains.iter().any(|known| **known == *domain)
}
