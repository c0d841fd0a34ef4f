//! What every source tells the agent, whether it is a file or a domain controller.

use std::collections::HashMap;

use samesign_engine::{Finding, ObjectGuid, SourceObject};
pub use samesign_wire::password::NtHash;

/// A digest of an object as it was read, kept in the mirror so that an unchanged object costs next to nothing.
///
/// INVARIANT: no secret attribute (`unicodePwd`) goes into it: a digest of a record with an NT hash could be guessed from.
pub type ObjectDigest = [u8; 16];

/// The objects of the mirror by digest: whatever is read with one of these digests has not changed.
pub type Known = HashMap<ObjectDigest, ObjectGuid>;

/// One step of a read.
#[derive(Debug)]
pub enum Read {
    /// The object is new or has changed.
    Object {
        /// As it is now.
        object: SourceObject,
        /// To be kept in the mirror.
        digest: ObjectDigest,
    },
    /// The object is there and is as the mirror has it.
    Unchanged(ObjectGuid),
}

/// Whether every object of the scope was seen. Only a complete read may lead to a delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Every page and every range was fetched, with result code 0, from one server that stayed the same.
    Complete,
    /// Something was not read; the reason is for the administrator.
    Incomplete(String),
}

/// An organizational unit (or another container) that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// objectGUID.
    pub guid: ObjectGuid,
    /// distinguishedName.
    pub dn: Box<str>,
}

/// What a read found beside the objects themselves.
#[derive(Debug)]
pub struct ReadReport {
    /// Whether absence means anything.
    pub completeness: Completeness,
    /// Containers seen. An LDIF file tells the ones that it holds.
    pub containers: Vec<Container>,
    /// Objects that could not be understood: they are left out, and the administrator is told.
    pub findings: Vec<Finding>,
    /// Objects seen, changed or not.
    pub objects: usize,
    /// Whether an empty line ended the last object of an export. What a domain controller answers always has its end.
    pub closed: bool,
}
