//! The settings that a domain gets: where its people sign in, and which keys are believed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use samesign_agent::connect::entra::DomainFederation;
use samesign_federation::Protocol;
use samesign_federation::claims::issuer_of;
use samesign_federation::keys::KeyRing;
use samesign_federation::metadata::{ACTIVE_2005, MEX, PASSIVE};

use crate::config::Federation;

/// The settings for one domain.
pub fn wanted(domain: &str, federation: &Federation, keys: &KeyRing) -> DomainFederation {
    let at = |path: &str| format!("{}{path}", federation.origin);
    // Programs sign in by WS-Trust, which a domain of the SAML protocol does not offer them.
    let for_programs = |path: &str| (federation.protocol == Protocol::WsFederation).then(|| at(path));
    DomainFederation {
        id: String::new(),
        display_name: Some(federation.host.clone()),
        issuer_uri: issuer_of(domain),
        passive_sign_in_uri: at(PASSIVE),
        active_sign_in_uri: for_programs(ACTIVE_2005),
        metadata_exchange_uri: for_programs(MEX),
        sign_out_uri: Some(at(PASSIVE)),
        signing_certificate: base64(keys.current().certificate_der()),
        next_signing_certificate: other(keys),
        preferred_authentication_protocol: Some(
            match federation.protocol {
                Protocol::WsFederation => "wsFed",
                Protocol::Saml => "saml",
            }
            .to_owned(),
        ),
        prompt_login_behavior: Some("translateToFreshPasswordAuthentication".to_owned()),
        is_signed_authentication_request_required: Some(false),
        // The service knows no second factor, so that nobody with a stolen key can pretend that there was one.
        federated_idp_mfa_behavior: Some("rejectMfaByFederatedIdp".to_owned()),
    }
}

/// The second certificate that the tenant believes: that of the next key, else that of the last one as long as tokens of it may be
/// on their way.
pub fn other(keys: &KeyRing) -> Option<String> {
    let last = || keys.retired().into_iter().max_by_key(|(since, _)| *since).map(|(_, certificate)| certificate);
    keys.next().or_else(last).map(|certificate| base64(&certificate))
}

/// A certificate as Graph takes it.
pub fn base64(certificate: &[u8]) -> String {
    STANDARD.encode(certificate)
}

/// The thumbprint of a certificate in Base64; of one that cannot be read, what it is.
pub fn thumbprint(certificate: &str) -> String {
    match STANDARD.decode(certificate.as_bytes()) {
        Ok(der) => samesign_federation::keys::thumbprint_of(&der),
        Err(_) => "not a certificate".to_owned(),
    }
}

/// Whether two settings mean the same: the service's own name for them does not matter.
pub fn same(one: &DomainFederation, other: &DomainFederation) -> bool {
    let plain = |settings: &DomainFederation| DomainFederation { id: String::new(), ..settings.clone() };
    plain(one) == plain(other)
}

/// What differs between two settings, for people: name, before, after. Certificates by their thumbprint.
pub fn differences(before: Option<&DomainFederation>, after: Option<&DomainFederation>) -> Vec<(&'static str, String, String)> {
    let (before, after) = (before.map(rows).unwrap_or_default(), after.map(rows).unwrap_or_default());
    let named = |rows: &[(&'static str, String)], name| rows.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let mut names: Vec<&'static str> = before.iter().map(|(name, _)| *name).collect();
    names.extend(after.iter().map(|(name, _)| *name));
    names.sort_unstable();
    names.dedup();
    let pairs = names.into_iter().map(|name| (name, named(&before, name).unwrap_or_default(), named(&after, name).unwrap_or_default()));
    pairs.filter(|(_, before, after)| before != after).collect()
}

fn rows(settings: &DomainFederation) -> Vec<(&'static str, String)> {
    let DomainFederation {
        id: _,
        display_name,
        issuer_uri,
        passive_sign_in_uri,
        active_sign_in_uri,
        sign_out_uri,
        metadata_exchange_uri,
        signing_certificate,
        next_signing_certificate,
        preferred_authentication_protocol,
        prompt_login_behavior,
        is_signed_authentication_request_required,
        federated_idp_mfa_behavior,
    } = settings;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    vec![
        ("displayName", text(display_name)),
        ("issuerUri", issuer_uri.clone()),
        ("passiveSignInUri", passive_sign_in_uri.clone()),
        ("activeSignInUri", text(active_sign_in_uri)),
        ("signOutUri", text(sign_out_uri)),
        ("metadataExchangeUri", text(metadata_exchange_uri)),
        ("signingCertificate", thumbprint(signing_certificate)),
        ("nextSigningCertificate", next_signing_certificate.as_deref().map(thumbprint).unwrap_or_default()),
        ("preferredAuthenticationProtocol", text(preferred_authentication_protocol)),
        ("promptLoginBehavior", text(prompt_login_behavior)),
        ("isSignedAuthenticationRequestRequired", is_signed_authentication_request_required.unwrap_or_default().to_string()),
        ("federatedIdpMfaBehavior", text(federated_idp_mfa_behavior)),
    ]
}
