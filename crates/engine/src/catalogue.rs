//! The findings: one table of code, severity, meaning, example and mend. Codes are stable; scripts and runbooks may rely on
//! them. The reference for administrators is made of this table.

mod document;
mod table;

use crate::{Finding, Severity};

pub use document::findings_document;
pub(crate) use table::Code;
pub use table::{FINDINGS, FINDINGS_ELSEWHERE};

/// One row of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The stable code (`match-mail-blank`).
    pub code: &'static str,
    /// How much it hurts.
    pub severity: Severity,
    /// What is wrong and what follows from it, in one clause.
    pub meaning: &'static str,
    /// What it looks like.
    pub example: &'static str,
    /// What to do, where nothing better is known of the case.
    pub mend: &'static str,
}

/// The row of a code, whoever finds it; `None` for a code that is in no table.
pub(crate) fn entry(code: &str) -> Option<&'static Entry> {
    FINDINGS.iter().chain(FINDINGS_ELSEWHERE).find(|entry| entry.code == code)
}

impl Code {
    /// INVARIANT: the table is written in the order of the variants.
    fn entry(self) -> &'static Entry {
        const NONE: Entry = Entry { code: "", severity: Severity::Error, meaning: "", example: "", mend: "" };
        FINDINGS.get(self as usize).unwrap_or(&NONE)
    }

    /// The stable code, as it is shown.
    pub fn as_str(self) -> &'static str {
        self.entry().code
    }

    /// What to do, where nothing better is known of the case.
    pub fn mend(self) -> &'static str {
        self.entry().mend
    }

    /// A finding of this code about `objects`, the one to be mended first.
    pub fn finding(self, objects: impl IntoIterator<Item = impl Into<Box<str>>>, hint: impl Into<Box<str>>) -> Finding {
        let Entry { code, severity, .. } = *self.entry();
        Finding { code, severity, objects: objects.into_iter().map(Into::into).collect(), attribute: None, value: None, hint: hint.into() }
    }
}

/// Names the attribute and the value at fault.
pub(crate) trait At {
    fn at(self, attribute: &str, value: &str) -> Self;
}

impl At for Finding {
    fn at(mut self, attribute: &str, value: &str) -> Self {
        self.attribute = Some(attribute.into());
        self.value = (!value.is_empty()).then(|| value.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_each_belongs_to_one_row() {
        for table in [FINDINGS, FINDINGS_ELSEWHERE] {
            assert!(table.windows(2).all(|pair| pair[0].code < pair[1].code), "sorted, none twice");
        }
        assert!(FINDINGS.iter().all(|entry| FINDINGS_ELSEWHERE.iter().all(|other| other.code != entry.code)));
        assert_eq!(Code::AddressInvalid.as_str(), "address-invalid");
        assert_eq!(Code::ValueTooLong.as_str(), "value-too-long");
    }
}
