//! The keytab file format of MIT Kerberos (version 0x0502), read only as far as the AES keys of one account or service need.

use std::path::{Path, PathBuf};

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Keytabs are a few kilobytes; a file beyond this is not one.
const FILE_LENGTH_MAX: u64 = 1024 * 1024;

/// aes128-cts-hmac-sha1-96 (RFC 3962).
pub(crate) const AES128: u16 = 17;
/// aes256-cts-hmac-sha1-96 (RFC 3962).
pub(crate) const AES256: u16 = 18;

/// A keytab that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeytabError {
    /// The file cannot be read.
    #[error("cannot read the keytab {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The bytes are not a keytab.
    #[error("{} is not a keytab of version 5.2: make it anew with ktpass or `samba-tool domain exportkeytab`", .0.display())]
    Malformed(PathBuf),
    /// It is a keytab, but not for this account, or without AES.
    #[error("the keytab {} has no AES key for {user}; it has: {present}", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
        /// The account.
        user: String,
        /// The principals and encryption types that are there.
        present: String,
    },
}

/// One key of an account or a service. Wiped when it goes.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Key {
    #[zeroize(skip)]
    pub(crate) account: String,
    #[zeroize(skip)]
    pub(crate) realm: String,
    #[zeroize(skip)]
    pub(crate) encryption_type: u16,
    #[zeroize(skip)]
    version: u32,
    pub(crate) secret: Vec<u8>,
}

/// The newest AES key for `user` (`account`, `account@realm` or `DOMAIN\account`), AES-256 before AES-128.
pub(crate) fn load(path: &Path, user: &str) -> Result<Key, KeytabError> {
    let keys = read(path)?;
    let missing = no_key(path, user, &keys);
    let ours = keys.into_iter().filter(|key| key.is_for(user) && key.is_aes());
    ours.max_by_key(|key| (key.realm_matches(user), key.version, key.encryption_type)).ok_or(missing)
}

/// Every AES key of a service (`HTTP/sts.example.com`, compared without case), the newest version first, AES-256 before AES-128.
///
/// Keys under any other principal are left out, even those of the same account: what names the service inside a ticket is not
/// protected, so that a key of another service would let its tickets in here.
///
/// # Errors
/// When the file cannot be read, is not a keytab, or has no AES key of the service.
pub fn service_keys(path: &Path, principal: &str) -> Result<Vec<Key>, KeytabError> {
    let keys = read(path)?;
    let missing = no_key(path, principal, &keys);
    let mut ours: Vec<Key> = keys.into_iter().filter(|key| key.account.eq_ignore_ascii_case(principal) && key.is_aes()).collect();
    ours.sort_by_key(|key| std::cmp::Reverse((key.version, key.encryption_type)));
    if ours.is_empty() { Err(missing) } else { Ok(ours) }
}

fn read(path: &Path) -> Result<Vec<Key>, KeytabError> {
    let unreadable = |source| KeytabError::Unreadable { path: path.to_owned(), source };
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > FILE_LENGTH_MAX {
        return Err(KeytabError::Malformed(path.to_owned()));
    }
    let bytes = Zeroizing::new(std::fs::read(path).map_err(unreadable)?);
    parse(&bytes).ok_or_else(|| KeytabError::Malformed(path.to_owned()))
}

fn no_key(path: &Path, user: &str, keys: &[Key]) -> KeytabError {
    let present = keys.iter().map(|key| format!("{}@{} (type {})", key.account, key.realm, key.encryption_type)).collect::<Vec<_>>();
    let present = if present.is_empty() { "nothing".to_owned() } else { present.join(", ") };
    KeytabError::NoKey { path: path.to_owned(), user: user.to_owned(), present }
}

impl Key {
    /// The realm of the principal, as the file has it.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The encryption type's number (RFC 3962 7): 17 is AES-128, 18 AES-256.
    pub fn encryption_type(&self) -> u16 {
        self.encryption_type
    }

    /// The key version number.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The key itself; its length fits the encryption type where that is one of AES.
    pub fn expose(&self) -> &[u8] {
        &self.secret
    }

    /// A key of one of AES's two types, of the length that the type asks for.
    fn is_aes(&self) -> bool {
        matches!((self.encryption_type, self.secret.len()), (AES128, 16) | (AES256, 32))
    }

    fn is_for(&self, user: &str) -> bool {
        let user = user.rsplit_once('\\').map_or(user, |(_, account)| account);
        self.account.eq_ignore_ascii_case(user.rsplit_once('@').map_or(user, |(account, _)| account))
    }

    /// The suffix of a user principal name need not be the realm, so this only decides between several.
    fn realm_matches(&self, user: &str) -> bool {
        user.rsplit_once('@').is_some_and(|(_, realm)| self.realm.eq_ignore_ascii_case(realm))
    }
}

/// Every key of the bytes; `None` when the bytes are not a keytab.
pub(crate) fn parse(bytes: &[u8]) -> Option<Vec<Key>> {
    let mut rest = bytes.strip_prefix(&[5, 2])?;
    let mut keys = Vec::new();
    while !rest.is_empty() {
        let (size, after) = rest.split_first_chunk::<4>()?;
        let size = i32::from_be_bytes(*size);
        let (entry, after) = after.split_at_checked(usize::try_from(size.unsigned_abs()).ok()?)?;
        if size > 0 {
            keys.push(parse_entry(entry)?);
        }
        if size == 0 {
            break;
        }
        rest = after;
    }
    Some(keys)
}

fn parse_entry(mut entry: &[u8]) -> Option<Key> {
    let rest = &mut entry;
    let components = number(rest)?;
    let realm = text(rest)?;
    let names = (0..components).map(|_| text(rest)).collect::<Option<Vec<_>>>()?;
    take(rest, 8)?; // name type and time stamp
    let short_version = take(rest, 1)?.first().copied()?;
    let encryption_type = number(rest)?;
    let length = number(rest)?;
    let secret = take(rest, usize::from(length))?.to_vec();
    let long_version = rest.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes)).filter(|version| *version != 0);
    let version = long_version.unwrap_or_else(|| u32::from(short_version));
    Some(Key { account: names.join("/"), realm, encryption_type, version, secret })
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (part, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(part)
}

fn number(rest: &mut &[u8]) -> Option<u16> {
    let (bytes, after) = rest.split_first_chunk::<2>()?;
    *rest = after;
    Some(u16::from_be_bytes(*bytes))
}

fn text(rest: &mut &[u8]) -> Option<String> {
    let length = number(rest)?;
    String::from_utf8(take(rest, usize::from(length))?.to_vec()).ok()
}
