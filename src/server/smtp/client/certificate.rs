//! A certificate as it is recorded. What cannot be parsed is recorded by its fingerprint alone.

use std::net::{Ipv4Addr, Ipv6Addr};

use sha2::{Digest, Sha256};
use tokio_rustls::rustls::pki_types::UnixTime;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::OidRegistry;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::printable::printable;
use crate::domain::smtp::transcript::CertificateRecord;
use crate::domain::time::Timestamp;

/// Certificates of a chain that are kept.
pub const MAX_CHAIN: usize = 10;
/// Names of a certificate that are kept.
const MAX_NAMES: usize = 50;
/// Characters of each text.
const MAX_TEXT: usize = 300;
const DAY: i64 = 24 * 3_600;

/// Reads one certificate.
pub fn record(der: &[u8], now: UnixTime) -> CertificateRecord {
    let sha256 = hex(&Sha256::digest(der));
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return unreadable(sha256);
    };
    let validity = certificate.validity();
    let (from, until) = (
        validity.not_before.timestamp(),
        validity.not_after.timestamp(),
    );
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    CertificateRecord {
        subject: bounded(&certificate.subject().to_string()),
        issuer: bounded(&certificate.issuer().to_string()),
        names: names(&certificate),
        not_before: instant(from),
        not_after: instant(until),
        days_left: until.saturating_sub(now).div_euclid(DAY),
        serial: hex(&certificate.raw_serial()[..certificate.raw_serial().len().min(32)]),
        key: key(&certificate),
        signature: oid_name(&certificate.signature_algorithm.algorithm),
        sha256,
    }
}

/// From when until when all of these are valid together, in seconds since 1970; none where they never are or one cannot be read.
pub fn common_validity<'a>(chain: impl Iterator<Item = &'a [u8]>) -> Option<(i64, i64)> {
    let mut common: Option<(i64, i64)> = None;
    for der in chain {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let validity = certificate.validity();
        let (from, until) = (
            validity.not_before.timestamp(),
            validity.not_after.timestamp(),
        );
        let (before, after) = common.unwrap_or((from, until));
        common = Some((before.max(from), after.min(until)));
    }
    common.filter(|(from, until)| from <= until)
}

fn unreadable(sha256: String) -> CertificateRecord {
    CertificateRecord {
        subject: "(unreadable)".into(),
        issuer: String::new(),
        names: Vec::new(),
        not_before: instant(0),
        not_after: instant(0),
        days_left: 0,
        serial: String::new(),
        key: String::new(),
        signature: String::new(),
        sha256,
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let names = extension.value.general_names.iter();
    let shown = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(bounded(name)),
        GeneralName::IPAddress(octets) => address(octets),
        _ => None,
    });
    shown.take(MAX_NAMES).collect()
}

fn address(octets: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(octets) {
        return Some(Ipv4Addr::from(four).to_string());
    }
    let sixteen = <[u8; 16]>::try_from(octets).ok()?;
    Some(Ipv6Addr::from(sixteen).to_string())
}

fn key(certificate: &X509Certificate<'_>) -> String {
    let info = certificate.public_key();
    match info.parsed() {
        Ok(PublicKey::RSA(rsa)) => format!("RSA {}", rsa.key_size()),
        Ok(PublicKey::EC(_)) => {
            let curve = info.algorithm.parameters.as_ref();
            let curve = curve.and_then(|any| any.as_oid().ok());
            match curve.map(|oid| oid.to_id_string()).as_deref() {
                Some("1.2.840.10045.3.1.7") => "EC P-256".into(),
                Some("1.3.132.0.34") => "EC P-384".into(),
                Some("1.3.132.0.35") => "EC P-521".into(),
                Some(other) => format!("EC {}", bounded(other)),
                None => "EC".into(),
            }
        }
        Ok(PublicKey::DSA(_)) => "DSA".into(),
        _ if info.algorithm.algorithm.to_id_string() == "1.3.101.112" => "Ed25519".into(),
        _ => oid_name(&info.algorithm.algorithm),
    }
}

fn oid_name(oid: &x509_parser::der_parser::oid::Oid<'_>) -> String {
    // The registry of the parser does not know it.
    if oid.to_id_string() == "1.3.101.112" {
        return "Ed25519".into();
    }
    let registry = OidRegistry::default().with_crypto();
    match registry.get(oid) {
        Some(entry) => bounded(entry.sn()),
        None => bounded(&oid.to_id_string()),
    }
}

fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds.saturating_mul(1_000))
}

fn bounded(text: &str) -> String {
    printable(text.as_bytes(), MAX_TEXT)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
