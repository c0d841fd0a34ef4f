//! Kerberos (and, where allowed, NTLM) by `sspi`: tokens for a GSS-SPNEGO bind of LDAP, then signing and sealing of the
//! session; [`dce`] does the same for RPC.
//!
//! The only module that knows `sspi`. The package list names Kerberos alone unless the configuration allows NTLM, so a
//! Kerberos that does not work is an error and never a silent fallback. Only AES tickets and keys are taken.

pub(crate) mod dce;
mod error;
mod kdc;
mod wrap;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use samesign_wire::Secret;
use sspi::generator::{GeneratorInitSecurityContext, GeneratorState};
use sspi::{
    BufferType, ClientRequestFlags, CredentialsBuffers, DataRepresentation, EncryptionFlags, InitializeSecurityContextResult,
    KerberosConfig, KeytabIdentity, Negotiate, NegotiateConfig, SecurityBuffer, SecurityBufferRef, SecurityStatus, Sspi, SspiImpl,
    Username, Utf16String,
};
use zeroize::Zeroizing;

use super::credential::is_blank;
use super::keytab::Key;
pub use error::SaslError;
use error::refused;
use wrap::Opener;

/// Room for the security trailer: 60 bytes and the filler for Kerberos, 16 for NTLM.
const TRAILER_MAX: usize = 76;
/// What we call ourselves. The name of this computer is nobody's business.
const COMPUTER: &str = "samesign";

/// What the account proves itself with.
pub(crate) enum Proof<'a> {
    Password { user: &'a str, password: &'a Secret },
    Key(&'a Key),
}

/// A handshake, and afterwards the seal of the session.
pub(crate) struct SecurityLayer {
    context: Negotiate,
    credentials: Option<CredentialsBuffers>,
    target: String,
    kdc: Kdc,
    /// Opens what the server seals with Kerberos; NTLM is opened by `sspi`.
    opener: Option<Opener>,
}

/// Which Kerberos service is asked, and what is done when it does not answer.
#[derive(Clone, Copy)]
struct Kdc {
    address: IpAddr,
    /// Tell `sspi` of a failure, so that it goes on with NTLM, which it does only when the package list has it.
    or_ntlm: bool,
}

impl SecurityLayer {
    /// Begins. `target` is the service principal name (`ldap/dc1.corp.example.com`), `kdc` the domain controller itself.
    pub(crate) fn new(proof: &Proof<'_>, domain: &str, target: String, kdc: IpAddr, ntlm: bool) -> Result<Self, SaslError> {
        let packages = if ntlm { "kerberos,ntlm,!pku2u" } else { "kerberos,!ntlm,!pku2u" };
        let config = NegotiateConfig::new(Box::new(kerberos(kdc)), Some(packages.to_owned()), COMPUTER.to_owned());
        let context = Negotiate::new_client(config).map_err(|error| refused(&error))?;
        let kdc = Kdc { address: kdc, or_ntlm: ntlm };
        Ok(Self { context, credentials: Some(credentials(proof, domain)?), target, kdc, opener: None })
    }

    /// The next token for the server, given its last one.
    pub(crate) async fn step(&mut self, token: &[u8]) -> Result<Step, SaslError> {
        let step = step(&mut self.context, &mut self.credentials, &self.target, ClientRequestFlags::empty(), token, self.kdc).await?;
        if step.done {
            self.credentials = None;
            if self.context.negotiated_protocol().is_kerberos() {
                self.opener = Some(Opener::new(session_key(&self.context)?)?);
            }
        }
        Ok(step)
    }

    /// Seals a message: the wrap token that goes out behind its length.
    pub(crate) fn seal(&mut self, message: &[u8]) -> Result<Vec<u8>, SaslError> {
        let mut trailer = [0_u8; TRAILER_MAX];
        let mut data = message.to_vec();
        let size = trailer_length(&mut self.context)?;
        let mut buffers =
            [SecurityBufferRef::token_buf(trailer.get_mut(..size).ok_or(SaslError::Wrap)?), SecurityBufferRef::data_buf(&mut data)];
        self.context.encrypt_message(EncryptionFlags::empty(), &mut buffers).map_err(|error| refused(&error))?;
        let [token, data] = buffers;
        Ok([token.data(), data.data()].concat())
    }

    /// Opens a wrap token and appends what is in it to `message`.
    pub(crate) fn unseal(&mut self, token: &mut [u8], message: &mut impl Extend<u8>) -> Result<(), SaslError> {
        if let Some(opener) = &mut self.opener {
            message.extend(opener.open(&[token], [&[], &[]])?.iter().copied());
            return Ok(());
        }
        let mut buffers = [SecurityBufferRef::stream_buf(token), SecurityBufferRef::data_buf(&mut [])];
        self.context.decrypt_message(&mut buffers).map_err(|_| SaslError::Wrap)?;
        let [_, data] = buffers;
        message.extend(data.data().iter().copied());
        Ok(())
    }
}

/// One step of a handshake: what is to be sent, and whether nothing more is expected.
pub(crate) struct Step {
    pub(crate) token: Vec<u8>,
    pub(crate) done: bool,
}

fn kerberos(kdc: IpAddr) -> KerberosConfig {
    let bracketed = if kdc.is_ipv6() { format!("[{kdc}]") } else { kdc.to_string() };
    KerberosConfig::new_with_kdc_url(&format!("tcp://{bracketed}:88"), COMPUTER.to_owned())
}

/// One step of a handshake of whichever package; what it wants to ask a KDC is asked.
async fn step<S>(
    context: &mut S,
    credentials: &mut S::CredentialsHandle,
    target: &str,
    requirements: ClientRequestFlags,
    token: &[u8],
    kdc: Kdc,
) -> Result<Step, SaslError>
where
    S: Sspi + SspiImpl,
{
    let mut input = [SecurityBuffer::new(token.to_vec(), BufferType::Token)];
    let mut output = [SecurityBuffer::new(Vec::new(), BufferType::Token)];
    let status = {
        let mut builder = context
            .initialize_security_context()
            .with_credentials_handle(credentials)
            .with_context_requirements(
                requirements
                    | ClientRequestFlags::MUTUAL_AUTH
                    | ClientRequestFlags::INTEGRITY
                    | ClientRequestFlags::CONFIDENTIALITY
                    | ClientRequestFlags::REPLAY_DETECT
                    | ClientRequestFlags::SEQUENCE_DETECT,
            )
            .with_target_data_representation(DataRepresentation::Native)
            .with_target_name(target)
            .with_input(&mut input)
            .with_output(&mut output);
        let mut steps = context.initialize_security_context_impl(&mut builder).map_err(|error| refused(&error))?;
        drive(&mut steps, kdc).await?.status
    };
    let [token] = output;
    match status {
        SecurityStatus::Ok | SecurityStatus::CompleteNeeded => Ok(Step { token: token.buffer, done: true }),
        SecurityStatus::ContinueNeeded => Ok(Step { token: token.buffer, done: false }),
        other => Err(SaslError::Refused(format!("the handshake stopped ({other:?})"))),
    }
}

/// Runs a handshake step to its end; whatever it wants to ask goes to the key distribution centre of this domain controller.
async fn drive(steps: &mut GeneratorInitSecurityContext<'_>, kdc: Kdc) -> Result<InitializeSecurityContextResult, SaslError> {
    let mut state = steps.start();
    loop {
        match state {
            GeneratorState::Suspended(request) => {
                let asked = request.url.host_str().unwrap_or_default().trim_matches(['[', ']']);
                if asked.parse() != Ok(kdc.address) {
                    return Err(SaslError::OtherRealm(asked.to_owned()));
                }
                let answer = match kdc::ask(kdc.address, &request.data).await {
                    Ok(answer) => Ok(kdc::strong(answer)?),
                    Err(error) if kdc.or_ntlm => Err(sspi::Error::new(sspi::ErrorKind::NoAuthenticatingAuthority, error.to_string())),
                    Err(error) => return Err(SaslError::Kdc(error)),
                };
                state = steps.resume(answer);
            }
            GeneratorState::Completed(result) => return result.map_err(|error| refused(&error)),
        }
    }
}

/// The key that protects the session (with Kerberos the acceptor's subkey).
fn session_key(context: &impl Sspi) -> Result<Zeroizing<Vec<u8>>, SaslError> {
    let keys = context.query_context_session_key().map_err(|error| refused(&error))?;
    Ok(Zeroizing::new(keys.session_key.as_ref().clone()))
}

fn trailer_length(context: &mut impl Sspi) -> Result<usize, SaslError> {
    let size = context.query_context_sizes().map_err(|error| refused(&error))?.security_trailer;
    usize::try_from(size).ok().filter(|size| *size <= TRAILER_MAX).ok_or(SaslError::Wrap)
}

/// The realm is that of the domain, whatever the suffix of the user principal name is.
fn credentials(proof: &Proof<'_>, domain: &str) -> Result<CredentialsBuffers, SaslError> {
    match proof {
        Proof::Password { user, password } => Ok(CredentialsBuffers::AuthIdentity(identity(user, password, domain)?)),
        Proof::Key(key) => {
            let principal = Username::new(&key.account, Some(&key.realm)).map_err(|_| SaslError::User(key.account.clone()))?;
            let key_enctype = usize::from(key.encryption_type).try_into().map_err(|_| SaslError::User(key.account.clone()))?;
            Ok(CredentialsBuffers::Keytab(KeytabIdentity { principal, key: key.secret.clone().into(), key_enctype }))
        }
    }
}

fn identity(user: &str, password: &Secret, domain: &str) -> Result<sspi::AuthIdentityBuffers, SaslError> {
    if is_blank(password) {
        return Err(SaslError::Refused("the password is empty".to_owned()));
    }
    let account = user.rsplit_once('\\').map_or(user, |(_, account)| account);
    let utf16 = |text: &str| Utf16String::from_str(text);
    Ok(sspi::AuthIdentityBuffers::new(utf16(account), utf16(domain), utf16(password.expose())))
}
