//! The TLS handshake, recorded: version, cipher, the whole chain, and the verdict on it. Certificates are always verified.

use std::sync::{Arc, OnceLock};

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::verifier::Verifier;
use super::{Recorder, Trust, fault, tls_fault};
use crate::domain::smtp::evidence::{Fault, TlsFault};
use crate::domain::smtp::transcript::TlsRecord;

/// Octets of a file of certificates or of a key.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// Why TLS cannot be set up; each line names its setting.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file that cannot be read.
    #[error("smtp.{setting} = \"{path}\" cannot be read: {cause}")]
    File {
        /// The name of the setting.
        setting: &'static str,
        /// As in the settings.
        path: std::path::PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A file that holds something else.
    #[error("smtp.{setting} = \"{path}\" holds no {what} in PEM")]
    Content {
        /// The name of the setting.
        setting: &'static str,
        /// As in the settings.
        path: std::path::PathBuf,
        /// What should be in it.
        what: &'static str,
    },
    /// Roots given as text that are none.
    #[error("the given certificates are none")]
    Text,
    /// The key does not belong to the certificate, or there is no root at all.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// What one handshake needs; reading it again is cheap next to a handshake.
pub struct Material {
    provider: Arc<CryptoProvider>,
    roots: Arc<RootCertStore>,
    pinned: Arc<[CertificateDer<'static>]>,
    client: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl Material {
    /// Reads the files.
    ///
    /// # Errors
    /// With a line for the operator.
    pub fn read(trust: &Trust) -> Result<Self, TrustError> {
        let mut own = Vec::new();
        if let Some(path) = &trust.ca_file {
            own = certificates("ca_file", path)?;
        }
        if let Some(pem) = &trust.ca_pem {
            let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
            let read = read.ok().filter(|read| !read.is_empty());
            own.extend(read.ok_or(TrustError::Text)?);
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(system_roots().iter().cloned());
        roots.add_parsable_certificates(own.iter().cloned());
        let client = match &trust.client {
            None => None,
            Some((certificate, key)) => {
                let chain = certificates("client_cert", certificate)?;
                let pem = read("client_key", key)?;
                let private = PrivateKeyDer::from_pem_slice(&pem);
                let private = private.map_err(|_| TrustError::Content {
                    setting: "client_key",
                    path: key.clone(),
                    what: "private key",
                })?;
                Some((chain, private))
            }
        };
        Ok(Self {
            provider: Arc::new(ring::default_provider()),
            roots: Arc::new(roots),
            pinned: own.into(),
            client,
        })
    }

    fn client_config(&self) -> Result<(ClientConfig, Arc<Verifier>), TrustError> {
        let setup = |error: tokio_rustls::rustls::Error| TrustError::Setup(error.to_string());
        let verifier = Verifier::new(self.roots.clone(), self.pinned.clone(), &self.provider);
        let verifier = Arc::new(verifier.map_err(setup)?);
        let builder = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(setup)?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone());
        let config = match &self.client {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => builder
                .with_client_auth_cert(chain.clone(), key.clone_key())
                .map_err(setup)?,
        };
        Ok((config, verifier))
    }
}

/// Whether TLS could be set up with these files.
///
/// # Errors
/// With a line for the operator.
pub fn check(trust: &Trust) -> Result<(), TrustError> {
    Material::read(trust)?.client_config().map(|_| ())
}

/// Shakes hands and records how that went, against the name `host`.
pub async fn handshake(
    stream: TcpStream,
    host: &str,
    trust: &Trust,
    recorder: &Recorder,
    ends: Instant,
) -> Result<TlsStream<TcpStream>, Fault> {
    let ours = |error: String| Fault::Tls(TlsFault::Other(error));
    let (config, verifier) = Material::read(trust)
        .and_then(|material| material.client_config())
        .map_err(|error| ours(error.to_string()))?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(bare.trim_end_matches('.').to_owned());
    let name = name.map_err(|_| ours(format!("{bare} is no name that a certificate can have")))?;
    let mut record = TlsRecord {
        version: None,
        cipher: None,
        expected_name: bare.to_owned(),
        name_matches: false,
        trusted: false,
        fault: None,
        chain: Vec::new(),
    };
    let connector = TlsConnector::from(Arc::new(config));
    let ended = timeout_at(ends, connector.connect(name, stream)).await;
    let seen = verifier.seen();
    (record.trusted, record.name_matches) = (seen.trusted, seen.name_matches);
    let ended = match ended {
        Err(_) => Err(Fault::Silent),
        Ok(Err(error)) => Err(match fault::of_rustls(&error) {
            Some(tls) => Fault::Tls(tls_fault::of(tls, &seen.chain)),
            None => fault::of_io(&error),
        }),
        Ok(Ok(stream)) => Ok(stream),
    };
    record.chain = seen.chain;
    match &ended {
        Ok(stream) => {
            let (_, session) = stream.get_ref();
            record.version = session
                .protocol_version()
                .map(|v| version(&format!("{v:?}")));
            let suite = session.negotiated_cipher_suite();
            record.cipher = suite.map(|suite| format!("{:?}", suite.suite()));
        }
        Err(Fault::Tls(fault)) => record.fault = Some(fault.clone()),
        Err(_) => {}
    }
    recorder.tls(record);
    ended
}

/// `TLSv1_3` as people write it.
fn version(name: &str) -> String {
    name.replace('_', ".")
}

/// Read once for each run: there are some hundred of them.
fn system_roots() -> &'static [CertificateDer<'static>] {
    static ROOTS: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs();
        if found.certs.is_empty() {
            tracing::warn!(
                "this system has no certificate authorities: only smtp.ca_file is trusted"
            );
        }
        found.certs
    })
}

fn certificates(
    setting: &'static str,
    path: &std::path::Path,
) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let pem = read(setting, path)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    // A file without any certificate parses as an empty list, which would change nothing without a word.
    let read = read.ok().filter(|read| !read.is_empty());
    read.ok_or_else(|| TrustError::Content {
        setting,
        path: path.to_owned(),
        what: "certificates",
    })
}

fn read(setting: &'static str, path: &std::path::Path) -> Result<Vec<u8>, TrustError> {
    let unreadable = |cause| TrustError::File {
        setting,
        path: path.to_owned(),
        cause,
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > MAX_FILE {
        return Err(unreadable(std::io::ErrorKind::FileTooLarge.into()));
    }
    std::fs::read(path).map_err(unreadable)
}
