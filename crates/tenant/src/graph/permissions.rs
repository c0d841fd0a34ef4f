//! Which permission opens what. Any one of a list is enough.

use super::answer::GraphError;
use crate::caller::Caller;

/// Reads users, their managers, licences and deleted users.
pub const READ_USERS: &[&str] = &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
/// Makes, changes and deletes users.
pub const WRITE_USERS: &[&str] = &["User.ReadWrite.All", "Directory.ReadWrite.All"];
/// Restores deleted users and removes them for good.
pub const RESTORE_USERS: &[&str] = &["User.DeleteRestore.All", "User.ReadWrite.All", "Directory.ReadWrite.All"];
/// Reads groups.
pub const READ_GROUPS: &[&str] = &[
    "GroupMember.Read.All",
    "Group.ReadBasic.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
/// Makes groups.
pub const CREATE_GROUPS: &[&str] = &["Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All"];
/// Changes and deletes groups, restores them, names their owners.
pub const WRITE_GROUPS: &[&str] = &["Group.ReadWrite.All", "Directory.ReadWrite.All"];
/// Reads who is in a group and who owns it.
pub const READ_MEMBERS: &[&str] = &[
    "GroupMember.ReadBasic.All",
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.ReadBasic.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
/// Takes members into groups and out of them.
pub const WRITE_MEMBERS: &[&str] = &["GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"];
/// Gives licences to groups.
pub const ASSIGN_GROUP_LICENCES: &[&str] = &["LicenseAssignment.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"];
/// Reads contacts.
pub const READ_CONTACTS: &[&str] = &["OrgContact.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"];
/// Reads in which groups a contact is.
pub const READ_CONTACT_MEMBERSHIPS: &[&str] = &["OrgContact.Read.All", "Group.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"];
/// Reads objects of any kind.
pub const READ_DIRECTORY: &[&str] = &["Directory.Read.All", "Directory.ReadWrite.All"];
/// Reads memberships: groups and roles.
pub const READ_MEMBERSHIPS: &[&str] = &[
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "GroupMember.ReadBasic.All",
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.ReadBasic.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
];
/// Gives and takes licences.
pub const ASSIGN_LICENCES: &[&str] = &["LicenseAssignment.ReadWrite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"];
/// Reads the licences that the tenant owns.
pub const READ_LICENCES: &[&str] = &[
    "LicenseAssignment.Read.All",
    "LicenseAssignment.ReadWrite.All",
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
/// Reads the organization.
pub const READ_ORGANIZATION: &[&str] = &[
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "User.Read",
];
/// Changes the organization, the switch for synchronization included.
pub const WRITE_ORGANIZATION: &[&str] = &["Organization.ReadWrite.All", "Directory.ReadWrite.All"];
/// Reads domains.
pub const READ_DOMAINS: &[&str] = &["Domain.Read.All", "Domain.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
/// Adds and verifies domains.
pub const WRITE_DOMAINS: &[&str] = &["Domain.ReadWrite.All", "Directory.ReadWrite.All"];
/// Reads where a federated domain signs in.
pub const READ_FEDERATION: &[&str] =
    &["Domain-InternalFederation.Read.All", "Domain-InternalFederation.ReadWrite.All", "Domain.Read.All", "Domain.ReadWrite.All"];
/// Federates domains and makes them managed again. What writes the whole directory is not enough: who federates a domain can be anyone in it.
pub const WRITE_FEDERATION: &[&str] = &["Domain-InternalFederation.ReadWrite.All", "Domain.ReadWrite.All"];
/// Reads oneself.
pub const READ_SELF: &[&str] = &["User.Read", "User.ReadWrite", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All"];

/// Refuses a caller that holds none of the permissions.
pub fn require(caller: &Caller, accepted: &[&str]) -> Result<(), GraphError> {
    caller.may(accepted).then_some(()).ok_or_else(GraphError::denied)
}
