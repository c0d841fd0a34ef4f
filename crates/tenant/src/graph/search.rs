//! `$search`: `"displayName:ana"`, and several of these joined by AND or OR.
//!
//! The service looks for words; this tenant looks for the text anywhere, which finds at least the same.

use super::answer::GraphError;
use crate::directory::properties::Resource;
use crate::store::condition::{Condition, Literal, Operator, Property};

/// Clauses at most.
const CLAUSES_MAX: usize = 15;

/// Reads a search in objects of a type.
pub fn parse(text: &str, resource: &Resource) -> Result<Condition, GraphError> {
    let mut alternatives = vec![Vec::new()];
    let mut rest = text.trim();
    for _ in 0..CLAUSES_MAX {
        let quoted = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
        let (clause, after) = quoted.ok_or_else(|| invalid("each clause stands in quotation marks: \"displayName:ana\""))?;
        let condition = clause_of(clause, resource)?;
        if let Some(last) = alternatives.last_mut() {
            last.push(condition);
        }
        rest = after.trim_start();
        if rest.is_empty() {
            return Ok(Condition::Any(alternatives.into_iter().map(Condition::All).collect()));
        }
        match rest.split_once(char::is_whitespace) {
            Some(("AND", after)) => rest = after.trim_start(),
            Some(("OR", after)) => {
                alternatives.push(Vec::new());
                rest = after.trim_start();
            }
            _ => return Err(invalid("clauses are joined by AND or OR")),
        }
    }
    Err(invalid("it has too many clauses"))
}

fn clause_of(clause: &str, resource: &Resource) -> Result<Condition, GraphError> {
    let (name, text) = clause.split_once(':').ok_or_else(|| invalid("a clause has the form property:text"))?;
    let property = match (name.trim().to_ascii_lowercase().as_str(), resource.name) {
        ("displayname", _) => Property::DisplayName,
        ("mail", _) => Property::Mail,
        ("userprincipalname", "user") => Property::Upn,
        ("description", "group") => Property::Description,
        ("givenname", "user" | "orgContact") => Property::Other("givenName"),
        ("surname", "user" | "orgContact") => Property::Other("surname"),
        _ => return Err(invalid(&format!("'{name}' cannot be searched"))),
    };
    Ok(Condition::Compare(property, Operator::Contains, Literal::Text(text.trim().to_owned())))
}

fn invalid(reason: &str) -> GraphError {
    GraphError::bad_query(format!("Invalid search clause: {reason}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::properties::{GROUP, USER};

    fn contains(property: Property, text: &str) -> Condition {
        Condition::Compare(property, Operator::Contains, Literal::Text(text.to_owned()))
    }

    #[test]
    fn searches_are_understood() {
        let [name, mail] = [contains(Property::DisplayName, "ana b"), contains(Property::Mail, "x")];
        let one = |condition| Condition::Any(vec![Condition::All(vec![condition])]);
        assert_eq!(parse("\"displayName:ana b\"", &USER), Ok(one(name.clone())));
        let joined = parse("\"displayName:ana b\" OR \"mail:x\" AND \"mail:x\"", &USER);
        assert_eq!(joined, Ok(Condition::Any(vec![Condition::All(vec![name]), Condition::All(vec![mail.clone(), mail])])));
        assert_eq!(parse("\"description:x\"", &GROUP), Ok(one(contains(Property::Description, "x"))));
    }

    #[test]
    fn what_is_no_search_is_refused() {
        let many = vec!["\"mail:a\""; 16].join(" OR ");
        for text in
            ["", "ana", "\"ana\"", "\"mail:a", "\"mail:a\" \"mail:b\"", "\"mail:a\" AND", "\"nothing:a\"", "\"description:a\"", &many]
        {
            assert!(parse(text, &USER).is_err(), "{text}");
        }
    }
}
