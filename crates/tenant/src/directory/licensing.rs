//! Licences: who holds which, and what that gives.

use rusqlite::Connection;

use super::{DirectoryError, Group, ObjectKind, ObjectRef, ServicePlan, Sku, User, groups, skus, users};
use crate::store::licences::{self, Licence};
use crate::store::{changes, members, objects, users as rows};

/// Gives a user a licence, or changes which of its plans are off. Never refused because the user is synchronized.
pub fn assign(connection: &Connection, user: &mut User, sku: &str, disabled: &[String], now: i64) -> Result<(), DirectoryError> {
    let (sku, seats) = owned(connection, sku)?;
    if user.usage_location.is_none() {
        return Err(DirectoryError::NoUsageLocation);
    }
    let has_seat = held(user).any(|licence| licence.sku == sku.id);
    if !has_seat && seats.taken >= seats.owned {
        return Err(DirectoryError::NoSeat { sku: sku.part_number.to_owned(), owned: seats.owned });
    }
    licences::assign(connection, user.number, &licence_of(sku, disabled, now)?)?;
    settle(connection, user)
}

/// Gives a group a licence: every direct user member has it from then on, nested groups do not. Refused when seats are short.
pub fn assign_to_group(connection: &Connection, group: &mut Group, sku: &str, disabled: &[String], now: i64) -> Result<(), DirectoryError> {
    let (sku, _) = owned(connection, sku)?;
    licences::assign_to_group(connection, group.number, &licence_of(sku, disabled, now)?)?;
    let (_, seats) = owned(connection, sku.id)?;
    if seats.taken > seats.owned {
        return Err(DirectoryError::NoSeat { sku: sku.part_number.to_owned(), owned: seats.owned });
    }
    settle_group(connection, group)
}

/// Takes a licence away from a group, and so from its members.
pub fn remove_from_group(connection: &Connection, group: &mut Group, sku: &str) -> Result<(), DirectoryError> {
    let (sku, _) = owned(connection, sku)?;
    if !licences::remove_from_group(connection, group.number, sku.id)? {
        return Err(DirectoryError::LicenceNotHeld { sku: sku.part_number.to_owned() });
    }
    settle_group(connection, group)
}

/// What a user's memberships of groups with licences changed is seen to.
pub(super) fn settle_member(connection: &Connection, member: &ObjectRef) -> Result<(), DirectoryError> {
    match rows::by_number(connection, member.number)?.filter(|user| member.kind == ObjectKind::User && user.live()) {
        Some(mut user) => settle(connection, &mut user),
        None => Ok(()),
    }
}

/// Takes a licence away.
pub fn remove(connection: &Connection, user: &mut User, sku: &str) -> Result<(), DirectoryError> {
    let (sku, _) = owned(connection, sku)?;
    if !licences::remove(connection, user.number, sku.id)? {
        return Err(DirectoryError::LicenceNotHeld { sku: sku.part_number.to_owned() });
    }
    settle(connection, user)
}

/// Every SKU that a user holds, directly or through a group, once; the one held directly goes before.
pub fn held(user: &User) -> impl Iterator<Item = &Licence> {
    let inherited: Vec<&Licence> = user.inherited.iter().map(|(_, licence)| licence).collect();
    let new = |index: usize, licence: &Licence| {
        let before = inherited.iter().take(index).any(|earlier| earlier.sku == licence.sku);
        !before && !user.licences.iter().any(|direct| direct.sku == licence.sku)
    };
    let more: Vec<&Licence> =
        inherited.iter().enumerate().filter(|(index, licence)| new(*index, licence)).map(|(_, licence)| *licence).collect();
    user.licences.iter().chain(more)
}

/// The service plans that are on for a user, with the time since when.
pub fn plans(user: &User) -> impl Iterator<Item = (&'static ServicePlan, i64)> + '_ {
    held(user).filter_map(|licence| Sku::find(&licence.sku).map(|sku| (sku, licence))).flat_map(|(sku, licence)| {
        let on = |plan: &&ServicePlan| !licence.disabled.iter().any(|off| off == plan.id);
        sku.plans.iter().filter(on).map(|plan| (plan, licence.assigned))
    })
}

/// Whether a licence gives this user a mailbox.
pub fn has_exchange_plan(user: &User) -> bool {
    plans(user).any(|(plan, _)| plan.is_exchange())
}

/// A licence changes what the service makes of the addresses: a mailbox has one, and none of an unverified domain.
fn settle(connection: &Connection, user: &mut User) -> Result<(), DirectoryError> {
    let stored = rows::by_id(connection, &user.id)?.ok_or_else(|| DirectoryError::NotFound { what: user.id.clone() })?;
    *user = stored;
    let before = user.clone();
    let listed: Vec<String> = user.addresses().iter().map(|address| (*address).to_owned()).collect();
    users::settle_addresses(connection, user, Some(&listed))?;
    if *user == before {
        user.sequence = changes::next(connection)?;
        return Ok(rows::update(connection, user)?);
    }
    users::save(connection, user, &before)
}

fn settle_group(connection: &Connection, group: &mut Group) -> Result<(), DirectoryError> {
    *group = groups::find(connection, &group.id)?;
    group.sequence = changes::next(connection)?;
    objects::touch(connection, ObjectKind::Group, group.number, group.sequence)?;
    members::of(connection, group.number)?.iter().try_for_each(|member| settle_member(connection, member))
}

fn licence_of(sku: &Sku, disabled: &[String], now: i64) -> Result<Licence, DirectoryError> {
    if let Some(foreign) = disabled.iter().find(|plan| !sku.plans.iter().any(|known| known.id.eq_ignore_ascii_case(plan))) {
        return Err(DirectoryError::invalid("disabledPlans", foreign, &format!("{} has no such service plan", sku.part_number)));
    }
    Ok(Licence { sku: sku.id.to_owned(), disabled: disabled.iter().map(|plan| plan.to_lowercase()).collect(), assigned: now })
}

fn owned(connection: &Connection, name: &str) -> Result<(&'static Sku, licences::Seats), DirectoryError> {
    let unknown =
        || DirectoryError::UnknownSku { sku: name.to_owned(), owned: skus().iter().map(|sku| sku.part_number.to_owned()).collect() };
    let sku = Sku::find(name).ok_or_else(unknown)?;
    let seats = licences::seats_of(connection, sku.id)?.ok_or_else(unknown)?;
    Ok((sku, seats))
}
