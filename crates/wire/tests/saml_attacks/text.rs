//! What parsers have been made to fetch, expand, misread or choke on.

use super::message::{first_in, forge};
use super::{Attacks, Forgery, Message};

pub fn add(attacks: &mut Attacks, message: &Message<'_>, forgery: &Forgery<'_>) {
    document_types(attacks, message, forgery);
    encodings(attacks, message);
    documents(attacks, message, forgery);
    sizes(attacks, message);
    names(attacks, message);
}

fn document_types(attacks: &mut Attacks, message: &Message<'_>, forgery: &Forgery<'_>) {
    let (genuine, wanted) = forgery.swaps[0];
    let referring = message.text.replace(genuine, "&e;");
    let with = |subset: &str, text: &str| format!("<!DOCTYPE x [{subset}]>{text}");
    let laughs: String = (1..10).map(|level| format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10))).collect();
    for (name, text) in [
        ("an empty document type", format!("<!DOCTYPE x>{}", message.text)),
        ("a document type after a declaration", format!("<?xml version=\"1.0\"?>\n<!DOCTYPE x>{}", message.text)),
        ("a document type of somewhere else", format!("<!DOCTYPE x SYSTEM \"http://127.0.0.1:9/x.dtd\">{}", message.text)),
        ("an entity", with(&format!("<!ENTITY e \"{wanted}\">"), &referring)),
        ("an entity that stands for the genuine value", with(&format!("<!ENTITY e \"{genuine}\">"), &referring)),
        ("an external entity", with("<!ENTITY e SYSTEM \"file:///etc/hostname\">", &referring)),
        ("an entity from the network", with("<!ENTITY e SYSTEM \"http://127.0.0.1:9/e\">", &referring)),
        ("a parameter entity", with("<!ENTITY % p SYSTEM \"http://127.0.0.1:9/p\">%p;", message.text)),
        ("billion laughs", with(&format!("<!ENTITY l0 \"lol\">{laughs}<!ENTITY e \"&l9;\">"), &referring)),
        (
            "quadratic blowup",
            with(&format!("<!ENTITY e \"{}\">", "e".repeat(50_000)), &message.text.replace(genuine, &"&e;".repeat(5_000))),
        ),
        ("an attribute of type ID by default", with("<!ATTLIST x y ID \"z\">", message.text)),
    ] {
        attacks.add(name, text, &["Doctype"]);
    }
    attacks.add("a document type inside", message.with_assertion(&format!("<!DOCTYPE x>{}", message.assertion())), &["Doctype"]);
    for reference in [
        "&e;",
        "&nbsp;",
        "&;",
        "&",
        "&#;",
        "&#0;",
        "&#xD800;",
        "&#xFFFE;",
        "&#x110000;",
        "&#99999999999;",
        "&#x;",
        "&#-1;",
        "&#+65;",
        "&amp",
    ] {
        let split = format!("{genuine}{reference}");
        attacks.add(
            format!("the reference {reference}"),
            message.with_assertion(&message.assertion().replacen(genuine, &split, 1)),
            &["Entity"],
        );
    }
    attacks.add("a reference to an entity in an attribute", message.text.replacen("=\"", "=\"&e;", 1), &["Entity"]);
}

fn encodings(attacks: &mut Attacks, message: &Message<'_>) {
    let utf16 = |mark: bool, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let marked = if mark { format!("\u{FEFF}{}", message.text) } else { message.text.to_owned() };
        marked.encode_utf16().flat_map(bytes).collect()
    };
    attacks.add("UTF-16, little endian", utf16(true, u16::to_le_bytes), &["Encoding"]);
    attacks.add("UTF-16, big endian", utf16(true, u16::to_be_bytes), &["Encoding"]);
    attacks.add("UTF-16 without a mark", utf16(false, u16::to_le_bytes), &["Encoding"]);
    attacks.add("UTF-32", message.text.chars().flat_map(|character| u32::from(character).to_le_bytes()).collect::<Vec<_>>(), &["Encoding"]);
    for (name, text) in [
        ("two byte order marks", format!("\u{FEFF}\u{FEFF}{}", message.text)),
        ("UTF-16 declared", format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?>{}", message.text)),
        ("UTF-7 declared", format!("<?xml version=\"1.0\" encoding=\"UTF-7\"?>{}", message.text)),
        ("Latin 1 declared", format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{}", message.text)),
        ("XML 1.1", format!("<?xml version=\"1.1\"?>{}", message.text)),
        ("no version declared", format!("<?xml encoding=\"UTF-8\"?>{}", message.text)),
        ("a declaration that goes on", format!("<?xml version=\"1.0\" x=\"y\"?>{}", message.text)),
        ("a NUL", format!("{}\0", message.text)),
    ] {
        attacks.add(name, text, &["Encoding"]);
    }
    attacks.add("two declarations", format!("<?xml version=\"1.0\"?><?xml version=\"1.0\"?>{}", message.text), &["Markup"]);
    attacks.add("a declaration after a space", format!(" <?xml version=\"1.0\"?>{}", message.text), &["Markup"]);
    let mut damaged = message.text.as_bytes().to_vec();
    damaged.splice(message.assertion.start..message.assertion.start, [0xC3]);
    attacks.add("half a character", damaged, &["Encoding"]);
}

fn documents(attacks: &mut Attacks, message: &Message<'_>, forgery: &Forgery<'_>) {
    let forged = forge(message.text, forgery);
    for (name, text) in [
        ("two roots, genuine first", format!("{}{forged}", message.text)),
        ("two roots, forged first", format!("{forged}{}", message.text)),
        ("the same root twice", format!("{}{}", message.text, message.text)),
        ("a second, empty root", format!("{}<x/>", message.text)),
        ("text after the root", format!("{}x", message.text)),
        ("text before the root", format!("x{}", message.text)),
        ("an end tag too many", format!("{}</x>", message.text)),
        ("nothing", String::new()),
        ("blanks", " \r\n\t".to_owned()),
        ("a declaration alone", "<?xml version=\"1.0\"?>".to_owned()),
        ("no XML", "SAMLResponse".to_owned()),
    ] {
        attacks.add(name, text, &["NotWellFormed", "DuplicateId"]);
    }
}

fn sizes(attacks: &mut Attacks, message: &Message<'_>) {
    let nested = |depth: usize| message.with_assertion(&format!("{}{}{}", "<x>".repeat(depth), message.assertion(), "</x>".repeat(depth)));
    attacks.add("100 deep", nested(100), &["TooDeep"]);
    attacks.add("20,000 deep", nested(20_000), &["TooDeep"]);
    attacks.add("30,000 start tags", "<x>".repeat(30_000), &["TooDeep"]);
    let large = 10 * 1024 * 1024;
    attacks.add("10 MiB of blanks after", format!("{}{}", message.text, " ".repeat(large)), &["TooLarge"]);
    attacks.add("10 MiB of text inside", message.with_assertion(&format!("{}{}", message.assertion(), "x".repeat(large))), &["TooLarge"]);
    attacks.add("10 MiB of elements", format!("<x>{}</x>", "<y/>".repeat(large / 4)), &["TooLarge"]);
    let attributes: String = (0..20_000).map(|number| format!(" a{number}=\"\"")).collect();
    attacks.add(
        "20,000 attributes",
        message.with_assertion(&first_in(message.assertion(), &format!("<x{attributes}></x>"))),
        &["TooManyAttributes"],
    );
    let namespaces: String = (0..60).map(|number| format!(" xmlns:n{number}=\"urn:{number}\"")).collect();
    attacks.add(
        "namespaces on namespaces",
        format!("<x{namespaces}>{}</x>", format!("<y{namespaces}/>").repeat(30)),
        &["TooManyAttributes"],
    );
    attacks.add("10,000 namespaces", format!("<x>{}</x>", "<y xmlns:n=\"urn:n\"/>".repeat(10_000)), &["TooManyAttributes"]);
}

/// What our parser would take for something else than other parsers do.
fn names(attacks: &mut Attacks, message: &Message<'_>) {
    let end = message.assertion.start + message.assertion().find('>').unwrap();
    let with = |attribute: &str| format!("{} {attribute}{}", &message.text[..end], &message.text[end..]);
    for attribute in [
        "xmlns=\"urn:a\" xmlns=\"urn:b\"",
        "xmlns:y=\"urn:y\" y:xmlns=\"urn:z\"",
        "xmlns:y=\"\"",
        "xmlns:xmlns=\"urn:x\"",
        "xmlns:xml=\"urn:x\"",
        "xmlns:y=\"http://www.w3.org/2000/xmlns/\"",
        "y:z=\"\"",
        ":y=\"\"",
        "y:=\"\"",
        "y:z:a=\"\"",
        "y",
        "y=z",
        "y=\"<\"",
        "y=\"\"z=\"\"",
        "y=\"\u{1}\"",
    ] {
        attacks.add(format!("the attribute {attribute:?}"), with(attribute), &["NotWellFormed"]);
    }
    for tag in [
        "<:x></:x>",
        "<x:></x:>",
        "<x:y:z></x:y:z>",
        "<x></y>",
        "< x></x>",
        "<1></1>",
        "<x",
        "<y:x></y:x>",
        "]]>",
        "<x></x  y>",
        "</x>",
        "<x/ >",
    ] {
        attacks.add(
            format!("{tag:?} beside the assertion"),
            message.with_assertion(&format!("{}{tag}", message.assertion())),
            &["NotWellFormed"],
        );
    }
}
