//! Verifies a server's certificate as the TLS library does, and notes the whole chain first, so that a refusal still shows it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::{
    WebPkiServerVerifier, verify_server_cert_signed_by_trust_anchor, verify_server_name,
};
use tokio_rustls::rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

use super::certificate::{self, MAX_CHAIN};
use crate::domain::smtp::transcript::CertificateRecord;

/// What the server showed.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub chain: Vec<CertificateRecord>,
    /// Whether the chain leads to a root of ours, whatever the name and the dates.
    pub trusted: bool,
    pub name_matches: bool,
}

/// For one handshake.
#[derive(Debug)]
pub struct Verifier {
    inner: Arc<WebPkiServerVerifier>,
    roots: Arc<RootCertStore>,
    /// Certificates that the operator has put into a file as they are: a server may show one of them as its own.
    pinned: Arc<[CertificateDer<'static>]>,
    algorithms: WebPkiSupportedAlgorithms,
    seen: Mutex<Seen>,
}

impl Verifier {
    /// # Errors
    /// When there are no roots at all.
    pub fn new(
        roots: Arc<RootCertStore>,
        pinned: Arc<[CertificateDer<'static>]>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        let inner =
            WebPkiServerVerifier::builder_with_provider(roots.clone(), provider.clone()).build();
        Ok(Self {
            inner: inner.map_err(|error| Error::Other(OtherError(Arc::new(error))))?,
            roots,
            pinned,
            algorithms: provider.signature_verification_algorithms,
            seen: Mutex::default(),
        })
    }

    /// What was seen until now.
    pub fn seen(&self) -> Seen {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) {
        let chain = std::iter::once(leaf).chain(rest).take(MAX_CHAIN);
        let records = chain.map(|der| certificate::record(der, now)).collect();
        let parsed = ParsedCertificate::try_from(leaf);
        let seen = Seen {
            chain: records,
            trusted: self.is_pinned(leaf)
                || parsed
                    .as_ref()
                    .is_ok_and(|parsed| self.is_trusted(parsed, leaf, rest, now)),
            name_matches: parsed.is_ok_and(|parsed| verify_server_name(&parsed, name).is_ok()),
        };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    }

    fn is_pinned(&self, leaf: &CertificateDer<'_>) -> bool {
        self.pinned
            .iter()
            .any(|pinned| pinned.as_ref() == leaf.as_ref())
    }

    /// Asked at a time at which all of the chain is valid, where there is one.
    fn is_trusted(
        &self,
        parsed: &ParsedCertificate<'_>,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> bool {
        let all = std::iter::once(leaf).chain(rest).take(MAX_CHAIN);
        let common = certificate::common_validity(all.map(AsRef::as_ref))
            .or_else(|| certificate::common_validity(std::iter::once(leaf.as_ref())));
        let at = common.map_or(now, |(from, until)| {
            let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
            let at = u64::try_from(now.clamp(from, until)).unwrap_or(0);
            UnixTime::since_unix_epoch(Duration::from_secs(at))
        });
        verify_server_cert_signed_by_trust_anchor(
            parsed,
            &self.roots,
            rest,
            at,
            self.algorithms.all,
        )
        .is_ok()
    }
}

/// A certificate that the operator has named is its own root, also where it is an authority's: name and dates are left to check.
/// (webpki refuses authorities as servers, which is what `openssl req -x509` makes.)
fn verify_pinned(
    leaf: &CertificateDer<'_>,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<ServerCertVerified, Error> {
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    match certificate::common_validity(std::iter::once(leaf.as_ref())) {
        None => return Err(CertificateError::BadEncoding.into()),
        Some((from, _)) if now < from => return Err(CertificateError::NotValidYet.into()),
        Some((_, until)) if now > until => return Err(CertificateError::Expired.into()),
        Some(_) => {}
    }
    verify_server_name(&ParsedCertificate::try_from(leaf)?, name)?;
    Ok(ServerCertVerified::assertion())
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.note(leaf, rest, name, now);
        if self.is_pinned(leaf) {
            return verify_pinned(leaf, name, now);
        }
        self.inner.verify_server_cert(leaf, rest, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
