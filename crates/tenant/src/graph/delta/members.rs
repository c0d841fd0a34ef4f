//! The members that delta tells with a group: all of them the first time, then those that came or went.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::super::listing::type_of;
use super::{Entry, Inside, Link, Page};
use crate::directory::members::Position;
use crate::directory::objects::{self, Object};
use crate::store::{StoreError, members as rows};

/// Members on a page at most, all its groups together.
const MEMBERS_MAX: usize = 2_000;

/// Fills a page with objects and their members. Where the members of a group do not fit, the page ends there: `stopped` makes its link,
/// given the object before that group. What was removed for good is told with this page all the same, and perhaps again.
pub(super) fn tell(
    connection: &Connection,
    link: &Link,
    found: Vec<Object>,
    end: Page,
    stopped: impl Fn(&Link, Option<&Object>, Option<Inside>) -> Link,
) -> Result<Page, StoreError> {
    let mut room = MEMBERS_MAX;
    let mut page = Page { entries: Vec::with_capacity(found.len()), ..end };
    for object in found {
        let before = page.entries.last().map(|entry: &Entry| &entry.object);
        if room == 0 {
            return Ok(Page { next: stopped(link, before, None), more: true, ..page });
        }
        let tells = link.members && object.live();
        let (members, inside) = if tells { part(connection, link, object.number(), room)? } else { (Vec::new(), None) };
        room = room.saturating_sub(members.len());
        if inside.is_some() {
            let next = stopped(link, before, inside);
            page.entries.push(Entry { object, members });
            return Ok(Page { next, more: true, ..page });
        }
        page.entries.push(Entry { object, members });
    }
    Ok(page)
}

/// Up to `room` members of a group, and how far that went when it is not all.
fn part(connection: &Connection, link: &Link, group: i64, room: usize) -> Result<(Vec<Value>, Option<Inside>), StoreError> {
    let begun = link.inside.filter(|inside| inside.group == group);
    let (mut told, mut last) = (Vec::new(), begun);
    let more;
    if link.walked.is_some() {
        let found = rows::page(connection, group, None, begun.map(|inside| inside.member), room + 1)?;
        for member in found.iter().take(room) {
            told.extend(entry(connection, *member, false)?);
            last = Some(Inside { group, sequence: 0, member: *member });
        }
        more = found.len() > room;
    } else {
        let (sequence, member) = begun.map_or((link.base, None), |inside| (inside.sequence, Some(inside.member)));
        let found = rows::changed(connection, group, sequence, member, room + 1)?;
        for change in found.iter().take(room) {
            told.extend(entry(connection, change.member, change.gone)?);
            last = Some(Inside { group, sequence: change.sequence, member: change.member });
        }
        more = found.len() > room;
    }
    Ok((told, last.filter(|_| more)))
}

fn entry(connection: &Connection, member: Position, gone: bool) -> Result<Option<Value>, StoreError> {
    let Some(id) = objects::id_at(connection, member)? else { return Ok(None) };
    let mut entry = json!({"@odata.type": type_of(member.kind), "id": id});
    if let Some(entry) = entry.as_object_mut().filter(|_| gone) {
        entry.insert("@removed".to_owned(), json!({"reason": "deleted"}));
    }
    Ok(Some(entry))
}
