//! The objects that never take part, whatever the scope: those that Active Directory, Exchange and synchronization itself
//! made, and those that the service cannot take. The rules are Entra Connect's own; `krbtgt` and accounts that end in `$` are added.

use crate::catalogue::Code;
use crate::flow::MEMBER;
use crate::person::Person;
use crate::plan::Kind;
use crate::{Class, Dn};

use super::Answer;

/// Recipient types of Exchange's own mailboxes (arbitration, discovery, monitoring, audit and the like).
const SYSTEM_RECIPIENTS: i64 = 0x21C0_7000;
/// A mailbox in this forest of an account in another.
const LINKED_MAILBOX: i64 = 2;

/// The most members that a group can have to take part.
const MEMBERS_MAX: usize = 250_000;
/// Recipient types of Exchange's role groups.
const ROLE_GROUP: i64 = 0x4000_0000;

/// Why an object never takes part; `None` when it may.
pub(super) fn answer(person: &Person<'_>, dn: &Dn) -> Option<Answer> {
    if dn.is_name_conflict() {
        return Some(Answer::Faulty(Code::NameConflictObject, "a name conflict between domain controllers renamed it (CNF)".into()));
    }
    if dn.is_deleted() {
        return Some(Answer::Faulty(Code::DeletedObject, "its name is that of a deleted object (DEL)".into()));
    }
    if person.first("isCriticalSystemObject").is_some() {
        return Some(Answer::Out("isCriticalSystemObject is set".into()));
    }
    match person.kind() {
        Kind::User => user(person),
        Kind::Group => group(person),
        Kind::Contact => contact(person).map(|reason| Answer::Out(reason.into())),
    }
}

fn user(person: &Person<'_>) -> Option<Answer> {
    let Some(account) = person.text("sAMAccountName") else {
        return Some(Answer::Faulty(Code::SamAccountMissing, "it has no sAMAccountName".into()));
    };
    account_reason(account)
        .or_else(|| person.text("mailNickname").and_then(nickname_reason))
        .or_else(|| recipient_reason(person))
        .or_else(|| description_reason(person))
        .map(|reason| Answer::Out(reason.into()))
}

fn group(person: &Person<'_>) -> Option<Answer> {
    if person.text("sAMAccountName").is_some_and(|account| account.eq_ignore_ascii_case("MSOL_AD_Sync_RichCoexistence")) {
        return Some(Answer::Out("it is a group of a synchronization service (MSOL_AD_Sync_RichCoexistence)".into()));
    }
    if recipient_type(person).is_some_and(|details| details & ROLE_GROUP != 0) {
        return Some(Answer::Out("it is a role group of Exchange".into()));
    }
    if person.text("adminDescription").is_some_and(|text| begins(text, "Group_")) {
        return Some(Answer::Out("adminDescription starts with Group_".into()));
    }
    match person.is_security_group() {
        _ if is_mail_enabled(person) => {}
        Some(true) => {}
        Some(false) => return Some(Answer::Out("it is a distribution group that is not mail-enabled".into())),
        None => return Some(Answer::Faulty(Code::GroupTypeMissing, "its groupType cannot be read".into())),
    }
    let members = person.raw(MEMBER).count();
    (members > MEMBERS_MAX).then(|| Answer::Faulty(Code::GroupTooLarge, format!("it has {members} members").into()))
}

fn contact(person: &Person<'_>) -> Option<&'static str> {
    let hidden = || person.text("msExchHideFromAddressLists").is_some_and(|text| text.eq_ignore_ascii_case("TRUE"));
    if person.text("displayName").is_some_and(|name| name.contains("(MSOL)")) && hidden() {
        return Some("it is a contact of a synchronization service ((MSOL), hidden from address lists)");
    }
    if person.text("mailNickname").is_some_and(|nickname| begins(nickname, "CAS_") && nickname.contains('}')) {
        return Some("it is a contact of Exchange (CAS_)");
    }
    (!is_mail_enabled(person)).then_some("it is a contact that is not mail-enabled")
}

/// A group or a contact has mail where one of its SMTP addresses, or `mail`, holds an `@`. A group that has addresses but none for
/// SMTP has none, whatever `mail` says.
fn is_mail_enabled(person: &Person<'_>) -> bool {
    let is_smtp = |proxy: &str| begins(proxy, "smtp:") && proxy.contains('@');
    if person.texts("proxyAddresses").any(is_smtp) {
        return true;
    }
    let other_addresses = person.kind() == Kind::Group && person.texts("proxyAddresses").next().is_some();
    !other_addresses && person.text("mail").is_some_and(|mail| mail.contains('@'))
}

fn account_reason(account: &str) -> Option<&'static str> {
    let begins = |prefix| begins(account, prefix);
    if begins("AAD_") || begins("MSOL_") {
        return Some("it is an account of a synchronization service (AAD_, MSOL_)");
    }
    if account.eq_ignore_ascii_case("SUPPORT_388945a0") || begins("krbtgt") || account.ends_with('$') {
        return Some("it is an account of the system");
    }
    (begins("CAS_") && account.contains('}')).then_some("it is an account of Exchange (CAS_)")
}

fn nickname_reason(nickname: &str) -> Option<&'static str> {
    let begins = |prefix| begins(nickname, prefix);
    let made = begins("SystemMailbox{") || begins("DiscoverySearchMailbox") || (begins("CAS_") && nickname.contains('}'));
    made.then_some("it is a mailbox of Exchange itself")
}

fn recipient_reason(person: &Person<'_>) -> Option<&'static str> {
    let details = recipient_type(person)?;
    if details == LINKED_MAILBOX {
        return Some("it is a linked mailbox, whose account is in another forest");
    }
    (details & SYSTEM_RECIPIENTS != 0).then_some("it is a mailbox of Exchange itself")
}

fn recipient_type(person: &Person<'_>) -> Option<i64> {
    person.text("msExchRecipientTypeDetails")?.parse().ok()
}

fn description_reason(person: &Person<'_>) -> Option<&'static str> {
    let marked = person.object.class == Class::User && person.text("adminDescription").is_some_and(|text| begins(text, "User_"));
    marked.then_some("adminDescription starts with User_")
}

fn begins(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests;
