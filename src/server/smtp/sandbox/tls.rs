//! The sandbox's own certificate authority, made at the start and kept in memory, with a good certificate and all the bad ones.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use time::OffsetDateTime;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::domain::smtp::faults::Certificate as Kind;
use crate::domain::time::Timestamp;
use crate::server::secrets;

/// The names that the sandbox is reached by.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// A name that nobody has (RFC 2606).
const OTHER_NAME: &str = "elsewhere.invalid";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const KINDS: [Kind; 6] = [
    Kind::Good,
    Kind::Expired,
    Kind::NotYetValid,
    Kind::WrongName,
    Kind::SelfSigned,
    Kind::UnknownIssuer,
];

/// Certificates and their keys. The keys are written nowhere and die with the process.
#[derive(Debug)]
pub struct Authority {
    pem: String,
    servers: HashMap<Kind, Arc<ServerConfig>>,
}

impl Authority {
    /// Draws keys and signs; `now` is what the validity counts from.
    ///
    /// # Errors
    /// When the machine has no randomness, or its clock shows no year that a certificate can hold.
    pub fn generate(now: Timestamp) -> io::Result<Self> {
        let ours = Signer::new("Postern sandbox CA", now)?;
        let strangers = Signer::new("Somebody else's CA", now)?;
        let mut servers = HashMap::new();
        for kind in KINDS {
            let signer = match kind {
                Kind::UnknownIssuer => &strangers,
                _ => &ours,
            };
            servers.insert(kind, Arc::new(signer.server(kind, now)?));
        }
        Ok(Self {
            pem: ours.pem,
            servers,
        })
    }

    /// The authority's certificate in PEM, for who wants to trust it.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// How to be a server with such a certificate.
    pub fn server(&self, kind: Kind) -> Option<Arc<ServerConfig>> {
        self.servers.get(&kind).cloned()
    }
}

/// An authority while it signs.
struct Signer {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Signer {
    fn new(name: &str, now: Timestamp) -> io::Result<Self> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let mut params = CertificateParams::default();
        // A name of its own for each start: who still trusts the one before learns "unknown issuer", not "bad signature".
        let id = secrets::random_id().map_err(io::Error::other)?;
        params.distinguished_name = named(&format!("{name} {}", id.get(..8).unwrap_or_default()));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = date(now.minus(365 * DAY))?;
        params.not_after = date(now.plus(3_650 * DAY))?;
        let certificate = params.self_signed(&key).map_err(io::Error::other)?;
        Ok(Self {
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        })
    }

    fn server(&self, kind: Kind, now: Timestamp) -> io::Result<ServerConfig> {
        let names = match kind {
            Kind::WrongName => vec![OTHER_NAME.to_owned()],
            _ => NAMES.map(str::to_owned).to_vec(),
        };
        let (from, to) = match kind {
            Kind::Expired => (now.minus(90 * DAY), now.minus(2 * DAY)),
            Kind::NotYetValid => (now.plus(2 * DAY), now.plus(90 * DAY)),
            _ => (now.minus(DAY), now.plus(3_650 * DAY)),
        };
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
        params.distinguished_name = named("Postern sandbox");
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = kind != Kind::SelfSigned;
        params.not_before = date(from)?;
        params.not_after = date(to)?;
        let certificate = match kind {
            Kind::SelfSigned => params.self_signed(&key),
            _ => params.signed_by(&key, &self.issuer),
        };
        let certificate = certificate.map_err(io::Error::other)?;
        server(
            certificate.der().clone(),
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
    }
}

fn server(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> io::Result<ServerConfig> {
    ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .map_err(io::Error::other)
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn date(at: Timestamp) -> io::Result<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(at.millis().div_euclid(1_000)).map_err(io::Error::other)
}

/// A fatal `handshake_failure` (RFC 8446 6).
pub const ALERT: [u8; 7] = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28];

/// What is no TLS: the answer of a server that never left SMTP.
pub const GARBAGE: &[u8] = b"500 5.5.1 Command unknown\r\n";

/// A `ServerHello` of TLS 1.1 (RFC 4346 7.4.1.3), as from a server that knows nothing newer: the client must refuse.
pub fn old_server_hello() -> Vec<u8> {
    let mut bytes = vec![0x16, 0x03, 0x02, 0x00, 42, 0x02, 0x00, 0x00, 38, 0x03, 0x02];
    bytes.extend([0x2a; 32]);
    // No session id; TLS_RSA_WITH_AES_128_CBC_SHA; no compression.
    bytes.extend([0x00, 0x00, 0x2f, 0x00]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_certificate_and_only_the_authoritys_is_shown() {
        let authority = Authority::generate(Timestamp::from_millis(1_795_328_084_007)).unwrap();
        assert!(
            KINDS
                .into_iter()
                .all(|kind| authority.server(kind).is_some())
        );
        let pem = authority.pem();
        assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"), "{pem}");
        assert_eq!(pem.matches("-----BEGIN").count(), 1, "{pem}");
        assert_eq!(old_server_hello().len(), 5 + 42);
        assert!(Authority::generate(Timestamp::from_millis(i64::MAX)).is_err());
    }
}
