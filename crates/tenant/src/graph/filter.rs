//! `$filter`: the part of OData's grammar (OData 4.01 part 2, 5.1.1) that the service takes for directory objects.

use super::answer::GraphError;
use crate::directory::properties::{Kind, Resource};
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

/// Reads a filter of objects of a type.
pub fn parse(text: &str, resource: &'static Resource) -> Result<Filter, GraphError> {
    parse_with(text, resource, ALTERNATIVES_MAX)
}

/// Reads a filter that may name more alternatives, as delta takes them.
pub fn parse_ids(text: &str, resource: &'static Resource, alternatives_max: usize) -> Result<Condition, GraphError> {
    parse_with(text, resource, alternatives_max).map(|filter| filter.condition)
}

fn parse_with(text: &str, resource: &'static Resource, alternatives_max: usize) -> Result<Filter, GraphError> {
    if text.len() > CHARACTERS_MAX {
        return Err(invalid("it is too long"));
    }
    let mut parser = Parser { tokens: tokenize(text)?, position: 0, advanced: None, resource, alternatives_max };
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
    resource: &'static Resource,
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
                return self.any(list_of(self.resource, path)?);
            }
            let operator = function(&word)?;
            self.note(operator);
            self.expect(&Token::Open)?;
            let property = property_of(self.resource, &self.word()?)?;
            self.expect(&Token::Comma)?;
            let literal = self.literal()?;
            self.expect(&Token::Close)?;
            return Ok(Condition::Compare(property, operator, literal));
        }
        if let Some(path) = word.strip_suffix("/$count") {
            return self.counted(list_of(self.resource, path)?);
        }
        let property = property_of(self.resource, &word)?;
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
        _ => Err(invalid(&format!("the function '{name}' is not supported here"))),
    }
}

fn list_of(resource: &Resource, path: &str) -> Result<List, GraphError> {
    let list = match path.to_ascii_lowercase().as_str() {
        "proxyaddresses" => Some(List::ProxyAddresses),
        "othermails" => Some(List::OtherMails),
        "businessphones" => Some(List::BusinessPhones),
        "assignedlicenses" if resource.name == "user" => Some(List::LicencesBySku),
        "grouptypes" => Some(List::GroupTypes),
        _ => None,
    };
    list.filter(|_| resource.find(path).is_some()).ok_or_else(|| invalid(&format!("'{path}' is no list that can be filtered")))
}

fn element_of(list: List, variable: &str, path: &str) -> Result<(), GraphError> {
    let wanted = if list == List::LicencesBySku { format!("{variable}/skuId") } else { variable.to_owned() };
    path.eq_ignore_ascii_case(&wanted).then_some(()).ok_or_else(|| invalid(&format!("'{wanted}' is expected instead of '{path}'")))
}

fn property_of(resource: &Resource, name: &str) -> Result<Property, GraphError> {
    if let Some(attribute) = name.strip_prefix("onPremisesExtensionAttributes/").filter(|_| resource.name == "user") {
        return extension_attribute(attribute).ok_or_else(|| invalid(&format!("there is no attribute '{attribute}'")));
    }
    let property = resource.find(name).ok_or_else(|| {
        let message =
            format!("Invalid filter clause: Could not find a property named '{name}' on type 'microsoft.graph.{}'.", resource.name);
        GraphError::bad_query(message)
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
        ("mailEnabled", _) => Ok(Property::MailEnabled),
        ("securityEnabled", _) => Ok(Property::SecurityEnabled),
        ("description", _) => Ok(Property::Description),
        ("mailNickname", _) if resource.name == "group" => Ok(Property::Nickname),
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
        (Property::Synced | Property::Enabled | Property::MailEnabled | Property::SecurityEnabled, Literal::Boolean(_)) => Ok(literal),
        (Property::Created, Literal::Text(text)) => {
            let time: jiff::Timestamp = text.parse().map_err(|_| invalid(&format!("'{text}' is no time")))?;
            Ok(Literal::Time(time.as_second()))
        }
        (Property::Synced | Property::Enabled | Property::MailEnabled | Property::SecurityEnabled | Property::Created, _)
        | (_, Literal::Boolean(_)) => Err(invalid("a value is of another type than its property")),
        _ => Ok(literal),
    }
}

fn invalid(reason: &str) -> GraphError {
    GraphError::bad_query(format!("Invalid filter clause: {reason}."))
}

#[cfg(test)]
mod tests;
