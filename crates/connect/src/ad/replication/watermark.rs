//! How far we have read: of one domain controller exactly, of all of them roughly.

use samesign_engine::ObjectGuid;
use samesign_wire::drsr::{Cursor, Reply, UsnVector};

/// What stored watermarks begin with; the last byte is the version of what follows.
const MAGIC: [u8; 8] = *b"SSDRSWM\x01";
/// Magic, domain, invocationId, three USNs, number of cursors.
const HEAD: usize = 8 + 16 + 16 + 24 + 4;
/// invocationId and USN of a cursor.
const CURSOR: usize = 24;

/// How far replication got. Opaque to whoever stores it.
///
/// It has two halves. The USN vector belongs to one history (invocationId) of one domain controller and moves with each reply. The
/// up-to-dateness vector says of every domain controller which of its changes are known, and moves when a cycle has ended; any other
/// domain controller can go on from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watermark {
    at: Option<Place>,
    up_to_date: Vec<Cursor>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    domain: ObjectGuid,
    invocation_id: ObjectGuid,
    usn: UsnVector,
}

impl Watermark {
    /// Before everything: the next cycle brings the whole domain.
    pub fn start() -> Self {
        Self { at: None, up_to_date: Vec::new() }
    }

    /// For storing.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Some(Place { domain, invocation_id, usn }) = &self.at else { return MAGIC.to_vec() };
        let mut bytes = Vec::with_capacity(HEAD + self.up_to_date.len() * CURSOR);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(domain.as_bytes());
        bytes.extend_from_slice(invocation_id.as_bytes());
        for usn in [usn.high_object_update, usn.reserved, usn.high_property_update] {
            bytes.extend_from_slice(&usn.to_le_bytes());
        }
        // A domain has some dozens of them.
        bytes.extend_from_slice(&u32::try_from(self.up_to_date.len()).unwrap_or(u32::MAX).to_le_bytes());
        for cursor in &self.up_to_date {
            bytes.extend_from_slice(&cursor.invocation_id);
            bytes.extend_from_slice(&cursor.usn.to_le_bytes());
        }
        bytes
    }

    /// From [`Watermark::to_bytes`]; `None` for anything else, which must then be read from the start.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(&MAGIC)?;
        if rest.is_empty() {
            return Some(Self::start());
        }
        let (domain, rest) = rest.split_first_chunk()?;
        let (invocation_id, rest) = rest.split_first_chunk()?;
        let (high_object_update, rest) = usn(rest)?;
        let (reserved, rest) = usn(rest)?;
        let (high_property_update, rest) = usn(rest)?;
        let (count, rest) = rest.split_first_chunk()?;
        let (cursors, []) = rest.as_chunks::<CURSOR>() else { return None };
        if u32::try_from(cursors.len()) != Ok(u32::from_le_bytes(*count)) {
            return None;
        }
        let mut up_to_date = Vec::with_capacity(cursors.len());
        for cursor in cursors {
            let (invocation_id, rest) = cursor.split_first_chunk()?;
            up_to_date.push(Cursor { invocation_id: *invocation_id, usn: usn(rest)?.0 });
        }
        let at = Place {
            domain: ObjectGuid::from_bytes(*domain),
            invocation_id: ObjectGuid::from_bytes(*invocation_id),
            usn: UsnVector { high_object_update, reserved, high_property_update },
        };
        Some(Self { at: Some(at), up_to_date })
    }

    /// objectGUID of the domain; `None` before everything.
    pub(super) fn domain(&self) -> Option<ObjectGuid> {
        self.at.as_ref().map(|at| at.domain)
    }

    /// The USN vector, if it is of this history.
    pub(super) fn of(&self, invocation_id: ObjectGuid) -> Option<UsnVector> {
        self.at.as_ref().filter(|at| at.invocation_id == invocation_id).map(|at| at.usn)
    }

    pub(super) fn up_to_date(&self) -> &[Cursor] {
        &self.up_to_date
    }

    /// After a reply. The up-to-dateness vector is that of the domain controller at the beginning of the cycle, so it may be taken
    /// over only when the cycle has ended.
    pub(super) fn advanced(&self, domain: ObjectGuid, invocation_id: ObjectGuid, reply: &Reply) -> Self {
        let ended = reply.up_to_date.as_ref().filter(|_| !reply.more);
        let up_to_date = ended.unwrap_or(&self.up_to_date).clone();
        Self { at: Some(Place { domain, invocation_id, usn: reply.to }), up_to_date }
    }
}

fn usn(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (usn, rest) = bytes.split_first_chunk()?;
    Some((i64::from_le_bytes(*usn), rest))
}
