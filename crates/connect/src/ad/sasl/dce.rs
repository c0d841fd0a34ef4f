//! Security of an RPC association: Kerberos in its DCE style of three legs (MS-KILE 3.4.5.4), or NTLM where it is allowed.

use std::net::IpAddr;

use samesign_wire::rpc::auth::{Parts, kind};
use sspi::ntlm::NtlmConfig;
use sspi::{
    AuthIdentityBuffers, ClientRequestFlags, CredentialsBuffers, EncryptionFlags, Kerberos, Ntlm, SecurityBufferFlags, SecurityBufferRef,
    Sspi as _,
};
use zeroize::Zeroizing;

use super::error::{answered, refused};
use super::kdc;
use super::wrap::Opener;
use super::{Kdc, Proof, SaslError, Step, credentials, identity, kerberos, session_key, step, trailer_length};

/// A handshake, and afterwards the seal of every fragment.
pub(crate) struct Security {
    mechanism: Mechanism,
    target: String,
    kdc: Kdc,
    signature_length: usize,
}

enum Mechanism {
    Kerberos { context: Box<Kerberos>, credentials: Option<CredentialsBuffers>, opener: Option<Opener> },
    Ntlm { context: Box<Ntlm>, credentials: Option<AuthIdentityBuffers> },
}

impl Security {
    /// Gets a ticket for `target` (a service principal name) from the KDC and makes the first token of the handshake. Only
    /// where `ntlm` is set, and only when Kerberos cannot be had, that token is one of NTLM.
    pub(crate) async fn begin(
        proof: &Proof<'_>,
        domain: &str,
        target: String,
        kdc: IpAddr,
        ntlm: bool,
    ) -> Result<(Self, Vec<u8>), SaslError> {
        let context = Kerberos::new_client_from_config(kerberos(kdc)).map_err(|error| refused(&error))?;
        let mechanism = Mechanism::Kerberos { context: Box::new(context), credentials: Some(credentials(proof, domain)?), opener: None };
        let kdc = Kdc { address: kdc, or_ntlm: false };
        let mut security = Self { mechanism, target, kdc, signature_length: 0 };
        let absent = match security.step(&[]).await {
            Ok(step) => return Ok((security, step.token)),
            Err(error) => error,
        };
        let Proof::Password { user, password } = proof else { return Err(absent) };
        if !ntlm || !absent.is_absence() {
            return Err(absent);
        }
        tracing::warn!(reason = %absent, "NTLM is used instead of Kerberos, as `ntlm = true` allows");
        let context = Box::new(Ntlm::with_config(NtlmConfig::new(super::COMPUTER.to_owned())));
        security.mechanism = Mechanism::Ntlm { context, credentials: Some(identity(user, password, domain)?) };
        let first = security.step(&[]).await?;
        Ok((security, first.token))
    }

    /// auth_type of the security trailer.
    pub(crate) fn kind(&self) -> u8 {
        match &self.mechanism {
            Mechanism::Kerberos { .. } => kind::KERBEROS,
            Mechanism::Ntlm { .. } => kind::NTLM,
        }
    }

    /// Bytes of `auth_value` of a sealed fragment; known after the handshake.
    pub(crate) fn signature_length(&self) -> usize {
        self.signature_length
    }

    /// The next token for the server, given its last one.
    pub(crate) async fn step(&mut self, token: &[u8]) -> Result<Step, SaslError> {
        let style = ClientRequestFlags::USE_DCE_STYLE;
        match &mut self.mechanism {
            Mechanism::Kerberos { context, credentials, opener } => {
                if let Some(code) = kdc::error_code(token) {
                    return Err(answered(code));
                }
                let step = step(context.as_mut(), credentials, &self.target, style, token, self.kdc).await?;
                if step.done {
                    *credentials = None;
                    *opener = Some(Opener::new(session_key(context.as_ref())?)?);
                    self.signature_length = trailer_length(context.as_mut())?;
                }
                Ok(step)
            }
            Mechanism::Ntlm { context, credentials } => {
                let step = step(context.as_mut(), credentials, &self.target, style, token, self.kdc).await?;
                if step.done {
                    *credentials = None;
                    context.complete_auth_token(&mut []).map_err(|error| refused(&error))?;
                    self.signature_length = trailer_length(context.as_mut())?;
                }
                Ok(step)
            }
        }
    }

    /// Signs a fragment and seals its stub, in place.
    pub(crate) fn seal(&mut self, parts: Parts<'_>) -> Result<(), SaslError> {
        let mut buffers = buffers(parts);
        let sealed = match &mut self.mechanism {
            Mechanism::Kerberos { context, .. } => context.encrypt_message(EncryptionFlags::empty(), &mut buffers),
            Mechanism::Ntlm { context, .. } => context.encrypt_message(EncryptionFlags::empty(), &mut buffers),
        };
        sealed.map(drop).map_err(|error| refused(&error))
    }

    /// Verifies a fragment, opens its stub in place, and makes sure that it is the next one.
    pub(crate) fn open(&mut self, parts: Parts<'_>) -> Result<(), SaslError> {
        match &mut self.mechanism {
            Mechanism::Kerberos { opener, .. } => {
                let opener = opener.as_mut().ok_or(SaslError::Wrap)?;
                let plain = opener.open(&[parts.auth_value, parts.sealed], [parts.header, parts.trailer])?;
                if plain.len() != parts.sealed.len() {
                    return Err(SaslError::Wrap);
                }
                parts.sealed.copy_from_slice(&plain);
                Ok(())
            }
            // `sspi` checks the sequence number of NTLM itself.
            Mechanism::Ntlm { context, .. } => context.decrypt_message(&mut buffers(parts)).map(drop).map_err(|_| SaslError::Wrap),
        }
    }

    /// The key from which the two sides derive keys of their own.
    pub(crate) fn session_key(&self) -> Result<Zeroizing<Vec<u8>>, SaslError> {
        match &self.mechanism {
            Mechanism::Kerberos { context, .. } => session_key(context.as_ref()),
            Mechanism::Ntlm { context, .. } => session_key(context.as_ref()),
        }
    }
}

/// The order of the buffers is the order in which the signature covers them.
fn buffers(parts: Parts<'_>) -> [SecurityBufferRef<'_>; 4] {
    let signed = SecurityBufferFlags::SECBUFFER_READONLY_WITH_CHECKSUM;
    [
        SecurityBufferRef::data_buf(parts.header).with_flags(signed),
        SecurityBufferRef::data_buf(parts.sealed),
        SecurityBufferRef::data_buf(parts.trailer).with_flags(signed),
        SecurityBufferRef::token_buf(parts.auth_value),
    ]
}
