//! Kerberos (and, where allowed, NTLM) by `sspi`: tokens for a GSS-SPNEGO bind, then signing and sealing of the session.
//!
//! The only module that knows `sspi`. The package list names Kerberos alone unless the configuration allows NTLM, so a
//! Kerberos that does not work is an error and never a silent fallback.

use std::net::IpAddr;

use sspi::generator::{GeneratorInitSecurityContext, GeneratorState};
use sspi::{
    BufferType, ClientRequestFlags, CredentialsBuffers, DataRepresentation, EncryptionFlags, InitializeSecurityContextResult,
    KerberosConfig, KeytabIdentity, Negotiate, NegotiateConfig, SecurityBuffer, SecurityBufferRef, SecurityStatus, Sspi as _,
    SspiImpl as _, Username, Utf16String,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::credential::is_blank;
use super::keytab::Key;
use samesign_wire::Secret;

/// The longest answer of a KDC that is accepted, in bytes.
const KDC_ANSWER_MAX: u32 = 1024 * 1024;
/// A wrap token's header (RFC 4121 4.2.6.2).
const WRAP_HEADER: usize = 16;
/// What Kerberos rotates the token by when it seals (MS-KILE 3.4.5.4.1); `sspi` relies on it.
const WRAP_ROTATION: u16 = 28;
/// Filler that a sealed token may carry, at most one AES block.
const WRAP_FILLER_MAX: u16 = 16;
/// Room for the security trailer: 60 bytes and the filler for Kerberos, 16 for NTLM.
const TRAILER_MAX: usize = 76;

/// Kerberos or NTLM failed.
#[derive(Debug, thiserror::Error)]
pub enum SaslError {
    /// The account name cannot be used.
    #[error("\"{0}\" is not an account name: write account@domain")]
    User(String),
    /// The key distribution centre cannot be reached.
    #[error("cannot reach the Kerberos service (port 88) of the domain controller")]
    Kdc(#[source] std::io::Error),
    /// A ticket of another realm would be needed.
    #[error("the account or the service is in another Kerberos realm ({0}), which is not supported: use an account of this domain")]
    OtherRealm(String),
    /// The account was refused; another domain controller would only count it towards a lockout.
    #[error("{0}")]
    Credentials(&'static str),
    /// The package refused; the text is what it or the server said.
    #[error("{0}")]
    Refused(String),
    /// A sealed message that is not one.
    #[error("a sealed message is malformed")]
    Wrap,
}

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
    kdc: IpAddr,
    ntlm: bool,
    kerberos: bool,
}

impl SecurityLayer {
    /// Begins. `target` is the service principal name (`ldap/dc1.corp.example.com`), `kdc` the domain controller itself.
    pub(crate) fn new(proof: &Proof<'_>, domain: &str, target: String, kdc: IpAddr, ntlm: bool) -> Result<Self, SaslError> {
        let computer = "samesign".to_owned();
        let kerberos = KerberosConfig::new_with_kdc_url(&format!("tcp://{}:88", bracketed(kdc)), computer.clone());
        let packages = if ntlm { "kerberos,ntlm,!pku2u" } else { "kerberos,!ntlm,!pku2u" };
        let config = NegotiateConfig::new(Box::new(kerberos), Some(packages.to_owned()), computer);
        let context = Negotiate::new_client(config).map_err(refused)?;
        Ok(Self { context, credentials: Some(credentials(proof, domain)?), target, kdc, ntlm, kerberos: true })
    }

    /// The next token for the server, given its last one; `None` when the handshake is over and nothing is left to say.
    pub(crate) async fn step(&mut self, token: &[u8]) -> Result<Step, SaslError> {
        let mut input = [SecurityBuffer::new(token.to_vec(), BufferType::Token)];
        let mut output = [SecurityBuffer::new(Vec::new(), BufferType::Token)];
        let (kdc, ntlm) = (self.kdc, self.ntlm);
        let status = {
            let mut builder = self
                .context
                .initialize_security_context()
                .with_credentials_handle(&mut self.credentials)
                .with_context_requirements(
                    ClientRequestFlags::MUTUAL_AUTH
                        | ClientRequestFlags::INTEGRITY
                        | ClientRequestFlags::CONFIDENTIALITY
                        | ClientRequestFlags::REPLAY_DETECT
                        | ClientRequestFlags::SEQUENCE_DETECT,
                )
                .with_target_data_representation(DataRepresentation::Native)
                .with_target_name(&self.target)
                .with_input(&mut input)
                .with_output(&mut output);
            let mut steps = self.context.initialize_security_context_impl(&mut builder).map_err(refused)?;
            drive(&mut steps, kdc, ntlm).await?.status
        };
        let [token] = output;
        match status {
            SecurityStatus::Ok => {
                self.kerberos = self.context.negotiated_protocol().is_kerberos();
                self.credentials = None;
                Ok(Step { token: token.buffer, done: true })
            }
            SecurityStatus::ContinueNeeded => Ok(Step { token: token.buffer, done: false }),
            other => Err(SaslError::Refused(format!("the handshake stopped ({other:?})"))),
        }
    }

    /// Seals a message: the wrap token that goes out behind its length.
    pub(crate) fn seal(&mut self, message: &[u8]) -> Result<Vec<u8>, SaslError> {
        let mut trailer = [0_u8; TRAILER_MAX];
        let mut data = message.to_vec();
        let size = self.context.query_context_sizes().map_err(refused)?.security_trailer;
        let size = usize::try_from(size).ok().filter(|size| *size <= TRAILER_MAX).ok_or(SaslError::Wrap)?;
        let mut buffers =
            [SecurityBufferRef::token_buf(trailer.get_mut(..size).ok_or(SaslError::Wrap)?), SecurityBufferRef::data_buf(&mut data)];
        self.context.encrypt_message(EncryptionFlags::empty(), &mut buffers).map_err(refused)?;
        let [token, data] = buffers;
        Ok([token.data(), data.data()].concat())
    }

    /// Opens a wrap token and appends what is in it to `message`.
    pub(crate) fn unseal(&mut self, token: &mut [u8], message: &mut impl Extend<u8>) -> Result<(), SaslError> {
        if self.kerberos {
            check_wrap(token)?;
        }
        let mut buffers = [SecurityBufferRef::stream_buf(token), SecurityBufferRef::data_buf(&mut [])];
        self.context.decrypt_message(&mut buffers).map_err(refused)?;
        let [_, data] = buffers;
        message.extend(data.data().iter().copied());
        Ok(())
    }
}

/// One step of a handshake.
pub(crate) struct Step {
    pub(crate) token: Vec<u8>,
    pub(crate) done: bool,
}

fn bracketed(address: IpAddr) -> String {
    if address.is_ipv6() { format!("[{address}]") } else { address.to_string() }
}

/// What `sspi` says, in our words where an administrator can do something about it (the texts are those of RFC 4120 7.5.9).
fn refused(error: sspi::Error) -> SaslError {
    let said = error.description;
    let known = |text: &str| said.starts_with(text);
    if known("pre-authentication information was invalid") {
        return SaslError::Credentials("the password (or the key in the keytab) is wrong: set it again, and export the keytab anew");
    }
    if known("client not found in Kerberos database") {
        return SaslError::Credentials("there is no such account: check `user` in [source]");
    }
    if known("clients credentials have been revoked") {
        return SaslError::Credentials("the account is disabled, expired or locked out");
    }
    if known("password has expired") {
        return SaslError::Credentials("the password has expired: set a new one, best one that never expires");
    }
    let (text, _data) = said.split_once(". Additional error").unwrap_or((&said, ""));
    SaslError::Refused(format!("Kerberos failed: {text}"))
}

/// The realm is that of the domain, whatever the suffix of the user principal name is.
fn credentials(proof: &Proof<'_>, domain: &str) -> Result<CredentialsBuffers, SaslError> {
    match proof {
        Proof::Password { password, .. } if is_blank(password) => Err(SaslError::Refused("the password is empty".to_owned())),
        Proof::Password { user, password } => {
            let account = user.rsplit_once('\\').map_or(*user, |(_, account)| account);
            let utf16 = |text: &str| Utf16String::from_str(text);
            Ok(CredentialsBuffers::AuthIdentity(sspi::AuthIdentityBuffers::new(utf16(account), utf16(domain), utf16(password.expose()))))
        }
        Proof::Key(key) => {
            let principal = Username::new(&key.account, Some(&key.realm)).map_err(|_| SaslError::User(key.account.clone()))?;
            let key_enctype = usize::from(key.encryption_type).try_into().map_err(|_| SaslError::User(key.account.clone()))?;
            Ok(CredentialsBuffers::Keytab(KeytabIdentity { principal, key: key.secret.clone().into(), key_enctype }))
        }
    }
}

/// Runs a handshake step to its end; whatever it wants to ask goes to the key distribution centre of this domain controller.
async fn drive(
    steps: &mut GeneratorInitSecurityContext<'_>,
    kdc: IpAddr,
    ntlm: bool,
) -> Result<InitializeSecurityContextResult, SaslError> {
    let mut state = steps.start();
    loop {
        match state {
            GeneratorState::Suspended(request) => {
                let asked = request.url.host_str().unwrap_or_default().trim_matches(['[', ']']);
                if asked.parse() != Ok(kdc) {
                    return Err(SaslError::OtherRealm(asked.to_owned()));
                }
                let answer = match ask(kdc, &request.data).await {
                    Ok(answer) => Ok(answer),
                    // `sspi` goes on with NTLM when it hears this, and only when the package list has it.
                    Err(error) if ntlm => Err(sspi::Error::new(sspi::ErrorKind::NoAuthenticatingAuthority, error.to_string())),
                    Err(error) => return Err(SaslError::Kdc(error)),
                };
                state = steps.resume(answer);
            }
            GeneratorState::Completed(result) => return result.map_err(refused),
        }
    }
}

/// One exchange with a KDC over TCP (RFC 4120 7.2.2): both messages carry their length in four bytes.
async fn ask(kdc: IpAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let exchange = async {
        let mut socket = TcpStream::connect((kdc, 88)).await?;
        socket.write_all(request).await?;
        let length = socket.read_u32().await?;
        if length > KDC_ANSWER_MAX {
            return Err(std::io::Error::other("the answer of the KDC is too long"));
        }
        let mut answer = length.to_be_bytes().to_vec();
        socket.take(u64::from(length)).read_to_end(&mut answer).await?;
        Ok(answer)
    };
    match tokio::time::timeout(super::transport::HANDSHAKE_TIMEOUT, exchange).await {
        Ok(result) => result,
        Err(_) => Err(std::io::ErrorKind::TimedOut.into()),
    }
}

/// Makes sure that a token is sealed and long enough for what `sspi` does with it: it rotates by fields of the header unasked.
pub(crate) fn check_wrap(token: &[u8]) -> Result<(), SaslError> {
    let [0x05, 0x04, flags, 0xff, ec0, ec1, rrc0, rrc1, ..] = token else { return Err(SaslError::Wrap) };
    let (filler, rotation) = (u16::from_be_bytes([*ec0, *ec1]), u16::from_be_bytes([*rrc0, *rrc1]));
    let sealed = flags & 0b10 != 0;
    let shortest = WRAP_HEADER + usize::from(WRAP_ROTATION) + WRAP_HEADER + usize::from(filler);
    if !sealed || rotation != WRAP_ROTATION || filler > WRAP_FILLER_MAX || token.len() < shortest {
        return Err(SaslError::Wrap);
    }
    Ok(())
}
