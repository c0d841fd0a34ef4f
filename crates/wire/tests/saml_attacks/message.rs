//! Takes a message apart as text, without the parser that is under test.

use std::ops::Range;

use samesign_wire::saml::xml::{Text, canonical};
use samesign_wire::saml::{Signer, signature};

use super::Forgery;

/// A message and where its parts stand.
pub struct Message<'a> {
    pub text: &'a str,
    pub assertion: Range<usize>,
    /// The assertion's own signature.
    pub signature: Range<usize>,
}

impl<'a> Message<'a> {
    pub fn of(text: &'a str) -> Self {
        let assertion = element(text, "Assertion").expect("the message holds an assertion");
        let within = element(&text[assertion.clone()], "Signature").expect("the assertion is signed");
        let signature = assertion.start + within.start..assertion.start + within.end;
        Self { text, assertion, signature }
    }

    pub fn is_response(&self) -> bool {
        element(self.text, "Response").is_some()
    }

    pub fn assertion(&self) -> &'a str {
        &self.text[self.assertion.clone()]
    }

    pub fn signature(&self) -> &'a str {
        &self.text[self.signature.clone()]
    }

    /// The assertion without its signature.
    pub fn unsigned(&self) -> String {
        self.assertion().replace(self.signature(), "")
    }

    /// The name of the attribute with the assertion's id.
    pub fn id_name(&self) -> &'static str {
        if self.assertion().contains(" AssertionID=\"") { "AssertionID" } else { "ID" }
    }

    pub fn id(&self) -> &'a str {
        let start = format!(" {}=\"", self.id_name());
        let (_, rest) = self.assertion().split_once(&start).expect("the assertion has an id");
        rest.split_once('"').expect("the id ends").0
    }

    /// The message with something else where the assertion stood.
    pub fn with_assertion(&self, other: &str) -> String {
        format!("{}{other}{}", &self.text[..self.assertion.start], &self.text[self.assertion.end..])
    }

    /// The message with something else where the assertion's signature stood.
    pub fn with_signature(&self, other: &str) -> String {
        format!("{}{other}{}", &self.text[..self.signature.start], &self.text[self.signature.end..])
    }

    /// What the attacker would like to be signed: the assertion with another person in it, under an id.
    pub fn evil(&self, forgery: &Forgery<'_>, id: &str) -> String {
        forge(&self.unsigned().replacen(&format!("\"{}\"", self.id()), &format!("\"{id}\""), 1), forgery)
    }

    /// The same with the signature in it that the genuine one has, or another.
    pub fn evil_with(&self, forgery: &Forgery<'_>, id: &str, signature: &str) -> String {
        self.put_in(&self.evil(forgery, id), signature)
    }

    /// Puts a signature, or whatever else, into an assertion where the version has it.
    pub fn put_in(&self, assertion: &str, signature: &str) -> String {
        let at =
            if self.id_name() == "ID" { element(assertion, "Issuer").expect("SAML 2.0 has an issuer").end } else { before_end(assertion) };
        format!("{}{signature}{}", &assertion[..at], &assertion[at..])
    }

    /// The evil assertion, signed soundly by a key.
    pub fn evil_signed_by(&self, forgery: &Forgery<'_>, id: &str, signer: &dyn Signer) -> String {
        let evil = self.evil(forgery, id);
        self.put_in(&evil, &sign(id, &evil, signer))
    }
}

/// The text with another person in it.
pub fn forge(text: &str, forgery: &Forgery<'_>) -> String {
    forgery.swaps.iter().fold(text.to_owned(), |text, (genuine, wanted)| {
        assert!(text.contains(genuine), "{genuine:?} stands nowhere in the assertion");
        text.replace(genuine, wanted)
    })
}

/// A signature over an element.
pub fn sign(id: &str, element: &str, signer: &dyn Signer) -> String {
    let text = Text::read(element.as_bytes()).unwrap();
    signature::element(id, &canonical(text.document().unwrap().root(), &[]), signer).unwrap()
}

/// Where the first element of this local name stands.
pub fn element(text: &str, local: &str) -> Option<Range<usize>> {
    let mut from = 0;
    loop {
        let start = from + text[from..].find('<')?;
        let end_of_name = start + text[start..].find([' ', '>', '/'])?;
        let name = &text[start + 1..end_of_name.max(start + 1)];
        if name.rsplit(':').next() == Some(local) {
            return Some(start..end_of(text, start, name));
        }
        from = start + 1;
    }
}

/// Where an element ends, with others of its name in it.
fn end_of(text: &str, start: usize, name: &str) -> usize {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let (mut depth, mut at) = (0, start);
    loop {
        let rest = &text[at..];
        let next_close = rest.find(&close).expect("the element ends");
        match rest.find(&open).filter(|next| *next < next_close) {
            Some(next) => {
                let whole_name = rest[next + open.len()..].starts_with([' ', '>', '/']);
                depth += usize::from(whole_name);
                at += next + open.len();
            }
            None => {
                depth -= 1;
                at += next_close + close.len();
                if depth == 0 {
                    return at;
                }
            }
        }
    }
}

/// Where the end tag of the outermost element begins.
pub fn before_end(element: &str) -> usize {
    element.rfind("</").expect("the element has an end tag")
}

/// Where the content of the outermost element begins.
pub fn after_start(element: &str) -> usize {
    element.find('>').expect("the element has a start tag") + 1
}

/// Puts something first into the outermost element.
pub fn first_in(element: &str, what: &str) -> String {
    let at = after_start(element);
    format!("{}{what}{}", &element[..at], &element[at..])
}

/// Puts something last into the outermost element.
pub fn last_in(element: &str, what: &str) -> String {
    let at = before_end(element);
    format!("{}{what}{}", &element[..at], &element[at..])
}
