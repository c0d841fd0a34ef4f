//! Writes XML that is its own exclusive canonical form.

/// The qualified name of an element or attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// Empty for the default namespace, or for an attribute without one.
    pub prefix: &'static str,
    /// The namespace's URI. Empty only for attributes without a namespace.
    pub namespace: &'static str,
    /// The local name.
    pub local: &'static str,
}

impl Name {
    /// A name in a namespace.
    pub const fn new(prefix: &'static str, namespace: &'static str, local: &'static str) -> Self {
        Self { prefix, namespace, local }
    }

    /// An attribute's name without a namespace.
    pub const fn plain(local: &'static str) -> Self {
        Self { prefix: "", namespace: "", local }
    }
}

/// A value holds a character that XML 1.0 section 2.2 does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a value holds the character U+{0:04X}, which XML does not allow")]
pub struct InvalidCharacter(pub u32);

/// Writes elements, and nothing but what Exclusive XML Canonicalization 1.0 section 3 would write for them: namespaces where they
/// are first used, sorted attributes, end tags, one way to escape, no comments.
///
/// The form is that of the outermost element. An inner one is canonical by itself only where it was written by a writer of its
/// own and put in with [`Writer::canonical`]; the whole stays canonical as long as none of its prefixes is in scope there.
#[derive(Debug, Default)]
pub struct Writer {
    text: String,
    scopes: Vec<(&'static str, &'static str)>,
    invalid: Option<InvalidCharacter>,
}

impl Writer {
    /// Room for what most messages take, in bytes.
    const USUAL: usize = 4 * 1024;

    /// Nothing written yet.
    pub fn new() -> Self {
        Self { text: String::with_capacity(Self::USUAL), scopes: Vec::new(), invalid: None }
    }

    /// Writes an element with these attributes, and between its tags whatever `content` writes.
    pub fn element(&mut self, name: Name, attributes: &[(Name, &str)], content: impl FnOnce(&mut Self)) {
        let outside = self.scopes.len();
        self.text.push('<');
        self.name(name);
        self.declare(name, attributes);
        let mut sorted: Vec<_> = attributes.iter().collect();
        sorted.sort_unstable_by_key(|(name, _)| (name.namespace, name.local));
        for (name, value) in sorted {
            self.text.push(' ');
            self.name(*name);
            self.text.push_str("=\"");
            self.escape(value, true);
            self.text.push('"');
        }
        self.text.push('>');
        content(self);
        self.text.push_str("</");
        self.name(name);
        self.text.push('>');
        self.scopes.truncate(outside);
    }

    /// An element that holds only text.
    pub fn leaf(&mut self, name: Name, attributes: &[(Name, &str)], text: &str) {
        self.element(name, attributes, |writer| writer.text(text));
    }

    /// Writes text.
    pub fn text(&mut self, text: &str) {
        self.escape(text, false);
    }

    /// Puts in an element that another writer finished.
    pub fn canonical(&mut self, element: &str) {
        self.text.push_str(element);
    }

    /// The document.
    ///
    /// # Errors
    /// The first character of a value that XML cannot carry.
    pub fn finish(self) -> Result<String, InvalidCharacter> {
        match self.invalid {
            Some(character) => Err(character),
            None => Ok(self.text),
        }
    }

    fn name(&mut self, name: Name) {
        if !name.prefix.is_empty() {
            self.text.push_str(name.prefix);
            self.text.push(':');
        }
        self.text.push_str(name.local);
    }

    /// Declares what the element and its attributes visibly use and what is not yet in scope, sorted by prefix.
    fn declare(&mut self, name: Name, attributes: &[(Name, &str)]) {
        let used = attributes.iter().map(|(name, _)| name).filter(|name| !matches!(name.prefix, "" | "xml"));
        let used = std::iter::once(&name).chain(used).map(|name| (name.prefix, name.namespace));
        let mut missing: Vec<_> = used.filter(|(prefix, namespace)| !self.is_in_scope(prefix, namespace)).collect();
        missing.sort_unstable();
        missing.dedup();
        for (prefix, namespace) in missing {
            self.text.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            self.text.push_str(prefix);
            self.text.push_str("=\"");
            self.escape(namespace, true);
            self.text.push('"');
            self.scopes.push((prefix, namespace));
        }
    }

    fn is_in_scope(&self, prefix: &str, namespace: &str) -> bool {
        let nearest = self.scopes.iter().rev().find(|(declared, _)| *declared == prefix);
        nearest.map(|(_, namespace)| *namespace).unwrap_or_default() == namespace
    }

    fn escape(&mut self, value: &str, quoted: bool) {
        let invalid = escape(&mut self.text, value, quoted);
        self.invalid = self.invalid.or(invalid);
    }
}

/// Appends text, or the value of an attribute, as canonical XML writes it (Canonical XML 1.0 section 2.3).
/// Leaves out characters that XML does not allow, and answers with the first of them.
pub(super) fn escape(into: &mut String, value: &str, quoted: bool) -> Option<InvalidCharacter> {
    if value.bytes().all(is_plain) {
        into.push_str(value);
        return None;
    }
    let mut invalid = None;
    let mut rest = value;
    while let Some(at) = rest.find(|character| !stands_for_itself(character, quoted)) {
        let (plain, from) = rest.split_at(at);
        into.push_str(plain);
        let mut characters = from.chars();
        match characters.next() {
            Some('&') => into.push_str("&amp;"),
            Some('<') => into.push_str("&lt;"),
            Some('>') => into.push_str("&gt;"),
            Some('"') => into.push_str("&quot;"),
            Some('\t') => into.push_str("&#x9;"),
            Some('\n') => into.push_str("&#xA;"),
            Some('\r') => into.push_str("&#xD;"),
            Some(other) => invalid = invalid.or(Some(InvalidCharacter(u32::from(other)))),
            None => {}
        }
        rest = characters.as_str();
    }
    into.push_str(rest);
    invalid
}

/// Whether a byte can only be part of a character that stands for itself everywhere. 0xEF begins those that XML does not allow, among
/// others.
const fn is_plain(byte: u8) -> bool {
    !matches!(byte, 0..0x20 | b'&' | b'<' | b'>' | b'"' | 0xEF)
}

fn stands_for_itself(character: char, quoted: bool) -> bool {
    match character {
        '&' | '<' | '\r' => false,
        '>' => quoted,
        '"' | '\t' | '\n' => !quoted,
        '\u{20}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}' => true,
        _ => false,
    }
}
