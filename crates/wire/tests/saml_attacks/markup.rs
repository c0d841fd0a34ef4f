//! Comments, processing instructions and CDATA inside values. Canonicalization drops the first two or keeps them apart, readers
//! take the text before them, after them, or all of it.

use super::message::{after_start, before_end, element};
use super::{Attacks, Forgery, Message};

const MARKUP: [(&str, &str); 5] = [
    ("comment", "<!---->"),
    ("long comment", "<!-- x -->"),
    ("instruction", "<?x?>"),
    ("CDATA", "<![CDATA[]]>"),
    ("CDATA text", "<![CDATA[x]]>"),
];

pub fn add(attacks: &mut Attacks, message: &Message<'_>, forgery: &Forgery<'_>) {
    for (kind, markup) in MARKUP {
        for (genuine, _) in forgery.swaps {
            for at in [0, genuine.len() / 2, genuine.len()] {
                let at = (at..=genuine.len()).find(|at| genuine.is_char_boundary(*at)).unwrap();
                let split = format!("{}{markup}{}", &genuine[..at], &genuine[at..]);
                attacks.add(
                    format!("{kind} at {at} of {genuine:?}"),
                    message.with_assertion(&message.assertion().replace(genuine, &split)),
                    &["Markup", "NotWellFormed"],
                );
            }
        }
        for local in ["DigestValue", "SignatureValue", "SignedInfo", "Signature", "Transforms", "X509Certificate", "Audience", "Assertion"]
        {
            for (place, text) in around(message.text, local, markup) {
                attacks.add(format!("{kind} {place} {local}"), text, &["Markup"]);
            }
        }
        attacks.add(format!("{kind} before the root"), format!("{markup}{}", message.text), &["Markup"]);
        attacks.add(format!("{kind} after the root"), format!("{}{markup}", message.text), &["Markup"]);
    }
}

fn around(text: &str, local: &str, markup: &str) -> Vec<(&'static str, String)> {
    let Some(range) = element(text, local) else { return Vec::new() };
    let inner = &text[range.clone()];
    let put = |at: usize| format!("{}{markup}{}", &text[..at], &text[at..]);
    let middle = (range.start + after_start(inner) + range.start + before_end(inner)) / 2;
    let mut found = vec![
        ("before", put(range.start)),
        ("first in", put(range.start + after_start(inner))),
        ("last in", put(range.start + before_end(inner))),
        ("after", put(range.end)),
    ];
    // In the middle of a leaf's text; elsewhere that could be inside a tag.
    if !inner[after_start(inner)..before_end(inner)].contains('<') {
        found.push(("within", put(middle)));
    }
    found
}
