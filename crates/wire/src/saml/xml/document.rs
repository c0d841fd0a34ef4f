//! Reads XML by a profile narrower than XML: what signed messages are made of, and nothing with which parsers have been fooled.

use std::borrow::Cow;
use std::collections::HashSet;

use zeroize::Zeroize;

use super::scan;
use crate::saml::verify::Refusal;

/// The text of a message that passed the checks which come before parsing.
///
/// [`Text::read`], then [`Text::document`], then [`Document::root`]. A document borrows its text. A copy, where the line ends made
/// one necessary, is wiped on drop: requests hold passwords.
#[derive(Clone, Debug)]
pub struct Text<'a>(Cow<'a, str>);

impl<'a> Text<'a> {
    /// Longest message that is looked at, in bytes.
    pub const BYTES_MAX: usize = 256 * 1024;
    /// Deepest nesting of elements; the root is 1 deep.
    pub const DEPTH_MAX: usize = 64;
    /// Most elements and texts between them.
    pub const NODES_MAX: u32 = 20_000;

    /// Checks size, encoding, nesting and numbers, normalises line ends (XML 1.0 section 2.11), and refuses document types, entities,
    /// comments, processing instructions and CDATA sections. Takes time proportional to the message.
    ///
    /// # Errors
    /// What the profile does not have.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Refusal> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(Refusal::TooLarge { bytes: bytes.len() });
        }
        let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).ok_or(Refusal::Encoding)?;
        let text = scan::without_declaration(text)?;
        let text = Self(if text.contains('\r') { Cow::Owned(with_line_feeds(text)) } else { Cow::Borrowed(text) });
        scan::check(&text.0)?;
        Ok(text)
    }

    /// Parses it.
    ///
    /// # Errors
    /// When it is not well-formed, or when two elements have the same id.
    pub fn document(&self) -> Result<Document<'_>, Refusal> {
        let options = roxmltree::ParsingOptions { allow_dtd: false, nodes_limit: Self::NODES_MAX, entity_resolver: None };
        let tree = roxmltree::Document::parse_with_options(&self.0, options).map_err(|error| match error {
            roxmltree::Error::NodesLimitReached => Refusal::TooManyAttributes,
            error => not_well_formed(&self.0, &error),
        })?;
        let document = Document { tree };
        document.refuse_shared_ids()?;
        Ok(document)
    }
}

impl Drop for Text<'_> {
    fn drop(&mut self) {
        if let Cow::Owned(text) = &mut self.0 {
            text.zeroize();
        }
    }
}

/// Every line ends in a line feed. In one copy, which never moves: what is left behind would not be wiped.
fn with_line_feeds(text: &str) -> String {
    let mut normalised = String::with_capacity(text.len());
    let mut lines = text.split('\r');
    normalised.push_str(lines.next().unwrap_or_default());
    for line in lines {
        normalised.push('\n');
        normalised.push_str(line.strip_prefix('\n').unwrap_or(line));
    }
    normalised
}

/// Where the parser gave up, as a byte.
fn not_well_formed(text: &str, error: &roxmltree::Error) -> Refusal {
    let position = error.pos();
    let row = usize::try_from(position.row).unwrap_or(1).saturating_sub(1);
    let column = usize::try_from(position.col).unwrap_or(1).saturating_sub(1);
    let before: usize = text.split_inclusive('\n').take(row).map(str::len).sum();
    Refusal::NotWellFormed { at: before.saturating_add(column) }
}

/// A parsed message.
#[derive(Debug)]
pub struct Document<'a> {
    tree: roxmltree::Document<'a>,
}

impl Document<'_> {
    /// The outermost element.
    pub fn root(&self) -> Element<'_> {
        Element { node: self.tree.root_element() }
    }

    /// Every attribute that any specification, or any mistaken verifier, might take for an id shares one space of values.
    fn refuse_shared_ids(&self) -> Result<(), Refusal> {
        let mut seen = HashSet::new();
        let attributes = self.root().descendants().flat_map(|element| element.node.attributes());
        for attribute in attributes.filter(|attribute| names_an_element(attribute.name())) {
            if !seen.insert(attribute.value()) {
                return Err(Refusal::DuplicateId(crate::saml::verify::quoted(attribute.value())));
            }
        }
        Ok(())
    }
}

/// Whether an attribute of this local name, in whatever namespace, is an id: `ID`, `Id`, `AssertionID`, `ResponseID`, `RequestID`.
pub(crate) fn names_an_element(local: &str) -> bool {
    ["id", "assertionid", "responseid", "requestid"].iter().any(|name| name.eq_ignore_ascii_case(local))
}

/// An element of a [`Document`].
///
/// It has no comments or processing instructions, its attributes are found by namespace and name, and its text is either whole or refused.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    pub(super) node: roxmltree::Node<'a, 'a>,
}

impl<'a> Element<'a> {
    /// The namespace's URI; empty for none.
    pub fn namespace(&self) -> &'a str {
        self.node.tag_name().namespace().unwrap_or_default()
    }

    /// The local name.
    pub fn local(&self) -> &'a str {
        self.node.tag_name().name()
    }

    /// Whether it has this name.
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.namespace() == namespace && self.local() == local
    }

    /// The attribute of this name without a namespace.
    pub fn attribute(&self, local: &str) -> Option<&'a str> {
        self.attributes().find(|(namespace, name, _)| namespace.is_empty() && *name == local).map(|(_, _, value)| value)
    }

    /// The attribute of this name in this namespace.
    pub fn attribute_in(&self, namespace: &str, local: &str) -> Option<&'a str> {
        self.attributes().find(|(of, name, _)| *of == namespace && *name == local).map(|(_, _, value)| value)
    }

    /// All attributes: namespace (empty for none), local name, value. Namespace declarations are not among them.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> + use<'a> {
        self.node.attributes().map(|attribute| (attribute.namespace().unwrap_or_default(), attribute.name(), attribute.value()))
    }

    /// The elements in it, in order.
    ///
    /// # Errors
    /// [`Refusal::Unexpected`] when there is text other than white space between them.
    pub fn elements(&self) -> Result<Vec<Self>, Refusal> {
        let blank = |text: &str| text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        let text = self.node.children().filter_map(|child| child.text().filter(|_| child.is_text()));
        match text.into_iter().find(|text| !blank(text)) {
            Some(text) => Err(Refusal::unexpected(text)),
            None => Ok(self.node.children().filter(roxmltree::Node::is_element).map(|node| Self { node }).collect()),
        }
    }

    /// The one element of this name in it, or none.
    ///
    /// # Errors
    /// [`Refusal::Missing`] when there is more than one, [`Refusal::Unexpected`] when there is text between the elements.
    pub fn optional(&self, namespace: &str, local: &'static str) -> Result<Option<Self>, Refusal> {
        let mut found = self.elements()?.into_iter().filter(|element| element.is(namespace, local));
        match (found.next(), found.next()) {
            (first, None) => Ok(first),
            (_, Some(_)) => Err(Refusal::Missing(local)),
        }
    }

    /// The one element of this name in it.
    ///
    /// # Errors
    /// [`Refusal::Missing`] unless there is exactly one, [`Refusal::Unexpected`] when there is text between the elements.
    pub fn required(&self, namespace: &str, local: &'static str) -> Result<Self, Refusal> {
        self.optional(namespace, local)?.ok_or(Refusal::Missing(local))
    }

    /// Its text, as it stands; empty when there is none.
    ///
    /// # Errors
    /// [`Refusal::Unexpected`] when there are elements in it: text around them is never put together.
    pub fn text(&self) -> Result<&'a str, Refusal> {
        let mut children = self.node.children();
        match (children.next(), children.next()) {
            (None, _) => Ok(""),
            (Some(only), None) if only.is_text() => Ok(only.text().unwrap_or_default()),
            _ => Err(Refusal::unexpected(self.local())),
        }
    }

    /// Itself and every element below it, in document order.
    pub fn descendants(&self) -> impl Iterator<Item = Self> + use<'a> {
        self.node.descendants().filter(roxmltree::Node::is_element).map(|node| Self { node })
    }

    /// The element around it.
    pub fn parent(&self) -> Option<Self> {
        self.node.parent_element().map(|node| Self { node })
    }
}

/// Names as they are written: the parser keeps namespaces and local names, a canonical form needs the prefixes too.
impl<'a> Element<'a> {
    /// The name in the start tag. The scan has made sure that it ends at white space, a slash or the end of the tag.
    pub(super) fn qualified_name(&self) -> &'a str {
        let source = self.node.document().input_text();
        let tag = source.get(self.node.range()).unwrap_or_default();
        let tag = tag.strip_prefix('<').unwrap_or(tag);
        tag.split([' ', '\t', '\n', '/', '>']).next().unwrap_or_default()
    }

    /// Its prefix; empty for none.
    pub(super) fn prefix(&self) -> &'a str {
        prefix_of(self.qualified_name())
    }

    /// The name of one of its attributes.
    pub(super) fn attribute_name(&self, attribute: &roxmltree::Attribute<'a, 'a>) -> &'a str {
        self.node.document().input_text().get(attribute.range_qname()).unwrap_or_default()
    }

    /// The prefix of one of its attributes; empty for none.
    pub(super) fn attribute_prefix(&self, attribute: &roxmltree::Attribute<'a, 'a>) -> &'a str {
        prefix_of(self.attribute_name(attribute))
    }

    /// What a prefix stands for; empty for the default namespace where there is none.
    pub(super) fn namespace_of(&self, prefix: &str) -> &'a str {
        self.node.lookup_namespace_uri(Some(prefix).filter(|prefix| !prefix.is_empty())).unwrap_or_default()
    }

    /// Whether its start tag may declare a namespace. It does not where this is false.
    pub(super) fn may_declare(&self) -> bool {
        let range = self.node.range();
        let end = self.node.first_child().map_or(range.end, |child| child.range().start);
        self.node.document().input_text().get(range.start..end).is_none_or(|tag| tag.contains("xmlns"))
    }

    /// The prefix, when it is declared in scope. The default namespace always counts as declared.
    pub(super) fn declared_prefix(&self, prefix: &str) -> Option<&'a str> {
        if prefix.is_empty() {
            return Some("");
        }
        self.node.namespaces().filter_map(|namespace| namespace.name()).find(|declared| *declared == prefix)
    }
}

fn prefix_of(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

impl PartialEq for Element<'_> {
    /// Whether both are the same element of the same document.
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}
