//! What the directory refuses, and why.

use crate::store::StoreError;

/// A refused operation. The text is for a person; each protocol has its own codes for the variants.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Another object holds a value that only one may hold.
    #[error("{property} {value} is held by another object ({holder}): remove it there first")]
    Conflict {
        /// Graph's name of the property.
        property: &'static str,
        /// The value.
        value: String,
        /// Id of the object that holds it.
        holder: String,
    },
    /// A value that the directory does not take.
    #[error("{property} cannot be {value:?}: {reason}")]
    Invalid {
        /// Graph's name of the property.
        property: String,
        /// The value, as given.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A property that a client may not write.
    #[error("{property} is read-only")]
    ReadOnly {
        /// Graph's name of the property.
        property: String,
    },
    /// A required property is missing.
    #[error("{property} is required")]
    Required {
        /// Graph's name of the property.
        property: &'static str,
    },
    /// No object has that id or name.
    #[error("no object {what} exists in this tenant")]
    NotFound {
        /// What was looked for.
        what: String,
    },
    /// The object is mastered on-premises, so the cloud may not change this.
    #[error("{property} is mastered in Active Directory: change it there, the next synchronization brings it here")]
    OnPremisesMastered {
        /// Graph's name of the property, or of the operation.
        property: String,
    },
    /// A licence needs a usage location first.
    #[error("the user has no usage location: set one (two letters, such as ES) before a licence is assigned")]
    NoUsageLocation,
    /// No seat of the SKU is free.
    #[error("all {owned} seats of {sku} are taken: remove one from another user first")]
    NoSeat {
        /// Part number or skuId.
        sku: String,
        /// Seats that the tenant owns.
        owned: i64,
    },
    /// The tenant owns no such SKU.
    #[error("the tenant owns no licence {sku}: it has {}", owned.join(", "))]
    UnknownSku {
        /// What was asked for.
        sku: String,
        /// Part numbers that it owns.
        owned: Vec<String>,
    },
    /// The user does not hold that licence.
    #[error("the user holds no licence {sku}")]
    LicenceNotHeld {
        /// Part number or skuId.
        sku: String,
    },
    /// The tenant holds as many objects as it may.
    #[error("the tenant may hold {limit} objects and does: delete some, or verify a domain of your own")]
    QuotaExceeded {
        /// Objects it may hold.
        limit: i64,
    },
    /// A group has as many owners as it may.
    #[error("a group has {limit} owners at most")]
    TooManyOwners {
        /// Owners it may have.
        limit: usize,
    },
    /// A group that gives licences is not deleted.
    #[error("the group has licences: remove them from it first")]
    GroupWithLicences,
    /// A domain that cannot be federated, or not now.
    #[error("{domain} cannot be federated: {reason}")]
    NotFederable {
        /// The domain.
        domain: String,
        /// Why.
        reason: String,
    },
    /// Another domain's sign-in service has that name.
    #[error("issuerUri {issuer} is that of {domain} already: each federated domain needs one of its own")]
    IssuerTaken {
        /// The name.
        issuer: String,
        /// The domain that has it.
        domain: String,
    },
    /// The tenant's default domain has to be one whose people sign in here.
    #[error("{domain} cannot be the default domain: {reason}")]
    NotDefault {
        /// The domain.
        domain: String,
        /// Why.
        reason: String,
    },
    /// Sign-in cannot begin at a domain whose people sign in here.
    #[error("sign-in cannot begin at {domain}: its people sign in here, because it is not federated; federate it first")]
    NotAccelerated {
        /// The domain.
        domain: String,
    },
    /// The database itself failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] crate::random::NoRandom),
}

impl DirectoryError {
    /// A refused value.
    pub fn invalid(property: &str, value: &str, reason: &str) -> Self {
        Self::Invalid { property: property.to_owned(), value: value.to_owned(), reason: reason.to_owned() }
    }
}

impl From<rusqlite::Error> for DirectoryError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(StoreError::Sqlite(error))
    }
}
