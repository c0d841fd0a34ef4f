//! The objects that never take part, whatever the scope: those that Active Directory, Exchange and synchronization itself
//! made. The rules are Entra Connect's own; `krbtgt` and accounts that end in `$` are added.

use crate::catalogue::Code;
use crate::person::Person;
use crate::{Class, Dn};

use super::Answer;

/// Recipient types of Exchange's own mailboxes (arbitration, discovery, monitoring, audit and the like).
const SYSTEM_RECIPIENTS: i64 = 0x21C0_7000;
/// A mailbox in this forest of an account in another.
const LINKED_MAILBOX: i64 = 2;

/// Why a person never takes part; `None` when they may.
pub(super) fn answer(person: &Person<'_>, dn: &Dn) -> Option<Answer> {
    if dn.is_name_conflict() {
        return Some(Answer::Faulty(Code::NameConflictObject, "a name conflict between domain controllers renamed it (CNF)".into()));
    }
    if person.first("isCriticalSystemObject").is_some() {
        return Some(Answer::Out("isCriticalSystemObject is set".into()));
    }
    let Some(account) = person.text("sAMAccountName") else {
        return Some(Answer::Faulty(Code::SamAccountMissing, "it has no sAMAccountName".into()));
    };
    account_reason(account)
        .or_else(|| person.text("mailNickname").and_then(nickname_reason))
        .or_else(|| recipient_reason(person))
        .or_else(|| description_reason(person))
        .map(|reason| Answer::Out(reason.into()))
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
    let details: i64 = person.text("msExchRecipientTypeDetails")?.parse().ok()?;
    if details == LINKED_MAILBOX {
        return Some("it is a linked mailbox, whose account is in another forest");
    }
    (details & SYSTEM_RECIPIENTS != 0).then_some("it is a mailbox of Exchange itself")
}

fn description_reason(person: &Person<'_>) -> Option<&'static str> {
    let marked = person.object.class == Class::User && person.text("adminDescription").is_some_and(|text| begins(text, "User_"));
    marked.then_some("adminDescription starts with User_")
}

fn begins(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
