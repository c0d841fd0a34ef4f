//! Requests, responses and faults.

use super::credential::{CredentialItem, CredentialResult};
use super::names;
use super::object::{SyncObject, SyncObjectResult};
use crate::Secret;

/// The operations of the service that samesign knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Reads the tenant's configuration.
    GetCompanyConfiguration,
    /// Adds, changes and deletes objects.
    ProvisionAzureADSyncObjects,
    /// The same, with changes of references.
    ProvisionAzureADSyncObjects2,
    /// Reads objects back as they were sent.
    ReadBackAzureADSyncObjects,
    /// Ends an export and tells its counts.
    FinalizeExport,
    /// Sets the feature bits.
    SetCompanyDirsyncFeatures,
    /// Stores what passwords are checked with.
    ProvisionCredentials,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 7] = [
        Self::GetCompanyConfiguration,
        Self::ProvisionAzureADSyncObjects,
        Self::ProvisionAzureADSyncObjects2,
        Self::ReadBackAzureADSyncObjects,
        Self::FinalizeExport,
        Self::SetCompanyDirsyncFeatures,
        Self::ProvisionCredentials,
    ];

    /// The local name: of the element in the body, and the value of [`names::HEADER_ACTION`].
    pub const fn name(self) -> &'static str {
        match self {
            Self::GetCompanyConfiguration => "GetCompanyConfiguration",
            Self::ProvisionAzureADSyncObjects => "ProvisionAzureADSyncObjects",
            Self::ProvisionAzureADSyncObjects2 => "ProvisionAzureADSyncObjects2",
            Self::ReadBackAzureADSyncObjects => "ReadBackAzureADSyncObjects",
            Self::FinalizeExport => "FinalizeExport",
            Self::SetCompanyDirsyncFeatures => "SetCompanyDirsyncFeatures",
            Self::ProvisionCredentials => "ProvisionCredentials",
        }
    }

    /// The operation with this local name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.name() == name)
    }

    /// The WS-Addressing action of the request. The response's is the same with `Response` at its end.
    pub fn action(self) -> String {
        format!("{}/IProvisioningWebService/{}", names::NAMESPACE_OPERATIONS, self.name())
    }
}

/// What a client asks. Without `Debug` on purpose: one of them holds what passwords are checked with.
///
/// ```compile_fail,E0277
/// fn printed(request: samesign_wire::provisioning::Request) -> String {
///     format!("{request:?}")
/// }
/// ```
#[derive(Clone, PartialEq)]
pub enum Request {
    /// Reads the tenant's configuration.
    GetCompanyConfiguration {
        /// Whether the answer shall tell about licences too.
        include_license_information: bool,
    },
    /// Adds, changes and deletes objects, first generation of the protocol.
    ProvisionAzureADSyncObjects(Vec<SyncObject>),
    /// Adds, changes and deletes objects, second generation: also takes changes of references.
    ProvisionAzureADSyncObjects2(Vec<SyncObject>),
    /// Reads objects back with the values as they were sent, page by page.
    ReadBackAzureADSyncObjects {
        /// Whether the answer shall tell about licences too.
        include_license_information: bool,
        /// The cookie of the page before; absent for the first page.
        input_cookie: Option<Vec<u8>>,
        /// Whether everything is read, not only what changed since the cookie.
        is_full_sync: bool,
    },
    /// Ends an export.
    FinalizeExport {
        /// Objects sent.
        total_exported: i64,
        /// Objects of these that were taken.
        successful_export_count: i64,
    },
    /// Sets the feature bits of the tenant.
    SetCompanyDirsyncFeatures {
        /// The whole set, see [`super::features`].
        dirsync_features: i32,
    },
    /// Stores what passwords are checked with, at most [`super::CREDENTIALS_PER_REQUEST_MAX`] at once.
    ProvisionCredentials(Vec<CredentialItem>),
}

impl Request {
    /// Which operation this is.
    pub const fn operation(&self) -> Operation {
        match self {
            Self::GetCompanyConfiguration { .. } => Operation::GetCompanyConfiguration,
            Self::ProvisionAzureADSyncObjects(_) => Operation::ProvisionAzureADSyncObjects,
            Self::ProvisionAzureADSyncObjects2(_) => Operation::ProvisionAzureADSyncObjects2,
            Self::ReadBackAzureADSyncObjects { .. } => Operation::ReadBackAzureADSyncObjects,
            Self::FinalizeExport { .. } => Operation::FinalizeExport,
            Self::SetCompanyDirsyncFeatures { .. } => Operation::SetCompanyDirsyncFeatures,
            Self::ProvisionCredentials(_) => Operation::ProvisionCredentials,
        }
    }
}

/// What the envelope of a request says besides its body: WS-Addressing, and the `SyncToken` with who is asking.
#[derive(Clone, Default)]
pub struct RequestHeader {
    /// URL of the service (`To`).
    pub to: String,
    /// Id of this message (`MessageID`); the answer refers to it. `urn:uuid:` and the tracking id, unless a peer chose otherwise.
    pub message_id: String,
    /// [`names::APPLICATION_ID_V1`] or [`names::APPLICATION_ID_V2`].
    pub application_id: String,
    /// The access token; the service expects it here, not in `Authorization`.
    pub bearer_token: Secret,
    /// Version of the protocol the client speaks.
    pub client_version: String,
    /// Build of the synchronization client.
    pub dirsync_build_number: String,
    /// Build of the synchronization engine.
    pub fim_build_number: String,
    /// Whether the client runs on a domain controller.
    pub is_installed_on_dc: bool,
    /// Language of messages, such as `en-US`.
    pub language: String,
    /// Whether Exchange attributes flow back.
    pub rich_coexistence_enabled: bool,
    /// The message's id as a UUID in text, for support.
    pub tracking_id: String,
}

impl RequestHeader {
    /// A header with the versions samesign announces. `tracking_id` is a fresh UUID in text.
    pub fn new(to: &str, application_id: &str, bearer_token: Secret, tracking_id: &str) -> Self {
        Self {
            to: to.to_owned(),
            message_id: format!("urn:uuid:{tracking_id}"),
            application_id: application_id.to_owned(),
            bearer_token,
            client_version: names::CLIENT_VERSION.to_owned(),
            dirsync_build_number: names::BUILD_NUMBER.to_owned(),
            fim_build_number: names::BUILD_NUMBER.to_owned(),
            is_installed_on_dc: false,
            language: "en-US".to_owned(),
            rich_coexistence_enabled: false,
            tracking_id: tracking_id.to_owned(),
        }
    }
}

/// What the service answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Response {
    /// The tenant's configuration.
    CompanyConfiguration(CompanyConfiguration),
    /// One result per object, for both generations of the request.
    Provision(Vec<SyncObjectResult>),
    /// One page of objects.
    ReadBack {
        /// The objects, with the values as they were sent.
        objects: Vec<SyncObject>,
        /// Where the next page, or the next read of changes, begins.
        cookie: Option<Vec<u8>>,
        /// Whether another page waits.
        more: bool,
    },
    /// The export is ended.
    Finalize,
    /// The feature bits are set.
    SetFeatures,
    /// One result per password.
    Credentials(Vec<CredentialResult>),
}

/// What the tenant knows and expects of synchronization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompanyConfiguration {
    /// Names of what the tenant may use, such as `PasswordWriteback`.
    pub allowed_features: Vec<String>,
    /// Bits of [`super::features`].
    pub dirsync_features: i32,
    /// The tenant's display name.
    pub display_name: String,
    /// Whether synchronization is switched on.
    pub is_dirsyncing: bool,
    /// Whether password hashes are synchronised.
    pub is_password_syncing: bool,
    /// Time between two runs as an XML Schema duration, such as `PT30M`.
    pub synchronization_interval: String,
    /// Id of the tenant, a UUID in text.
    pub tenant_id: String,
    /// Links that one request of the second generation may carry in all its objects.
    pub links_per_batch_max: i32,
    /// Attribute the anchor is made of, such as `objectGUID`.
    pub anchor_attribute: String,
    /// The last client's application id.
    pub application_version: String,
    /// The last client's build number.
    pub client_version: String,
    /// Whether the tenant records changes for `ReadBackAzureADSyncObjects`.
    pub is_tracking_changes: bool,
    /// Name of the machine that exported last.
    pub dirsync_client_machine: String,
    /// Objects that machine had in all.
    pub total_connector_space_objects: i32,
    /// The service's own guard against mass deletion.
    pub deletion_prevention: DeletionPrevention,
}

/// `PreventAccidentalDeletion`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeletionPrevention {
    /// How deletes are counted, such as `EnabledForCount` or `Disabled`.
    pub mode: String,
    /// Deletes in one export from which it is stopped.
    pub threshold_count: i32,
    /// The same as a share of all objects, per cent.
    pub threshold_percentage: i32,
}

/// A SOAP fault: the whole request was refused. Travels with HTTP status 500.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Whose fault it is.
    pub code: FaultCode,
    /// What happened, in the service's words.
    pub reason: String,
    /// What a program can act on.
    pub detail: FaultDetail,
}

/// The code of a fault (SOAP 1.2 part 1, section 5.4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultCode {
    /// The request is at fault; sending it again does not help.
    Sender,
    /// The service is at fault; the same request may be taken later.
    Receiver,
    /// Another code of the SOAP specification, or one this program does not know.
    Other,
}

/// The detail of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultDetail {
    /// `BindingRedirectionFault`: another host serves this tenant.
    BindingRedirection {
        /// The URL to send the same request to. Check its host before a token goes there.
        url: String,
    },
    /// `AdminWebServiceFault`: the service's own error.
    AdminWebService {
        /// Name of the error.
        error_code: String,
        /// What happened, in the service's words.
        message: String,
    },
    /// None, or one this program does not know.
    None,
}
