//! A restriction of a list of users, groups or contacts, and its form in SQL.
//!
//! Names come from a fixed table and values are bound, so nothing that a client wrote becomes SQL.

use rusqlite::types::Value as Sql;

/// Which objects a list wants. Texts compare without case, as at the service; ids and anchors exactly.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// All of them hold.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A property compared with a value.
    Compare(Property, Operator, Literal),
    /// A list has an element that compares so; `None`: it has any element.
    AnyOf(List, Option<(Operator, Literal)>),
    /// A value of the object waits until another object frees it.
    HasParked,
}

/// How a property is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Equal. With null: is not set.
    Equal,
    /// Not equal. With null: is set.
    NotEqual,
    /// Less than.
    Less,
    /// Less than or equal.
    LessOrEqual,
    /// Greater than.
    Greater,
    /// Greater than or equal.
    GreaterOrEqual,
    /// A text begins so.
    StartsWith,
    /// A text ends so.
    EndsWith,
    /// A text holds it.
    Contains,
}

/// The value compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// Not set.
    Null,
    /// True or false.
    Boolean(bool),
    /// A text.
    Text(String),
    /// A time, Unix seconds.
    Time(i64),
}

/// A property that can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Property {
    /// `id`.
    Id,
    /// `userPrincipalName`.
    Upn,
    /// `displayName`.
    DisplayName,
    /// `mail`.
    Mail,
    /// `onPremisesImmutableId`.
    Anchor,
    /// `onPremisesSyncEnabled`.
    Synced,
    /// `accountEnabled`.
    Enabled,
    /// `usageLocation`.
    UsageLocation,
    /// `createdDateTime`.
    Created,
    /// `description` of a group.
    Description,
    /// `mailNickname` of a group; a user's is among the other properties.
    Nickname,
    /// `mailEnabled`.
    MailEnabled,
    /// `securityEnabled`.
    SecurityEnabled,
    /// A text among the other properties, by Graph's name. Only letters, digits and dots get into the SQL.
    Other(&'static str),
}

/// A list whose elements can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// `proxyAddresses`.
    ProxyAddresses,
    /// `otherMails`.
    OtherMails,
    /// `businessPhones`.
    BusinessPhones,
    /// `assignedLicenses` of a user, by `skuId`.
    LicencesBySku,
    /// `groupTypes`.
    GroupTypes,
}

impl Condition {
    /// Appends the condition as SQL in parentheses and its values to `bound`.
    pub fn write_sql(&self, sql: &mut String, bound: &mut Vec<Sql>) {
        match self {
            Self::All(conditions) => write_joined(conditions, " AND ", "1", sql, bound),
            Self::Any(conditions) => write_joined(conditions, " OR ", "0", sql, bound),
            Self::Not(condition) => {
                sql.push_str("(NOT ");
                condition.write_sql(sql, bound);
                sql.push(')');
            }
            Self::Compare(property, operator, literal) => write_comparison(&property.expression(), *operator, literal, sql, bound),
            Self::HasParked => sql.push_str("EXISTS (SELECT 1 FROM parked WHERE parked.object = id)"),
            Self::AnyOf(list, test) => write_any(*list, test.as_ref(), sql, bound),
        }
    }
}

impl Property {
    /// The SQL expression: folded where texts compare without case.
    fn expression(&self) -> String {
        match self {
            Self::Id => "id".to_owned(),
            Self::Upn => "upn_key".to_owned(),
            Self::DisplayName => "display_name_key".to_owned(),
            Self::Mail => "mail_key".to_owned(),
            Self::Anchor => "anchor".to_owned(),
            Self::Synced => "synced".to_owned(),
            Self::Enabled => "enabled".to_owned(),
            Self::UsageLocation => "fold(usage_location)".to_owned(),
            Self::Created => "created".to_owned(),
            Self::Description => "fold(description)".to_owned(),
            Self::Nickname => "fold(nickname)".to_owned(),
            Self::MailEnabled => "mail_enabled".to_owned(),
            Self::SecurityEnabled => "security_enabled".to_owned(),
            Self::Other(name) => {
                let path: String = name.chars().filter(|character| character.is_ascii_alphanumeric() || *character == '.').collect();
                format!("fold(json_extract(properties, '$.{path}'))")
            }
        }
    }
}

fn write_joined(conditions: &[Condition], joint: &str, empty: &str, sql: &mut String, bound: &mut Vec<Sql>) {
    sql.push('(');
    for (index, condition) in conditions.iter().enumerate() {
        if index > 0 {
            sql.push_str(joint);
        }
        condition.write_sql(sql, bound);
    }
    if conditions.is_empty() {
        sql.push_str(empty);
    }
    sql.push(')');
}

/// A comparison is never SQL's NULL, so that `not` over it means what OData means.
fn write_comparison(expression: &str, operator: Operator, literal: &Literal, sql: &mut String, bound: &mut Vec<Sql>) {
    // The anchor is Base64: its case counts. Every other text column is folded already.
    let fold = if expression == "anchor" { "?" } else { "fold(?)" };
    let text = match operator {
        Operator::Equal => format!("({expression} IS {})", placeholder(literal, fold)),
        Operator::NotEqual => format!("({expression} IS NOT {})", placeholder(literal, fold)),
        Operator::Less => format!("coalesce({expression} < {}, 0)", placeholder(literal, fold)),
        Operator::LessOrEqual => format!("coalesce({expression} <= {}, 0)", placeholder(literal, fold)),
        Operator::Greater => format!("coalesce({expression} > {}, 0)", placeholder(literal, fold)),
        Operator::GreaterOrEqual => format!("coalesce({expression} >= {}, 0)", placeholder(literal, fold)),
        Operator::StartsWith => format!("coalesce(instr({expression}, {}) = 1, 0)", placeholder(literal, fold)),
        Operator::Contains => format!("coalesce(instr({expression}, {}) > 0, 0)", placeholder(literal, fold)),
        Operator::EndsWith => {
            bound.push(sql_value(literal));
            format!("coalesce(substr({expression}, -length({fold})) = {fold}, 0)")
        }
    };
    sql.push_str(&text);
    bound.push(sql_value(literal));
}

fn write_any(list: List, test: Option<&(Operator, Literal)>, sql: &mut String, bound: &mut Vec<Sql>) {
    // The common question, who holds this address, is answered by the table of keys instead of by every user's JSON.
    if let (List::ProxyAddresses, Some((Operator::Equal, literal @ Literal::Text(_)))) = (list, test) {
        sql.push_str("(id = (SELECT owner FROM unique_key WHERE kind = 'address' AND value = fold(?)))");
        bound.push(sql_value(literal));
        return;
    }
    let (source, element) = match list {
        List::ProxyAddresses => ("json_each(properties, '$.proxyAddresses') AS element", "fold(element.value)"),
        List::OtherMails => ("json_each(properties, '$.otherMails') AS element", "fold(element.value)"),
        List::BusinessPhones => ("json_each(properties, '$.businessPhones') AS element", "fold(element.value)"),
        List::GroupTypes => ("(SELECT 'Unified' AS value WHERE unified) AS element", "fold(element.value)"),
        List::LicencesBySku => ("licence AS element WHERE element.user = user.number", "element.sku"),
    };
    let joint = if list == List::LicencesBySku { "AND" } else { "WHERE" };
    sql.push_str(&format!("EXISTS (SELECT 1 FROM {source}"));
    if let Some((operator, literal)) = test {
        sql.push_str(&format!(" {joint} "));
        write_comparison(element, *operator, literal, sql, bound);
    }
    sql.push(')');
}

fn placeholder(literal: &Literal, text: &'static str) -> &'static str {
    if matches!(literal, Literal::Text(_)) { text } else { "?" }
}

fn sql_value(literal: &Literal) -> Sql {
    match literal {
        Literal::Null => Sql::Null,
        Literal::Boolean(value) => Sql::Integer(i64::from(*value)),
        Literal::Text(text) => Sql::Text(text.clone()),
        Literal::Time(seconds) => Sql::Integer(*seconds),
    }
}
