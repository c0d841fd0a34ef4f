//! Fetching the attributes whose values a domain controller gives in parts (MS-ADTS 3.1.1.3.1.3.3).
//!
//! INVARIANT: every value of one moment, or a fault. All parts are fetched from the first one on, each must follow the last
//! one and hold as many values as it says, and the object's uSNChanged must be the same in all of them: a member that leaves
//! between two parts moves the others, and one of them would be missed.
//!
//! They are fetched on every read, also of an object that looks unchanged: a member who was renamed changes neither the first
//! part nor uSNChanged, and whoever keeps the old name loses that member.

use super::error::Fault;
use super::object::Partial;
use super::range::{self, Description};
use super::session::{Session, base_search};

/// Parts of one attribute that are fetched at most: 1,500 values each on Windows.
const PARTS_MAX: usize = 10_000;

/// How often an object that changes under the reading is begun anew.
const BEGINNINGS_MAX: usize = 3;

/// One part, as it came.
struct Part {
    values: Vec<Vec<u8>>,
    /// Where the next one begins; `None` behind the last.
    next: Option<u32>,
    usn: Vec<u8>,
}

/// Fetches the values of every attribute that came in parts.
pub(crate) async fn complete(session: &mut Session, partial: &mut Partial) -> Result<(), Fault> {
    for name in std::mem::take(&mut partial.ranged) {
        whole(session, partial, &name).await?.iter().for_each(|value| partial.add(&name, value));
    }
    Ok(())
}

async fn whole(session: &mut Session, partial: &Partial, name: &str) -> Result<Vec<Vec<u8>>, Fault> {
    for _ in 0..BEGINNINGS_MAX {
        if let Some(values) = attempt(session, partial, name).await? {
            return Ok(values);
        }
    }
    Err(Fault::Changing { object: partial.dn().to_owned(), attribute: name.to_owned() })
}

/// All parts, or `None` when the object has changed meanwhile.
async fn attempt(session: &mut Session, partial: &Partial, name: &str) -> Result<Option<Vec<Vec<u8>>>, Fault> {
    let mut values = Vec::new();
    let mut usn = None;
    let mut next = Some(0);
    for _ in 0..PARTS_MAX {
        let Some(first) = next else { return Ok(Some(values)) };
        let part = part(session, partial, name, first).await?;
        if *usn.get_or_insert_with(|| part.usn.clone()) != part.usn {
            return Ok(None);
        }
        values.extend(part.values);
        next = part.next;
    }
    Err(broken(partial, name))
}

/// The values from `first` on, as many as the server likes to give.
async fn part(session: &mut Session, partial: &Partial, name: &str, first: u32) -> Result<Part, Fault> {
    let mut found = None;
    let mut usn = None;
    let search = base_search(&format!("<GUID={}>", partial.guid()), &[&range::from(name, first), "uSNChanged"]);
    session
        .look(&search, |entry| {
            usn = entry.values("uSNChanged").next().map(<[u8]>::to_vec);
            for attribute in entry.attributes().filter_map(Result::ok) {
                let described = Description::parse(attribute.name).filter(|description| description.name.eq_ignore_ascii_case(name));
                let Some(range) = described.and_then(|description| description.range).filter(|range| range.first == first) else {
                    continue;
                };
                let values: Result<Vec<_>, _> = attribute.values().map(|value| value.map(<[u8]>::to_vec)).collect();
                found = values.ok().filter(|values| range.holds(values.len())).map(|values| (values, range.next()));
            }
        })
        .await?;
    let (values, next) = found.ok_or_else(|| broken(partial, name))?;
    let usn = usn.ok_or_else(|| Fault::Lacking { object: partial.dn().to_owned(), attribute: "uSNChanged" })?;
    Ok(Part { values, next, usn })
}

fn broken(partial: &Partial, name: &str) -> Fault {
    Fault::Parts { object: partial.dn().to_owned(), attribute: name.to_owned() }
}
