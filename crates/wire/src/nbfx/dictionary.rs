//! The strings that travel as numbers.

use super::strings::STRINGS;

/// The string with an id of the static dictionary; `None` for odd ids and ids past its end.
pub(super) fn static_string(id: u32) -> Option<&'static str> {
    id.is_multiple_of(2).then(|| usize::try_from(id / 2).ok().and_then(|index| STRINGS.get(index).copied())).flatten()
}

/// A name or namespace to write: the id of a string in the static dictionary, or the string itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Word<'a> {
    /// The id in the static dictionary, always even.
    Dictionary(u16),
    /// The string, for what is not in the dictionary.
    Inline(&'a str),
}

impl Word<'static> {
    /// Looks a string up in the dictionary. Meant for constants, where it costs nothing: it compares with every string.
    pub const fn new(text: &'static str) -> Self {
        let mut strings: &[&str] = &STRINGS;
        let mut id = 0;
        while let [first, rest @ ..] = strings {
            if equal(first.as_bytes(), text.as_bytes()) {
                return Self::Dictionary(id);
            }
            (strings, id) = (rest, id + 2);
        }
        Self::Inline(text)
    }
}

/// `==` cannot be used on slices where constants are computed.
const fn equal(mut left: &[u8], mut right: &[u8]) -> bool {
    loop {
        match (left, right) {
            ([], []) => return true,
            ([a, left_rest @ ..], [b, right_rest @ ..]) if *a == *b => (left, right) = (left_rest, right_rest),
            _ => return false,
        }
    }
}
