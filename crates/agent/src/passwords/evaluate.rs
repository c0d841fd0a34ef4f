//! Who is owed a password, decided from the mirror at the end of an object run.

use std::collections::{BTreeSet, HashMap};

use rusqlite::Transaction;
use samesign_engine::{Anchor, Kind, SourceObject};

use super::rules::{self, Rules};
use crate::clock::Timestamp;
use crate::state::password::{PasswordRow, forget_password, keep_password};
use crate::state::{StateError, Store};

/// The rows that change, to be kept in the transaction that ends the run.
#[derive(Default)]
pub struct Evaluation {
    keep: Vec<PasswordRow>,
    forget: Vec<Anchor>,
}

impl Evaluation {
    /// Keeps the rows.
    pub fn keep(&self, transaction: &Transaction<'_>) -> Result<(), StateError> {
        self.forget.iter().try_for_each(|anchor| forget_password(transaction, anchor))?;
        self.keep.iter().try_for_each(|row| keep_password(transaction, row))
    }
}

/// Looks at the people with these anchors; at everybody, when there are none given. `anew` holds those whose account in the tenant
/// has come about in this run. `over`: whatever was known before is of no use.
pub fn evaluate(
    store: &Store,
    looked_at: Option<&BTreeSet<Anchor>>,
    anew: &BTreeSet<Anchor>,
    in_scope: &dyn Fn(&SourceObject) -> bool,
    rules: &Rules<'_>,
    over: bool,
    now: Timestamp,
) -> Result<Evaluation, StateError> {
    let mut evaluating = Evaluating { store, rules, in_scope, anew, over, now, done: Evaluation::default() };
    match looked_at {
        Some(anchors) => evaluating.some(anchors)?,
        None => evaluating.everybody()?,
    }
    Ok(evaluating.done)
}

struct Evaluating<'a> {
    store: &'a Store,
    rules: &'a Rules<'a>,
    in_scope: &'a dyn Fn(&SourceObject) -> bool,
    anew: &'a BTreeSet<Anchor>,
    over: bool,
    now: Timestamp,
    done: Evaluation,
}

impl Evaluating<'_> {
    fn some(&mut self, anchors: &BTreeSet<Anchor>) -> Result<(), StateError> {
        for anchor in anchors {
            let before = self.store.password(anchor)?;
            match self.store.guid_of(anchor)?.map(|guid| self.store.source(&guid)).transpose()?.flatten() {
                Some(object) => self.one(anchor.clone(), &object, before)?,
                // Linked, but nowhere to be seen: nothing is known, so nothing is concluded.
                None if self.store.is_live(anchor)? => {}
                None => self.done.forget.extend(before.map(|before| before.anchor)),
            }
        }
        Ok(())
    }

    fn everybody(&mut self) -> Result<(), StateError> {
        let mut before = HashMap::new();
        self.store.passwords(&mut |row| {
            before.insert(row.anchor.clone(), row);
        })?;
        let store = self.store;
        let mut failed = None;
        store.sources(&mut |object| {
            let looked_at = store.anchor_of(&object.guid).and_then(|anchor| {
                let Some(anchor) = anchor else { return Ok(()) };
                let row = before.remove(&anchor);
                self.one(anchor, &object, row)
            });
            failed = looked_at.err().or(failed.take());
        })?;
        failed.map_or(Ok(()), Err)?;
        for anchor in before.into_keys() {
            if !store.is_live(&anchor)? {
                self.done.forget.push(anchor);
            }
        }
        Ok(())
    }

    fn one(&mut self, anchor: Anchor, object: &SourceObject, before: Option<PasswordRow>) -> Result<(), StateError> {
        // Groups and contacts have none.
        let target = if object.class.kind() == Kind::User { self.store.live_target(&anchor)? } else { None };
        let Some(target_id) = target else {
            self.done.forget.extend(before.map(|before| before.anchor));
            return Ok(());
        };
        let facts = self.rules.facts(object, (self.in_scope)(object));
        let anew = self.anew.contains(&anchor);
        let fresh = rules::fresh(anchor, target_id, &facts, self.now);
        self.done.keep.extend(rules::transition(before.as_ref().filter(|_| !self.over), fresh, &facts, anew));
        Ok(())
    }
}
