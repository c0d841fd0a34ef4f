//! DirSync's own rules: the UPN leads, the e-mail address must agree, subscription and mailbox must be there.

use crate::catalogue::{At, Code};
use crate::keys::target_addresses;
use crate::slice::TargetObject;
use crate::subject::{Findings, Subject};
use crate::world::World;
use crate::{Finding, fold};

use super::{Pair, ambiguous, bars, key, wait_for_taken_names};

/// The cloud user with the person's UPN, if everything agrees; nobody has it and `mail` is blank: the person is new.
pub(super) fn find<'a>(subject: &Subject<'_>, world: &World<'a>, findings: &mut Findings) -> Pair<'a> {
    let upn = subject.upn.as_deref().map(fold).unwrap_or_default();
    match world.with_upn(&upn) {
        [] => match new_user_has_mail(subject, world) {
            None => Pair::New,
            Some(finding) => refused(subject, Pair::New, finding, world, findings),
        },
        [target] => match disagreement(subject, target).filter(|_| !is_barred(subject, target, world)) {
            None => Pair::Joined(target, key::UPN_AND_MAIL),
            Some(finding) => refused(subject, Pair::Joined(target, ""), finding, world, findings),
        },
        several => {
            findings.insert(ambiguous(subject, several));
            Pair::Waits
        }
    }
}

/// Whoever may never be taken over needs no advice on how to match.
fn is_barred(subject: &Subject<'_>, target: &TargetObject, world: &World<'_>) -> bool {
    bars::of_another(subject, target, world).or_else(|| bars::privileged(subject, target)).is_some()
}

/// Whatever the first two rules say, a taken address is named as well.
fn refused<'a>(subject: &Subject<'_>, pair: Pair<'a>, finding: Finding, world: &World<'a>, findings: &mut Findings) -> Pair<'a> {
    findings.insert(finding);
    wait_for_taken_names(subject, pair, world, findings);
    Pair::Waits
}

/// Why a cloud user with the same UPN is not joined.
fn disagreement(subject: &Subject<'_>, target: &TargetObject) -> Option<Finding> {
    let objects = [&*subject.object.dn, &*target.upn];
    let Some(mail) = subject.names.mail() else {
        let hint = format!("set mail of the AD user to the e-mail address of {}{}, then sync again", target.upn, shown(target));
        return Some(Code::MatchMailBlank.finding(objects, hint).at("mail", ""));
    };
    if !target_addresses(target).iter().any(|address| address == mail) {
        let hint = format!("{} does not have this address{}: make both agree, then sync again", target.upn, shown(target));
        return Some(Code::MatchMailDiffers.finding(objects, hint).at("mail", mail));
    }
    let missing = match (target.licensed, target.mailbox) {
        (false, _) => "no subscription",
        (true, false) => "no mailbox",
        (true, true) => return None,
    };
    Some(
        Code::MatchNoMailbox
            .finding(objects, format!("{} has {missing}: assign a licence with a mailbox in the tenant, then sync again", target.upn)),
    )
}

fn shown(target: &TargetObject) -> String {
    target.mail.as_deref().map_or_else(|| " (it has none)".to_owned(), |mail| format!(" ({mail})"))
}

/// A new user's e-mail address is its UPN, so that `mail` must be blank.
fn new_user_has_mail(subject: &Subject<'_>, world: &World<'_>) -> Option<Finding> {
    let mail = subject.names.mail()?;
    let holder = world.with_address(mail).iter().chain(world.with_upn(mail)).min_by_key(|target| &target.upn);
    let dn = &*subject.object.dn;
    let finding = match holder {
        Some(holder) => {
            let hint = format!(
                "{} has this address in the tenant: if that is the same person, set userPrincipalName of the AD user to {}; else clear mail",
                holder.upn, holder.upn
            );
            Code::NewUserHasMail.finding([dn, &*holder.upn], hint)
        }
        None => Code::NewUserHasMail
            .finding([dn], "clear mail of the AD user: a new user gets its sign-in name as e-mail address; then sync again"),
    };
    Some(finding.at("mail", mail))
}
