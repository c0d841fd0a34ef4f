//! What the service's refusals mean, and what a person does about each.

use samesign_engine::Severity;

/// One kind of refusal.
pub struct Refusal {
    /// The code of its finding.
    pub code: &'static str,
    /// How much it hurts.
    pub severity: Severity,
    /// What to do.
    pub mend: &'static str,
    /// A take-over that was blocked: it is tried once a day, no more.
    pub blocks: bool,
    /// Nothing else would be taken either.
    pub stops: bool,
    /// The service's names of it, or what its words hold, in lower case; the first row that has one counts.
    said: &'static [&'static str],
}

const fn row(code: &'static str, said: &'static [&'static str], mend: &'static str) -> Refusal {
    Refusal { code, severity: Severity::Error, mend, blocks: false, stops: false, said }
}

const fn blocking(code: &'static str, said: &'static [&'static str], mend: &'static str) -> Refusal {
    Refusal { blocks: true, ..row(code, said, mend) }
}

/// Every refusal that the service documents. What it says beyond these is the last row.
const REFUSALS: &[Refusal] = &[
    blocking(
        "tenant-hard-match-hardened",
        &["security hardening", "already mapped to another on-premises"],
        "the cloud user holds an admin role, or is mapped to another object: remove the role, or clear onPremisesObjectIdentifier; it is tried \
         again after a day, or at once with `samesign sync --full`",
    ),
    blocking(
        "tenant-hard-match-blocked",
        &["invalidhardmatch", "blockcloudobjecttakeover"],
        "the tenant blocks take-overs by anchor: switch BlockCloudObjectTakeoverThroughHardMatch off for a while, or delete the cloud user; it \
         is tried again after a day, or at once with `samesign sync --full`",
    ),
    blocking(
        "tenant-admin-role",
        &["existingadminroleconflict", "existing admin role", "admin role conflict"],
        "the cloud user holds an admin role: remove the role, sync, and assign it again; it is tried again after a day, or at once with \
         `samesign sync --full`",
    ),
    blocking(
        "tenant-soft-match-refused",
        &["invalidsoftmatch"],
        "a name of this object belongs to an object with another anchor: find both owners, and take the name from one; it is tried again after \
         a day, or at once with `samesign sync --full`",
    ),
    row(
        "tenant-other-class",
        &["objecttypemismatch"],
        "an object of another class has this address in the tenant: free it there, or change it here",
    ),
    row(
        "tenant-value-not-unique",
        &["attributevaluemustbeunique"],
        "another object of the tenant has this value: take it from one of both, then run `samesign sync`",
    ),
    row(
        "tenant-bad-value",
        &["identitydatavalidationfailed"],
        "the service takes no such value: mend the value its words name in Active Directory",
    ),
    row(
        "tenant-object-too-large",
        &["largeobject", "exceededallowedlength"],
        "the object is larger than the service takes: remove certificates, addresses or the picture, or shorten the value its words name",
    ),
    row(
        "tenant-group-too-large",
        &["maximumgroupmembercount", "maximum group member count"],
        "the group has more members than the service takes: make groups within it",
    ),
    row(
        "tenant-reference-refused",
        &["dn-attributes-failure"],
        "an object that this one names is not in the tenant: mend that one first; the rest was stored, and the next sync tries again",
    ),
    row(
        "tenant-federated-domain",
        &["federateddomainchangeerror"],
        "a sign-in name does not go from one federated domain to another: give the cloud user an onmicrosoft.com name first, then sync again",
    ),
    row(
        "tenant-not-ours",
        &["deletingcloudonlyobjectnotallowed", "error 114", "cloud-only object"],
        "the object in the tenant is not synchronized any more: delete it in the portal, or bring it back into the scope",
    ),
    row(
        "tenant-anchor-changed",
        &["sourceanchor attribute has changed", "sourceanchorhaschanged", "sourceanchor has changed"],
        "the anchor of a synchronized object never changes: give the object its former ms-DS-ConsistencyGuid back",
    ),
    row("tenant-group-has-licences", &["groupwithlicences"], "remove the licences from the group in the portal, then run `samesign sync`"),
    Refusal {
        stops: true,
        ..row("tenant-quota", &["quotaexceeded", "quota"], "the tenant is full: delete objects for good, or have the quota raised")
    },
];

const OTHER: Refusal = row(
    "tenant-refused",
    &[],
    "the service refused this object; mend what its words name in Active Directory or in the tenant, then run `samesign sync`",
);

/// What the service's words mean.
pub fn meaning(words: &str) -> &'static Refusal {
    let words = words.to_lowercase();
    REFUSALS.iter().find(|refusal| refusal.said.iter().any(|said| words.contains(said))).unwrap_or(&OTHER)
}

#[cfg(test)]
mod tests;
