//! The bits of `DirSyncFeatures`: what synchronization does in a tenant. They are read and set as a whole.

/// Password hashes are synchronised.
pub const PASSWORD_HASH_SYNC: i32 = 1;
/// Passwords set in the tenant are written to the source.
pub const PASSWORD_WRITE_BACK: i32 = 2;
/// Attributes outside the fixed schema are synchronised.
pub const DIRECTORY_EXTENSIONS: i32 = 4;
/// An object whose UPN is taken is stored with a substitute.
pub const DUPLICATE_UPN_RESILIENCY: i32 = 8;
/// An object is matched by UPN where its primary address matches none.
pub const ENABLE_SOFT_MATCH_ON_UPN: i32 = 16;
/// An object whose address is taken is stored without it.
pub const DUPLICATE_PROXY_ADDRESS_RESILIENCY: i32 = 32;
/// The tenant's password policy, expiry above all, applies to users whose passwords are synchronised.
pub const CLOUD_PASSWORD_POLICY_FOR_PASSWORD_SYNCED_USERS: i32 = 512;
/// Microsoft 365 groups are written to the source.
pub const UNIFIED_GROUP_WRITEBACK: i32 = 1024;
/// Users are written to the source.
pub const USER_WRITEBACK: i32 = 2048;
/// Devices are written to the source.
pub const DEVICE_WRITEBACK: i32 = 4096;
/// A changed UPN also follows for licensed users.
pub const SYNCHRONIZE_UPN_FOR_MANAGED_USERS: i32 = 8192;
/// "Must change the password at next logon" also follows.
pub const USER_FORCE_PASSWORD_CHANGE_ON_LOGON: i32 = 16384;
/// Sign-in is checked by an agent at the source.
pub const PASS_THROUGH_AUTHENTICATION: i32 = 131_072;
/// No object is taken over by address or UPN.
pub const BLOCK_SOFT_MATCH: i32 = 524_288;
/// No cloud-only object is taken over by anchor.
pub const BLOCK_HARD_MATCH_TAKEOVER: i32 = 1_048_576;
