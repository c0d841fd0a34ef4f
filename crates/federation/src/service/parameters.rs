//! Parameters of a query or a form, decoded without changing them: what goes back to an application goes back byte for byte.

use percent_encoding::percent_decode_str;
use zeroize::Zeroize;

/// Parameters of one request at most.
const COUNT_MAX: usize = 100;

/// A query or a form that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadParameters {
    #[error("more than {COUNT_MAX} parameters")]
    TooMany,
    #[error("a parameter is not UTF-8")]
    Encoding,
}

/// Names and values in their order, wiped on drop: passwords come in forms.
#[derive(Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Takes `application/x-www-form-urlencoded` text apart. What is not UTF-8 is refused, not mended.
    pub fn read(text: &str) -> Result<Self, BadParameters> {
        let mut all = Self::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            if all.0.len() == COUNT_MAX {
                return Err(BadParameters::TooMany);
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            all.0.push((decoded(name)?, decoded(value)?));
        }
        Ok(all)
    }

    /// All of them.
    pub fn all(&self) -> &[(String, String)] {
        &self.0
    }

    /// The value of a parameter that stands there once; a second one makes both count as absent.
    pub fn one(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(given, _)| given == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    /// Whether a parameter of this name is there.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(given, _)| given == name)
    }
}

impl Drop for Parameters {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|(_, value)| value.zeroize());
    }
}

fn decoded(text: &str) -> Result<String, BadParameters> {
    let mut spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().map(|text| text.into_owned()).map_err(|_| BadParameters::Encoding);
    spaced.zeroize();
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_as_they_are_or_not_at_all() {
        let read = Parameters::read("wctx=a%26b%3D%2B+%0D%0a%C3%A9&empty=&bare&&wctx2=%25").unwrap();
        assert_eq!(read.one("wctx"), Some("a&b=+ \r\né"));
        assert_eq!((read.one("empty"), read.one("bare"), read.one("wctx2"), read.one("none")), (Some(""), Some(""), Some("%"), None));
        assert_eq!(Parameters::read("a=%FF").err(), Some(BadParameters::Encoding));
        assert_eq!(Parameters::read(&"a&".repeat(101)).err(), Some(BadParameters::TooMany));
    }

    #[test]
    fn a_parameter_that_stands_twice_is_none() {
        let read = Parameters::read("a=1&a=2&b=3").unwrap();
        assert_eq!((read.one("a"), read.one("b")), (None, Some("3")));
        assert!(read.has("a"));
    }
}
