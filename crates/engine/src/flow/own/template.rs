//! Templates: `{givenName:first(1):lower}.{sn:lower}@example.com`.
//!
//! Within braces stand attributes, parted by `|`, of which the first that has a value counts; a text in single quotes is a value
//! too. Filters follow: `:upper`, `:lower`, `:first(N)`. Braces of the text itself are doubled. Nothing else: what needs more
//! belongs into an attribute of Active Directory.

use crate::person::Person;

/// A piece of a template.
enum Piece<'a> {
    Text(&'a str),
    /// A doubled brace.
    Brace(char),
    Filled {
        alternatives: Vec<&'a str>,
        filters: Vec<Filter>,
    },
}

#[derive(Clone, Copy)]
enum Filter {
    Upper,
    Lower,
    First(usize),
}

/// Whether a template can be read; the error says where and what to write.
pub(super) fn check(template: &str) -> Result<(), String> {
    pieces(template).map(|_| ())
}

/// The attributes that it looks at, in their order.
pub(super) fn attributes(template: &str) -> Vec<Box<str>> {
    let pieces = pieces(template).unwrap_or_default();
    let names = pieces.iter().flat_map(|piece| match piece {
        Piece::Filled { alternatives, .. } => alternatives.as_slice(),
        Piece::Text(_) | Piece::Brace(_) => &[],
    });
    names.filter(|name| literal(name).is_none()).map(|name| Box::from(*name)).collect()
}

/// The text with the values filled in; `None` when one is missing.
pub(super) fn filled(template: &str, person: &Person<'_>) -> Option<String> {
    let mut text = String::new();
    for piece in pieces(template).ok()? {
        match piece {
            Piece::Text(part) => text.push_str(part),
            Piece::Brace(brace) => text.push(brace),
            Piece::Filled { alternatives, filters } => {
                let value = alternatives
                    .iter()
                    .find_map(|name| literal(name).map_or_else(|| text_of(person, name), |text| Some(text.to_owned())))?;
                text.push_str(&filters.iter().fold(value, |value, filter| filter.applied(&value)));
            }
        }
    }
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Whether every object has the attribute without its being asked for.
pub(super) fn is_known_anyway(name: &str) -> bool {
    name.eq_ignore_ascii_case("distinguishedName") || name.eq_ignore_ascii_case("objectGUID")
}

/// The first value of an attribute as text.
pub(super) fn text_of(person: &Person<'_>, name: &str) -> Option<String> {
    if name.eq_ignore_ascii_case("distinguishedName") {
        return Some(person.object.dn.to_string());
    }
    if name.eq_ignore_ascii_case("objectGUID") {
        return Some(person.object.guid.to_string());
    }
    person.text(name).map(str::to_owned)
}

impl Filter {
    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "upper" => Some(Self::Upper),
            "lower" => Some(Self::Lower),
            other => other.strip_prefix("first(")?.strip_suffix(')')?.trim().parse().ok().filter(|count| *count > 0).map(Self::First),
        }
    }

    fn applied(self, value: &str) -> String {
        match self {
            Self::Upper => value.to_uppercase(),
            Self::Lower => value.to_lowercase(),
            Self::First(count) => value.chars().take(count).collect(),
        }
    }
}

fn literal(name: &str) -> Option<&str> {
    name.strip_prefix('\'')?.strip_suffix('\'')
}

fn pieces(template: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (text, from) = rest.split_at(at);
        pieces.push(Piece::Text(text));
        if let Some(after) = from.strip_prefix("{{") {
            pieces.push(Piece::Brace('{'));
            rest = after;
        } else if let Some(after) = from.strip_prefix("}}") {
            pieces.push(Piece::Brace('}'));
            rest = after;
        } else if let Some((inside, after)) = from.strip_prefix('{').map(|inside| inside.split_once('}').unwrap_or((inside, ""))) {
            if !from.contains('}') {
                return Err(format!("`{from}` has no closing `}}`: a brace of the text itself is written {{{{"));
            }
            pieces.push(filled_piece(inside)?);
            rest = after;
        } else {
            return Err("a `}` has no opening brace: a brace of the text itself is written }}".to_owned());
        }
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

fn filled_piece(inside: &str) -> Result<Piece<'_>, String> {
    let (names, filters) = outside_quotes(inside);
    let alternatives: Vec<&str> = split_outside_quotes(names);
    if let Some(wrong) = alternatives.iter().find(|name| literal(name).is_none() && !super::check::is_attribute_name(name)) {
        return Err(format!(
            "`{wrong}` in `{{{inside}}}` is no attribute's name: write {{attribute}}, {{attribute|other}} or {{attribute|'text'}}"
        ));
    }
    let filters = filters.into_iter().flat_map(|filters| filters.split(':'));
    let filters = filters.map(|filter| {
        Filter::parse(filter).ok_or_else(|| format!("`:{filter}` in `{{{inside}}}` is no filter: there are :upper, :lower and :first(3)"))
    });
    Ok(Piece::Filled { alternatives, filters: filters.collect::<Result<_, _>>()? })
}

/// The names, and the filters after the first colon that is not within quotes.
fn outside_quotes(inside: &str) -> (&str, Option<&str>) {
    let mut quoted = false;
    for (at, character) in inside.char_indices() {
        match character {
            '\'' => quoted = !quoted,
            ':' if !quoted => return (inside.get(..at).unwrap_or_default(), inside.get(at + 1..)),
            _ => {}
        }
    }
    (inside, None)
}

fn split_outside_quotes(names: &str) -> Vec<&str> {
    let mut quoted = false;
    let parts = names.split(|character| {
        quoted ^= character == '\'';
        character == '|' && !quoted
    });
    parts.map(str::trim).collect()
}
