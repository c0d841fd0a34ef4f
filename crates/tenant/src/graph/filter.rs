//! `$filter`: the part of OData's grammar (OData 4.01 part 2, 5.1.1) that the service takes for users.

use super::answer::GraphError;
use crate::directory::properties::{self, Kind};
use crate::store::condition::{Condition, List, Literal, Operator, Property};

/// Characters of a filter at most.
const CHARACTERS_MAX: usize = 8_192;
/// Parentheses and `not` within each other at most.
const DEPTH_MAX: usize = 24;
/// Values after `in`, and alternatives joined by `or`, at most, as at the service.
const ALTERNATIVES_MAX: usize = 15;

/// A filter, understood.
#[derive(Debug, PartialEq)]
pub struct Filter {
    /// What it asks.
    pub condition: Condition,
    /// What in it only an advanced query may ask, for the error.
    pub advanced: Option<&'static str>,
}

/// Reads a filter.
pub fn parse(text: &str) -> Result<Filter, GraphError> {
    parse_with(text, ALTERNATIVES_MAX)
}

/// Reads a filter that may name more alternatives, as delta takes them.
pub fn parse_ids(text: &str, alternatives_max: usize) -> Result<Condition, GraphError> {
    parse_with(text, alternatives_max).map(|filter| filter.condition)
}

fn parse_with(text: &str, alternatives_max: usize) -> Result<Filter, GraphError> {
    if text.len() > CHARACTERS_MAX {
        return Err(invalid("it is too long"));
    }
    let mut parser = Parser { tokens: tokenize(text)?, position: 0, advanced: None, alternatives_max };
    let condition = parser.alternatives(0)?;
    match parser.peek() {
        None => Ok(Filter { condition, advanced: parser.advanced }),
        Some(token) => Err(invalid(&format!("{token:?} is not expected"))),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Comma,
    Colon,
    /// A name, a path, a keyword, a number, a GUID or a time: whatever stands without quotes.
    Word(String),
    Text(String),
}

fn tokenize(text: &str) -> Result<Vec<Token>, GraphError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        rest = match first {
            '(' => push(&mut tokens, Token::Open, after),
            ')' => push(&mut tokens, Token::Close, after),
            ',' => push(&mut tokens, Token::Comma, after),
            // A colon also stands within a time.
            ':' => push(&mut tokens, Token::Colon, after),
            '\'' => {
                let (value, after) = quoted(after)?;
                push(&mut tokens, Token::Text(value), after)
            }
            _ => {
                let time = first.is_ascii_digit() && rest.contains('T');
                let end =
                    rest.find(|character: char| character.is_whitespace() || "(),'".contains(character) || (character == ':' && !time));
                let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
                push(&mut tokens, Token::Word(word.to_owned()), after)
            }
        };
        rest = rest.trim_start();
    }
    Ok(tokens)
}

fn push<'a>(tokens: &mut Vec<Token>, token: Token, after: &'a str) -> &'a str {
    tokens.push(token);
    after
}

/// A text up to its closing quote; two quotes stand for one.
fn quoted(text: &str) -> Result<(String, &str), GraphError> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('\'').ok_or_else(|| invalid("a quote is not closed"))?;
        value.push_str(part);
        match after.strip_prefix('\'') {
            Some(after) => {
                value.push('\'');
                rest = after;
            }
            None => return Ok((value, after)),
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
    advanced: Option<&'static str>,
    alternatives_max: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position)
    }

    fn next(&mut self) -> Result<Token, GraphError> {
        let token = self.peek().cloned().ok_or_else(|| invalid("it ends too early"))?;
        self.position += 1;
        Ok(token)
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), GraphError> {
        let token = self.next()?;
        if token == *wanted { Ok(()) } else { Err(invalid(&format!("{wanted:?} is expected instead of {token:?}"))) }
    }

    /// Takes the word if it comes next.
    fn take(&mut self, keyword: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        self.position += usize::from(found);
        found
    }

    fn word(&mut self) -> Result<String, GraphError> {
        match self.next()? {
            Token::Word(word) => Ok(word),
            token => Err(invalid(&format!("a name is expected instead of {token:?}"))),
        }
    }

    fn alternatives(&mut self, depth: usize) -> Result<Condition, GraphError> {
        let mut conditions = vec![self.conjunction(depth)?];
        while self.take("or") {
            conditions.push(self.conjunction(depth)?);
        }
        if conditions.len() > self.alternatives_max {
            let message = format!(
                "Too many child clauses specified in search filter expression containing 'OR' operators: {}. Max allowed: {}.",
                conditions.len(),
                self.alternatives_max
            );
            return Err(GraphError::new(400, "Request_UnsupportedQuery", message));
        }
        Ok(only(conditions, Condition::Any))
    }

    fn conjunction(&mut self, depth: usize) -> Result<Condition, GraphError> {
        let mut conditions = vec![self.factor(depth)?];
        while self.take("and") {
            conditions.push(self.factor(depth)?);
        }
        Ok(only(conditions, Condition::All))
    }

    fn factor(&mut self, depth: usize) -> Result<Condition, GraphError> {
        if depth > DEPTH_MAX {
            return Err(invalid("it is nested too deeply"));
        }
        if self.take("not") {
            self.advanced = Some("The operator 'not'");
            return Ok(Condition::Not(Box::new(self.factor(depth + 1)?)));
        }
        if self.peek() == Some(&Token::Open) {
            self.position += 1;
            let condition = self.alternatives(depth + 1)?;
            self.expect(&Token::Close)?;
            return Ok(condition);
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Condition, GraphError> {
        let word = self.word()?;
        if self.peek() == Some(&Token::Open) {
            if let Some(path) = word.strip_suffix("/any") {
                return self.any(list_of(path)?);
            }
            let operator = function(&word)?;
            self.note(operator);
            self.expect(&Token::Open)?;
            let property = property_of(&self.word()?)?;
            self.expect(&Token::Comma)?;
            let literal = self.literal()?;
            self.expect(&Token::Close)?;
            return Ok(Condition::Compare(property, operator, literal));
        }
        if let Some(path) = word.strip_suffix("/$count") {
            return self.counted(list_of(path)?);
        }
        let property = property_of(&word)?;
        if self.take("in") {
            return self.one_of(&property);
        }
        let operator = self.operator()?;
        let literal = fit(&property, self.literal()?)?;
        Ok(Condition::Compare(property, operator, literal))
    }

    /// `list/any(x:x eq 'a')`, `list/any(x:startsWith(x,'a'))`, `list/any(x:x/skuId eq …)`, `list/any()`.
    fn any(&mut self, list: List) -> Result<Condition, GraphError> {
        self.expect(&Token::Open)?;
        if self.peek() == Some(&Token::Close) {
            self.position += 1;
            return Ok(Condition::AnyOf(list, None));
        }
        let variable = self.word()?;
        self.expect(&Token::Colon)?;
        let word = self.word()?;
        let test = if self.peek() == Some(&Token::Open) {
            let operator = function(&word)?;
            self.note(operator);
            self.expect(&Token::Open)?;
            element_of(list, &variable, &self.word()?)?;
            self.expect(&Token::Comma)?;
            let literal = self.literal()?;
            self.expect(&Token::Close)?;
            (operator, literal)
        } else {
            element_of(list, &variable, &word)?;
            (self.operator()?, self.literal()?)
        };
        self.expect(&Token::Close)?;
        Ok(Condition::AnyOf(list, Some(test)))
    }

    /// `list/$count eq 0` and its opposite.
    fn counted(&mut self, list: List) -> Result<Condition, GraphError> {
        self.advanced = Some("Filtering by $count");
        let operator = self.operator()?;
        let zero = self.literal()? == Literal::Text("0".to_owned());
        let any = Condition::AnyOf(list, None);
        match (operator, zero) {
            (Operator::Equal, true) => Ok(Condition::Not(Box::new(any))),
            (Operator::NotEqual | Operator::Greater, true) => Ok(any),
            _ => Err(invalid("$count is compared with 0 only")),
        }
    }

    fn one_of(&mut self, property: &Property) -> Result<Condition, GraphError> {
        self.expect(&Token::Open)?;
        let mut conditions = Vec::new();
        loop {
            let literal = fit(property, self.literal()?)?;
            conditions.push(Condition::Compare(property.clone(), Operator::Equal, literal));
            match self.next()? {
                Token::Comma => {}
                Token::Close => break,
                token => return Err(invalid(&format!("a comma is expected instead of {token:?}"))),
            }
        }
        if conditions.len() > self.alternatives_max {
            let message = format!("Too many values are given after 'in': {}. Max allowed: {}.", conditions.len(), self.alternatives_max);
            return Err(GraphError::new(400, "Request_UnsupportedQuery", message));
        }
        Ok(Condition::Any(conditions))
    }

    fn operator(&mut self) -> Result<Operator, GraphError> {
        let word = self.word()?;
        let operator = match word.to_ascii_lowercase().as_str() {
            "eq" => Operator::Equal,
            "ne" => Operator::NotEqual,
            "lt" => Operator::Less,
            "le" => Operator::LessOrEqual,
            "gt" => Operator::Greater,
            "ge" => Operator::GreaterOrEqual,
            _ => return Err(invalid(&format!("there is no operator '{word}'"))),
        };
        self.note(operator);
        Ok(operator)
    }

    fn note(&mut self, operator: Operator) {
        match operator {
            Operator::NotEqual => self.advanced = Some("The operator 'ne'"),
            Operator::EndsWith => self.advanced = Some("The function 'endsWith'"),
            _ => {}
        }
    }

    fn literal(&mut self) -> Result<Literal, GraphError> {
        Ok(match self.next()? {
            Token::Text(text) => Literal::Text(text),
            Token::Word(word) => match word.to_ascii_lowercase().as_str() {
                "null" => Literal::Null,
                "true" => Literal::Boolean(true),
                "false" => Literal::Boolean(false),
                _ => Literal::Text(word),
            },
            token => return Err(invalid(&format!("a value is expected instead of {token:?}"))),
        })
    }
}

fn only(mut conditions: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    match (conditions.pop(), conditions.is_empty()) {
        (Some(condition), true) => condition,
        (last, _) => {
            conditions.extend(last);
            join(conditions)
        }
    }
}

fn function(name: &str) -> Result<Operator, GraphError> {
    match name.to_ascii_lowercase().as_str() {
        "startswith" => Ok(Operator::StartsWith),
        "endswith" => Ok(Operator::EndsWith),
        _ => Err(invalid(&format!("the function '{name}' is not supported for users"))),
    }
}

fn list_of(path: &str) -> Result<List, GraphError> {
    match path.to_ascii_lowercase().as_str() {
        "proxyaddresses" => Ok(List::ProxyAddresses),
        "othermails" => Ok(List::OtherMails),
        "businessphones" => Ok(List::BusinessPhones),
        "assignedlicenses" => Ok(List::LicencesBySku),
        _ => Err(invalid(&format!("'{path}' is no list that can be filtered"))),
    }
}

fn element_of(list: List, variable: &str, path: &str) -> Result<(), GraphError> {
    let wanted = if list == List::LicencesBySku { format!("{variable}/skuId") } else { variable.to_owned() };
    path.eq_ignore_ascii_case(&wanted).then_some(()).ok_or_else(|| invalid(&format!("'{wanted}' is expected instead of '{path}'")))
}

fn property_of(name: &str) -> Result<Property, GraphError> {
    if let Some(attribute) = name.strip_prefix("onPremisesExtensionAttributes/") {
        return extension_attribute(attribute).ok_or_else(|| invalid(&format!("there is no attribute '{attribute}'")));
    }
    let property = properties::find(name).ok_or_else(|| {
        GraphError::bad_query(format!("Invalid filter clause: Could not find a property named '{name}' on type 'microsoft.graph.user'."))
    })?;
    match (property.name, property.kind) {
        ("id", _) => Ok(Property::Id),
        ("userPrincipalName", _) => Ok(Property::Upn),
        ("displayName", _) => Ok(Property::DisplayName),
        ("mail", _) => Ok(Property::Mail),
        ("onPremisesImmutableId", _) => Ok(Property::Anchor),
        ("onPremisesSyncEnabled", _) => Ok(Property::Synced),
        ("accountEnabled", _) => Ok(Property::Enabled),
        ("usageLocation", _) => Ok(Property::UsageLocation),
        ("createdDateTime", _) => Ok(Property::Created),
        (name, Kind::Text(_) | Kind::Time) => Ok(Property::Other(name)),
        (name, _) => Err(GraphError::new(400, "Request_UnsupportedQuery", format!("Property '{name}' cannot be filtered this way."))),
    }
}

fn extension_attribute(name: &str) -> Option<Property> {
    const PATHS: [&str; 15] = [
        "onPremisesExtensionAttributes.extensionAttribute1",
        "onPremisesExtensionAttributes.extensionAttribute2",
        "onPremisesExtensionAttributes.extensionAttribute3",
        "onPremisesExtensionAttributes.extensionAttribute4",
        "onPremisesExtensionAttributes.extensionAttribute5",
        "onPremisesExtensionAttributes.extensionAttribute6",
        "onPremisesExtensionAttributes.extensionAttribute7",
        "onPremisesExtensionAttributes.extensionAttribute8",
        "onPremisesExtensionAttributes.extensionAttribute9",
        "onPremisesExtensionAttributes.extensionAttribute10",
        "onPremisesExtensionAttributes.extensionAttribute11",
        "onPremisesExtensionAttributes.extensionAttribute12",
        "onPremisesExtensionAttributes.extensionAttribute13",
        "onPremisesExtensionAttributes.extensionAttribute14",
        "onPremisesExtensionAttributes.extensionAttribute15",
    ];
    PATHS.into_iter().find(|path| path.rsplit_once('.').is_some_and(|(_, known)| known == name)).map(Property::Other)
}

/// A value of the property's own type.
fn fit(property: &Property, literal: Literal) -> Result<Literal, GraphError> {
    match (property, &literal) {
        (_, Literal::Null) => Ok(literal),
        (Property::Synced | Property::Enabled, Literal::Boolean(_)) => Ok(literal),
        (Property::Created, Literal::Text(text)) => {
            let time: jiff::Timestamp = text.parse().map_err(|_| invalid(&format!("'{text}' is no time")))?;
            Ok(Literal::Time(time.as_second()))
        }
        (Property::Synced | Property::Enabled | Property::Created, _) | (_, Literal::Boolean(_)) => {
            Err(invalid("a value is of another type than its property"))
        }
        _ => Ok(literal),
    }
}

fn invalid(reason: &str) -> GraphError {
    GraphError::bad_query(format!("Invalid filter clause: {reason}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(property: Property, operator: Operator, text: &str) -> Condition {
        Condition::Compare(property, operator, Literal::Text(text.to_owned()))
    }

    #[test]
    fn filters_are_understood() {
        let cases = [
            ("userPrincipalName eq 'ana@x.example'", compare(Property::Upn, Operator::Equal, "ana@x.example"), false),
            ("displayName eq 'O''Neil (HR), x:y'", compare(Property::DisplayName, Operator::Equal, "O'Neil (HR), x:y"), false),
            ("startswith(displayName,'An')", compare(Property::DisplayName, Operator::StartsWith, "An"), false),
            ("endsWith(mail, '@x.example')", compare(Property::Mail, Operator::EndsWith, "@x.example"), true),
            ("onPremisesSyncEnabled eq true", Condition::Compare(Property::Synced, Operator::Equal, Literal::Boolean(true)), false),
            (
                "createdDateTime ge 2026-01-01T00:00:00Z",
                Condition::Compare(Property::Created, Operator::GreaterOrEqual, Literal::Time(1_767_225_600)),
                false,
            ),
            (
                "proxyAddresses/any(p:p eq 'smtp:a@x.example')",
                Condition::AnyOf(List::ProxyAddresses, Some((Operator::Equal, Literal::Text("smtp:a@x.example".to_owned())))),
                false,
            ),
            (
                "id in ('1','2')",
                Condition::Any(vec![compare(Property::Id, Operator::Equal, "1"), compare(Property::Id, Operator::Equal, "2")]),
                false,
            ),
            ("assignedLicenses/$count eq 0", Condition::Not(Box::new(Condition::AnyOf(List::LicencesBySku, None))), true),
        ];
        for (text, condition, advanced) in cases {
            let filter = parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!((filter.condition, filter.advanced.is_some()), (condition, advanced), "{text}");
        }
    }

    #[test]
    fn and_binds_closer_than_or() {
        let [a, b, c] = ["a", "b", "c"].map(|text| compare(Property::Mail, Operator::Equal, text));
        let filter = parse("mail eq 'a' or mail eq 'b' and mail eq 'c'").expect("understood");
        assert_eq!(filter.condition, Condition::Any(vec![a.clone(), Condition::All(vec![b.clone(), c.clone()])]));
        let filter = parse("(mail eq 'a' or mail eq 'b') and mail eq 'c'").expect("understood");
        assert_eq!(filter.condition, Condition::All(vec![Condition::Any(vec![a, b]), c]));
    }

    #[test]
    fn what_is_not_a_filter_is_refused() {
        let deep = format!("{}mail eq 'a'{}", "(".repeat(200), ")".repeat(200));
        let many = vec!["mail eq 'a'"; 16].join(" or ");
        for text in [
            "",
            "mail",
            "mail eq",
            "mail eq 'a",
            "mail xx 'a'",
            "nothing eq 'a'",
            "mail eq 'a' mail",
            "accountEnabled eq 'yes'",
            &deep,
            &many,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
