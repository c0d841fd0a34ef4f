//! What a change sets, attribute by attribute.
//!
//! A first plan of a large directory holds millions of values. Those of a new object are kept as the block that is confirmed when the
//! service has accepted them; only what is looked at is taken out of it.

use std::borrow::Cow;
use std::fmt;

use crate::block::ServiceBlock;
use crate::encode::Encoded;
use crate::flow::known_service_name;
use crate::plan::AttributeChange;
use crate::value::Value;

/// Attributes before and after, sorted by name.
#[derive(Clone)]
pub struct Edits(Kept);

#[derive(Clone)]
enum Kept {
    /// One by one.
    Edits(Vec<AttributeChange>),
    /// Nothing was there before.
    Made(ServiceBlock),
}

impl Edits {
    /// All of them. Those of a new object are taken out of their block by this: ask once.
    pub fn all(&self) -> Cow<'_, [AttributeChange]> {
        match &self.0 {
            Kept::Edits(edits) => Cow::Borrowed(edits),
            Kept::Made(block) => Cow::Owned(block.entries().filter_map(set).collect()),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Kept::Edits(edits) => edits.is_empty(),
            Kept::Made(block) => block.is_empty(),
        }
    }

    /// Those of some attributes, by their names at the service.
    pub fn of<'a>(&'a self, names: &'a [&'a str]) -> impl Iterator<Item = Cow<'a, AttributeChange>> {
        let (edits, block) = match &self.0 {
            Kept::Edits(edits) => (edits.as_slice(), None),
            Kept::Made(block) => ([].as_slice(), Some(block)),
        };
        let edits = edits.iter().filter(|edit| names.contains(&edit.name)).map(Cow::Borrowed);
        let made = block.into_iter().flat_map(ServiceBlock::entries).filter(|(name, _)| names.contains(name)).filter_map(set);
        edits.chain(made.map(Cow::Owned))
    }

    /// Whether one of these attributes is set to a text, or a list with one, for which `is` holds.
    pub(crate) fn sets_text(&self, names: &[&str], is: impl Fn(&str) -> bool) -> bool {
        match &self.0 {
            Kept::Edits(edits) => edits.iter().filter(|edit| names.contains(&edit.name)).any(|edit| match &edit.to {
                Some(Value::Text(text)) => is(text),
                Some(Value::Texts(texts)) => texts.iter().any(|text| is(text)),
                _ => false,
            }),
            Kept::Made(block) => block.entries().filter(|(name, _)| names.contains(name)).any(|(_, value)| value.texts().any(&is)),
        }
    }

    /// Changes them one by one; those are left out for which `keep` answers no.
    pub fn retain_mut(&mut self, keep: impl FnMut(&mut AttributeChange) -> bool) {
        let mut edits = match std::mem::take(self).0 {
            Kept::Edits(edits) => edits,
            Kept::Made(block) => block.entries().filter_map(set).collect(),
        };
        edits.retain_mut(keep);
        *self = edits.into();
    }

    /// Those of an object that may have had values before; none of a new one, which is told by its [block](Edits::block).
    pub fn of_known(&self) -> &[AttributeChange] {
        match &self.0 {
            Kept::Edits(edits) => edits,
            Kept::Made(_) => &[],
        }
    }

    /// What is set where nothing was before; `None` for edits of other changes.
    pub fn block(&self) -> Option<&ServiceBlock> {
        match &self.0 {
            Kept::Edits(_) => None,
            Kept::Made(block) => Some(block),
        }
    }
}

fn set((name, value): (&str, Encoded<'_>)) -> Option<AttributeChange> {
    Some(AttributeChange::new(known_service_name(name)?, None, Some(value.decode()?)))
}

impl From<Vec<AttributeChange>> for Edits {
    fn from(mut edits: Vec<AttributeChange>) -> Self {
        edits.shrink_to_fit();
        Self(Kept::Edits(edits))
    }
}

impl FromIterator<AttributeChange> for Edits {
    fn from_iter<T: IntoIterator<Item = AttributeChange>>(edits: T) -> Self {
        edits.into_iter().collect::<Vec<_>>().into()
    }
}

/// Of names that the tables of flows know: what is set where nothing was before.
impl From<ServiceBlock> for Edits {
    fn from(block: ServiceBlock) -> Self {
        Self(Kept::Made(block))
    }
}

impl Default for Edits {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl PartialEq for Edits {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kept::Made(one), Kept::Made(other)) => one == other,
            _ => self.all() == other.all(),
        }
    }
}

impl Eq for Edits {}

impl fmt::Debug for Edits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.all().fmt(f)
    }
}

/// The value that an attribute gets, taken out of its block where it lies in one.
pub(crate) fn sets<'a>(edits: &'a Edits, name: &str) -> Option<Cow<'a, Value>> {
    match &edits.0 {
        Kept::Edits(edits) => edits.iter().find(|edit| edit.name == name)?.to.as_ref().map(Cow::Borrowed),
        Kept::Made(block) => block.get(name).map(Cow::Owned),
    }
}
