//! The fixed texts of the provisioning service: where it is, how it is addressed, which names its messages use.

/// Path of the service on its host.
pub const PATH: &str = "/provisioningservice.svc";
/// Host of the real service.
pub const HOST: &str = "adminwebservice.microsoftonline.com";
/// Media type of requests, responses and faults: SOAP 1.2 in binary XML with the static dictionary alone (MC-NBFS).
pub const CONTENT_TYPE: &str = "application/soap+msbin1";
/// Redirects that are followed for one request before giving up.
pub const REDIRECTS_MAX: usize = 3;

/// Application id of the first generation of the protocol, for [`super::Request::ProvisionAzureADSyncObjects`].
pub const APPLICATION_ID_V1: &str = "1651564e-7ce4-4d99-88be-0a65050d8dc3";
/// Application id of the second generation of the protocol, for [`super::Request::ProvisionAzureADSyncObjects2`].
pub const APPLICATION_ID_V2: &str = "6eb59a73-39b2-4c23-a70f-e2e3ce8965b1";
/// Application id of the service's own resource: the audience of a token got with a certificate.
pub const RESOURCE_ID: &str = "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016";
/// The application role on [`RESOURCE_ID`] that allows provisioning.
pub const ROLE: &str = "ADSynchronization.ReadWrite.All";
/// Value of [`HEADER_CLIENT_VERSION`] and of `ClientVersion` in the envelope.
pub const CLIENT_VERSION: &str = "8.0";
/// Build number that today's service accepts; it refuses old ones.
pub const BUILD_NUMBER: &str = "2.6.3.0";
/// Value of `ProtocolVersion` in the envelope.
pub const PROTOCOL_VERSION: &str = "2.0";

/// HTTP header: application id.
pub const HEADER_APPLICATION_ID: &str = "x-ms-aadmsods-appid";
/// HTTP header: name of the operation, without its namespace.
pub const HEADER_ACTION: &str = "x-ms-aadmsods-apiaction";
/// HTTP header: version of the protocol the client speaks.
pub const HEADER_CLIENT_VERSION: &str = "x-ms-aadmsods-clientversion";
/// HTTP header: build of the synchronization client.
pub const HEADER_DIRSYNC_BUILD_NUMBER: &str = "x-ms-aadmsods-dirsyncbuildnumber";
/// HTTP header: build of the synchronization engine.
pub const HEADER_FIM_BUILD_NUMBER: &str = "x-ms-aadmsods-fimbuildnumber";
/// HTTP header: id of the tenant.
pub const HEADER_TENANT_ID: &str = "x-ms-aadmsods-tenantid";
/// HTTP header: id of the sending machine.
pub const HEADER_MACHINE_ID: &str = "x-ms-aadmsods-machineid";
/// HTTP header: id of the request, for support.
pub const HEADER_CLIENT_REQUEST_ID: &str = "client-request-id";

/// Namespace of the operations, and of the fields of the `SyncToken` header.
pub const NAMESPACE_OPERATIONS: &str = "http://schemas.microsoft.com/online/aws/change/2010/01";
/// Namespace of objects and their results.
pub const NAMESPACE_OBJECTS: &str = "http://schemas.microsoft.com/online/aws/change/2014/06";
/// Namespace of passwords and their results, and of the service's own fault.
pub const NAMESPACE_COEXISTENCE: &str = "http://schemas.datacontract.org/2004/07/Microsoft.Online.Coexistence.Schema";
/// Namespace and role of the `SyncToken` header block.
pub const NAMESPACE_SYNC_TOKEN: &str = "urn:microsoft.online.administrativeservice";
/// Namespace of key and value pairs and of arrays.
pub const NAMESPACE_ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
/// Namespace of `i:type` and `i:nil`.
pub const NAMESPACE_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Namespace of the simple types.
pub const NAMESPACE_SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";

/// Property that holds the anchor given by the source.
pub const SOURCE_ANCHOR: &str = "SourceAnchor";
/// Property that holds the anchor given by the tenant, `<Type>_<object id>`.
pub const CLOUD_ANCHOR: &str = "CloudAnchor";

/// The properties known to be in use, so that their names need no memory of their own when they are read.
pub(super) const PROPERTIES: [&str; 85] = [
    "accountEnabled",
    "alias",
    "city",
    "cloudMastered",
    "commonName",
    "company",
    "country",
    "countryCode",
    "countryLetterCode",
    "department",
    "Description",
    "deviceId",
    "deviceOSType",
    "deviceOSVersion",
    "deviceTrustType",
    "displayName",
    "dnsDomainName",
    "employeeId",
    "employeeLeaveDateTime",
    "employeeOrgData",
    "employeeType",
    "extensionAttribute1",
    "extensionAttribute10",
    "extensionAttribute11",
    "extensionAttribute12",
    "extensionAttribute13",
    "extensionAttribute14",
    "extensionAttribute15",
    "extensionAttribute2",
    "extensionAttribute3",
    "extensionAttribute4",
    "extensionAttribute5",
    "extensionAttribute6",
    "extensionAttribute7",
    "extensionAttribute8",
    "extensionAttribute9",
    "facsimileTelephoneNumber",
    "givenName",
    "hideDLMembership",
    "homePhone",
    "info",
    "initials",
    "lastPasswordChangeTimestamp",
    "mail",
    "mailNickname",
    "managedBy",
    "manager",
    "member",
    "middleName",
    "mobile",
    "msExchRecipientDisplayType",
    "msExchRecipientTypeDetails",
    "msExchRemoteRecipientType",
    "msRTCSIP-PrimaryUserAddress",
    "netBiosName",
    "onPremisesDistinguishedName",
    "onPremiseSecurityIdentifier",
    "onPremisesObjectIdentifier",
    "onPremisesSamAccountName",
    "onPremisesUserPrincipalName",
    "oOFReplyToOriginator",
    "pager",
    "physicalDeliveryOfficeName",
    "postalCode",
    "postOfficeBox",
    "preferredLanguage",
    "proxyAddresses",
    "reportToOriginator",
    "reportToOwner",
    "SecurityEnabled",
    "state",
    "streetAddress",
    "surname",
    "targetAddress",
    "telephoneNumber",
    "ThumbnailPhoto",
    "thumbnailPhoto",
    "title",
    "url",
    "usageLocation",
    "userCertificate",
    "userPrincipalName",
    "userSMIMECertificate",
    SOURCE_ANCHOR,
    CLOUD_ANCHOR,
];
