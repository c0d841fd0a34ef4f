//! Whether the parts of an attribute's values that an export holds are all of them.

use std::collections::BTreeMap;

use crate::ad::range::Range;

/// How many values came in each part of each attribute, and in which line the part begins.
#[derive(Default)]
pub struct Parts(BTreeMap<(usize, u32), Part>);

struct Part {
    range: Range,
    values: usize,
    line: usize,
    contradicted: bool,
}

impl Parts {
    /// Counts a value of the attribute `wanted`, which stands in `line`.
    pub fn count(&mut self, wanted: usize, range: Range, line: usize) {
        let part = self.0.entry((wanted, range.first)).or_insert(Part { range, values: 0, line, contradicted: false });
        part.values += 1;
        part.contradicted |= part.range != range;
    }

    /// The line with the first part of an attribute that is not whole: its parts must follow each other from the first value to
    /// the last, and hold as many as they say.
    pub fn unfinished(&self) -> Option<usize> {
        let mut open: Option<(usize, usize)> = None;
        let mut next = 0;
        for ((wanted, first), part) in &self.0 {
            let Part { range, values, line, contradicted } = part;
            let begins = match open {
                Some((attribute, line)) if attribute != *wanted => return Some(line),
                Some(_) => *first == next,
                None => *first == 0,
            };
            if !begins || *contradicted || !range.holds(*values) {
                return Some(open.map_or(*line, |(_, line)| line));
            }
            open = range.next().map(|_| (*wanted, open.map_or(*line, |(_, line)| line)));
            next = range.next().unwrap_or_default();
        }
        open.map(|(_, line)| line)
    }
}
