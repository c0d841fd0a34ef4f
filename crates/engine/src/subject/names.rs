//! The folded names of one source object.

use crate::block::Given;
use crate::{flow, keys, names};

/// A folded name with the attribute (named alike in Active Directory and at the service) that brings it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name<'n> {
    pub folded: &'n str,
    pub attribute: &'static str,
}

/// All names of an object in one text: a large directory has hundreds of thousands of them, and they live for one stage of planning.
#[derive(Default)]
pub(crate) struct Names {
    text: Box<str>,
    parts: Box<[Part]>,
}

/// A part of the text. Several may be the same one: `mail` mostly repeats the sign-in name.
#[derive(Clone, Copy)]
struct Part {
    start: u32,
    end: u32,
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    /// A name that is sent, by the place of its attribute among [`flow::NAMES`].
    Sent(u8),
    /// Active Directory's `mail` as it is.
    Mail,
    /// The primary address that is sent.
    Primary,
}

impl Names {
    /// Every name that is sent, the sign-in name first.
    pub fn iter(&self) -> impl Iterator<Item = Name<'_>> {
        self.parts().filter_map(|(what, folded)| match what {
            What::Sent(place) => Some(Name { folded, attribute: flow::NAMES.get(usize::from(place)).copied()? }),
            What::Mail | What::Primary => None,
        })
    }

    /// Whether a name is sent.
    pub fn contains(&self, folded: &str) -> bool {
        self.iter().any(|name| name.folded == folded)
    }

    /// Active Directory's `mail`, as it is.
    pub fn mail(&self) -> Option<&str> {
        self.parts().find(|(what, _)| *what == What::Mail).map(|(_, text)| text)
    }

    /// The primary address that is sent.
    pub fn primary(&self) -> Option<&str> {
        self.parts().find(|(what, _)| *what == What::Primary).map(|(_, text)| text)
    }

    fn parts(&self) -> impl Iterator<Item = (What, &str)> {
        self.parts.iter().filter_map(|part| Some((part.what, part.of(&self.text)?)))
    }
}

impl Part {
    fn of<'t>(&self, text: &'t str) -> Option<&'t str> {
        text.get(self.start as usize..self.end as usize)
    }
}

/// Collects names.
#[derive(Default)]
pub(super) struct Collector {
    text: String,
    parts: Vec<Part>,
}

impl Collector {
    /// The names that a value of an attribute brings: see [`keys::value_names`].
    pub fn sent(&mut self, attribute: &'static str, given: &Given<'_>) {
        let place = flow::NAMES.iter().position(|name| *name == attribute).and_then(|place| u8::try_from(place).ok());
        let Some(what) = place.map(What::Sent) else { return };
        match given {
            Given::Text(text) => self.push(what, text),
            Given::Texts(proxies) => {
                proxies.iter().filter_map(|proxy| names::smtp_part(proxy)).for_each(|address| self.push(what, address))
            }
            Given::Value(value) => keys::value_names(value).iter().for_each(|name| self.push(what, name)),
        }
    }

    pub fn mail(&mut self, mail: &str) {
        self.push(What::Mail, mail);
    }

    pub fn primary(&mut self, primary: &str) {
        self.push(What::Primary, primary);
    }

    pub fn finish(self) -> Names {
        Names { text: self.text.into(), parts: self.parts.into() }
    }

    fn push(&mut self, what: What, text: &str) {
        let text = text.trim();
        let before = self.text.len();
        if text.is_ascii() {
            self.text.extend(text.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
        } else {
            self.text.push_str(&crate::fold(text));
        }
        let Some(added) = self.text.get(before..) else { return };
        // Only a few are looked at: an object may have thousands.
        let known = self.parts.iter().take(8).find(|part| part.of(&self.text) == Some(added));
        if let Some(Part { start, end, .. }) = known.copied() {
            self.text.truncate(before);
            self.parts.push(Part { start, end, what });
        } else if let (Ok(start), Ok(end)) = (u32::try_from(before), u32::try_from(self.text.len())) {
            self.parts.push(Part { start, end, what });
        }
    }
}

/// The names in the order in which they are collected: the sign-in name first, for where `mail` repeats it, it is the one to be named.
pub(super) fn in_order() -> impl Iterator<Item = &'static str> {
    flow::NAMES.into_iter().rev()
}
