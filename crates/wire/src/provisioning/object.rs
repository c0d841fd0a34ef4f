//! One object as it is sent, and the service's answer to it.

use std::borrow::Cow;

/// What kind of object is synchronised (`SyncObjectType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectType {
    /// A person's account.
    User,
    /// A group.
    Group,
    /// A mail contact.
    Contact,
    /// A registered device.
    Device,
}

impl ObjectType {
    /// The name used on the wire, also before the `_` of a cloud anchor.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Contact => "Contact",
            Self::Device => "Device",
        }
    }

    /// The kind that a name on the wire stands for.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::User, Self::Group, Self::Contact, Self::Device].into_iter().find(|kind| kind.name() == name)
    }
}

/// What shall happen to an object (`SyncOperation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SyncOperation {
    /// Create it, or take over the object that matches it.
    Add,
    /// Change the properties that are given; the others stay.
    Set,
    /// Remove it. Only an anchor is needed.
    Delete,
}

impl SyncOperation {
    /// The name used on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Add => "Add",
            Self::Set => "Set",
            Self::Delete => "Delete",
        }
    }

    /// The operation that a name on the wire stands for.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Add, Self::Set, Self::Delete].into_iter().find(|operation| operation.name() == name)
    }
}

/// The value of one property (`anyType` with its `i:type`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropertyValue {
    /// `i:nil`: clears the property.
    Nil,
    /// `string`. A decoded `dateTime`, `duration` or other simple type is given here as its text.
    Text(String),
    /// `boolean`.
    Boolean(bool),
    /// `int`.
    Integer(i32),
    /// `long`.
    Long(i64),
    /// `base64Binary`.
    Bytes(Vec<u8>),
    /// `ArrayOfstring`.
    Texts(Vec<String>),
    /// `ArrayOfbase64Binary`.
    BytesList(Vec<Vec<u8>>),
    /// `SyncReferenceChangeCollection`: additions to and removals from a list of references, for `member`.
    References(Vec<ReferenceChange>),
}

/// One addition to, or removal from, a list of references.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceChange {
    /// Anchor of the object referred to.
    pub anchor: String,
    /// Which anchor that is.
    pub kind: ReferenceKind,
    /// Whether it is added or removed.
    pub operation: ReferenceOperation,
}

/// Which anchor a reference uses (`referenceTypeInt`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceKind {
    /// The tenant's anchor, 1 on the wire.
    Cloud,
    /// The source's anchor, 2 on the wire.
    Source,
}

/// What happens to a reference (`operationInt`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceOperation {
    /// It is added, 1 on the wire.
    Add,
    /// It is removed, 2 on the wire.
    Remove,
}

/// One object to add, change or delete, or one object read back (`AzureADSyncObject`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncObject {
    /// The source's anchor: Base64 of the objectGUID by default. Travels as property `SourceAnchor`.
    pub source_anchor: Option<String>,
    /// The tenant's anchor, `<Type>_<object id>`. Travels as property `CloudAnchor`.
    pub cloud_anchor: Option<String>,
    /// What the object is.
    pub object_type: ObjectType,
    /// What shall happen to it. An object read back says `Set`.
    pub operation: SyncOperation,
    /// The properties in the order sent, without the two anchors. Names are the service's own (`userPrincipalName`, `mail`); their case counts.
    pub properties: Vec<(Cow<'static, str>, PropertyValue)>,
}

impl SyncObject {
    /// The value of the first property with this name; case counts.
    pub fn property(&self, name: &str) -> Option<&PropertyValue> {
        self.properties.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

/// Whether the service took an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultCode {
    /// Stored. With a description, stored with values altered or quarantined: look at it, do not send it again unchanged.
    Success,
    /// Not stored.
    Failure,
}

impl ResultCode {
    /// The name used on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::Failure => "Failure",
        }
    }

    /// The code that a name on the wire stands for.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Success, Self::Failure].into_iter().find(|code| code.name() == name)
    }
}

/// The service's answer to one object (`AzureADSyncObjectResult`). Answers come in the order of the objects; match them by anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncObjectResult {
    /// What the object is.
    pub object_type: ObjectType,
    /// What was asked.
    pub operation: SyncOperation,
    /// The source's anchor, as sent.
    pub source_anchor: Option<String>,
    /// The tenant's anchor, `<Type>_<object id>`, where the object exists.
    pub cloud_anchor: Option<String>,
    /// Whether the object was stored.
    pub result_code: ResultCode,
    /// The name of the error, such as `InvalidSoftMatch`; absent when there is none (on the wire nil, empty or `0`).
    pub error_code: Option<String>,
    /// What happened, in the service's words; absent when nothing is to be said.
    pub error_description: Option<String>,
    /// More about the error as name and value, such as the property and the object in conflict.
    pub error_details: Vec<(String, String)>,
}
