//! Exclusive XML Canonicalization 1.0 without comments (<https://www.w3.org/TR/xml-exc-c14n/>).
//!
//! It cannot fail: whatever was parsed has exactly one canonical form, and none is empty.

use super::Element;
use super::writer::escape;

/// The exclusive canonical form of an element. `inclusive` holds the prefixes of an `InclusiveNamespaces` `PrefixList`
/// (`#default` for the default namespace), which are rendered wherever they are in scope.
pub fn canonical(element: Element<'_>, inclusive: &[&str]) -> String {
    canonical_without(element, None, inclusive)
}

/// The same, without one of the elements below it: the enveloped signature transform (xmldsig-core1 section 6.6.4).
pub fn canonical_without(element: Element<'_>, omitted: Option<Element<'_>>, inclusive: &[&str]) -> String {
    let inclusive = inclusive.iter().map(|prefix| if *prefix == "#default" { "" } else { prefix }).collect();
    let mut canonicalizer = Canonicalizer { text: String::new(), rendered: Vec::new(), inclusive, omitted, inside: false };
    canonicalizer.element(element);
    canonicalizer.text
}

struct Canonicalizer<'a, 'p> {
    text: String,
    /// What the elements around, in the output, declared: prefix and namespace, the innermost last.
    rendered: Vec<(&'a str, &'a str)>,
    inclusive: Vec<&'p str>,
    omitted: Option<Element<'a>>,
    /// Whether the outermost element was begun.
    inside: bool,
}

impl<'a> Canonicalizer<'a, '_> {
    /// Recursion is as deep as [`super::Text::DEPTH_MAX`].
    fn element(&mut self, element: Element<'a>) {
        if self.omitted == Some(element) {
            return;
        }
        let outside = self.rendered.len();
        let name = element.qualified_name();
        self.text.push('<');
        self.text.push_str(name);
        self.namespaces(element);
        self.attributes(element);
        self.text.push('>');
        for child in element.node.children() {
            if child.is_element() {
                self.element(Element { node: child });
            } else if let Some(text) = child.text().filter(|_| child.is_text()) {
                // What was parsed has no characters that XML does not allow.
                let _ = escape(&mut self.text, text, false);
            }
        }
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
        self.rendered.truncate(outside);
    }

    /// Declares what is visibly used, or listed and in scope, unless the nearest declaration in the output says the same.
    fn namespaces(&mut self, element: Element<'a>) {
        let mut wanted = vec![element.prefix()];
        wanted.extend(element.node.attributes().map(|attribute| element.attribute_prefix(&attribute)).filter(|prefix| !prefix.is_empty()));
        // Further in, what is listed can only change where something is declared.
        if !std::mem::replace(&mut self.inside, true) || element.may_declare() {
            wanted.extend(self.inclusive.iter().filter_map(|listed| element.declared_prefix(listed)));
        }
        wanted.sort_unstable();
        wanted.dedup();
        for prefix in wanted.into_iter().filter(|prefix| *prefix != "xml") {
            let namespace = element.namespace_of(prefix);
            let rendered = self.rendered.iter().rev().find(|(declared, _)| *declared == prefix).map(|(_, namespace)| *namespace);
            if rendered.unwrap_or_default() == namespace {
                continue;
            }
            self.text.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            self.text.push_str(prefix);
            self.value(namespace);
            self.rendered.push((prefix, namespace));
        }
    }

    /// Sorted by namespace, those without one first, then by local name.
    fn attributes(&mut self, element: Element<'a>) {
        let mut attributes: Vec<_> = element.node.attributes().collect();
        attributes.sort_unstable_by_key(|attribute| (attribute.namespace().unwrap_or_default(), attribute.name()));
        for attribute in attributes {
            self.text.push(' ');
            self.text.push_str(element.attribute_name(&attribute));
            self.value(attribute.value());
        }
    }

    fn value(&mut self, value: &str) {
        self.text.push_str("=\"");
        let _ = escape(&mut self.text, value, true);
        self.text.push('"');
    }
}
