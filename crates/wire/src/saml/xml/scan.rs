//! Looks at a message before the parser does, and refuses what the parser would accept, or would take long over.
//!
//! It knows tags, attributes and references, not names or nesting by name: whether a message is well-formed is for the parser to say.
//! It also bounds what costs the parser more than linear time: attributes of an element, namespaces in scope and in all.

use super::Text;
use crate::saml::verify::Refusal;

/// Most attributes on one element, namespace declarations among them.
const ATTRIBUTES_MAX: usize = 64;
/// Most namespace declarations on an element and those around it.
const IN_SCOPE_MAX: usize = 64;
/// Most namespace declarations in a message.
const DECLARATIONS_MAX: usize = 2_048;
/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// The text without byte order mark and XML declaration.
///
/// # Errors
/// [`Refusal::Encoding`] when it declares anything but XML 1.0 in UTF-8.
pub(super) fn without_declaration(text: &str) -> Result<&str, Refusal> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if text.starts_with('\u{FEFF}') {
        return Err(Refusal::Encoding);
    }
    let Some((declaration, rest)) = text.strip_prefix("<?xml").and_then(|text| text.split_once("?>")) else {
        return Ok(text);
    };
    let mut pairs = declaration.split_ascii_whitespace();
    let is = |pair: &str, name: &str, value: &str| {
        let quoted = pair.strip_prefix(name).and_then(|pair| pair.strip_prefix('='));
        let inner = |mark| quoted.and_then(|quoted| quoted.strip_prefix(mark)).and_then(|quoted| quoted.strip_suffix(mark));
        inner('"').or(inner('\'')).is_some_and(|inner| inner.eq_ignore_ascii_case(value))
    };
    let begins = declaration.starts_with([' ', '\t', '\r', '\n']) && pairs.next().is_some_and(|pair| is(pair, "version", "1.0"));
    let mut last = pairs.next();
    if last.is_some_and(|pair| is(pair, "encoding", "UTF-8")) {
        last = pairs.next();
    }
    if last.is_some_and(|pair| is(pair, "standalone", "yes") || is(pair, "standalone", "no")) {
        last = pairs.next();
    }
    if begins && last.is_none() { Ok(rest) } else { Err(Refusal::Encoding) }
}

/// Checks the text, without declaration and with line ends normalised.
///
/// # Errors
/// The first thing in it that the profile does not have.
pub(super) fn check(text: &str) -> Result<(), Refusal> {
    let mut scan = Scan { text, at: 0, open: Vec::new(), in_scope: 0, declared: 0 };
    while let Some(more) = scan.rest().find(['<', '&']) {
        scan.at += more;
        scan.step()?;
    }
    Ok(())
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    /// How many namespaces each open element declared.
    open: Vec<usize>,
    in_scope: usize,
    declared: usize,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn broken(&self) -> Refusal {
        Refusal::NotWellFormed { at: self.at }
    }

    /// One tag or reference.
    fn step(&mut self) -> Result<(), Refusal> {
        let rest = self.rest();
        if rest.starts_with('&') {
            self.at += reference(rest).ok_or(Refusal::Entity)?;
            return Ok(());
        }
        if rest.starts_with("<!DOCTYPE") {
            return Err(Refusal::Doctype);
        }
        if rest.starts_with("<!--") || rest.starts_with("<![CDATA[") || rest.starts_with("<?") {
            return Err(Refusal::Markup);
        }
        if rest.starts_with("</") { self.end_tag() } else { self.start_tag() }
    }

    fn end_tag(&mut self) -> Result<(), Refusal> {
        self.at += 2;
        self.name()?;
        self.in_scope -= self.open.pop().ok_or(self.broken())?;
        Ok(())
    }

    fn start_tag(&mut self) -> Result<(), Refusal> {
        self.at += 1;
        self.name()?;
        let (mut attributes, mut declarations, mut default) = (0, 0, false);
        loop {
            self.skip_space();
            if self.rest().starts_with("/>") {
                return self.bound(attributes, declarations, false);
            }
            if self.rest().starts_with('>') {
                return self.bound(attributes, declarations, true);
            }
            let name = self.name()?;
            let value = self.value()?;
            attributes += 1;
            declarations += usize::from(self.declares(name, value, &mut default)?);
        }
    }

    /// Whether an attribute declares a namespace. Refuses what Namespaces in XML 1.0 does not have but the parser accepts.
    fn declares(&self, name: &str, value: &str, default: &mut bool) -> Result<bool, Refusal> {
        match name.split_once(':') {
            None if name == "xmlns" && std::mem::replace(default, true) => Err(self.broken()),
            None => Ok(name == "xmlns"),
            Some(("xmlns", "xmlns")) => Err(self.broken()),
            Some(("xmlns", _)) if value.is_empty() => Err(self.broken()),
            Some((_, "xmlns")) => Err(self.broken()),
            Some((prefix, _)) => Ok(prefix == "xmlns"),
        }
    }

    fn bound(&mut self, attributes: usize, declarations: usize, opens: bool) -> Result<(), Refusal> {
        self.declared += declarations;
        let in_scope = self.in_scope + declarations;
        if attributes > ATTRIBUTES_MAX || in_scope > IN_SCOPE_MAX || self.declared > DECLARATIONS_MAX {
            return Err(Refusal::TooManyAttributes);
        }
        if self.open.len() >= Text::DEPTH_MAX {
            return Err(Refusal::TooDeep);
        }
        if opens {
            self.open.push(declarations);
            self.in_scope = in_scope;
        }
        Ok(())
    }

    /// A name with at most one prefix, as far as the next character that ends one.
    fn name(&mut self) -> Result<&'a str, Refusal> {
        let rest = self.rest();
        let end = rest.find([' ', '\t', '\n', '=', '/', '>', '<', '&', '"', '\'']).ok_or(self.broken())?;
        let name = rest.get(..end).unwrap_or_default();
        if name.is_empty() || name.starts_with(':') || name.len() > NAME_BYTES_MAX {
            return Err(self.broken());
        }
        self.at += end;
        Ok(name)
    }

    /// The equals sign and the value after an attribute's name.
    fn value(&mut self) -> Result<&'a str, Refusal> {
        self.skip_space();
        let rest = self.rest().strip_prefix('=').ok_or(self.broken())?.trim_start_matches([' ', '\t', '\n']);
        let mark = rest.chars().next().filter(|mark| matches!(mark, '"' | '\'')).ok_or(self.broken())?;
        let (value, after) = rest.get(1..).and_then(|rest| rest.split_once(mark)).ok_or(self.broken())?;
        self.at = self.text.len() - after.len();
        if value.contains('<') {
            return Err(self.broken());
        }
        references(value)?;
        Ok(value)
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n']).len();
    }
}

/// Checks every reference in a value.
fn references(value: &str) -> Result<(), Refusal> {
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        let from = rest.get(at..).unwrap_or_default();
        let length = reference(from).ok_or(Refusal::Entity)?;
        rest = from.get(length..).unwrap_or_default();
    }
    Ok(())
}

/// The length of the reference that the text begins with: to a character that XML allows, or to one of the five entities.
fn reference(text: &str) -> Option<usize> {
    let (name, _) = text.strip_prefix('&')?.get(..).and_then(|text| text.split_once(';'))?;
    let known = match name.strip_prefix('#') {
        None => matches!(name, "amp" | "lt" | "gt" | "quot" | "apos"),
        Some(number) => number
            .strip_prefix('x')
            .map_or_else(|| digits(number, 10), |number| digits(number, 16))
            .and_then(char::from_u32)
            .is_some_and(|character| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')),
    };
    known.then_some(name.len() + 2)
}

fn digits(number: &str, radix: u32) -> Option<u32> {
    number.chars().all(|digit| digit.is_digit(radix)).then(|| u32::from_str_radix(number, radix).ok())?
}
