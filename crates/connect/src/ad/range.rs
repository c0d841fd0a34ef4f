//! Range retrieval (MS-ADTS 3.1.1.3.1.3.3): a domain controller gives many values of an attribute in parts.

/// An attribute description taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Description<'a> {
    /// The attribute's name without options.
    pub(crate) name: &'a str,
    /// The range option, when there is one.
    pub(crate) range: Option<Range>,
}

/// The values from `first` on, up to and including `last`; `None` when they are the last ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: u32,
    pub(crate) last: Option<u32>,
}

impl<'a> Description<'a> {
    /// Takes a description apart; `None` when it is not text, or its range is not one.
    pub(crate) fn parse(description: &'a [u8]) -> Option<Self> {
        let mut options = std::str::from_utf8(description).ok()?.split(';');
        let name = options.next().filter(|name| !name.is_empty())?;
        let mut range = None;
        for option in options {
            if let Some((key, value)) = option.split_once('=')
                && key.eq_ignore_ascii_case("range")
            {
                range = Some(Range::parse(value)?);
            }
        }
        Some(Self { name, range })
    }
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-')?;
        let first = first.parse().ok()?;
        let last = if last == "*" { None } else { Some(last.parse::<u32>().ok().filter(|last| *last >= first)?) };
        Some(Self { first, last })
    }

    /// Where the next part begins; `None` when this was the last one.
    pub(crate) fn next(self) -> Option<u32> {
        self.last.map(|last| last.saturating_add(1))
    }

    /// Whether these are all values of the attribute.
    pub(crate) fn is_whole(self) -> bool {
        self.first == 0 && self.last.is_none()
    }

    /// Whether a part with so many values can be this one.
    pub(crate) fn holds(self, values: usize) -> bool {
        self.last.is_none_or(|last| usize::try_from(last - self.first).is_ok_and(|span| values == span.saturating_add(1)))
    }
}

/// The description that asks for the values from `first` on.
pub(crate) fn from(name: &str, first: u32) -> String {
    format!("{name};range={first}-*")
}
