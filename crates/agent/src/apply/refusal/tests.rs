use super::*;

#[test]
fn every_documented_refusal_has_a_finding_of_its_own() {
    let cases = [
        ("InvalidHardMatch: Hard match with cloud user ana is blocked in this tenant", "tenant-hard-match-blocked", true, false),
        ("InvalidHardMatch: blocked by security hardening: it holds an administrator role.", "tenant-hard-match-hardened", true, false),
        ("InvalidSoftMatch: it is already connected", "tenant-soft-match-refused", true, false),
        ("ExistingAdminRoleConflict: Existing Admin Role Conflict", "tenant-admin-role", true, false),
        ("ObjectTypeMismatch: it is a group", "tenant-other-class", false, false),
        ("AttributeValueMustBeUnique: [ProxyAddresses smtp:a@b]", "tenant-value-not-unique", false, false),
        ("IdentityDataValidationFailed: the value", "tenant-bad-value", false, false),
        ("LargeObject: too large", "tenant-object-too-large", false, false),
        ("ExceededAllowedLength: 120", "tenant-object-too-large", false, false),
        ("MaximumGroupMemberCount: 250000", "tenant-group-too-large", false, false),
        ("dn-attributes-failure: member", "tenant-reference-refused", false, false),
        ("FederatedDomainChangeError: no", "tenant-federated-domain", false, false),
        ("DeletingCloudOnlyObjectNotAllowed", "tenant-not-ours", false, false),
        ("SourceAnchor attribute has changed", "tenant-anchor-changed", false, false),
        ("GroupWithLicences: no", "tenant-group-has-licences", false, false),
        ("Directory_QuotaExceeded: full", "tenant-quota", false, true),
        ("something new", "tenant-refused", false, false),
    ];
    for (words, code, blocks, stops) in cases {
        let meaning = meaning(words);
        assert_eq!((meaning.code, meaning.blocks, meaning.stops), (code, blocks, stops), "{words}");
        assert!(!meaning.mend.is_empty());
    }
}
