//! Certificates of a test's own authority: good ones, and each kind of bad one.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use postern::server::clock::Clock;
use postern::server::smtp::client::Trust;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

/// Two authorities of one name would be taken for each other.
static COUNT: AtomicU32 = AtomicU32::new(1);

/// An authority and what it signed, as files that servers read.
pub struct Certs {
    folder: TempDir,
    ca: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate chain and its key, in PEM.
pub struct Pair {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Whose name is on it, and when it is good.
pub struct Leaf<'a> {
    pub name: &'a str,
    /// Days from now.
    pub from: i64,
    pub until: i64,
}

impl Default for Leaf<'_> {
    fn default() -> Self {
        let (name, from, until) = ("localhost", -1, 30);
        Self { name, from, until }
    }
}

impl Certs {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        readable(folder.path(), 0o755);
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let name = format!("Test authority {}", COUNT.fetch_add(1, Ordering::Relaxed));
        params.distinguished_name.push(DnType::CommonName, name);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { folder, ca }
    }

    /// What a client that knows this authority trusts.
    pub fn trust(&self) -> Trust {
        Trust {
            ca_pem: Some(self.ca.pem()),
            ..Trust::default()
        }
    }

    /// The authority's certificate as a file.
    pub fn ca_file(&self) -> PathBuf {
        self.write("ca.pem", &self.ca.pem())
    }

    /// For localhost, good for a month.
    pub fn good(&self) -> Pair {
        self.signed(&Leaf::default())
    }

    /// Signed by the authority.
    pub fn signed(&self, leaf: &Leaf<'_>) -> Pair {
        let key = KeyPair::generate().unwrap();
        let certificate = params(leaf).signed_by(&key, &self.ca).unwrap();
        self.pair(&certificate.pem(), &key)
    }

    /// Signed by itself.
    pub fn self_signed(&self) -> Pair {
        let key = KeyPair::generate().unwrap();
        let certificate = params(&Leaf::default()).self_signed(&key).unwrap();
        self.pair(&certificate.pem(), &key)
    }

    fn pair(&self, certificate: &str, key: &KeyPair) -> Pair {
        Pair {
            certificate: self.write("certificate.pem", certificate),
            key: self.write("key.pem", &key.serialize_pem()),
        }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        // Servers that give up root's rights read it as somebody else.
        readable(&path, 0o644);
        path
    }
}

fn readable(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

fn params(leaf: &Leaf<'_>) -> CertificateParams {
    let mut params = CertificateParams::new([leaf.name.to_owned()]).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, "A server of the tests");
    params.not_before = day(leaf.from).into();
    params.not_after = day(leaf.until).into();
    params
}

fn day(days: i64) -> SystemTime {
    let now = Clock::system().now().millis().unsigned_abs();
    let now = UNIX_EPOCH + Duration::from_millis(now);
    let span = Duration::from_secs(days.unsigned_abs() * 86_400);
    if days < 0 { now - span } else { now + span }
}
