//! Makes documents that are hard to canonicalize. The same seed makes the same documents.

use std::fmt::Write as _;

/// A document, the element to canonicalize (its number in document order), and the prefixes to treat inclusively.
pub struct Case {
    pub document: String,
    pub element: usize,
    pub prefixes: Vec<&'static str>,
}

/// SplitMix64: small, and the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    pub fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

const PREFIXES: [&str; 6] = ["", "a", "b", "ab", "ds", "x-1"];
/// Namespaces that a prefix is bound to. The default may also be taken back. None holds an ampersand: libxml2 writes it as it is,
/// which is not XML any more; the specification escapes namespaces like attributes.
const NAMESPACES: [&str; 6] =
    ["urn:a", "urn:b", "http://example.com/?a=1;b=2", "urn:it's", "http://example.com/#", "http://example.com/%C3%A9"];
const LOCALS: [&str; 7] = ["Assertion", "e", "E", "el-em", "a.b", "_x", "\u{fc}ber"];
/// Pieces of text and of attributes, written as in a document.
const PIECES: [&str; 24] = [
    "text",
    " ",
    "\n",
    "\t",
    "\r",
    "\r\n",
    "&amp;",
    "&lt;",
    "&gt;",
    ">",
    "&#13;",
    "&#xA;",
    "&#9;",
    "&#x20;",
    "'",
    "&apos;",
    "&quot;",
    "\u{e9}",
    "&#xE9;",
    "\u{1F600}",
    "&#x1F600;",
    "\u{2028}",
    "\u{85}",
    "  two  ",
];

/// One document.
pub fn case(random: &mut Random) -> Case {
    let mut builder = Builder { text: String::new(), elements: 0, left: 1 + random.below(24) };
    if random.one_in(4) {
        builder.text.push_str(random.of(&["<?xml version=\"1.0\"?>", "<?xml version='1.0' encoding='utf-8'?>\r\n"]));
    }
    let scope = vec![("", String::new())];
    builder.element(random, &scope, 0);
    if random.one_in(4) {
        builder.text.push('\n');
    }
    let element = if random.one_in(3) { 0 } else { random.below(builder.elements) };
    let listed = if random.one_in(2) { 0 } else { random.below(4) };
    let prefixes = (0..listed).map(|_| random.of(&["#default", "a", "b", "ab", "ds", "x-1", "xs", "not-there"])).collect();
    Case { document: builder.text, element, prefixes }
}

struct Builder {
    text: String,
    elements: usize,
    /// How many more elements may be made.
    left: usize,
}

type Scope = Vec<(&'static str, String)>;

impl Builder {
    fn element(&mut self, random: &mut Random, around: &Scope, depth: usize) {
        self.elements += 1;
        self.left = self.left.saturating_sub(1);
        let mut scope = around.clone();
        let declarations = declare(random, &mut scope);
        let (prefix, _) = scope[random.below(scope.len())].clone();
        let name = qualified(prefix, random.of(&LOCALS));
        let mut written: Vec<_> = declarations.into_iter().chain(attributes(random, &scope)).collect();
        // Declarations stand anywhere between the attributes.
        for index in (1..written.len()).rev() {
            written.swap(index, random.below(index + 1));
        }
        write!(self.text, "<{name}").unwrap();
        for attribute in written {
            let space = random.of(&[" ", "  ", "\n", "\r\n\t"]);
            write!(self.text, "{space}{attribute}").unwrap();
        }
        self.text.push_str(random.of(&["", "", " ", "\n"]));
        if random.one_in(5) || self.left == 0 && random.one_in(2) {
            self.text.push_str("/>");
            return;
        }
        self.text.push('>');
        self.content(random, &scope, depth);
        write!(self.text, "</{name}{}>", random.of(&["", "", " "])).unwrap();
    }

    fn content(&mut self, random: &mut Random, scope: &Scope, depth: usize) {
        for _ in 0..random.below(5) {
            if depth < 12 && self.left > 0 && !random.one_in(3) {
                self.element(random, scope, depth + 1);
            } else {
                let text = pieces(random);
                self.text.push_str(&text);
            }
        }
    }
}

/// Declares namespaces, new ones, others for a prefix that has one, the same once more, and none.
fn declare(random: &mut Random, scope: &mut Scope) -> Vec<String> {
    let mut declared: Vec<&str> = Vec::new();
    let mut written = Vec::new();
    for _ in 0..random.of(&[0, 0, 1, 1, 2, 4]) {
        let prefix = random.of(&PREFIXES);
        if declared.contains(&prefix) {
            continue;
        }
        declared.push(prefix);
        let namespace = if prefix.is_empty() && random.one_in(3) { "" } else { random.of(&NAMESPACES) };
        scope.retain(|(other, _)| *other != prefix);
        scope.push((prefix, namespace.to_owned()));
        let mark = if namespace.contains('\'') { '"' } else { random.of(&['"', '\'']) };
        written.push(format!("{}={mark}{namespace}{mark}", if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") }));
    }
    written
}

fn attributes(random: &mut Random, scope: &Scope) -> Vec<String> {
    let mut names: Vec<(String, &str)> = Vec::new();
    let mut written = Vec::new();
    for _ in 0..random.of(&[0, 0, 1, 2, 3, 6]) {
        let (prefix, namespace) = scope[random.below(scope.len())].clone();
        let namespace = if prefix.is_empty() { String::new() } else { namespace };
        let local = random.of(&LOCALS);
        // The same name in the same namespace under two prefixes would not be well-formed.
        if names.contains(&(namespace.clone(), local)) {
            continue;
        }
        names.push((namespace, local));
        written.push(value(random, &qualified(prefix, local)));
    }
    if random.one_in(8) {
        written.push(value(random, "xml:lang"));
    }
    written
}

fn value(random: &mut Random, name: &str) -> String {
    let mark = random.of(&['"', '\'']);
    let text = pieces(random).replace(mark, "");
    format!("{name}{}{mark}{text}{mark}", random.of(&["=", "=", " = "]))
}

fn pieces(random: &mut Random) -> String {
    (0..random.below(5)).map(|_| random.of(&PIECES)).collect()
}

fn qualified(prefix: &str, local: &str) -> String {
    if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") }
}
