//! Reads the text of a filter (RFC 4515).

use super::matching;
use super::syntax::{self, Syntax};
use super::{ALL_BITS, ANY_BIT, Filter};

const BYTES_MAX: usize = 64 * 1024;
const DEPTH_MAX: usize = 32;

/// Why a text is no filter that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {position}: {reason}")]
pub struct FilterError {
    /// The character at fault, the first being 1.
    pub position: usize,
    /// What is wrong, and what to write instead.
    pub reason: Box<str>,
}

pub(super) fn filter(text: &str) -> Result<Filter, FilterError> {
    if text.len() > BYTES_MAX {
        return Err(FilterError {
            position: 1,
            reason: "the filter has more than 65536 bytes: name groups in scope.members_of instead".into(),
        });
    }
    let mut reader = Reader { text, at: 0 };
    reader.skip_blanks();
    let filter = reader.filter(1)?;
    reader.skip_blanks();
    if reader.at < text.len() {
        return Err(reader.error("the filter has ended here: several are combined as (&(…)(…))"));
    }
    Ok(filter)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn takes(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        self.at += if found { wanted.len() } else { 0 };
        found
    }

    fn error(&self, reason: impl Into<Box<str>>) -> FilterError {
        self.error_at(self.at, reason)
    }

    fn error_at(&self, at: usize, reason: impl Into<Box<str>>) -> FilterError {
        FilterError { position: self.text.get(..at).unwrap_or_default().chars().count() + 1, reason: reason.into() }
    }

    /// One filter in its parentheses.
    fn filter(&mut self, depth: usize) -> Result<Filter, FilterError> {
        if depth > DEPTH_MAX {
            return Err(self.error(format!("more than {DEPTH_MAX} levels: combine fewer filters")));
        }
        if !self.takes("(") {
            return Err(self.error("a filter begins with `(`: write (attribute=value)"));
        }
        self.skip_blanks();
        let filter = match self.rest().chars().next() {
            Some('&') => Filter::And(self.several(depth)?),
            Some('|') => Filter::Or(self.several(depth)?),
            Some('!') => {
                self.at += 1;
                self.skip_blanks();
                Filter::Not(Box::new(self.filter(depth + 1)?))
            }
            _ => return self.item(),
        };
        self.skip_blanks();
        if self.takes(")") { Ok(filter) } else { Err(self.error("`)` is missing")) }
    }

    fn several(&mut self, depth: usize) -> Result<Vec<Filter>, FilterError> {
        self.at += 1;
        self.skip_blanks();
        let mut parts = Vec::new();
        while self.rest().starts_with('(') {
            parts.push(self.filter(depth + 1)?);
            self.skip_blanks();
        }
        if parts.is_empty() { Err(self.error("nothing is combined here: write (&(…)(…))")) } else { Ok(parts) }
    }

    /// A comparison with its closing parenthesis.
    fn item(&mut self) -> Result<Filter, FilterError> {
        let name_at = self.at;
        let name = self.name()?;
        let rule = if self.takes(":") { Some(self.rule(&name)?) } else { None };
        let operator = self.operator()?;
        let value_at = self.at;
        let written = self.until_end()?;
        let comparison = Comparison { name, written, syntax: Syntax::Unknown };
        comparison.usable().map_err(|reason| self.error_at(name_at, reason))?;
        let comparison = Comparison { syntax: syntax::of(&comparison.name), ..comparison };
        let made = match (rule, operator) {
            (Some(rule), "=") => comparison.with_rule(rule),
            (Some(_), _) => Err((0, "a matching rule is followed by `:=`".into())),
            (None, operator) => comparison.plain(operator),
        };
        made.map_err(|(offset, reason)| self.error_at(value_at + offset, reason))
    }

    fn name(&mut self) -> Result<Box<str>, FilterError> {
        let end = self.rest().find(|character: char| !(character.is_ascii_alphanumeric() || character == '-')).unwrap_or(self.rest().len());
        let name = self.rest().get(..end).unwrap_or_default();
        if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return Err(self.error("an attribute's name is expected, as in (department=Sales)"));
        }
        self.at += end;
        match self.rest().chars().next() {
            Some(';') => return Err(self.error("options after an attribute's name are not supported: write the name alone")),
            Some(' ') => self.skip_blanks(),
            _ => {}
        }
        Ok(name.to_ascii_lowercase().into())
    }

    /// The matching rule, up to the colon before `=`.
    fn rule(&mut self, name: &str) -> Result<&'static str, FilterError> {
        for rule in [ALL_BITS, ANY_BIT] {
            if self.takes(&format!("{rule}:")) {
                return Ok(rule);
            }
        }
        let in_chain = self.rest().starts_with("1.2.840.113556.1.4.1941:") || syntax::is_membership(name);
        Err(self.error(if in_chain {
            format!("{name} cannot be followed through groups: name the group in scope.members_of")
        } else {
            format!("this matching rule is not known: only {ALL_BITS} (all bits) and {ANY_BIT} (one of the bits) are")
        }))
    }

    fn operator(&mut self) -> Result<&'static str, FilterError> {
        for operator in [">=", "<=", "="] {
            if self.takes(operator) {
                return Ok(operator);
            }
        }
        let reason = match self.rest().chars().next() {
            Some('~') => "approximate matches (`~=`) are not supported: use `=`",
            Some('>' | '<') => "`>` and `<` are not supported: use `>=` or `<=`",
            _ => "`=`, `>=` or `<=` is expected",
        };
        Err(self.error(reason))
    }

    /// The value as it is written, without the closing parenthesis that is taken with it.
    fn until_end(&mut self) -> Result<&'a str, FilterError> {
        let rest = self.rest();
        let Some(end) = rest.find(['(', ')']) else {
            self.at = self.text.len();
            return Err(self.error("`)` is missing"));
        };
        if rest.get(end..).is_some_and(|rest| rest.starts_with('(')) {
            return Err(self.error_at(self.at + end, r"`(` within a value is written \28"));
        }
        self.at += end + 1;
        Ok(rest.get(..end).unwrap_or_default())
    }
}

/// One comparison, its value still as written.
struct Comparison<'a> {
    name: Box<str>,
    written: &'a str,
    syntax: Syntax,
}

/// Where in the value, and what is wrong.
type Fault = (usize, Box<str>);

impl Comparison<'_> {
    /// Refuses what may not be asked for.
    fn usable(&self) -> Result<(), Box<str>> {
        let name = &self.name;
        if syntax::is_membership(name) {
            return Err(format!("{name} is not read: name the group in scope.members_of, which follows nested groups too").into());
        }
        if super::is_secret(name) {
            return Err(format!("{name} holds secrets and is never read: use another attribute").into());
        }
        Ok(())
    }

    fn with_rule(self, rule: &str) -> Result<Filter, Fault> {
        let bits = self.written.trim().parse::<i64>();
        let bits = bits.map_err(|_| (0, Box::from("bits are a whole number, as in (userAccountControl:1.2.840.113556.1.4.803:=2)")))?;
        Ok(if rule == ALL_BITS { Filter::AllBits(self.name, bits) } else { Filter::AnyBit(self.name, bits) })
    }

    fn plain(self, operator: &str) -> Result<Filter, Fault> {
        if operator == "=" && self.written == "*" {
            return Ok(Filter::Present(self.name));
        }
        let mut parts = Vec::new();
        let mut offset = 0;
        for part in self.written.split('*') {
            parts.push(unescaped(part).map_err(|(at, reason)| (offset + at, reason))?);
            offset += part.len() + 1;
        }
        match (operator, parts.len()) {
            ("=", 1) => self.equals(parts.remove(0)),
            ("=", _) => self.substrings(parts),
            (_, 1) => self.ordered(operator, parts.remove(0)),
            _ => Err((0, r"`*` is a pattern only after `=`; a star within the value is written \2a".into())),
        }
    }

    fn equals(self, value: Box<[u8]>) -> Result<Filter, Fault> {
        let Self { name, syntax, .. } = self;
        if value.is_empty() {
            return Err((0, format!("the value is empty: an attribute without a value is written (!({name}=*))").into()));
        }
        let text = std::str::from_utf8(&value).ok();
        let faulty = match syntax {
            Syntax::Number if !is_number(&value) => Some(format!("{name} holds numbers: write a whole number")),
            Syntax::Guid if matching::guid(&value).is_none() => {
                Some(r"an objectGUID is written 01234567-89ab-cdef-0123-456789abcdef, or as 16 bytes \xx".to_owned())
            }
            Syntax::Bytes if text.is_some_and(|text| text.starts_with("S-1-")) => Some(format!(r"{name} holds bytes: write each as \xx")),
            Syntax::Name if text.is_none_or(|text| crate::Dn::parse(text).is_err()) => {
                Some(format!("{name} holds distinguished names: write the whole name, as in ({name}=CN=Ana,OU=Staff,DC=example,DC=com)"))
            }
            _ => None,
        };
        faulty.map_or_else(|| Ok(Filter::Equals(name, value)), |reason| Err((0, reason.into())))
    }

    fn substrings(self, parts: Vec<Box<[u8]>>) -> Result<Filter, Fault> {
        let Self { name, syntax, .. } = self;
        let instead = match syntax {
            Syntax::Name if &*name == "distinguishedname" => "name OUs in scope.include and scope.exclude",
            Syntax::Name | Syntax::Category | Syntax::Class => "write the whole value",
            Syntax::Number => "compare with >= and <=, or test bits with the rule 1.2.840.113556.1.4.803",
            Syntax::Bytes | Syntax::Guid => "compare the whole value",
            Syntax::Time => "compare with >= and <=",
            Syntax::Text | Syntax::Unknown => return Ok(pattern(name, parts)),
        };
        Err((0, format!("Active Directory matches no part of {name}: {instead}").into()))
    }

    fn ordered(self, operator: &str, bound: Box<[u8]>) -> Result<Filter, Fault> {
        let Self { name, syntax, .. } = self;
        if syntax == Syntax::Number && !is_number(&bound) {
            return Err((0, format!("{name} holds numbers: write a whole number").into()));
        }
        if matches!(syntax, Syntax::Name | Syntax::Bytes | Syntax::Guid | Syntax::Class | Syntax::Category) {
            return Err((0, format!("{name} has no order: use `=`").into()));
        }
        if bound.is_empty() {
            return Err((0, "the value is empty".into()));
        }
        Ok(if operator == ">=" { Filter::AtLeast(name, bound) } else { Filter::AtMost(name, bound) })
    }
}

/// Two stars side by side are one; stars alone ask for any value.
fn pattern(name: Box<str>, mut parts: Vec<Box<[u8]>>) -> Filter {
    let last = parts.len().saturating_sub(1);
    let mut place = 0;
    parts.retain(|part| {
        place += 1;
        place == 1 || place > last || !part.is_empty()
    });
    if parts.iter().all(|part| part.is_empty()) { Filter::Present(name) } else { Filter::Substrings(name, parts) }
}

fn is_number(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|text| text.trim().parse::<i64>().is_ok())
}

/// The bytes of a value, its `\xx` resolved.
fn unescaped(written: &str) -> Result<Box<[u8]>, Fault> {
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(rest.get(..at).unwrap_or_default().as_bytes());
        let digits = rest.get(at + 1..at + 3).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
            let offset = written.len() - rest.len() + at;
            return Err((offset, r"`\` is followed by two hexadecimal digits, as in \28; a backslash itself is written \5c".into()));
        };
        bytes.push(byte);
        rest = rest.get(at + 3..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes.into())
}
