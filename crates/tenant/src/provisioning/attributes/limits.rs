//! How large an object may be.
//!
//! The service bounds the whole object and publishes what that comes to: 15 certificates of a kind, a photo of 100 KB, about 332
//! addresses, of which an alias, certificates and licences cost some.

use samesign_wire::provisioning::PropertyValue;

use super::values::{text, texts};
use crate::directory::extensions;
use crate::provisioning::record::Record;
use crate::provisioning::refusal::{Refusal, Stop};
use crate::provisioning::shadow::Shadow;

/// Values of `userCertificate`, and of `userSMIMECertificate`, at most.
const CERTIFICATES_MAX: usize = 15;
/// Bytes of a photo at most.
const PHOTO_BYTES_MAX: usize = 100 * 1024;
/// Addresses of an object that has nothing else to carry.
const ADDRESSES_MAX: usize = 332;
/// Addresses fewer with an alias or certificates.
const ADDRESSES_FOR_ALIAS: usize = 3;
/// Addresses fewer with each two licences.
const ADDRESSES_FOR_TWO_LICENCES: usize = 9;
/// Characters of one address with its prefix at most.
const ADDRESS_MAX: usize = 256;

/// Refuses an object that is too large. `shadow`: everything that was sent of it.
pub fn check(record: &Record, shadow: &Shadow) -> Result<(), Stop> {
    for name in ["userCertificate", "userSMIMECertificate"] {
        if let Some(PropertyValue::BytesList(list)) = shadow.get(name)
            && list.len() > CERTIFICATES_MAX
        {
            return Err(large(name, &format!("it has {} values, at most {CERTIFICATES_MAX} are taken", list.len())));
        }
    }
    for name in ["ThumbnailPhoto", "thumbnailPhoto"] {
        if let Some(PropertyValue::Bytes(photo)) = shadow.get(name)
            && photo.len() > PHOTO_BYTES_MAX
        {
            return Err(large(name, &format!("it has {} bytes, at most {PHOTO_BYTES_MAX} are taken", photo.len())));
        }
    }
    check_addresses(record, shadow)?;
    check_extensions(shadow)
}

fn check_addresses(record: &Record, shadow: &Shadow) -> Result<(), Stop> {
    let listed = texts(shadow.get("proxyAddresses")).unwrap_or_default();
    if listed.iter().any(|address| address.trim().chars().count() > ADDRESS_MAX) {
        return Err(Refusal::too_long("proxyAddresses", ADDRESS_MAX).into());
    }
    let carries = ["alias", "userCertificate", "userSMIMECertificate"].iter().any(|name| shadow.get(name).is_some());
    let licences = if let Record::User(user) = record { user.licences.len() } else { 0 };
    let taken = if carries { ADDRESSES_FOR_ALIAS } else { 0 } + licences * ADDRESSES_FOR_TWO_LICENCES / 2;
    let max = ADDRESSES_MAX.saturating_sub(taken);
    if listed.len() > max {
        return Err(large("proxyAddresses", &format!("it has {} values, this object can take {max}", listed.len())));
    }
    Ok(())
}

fn check_extensions(shadow: &Shadow) -> Result<(), Stop> {
    let mut count = 0;
    for (name, value) in shadow.entries().filter(|(name, _)| name.starts_with("extension_")) {
        count += 1;
        if text(Some(value)).is_some_and(|text| text.chars().count() > extensions::CHARACTERS_MAX) {
            return Err(Refusal::too_long(name, extensions::CHARACTERS_MAX).into());
        }
    }
    if count > extensions::VALUES_MAX {
        return Err(large("extensions", &format!("there are {count} directory extensions, at most {} are taken", extensions::VALUES_MAX)));
    }
    Ok(())
}

fn large(property: &str, reason: &str) -> Stop {
    let mut refusal = Refusal::new("LargeObject", format!("The object is too large because of {property}: {reason}."));
    refusal.details = vec![("AttributeConflictName".to_owned(), property.to_owned())];
    refusal.into()
}
