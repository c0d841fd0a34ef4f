//! Why one object was not stored, by the service's own names.

use crate::directory::DirectoryError;

/// A refused object: becomes a result of its own, the others of the batch go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The name of the error.
    pub code: &'static str,
    /// What happened.
    pub description: String,
    /// Name and value: the property and the object in conflict.
    pub details: Vec<(String, String)>,
}

/// What ends the work on one object: a refusal, or a failure of the directory that ends the whole request.
#[derive(Debug)]
pub enum Stop {
    /// The object is refused.
    Refused(Refusal),
    /// The directory failed.
    Failed(DirectoryError),
}

impl Refusal {
    /// A refusal without details.
    pub fn new(code: &'static str, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), details: Vec::new() }
    }

    /// A text with more characters than are taken.
    pub fn too_long(property: &str, characters_max: usize) -> Self {
        let description = format!("The value of {property} is longer than {characters_max} characters.");
        let mut refusal = Self::new("ExceededAllowedLength", description);
        refusal.details = vec![("AttributeConflictName".to_owned(), property.to_owned())];
        refusal
    }

    /// A value that the directory does not take.
    pub fn validation(property: &str, reason: &str) -> Self {
        let mut refusal = Self::new("IdentityDataValidationFailed", format!("The value of {property} is not valid: {reason}."));
        refusal.details = vec![("AttributeConflictName".to_owned(), property.to_owned())];
        refusal
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<crate::store::StoreError> for Stop {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<DirectoryError> for Stop {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Conflict { property, value, holder } => Self::Refused(Refusal {
                code: "AttributeValueMustBeUnique",
                description: format!(
                    "Unable to update this object because the following attribute has a value that may already be associated with \
                     another object in the tenant: [{} {value};].",
                    conflict_name(property)
                ),
                details: vec![
                    ("AttributeConflictName".to_owned(), conflict_name(property).to_owned()),
                    ("AttributeConflictValues".to_owned(), value),
                    ("ObjectIdInConflict".to_owned(), holder),
                ],
            }),
            DirectoryError::Invalid { property, reason, .. } => Self::Refused(Refusal::validation(&property, &reason)),
            DirectoryError::GroupWithLicences => Self::Refused(Refusal::new(
                "GroupWithLicences",
                "The group cannot be deleted because licenses are assigned to it. Remove its licenses, and then synchronize again.",
            )),
            other => Self::Failed(other),
        }
    }
}

/// The service's name of a property in conflicts.
fn conflict_name(property: &str) -> &str {
    match property {
        "userPrincipalName" => "UserPrincipalName",
        "proxyAddresses" => "ProxyAddresses",
        "onPremisesImmutableId" => "SourceAnchor",
        "onPremisesSecurityIdentifier" => "OnPremiseSecurityIdentifier",
        other => other,
    }
}
